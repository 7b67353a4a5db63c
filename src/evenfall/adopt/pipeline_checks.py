"""What the pipeline does, to compare it with what the project's own workflows do."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evenfall.adopt.nox_file import nox_tasks
from evenfall.adopt.program import Program
from evenfall.adopt.purpose import Purpose, is_linter, purpose_of
from evenfall.adopt.script import started
from evenfall.adopt.task import Task
from evenfall.errors import EvenfallError
from evenfall.pipeline.gates import CHECK_WORKFLOWS
from evenfall.pipeline.model import Pipeline, Session
from evenfall.project.lint_command import LintCommand, find_tool, parse_command
from evenfall.project.linters import default_linters
from evenfall.project.precommit_config import read_hooks
from evenfall.project.project import Project
from evenfall.project.pytest_config import TAKES_VALUE, PytestConfig, pytest_config

_SESSION_OF = {
    Purpose.HOOKS: "precommit",
    Purpose.COVERAGE: "coverage",
    Purpose.BUILD: "build",
    Purpose.AUDIT: "audit",
    Purpose.WORKFLOWS: "workflows",
    Purpose.SECRETS: "secrets",
}
"""The standard session that does what programs of a purpose do."""
NOT_COMPARED = frozenset({Purpose.SET_UP, Purpose.PACKAGE_INDEX})
"""What needs no counterpart, and what `evenfall.adopt.publication` finds."""
_HOSTED = {
    "github/codeql-action": "codeql",
    "actions/dependency-review-action": "dependency-review",
    "trufflesecurity/trufflehog": "trufflehog",
    "ossf/scorecard-action": "scorecard",
}
"""The standard hosted job that uses an action."""
_HARMLESS = re.compile(
    r"-[vqxslra].*|--(?:verbose|quiet|cov.*|no-cov.*|tb|durations.*|maxfail|exitfirst|color|junit-?xml.*|showlocals|timeout.*|reruns.*|capture"
    r"|strict.*|no-header|report-log|html|self-contained-html|lf|ff|basetemp|cache-.*|randomly.*|benchmark-(?:disable|skip)"
    r"|log-.*|instafail|hypothesis-.*|md|numprocesses|dist|ignore.*|deselect|show-capture|disable-.*|forked|failed-first"
    r"|splits?|group|durations-path|cov|github-report|emoji|profile|setup-show|full-trace|no-summary|xvfb.*|ci)(?:=.*)?|-n.*|-r.*"
)
"""Options of pytest that select no further tests and change no results."""
_OTHER_BUILDS = frozenset({"cibuildwheel", "auditwheel", "delvewheel", "abi3audit", "maturin", "pyroma", "check-sdist"})
"""Programs for builds that do more than the session `build`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineChecks:
    """The standard sessions and hosted jobs of a pipeline, its Pythons and systems, and the programs that its sessions run.

    `linters` are the commands of the session `lint`, and `own_programs` the programs of sessions that the project declares itself.
    `for_changes` are the standard sessions that run for a change, and `programs_for_changes` the own programs that do.
    """

    root: Path
    project: Project
    sessions: frozenset[str]
    hosted: frozenset[str]
    names: frozenset[str]
    systems: tuple[str, ...]
    pythons: tuple[str, ...]
    linters: tuple[LintCommand, ...]
    hooks: frozenset[str]
    own_programs: tuple[Program, ...]
    for_changes: frozenset[str]
    programs_for_changes: tuple[Program, ...]
    has_release: bool

    @property
    def runs_tests(self) -> bool:
        """Whether a session runs tests for a change."""
        return "tests" in self.for_changes or any(map(is_test, self.programs_for_changes))

    @property
    def runs_linters(self) -> bool:
        """Whether a session runs linters or hooks for a change."""
        standard = ("lint" in self.for_changes and bool(self.linters)) or "precommit" in self.for_changes
        return standard or any(
            is_linter(program.name) for program in self.programs_for_changes if program.command.is_required
        )

    def covers(self, program: Program) -> bool:
        """Return whether the pipeline does what a program does. What only sets up a job needs no counterpart."""
        purpose = purpose_of(program)
        if purpose in NOT_COMPARED or (purpose is not Purpose.UNKNOWN and self._own_covers(program)):
            return True
        if program.name in _OTHER_BUILDS or (purpose is Purpose.COVERAGE and program.name != "coverage"):
            return False
        if purpose in _SESSION_OF:
            return _SESSION_OF[purpose] in self.sessions
        if purpose is Purpose.LINT:
            tool = find_tool((program.name, *program.arguments))
            name = tool.name if tool else program.name
            is_linted = any(linter.name == name and _includes(linter, program) for linter in self.linters)
            return is_linted or bool({name, name.replace(" ", "-")} & self.hooks)
        if purpose is Purpose.TESTS and "tests" in self.sessions:
            return program.name in {"pytest", "py.test", "unittest"} and not self.other_tests(program)
        if purpose is Purpose.DOCTESTS and "tests" in self.sessions:
            return program.name == "pytest" and not self.other_tests(program)
        if purpose is Purpose.SYSTEM_PACKAGES:
            return (self.root / ".github/actions/prepare").is_dir()
        return False

    def other_tests(self, program: Program) -> list[str]:
        """Return the arguments of pytest with which it may run tests that the session `tests` does not run, or in another way."""
        config = _pytest_config(self.root)
        configured = f" {' '.join((*config.addopts, *self.project.pyproject.settings.tests.pytest_args))} "
        is_limited = bool(re.search(r"\s-[mk]\b|--(?:ignore|deselect)", configured))
        paths = config.testpaths
        if program.name == "unittest":
            return [
                word
                for word in _unittest_folders(program)
                if paths and not any(_is_below(word, path) for path in paths)
            ]
        found = []
        words = [*program.arguments]
        while words:
            word = words.pop(0)
            has_value = TAKES_VALUE.fullmatch(word) and words and not words[0].startswith("-")
            value = words.pop(0) if has_value else ""
            if word in {"-m", "-k"}:
                found += [f"{word} {value!r}"] if is_limited else []
            elif word.startswith("-W") or word == "--pyargs":
                found.append(f"{word} {value}".strip())
            elif word.startswith("-"):
                text = f"{word} {value}".strip()
                is_harmless = _HARMLESS.fullmatch(word) or text == "-p no:cacheprovider" or f" {text} " in configured
                found += [] if is_harmless else [text]
            elif paths and "$" not in word and not any(_is_below(word, path) for path in paths):
                found.append(word)
        return found

    def _own_covers(self, program: Program) -> bool:
        """Return whether an own session runs a program with these arguments, or pytest without those that select tests."""
        words = _significant(program)
        return any(
            own.name == program.name
            and (
                _significant(own) == words
                or (own.name == "pytest" and not _significant(own) and not self.other_tests(program))
            )
            for own in self.own_programs
        )

    def covers_action(self, action: str, purpose: Purpose) -> bool:
        """Return whether the pipeline does what an action does."""
        if hosted := next((job for name, job in _HOSTED.items() if action.lower().startswith(name)), ""):
            return hosted in self.hosted
        if purpose is Purpose.BUILD:
            return "build" in self.sessions and action.lower().startswith("hynek/")
        if purpose is Purpose.COVERAGE_UPLOAD:
            return (
                action.lower().startswith("codecov/codecov-action")
                and self.project.pyproject.settings.coverage.codecov != "off"
            )
        if purpose is Purpose.LINT:
            name = action.rpartition("/")[2].removesuffix("-action").lower()
            return any(name == tool.split()[0] for tool in (*(linter.name for linter in self.linters), *self.hooks))
        return purpose in NOT_COMPARED or _SESSION_OF.get(purpose, "") in self.sessions


