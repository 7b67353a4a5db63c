from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

from evenfall.adopt.detect import learn, measured_coverage
from evenfall.errors import EvenfallError
from evenfall.project.project import read_project
from tests.made_project import Made

GROUPS = """\
test = ["coverage", "pytest"]
lint = ["isort", "pre-commit", "ruff"]
"""


def lockfile(groups: dict[str, list[str]], extras: dict[str, list[str]] | None = None) -> str:
    """A lock of a project with these groups and extras, as uv would write it."""

    def table(edges: dict[str, list[str]]) -> str:
        return "\n".join(
            f"{name} = [{', '.join(f'{{ name = {edge!r} }}' for edge in names)}]" for name, names in edges.items()
        ).replace("'", '"')

    return (
        'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "lantern"\nversion = "1.0"\nsource = { editable = "." }\n'
        f"[package.optional-dependencies]\n{table(extras or {})}\n[package.dev-dependencies]\n{table(groups)}\n"
    )


def with_groups(project: Made, groups: dict[str, list[str]], extras: dict[str, list[str]] | None = None) -> None:
    project.replace("pyproject.toml", GROUPS, "\n".join(f"{name} = {names!r}" for name, names in groups.items()) + "\n")
    project.write("uv.lock", lockfile(groups, extras))


def test_groups_with_the_usual_names_need_no_settings(project: Made) -> None:
    read = read_project(project.root)
    learned = learn(read)
    assert (learned.tests, learned.lint) == (("test",), ("lint",))
    assert learned.tables(read) == ()


def test_groups_are_known_by_what_they_hold(project: Made) -> None:
    groups = {"dev": ["ruff", "tox"], "checks": ["pytest"], "typing": ["mypy", "pytest"], "handbook": ["sphinx"]}
    with_groups(project, groups)
    read = read_project(project.root)
    table = "\n".join(learn(read).tables(read))
    assert tomllib.loads(table)["tool"]["evenfall"] == {
        "groups": {"tests": ["checks"], "lint": ["dev", "typing"], "docs": ["handbook"]}
    }


def test_a_project_with_one_group_for_everything_needs_no_settings(project: Made) -> None:
    with_groups(project, {"dev": ["pytest", "ruff"]})
    read = read_project(project.root)
    assert learn(read).tables(read) == ()


def test_an_extra_that_holds_the_tests_tools_is_installed(project: Made) -> None:
    with_groups(project, {"lint": ["ruff"]}, {"testing": ["pytest"], "fast": ["numpy"]})
    assert learn(read_project(project.root)).extras == ("testing",)


def test_all_extras_are_installed_where_the_project_installs_them_all(project: Made) -> None:
    with_groups(project, {"test": ["pytest"]}, {"slow": ["sympy"], "fast": ["numpy"]})
    project.write("Makefile", "sync:\n\tuv sync --all-extras\n")
    read = read_project(project.root)
    assert tomllib.loads("\n".join(learn(read).tables(read)))["tool"]["evenfall"]["extras"] == ["slow", "fast"]


@pytest.mark.parametrize(("proof", "codecov"), [("use_oidc: true", "oidc"), ("token: secret", "token")])
def test_an_upload_to_codecov_goes_on(project: Made, proof: str, codecov: str) -> None:
    project.write(
        ".github/workflows/tests.yml", f"steps:\n  - uses: codecov/codecov-action@v5\n    with:\n      {proof}\n"
    )
    read = read_project(project.root)
    learned = learn(read)
    assert learned.codecov == codecov
    assert tomllib.loads("\n".join(learned.tables(read)))["tool"]["evenfall"]["coverage"] == {"codecov": codecov}


def test_a_lock_of_another_project_is_refused(project: Made) -> None:
    project.write("uv.lock", lockfile({}).replace("lantern", "torch"))
    with pytest.raises(EvenfallError, match="does not hold the project 'lantern'"):
        learn(read_project(project.root))


TOTALS = '{"totals": {"covered_lines": 90, "num_statements": 100, "covered_branches": 7, "num_branches": 20}}'
XML = """\
<?xml version="1.0" ?>
<coverage lines-valid="100" lines-covered="90" branches-valid="20" branches-covered="7" line-rate="0.9">
</coverage>
"""


@pytest.mark.parametrize(
    ("name", "text", "percent", "place"),
    [
        ("coverage.json", TOTALS, Fraction(9700, 120), "coverage.json"),
        ("coverage.xml", XML, Fraction(9700, 120), "coverage.xml"),
        (".coveragerc", "[report]\nfail_under = 87.5\n", Fraction("87.5"), "fail_under in .coveragerc"),
        ("setup.cfg", "[coverage:report]\nfail_under = 91\n", Fraction(91), "fail_under in setup.cfg"),
        (
            "pyproject.toml",
            "[tool.coverage.report]\nfail_under = 99.95\n",
            Fraction("99.95"),
            "fail_under in pyproject.toml",
        ),
    ],
)
def test_todays_coverage_is_read_where_it_lies(
    tmp_path: Path, name: str, text: str, percent: Fraction, place: str
) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert measured_coverage(tmp_path) == (percent, place)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("coverage.json", "{}"),
        ("coverage.json", "not JSON"),
        ("coverage.json", '{"totals": {"covered_lines": 0, "num_statements": 0}}'),
        ("coverage.xml", "<coverage>"),
        ("coverage.xml", "<coverage lines-covered=1>"),
        ("coverage.xml", "not XML"),
        (".coveragerc", "no section"),
        (".coveragerc", "[report]\nfail_under = most\n"),
        ("setup.cfg", "[coverage:report]\nfail_under = 101\n"),
    ],
)
def test_a_report_that_says_nothing_is_no_coverage(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert measured_coverage(tmp_path) is None
