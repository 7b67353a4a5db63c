"""Nox runs what a noxfile declares: sessions, order and arguments as Nox's own, and interpreters that Nox alone does not find."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from importlib.metadata import requires, version
from pathlib import Path

import nox
import nox.virtualenv
import pytest
from nox.virtualenv import PassthroughEnv, ProcessEnv
from packaging.requirements import Requirement

from evenfall.errors import EvenfallError
from evenfall.pipeline.nox_adapter import JobEnvironment, is_from_mirror, recorded_version
from evenfall.project.tools import uv_program
from tests.conftest import ROOT
from tests.pipeline.conftest import Declare, Load
from tests.pipeline.test_declare import WRONG
from tests.sample_project import PYTHON, SampleProject

ABSENT = "3.98", "3.99"
"""Versions of Python that no machine has."""
PRINT_PREFIX = "session.run('python', '-c', 'import sys; print(\"runs\", sys.base_prefix)')"
MATRIX = f"@evenfall.session(python=['{PYTHON}', '{ABSENT[1]}'])\ndef tests(session):\n    {PRINT_PREFIX}\n"
PARAMETRIZED = (
    f"@evenfall.session(python=['{PYTHON}', '{ABSENT[1]}'])\n@nox.parametrize('n', [1, 2])\n"
    f"def tests(session, n):\n    {PRINT_PREFIX}\n"
)
REASON = f"Python {ABSENT[1]} is not installed and could not be downloaded"

integration = pytest.mark.integration
posix = pytest.mark.skipif(os.name == "nt", reason="Windows runs no shell scripts")


class FakeSession(nox.Session):
    """A session with an environment, of which nothing else is used."""

    def __init__(self, environment: ProcessEnv) -> None:
        self._environment = environment

    @property
    def virtualenv(self) -> ProcessEnv:
        return self._environment


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The variables of a machine without pyenv and without interpreters from uv."""
    return {"PYENV_ROOT": os.fspath(tmp_path / "nowhere"), "UV_PYTHON_INSTALL_DIR": os.fspath(tmp_path / "nothing")}


def test_the_tests_run_with_the_newest_nox_that_is_allowed() -> None:
    """A newer one is allowed only together with the locks, so that this file runs with it."""
    (allowed,) = (each for text in requires("evenfall") or () if (each := Requirement(text)).name == "nox")
    lock = tomllib.loads((ROOT / "noxfile.py.lock").read_text(encoding="utf-8"))
    (locked,) = (package["version"] for package in lock["package"] if package["name"] == "nox")
    year, month, day = map(int, locked.split("."))
    assert version("nox") == locked
    assert allowed.specifier.contains(locked)
    assert not allowed.specifier.contains(f"{year}.{month}.{day + 1}")


def test_only_the_adapter_imports_noxs_internals() -> None:
    internal = re.compile(r"^\s*(from nox import .*\b_|(from|import) nox\.(?!project\b))", re.MULTILINE)
    files = [path for path in (ROOT / "src").rglob("*.py") if internal.search(path.read_text(encoding="utf-8"))]
    assert [path.name for path in files] == ["nox_adapter.py"]


