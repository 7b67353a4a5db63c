from __future__ import annotations

import time
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.project import Project, read_project
from evenfall.release.development_version import default_number, development_options
from evenfall.release.package_build import BuildOptions
from tests.sample_project import SampleProject

OPTIONS = BuildOptions(uv=("--no-cache",), env={"A": "1"})


def project(root: Path, *, build: str, tags: tuple[str, ...] = (), more: str = "", version: str = "") -> Project:
    """A project whose version is dynamic unless it is given, in a repository with tags."""
    made = SampleProject(root)
    stated = f'version = "{version}"' if version else 'dynamic = ["version"]'
    made.write(
        "pyproject.toml", f'[build-system]\nrequires = ["{build}"]\n\n[project]\nname = "lamp"\n{stated}\n{more}'
    )
    made.git("init", "--quiet")
    made.commit()
    for tag in tags:
        made.git("tag", tag)
    return read_project(root)


@pytest.mark.parametrize(
    ("build", "variable", "more"),
    [
        ("setuptools-scm>=8", "SETUPTOOLS_SCM_PRETEND_VERSION", ""),
        ("hatch-vcs", "SETUPTOOLS_SCM_PRETEND_VERSION", ""),
        ("pdm-backend", "PDM_BUILD_SCM_VERSION", '[tool.pdm.version]\nsource = "scm"\n'),
        ("uv_dynamic_versioning", "UV_DYNAMIC_VERSIONING_BYPASS", ""),
    ],
)
def test_a_version_from_a_tag_is_replaced_by_a_variable(tmp_path: Path, build: str, variable: str, more: str) -> None:
    options = development_options(project(tmp_path, build=build, tags=("v1.2.3",), more=more), 7, OPTIONS)
    assert options == BuildOptions(uv=OPTIONS.uv, env={"A": "1", variable: "1.2.4.dev7"}, version="1.2.4.dev7")


@pytest.mark.parametrize(
    ("tags", "version"),
    [
        ((), "0.0.1.dev7"),
        (("nightly", "20261101"), "0.0.1.dev7"),
        (("v1.9", "v1.10", "v1.2"), "1.10.1.dev7"),
        (("2.0",), "2.0.1.dev7"),
        (("v2.0rc1",), "2.0.1.dev7"),
        (("v1!3.4.5.6",), "1!3.4.6.dev7"),
    ],
)
def test_the_version_follows_the_newest_tag(tmp_path: Path, tags: tuple[str, ...], version: str) -> None:
    assert development_options(project(tmp_path, build="hatch-vcs", tags=tags), 7, OPTIONS).version == version


def test_the_last_version_is_unknown_in_a_shallow_clone_without_tags(tmp_path: Path) -> None:
    project(tmp_path / "origin", build="hatch-vcs", tags=("v1.0",))
    made = SampleProject(tmp_path / "origin")
    made.commit()
    made.git("clone", "--quiet", "--depth=1", "--no-tags", made.root.as_uri(), str(tmp_path / "clone"))
    with pytest.raises(EvenfallError) as caught:
        development_options(read_project(tmp_path / "clone"), 7, OPTIONS)
    assert caught.value.exit_code == Exit.UNKNOWN


@pytest.mark.parametrize(("build", "more"), [("hatchling", ""), ("versioneer", ""), ("pdm-backend", "history = false")])
def test_another_dynamic_version_is_an_error(tmp_path: Path, build: str, more: str) -> None:
    made = project(tmp_path, build=build, more=f"[tool.evenfall.build]\n{more}\n")
    with pytest.raises(EvenfallError, match=r"project\.dynamic") as caught:
        development_options(made, 7, OPTIONS)
    assert caught.value.exit_code == Exit.USAGE


@pytest.mark.integration
def test_a_static_version_is_bumped_in_the_copy(tmp_path: Path) -> None:
    options = development_options(project(tmp_path, build="hatchling", version="1.2rc1"), 7, OPTIONS)
    assert (options.version, options.env) == ("1.2.1.dev7", OPTIONS.env)
    assert options.prepare is not None


@pytest.mark.integration
def test_a_static_version_below_the_last_release_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"1\.3"):
        development_options(project(tmp_path, build="hatchling", version="1.2", tags=("v1.3",)), 7, OPTIONS)


def test_the_number_is_that_of_the_run_or_the_time() -> None:
    assert default_number({"GITHUB_RUN_NUMBER": "41"}) == 41
    assert default_number({"GITHUB_RUN_NUMBER": "x"}) == pytest.approx(time.time(), abs=5)
