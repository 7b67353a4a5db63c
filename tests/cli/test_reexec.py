"""Verbs that read the noxfile run with the Evenfall that its lock names, wherever they were started from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made_project import Made

FROM_ANYWHERE = {"NOX_SCRIPT_MODE": ""}


def test_a_verb_continues_in_the_noxfiles_own_environment(project: Made, wheel: Path) -> None:
    header = f'# /// script\n# requires-python = ">=3.11"\n# dependencies = ["evenfall @ {wheel.as_uri()}"]\n# ///\n'
    code = project.read("noxfile.py").rpartition("# ///\n")[2]
    project.write("noxfile.py", header + code)
    assert project.uv("lock", "--quiet", "--script", "noxfile.py").returncode == 0
    project.write(
        "noxfile.py",
        project.read("noxfile.py").replace("import nox\n", "import nox\nimport sys\n")
        + "\nsys.stderr.write(sys.prefix)\nraise KeyError\n",
    )
    done = project.evenfall("generate", env=FROM_ANYWHERE)
    assert done.returncode == 2
    assert "KeyError" in done.stderr
    project.write("noxfile.py", header + code)
    done = project.evenfall("generate", "--check", env=FROM_ANYWHERE)
    assert done.returncode == 0, done.stderr
    python = project.uv("python", "find", "--script", "noxfile.py").stdout.strip()
    done = project.run(python, "-m", "evenfall", "generate", "--check", env=FROM_ANYWHERE)
    assert done.returncode == 0, done.stderr


def test_a_noxfile_without_evenfall_in_its_environment_is_said(project: Made) -> None:
    for arguments in (("generate",), ("generate", "--check"), ("explain", "lint"), ()):
        done = project.evenfall(*arguments, env=FROM_ANYWHERE)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            "evenfall: noxfile.py.lock: it does not lock evenfall\n"
            '  next: uv add --script noxfile.py "evenfall[sessions]"\n'
        )


def test_a_stale_or_missing_script_lock_is_named_as_such(project: Made) -> None:
    project.replace("noxfile.py", '["nox", "uv"]', '["nox", "uv", "six"]')
    done = project.evenfall("generate", env=FROM_ANYWHERE)
    assert done.returncode == 2
    assert "noxfile.py.lock: it is not what its requirements ask for any more" in done.stderr
    assert "next: uv lock --script noxfile.py" in done.stderr
    (project.root / "noxfile.py.lock").unlink()
    done = project.evenfall("generate", env=FROM_ANYWHERE)
    assert done.returncode == 2
    assert "noxfile.py.lock: not found" in done.stderr


@pytest.mark.parametrize(
    ("path", "old", "new", "said", "command"),
    [
        ("noxfile.py.lock", "version = 1\n", "<<<<<<<\n", "noxfile.py.lock:1: uv can't", "uv lock --script noxfile.py"),
        (
            "noxfile.py",
            "# /// script\n",
            "",
            "noxfile.py: it has no script header",
            "evenfall init shows what it lacks",
        ),
        ("noxfile.py", '"uv"]', '"uv"', "noxfile.py: its script header is not TOML:\n", "correct the lines from"),
    ],
)
def test_a_script_header_or_lock_that_uv_cannot_read_is_named(
    project: Made, path: str, old: str, new: str, said: str, command: str
) -> None:
    project.replace(path, old, new)
    for arguments in (("generate",), ()):
        done = project.evenfall(*arguments, env=FROM_ANYWHERE)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"evenfall: {said}")
        assert command in done.stderr.partition("\n  next: ")[2]


def test_a_lock_with_the_marks_of_a_merge_is_named_with_its_line(project: Made) -> None:
    project.write("uv.lock", "<<<<<<< HEAD\n" + project.read("uv.lock"))
    done = project.evenfall("generate")
    assert done.returncode == 2
    assert "uv.lock:1: uv can't read it\n  next: git checkout HEAD -- uv.lock, then uv lock\n" in done.stderr


def test_a_missing_noxfile_is_said_with_the_next_step(project: Made) -> None:
    (project.root / "noxfile.py").unlink()
    done = project.evenfall("generate", env=FROM_ANYWHERE)
    assert done.returncode == 2
    assert "noxfile.py: not found" in done.stderr
    assert "next: evenfall init" in done.stderr
