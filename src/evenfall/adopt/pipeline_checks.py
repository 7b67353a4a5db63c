"""What the pipeline does, to compare it with what the project's own workflows do."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evenfall.adopt.nox_file import nox_tasks
from evenfall.adopt.program import Program, programs
from evenfall.adopt.purpose import Purpose, is_linter, purpose_of
from evenfall.adopt.script import started
from evenfall.errors import EvenfallError
from evenfall.pipeline.model import Pipeline
from evenfall.project.lint_command import find_tool, parse_command
from evenfall.project.linters import default_linters
from evenfall.project.precommit_config import read_hooks
from evenfall.project.project import Project
from evenfall.project.pytest_config import PytestConfig, pytest_config

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
    r"|strict.*|import-mode|no-header|report-log|html|self-contained-html|lf|ff|basetemp|cache-.*|randomly.*|rootdir|benchmark-(?:disable|skip)"
    r"|log-.*|instafail|hypothesis-.*|md|numprocesses|dist|ignore.*|deselect|override-ini|show-capture|disable-.*|forked|failed-first"
    r"|splits?|group|durations-path|cov|github-report|emoji|profile|setup-show|full-trace|no-summary|xvfb.*|ci)(?:=.*)?|-[nprWco].*"
)
"""Options of pytest that select no further tests and change no results."""
_TAKES_VALUE = re.compile(
    r"-[nprWckmo]|--(?:tb|durations(?:-min)?|maxfail|color|junit-?xml|timeout(?:-method)?|reruns(?:-delay)?|capture|import-mode|report-log|html"
    r"|basetemp|rootdir|log-.*|md|numprocesses|dist|ignore(?:-glob)?|deselect|override-ini|cov-(?:report|config|fail-under)|cov|splits|group"
    r"|hypothesis-.*|randomly-seed|show-capture|durations-path)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineChecks:
    """The standard sessions and hosted jobs of a pipeline, its Pythons and systems, and the programs that its sessions run.

    `linters` are the tools by name, and `own_programs` those of sessions that the project declares itself.
    """

    root: Path
    project: Project
    sessions: frozenset[str]
    hosted: frozenset[str]
    names: frozenset[str]
    systems: tuple[str, ...]
    pythons: tuple[str, ...]
    linters: frozenset[str]
    hooks: frozenset[str]
    own_programs: frozenset[str]
    has_release: bool

    @property
    def runs_tests(self) -> bool:
        """Whether a session in CI runs tests."""
        return "tests" in self.sessions or "pytest" in self.own_programs or "unittest" in self.own_programs

    @property
    def runs_linters(self) -> bool:
        """Whether a session in CI runs linters or hooks."""
        return bool(self.linters) or "precommit" in self.sessions or any(map(is_linter, self.own_programs))

    def covers(self, program: Program) -> bool:
        """Return whether the pipeline does what a program does. What only sets up a job needs no counterpart."""
        purpose = purpose_of(program)
        if purpose in NOT_COMPARED or (program.name in self.own_programs and purpose is not Purpose.UNKNOWN):
            return True
        if purpose in _SESSION_OF:
            return _SESSION_OF[purpose] in self.sessions
        if purpose is Purpose.LINT:
            tool = find_tool((program.name, *program.arguments))
            name = tool.name if tool else program.name
            return name in self.linters or bool({name, name.replace(" ", "-")} & self.hooks)
        if purpose is Purpose.TESTS and "tests" in self.sessions:
            return program.name in {"pytest", "py.test", "unittest"} and not self.other_tests(program)
        if purpose is Purpose.DOCTESTS and "tests" in self.sessions:
            return program.name == "pytest" and not self.other_tests(program)
        if purpose is Purpose.SYSTEM_PACKAGES:
            return (self.root / ".github/actions/prepare").is_dir()
        return False

    def other_tests(self, program: Program) -> list[str]:
        """Return the arguments of pytest with which it may run tests that the session `tests` does not run, or in another way."""
        if program.name == "unittest":
            return []
        settings = self.project.pyproject.settings.tests.pytest_args
        config = pytest_config(self.root) or PytestConfig()
        configured = " ".join((*config.addopts, *settings))
        is_limited = bool(re.search(r"(?:^|\s)-[mk]\b|--(?:ignore|deselect)", configured))
        paths = config.testpaths
        found = []
        words = [*program.arguments]
        while words:
            word = words.pop(0)
            value = words.pop(0) if _TAKES_VALUE.fullmatch(word) and words else ""
            if word in {"-m", "-k"}:
                found += [f"{word} {value!r}"] if is_limited else []
            elif word.startswith("-W") or word == "--pyargs":
                found.append(f"{word} {value}".strip())
            elif word.startswith("-"):
                found += [] if _HARMLESS.fullmatch(word) or word in configured else [word]
            elif paths and "$" not in word and not any(_is_below(word, path) for path in paths):
                found.append(word)
        return found

    def covers_action(self, action: str, purpose: Purpose) -> bool:
        """Return whether the pipeline does what an action does."""
        if hosted := next((job for name, job in _HOSTED.items() if action.lower().startswith(name)), ""):
            return hosted in self.hosted
        if purpose is Purpose.BUILD:
            return "build" in self.sessions and action.lower().startswith("hynek/")
        if purpose is Purpose.COVERAGE_UPLOAD:
            return action.lower().startswith("codecov/") and self.project.pyproject.settings.coverage.codecov != "off"
        if purpose is Purpose.LINT:
            name = action.rpartition("/")[2].removesuffix("-action").lower()
            return any(name == linter.split()[0] for linter in (*self.linters, *self.hooks))
        return purpose in NOT_COMPARED or _SESSION_OF.get(purpose, "") in self.sessions


def pipeline_checks(root: Path, project: Project, pipeline: Pipeline, *, release: bool) -> PipelineChecks:
    """Return what a pipeline does. `root` is the folder with its noxfile."""
    standard = {
        session.name: session for session in pipeline.sessions if session.module.startswith("evenfall.sessions.")
    }
    tests = [session for session in pipeline.sessions if session.module == "evenfall.sessions.tests"]
    own = [session.name for session in pipeline.sessions if session.name not in standard]
    return PipelineChecks(
        root=root,
        project=project,
        sessions=frozenset(session.module.rpartition(".")[2] for session in standard.values()),
        hosted=frozenset(job.name for job in pipeline.hosted_jobs),
        names=frozenset(session.name for session in pipeline.sessions),
        systems=tuple(dict.fromkeys(system for each in tests or pipeline.sessions for system in each.facts.systems)),
        pythons=tuple(dict.fromkeys(python for each in tests or pipeline.sessions for python in each.pythons)),
        linters=frozenset(_linters(project)) if "lint" in standard else frozenset(),
        hooks=frozenset(_hooks(root)) if "precommit" in standard else frozenset(),
        own_programs=frozenset(_own_programs(root, own)),
        has_release=release,
    )


def _linters(project: Project) -> Iterator[str]:
    """Yield the names of the tools that the session `lint` runs."""
    commands = project.pyproject.settings.lint.commands
    if commands is None:
        yield from (linter.parsed.name for linter in default_linters(project))
    else:
        yield from (parse_command(command).name for command in commands)


def _hooks(root: Path) -> Iterator[str]:
    """Yield the ids of the hooks, and the names of the tools that they run."""
    try:
        hooks = [hook for repository in read_hooks(root) for hook in repository.hooks]
    except EvenfallError:
        return  # the session precommit reports it
    for hook in hooks:
        yield {"ruff": "ruff-check", "ty": "ty-check"}.get(hook.id, hook.id)
        for program in programs(hook.entry):
            tool = find_tool((program.name, *program.arguments))
            yield from (program.name, *([tool.name] if tool else []))


def _own_programs(root: Path, names: list[str]) -> Iterator[str]:
    """Yield the names of the programs that sessions of these names run."""
    for name in names:
        for task in nox_tasks(root, ["-s", name]):
            yield from (each.program.name for each in started(root, task, {}))


def _is_below(path: str, folder: str) -> bool:
    path, folder = (posixpath.normpath(each.partition("::")[0]) for each in (path, folder))
    return folder == "." or path == folder or path.startswith(f"{folder}/")
