"""The edge to uv: run the uv that is installed with Evenfall, and turn its errors into Evenfall's."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.input_file import has_entry
from evenfall.package_index.address import shown_addresses
from evenfall.project.pyenv import search_path
from evenfall.project.toml import PYPROJECT, lock_command, read_toml, restore_command
from evenfall.project.tools import uv_program
from evenfall.text import one_line

# Variables of the session or virtual environment around this process, and those that would make uv read another project or
# only a part of the lock.
_EXCLUDED = {"UV_PROJECT_ENVIRONMENT", "UV_NO_SYNC", "UV_PYTHON", "UV", "VIRTUAL_ENV"} | {
    "UV_PROJECT",
    "UV_WORKING_DIR",
    "UV_NO_DEV",
    "UV_NO_GROUP",
    "UV_NO_DEFAULT_GROUPS",
}

_MISMATCH = re.compile("existing lockfile due to (.+)")
"""A line of uv's verbose output about a lock that does not match the project, with the reason."""

_REQUIRED_VERSION = re.compile(r"Required uv version `([^`]*)` does not match the running version `([^`]*)`")

_UNREACHABLE = re.compile(
    r"^(error|\s*cause): (Failed to (fetch|download)|Request failed after|error sending request)"
    r"|the network was disabled|could not be queried due to",
    re.MULTILINE,
)
"""What uv says when an index did not answer, or not to this user."""


def uv(
    root: Path,
    *arguments: str,
    env: Mapping[str, str | None] | None = None,
    codes: Collection[int] = (0,),
    timeout: float | None = None,
) -> str:
    """Return the standard output of a uv command.

    `env` sets variables of the environment, and removes those that are None. `codes` are the exit codes of success, and `timeout` is
    in seconds.

    Raises `EvenfallError`: a lock is out of date or broken, or a script header is invalid (usage, naming the file); the project
    requires another version of uv (usage); uv failed for any other reason (unknown), with uv's message.
    """
    done = run_uv(root, *arguments, env=env, timeout=timeout)
    if done.returncode in codes:
        return done.stdout
    raise _error(root, arguments, done.stderr.strip())


def run_uv(
    root: Path,
    *arguments: str,
    env: Mapping[str, str | None] | None = None,
    timeout: float | None = None,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Return what a uv command printed, on stderr with its addresses as they may be shown, and its exit code.

    `env` and `timeout` are those of `uv`, and `stdin` is its input.

    Raises `EvenfallError` (unknown) if the command takes longer than `timeout`.
    """
    outer = {**os.environ, "PATH": search_path(os.environ)}
    environ = {name: value for name, value in outer.items() if name not in _EXCLUDED} | dict(env or {})
    kept = {name: value for name, value in environ.items() if value is not None}
    with start_uv(root, *arguments, environ=kept, stdin=subprocess.PIPE) as process:
        try:
            output, errors = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise EvenfallError(
                f"uv {' '.join(arguments[:2])}: no answer within {timeout:g} seconds", exit_code=Exit.UNKNOWN
            ) from error
        finally:
            process.kill()  # it still runs after a timeout or an interruption
    return subprocess.CompletedProcess(arguments, process.returncode, output, shown_addresses(errors))


def start_uv(
    root: Path, *arguments: str, environ: Mapping[str, str], stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    """Start a uv command in the folder `root`, with exactly these environment variables."""
    return subprocess.Popen(
        [uv_program(), *arguments],
        cwd=root,
        env=environ,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )


def is_unreachable(message: str) -> bool:
    """Return whether a command failed because an index could not be asked. `message` is uv's."""
    return bool(_UNREACHABLE.search(message))


def finish_lock_check(process: subprocess.Popen[str], root: Path, arguments: Sequence[str]) -> None:
    """Wait for `uv lock --check --verbose` in `root`, but stop it once it reports a mismatch. Raises `EvenfallError` as `uv` does.

    Otherwise uv would resolve the requirements again, which may need the network and build packages, before it says the same.
    """
    output = ""
    for line in process.stderr or ():
        output += line
        if _MISMATCH.search(line):
            process.kill()
    if process.wait():
        raise _error(root, arguments, shown_addresses(output.strip()))


def _error(root: Path, arguments: Sequence[str], text: str) -> EvenfallError:
    """Return the error of a failed uv command. A file that Evenfall can't read either gives the same error as everywhere else."""
    lock, command = _lock_of(arguments)
    try:
        for name in (PYPROJECT, lock):
            if has_entry(root / name):
                read_toml(root / name)
    except EvenfallError as error:
        return error
    script = lock.removesuffix(".lock")
    mismatch = _MISMATCH.search(text) if "--verbose" in arguments else None
    text = text[text.rfind("\nerror: ") + 1 :]
    if required := _REQUIRED_VERSION.search(text):
        return EvenfallError(
            f"tool.uv.required-version: the project requires uv {required[1]}, but Evenfall runs uv {required[2]}",
            hint="widen required-version in [tool.uv]",
        )
    if "needs to be updated" in text or mismatch:
        reason = f": {one_line(mismatch[1]).rstrip(':')}" if mismatch else ""
        return EvenfallError(f"{lock}: out of date{reason}", hint=command)
    if broken := re.search(r"Failed to parse:? `?([\w.]+?\.(?:toml|lock))`?$", text, re.MULTILINE):
        name, cause = broken[1], one_line(text.partition("cause:")[2])
        line = re.search(r"at line (\d+)", cause)
        return EvenfallError(
            f"{name}:{line[1]}: uv can't read it: {cause}" if line else f"{name}: uv can't read it: {cause}",
            hint=restore_command(root / name) if name.endswith(".lock") else f"correct {name}",
        )
    if "does not contain a PEP 723 metadata tag" in text:
        return EvenfallError(f"{script}: no script header (PEP 723)", hint="evenfall init, which shows the header")
    if "--script" in arguments and text.startswith("error: TOML parse error"):
        return EvenfallError(
            f"{script}: the script header is not valid TOML:\n{text}",
            hint="correct the lines from # /// script to # ///",
        )
    return EvenfallError(
        f"uv {' '.join(arguments[:2])} failed:\n{text}", hint="correct what uv reports", exit_code=Exit.UNKNOWN
    )


def _lock_of(arguments: Sequence[str]) -> tuple[str, str]:
    """Return the lockfile that a command checks, and the command that updates it; uv's own message names uv.lock for both."""
    if "--script" in arguments:
        script = arguments[arguments.index("--script") + 1]
        return f"{script}.lock", lock_command(Path(f"{script}.lock"))
    return "uv.lock", "uv lock"
