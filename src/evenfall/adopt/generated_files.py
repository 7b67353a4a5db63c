"""The generated files of an adoption, and the workflows of the project that they replace or that stay."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from evenfall.adopt.adoption import Adoption, KeptFile
from evenfall.errors import EvenfallError, Exit
from evenfall.generate.files import WORKFLOWS, read_text
from evenfall.generate.nox_action import ACTION
from evenfall.generate.yaml import MARKER
from evenfall.git.tracked import differs_from_head
from evenfall.pipeline.script_environment import SCRIPT_MODE


def generate(adoption: Adoption, python: Path) -> None:
    """Generate the files in the scratch copy with the Evenfall of `python`, and note the existing files that they replace."""
    scratch = adoption.scratch
    existing = {path: (scratch / path).read_bytes() for path in _not_generated(scratch)}
    for path in existing:
        (scratch / path).unlink()
    _run_generate(python, scratch)
    for path, content in existing.items():
        if (scratch / path).exists():
            adoption.notes.append(_replacement_note(adoption.root, path))
        else:
            (scratch / path).write_bytes(content)


def _not_generated(root: Path) -> list[str]:
    """Return the paths of the existing workflows, and of the action for Nox, that Evenfall did not generate."""
    paths = [ACTION, *(f"{WORKFLOWS}/{file.name}" for file in sorted((root / WORKFLOWS).glob("*.yml")))]
    return [path for path in paths if (text := read_text(root / path)) and not text.startswith(MARKER)]


def _replacement_note(root: Path, path: str) -> str:
    """Return a note about a file that is replaced: whether it is committed, and the names of its jobs."""
    backup = "the current version is not committed" if differs_from_head(root, path) else "git keeps the old version"
    try:
        jobs = ", ".join(map(str, YAML(typ="safe").load(read_text(root / path))["jobs"]))
    except (YAMLError, LookupError, TypeError):
        jobs = ""
    return f"replaces your {path} ({backup})" + (f": its jobs were {jobs}" if jobs else "")


def find_kept_workflows(adoption: Adoption) -> Iterator[KeptFile]:
    """Yield the project's workflows that stay and do not run Nox."""
    for file in sorted((adoption.root / WORKFLOWS).glob("*.y*ml")):
        path = f"{WORKFLOWS}/{file.name}"
        is_generated = read_text(adoption.scratch / path).startswith(MARKER)
        if not is_generated and not re.search(r"\bnox\b", read_text(file)):
            yield KeptFile(
                path=path,
                difference="its jobs do not run Nox sessions; they may repeat what ci.yml and security.yml run",
            )


def _run_generate(python: Path, scratch: Path) -> None:
    """Run `evenfall generate` of the locked Evenfall in the scratch copy. Raises its error as an `EvenfallError`."""
    process = subprocess.run(
        [python, "-P", "-m", "evenfall", "generate"],
        cwd=scratch,
        env={**os.environ, SCRIPT_MODE: "none"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if process.returncode:
        message, _, hint = process.stderr.strip().removeprefix("evenfall: ").rpartition("\n  next: ")
        raise EvenfallError(
            message or hint or f"evenfall generate ended with {process.returncode}",
            hint=hint if message else "",
            exit_code=Exit(process.returncode) if process.returncode in [*Exit] else Exit.UNKNOWN,
        )
