"""Every Nox runs a noxfile with the Evenfall that its header names, after each edit of that Evenfall."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from evenfall.adopt.source import script_header
from evenfall.run.job_tools import provide_tools
from tests.conftest import ROOT
from tests.pipeline.conftest import PYPROJECT
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

VENDORED = "vendor/evenfall"
FOREIGN = {"NOX_SCRIPT_MODE": "", "PATH": os.pathsep.join([os.path.dirname(find_uv_bin()), os.environ["PATH"]])}
COMMANDS = {
    "uv run": ("uv", "run", "--quiet", "--locked", "noxfile.py"),
    "uvx": ("uv", "tool", "run", "--quiet", "nox"),
    "the project's environment": (sys.executable, "-m", "nox"),
}


@pytest.fixture(scope="module")
def lantern(tmp_path_factory: pytest.TempPathFactory) -> SampleProject:
    """A project that contains Evenfall in one of its folders."""
    made = SampleProject(tmp_path_factory.mktemp("any nox") / "lantern")
    shutil.copytree(ROOT / "src", made.root / VENDORED / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for file in filter(Path.is_file, ROOT.iterdir()):
        shutil.copy(file, made.root / VENDORED)
    made.write("pyproject.toml", PYPROJECT)
    header = script_header(os.fspath(made.root / VENDORED), made.root).replace("[sessions]", "")
    made.write(
        "noxfile.py",
        f"{header}import evenfall\nimport nox\n\n"
        "@evenfall.session(python=False)\ndef show(session):\n    print('mark', evenfall.MARK, evenfall.__file__)\n\n"
        "if __name__ == '__main__':\n    nox.main()\n",
    )
    done = made.uv("lock", "--quiet", "--script", "noxfile.py")
    assert done.returncode == 0, done.stderr
    return made


def set_mark(lantern: SampleProject, mark: str) -> None:
    """Edit the source code of Evenfall."""
    init = f"{VENDORED}/src/evenfall/__init__.py"
    lantern.write(init, f"{lantern.read(init).partition('MARK =')[0]}MARK = {mark!r}\n")


@pytest.mark.parametrize("mark", ["first", "second"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_session_runs_with_the_locked_evenfall_as_its_files_are_now(
    lantern: SampleProject, command: str, mark: str
) -> None:
    set_mark(lantern, mark)
    done = lantern.run(*COMMANDS[command], "-s", "show", env=FOREIGN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"mark {mark} " in done.stdout
    assert "Traceback" not in done.stderr


def test_uv_run_does_not_make_nox_make_a_second_environment(lantern: SampleProject) -> None:
    second = lantern.root / ".nox" / "_nox_script_mode"
    shutil.rmtree(second, ignore_errors=True)
    done = lantern.run(*COMMANDS["uv run"], "-s", "show", env=FOREIGN)
    assert done.returncode == 0, done.stderr
    assert not second.exists()


def test_a_job_of_the_mirror_runs_with_evenfall_as_its_files_are_in_the_snapshot(
    lantern: SampleProject, tmp_path: Path
) -> None:
    set_mark(lantern, "in the snapshot")
    tools = provide_tools(tmp_path / "tools", lantern.root, lantern.root, {})
    done = lantern.run(str(tools.python), "-c", "import evenfall; print(evenfall.MARK)")
    assert done.stdout == "in the snapshot\n", done.stderr
