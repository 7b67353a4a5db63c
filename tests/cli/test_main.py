from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.cli.main import COMMANDS
from tests.sample_project import SampleProject, measured

needs_full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


@pytest.fixture
def folder(tmp_path: Path) -> SampleProject:
    """An empty folder, because these tests need no project."""
    return SampleProject(tmp_path)


def test_help_lists_every_command(folder: SampleProject) -> None:
    done = folder.evenfall("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_starts_with_its_line_in_the_list(command: str, folder: SampleProject) -> None:
    done = folder.command(command, "-h")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: evenfall {command} ")
    paragraph = done.stdout.split("\n\n")[1]
    assert " ".join(paragraph.split()) == COMMANDS[command]


def test_an_unknown_command_gets_the_closest_as_a_suggestion(folder: SampleProject) -> None:
    done = folder.command("genrate")
    assert done.returncode == 2
    assert "there is no command 'genrate'; did you mean 'generate'?" in done.stderr


def test_an_unknown_command_without_a_close_one_gets_the_list(folder: SampleProject) -> None:
    done = folder.command("xyz")
    assert done.returncode == 2
    assert all(command in done.stderr for command in COMMANDS)


@pytest.mark.parametrize("arguments", [("--frob",), ("generate", "--frob")])
def test_an_unknown_option_is_wrong_usage(arguments: tuple[str, ...], folder: SampleProject) -> None:
    assert folder.command(*arguments).returncode == 2


RAISES = """\
import click
import evenfall.cli.main as cli

@click.command()
def broken():
    {statement}

cli.LazyGroup.get_command = lambda self, context, name: broken
cli.main()
"""


def run_broken(folder: SampleProject, statement: str) -> subprocess.CompletedProcess[str]:
    """Run the command `init`, which executes `statement` instead."""
    return folder.run(sys.executable, "-c", RAISES.format(statement=statement), "init", env=measured())


def test_an_unforeseen_exception_ends_in_70_with_a_report(folder: SampleProject) -> None:
    done = run_broken(folder, "raise ZeroDivisionError('boom')")
    assert done.returncode == 70
    assert "please report it" in done.stderr
    assert "ZeroDivisionError: boom" in done.stderr


def test_an_unforeseen_system_error_ends_in_70_with_a_report(folder: SampleProject) -> None:
    done = run_broken(folder, "open('missing')")
    assert done.returncode == 70
    assert "FileNotFoundError" in done.stderr


def test_an_interrupt_ends_in_130(folder: SampleProject) -> None:
    done = run_broken(folder, "raise KeyboardInterrupt")
    assert done.returncode == 130
    assert "interrupted" in done.stderr


EXPLAIN = [sys.executable, "-m", "evenfall", "explain", "lint", "--source"]


@pytest.mark.integration
def test_a_closed_pipe_is_no_error(project: SampleProject) -> None:
    """As in `evenfall explain … | head -1`."""
    with subprocess.Popen(
        EXPLAIN, cwd=project.root, env=project.environ(measured()), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""


@needs_full_disk
@pytest.mark.integration
def test_a_full_disk_ends_in_3(project: SampleProject) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            EXPLAIN, cwd=project.root, env=project.environ(measured()), stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 3
    assert done.stderr.startswith("evenfall: output: No space left on device; ")
    assert "\n  next: free some space" in done.stderr


@needs_full_disk
def test_a_full_disk_ends_in_3_even_if_stderr_is_on_it(folder: SampleProject) -> None:
    done = folder.run("sh", "-c", f"exec {sys.executable} -m evenfall --help > /dev/full 2>&1")
    assert done.returncode == 3


@pytest.mark.skipif(os.name == "nt", reason="needs a shell that can close a stream")
def test_a_closed_stream_is_no_error(folder: SampleProject) -> None:
    done = folder.run("sh", "-c", f"exec {sys.executable} -m evenfall --help >&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.integration
@pytest.mark.parametrize(("line", "word"), [("evenfall ", "1"), ("evenfall xyz ", "2")])
def test_a_shell_can_complete_the_commands(line: str, word: str, folder: SampleProject) -> None:
    done = folder.evenfall(
        env={**measured(), "_EVENFALL_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": word}
    )
    assert done.stdout.split() == [f"plain,{command}" for command in COMMANDS]
    assert done.stderr == ""


def test_names_in_utf_8_are_read_under_the_locale_c(folder: SampleProject) -> None:
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", **measured()}
    (folder.root / "größe").mkdir()
    done = SampleProject(folder.root / "größe").evenfall("audit", env=locale)
    assert done.returncode == 2
    assert "größe: no pyproject.toml in this folder or above" in done.stderr
