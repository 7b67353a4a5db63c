"""Commands that read the noxfile run with the Evenfall that its lock pins; a broken header or lock is an error with its name."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from evenfall.cli.release import COMMANDS
from evenfall.pipeline.script_environment import SCRIPT_MODE, keep_script_environment
from tests.sample_project import SampleProject, measured

FROM_ANYWHERE = {SCRIPT_MODE: "", **measured()}

integration = pytest.mark.integration


@pytest.fixture(autouse=True)
def _no_execv(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that continued in another environment would replace the process of the tests."""
    monkeypatch.setattr(os, "execv", None)


@pytest.mark.parametrize(
    ("name", "dependencies", "is_kept"),
    [
        ("noxfile.py", '"nox", "evenfall[sessions] @ file:///${PROJECT_ROOT}"', True),
        ("noxfile.py", '"nox", "no-such-package; python_version < \'3\'"', True),
        ("noxfile.py", '"nox", "no-such-package"', False),
        ("noxfile.py", '"nox==2020.1.1"', False),
        ("nox", '"nox"', False),
    ],
    ids=["URL", "other Python", "missing package", "other version", "another script"],
)
def test_a_noxfile_that_runs_as_a_script_keeps_an_environment_with_its_dependencies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, dependencies: str, is_kept: bool
) -> None:
    script = tmp_path / name
    script.write_text(f"# /// script\n# dependencies = [{dependencies}]\n# ///\n", encoding="utf-8")
    monkeypatch.setenv(SCRIPT_MODE, "reuse")
    monkeypatch.setitem(sys.modules, "__main__", SimpleNamespace(__file__=str(script)))
    keep_script_environment()
    assert (os.environ[SCRIPT_MODE] == "none") is is_kept


@integration
def test_a_command_continues_in_the_environment_of_the_noxfile(project: SampleProject, wheel: Path) -> None:
    header = f'# /// script\n# requires-python = ">=3.11"\n# dependencies = ["evenfall @ {wheel.as_uri()}"]\n# ///\n'
    code = project.read("noxfile.py").rpartition("# ///\n")[2]
    project.write(
        "noxfile.py", f"{header}{code}\nimport sys\nsys.stderr.write(sys.prefix)\nraise KeyError(sys.prefix)\n"
    )
    assert project.uv("lock", "--quiet", "--script", "noxfile.py").returncode == 0
    done = project.evenfall("generate", env=FROM_ANYWHERE)
    assert done.returncode == 2
    python = project.uv("python", "find", "--script", "noxfile.py").stdout.strip()
    assert f"KeyError: {str(Path(python).parents[1])!r}" in done.stderr
    project.write("noxfile.py", header + code)
    for command in ((sys.executable, "-m", "evenfall"), (python, "-m", "evenfall")):
        done = project.run(*command, "generate", "--check", env=FROM_ANYWHERE)
        assert done.returncode == 0, done.stderr


@integration
def test_a_lock_without_evenfall_is_an_error(project: SampleProject) -> None:
    releases = [("release", name) for name in COMMANDS]
    scanners = (("secrets",), ("audit", "--all-scanners"), ("sbom", "--check", "--installed=."))
    for arguments in (("generate",), ("generate", "--check"), ("explain", "lint"), (), *releases, *scanners):
        done = project.command(*arguments, env=FROM_ANYWHERE)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert done.stderr == (
            "evenfall: noxfile.py.lock: it does not contain evenfall\n"
            '  next: uv add --script noxfile.py "evenfall[sessions]"\n'
        )


@integration
def test_a_release_command_needs_no_noxfile(project: SampleProject) -> None:
    for name in ("noxfile.py", "noxfile.py.lock"):
        (project.root / name).unlink()
    project.commit()
    done = project.evenfall("release", "version", "--offline", env=FROM_ANYWHERE)
    assert done.returncode == 0, done.stderr


@integration
def test_a_stale_or_missing_script_lock_is_an_error_with_its_name(project: SampleProject) -> None:
    project.replace("noxfile.py", '["nox", "uv"]', '["nox", "uv", "six"]')
    done = project.command("generate", env=FROM_ANYWHERE)
    assert done.returncode == 2
    assert done.stderr.startswith("evenfall: noxfile.py.lock: ")
    assert "next: uv lock --script noxfile.py" in done.stderr
    (project.root / "noxfile.py.lock").unlink()
    done = project.command("generate", env=FROM_ANYWHERE)
    assert done.returncode == 2
    assert "noxfile.py.lock: not found" in done.stderr


@integration
@pytest.mark.parametrize(
    ("path", "old", "new", "location", "command"),
    [
        ("noxfile.py.lock", "version = 1\n", "<<<<<<<\n", "noxfile.py.lock:1: ", "uv lock --script noxfile.py"),
        ("noxfile.py", "# /// script\n", "", "noxfile.py: ", "evenfall init"),
        ("noxfile.py", '"uv"]', '"uv"', "noxfile.py: ", "correct the lines from"),
    ],
    ids=["broken lock", "no header", "broken header"],
)
def test_a_script_header_or_lock_that_uv_cannot_read_is_an_error_with_its_name(
    project: SampleProject, path: str, old: str, new: str, location: str, command: str
) -> None:
    project.replace(path, old, new)
    for arguments in (("generate",), ()):
        done = project.command(*arguments, env=FROM_ANYWHERE)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"evenfall: {location}")
        assert command in done.stderr.partition("\n  next: ")[2]


@integration
def test_a_project_lock_with_conflict_markers_is_an_error_with_its_line(project: SampleProject) -> None:
    project.write("uv.lock", "<<<<<<< HEAD\n" + project.read("uv.lock"))
    done = project.evenfall("generate")
    assert done.returncode == 2
    assert "uv.lock:1: " in done.stderr
    assert "next: git checkout HEAD -- uv.lock (or delete it), then uv lock\n" in done.stderr


@integration
def test_a_missing_noxfile_is_an_error_with_the_next_command(project: SampleProject) -> None:
    (project.root / "noxfile.py").unlink()
    done = project.command("generate", env=FROM_ANYWHERE)
    assert done.returncode == 2
    assert "noxfile.py: not found" in done.stderr
    assert "next: evenfall init" in done.stderr
