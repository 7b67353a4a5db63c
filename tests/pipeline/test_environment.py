"""The environment of a session: the Python of its name, and exactly the locked packages."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox
import pytest

from evenfall.pipeline.environment import sync
from evenfall.project.install_options import install_options
from tests.pipeline.conftest import PYPROJECT, Declare
from tests.project.test_workspace import LOCK_OF_PROJECT, PROJECT, workspace
from tests.sample_project import BUILD_SYSTEM, PYTHON, SampleProject

pytestmark = pytest.mark.integration

ABSENT = "3.99"
NO_PYENV = {"PYENV_ROOT": "/nowhere"}


def test_an_environment_of_another_python_is_not_used(declare: Declare) -> None:
    project = declare(f"@evenfall.session(python='{ABSENT}', name='tests')\ndef tests(session): session.log('ran')\n")
    assert project.uv("venv", "--quiet", "--python", sys.executable, ".nox/tests").returncode == 0
    done = project.nox("-R", "-s", "tests", env=NO_PYENV)
    assert done.returncode == 1, done.stdout
    assert f"tests: its environment runs Python {PYTHON}, not {ABSENT}" in done.stdout
    assert "next: remove .nox/tests" in done.stdout
    assert "ran" not in done.stdout


def test_groups_are_installed_as_locked_with_a_fresh_build_of_the_project(project: SampleProject) -> None:
    project.write("src/lantern/color.py", "COLOR = 'amber'\n")
    project.write(".python-version", "3.8\n")  # the user's choice for uv run changes no session
    project.git("add", "--all")
    show = "import lantern.color, pytest; print(lantern.color.COLOR, lantern.__file__)"
    variables = "import os; print('variables:', os.environ.get('EVENFALL_REQUESTED'), os.environ['UV_NO_SYNC'])"
    body = (
        "import evenfall\n@evenfall.session(groups=['TEST'])\ndef show(session):\n"
        f"    session.run('python', '-c', {show!r})\n"
        "    session.run('python', '-c', 'import ruff', success_codes=[1])\n"
        "    session.run('uv', 'run', 'python', '-c', 'import sys; print(sys.prefix)')\n"
        f"    session.run('python', '-c', {variables!r})\n"
    )
    project.write("noxfile.py", body)
    done = project.nox("-s", "show")
    assert done.returncode == 0, done.stdout
    assert "amber" in done.stdout
    assert os.fspath(project.root / "src") not in done.stdout.partition("amber")[2].splitlines()[0]
    assert os.fspath(project.root / ".nox" / "show") in done.stdout
    assert "variables: None 1" in done.stdout
    project.write("src/lantern/color.py", "COLOR = 'green'\n")
    assert "green" in project.nox("-r", "-s", "show").stdout


class FakeSession(nox.Session):
    """A session that only keeps the command with which it would install packages."""

    def __init__(self) -> None:
        self.command: tuple[object, ...] = ()

    @property
    def env(self) -> dict[str, str | None]:
        return {}

    @property
    def env_dir(self) -> Path:
        return Path(".nox", "show")

    def run_install(self, *command: object, **_: object) -> None:
        self.command = command


def test_uv_builds_only_packages_again_and_none_in_the_mirror_but_installs_each_wheel_of_a_folder_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `--reinstall-package`, uv also starts the interpreter."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    lock = 'version = 1\n[[package]]\nname = "lantern"\nsource = { editable = "." }\n'
    sources = {
        "notes": 'virtual = "notes"',
        "oil": 'registry = "wheels"',
        "wick": 'registry = "https://example.org/simple"',
    }
    lock += "".join(f'[[package]]\nname = "{name}"\nsource = {{ {source} }}\n' for name, source in sources.items())
    (tmp_path / "uv.lock").write_text(lock)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UV", "/opt/uv")
    session = FakeSession()
    sync(session, ())
    assert [each for each in session.command if "reinstall" in str(each)] == [
        "--reinstall-package=lantern",
        "--reinstall-package=oil",
    ]
    assert session.command[0] == "/opt/uv", "because the project may have locked another one"
    sync(session, (), is_from_mirror=True)
    assert [each for each in session.command if "reinstall" in str(each)] == ["--reinstall-package=oil"]


def test_the_extras_of_the_settings_are_installed(project: SampleProject) -> None:
    project.replace(
        "pyproject.toml",
        "[dependency-groups]",
        '[project.optional-dependencies]\noil = ["iniconfig"]\n\n[dependency-groups]',
    )
    project.replace("pyproject.toml", "[tool.evenfall]\n", '[tool.evenfall]\nextras = ["oil"]\n')
    project.lock()
    project.write(
        "noxfile.py",
        "import evenfall\n@evenfall.session(groups=())\ndef show(session):\n"
        "    session.run('python', '-c', 'import lantern, iniconfig')\n",
    )
    done = project.nox("-s", "show")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("folder", [".", "src"])
def test_a_missing_lock_is_an_error_with_the_command_that_writes_it(project: SampleProject, folder: str) -> None:
    (project.root / "uv.lock").unlink()
    project.write("noxfile.py", "import evenfall\n@evenfall.session(groups=['test'])\ndef a(session): ...\n")
    done = SampleProject(project.root / folder).nox("-f", os.fspath(project.root / "noxfile.py"), "-s", "a")
    assert done.returncode == 1, done.stdout
    assert f"uv.lock: not found in {project.root}" in done.stdout
    assert "next: uv lock" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_stale_lock_is_an_error_and_stays_as_it_is(project: SampleProject) -> None:
    project.replace("pyproject.toml", '"pytest"]', '"pytest", "iniconfig"]')
    project.write(
        "noxfile.py", "import evenfall\n@evenfall.session(groups=['test'])\ndef a(session): session.log('ran')\n"
    )
    before = project.read("uv.lock")
    done = project.nox("-s", "a")
    assert done.returncode == 1, done.stdout
    assert "needs to be updated" in done.stdout
    assert "> ran" not in done.stdout
    assert project.read("uv.lock") == before


def test_a_session_without_an_environment_needs_no_lock_and_no_repository(declare: Declare) -> None:
    project = declare("@evenfall.session(python=False)\ndef a(session): session.log('ran')\n")
    shutil.rmtree(project.root / ".git")
    done = project.nox("-s", "a")
    assert done.returncode == 0, done.stdout
    assert "ran" in done.stdout


def test_a_session_can_name_its_python_as_a_program(declare: Declare) -> None:
    body = f"@evenfall.session(python='python{PYTHON}')\ndef tests(session): session.log('it ran')\n"
    # After the import of Nox, the project gets a module with the name of one of the standard library.
    module = "import pathlib\npathlib.Path('platform.py').write_text('raise SystemExit(9)')\n"
    done = declare(module + body).nox("-s", "tests")
    assert done.returncode == 0, done.stdout
    assert "it ran" in done.stdout


def test_a_workspace_member_is_rebuilt_after_an_edit(project: SampleProject) -> None:
    """By itself, uv would install its cached build."""
    project.write(
        "core/pyproject.toml",
        f'[build-system]\n{BUILD_SYSTEM}[project]\nname = "core"\nversion = "1"\nrequires-python = ">={PYTHON}"\n',
    )
    project.write("core/src/core/__init__.py", "VALUE = 1\n")
    project.replace("pyproject.toml", "[dependency-groups]", 'dependencies = ["core"]\n\n[dependency-groups]')
    workspace = '\n[tool.uv.workspace]\nmembers = ["core"]\n\n[tool.uv.sources]\ncore = { workspace = true }\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + workspace)
    project.lock()
    project.git("add", "--all")
    project.write(
        "noxfile.py",
        "import evenfall\n@evenfall.session(groups=())\ndef a(session):\n"
        "    session.run('python', '-c', 'import core; print(\"value\", core.VALUE)')\n",
    )
    assert "value 1" in project.nox("-s", "a").stdout
    project.write("core/src/core/__init__.py", "VALUE = 2\n")
    assert "value 2" in project.nox("-s", "a").stdout


def test_a_session_on_python_3_runs_on_any_minor_version(declare: Declare) -> None:
    project = declare("@evenfall.session(python='3')\ndef a(session):\n    session.run('python', '-V')\n")
    done = project.nox("-s", "a")
    assert done.returncode == 0, done.stdout
    assert "Python 3." in done.stdout


def test_a_member_that_is_installed_alone_gets_its_own_groups_and_extras(tmp_path: Path) -> None:
    lock = LOCK_OF_PROJECT.replace('name = "oil"\nversion', 'name = "oil"\noptional-dependencies.fast = []\nversion')
    conflicts = '[tool.uv]\nconflicts = [[{ package = "lamp" }, { package = "oil" }]]\n'
    root = workspace(
        tmp_path, lock, PROJECT.replace("[tool.evenfall]\n", '[tool.evenfall]\nextras = ["fast"]\n') + conflicts
    )
    _, lamp, oil = root.members
    assert install_options(oil, ("test", "Dev_Tools")) == [
        "--package=oil",
        "--group=test",
        "--group=Dev_Tools",
        "--extra=fast",
    ]
    assert install_options(lamp, ("test",)) == ["--package=lamp"]
    assert install_options(root, ("test",)) == ["--group=test", "--extra=fast"]
