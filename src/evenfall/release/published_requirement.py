"""A project that requires one version from one index, and everything else from the default index."""

from __future__ import annotations

import tomlkit

from evenfall.release.index import IndexUrls

_INDEX = "release"


def published_requirement(name: str, version: str, index: IndexUrls) -> tuple[str, dict[str, str]]:
    """Return the text of its `pyproject.toml`, and the variables with the user name and the password for the index.

    https://docs.astral.sh/uv/concepts/indexes/#pinning-a-package-to-an-index
    """
    tables = {
        "project": {"name": "evenfall-installation-test", "version": "0", "dependencies": [f"{name}=={version}"]},
        "tool": {
            "uv": {
                "index": [{"name": _INDEX, "url": index.simple, "explicit": True}],
                "sources": {name: {"index": _INDEX}},
            }
        },
    }
    prefix = f"UV_INDEX_{_INDEX.upper()}"
    variables = dict(zip((f"{prefix}_USERNAME", f"{prefix}_PASSWORD"), index.credentials or (), strict=False))
    return tomlkit.dumps(tables), variables
