"""Write locks for tests of reviews."""

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
    """Return a `[[package]]` table. `files` are the names of wheels and their hashes; the default is one wheel."""
    host = "https://files.pythonhosted.org"
    found = {f"{name}-{version}-py3-none-any.whl": "0" * 64} if files is None else files
    wheels = "".join(
        f'    {{ url = "{host}/{file}", hash = "sha256:{digest}", upload-time = "{uploaded}" }},\n'
        for file, digest in found.items()
    )
    return (
        f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ {source} }}\n'
        f'sdist = {{ upload-time = "{uploaded}", url = "{host}/{name}-{version}.tar.gz", hash = "sha256:{"1" * 64}" }}\n'
        f"wheels = [\n{wheels}]\n"
    )


def lock_text(*packages: str, needs: tuple[str, ...] = ()) -> str:
    """Return a lock whose project needs the packages with these names."""
    edges = ", ".join(f'{{ name = "{name}" }}' for name in needs)
    root = f'[[package]]\nname = "lantern"\nversion = "1"\nsource = {{ editable = "." }}\ndependencies = [{edges}]\n'
    return "\n".join(('version = 1\nrevision = 3\nrequires-python = ">=3.11"\n', root, *packages))


def lock(*packages: str, needs: tuple[str, ...] = ()) -> Lockfile:
    return parse_lockfile(lock_text(*packages, needs=needs).encode(), "uv.lock")
