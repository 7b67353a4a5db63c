"""Doubles of actions/upload-artifact and actions/download-artifact, run as a script by the composite actions in `runner.py`.

They follow https://github.com/actions/upload-artifact and https://github.com/actions/download-artifact for the inputs that
generated workflows use.
"""

from __future__ import annotations

import fnmatch
import glob
import json
import os
import re
import shutil
import sys
from pathlib import Path


def upload(store: Path, inputs: dict[str, str]) -> None:
    """Store the files at `path` as the artifact `name`, relative to their folder or to the part before the first wildcard."""
    artifact = store / _name(inputs["name"])
    if artifact.exists():
        raise SystemExit(f"409: an artifact with the name {artifact.name} exists already")
    base, files = _find(inputs["path"])
    if inputs["include-hidden-files"] != "true":
        files = [file for file in files if not any(part.startswith(".") for part in file.relative_to(base).parts)]
    if not files and inputs["if-no-files-found"] == "error":
        raise SystemExit(f"No files were found with the provided path: {inputs['path']}")
    for file in files:
        target = artifact / file.relative_to(base)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)  # the mode of a file is lost


def _name(name: str) -> str:
    """Return the name, or reject the characters that the action rejects."""
    if not name or re.search(r'[":<>|*?\r\n\\/]', name):
        raise SystemExit(f"The artifact name is not valid: {name!r}")
    return name


def _find(path: str) -> tuple[Path, list[Path]]:
    paths = [Path(match) for match in glob.glob(path, recursive=True, include_hidden=True)]
    files = [file for found in paths for file in ([found] if found.is_file() else found.rglob("*")) if file.is_file()]
    if "*" in path:
        return Path(path.partition("*")[0] + "x").parent, files
    return (Path(path) if Path(path).is_dir() else Path(path).parent), files


def download(store: Path, inputs: dict[str, str]) -> None:
    """Copy the artifacts that match `pattern` to `path`, each to its own folder unless they are merged."""
    for artifact in sorted(store.iterdir()):
        if fnmatch.fnmatchcase(artifact.name, inputs["pattern"]):
            target = Path(inputs["path"])
            merged = inputs["merge-multiple"] == "true"
            shutil.copytree(artifact, target if merged else target / artifact.name, dirs_exist_ok=True)


if __name__ == "__main__":
    {"upload": upload, "download": download}[sys.argv[1]](Path(sys.argv[2]), json.loads(os.environ["INPUTS"]))
