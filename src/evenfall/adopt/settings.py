"""`[tool.evenfall]`: the settings that adoption writes."""

from __future__ import annotations

from pathlib import Path

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.detect import Detection, array
from evenfall.git.repository import symbolic_reference
from evenfall.project.pyproject import NAME

WRITE_THE_TIME = ("setuptools", "pdm")
"""Build backends, by the first part of their name, that write into an sdist when it was made, whatever SOURCE_DATE_EPOCH says."""


def write_settings(adoption: Adoption, detection: Detection) -> None:
    """`[tool.evenfall]`, where it is not there yet, with what can't be seen from names alone."""
    if "evenfall" in adoption.project.pyproject.tools:
        return
    tables = list(detection.tables(adoption.project))
    branch = default_branch(adoption.root)
    if branch != "main":
        line = f"default-branch = {array((branch,))[1:-1]}\n"
        tables = [tables[0] + line, *tables[1:]] if detection.extras else [f"[tool.evenfall]\n{line}", *tables]
    backend = adoption.project.pyproject.build_backend.partition(".")[0]
    if backend in WRITE_THE_TIME:
        tables.append(f'[tool.evenfall.build]\nreproducible = "contents" # {backend} writes the time into its sdist\n')
    if tables:
        adoption.append(NAME, "\n".join(tables))


def default_branch(root: Path) -> str:
    """What the remote calls its default branch, else the branch at hand where it is one of the usual two."""
    for reference in ("refs/remotes/origin/HEAD", "HEAD"):
        name = symbolic_reference(root, reference).removeprefix("origin/")
        if name in {"main", "master"} or (name and reference != "HEAD"):
            return name
    return "main"
