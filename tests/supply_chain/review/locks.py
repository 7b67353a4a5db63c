"""Locks as text, for reviews."""

from __future__ import annotations

from evenfall.project.lockfile import Lockfile, parse_lockfile

PYPI = "https://pypi.org/simple"


def package(
    name: str,
    version: str = "1.0",
    *,
    source: str = f'registry = "{PYPI}"',
    files: dict[str, str] | None = None,
    uploaded: str = "2020-01-01T00:00:00Z",
) -> str:
    """A `[[package]]` table; `files` are names of wheels and their hashes, one wheel by default."""
    files_at = "https://files.pythonhosted.org"
    found = {f"{name}-{version}-py3-none-any.whl": "0" * 64} if files is None else files
    wheels = "".join(
        f'    {{ url = "{files_at}/{file}", hash = "sha256:{digest}", upload-time = "{uploaded}" }},\n'
        for file, digest in found.items()
    )
    return (
        f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ {source} }}\n'
        f'sdist = {{ upload-time = "{uploaded}", url = "{files_at}/{name}-{version}.tar.gz", hash = "sha256:{"1" * 64}" }}\n'
        f"wheels = [\n{wheels}]\n"
    )


def text(*packages: str, needs: tuple[str, ...] = ()) -> str:
    """A lock whose project needs these by name."""
    edges = ", ".join(f'{{ name = "{name}" }}' for name in needs)
    root = f'[[package]]\nname = "lantern"\nversion = "1"\nsource = {{ editable = "." }}\ndependencies = [{edges}]\n'
    return "\n".join(('version = 1\nrevision = 3\nrequires-python = ">=3.11"\n', root, *packages))


def lock(*packages: str, needs: tuple[str, ...] = ()) -> Lockfile:
    return parse_lockfile(text(*packages, needs=needs).encode(), "uv.lock")
