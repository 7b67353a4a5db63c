"""`[tool.evenfall]`: the settings that adoption writes."""

from __future__ import annotations

from pathlib import Path

import tomlkit

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.detect import Detection
from evenfall.git.repository import symbolic_reference

WRITE_THE_TIME = ("setuptools", "pdm")
"""Build backends, by the first part of their name, that write into an sdist when it was made, whatever SOURCE_DATE_EPOCH says."""


def write_settings(adoption: Adoption, detection: Detection) -> None:
    """`[tool.evenfall]`, where it is not there yet, with what can't be seen from names alone."""
    if "evenfall" in adoption.project.pyproject.tools:
        return
    settings = detection.settings(adoption.project)
    if (branch := default_branch(adoption.root)) != "main":
        settings = {"default-branch": branch, **settings}
    backend = adoption.project.pyproject.build_backend.partition(".")[0]
    if backend in WRITE_THE_TIME:
        value = tomlkit.string("contents").comment(f"{backend} writes the time into its sdist")
        settings["build"] = {"reproducible": value}
    if settings:
        adoption.append_tables({"tool": {"evenfall": settings}})


def default_branch(root: Path) -> str:
    """What the remote calls its default branch, else the branch at hand where it is one of the usual two."""
    for reference in ("refs/remotes/origin/HEAD", "HEAD"):
        name = symbolic_reference(root, reference).removeprefix("origin/")
        if name in {"main", "master"} or (name and reference != "HEAD"):
            return name
    return "main"
