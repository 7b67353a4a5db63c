from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.matrix import single_system, systems_of_tests, untested_claims
from evenfall.project.project import Project
from tests.project.test_pyproject import package

PYTHON = "Programming Language :: Python"
EVERY = ("ubuntu-latest", "macos-latest", "windows-latest")
LINUX = "sys_platform == 'linux'"


def project(
    root: Path, *classifiers: str, uv: str = "", systems: tuple[str, ...] | None = None, pythons: tuple[str, ...] = ()
) -> Project:
    settings = f"systems = {[*systems]}\n" if systems else ""
    return package(
        root,
        f'[project]\nname = "lamp"\nrequires-python = ">=3.13,<3.15"\nclassifiers = {[*classifiers]}\n'
        f"[tool.uv]\n{uv}\n[tool.evenfall]\npythons = {[*pythons]}\n{settings}",
    )


@pytest.mark.parametrize(
    ("classifiers", "uv", "systems"),
    [
        ((), "", EVERY[:1]),
        (("Operating System :: OS Independent", "Operating System :: MacOS"), "", EVERY[:1]),
        (("Operating System :: POSIX",), "", EVERY[:1]),
        (("Operating System :: POSIX :: Linux",), "", ("ubuntu-latest",)),
        (
            ("Operating System :: MacOS :: MacOS X", "Operating System :: Microsoft :: Windows :: Windows 11"),
            "",
            EVERY[1:],
        ),
        ((), f'environments = ["{LINUX}"]', ("ubuntu-latest",)),
        ((), "environments = \"sys_platform != 'linux'\"", EVERY[1:]),
        ((), "environments = [\"platform_machine == 'arm64'\"]", ("macos-latest",)),
    ],
)
def test_by_default_the_tests_run_on_linux_unless_the_metadata_exclude_it(
    tmp_path: Path, classifiers: tuple[str, ...], uv: str, systems: tuple[str, ...]
) -> None:
    assert systems_of_tests(project(tmp_path, *classifiers, uv=uv)) == systems


@pytest.mark.parametrize(
    ("systems", "pythons", "environments", "excluded"),
    [
        (EVERY[:1], (), "sys_platform == 'win32'", "ubuntu-latest"),
        (None, (), "sys_platform == 'freebsd'", "ubuntu-latest"),
        (EVERY[:1], ("pypy3.14",), "implementation_name == 'cpython'", "Python pypy3.14 on ubuntu-latest"),
        (("ubuntu-24.04-arm",), (), "platform_machine == 'x86_64'", "ubuntu-24.04-arm"),
        (EVERY[:1], (), "python_version >= '3.14'", "Python 3.13 on ubuntu-latest"),
    ],
)
def test_a_system_or_python_that_uv_does_not_lock_for_is_an_error(
    tmp_path: Path, systems: tuple[str, ...] | None, pythons: tuple[str, ...], environments: str, excluded: str
) -> None:
    made = project(tmp_path, uv=f'environments = ["{environments}"]', systems=systems, pythons=pythons)
    with pytest.raises(EvenfallError) as caught:
        systems_of_tests(made)
    assert caught.value.message.startswith(f"pyproject.toml: tool.uv.environments excludes {excluded}, ")
    assert caught.value.exit_code is Exit.USAGE


def test_an_unknown_runner_is_not_judged(tmp_path: Path) -> None:
    assert systems_of_tests(project(tmp_path, uv=f'environments = ["{LINUX}"]', systems=("big-iron",))) == ("big-iron",)


def test_sessions_on_one_system_run_on_ubuntu_if_uv_can_install_there(tmp_path: Path) -> None:
    assert single_system(project(tmp_path, systems=EVERY[2:])) == "ubuntu-latest"
    assert single_system(project(tmp_path, uv="environments = [\"sys_platform == 'darwin'\"]")) == "macos-latest"


@pytest.mark.parametrize(
    ("classifiers", "pythons", "uv", "claims"),
    [
        (("Operating System :: POSIX :: Linux", f"{PYTHON} :: Implementation :: CPython"), (), "", ()),
        (("Operating System :: Microsoft :: Windows",), (), "", ("Windows",)),
        ((f"{PYTHON} :: Implementation :: PyPy", f"{PYTHON} :: Free Threading :: 3 - Stable"), (), "", ("PyPy", "free-threaded")),
        ((f"{PYTHON} :: Implementation :: PyPy", f"{PYTHON} :: Free Threading"), ("3.14t", "pypy3.13"), "", ()),
        ((f"{PYTHON} :: Implementation :: GraalPy", f"{PYTHON} :: Implementation :: GraalPy"), (), "", ("GraalPy",)),
        ((), (), f'required-environments = ["{LINUX}", "sys_platform == \'darwin\'"]', ("sys_platform == 'darwin'",)),
    ],
)  # fmt: skip
def test_claims_that_ci_does_not_test_are_named(
    tmp_path: Path, classifiers: tuple[str, ...], pythons: tuple[str, ...], uv: str, claims: tuple[str, ...]
) -> None:
    found = [*untested_claims(project(tmp_path, *classifiers, uv=uv, systems=EVERY[:1], pythons=pythons))]
    assert len(found) == len(claims)
    for clause, claim in zip(found, claims, strict=True):
        assert claim in clause


def test_without_requires_python_only_one_python_is_tested(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text('version = 1\nrequires-python = ">=3.12"\n')
    (clause,) = untested_claims(package(tmp_path, '[project]\nname = "lamp"\n'))
    assert clause.startswith("Pythons other than 3.12, because ")


def test_pythons_that_the_groups_of_the_tests_exclude_are_named(tmp_path: Path) -> None:
    uv = 'dependency-groups.test = { requires-python = ">=3.14" }\n[dependency-groups]\ntest = []'
    (clause,) = untested_claims(project(tmp_path, uv=uv))
    assert clause.startswith("Python 3.13, because the groups of the tests require another one")