def test_an_unsupported_nox_is_an_error_with_the_next_command(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "newer" / "nox-2099.1.1.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.1\nName: nox\nVersion: 2099.1.1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(metadata.parents[1])
    with pytest.raises(
        EvenfallError, match=r"^noxfile\.py: Nox 2099\.1\.1 is installed, but evenfall .* needs nox"
    ) as caught:
        load("@evenfall.session\ndef a(session): ...\n")
    assert caught.value.hint.startswith("uv run noxfile.py")
    assert caught.value.exit_code == 2


@integration
def test_nox_reports_an_unsupported_version_without_a_traceback(declare: Declare, tmp_path: Path) -> None:
    project = declare("@evenfall.session\ndef a(session): ...\n")
    project.write("newer/nox-2099.1.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: nox\nVersion: 2099.1.1\n")
    env = {"PYTHONPATH": os.fspath(project.root / "newer")}
    for done in (project.nox("-l", env=env), project.evenfall("generate", env=env)):
        output = done.stdout + done.stderr
        assert done.returncode == 2, output
        assert "evenfall: noxfile.py: Nox 2099.1.1 is installed" in output
        assert "Traceback" not in output


@integration
def test_nox_lists_sessions_with_their_workflows_as_tags_and_selects_those_of_ci(declare: Declare) -> None:
    body = (
        "@evenfall.session\ndef a(session):\n    'One.'\n"
        "@evenfall.session(workflow=['cd', 'security'], tags=['mine'])\ndef b(session): ...\n"
        "@evenfall.session(default=False)\ndef c(session): ...\n"
        "@nox.session\ndef d(session): ...\n"
    )
    listed = declare(body).nox("-l").stdout
    assert "* a [ci] -> One.\n- b [mine,cd,security]\n- c [ci]\n* d\n" in listed


@integration
def test_nox_runs_a_job_by_its_name_with_its_own_arguments(declare: Declare) -> None:
    project = declare(
        f"@evenfall.session(python=['{PYTHON}', '3.99'])\n"
        "@nox.parametrize('n', [1, 2])\n"
        "def tests(session, n):\n"
        "    session.run('python', '-c', f'import sys; print({n}, sys.argv[1:], sys.version_info[:2])', *session.posargs)\n"
    )
    done = project.nox("-s", f"tests-{PYTHON}(n=2)", "--", "-k", "name")
    assert done.returncode == 0, done.stdout
    assert f"2 ['-k', 'name'] (3, {PYTHON[2:]})" in done.stdout


@integration
def test_nox_runs_a_workflow_by_its_tag_in_parallel_and_in_order(declare: Declare) -> None:
    project = declare(
        "import pathlib\n"
        "def note(name):\n    with pathlib.Path('ran').open('a') as ran: ran.write(name)\n"
        "@evenfall.session(python=False, requires=['a', 'b'])\ndef c(session): note('c')\n"
        "@evenfall.session(python=False)\ndef a(session): note('a')\n"
        "@evenfall.session(python=False)\ndef b(session): note('b')\n"
        "@evenfall.session(python=False, workflow='cd')\ndef publish(session): note('!')\n"
        "@nox.session(python=False)\ndef local(session): note('?')\n"
    )
    done = project.nox("-t", "ci", "-j", "auto", "--report", "report.json")
    assert done.returncode == 0, done.stdout
    assert project.read("ran") in {"abc", "bac"}
    assert {each["result"] for each in json.loads(project.read("report.json"))["sessions"]} == {"success"}


@integration
def test_the_noxfile_runs_as_a_script(declare: Declare) -> None:
    """Nox then loads the file a second time, which declares nothing twice."""
    body = (
        "evenfall.hosted_job('codeql', local='a', steps=[])\n"
        "@evenfall.session(python=False)\ndef a(session): print('it ran')\n"
        "if __name__ == '__main__': nox.main()\n"
    )
    done = declare(body).run(sys.executable, "noxfile.py", "-s", "a")
    assert done.returncode == 0, done.stderr
    assert "it ran" in done.stdout


@integration
@pytest.mark.parametrize(
    "name",
    ["a harmful name", "a harmful name of a hosted job", "harmful parameters", "lost parameters", "a cycle"],
)
def test_nox_reports_a_wrong_declaration_without_a_traceback(declare: Declare, name: str) -> None:
    body, message = WRONG[name]
    done = declare(body).nox("-l")
    assert done.returncode == 2
    assert re.search(f"^evenfall: {message}", done.stdout, re.MULTILINE)
    assert "\n  next: " in done.stdout
    assert "Traceback" not in done.stdout


@integration
@pytest.mark.parametrize(
    ("added", "message"),
    [
        ('classifiers = ["Programming Language :: Python :: 3.14"]', "project.classifiers"),
        ('[tool.evenfall]\nsytems = ["x"]', "tool.evenfall: unknown key 'sytems'"),
        ("[tool.evenfall", "pyproject.toml:10: not TOML: "),
    ],
)
def test_nox_and_evenfall_report_the_same_error_in_pyproject_toml(declare: Declare, added: str, message: str) -> None:
    project = declare("@evenfall.session\ndef a(session): ...\n")
    project.write("pyproject.toml", f"{project.read('pyproject.toml')}\n{added}\n")
    for done in (project.nox("-l"), project.evenfall("generate")):
        output = done.stdout + done.stderr
        assert done.returncode == 2, output
        assert message in output
        assert "  next: " in output
        assert "Traceback" not in output
    assert not (project.root / ".github").exists()


@integration
def test_a_noxfile_without_a_project_is_an_error(declare: Declare) -> None:
    project = declare("@evenfall.session\ndef a(session): ...\n")
    (project.root / "pyproject.toml").unlink()
    done = project.nox("-l")
    assert done.returncode == 2
    assert "pyproject.toml" in done.stdout
    assert "Traceback" not in done.stdout


@integration
def test_a_session_can_look_up_the_declaration_of_another(declare: Declare) -> None:
    project = declare(
        "from evenfall.pipeline.nox_adapter import declared_session\n"
        f"@evenfall.session(python=['{PYTHON}'], artifacts=['x/'])\ndef a(session): ...\n"
        "@nox.session\ndef b(session): ...\n"
        "@evenfall.session(python=False)\ndef c(session):\n"
        "    print(declared_session('a').facts.artifacts, declared_session('b'), declared_session('nothing'))\n"
    )
    done = project.nox("-s", "c")
    assert done.returncode == 0, done.stdout
    assert "('x/',) None None" in done.stdout


@integration
@pytest.mark.parametrize(("jobs", "variables"), [("1", {}), ("2", {"CI": "true"})], ids=["locally", "in CI"])
def test_a_missing_python_of_a_matrix_is_skipped_and_the_run_succeeds(
    declare: Declare, bare: dict[str, str], jobs: str, variables: dict[str, str]
) -> None:
    done = declare(MATRIX).nox("-j", jobs, env={**bare, **variables})
    assert done.returncode == 0, done.stdout
    assert f"tests-{PYTHON}: success" in done.stdout
    assert f"skipped: {REASON}" in done.stdout


@integration
@pytest.mark.parametrize(
    "arguments",
    [
        ("-s", f"tests-{ABSENT[1]}"),
        ("-p", ABSENT[1]),
        ("-s", f"tests-{ABSENT[1]}", f"tests-{PYTHON}", "-j", "2"),
        ("--error-on-missing-interpreters",),
    ],
    ids=["by session", "by Python", "in parallel", "by option"],
)
def test_a_missing_python_that_the_user_names_fails(
    declare: Declare, bare: dict[str, str], arguments: tuple[str, ...]
) -> None:
    done = declare(MATRIX).nox(*arguments, env=bare)
    assert done.returncode == 1, done.stdout
    assert f"{REASON}; next: uv python install {ABSENT[1]}" in done.stdout


@integration
@pytest.mark.parametrize(("jobs", "pythons"), [("1", ABSENT), ("2", ABSENT[:1]), ("2", ABSENT)])
def test_a_session_fails_if_all_its_pythons_are_missing(
    declare: Declare, bare: dict[str, str], jobs: str, pythons: tuple[str, ...]
) -> None:
    body = f"@evenfall.session(python={list(pythons)!r})\ndef tests(session): ...\n"
    done = declare(body).nox("-j", jobs, env=bare)
    assert done.returncode == 1, done.stdout
    assert "skipped" not in done.stdout


@integration
def test_jobs_with_parameters_are_skipped_and_fail_in_the_same_cases(declare: Declare, bare: dict[str, str]) -> None:
    project = declare(PARAMETRIZED)
    done = project.nox(env=bare)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(f"skipped: skipped: {REASON}") >= 2
    assert f"tests-{PYTHON}(n=2): success" in done.stdout
    named = project.nox("-s", f"tests-{ABSENT[1]}(n=2)", env=bare)
    assert named.returncode == 1, named.stdout


@integration
@posix
def test_only_releases_that_the_project_allows_are_used(declare: Declare, bare: dict[str, str], tmp_path: Path) -> None:
    """The Python of these tests has no release 999, but pyenv claims to have it."""
    body = f"@evenfall.session(python=['{PYTHON}', '{ABSENT[1]}'])\ndef tests(session): session.log('ran')\n"
    project = declare(body)
    project.replace("pyproject.toml", ">=3.11,<3.14", f">={PYTHON}.998,!=3.99.0")
    env = {**bare, "UV_PYTHON_DOWNLOADS": "never", "PYENV_ROOT": os.fspath(tmp_path / "pyenv")}
    done = project.nox("-s", f"tests-{PYTHON}", env=env)
    assert done.returncode == 1, done.stdout
    assert f"Python {PYTHON} ({PYTHON}.998 or newer) is not installed" in done.stdout
    newer = tmp_path / "pyenv" / "versions" / f"{PYTHON}.999" / "bin" / f"python{PYTHON}"
    newer.parent.mkdir(parents=True)
    newer.symlink_to(sys.executable)
    done = project.nox("-s", f"tests-{PYTHON}", env=env)
    assert f"its environment runs Python {sys.version.split()[0]}, not {PYTHON} ({PYTHON}.998 or newer)" in done.stdout
    done = project.nox(env=env)
    assert f"skipped: Python {ABSENT[1]} (3.99.1 or newer) is not installed and could not be downloaded" in done.stdout
    project.replace("pyproject.toml", f">={PYTHON}.998,!=3.99.0", f">=3.11,!={PYTHON}.998,!=3.99.0")
    newer.unlink()
    done = project.nox("--download-python", "never", env=env)
    assert f"tests-{PYTHON}: success" in done.stdout


@integration
@posix
def test_an_interpreter_behind_pyenvs_shims_is_found(declare: Declare, tmp_path: Path, bare: dict[str, str]) -> None:
    """The shim on PATH answers 127, as pyenv's does for a version that is not selected."""
    shims, folder = tmp_path / "shims", tmp_path / "pyenv" / "versions" / f"{PYTHON}.77" / "bin"
    shims.mkdir()
    folder.mkdir(parents=True)
    shim = shims / f"python{PYTHON}"
    shim.write_text("#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)
    (folder / f"python{PYTHON}").symlink_to(sys.executable)
    path = os.pathsep.join([os.fspath(shims), os.environ["PATH"]])
    done = declare(MATRIX).nox("-v", env={**bare, "PYENV_ROOT": os.fspath(tmp_path / "pyenv"), "PATH": path})
    assert done.returncode == 0, done.stdout
    assert os.fspath(folder) in done.stdout
    assert "runs" in done.stdout


@integration
def test_a_job_uses_the_mirrors_interpreter_only_for_its_own_version(declare: Declare, bare: dict[str, str]) -> None:
    """A session that it notifies can run on another Python."""
    other = {**bare, "EVENFALL_PYTHON": f"{ABSENT[0]}=/nowhere/python"}
    done = declare(MATRIX).nox("-s", f"tests-{PYTHON}", env=other)
    assert done.returncode == 0, done.stdout
    own = {**bare, "EVENFALL_PYTHON": f"{ABSENT[1]}={sys.executable}"}
    done = declare(MATRIX).nox("-s", f"tests-{ABSENT[1]}", env=own)
    assert f"runs Python {PYTHON}, not {ABSENT[1]}" in done.stdout, "the interpreter was used and checked"


@integration
@posix
def test_sessions_use_the_uv_that_is_installed_with_evenfall(declare: Declare, tmp_path: Path) -> None:
    """The variable UV and PATH name another uv."""
    other = tmp_path / "other" / "uv"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho uv 99.0 of another place\n", encoding="utf-8")
    other.chmod(0o755)
    project = declare(f"@evenfall.session(python='{PYTHON}')\ndef a(session): session.run('uv', '--version')\n")
    done = project.nox(
        env={"UV": os.fspath(other), "PATH": os.pathsep.join([os.fspath(other.parent), os.environ["PATH"]])}
    )
    assert done.returncode == 0, done.stdout
    assert "another place" not in done.stdout
    assert SampleProject(project.root).uv("--version").stdout.strip() in done.stdout


def test_the_environment_of_the_mirror_is_completed_unless_the_session_has_parameters_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not JobEnvironment(".nox/lit").reuse_existing
    monkeypatch.setenv("EVENFALL_LAYER", "1")
    assert JobEnvironment(".nox/lit").reuse_existing
    assert not JobEnvironment(".nox/lit", venv_params=["--seed"]).reuse_existing


@pytest.mark.parametrize(
    ("folder", "implementation", "is_reused", "is_layer", "found"),
    [
        ("python3.13", "CPython", False, False, ("3.13", "3.13.1")),
        ("python3.13t", "CPython", False, False, None),  # uv records nothing else about a free-threaded build
        ("python3.13", "PyPy", False, False, None),
        ("python3.13", "CPython", True, False, None),
        ("python3.13", "CPython", True, True, ("3.13", "3.13.1")),
    ],
)
def test_an_interpreter_is_asked_for_its_version_unless_uv_has_just_recorded_it(
    folder: str,
    implementation: str,
    is_reused: bool,
    is_layer: bool,
    found: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "lib" / folder).mkdir(parents=True)
    recorded = f"home = /usr/bin\nimplementation = {implementation}\nuv = 0.13.9\nversion_info = 3.13.1rc1\n"
    (tmp_path / "pyvenv.cfg").write_text(recorded, encoding="utf-8")
    if is_layer:
        monkeypatch.setenv("EVENFALL_LAYER", "1")
    environment = JobEnvironment(os.fspath(tmp_path))
    environment._reused = is_reused
    assert recorded_version(FakeSession(environment)) == found
    assert is_from_mirror(FakeSession(environment)) == is_layer


def test_the_interpreter_of_another_backend_is_asked_for_its_version() -> None:
    assert recorded_version(FakeSession(PassthroughEnv())) is None
    assert not is_from_mirror(FakeSession(PassthroughEnv()))


@integration
def test_nox_gets_the_version_of_uv_without_starting_it(load: Load) -> None:
    load("@evenfall.session\ndef a(session): ...\n")
    assert vars(nox.virtualenv)["UV_VERSION"] == nox.virtualenv.uv_version(os.fspath(uv_program()))
