"""The sessions of a release: their line in the noxfile, and the messages about the publication."""

from __future__ import annotations

import re
from collections.abc import Collection

from evenfall.adopt.adoption import Adoption
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.own_workflows import file_name_in

RELEASE = "evenfall.release_sessions()"
"""The line of the noxfile that declares the sessions of a release."""

_PRIVATE = "Private ::"
"""The start of a classifier with which PyPI rejects a project: https://pypi.org/classifiers/"""


def has_release(noxfile: str) -> bool:
    """Return whether the text of a noxfile declares the sessions of a release."""
    return re.search(r"(?m)^\s*(evenfall\.)?release_sessions\(", noxfile) is not None


def describe_release(adoption: Adoption, publishing: Collection[str]) -> None:
    """Note how to set up a new release; or offer one to a new pipeline, if no workflow of the project publishes it.

    `publishing` are the paths of the project's own workflows that do.
    """
    before = read_text(adoption.root / NOXFILE)
    project = adoption.project.pyproject
    if adoption.release and not has_release(before):
        cd = file_name_in(adoption.scratch, "cd")
        page = f"project/{project.normalized_name}/settings" if publishing else "account"
        adoption.notes.append(
            f"{cd} publishes without a token if a trusted publisher on PyPI names the workflow {cd} and the environment pypi: "
            f"https://pypi.org/manage/{page}/publishing/"
        )
    is_private = not project.is_package or any(each.startswith(_PRIVATE) for each in project.classifiers)
    if not adoption.release and not before and not publishing and not is_private:
        adoption.notes.append("no workflow publishes the project; evenfall init --release adds one that does")
