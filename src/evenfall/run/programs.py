"""The programs of a runner that lie outside the system's folders on this machine, such as in HOME: links for a job's PATH."""

from __future__ import annotations

import contextlib
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evenfall.run.runner_image import runner_image

PROGRAMS = "programs"
"""The name of the folder of the links, in the folder of a job's tools."""

SUDO_MARKER = "sudo"
"""The name of the file that `sudo` leaves beside GITHUB_OUTPUT."""

_SUDO = f"""\
#!/bin/sh
[ -n "$GITHUB_OUTPUT" ] && : > "${{GITHUB_OUTPUT%/*}}/{SUDO_MARKER}"
echo "sudo: a sandbox has no root" >&2
exit 1
"""
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/games")
_PYTHON = {"python", "python3"}
_OF_A_PYTHON = {"pip", "pip3"}
"""They belong to one interpreter, and a runner has them for another one."""


def link_programs(tools: Path, environ: Mapping[str, str], excluded: Sequence[Path]) -> tuple[Path, ...]:
    """Link the programs of a runner that only the user's PATH has, and write a `sudo` that fails.

    `tools` is the folder of a job's tools. A program in one of the `excluded` folders, or a shim of a version manager, which works only
    with the manager's configuration, is not linked. Return the paths that the linked programs need.
    """
    (tools / "sudo").write_text(_SUDO, encoding="ascii")
    (tools / "sudo").chmod(0o755)
    folder = tools / PROGRAMS
    folder.mkdir()
    missing = _without_system_programs(runner_image().programs - _OF_A_PYTHON)
    python = Path("/usr/bin/python3") if "python3" not in missing else Path(sys.executable).resolve()
    for name in missing & _PYTHON:
        (folder / name).symlink_to(python)
    home = Path(environ.get("HOME") or os.sep)
    needed: list[Path] = []
    for program in _find(missing - _PYTHON, environ.get("PATH", ""), excluded):
        if target := _target(program, home):
            (folder / program.name).symlink_to(target)
            needed += needed_paths(target, home)
    return tuple(dict.fromkeys(needed))


def _without_system_programs(names: frozenset[str]) -> set[str]:
    return {name for name in names if not any(os.path.lexists(f"{folder}/{name}") for folder in _SYSTEM_FOLDERS)}


def is_only_on_runners(name: str, tools: Path) -> bool:
    """Return whether a runner has a program that a job does not have."""
    image = runner_image().programs
    return bool(
        name in image and _without_system_programs(frozenset([name])) and not (tools / PROGRAMS / name).exists()
    )


def _find(names: set[str], path: str, excluded: Sequence[Path]) -> Iterator[Path]:
    """Yield the first program of each name on a path."""
    left = set(names)
    for folder in map(Path, dict.fromkeys(path.split(os.pathsep))):
        is_excluded = any(folder.is_relative_to(other) for other in excluded)
        if not folder.is_absolute() or "shims" in folder.parts or is_excluded:
            continue
        with contextlib.suppress(OSError):
            for name in sorted(left & {path.name for path in folder.iterdir()}):
                if os.access(folder / name, os.X_OK) and (folder / name).is_file():
                    left.discard(name)
                    yield folder / name


def _target(program: Path, home: Path) -> Path | None:
    """Return the program that a link or a proxy of rustup leads to; None if that works only with the configuration of HOME."""
    real = program.resolve()
    if real.name == "rustup":
        settings = home / ".rustup/settings.toml"
        with contextlib.suppress(OSError, tomllib.TOMLDecodeError, KeyError):
            toolchain = tomllib.loads(settings.read_text(encoding="utf-8"))["default_toolchain"]
            found = home / ".rustup/toolchains" / toolchain / "bin" / program.name
            return found if found.is_file() else None
        return None
    return None if real == Path("/usr/bin/snap") else real


def needed_paths(program: Path, home: Path) -> Iterator[Path]:
    """Yield the paths that a program needs: its prefix, unless other programs share that, and its interpreter's."""
    real = program.resolve()
    folder, prefix = real.parent, real.parent.parent
    if "Cellar" in real.parts:  # Homebrew's programs use each other's libraries
        yield Path(*real.parts[: real.parts.index("Cellar")])
    elif folder.name not in {"bin", "sbin"}:
        yield real
    elif prefix in {
        Path("/usr/local"),
        Path("/opt"),
        home / ".local",
        home / ".cargo",
        home / "go",
    } or home.is_relative_to(prefix):
        yield real
        for kind in ("lib", "libexec", "share"):
            yield from prefix.glob(f"{kind}/{real.name}*")
    elif prefix != Path("/usr"):
        yield prefix
    if interpreter := _interpreter(real):
        yield from needed_paths(interpreter, home)


def _interpreter(script: Path) -> Path | None:
    """Return the interpreter that the first line of a script names."""
    with script.open("rb") as file:
        line = file.readline(256)
    words = os.fsdecode(line[2:]).split() if line.startswith(b"#!") else []
    found = Path(words[0]) if words else None
    return found if found and found.is_file() and not found.is_relative_to("/bin") else None
