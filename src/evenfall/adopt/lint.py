"""The commands of the session `lint`: those with which the project checks its code today."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.lint_evidence import FoundCommand, LintEvidence, find_lint_evidence
from evenfall.errors import EvenfallError
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.own_workflows import own_workflows
from evenfall.pipeline.script_environment import SCRIPT_MODE
from evenfall.project.linters import Linter, default_linters
from evenfall.project.precommit_config import find_hooks_file
from evenfall.project.pyproject import NAME
from evenfall.project.tools import run_tool
from evenfall.text import one_line


def write_lint_commands(adoption: Adoption) -> None:
    """Write the commands of the project's workflows and scripts into `[tool.evenfall.lint]`, and lock their tools.

    The notes name what is new in CI, and what does not run. A project with Evenfall stays as it is.
    """
    if _is_adopted(adoption) or adoption.project.pyproject.settings.lint.commands is not None:
        return
    evidence = find_lint_evidence(adoption.root)
    chosen = [found for found in evidence.chosen if _lock_tool(adoption, found)]
    if chosen:
        adoption.set_settings({"lint": {"commands": [found.command.setting for found in chosen]}})
    if (adoption.root / NAME).is_file():
        adoption.notes += _hook_notes(adoption.root)
        adoption.notes += _notes(evidence, chosen, default_linters(adoption.project))


def has_linters(adoption: Adoption) -> bool:
    """Return whether the session `lint` has commands to run."""
    project = adoption.project
    if project.pyproject.settings.lint.commands is not None:
        return True
    return find_lint_evidence(adoption.root).is_empty and bool(default_linters(project))


def announce_failures(adoption: Adoption, python: Path) -> None:
    """Run the session `lint` in the scratch copy if it is new in CI, and note that it fails today.

    `python` is that of the noxfile's environment. What CI runs already is not run: it passes there.
    """
    evidence = find_lint_evidence(adoption.root)
    if (
        _is_adopted(adoption)
        or not has_linters(adoption)
        or (evidence.chosen and all(e.in_ci for e in evidence.chosen))
    ):
        return
    done = run_tool(
        (python, "-P", "-m", "nox", "--session", "lint"),
        adoption.scratch,
        variables={SCRIPT_MODE: "none", "NO_COLOR": "1", "FORCE_COLOR": None},
    )
    aborted = re.search(r"Session lint\S* aborted: (.*?)\.?$", done.stderr, re.MULTILINE)
    if done.returncode and aborted:
        adoption.notes.append(
            f"lint does not pass today ({one_line(aborted[1])}), and CI does not run it yet; to see why: uv run {NOXFILE} -s lint"
        )


def _is_adopted(adoption: Adoption) -> bool:
    return "evenfall" in read_text(adoption.root / NOXFILE)


def _lock_tool(adoption: Adoption, found: FoundCommand) -> bool:
    """Add the tool of a command to a group for lint unless it is locked. Return False, with a note, if uv can't."""
    tool, project = found.command.tool, adoption.project
    if tool is None or tool.package in project.locked_names(project.lint_and_test_groups):
        return True
    group = next(iter(project.groups("lint")), "lint")
    requirement = f"{tool.package}=={found.version}" if found.version else tool.package
    try:
        adoption.uv("add", "--quiet", "--no-sync", "--group", group, requirement)
    except EvenfallError as error:
        adoption.notes.append(
            f"lint does not run {found.command.shell.text!r} of {found.file}, because {requirement} can't be locked: {error.message}"
        )
        return False
    adoption.notes.append(f"{requirement} is new in the group {group}, because {found.file} runs it")
    return True


def _hook_notes(root: Path) -> Iterator[str]:
    """Yield a note if no workflow runs the hooks, and they don't name pre-commit.ci either, whose configuration is the key `ci`."""
    file = find_hooks_file(root)
    texts = (read_text(root / path) for path in own_workflows(root))
    if file is None or any(re.search(r"\b(?:pre-commit|prek)\b", text) for text in texts):
        return
    if re.search(r"(?m)^ci:", read_text(root / file)):
        yield "precommit runs the hooks that pre-commit.ci runs, and those that it skips; pre-commit.ci may stay, because it commits fixes"
    else:
        yield f"new in CI: precommit runs the hooks of {file}, which no workflow runs"


def _notes(evidence: LintEvidence, chosen: Iterable[FoundCommand], defaults: Iterable[Linter]) -> list[str]:
    """Return what the user must know: the checks that are new in CI, and those that do not run."""
    if evidence.is_empty:
        names = ", ".join(linter.parsed.name for linter in defaults)
        return [f"new in CI: lint runs {names}, because they are locked and configured"] if names else []
    notes = [f"new in CI: {found.command.setting} (from {found.file})" for found in chosen if not found.in_ci]
    run = {found.command.name for found in chosen} | {*evidence.hooks, *evidence.unreadable_tools}
    if hooks := [name for name in evidence.hooks if name not in {found.command.name for found in chosen}]:
        notes.append(f"precommit runs {', '.join(hooks)} as the hooks do, so lint does not")
    notes += [
        f"lint does not run {linter.parsed.name}, because no workflow, hook or script does; "
        f"to start it: add {linter.parsed.setting!r} to [tool.evenfall.lint] commands"
        for linter in defaults
        if linter.parsed.name not in run
    ]
    notes += [
        f"lint does not run {own.text} of {own.file}, because its values are only known there; "
        "write it to [tool.evenfall.lint] commands"
        for own in evidence.unreadable
    ]
    return notes
