"""The summary of a job on GitHub: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary"""

from __future__ import annotations

import os
import sys

from evenfall.text import printable


def add_to_summary(markdown: str) -> None:
    """Add a section where there is a summary. One that can't be written is said on stderr and changes no answer."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(markdown)
    except OSError as error:
        sys.stderr.write(printable(f"GITHUB_STEP_SUMMARY: {path}: it can't be written: {error.strerror}") + "\n")
