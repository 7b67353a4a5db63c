"""Locks as uv writes them, made without an index."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evenfall.project.lockfile import Lockfile, read_lockfile

HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
PYPI = 'source = { registry = "https://pypi.org/simple" }'


def package(name: str, version: str = "1", *, needs: Iterable[str] = (), source: str = PYPI) -> str:
    """One `[[package]]`."""
    edges = "".join(f'    {{ name = "{each}" }},\n' for each in needs)
    said = f'version = "{version}"\n' if version else ""
    return f'\n[[package]]\nname = "{name}"\n{said}{source}\n' + (f"dependencies = [\n{edges}]\n" if edges else "")


def root(needs: Iterable[str] = (), dev: Iterable[str] = ()) -> str:
    """The project itself, which is called lantern."""
    made = package("lantern", "1", needs=needs, source='source = { editable = "." }')
    edges = "".join(f'    {{ name = "{each}" }},\n' for each in dev)
    return made + (f"\n[package.dev-dependencies]\ndev = [\n{edges}]\n" if edges else "")


def lock(*packages: str) -> str:
    """A whole lock."""
    return HEAD + "".join(packages)


def read(folder: Path, *packages: str) -> Lockfile:
    """A whole lock, read."""
    path = folder / "uv.lock"
    path.write_text(lock(*packages), encoding="utf-8")
    return read_lockfile(path)
