from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.cli.main import VERBS
from tests.made_project import Made


def test_help_lists_the_verbs_without_a_project(project: Made) -> None:
    done = project.evenfall("--help")
    assert done.returncode == 0
    for verb in ("init", "generate", "explain"):
        assert f"\n  {verb} " in done.stdout


def test_every_verb_has_help(project: Made) -> None:
    for verb in ("init", "generate", "explain"):
        done = project.evenfall(verb, "-h")
        assert done.returncode == 0
        assert f"Usage: evenfall {verb}" in done.stdout


def test_an_unknown_verb_is_answered_with_the_closest(project: Made) -> None:
    done = project.evenfall("genrate")
    assert done.returncode == 2
    assert "There is no verb 'genrate'. Did you mean 'generate'?" in done.stderr


def test_a_verb_that_resembles_none_is_answered_with_all(project: Made) -> None:
    done = project.evenfall("xyz")
    assert done.returncode == 2
    assert f"The verbs are {', '.join(VERBS)}." in done.stderr


def test_an_unknown_option_is_wrong_usage(project: Made) -> None:
    assert project.evenfall("--frob").returncode == 2
    assert project.evenfall("generate", "--frob").returncode == 2


def test_a_bug_of_ours_ends_in_70_with_a_report_to_paste(project: Made) -> None:
    program = (
        "import evenfall.cli.main as cli\n"
        "@cli.evenfall.command()\n"
        "def explode(): raise ZeroDivisionError('boom')\n"
        "cli.VERBS['init'] = 'x'\n"
        "cli.Verbs.get_command = lambda self, context, name: explode\n"
        "cli.main()"
    )
    done = project.run(sys.executable, "-c", program, "init")
    assert done.returncode == 70
    assert "please report this" in done.stderr
    assert "ZeroDivisionError: boom" in done.stderr


def test_an_interrupt_ends_in_130(project: Made) -> None:
    program = (
        "import evenfall.cli.main as cli\n"
        "@cli.evenfall.command()\n"
        "def stop(): raise KeyboardInterrupt\n"
        "cli.Verbs.get_command = lambda self, context, name: stop\n"
        "cli.main()"
    )
    done = project.run(sys.executable, "-c", program, "init")
    assert done.returncode == 130
    assert "interrupted" in done.stderr


def test_a_reader_that_goes_away_is_told_nothing(project: Made) -> None:
    """As in `evenfall explain … | head -1`."""
    command = [sys.executable, "-m", "evenfall", "explain", "lint", "--source"]
    environ = {**os.environ, "NOX_SCRIPT_MODE": "none"}
    with subprocess.Popen(
        command, cwd=project.root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have a disk that is always full")
def test_a_full_disk_behind_the_output_is_no_bug_of_ours(project: Made) -> None:
    environ = {**os.environ, "NOX_SCRIPT_MODE": "none"}
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "evenfall", "explain", "lint", "--source"]
        done = subprocess.run(command, cwd=project.root, env=environ, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3
    assert done.stderr == (
        "evenfall: output: No space left on device; what is written is not whole\n  next: free some space, and again\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have a disk that is always full")
def test_where_nothing_can_be_said_the_exit_code_still_says_it(project: Made) -> None:
    program = "exec {python} -m evenfall --help > /dev/full 2>&1"
    done = project.run("sh", "-c", program.format(python=sys.executable))
    assert done.returncode == 3


@pytest.mark.skipif(os.name == "nt", reason="a shell that can close a stream is wanted")
def test_a_stream_that_is_closed_is_no_trouble(project: Made) -> None:
    done = project.run("sh", "-c", f"exec {sys.executable} -m evenfall --help >&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_any_other_trouble_of_the_system_that_nobody_foresaw_is_a_bug_of_ours(project: Made) -> None:
    program = (
        "import evenfall.cli.main as cli\n"
        "@cli.evenfall.command()\n"
        "def explode(): open('gone')\n"
        "cli.Verbs.get_command = lambda self, context, name: explode\n"
        "cli.main()"
    )
    done = project.run(sys.executable, "-c", program, "init")
    assert done.returncode == 70
    assert "FileNotFoundError" in done.stderr


def test_a_shell_can_complete_the_verbs(project: Made) -> None:
    completing = {"_EVENFALL_COMPLETE": "bash_complete", "COMP_WORDS": "evenfall ", "COMP_CWORD": "1"}
    done = project.evenfall(env=completing)
    assert done.stdout.split() == [f"plain,{verb}" for verb in VERBS]
    unknown = {**completing, "COMP_WORDS": "evenfall xyz ", "COMP_CWORD": "2"}
    done = project.evenfall(env=unknown)
    assert "plain,generate" in done.stdout
    assert done.stderr == ""
