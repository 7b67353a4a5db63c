"""The text of locks in uv's format."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evenfall.project.lockfile import Lockfile, read_lockfile

HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
PYPI = 'source = { registry = "https://pypi.org/simple" }'


def package(name: str, version: str = "1", *, needs: Iterable[str] = (), source: str = PYPI) -> str:
    """Return a `[[package]]`."""
    edges = "".join(f'    {{ name = "{each}" }},\n' for each in needs)
    line = f'version = "{version}"\n' if version else ""
    return f'\n[[package]]\nname = "{name}"\n{line}{source}\n' + (f"dependencies = [\n{edges}]\n" if edges else "")


def root(needs: Iterable[str] = (), dev: Iterable[str] = ()) -> str:
    """Return the `[[package]]` of the project, which is named lantern."""
    project = package("lantern", "1", needs=needs, source='source = { editable = "." }')
    edges = "".join(f'    {{ name = "{each}" }},\n' for each in dev)
    return project + (f"\n[package.dev-dependencies]\ndev = [\n{edges}]\n" if edges else "")


def lock(*packages: str) -> str:
    """Return a complete lock."""
    return HEAD + "".join(packages)


def script_lock(folder: Path, needs: Iterable[str], *packages: str) -> Path:
    """Write the lock of a noxfile with these requirements."""
    requirements = "".join(f'    {{ name = "{each}" }},\n' for each in needs)
    path = folder / "noxfile.py.lock"
    path.write_text(lock(f"\n[manifest]\nrequirements = [\n{requirements}]\n", *packages), encoding="utf-8")
    return path


def read(folder: Path, *packages: str) -> Lockfile:
    """Return a complete lock as a model, written to `folder`."""
    path = folder / "uv.lock"
    path.write_text(lock(*packages), encoding="utf-8")
    return read_lockfile(path)
