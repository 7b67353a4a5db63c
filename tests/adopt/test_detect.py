from __future__ import annotations

import pytest

from evenfall.adopt.detect import detect
from evenfall.errors import EvenfallError
from evenfall.project.project import read_project
from tests.sample_project import SampleProject

GROUPS = """\
test = ["coverage", "pytest"]
lint = ["isort", "pre-commit", "ruff"]
"""


def lockfile(groups: dict[str, list[str]], extras: dict[str, list[str]] | None = None) -> str:
    """Return a lock of a project with these groups and extras, as uv writes it."""

    def table(edges: dict[str, list[str]]) -> str:
        return "\n".join(
            f"{name} = [{', '.join(f'{{ name = {edge!r} }}' for edge in names)}]" for name, names in edges.items()
        ).replace("'", '"')

    return (
        'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "lantern"\nversion = "1.0"\nsource = { editable = "." }\n'
        f"[package.optional-dependencies]\n{table(extras or {})}\n[package.dev-dependencies]\n{table(groups)}\n"
    )


def with_groups(
    project: SampleProject, groups: dict[str, list[str]], extras: dict[str, list[str]] | None = None
) -> None:
    project.replace("pyproject.toml", GROUPS, "\n".join(f"{name} = {names!r}" for name, names in groups.items()) + "\n")
    project.write("uv.lock", lockfile(groups, extras))


def test_groups_with_the_usual_names_need_no_settings(project: SampleProject) -> None:
    read = read_project(project.root)
    detection = detect(read)
    assert (detection.tests, detection.lint) == (("test",), ("lint",))
    assert detection.settings(read) == {}


def test_groups_are_detected_by_the_tools_in_them(project: SampleProject) -> None:
    groups = {"dev": ["ruff", "tox"], "checks": ["pytest"], "typing": ["mypy", "pytest"], "handbook": ["sphinx"]}
    with_groups(project, groups)
    read = read_project(project.root)
    assert detect(read).settings(read) == {"groups": {"tests": ["checks", "dev"], "docs": ["handbook", "dev"]}}


def test_a_detected_group_does_not_replace_those_that_uv_installs_by_default(project: SampleProject) -> None:
    with_groups(project, {"dev": ["numpy"], "test": ["pytest"]})
    read = read_project(project.root)
    assert detect(read).settings(read) == {}


def test_a_project_with_one_group_for_everything_needs_no_settings(project: SampleProject) -> None:
    with_groups(project, {"dev": ["pytest", "ruff"]})
    read = read_project(project.root)
    assert detect(read).settings(read) == {}


def test_an_extra_with_the_tools_of_the_tests_is_detected(project: SampleProject) -> None:
    with_groups(project, {"lint": ["ruff"]}, {"testing": ["pytest"], "fast": ["numpy"]})
    assert detect(read_project(project.root)).extras == ("testing",)


def test_all_extras_are_detected_if_a_script_installs_them_all(project: SampleProject) -> None:
    with_groups(project, {"test": ["pytest"]}, {"slow": ["sympy"], "fast": ["numpy"]})
    project.write("Makefile", "sync:\n\tuv sync --all-extras\n")
    read = read_project(project.root)
    assert detect(read).settings(read)["extras"] == ["slow", "fast"]


@pytest.mark.parametrize(("input_line", "codecov"), [("use_oidc: true", "oidc"), ("token: secret", "token")])
def test_an_upload_to_codecov_is_detected(project: SampleProject, input_line: str, codecov: str) -> None:
    project.write(
        ".github/workflows/tests.yml", f"steps:\n  - uses: codecov/codecov-action@v5\n    with:\n      {input_line}\n"
    )
    read = read_project(project.root)
    detection = detect(read)
    assert detection.codecov == codecov
    assert detection.settings(read)["coverage"] == {"codecov": codecov}


def test_a_lock_of_another_project_is_rejected(project: SampleProject) -> None:
    project.write("uv.lock", lockfile({}).replace("lantern", "torch"))
    with pytest.raises(EvenfallError, match="'lantern'"):
        detect(read_project(project.root))


def test_free_threaded_builds_and_pypy_of_the_own_workflows_are_detected(project: SampleProject) -> None:
    text = "matrix:\n  python: ['3.13', '3.19t', pypy-3.18, \"pypy3.9\", 3.13.1t]\n  image: x-3.13t\n"
    project.write(".github/workflows/tests.yml", text)
    read = read_project(project.root)
    assert detect(read).settings(read)["pythons"] == ["3.19t", "pypy3.18"]