def pipeline_checks(root: Path, project: Project, pipeline: Pipeline, *, release: bool) -> PipelineChecks:
    """Return what a pipeline does. `root` is the folder with its noxfile."""
    standard = {
        session.name: session for session in pipeline.sessions if session.module.startswith("evenfall.sessions.")
    }
    tests = [session for session in pipeline.sessions if session.module == "evenfall.sessions.tests"]
    own = [session for session in pipeline.sessions if session.name not in standard]
    return PipelineChecks(
        root=root,
        project=project,
        sessions=frozenset(map(_standard_name, standard.values())),
        hosted=frozenset(job.name for job in pipeline.hosted_jobs),
        names=frozenset(session.name for session in pipeline.sessions),
        systems=tuple(dict.fromkeys(system for each in tests or pipeline.sessions for system in each.facts.systems)),
        pythons=tuple(dict.fromkeys(python for each in tests or pipeline.sessions for python in each.pythons)),
        linters=tuple(_linters(project)) if "lint" in standard else (),
        hooks=frozenset(_hooks(root)) if "precommit" in standard else frozenset(),
        own_programs=tuple(_own_programs(root, own)),
        for_changes=frozenset(_standard_name(each) for each in standard.values() if _runs_for_changes(each)),
        programs_for_changes=tuple(_own_programs(root, filter(_runs_for_changes, own))),
        has_release=release,
    )


