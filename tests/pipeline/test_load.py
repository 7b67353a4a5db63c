"""A noxfile is code, so it is loaded in its own process. The answer is always a pipeline or one clear error."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import tracemalloc
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.load import read_pipeline
from tests.pipeline.conftest import HEAD, Declare
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

BACKGROUND = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {program!r}])\n"

WRONG = {
    "is no Python": ("def x(:\n", r"noxfile\.py:3: SyntaxError: invalid syntax"),
    "raises": ("\n1 / 0\n", r"noxfile\.py:4: ZeroDivisionError: division by zero"),
    "raises elsewhere": ("import json\njson.loads('x')\n", r"noxfile\.py:4: JSONDecodeError: "),
    "prints": ("print('hello')\n", r"noxfile\.py:3: it prints while it is loaded: 'hello'"),
    "writes to stdout": (
        "import sys\nsys.stdout.reconfigure(encoding='utf-8')\nsys.stdout.write('hi')\n",
        r"noxfile\.py:5: it prints while it is loaded: 'hi'",
    ),
    "imports a module that prints": ("import this\n", r"noxfile\.py:3: it prints while it is loaded: 'The Zen"),
    "starts a program that prints": (
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(7 * 6)'])\n",
        r"noxfile\.py: a program that it starts prints while it is loaded: '42'",
    ),
    "exits": ("import sys\nsys.exit(0)\n", r"noxfile\.py:4: it exits while it is loaded \(exit code 0\)"),
    "quits with a text": ("quit('enough')\n", r"noxfile\.py:3: it exits while it is loaded \(exit code enough\)"),
    "ends the process": (
        "import os\nos._exit(7)\n",
        r"noxfile\.py: it ended the process that loads it \(exit code 7\)",
    ),
    "interrupts": (
        "\nraise KeyboardInterrupt\n",
        r"noxfile\.py:4: it ended the process that loads it \(KeyboardInterrupt\)",
    ),
    "asks a question": ("input()\n", r"noxfile\.py:3: EOFError"),
    "imports a missing module": ("import no_such_thing\n", r"noxfile\.py:3: ModuleNotFoundError: .*no_such_thing"),
    "declares a session twice": (
        "@evenfall.session\ndef a(session): ...\n@evenfall.session(name='a')\ndef b(session): ...\n",
        r"noxfile\.py:5: two sessions are named 'a'",
    ),
    "has a cycle": (
        "@evenfall.session(requires=['a'])\ndef a(session): ...\n",
        r"noxfile\.py:3: sessions require each other in a cycle: a -> a",
    ),
}


def error_of(made: SampleProject, seconds: float = 20) -> EvenfallError:
    with pytest.raises(EvenfallError) as caught:
        read_pipeline(made.root, seconds=seconds)
    assert caught.value.hint
    return caught.value


PYTHONS_OWN = (
    "is no Python",
    "raises",
    "prints",
    "exits",
    "ends the process",
    "interrupts",
    "imports a missing module",
)
"""The cases that another version of Python can change; the others end in the same lines of the reader."""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(*case, id=name, marks=[pytest.mark.every_python] if name in PYTHONS_OWN else [])
        for name, case in WRONG.items()
    ],
)
def test_a_noxfile_is_an_error_if_it(declare: Declare, body: str, message: str) -> None:
    error = error_of(declare(body))
    assert re.match(message, error.message)
    assert error.exit_code == Exit.USAGE


@pytest.mark.parametrize("name", ["is no Python", "prints"])
def test_a_command_reports_the_error_and_writes_nothing(declare: Declare, name: str) -> None:
    body, message = WRONG[name]
    project = declare(body)
    before = sorted(project.root.rglob("*"))
    done = project.evenfall("generate", env={"PYTHONDONTWRITEBYTECODE": ""})
    assert (done.returncode, done.stdout) == (2, "")
    assert re.match(f"evenfall: {message}", done.stderr)
    assert "\n  next: " in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(project.root.rglob("*")) == before


@pytest.mark.parametrize(
    "statement",
    [
        "while True: pass",
        pytest.param("import time; time.sleep(60)", marks=pytest.mark.every_python),
        "import threading; threading.Event().wait()",
    ],
)
def test_a_noxfile_that_never_returns_is_an_error_with_its_line(declare: Declare, statement: str) -> None:
    error = error_of(declare(f"\n{statement}\n"), seconds=0.5)
    assert error.message == "noxfile.py:4: it did not return within 0.5 s"


def test_a_noxfile_that_never_returns_and_disables_the_timeout_is_killed(declare: Declare) -> None:
    error = error_of(
        declare("import faulthandler, time\nfaulthandler.cancel_dump_traceback_later()\ntime.sleep(60)\n"), 0.1
    )
    assert error.message == "noxfile.py: it did not return within 0.1 s"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can wait for a process that is not its child")
def test_programs_that_a_noxfile_starts_are_killed(declare: Declare, tmp_path: Path) -> None:
    program = "import os, time, pathlib; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(60)"
    wait = "import pathlib\nwhile not pathlib.Path('pid').exists() or not pathlib.Path('pid').read_text(): pass\n"
    project = declare(BACKGROUND.format(program=program) + wait)
    assert read_pipeline(project.root).sessions == ()
    try:
        ending = os.pidfd_open(int(project.read("pid")))
    except ProcessLookupError:
        return
    assert select.select([ending], [], [], 30)[0], "the program still runs"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups")
def test_a_program_that_left_the_process_group_does_not_delay_the_answer(declare: Declare) -> None:
    """It keeps the reader's pipes open until it ends by itself."""
    program = "import pathlib, time; time.sleep(20); pathlib.Path('ended').touch()"
    more = "import pathlib\nchild = subprocess.Popen([sys.executable, '-c', PROGRAM], start_new_session=True)\n"
    more += "pathlib.Path('pid').write_text(str(child.pid))\n"
    project = declare(f"import subprocess, sys\nPROGRAM = {program!r}\n{more}")
    assert read_pipeline(project.root).sessions == ()
    assert not (project.root / "ended").exists()
    os.kill(int(project.read("pid")), signal.SIGKILL)


