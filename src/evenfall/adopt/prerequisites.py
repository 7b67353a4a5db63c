"""The prerequisites of the sessions in a project: tracked files, locked tools, pre-commit hooks, and ignored output folders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from evenfall.adopt.adoption import Adoption, KeptFile, exact_text
from evenfall.errors import EvenfallError
from evenfall.generate.releasing import RELEASING
from evenfall.git.tracked import attribute, ignore_rules
from evenfall.input_file import conflict_line, has_entry, read_utf8
from evenfall.pipeline.build_source import OUTPUTS
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.own_workflows import own_workflows
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project import coverage_target, lockfile, pyproject
from evenfall.project.precommit_config import HOOKS, PREK, find_hooks_file, hooks_unlike_lock, read_hooks
from evenfall.project.project import Project
from evenfall.project.toml import restore_command


def check_pythons(project: Project) -> None:
    """Raise `EvenfallError` (usage) if the metadata disagree about the Pythons. Of a workspace, only the lock has the members."""
    if not project.pyproject.is_workspace:
        project.pythons  # noqa: B018 - it raises


def unignore_files(adoption: Adoption) -> None:
    """Remove the lines of `.gitignore` that name a file that the sessions need in CI, and take over the user's file of that name.

    Raises `EvenfallError` (usage) if another rule ignores such a file.
    """
    needed = (lockfile.NAME, NOXFILE, SCRIPT_LOCK, coverage_target.NAME, HOOKS, ".github/workflows/ci.yml")
    of_release = (".github/workflows/cd.yml", RELEASING) if adoption.release else ()
    unignored: dict[str, None] = {}
    while rules := ignore_rules(adoption.scratch, (*needed, *of_release)):
        rule = rules[0]
        if rule.file != ".gitignore" or rule.pattern.removeprefix("/") != rule.path:
            raise EvenfallError(
                f"{rule.path}: git ignores it ({rule.file}:{rule.line}:{rule.pattern}), so CI would not have it",
                hint="remove that line, then evenfall init",
            )
        lines = re.findall(r".*\n|.+", adoption.read(".gitignore"))
        del lines[int(rule.line) - 1]
        adoption.write(".gitignore", "".join(lines))
        unignored[rule.path] = None
    for path in unignored:
        adoption.notes.append(f".gitignore no longer ignores {path}, because CI needs it")
        if (text := exact_text(adoption.root / path)) is not None:
            adoption.write(path, text)


def check_readable(root: Path) -> None:
    """Raise `EvenfallError` (usage) if a file that the adoption reads or writes can't be read as text, or has an unresolved conflict."""
    for name in (pyproject.NAME, lockfile.NAME, NOXFILE, SCRIPT_LOCK, coverage_target.NAME, HOOKS, PREK, ".gitignore"):
        if has_entry(root / name):
            hint = restore_command(root / name) if name.endswith(".lock") else f"correct {name}"
            if line := conflict_line(read_utf8(root / name, missing="", hint=hint)):
                raise EvenfallError(f"{name}:{line}: a merge conflict is not resolved", hint=hint)


def add_tools(adoption: Adoption) -> None:
    """Add and lock the tools that the sessions call and the project lacks: pytest and coverage, and what runs the project's hooks."""
    project = adoption.project
    hook_programs = (hook_program(adoption),) if find_hooks_file(adoption.scratch) else ()
    for purpose, group, tools in (("tests", "test", ("pytest", "coverage")), ("lint", "lint", hook_programs)):
        groups = project.groups(purpose)
        # The session tests installs only the groups for tests, and in a workspace those of one member.
        locked = [
            each.locked_names(each.groups("tests") if purpose == "tests" else project.lint_and_test_groups)
            for each in (project.members if purpose == "tests" else (project,)) or (project,)
        ]
        missing = [tool for tool in tools if any(tool not in names for names in locked)]
        if purpose == "tests" and missing and not groups:
            adoption.notes.append(
                f"the project had no group for tests; add the packages that the tests import: uv add --group {group} …"
            )
        if missing:
            adoption.uv("add", "--quiet", "--no-sync", "--group", groups[0] if groups else group, *missing)
            project = adoption.project


def hook_program(adoption: Adoption) -> str:
    """Return the program that runs the project's hooks: prek if the project uses it, else pre-commit."""
    root = adoption.root
    texts = (read_text(root / name) for name in (*own_workflows(root), "tox.ini", "tox.toml", "Makefile", "justfile"))
    uses_prek = (
        find_hooks_file(adoption.scratch) == PREK
        or adoption.project.lock.find("prek") is not None
        or any(re.search(r"\bprek\b", text) for text in texts)
    )
    return "prek" if uses_prek else "pre-commit"


def find_kept_hooks(adoption: Adoption) -> Iterator[KeptFile]:
    """Yield the project's hooks that run another version of a tool than the locked one, or that can't be read."""
    file = find_hooks_file(adoption.scratch) or HOOKS
    try:
        differences = [*hooks_unlike_lock(read_hooks(adoption.scratch), adoption.project.lock)]
    except EvenfallError as error:
        differences = [error.message.removeprefix(f"{file}: ")]
    for difference in differences:
        yield KeptFile(path=file, difference=difference)


def write_gitattributes(adoption: Adoption) -> None:
    """Let GitHub hide the changes of the noxfile's lock, as it hides those of uv.lock, unless the project says something else."""
    if attribute(adoption.scratch, "linguist-generated", SCRIPT_LOCK) == "unspecified":
        adoption.append(".gitattributes", f"{SCRIPT_LOCK} linguist-generated\n")


def write_gitignore(adoption: Adoption) -> None:
    """Make git ignore the folders that the sessions write."""
    ignored = {rule.path for rule in ignore_rules(adoption.scratch, [f"{folder}x" for folder in OUTPUTS])}
    missing = [f"/{folder}\n" for folder in OUTPUTS if f"{folder}x" not in ignored]
    if missing:
        adoption.append(".gitignore", "".join(missing))