def _standard_name(session: Session) -> str:
    return session.module.rpartition(".")[2]


def _runs_for_changes(session: Session) -> bool:
    """Return whether a session runs for each change, not only weekly or for a release."""
    return not session.facts.events and bool({*session.facts.workflows} & {*CHECK_WORKFLOWS})


def _linters(project: Project) -> Iterator[LintCommand]:
    """Yield the commands that the session `lint` runs."""
    commands = project.pyproject.settings.lint.commands
    if commands is None:
        yield from (linter.parsed for linter in default_linters(project))
    else:
        yield from map(parse_command, commands)


def _hooks(root: Path) -> Iterator[str]:
    """Yield the ids of the hooks, and the names of the tools that they run."""
    try:
        hooks = [hook for repository in read_hooks(root) for hook in repository.hooks]
    except EvenfallError:
        return  # the session precommit reports it
    for hook in hooks:
        yield {"ruff": "ruff-check", "ty": "ty-check"}.get(hook.id, hook.id)
        for each in started(root, Task(name=hook.id, script=hook.entry), {}):
            tool = find_tool(each.program.words)
            yield from (each.program.name, *([tool.name] if tool else []))


def _own_programs(root: Path, sessions: Iterable[Session]) -> Iterator[Program]:
    """Yield the programs that some sessions run."""
    for session in sessions:
        for task in nox_tasks(root, ["-s", session.name]):
            yield from (each.program for each in started(root, task, {}))


def is_test(program: Program) -> bool:
    """Return whether a program runs tests, and its script fails if they do."""
    return purpose_of(program) in {Purpose.TESTS, Purpose.DOCTESTS} and program.command.is_required


def _significant(program: Program) -> tuple[str, ...]:
    """Return the arguments that select what a program does, in the order of the alphabet, such as the paths."""
    return tuple(
        sorted({word for word in program.arguments if program.name != "pytest" or not _HARMLESS.fullmatch(word)})
    )


def _includes(linter: LintCommand, program: Program) -> bool:
    """Return whether a command of a linter checks all paths of another one; one that names no path checks all."""
    names = linter.name.split()
    paths, others = (
        [word for word in words if not word.startswith("-") and word not in names]
        for words in (linter.shell.words[1:], program.arguments)
    )
    return not paths or all(any(_is_below(other, path) for path in paths) for other in others or ["."])


def _pytest_config(root: Path) -> PytestConfig:
    try:
        return pytest_config(root) or PytestConfig()
    except EvenfallError:
        return PytestConfig()  # pytest reports the invalid file


def _unittest_folders(program: Program) -> Iterator[str]:
    """Yield the folders and modules of `python -m unittest discover -s tests` and `python -m unittest tests.unit`, as paths."""
    words = [part for word in program.arguments for part in word.split("=", 1) if word != "discover"]
    for option, word in itertools.pairwise(["", *words]):
        if option in {"-s", "--start-directory"} or not (
            word.startswith("-") or option.startswith(("-p", "--p", "-t", "--t", "-k"))
        ):
            yield word if "/" in word or word.endswith(".py") else word.replace(".", "/")


def _is_below(path: str, folder: str) -> bool:
    path, folder = (posixpath.normpath(each.partition("::")[0]) for each in (path, folder))
    return folder == "." or path == folder or path.startswith(f"{folder}/")
