"""The environment that runs the noxfile: the packages of its script header (PEP 723), as `noxfile.py.lock` pins them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement

from evenfall.errors import EvenfallError, Exit
from evenfall.input_file import read_utf8
from evenfall.pipeline.model import NOXFILE
from evenfall.project.toml import lock_command
from evenfall.project.tools import run_tool
from evenfall.project.uv import uv

SCRIPT_LOCK = f"{NOXFILE}.lock"
SCRIPT_MODE = "NOX_SCRIPT_MODE"
"""Nox's own variable. `none` means that this process already runs in the environment of the script header."""


def script_python(root: Path) -> Path:
    """Return the interpreter of the environment, which uv creates or updates.

    Raises `EvenfallError`: there is no noxfile or no lock, or the lock is stale or lacks Evenfall (usage); uv fails (unknown).
    """
    read_utf8(root / NOXFILE, missing="evenfall init")
    lock = read_utf8(root / SCRIPT_LOCK, missing=lock_command(root / SCRIPT_LOCK))
    uv(root, "sync", "--quiet", "--locked", "--script", NOXFILE)
    if '\nname = "evenfall"\n' not in lock:
        raise EvenfallError(
            f"{SCRIPT_LOCK}: it does not contain evenfall", hint=f'uv add --script {NOXFILE} "evenfall[sessions]"'
        )
    return Path(uv(root, "python", "find", "--script", NOXFILE).strip())


def enter_script_environment(root: Path) -> None:
    """Return if this process runs in the environment; else start the same `evenfall` command there, in place of this process.

    There is only one process, so that a signal reaches the code that cleans up. Raises `EvenfallError` as `script_python` does.
    """
    if os.environ.get(SCRIPT_MODE) == "none":
        return
    python = script_python(root)
    os.environ[SCRIPT_MODE] = "none"
    command = (os.fspath(python), "-P", "-m", "evenfall", *sys.argv[1:])
    if os.name == "nt":  # pragma: no cover - after execv on Windows, the parent does not wait for the new process
        raise SystemExit(subprocess.run(command).returncode)
    os.execv(python, command)


def prefer_script_environment(root: Path) -> None:
    """Do as `enter_script_environment` if the noxfile has a lock. Else keep the environment of this process, which may lack tools.

    For commands that read no noxfile, but must do the same as its sessions: with the same Evenfall and the same locked tools.
    """
    if (root / SCRIPT_LOCK).is_file():
        enter_script_environment(root)


def run_locked_evenfall(python: Path, root: Path, *arguments: str) -> None:
    """Run a command of the Evenfall of `python` in the folder `root`. Raises its error as an `EvenfallError`."""
    process = run_tool((python, "-P", "-m", "evenfall", *arguments), root, variables={SCRIPT_MODE: "none"})
    if process.returncode:
        message, _, hint = process.stderr.strip().removeprefix("evenfall: ").rpartition("\n  next: ")
        raise EvenfallError(
            message or hint or f"evenfall {' '.join(arguments)} ended with {process.returncode}",
            hint=hint if message else "",
            exit_code=Exit(process.returncode) if process.returncode in [*Exit] else Exit.UNKNOWN,
        )


def keep_script_environment() -> None:
    """Keep Nox from creating a second environment for a noxfile that runs as a script, as `uv run noxfile.py` does.

    Nox would check the script header again, and treats every requirement with a URL as not installed.
    """
    from nox.project import load_toml  # slow to import

    script = Path(getattr(sys.modules["__main__"], "__file__", None) or "")
    if script.name == NOXFILE and all(map(_is_installed, load_toml(script, missing_ok=True).get("dependencies", ()))):
        os.environ[SCRIPT_MODE] = "none"


def check_nox_version() -> None:
    """Raise `EvenfallError` (usage) if this environment has a Nox that this Evenfall does not support."""
    from importlib.metadata import requires, version  # slow to import

    own = [text for text in requires("evenfall") or () if text.startswith("nox")]  # parsing all takes long
    (supported,) = (text for text in own if Requirement(text).name == "nox")
    if not _is_installed(supported):
        raise EvenfallError(
            f"{NOXFILE}: Nox {version('nox')} is installed, but evenfall {version('evenfall')} needs {supported}",
            hint=f"uv run {NOXFILE}, which uses the locked Nox",
        )


def _is_installed(dependency: str) -> bool:
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    requirement = Requirement(dependency)
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False
