"""The commands that a project's own files run: its workflows with all that they start, and then the tasks and scripts for local use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.adopt.expressions import EXPRESSION
from evenfall.adopt.job_facts import JobFacts
from evenfall.adopt.program import Program, programs
from evenfall.adopt.script import started
from evenfall.adopt.task_runners import local_tasks
from evenfall.adopt.workflow_facts import checking_jobs
from evenfall.project.shell import ShellCommand

UNKNOWN = "$?"
"""What stands in a command for a value that is only known when it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCommand:
    """A program that a file runs, and the job of CI that runs it: its workflow and its name; empty for a command for local use."""

    file: str
    program: Program
    job: str = ""

    @property
    def command(self) -> ShellCommand:
        """The command with its launchers."""
        return self.program.command

    @property
    def text(self) -> str:
        """The command for a message."""
        return self.command.text.replace(f"'{UNKNOWN}'", "…").replace(UNKNOWN, "…")


def own_commands(root: Path) -> tuple[OwnCommand, ...]:
    """Return the commands whose failure counts: first those of CI, then those of the tasks and scripts for local use."""
    found: dict[OwnCommand, None] = {}
    unknown: set[str] = set()
    for path, job in checking_jobs(root):
        name = f"{path}: {job.name}"
        found |= dict.fromkeys(
            OwnCommand(file=each.file, program=each.program, job=name) for each in job.started if each.tasks is None
        )
        found |= dict.fromkeys(OwnCommand(file=path, program=program, job=name) for program in _linters(job))
        # CI runs some tasks of this runner; which ones is only known when it runs.
        unknown |= {each.program.name for each in job.started if any("$" in task.name for task in each.tasks or ())}
    for task in local_tasks(root):
        name = task.name if task.name.split()[0] in unknown else ""
        found |= dict.fromkeys(
            OwnCommand(file=each.file, program=each.program, job=name)
            for each in started(root, task, {})
            if each.tasks is None
        )
    return tuple(own for own in found if own.command.is_required)


# Actions that run a linter, and the command that they run with their inputs.
_ACTIONS: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "astral-sh/ruff-action": lambda given: f"ruff {given.get('args', 'check')} {given.get('src', '')}",
    "chartboost/ruff-action": lambda given: f"ruff {given.get('args', 'check')} {given.get('src', '')}",
    "psf/black": lambda given: f"black {given.get('options', '--check --diff')} {given.get('src', '.')}",
    "isort/isort-action": lambda given: (
        f"isort {given.get('configuration', '--check-only --diff')} {given.get('sort-paths', '.')}"
    ),
    "jakebailey/pyright-action": lambda given: f"pyright {given.get('extra-args', '')}",
    "pre-commit/action": lambda given: f"pre-commit run {given.get('extra_args', '--all-files')}",
    "j178/prek-action": lambda given: f"prek run {given.get('extra-args', '--all-files')}",
    "crate-ci/typos": lambda given: f"typos {given.get('files', '')}",
}


def _linters(job: JobFacts) -> Iterator[Program]:
    """Yield the programs that a job's actions run, of the actions that are known to run one."""
    for action in job.actions:
        make = _ACTIONS.get(action.name.lower())
        if make and action.is_required:
            yield from programs(EXPRESSION.sub(UNKNOWN, make(action.inputs)))
