"""A noxfile is code, and is read in a process of its own: whatever it does, the answer is a pipeline or one clear message."""

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
from tests.made_project import Made
from tests.pipeline.conftest import HEAD, Declare

BACKGROUND = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {program!r}])\n"

WRONG = {
    "is no Python": ("def x(:\n", r"noxfile\.py:3: SyntaxError: invalid syntax"),
    "raises": ("\n1 / 0\n", r"noxfile\.py:4: ZeroDivisionError: division by zero"),
    "raises elsewhere": ("import json\njson.loads('x')\n", r"noxfile\.py:4: JSONDecodeError: "),
    "prints": ("print('hello')\n", r"noxfile\.py:3: it prints while it is read: 'hello'"),
    "writes to stdout": (
        "import sys\nsys.stdout.reconfigure(encoding='utf-8')\nsys.stdout.write('hi')\n",
        r"noxfile\.py:5: it prints while it is read: 'hi'",
    ),
    "prints in passing": ("import this\n", r"noxfile\.py:3: it prints while it is read: 'The Zen"),
    "starts a program that prints": (
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(7 * 6)'])\n",
        r"noxfile\.py: a program that it starts prints while it is read: '42'",
    ),
    "exits": ("import sys\nsys.exit(0)\n", r"noxfile\.py:4: it exits while it is read \(exit code 0\)"),
    "exits in Nox's way": ("quit('enough')\n", r"noxfile\.py:3: it exits while it is read \(exit code enough\)"),
    "ends the process": (
        "import os\nos._exit(7)\n",
        r"noxfile\.py: it ended the process that reads it \(exit code 7\)",
    ),
    "interrupts": (
        "\nraise KeyboardInterrupt\n",
        r"noxfile\.py:4: it ended the process that reads it \(KeyboardInterrupt\)",
    ),
    "asks a question": ("input()\n", r"noxfile\.py:3: EOFError"),
    "imports what is not there": ("import no_such_thing\n", r"noxfile\.py:3: ModuleNotFoundError: .*no_such_thing"),
    "requires what is not there": (
        "@evenfall.session\ndef tests(session): ...\n@evenfall.session(requires=['test'])\ndef docs(session): ...\n",
        r"noxfile\.py:5: session 'docs' requires 'test', which is not a session \(did you mean 'tests'\?\)",
    ),
    "goes in a circle": (
        "@evenfall.session(requires=['b'])\ndef a(session): ...\n@nox.session(requires=['a'])\ndef b(session): ...\n",
        r"noxfile\.py:(3: .* in a circle: a -> b -> a|5: .* in a circle: b -> a -> b)$",
    ),
    "declares one name twice": (
        "@evenfall.session\ndef a(session): ...\n@evenfall.session(name='a')\ndef b(session): ...\n",
        r"noxfile\.py:5: two sessions are named 'a'",
    ),
    "declares one name twice with Nox": (
        "@nox.session\ndef a(session): ...\n@nox.session\ndef a(session): ...\n",
        r"noxfile\.py:5: two sessions are named 'a'",
    ),
    "declares a standard one again": (
        "evenfall.standard_sessions()\n@evenfall.session\ndef lint(session): ...\n",
        r"noxfile\.py:4: two sessions are named 'lint'",
    ),
    "declares a standard one again with Nox": (
        "evenfall.standard_sessions()\n@nox.session\ndef lint(session): ...\n",
        r"noxfile\.py:4: two sessions are named 'lint'",
    ),
    "loses parameters": (
        "@nox.parametrize('n', [1, 2])\n@evenfall.session(python=['3.11', '3.12'])\ndef a(session, n): ...\n",
        r"noxfile\.py:3: @nox\.parametrize stands above the session 'a', whose several Pythons",
    ),
}


def refusal(made: Made, seconds: float = 20) -> EvenfallError:
    with pytest.raises(EvenfallError) as caught:
        read_pipeline(made.root, seconds=seconds)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(("body", "message"), WRONG.values(), ids=WRONG)
def test_one_that(declare: Declare, body: str, message: str) -> None:
    error = refusal(declare(body))
    assert re.match(message, error.message)
    assert error.exit_code == Exit.USAGE


@pytest.mark.parametrize("what", ["is no Python", "prints", "ends the process", "loses parameters"])
def test_the_command_says_the_same_and_writes_nothing(declare: Declare, what: str) -> None:
    body, message = WRONG[what]
    project = declare(body)
    before = sorted(project.root.rglob("*"))
    done = project.evenfall("generate", env={"PYTHONDONTWRITEBYTECODE": ""})
    assert (done.returncode, done.stdout) == (2, "")
    assert re.match(f"evenfall: {message}", done.stderr)
    assert "\n  next: " in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(project.root.rglob("*")) == before


@pytest.mark.parametrize(
    "how", ["while True: pass", "import time; time.sleep(60)", "import threading; threading.Event().wait()"]
)
def test_one_that_never_returns_is_named_with_its_line(declare: Declare, how: str) -> None:
    error = refusal(declare(f"\n{how}\n"), seconds=0.5)
    assert error.message == "noxfile.py:4: it did not return within 0.5 s"


