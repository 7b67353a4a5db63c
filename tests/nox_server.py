"""Run Nox in forks of one process that has imported it, because the imports take longer than most of what the tests do with Nox."""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import coverage

ROOT = Path(__file__).parents[1]

MEASURE = "COVERAGE_PROCESS_CONFIG"
"""The variable with which a program measures the coverage of Evenfall."""


def can_fork(env: Mapping[str, str]) -> bool:
    """Return whether a fork does the same as a new process: modules read some variables when they are imported."""
    return hasattr(os, "fork") and not any(name in {"PATH", "UV"} or name.startswith("PYTHON") for name in env)


def run_nox(arguments: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> tuple[int, str, str]:
    """Return the exit code, stdout and stderr of Nox in a new process with these arguments, folder and variables."""
    server = _server()
    assert server.stdin
    assert server.stdout
    with tempfile.TemporaryDirectory() as folder:
        streams = {name: os.path.join(folder, name) for name in ("stdout", "stderr")}
        request = {"arguments": arguments, "cwd": os.fspath(cwd), "env": dict(env), **streams}
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        out, err = (Path(stream).read_text(encoding="utf-8") for stream in streams.values())
    return code, out, err


@functools.cache
def _server() -> subprocess.Popen[str]:
    """Return the process that forks, which ends with this one."""
    env = {name: value for name, value in os.environ.items() if name not in {MEASURE, "UV"}}
    command = [sys.executable, "-c", "from tests.nox_server import serve; serve()"]
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin
    atexit.register(server.stdin.close)
    return server


def serve() -> None:
    """Answer each request with the exit code of a fork that has run Nox."""
    import nox

    import evenfall.pipeline.nox_adapter
    import evenfall.sessions

    for module in pkgutil.iter_modules(evenfall.sessions.__path__, "evenfall.sessions."):
        importlib.import_module(module.name)
    del sys.modules["tests"], sys.modules[__name__]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with the tests
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for line in requests:
        pid = os.fork()
        if not pid:
            requests.close()
            answers.close()
            _run(nox.main, json.loads(line))
        answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        answers.flush()


def _run(main: Callable[[], object], request: Any) -> NoReturn:
    """End this process as a new one would that runs the function."""
    with open(os.devnull) as stdin, open(request["stdout"], "w") as stdout, open(request["stderr"], "w") as stderr:
        for number, stream in enumerate((stdin, stdout, stderr)):
            os.dup2(stream.fileno(), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv[1:] = request["arguments"]
    if MEASURE in os.environ:
        coverage.process_startup()
        del os.environ[MEASURE]  # the programs in the environments of the sessions are not measured
    code: object = 1
    try:
        code = main()
    except SystemExit as error:
        code = error.code
    except BaseException:  # noqa: BLE001 - it ends any program
        traceback.print_exc()
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