def test_much_output_does_not_fill_the_memory(declare: Declare) -> None:
    """A program of the noxfile prints 100 MB."""
    flood = "import sys\nfor _ in range(100): sys.stdout.write('flood ' * 170_000)"
    project = declare(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {flood!r}])\n")
    tracemalloc.start()
    try:
        error = error_of(project)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "a program that it starts prints while it is loaded" in error.message
    assert len(error.message) < 200
    assert peak < 10_000_000


def test_a_thread_that_prints_does_not_garble_the_answer(declare: Declare) -> None:
    project = declare(
        "import threading\nthread = threading.Thread(target=print, args=('hello',))\nthread.start()\nthread.join()\n"
        "@evenfall.session\ndef a(session): ...\n"
    )
    assert read_pipeline(project.root).find("a").name == "a"


@pytest.mark.every_python
def test_a_syntax_error_in_a_module_in_the_same_folder_names_that_module(declare: Declare) -> None:
    project = declare("import neighbor\n")
    project.write("neighbor.py", "\n\ndef x(:\n")
    assert error_of(project).message == "neighbor.py:3: SyntaxError: invalid syntax"


def test_a_syntax_error_in_another_folder_names_the_absolute_path(declare: Declare, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("def x(:\n", encoding="utf-8")
    project = declare(f"compile(open({os.fspath(other)!r}).read(), {os.fspath(other)!r}, 'exec')\n")
    assert error_of(project).message == f"{other}:1: SyntaxError: invalid syntax"


@pytest.mark.every_python
def test_a_noxfile_that_python_cannot_decode_is_an_error(declare: Declare) -> None:
    project = declare("")
    project.write("noxfile.py", "# coding: nonsense\n")
    assert re.match(r"noxfile\.py(:\d+)?: SyntaxError: .*nonsense", error_of(project).message)
    (project.root / "noxfile.py").write_bytes(b"x = '\xff'\n")
    assert error_of(project).message == "noxfile.py:1: not UTF-8 text: byte 0xff"
    (project.root / "noxfile.py").write_bytes(b"x = 1\x00\n")
    assert re.match(r"noxfile\.py(:[1-9]\d*)?: (Syntax|Value)Error: .*null", error_of(project).message)


@pytest.mark.every_python
def test_modules_in_the_same_folder_can_be_imported_and_do_not_hide_installed_ones(declare: Declare) -> None:
    project = declare("import neighbor\nevenfall.standard_sessions()\n")
    project.write("neighbor.py", "")
    for name in ("msgspec", "packaging", "nox"):
        project.write(f"{name}/__init__.py", "raise RuntimeError('the wrong one')\n")
    assert read_pipeline(project.root).find("tests").name == "tests"


def test_a_noxfile_may_print_on_stderr(declare: Declare) -> None:
    project = declare("import sys\nprint('careful', file=sys.stderr)\n@evenfall.session\ndef a(session): ...\n")
    assert read_pipeline(project.root).find("a").name == "a"


@pytest.mark.skipif(os.name == "nt", reason="Windows runs no shell scripts")
def test_the_answer_of_another_version_of_evenfall_is_unknown(declare: Declare, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("""#!/bin/sh\necho '{"pipeline": {"sessions": [{"cells": []}]}}' > "$5"\n""", encoding="utf-8")
    python.chmod(0o755)
    with pytest.raises(EvenfallError, match=r"noxfile\.py: it was loaded with another version of evenfall") as caught:
        read_pipeline(declare("").root, python=os.fspath(python))
    assert caught.value.exit_code == Exit.UNKNOWN


def test_a_missing_noxfile_is_an_error_with_the_next_command(tmp_path: Path) -> None:
    error = error_of(SampleProject(tmp_path))
    assert error.message.startswith("noxfile.py: not found in ")
    assert error.hint == "evenfall init"


def test_a_path_can_contain_spaces_quotes_and_umlauts(tmp_path: Path, declare: Declare) -> None:
    project = declare("@evenfall.session\ndef a(session): ...\nprint(1)\n")
    odd = SampleProject(tmp_path / 'it\'s a "näme" (2)')
    project.root.rename(odd.root)
    assert error_of(odd).message.startswith("noxfile.py:5: it prints")
    odd.write("noxfile.py", HEAD)
    assert read_pipeline(odd.root).sessions == ()