def test_one_that_never_returns_and_defends_itself_is_ended(declare: Declare) -> None:
    error = refusal(declare("import faulthandler\nfaulthandler.cancel_dump_traceback_later()\nwhile True: pass\n"), 0.1)
    assert error.message == "noxfile.py: it did not return within 0.1 s"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can wait for a process that is not its child")
def test_what_it_started_ends_with_it(declare: Declare, tmp_path: Path) -> None:
    program = "import os, time, pathlib; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(60)"
    wait = "import pathlib\nwhile not pathlib.Path('pid').exists() or not pathlib.Path('pid').read_text(): pass\n"
    project = declare(BACKGROUND.format(program=program) + wait)
    assert read_pipeline(project.root).sessions == ()
    try:
        ending = os.pidfd_open(int(project.read("pid")))
    except ProcessLookupError:
        return
    assert select.select([ending], [], [], 30)[0], "it was told to end, and does"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups")
def test_what_left_its_group_is_not_waited_for(declare: Declare) -> None:
    """It holds the reader's pipes open until it ends by itself."""
    program = "import pathlib, time; time.sleep(20); pathlib.Path('ended').touch()"
    more = "import pathlib\nchild = subprocess.Popen([sys.executable, '-c', PROGRAM], start_new_session=True)\n"
    more += "pathlib.Path('pid').write_text(str(child.pid))\n"
    project = declare(f"import subprocess, sys\nPROGRAM = {program!r}\n{more}")
    assert read_pipeline(project.root).sessions == ()
    assert not (project.root / "ended").exists()
    os.kill(int(project.read("pid")), signal.SIGKILL)


def test_a_flood_does_not_fill_the_memory(declare: Declare) -> None:
    """Of 100 MB that a noxfile's program prints, the reader keeps next to nothing."""
    flood = "import sys\nfor _ in range(100): sys.stdout.write('flood ' * 170_000)"
    project = declare(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {flood!r}])\n")
    tracemalloc.start()
    try:
        error = refusal(project)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "a program that it starts prints while it is read" in error.message
    assert len(error.message) < 200
    assert peak < 10_000_000


def test_a_thread_that_prints_can_not_garble_the_answer(declare: Declare) -> None:
    project = declare(
        "import threading\nthread = threading.Thread(target=print, args=('hello',))\nthread.start()\nthread.join()\n"
        "@evenfall.session\ndef a(session): ...\n"
    )
    assert read_pipeline(project.root).find("a") is not None


def test_a_syntax_error_in_a_module_beside_it_names_that_module(declare: Declare) -> None:
    project = declare("import beside\n")
    project.write("beside.py", "\n\ndef x(:\n")
    assert refusal(project).message == "beside.py:3: SyntaxError: invalid syntax"


def test_a_syntax_error_far_away_names_the_whole_path(declare: Declare, tmp_path: Path) -> None:
    far = tmp_path / "far.py"
    far.write_text("def x(:\n", encoding="utf-8")
    project = declare(f"compile(open({os.fspath(far)!r}).read(), {os.fspath(far)!r}, 'exec')\n")
    assert refusal(project).message == f"{far}:1: SyntaxError: invalid syntax"


def test_one_that_python_can_not_decode_is_named_without_a_line(declare: Declare) -> None:
    project = declare("")
    project.write("noxfile.py", "# coding: nonsense\n")
    assert re.match(r"noxfile\.py(:\d+)?: SyntaxError: .*nonsense", refusal(project).message)
    (project.root / "noxfile.py").write_bytes(b"x = '\xff'\n")
    assert re.match(r"noxfile\.py(:[1-9]\d*)?: SyntaxError: ", refusal(project).message)
    (project.root / "noxfile.py").write_bytes(b"x = 1\x00\n")
    assert re.match(r"noxfile\.py(:[1-9]\d*)?: (Syntax|Value)Error: .*null", refusal(project).message)


def test_modules_beside_it_can_be_imported_and_hide_none_of_evenfalls(declare: Declare) -> None:
    project = declare("import beside\nevenfall.standard_sessions()\n")
    project.write("beside.py", "")
    for name in ("msgspec", "packaging", "nox"):
        project.write(f"{name}/__init__.py", "raise RuntimeError('the wrong one')\n")
    assert read_pipeline(project.root).find("tests") is not None


def test_what_it_says_on_stderr_is_its_own_business(declare: Declare) -> None:
    project = declare("import sys\nprint('careful', file=sys.stderr)\n@evenfall.session\ndef a(session): ...\n")
    assert read_pipeline(project.root).find("a") is not None


def test_a_folder_without_a_noxfile_is_told_to_adopt(tmp_path: Path) -> None:
    error = refusal(Made(tmp_path))
    assert error.message.startswith("noxfile.py: not found in ")
    assert error.hint == "evenfall init"


def test_a_path_with_spaces_quotes_and_umlauts_changes_nothing(tmp_path: Path, declare: Declare) -> None:
    project = declare("@evenfall.session\ndef a(session): ...\nprint(1)\n")
    odd = Made(tmp_path / 'it\'s a "näme" (2)')
    project.root.rename(odd.root)
    assert refusal(odd).message.startswith("noxfile.py:5: it prints")
    odd.write("noxfile.py", HEAD)
    assert read_pipeline(odd.root).sessions == ()
