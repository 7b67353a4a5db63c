"""Use an installed project in its environment: modules, entry points, scripts, plugins of pytest and the version."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from packaging.utils import canonicalize_version

from evenfall.errors import EvenfallError
from evenfall.findings import Finding, Location, Severity
from evenfall.project.project import Project
from evenfall.release import probe
from evenfall.release.environment import Environment, ProgramResult
from evenfall.release.missing_module import explain_missing_module
from evenfall.text import one_line

IMPORT_SECONDS = 300
"""The time for all imports, or for pytest."""
SCRIPT_SECONDS = 60
"""The time for one script."""
_NO_TESTS = {0, 5}
"""The exit codes of pytest without any test: https://docs.pytest.org/en/stable/reference/exit-codes.html"""
_MISSING = re.compile(r"^ModuleNotFoundError: No module named '([^']+)'")
_SET_SMOKE = (
    "correct the script; if it has no --help, set smoke in [tool.evenfall.release] to the commands to run instead"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is tested: a version of a project, installed from `file`, which is a path or a requirement."""

    project: Project
    version: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What was used in an environment, and what failed. `details` are the complete tracebacks and outputs of failures.

    `inconclusive` are the reasons why something could not be found out.
    """

    findings: tuple[Finding, ...]
    inconclusive: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the probe reports first."""

    version: str
    requires: tuple[str, ...]
    plugins: tuple[str, ...]
    has_pytest: bool


class _Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the probe, as `probe.py` reports it."""

    kind: str
    name: str
    state: str
    group: str = ""
    value: str = ""
    error: str = ""
    missing: str = ""
    traceback: str = ""

    def __str__(self) -> str:
        return f"the entry point {self.name} = {self.value} of {self.group}" if self.group else f"import {self.name}"


class _Plugin(msgspec.Struct, frozen=True, kw_only=True):
    plugin: str
    error: str


def finding(
    code: str, file: str, environment: str, reason: str, fix: str = "", severity: Severity = Severity.ERROR
) -> Finding:
    """Return a finding about a file in an environment, with its reason on one line."""
    location = Location(path=file, key=environment)
    return Finding(code=code, severity=severity, location=location, reason=one_line(reason), fix=fix)


def use_environment(environment: Environment, subject: Subject) -> Use:
    """Import the modules, load the entry points, run the scripts, and let pytest register the plugins of an installed project.

    Raises `EvenfallError` (usage) if a smoke command is invalid.
    """
    return _User(environment, subject).use()


class _User:
    """Uses one installed project, and collects what fails."""

    def __init__(self, environment: Environment, subject: Subject) -> None:
        self._environment = environment
        self._subject = subject
        self._findings: list[Finding] = []
        self._details: list[str] = []

    def use(self) -> Use:
        """Do everything, as `use_environment` says."""
        result = self._probe()
        lines = result.output.splitlines()
        if not lines:
            self._find(
                "release-install-failed", f"its metadata can't be read: {_last_line(result)}", detail=result.errors
            )
            return Use(findings=tuple(self._findings), details=tuple(self._details))
        facts = msgspec.json.decode(lines[0], type=_Facts)
        steps = self._ended_steps(lines[1:], result)
        modules = tuple(step.name for step in steps if step.kind == "module")
        self._check_version(facts.version)
        if not modules:
            self._find("release-import-failed", "it contains no module to import", severity=Severity.WARNING)
        self._check_steps(steps, facts, modules)
        loaded = [step for step in steps if step.group]
        scripts = tuple(self._run_scripts([s for s in loaded if s.group == "console_scripts" and s.state == "passed"]))
        inconclusive = []
        if facts.plugins:
            try:
                self._run_pytest(facts, modules)
            except EvenfallError as error:
                inconclusive.append(str(error))
        return Use(
            findings=tuple(self._findings),
            inconclusive=tuple(inconclusive),
            details=tuple(self._details),
            modules=modules,
            scripts=scripts,
            entry_points=tuple(f"{step.group}: {step.name}" for step in loaded),
            plugins=facts.plugins,
        )

    def _find(
        self, code: str, reason: str, fix: str = "", *, severity: Severity = Severity.ERROR, detail: str = ""
    ) -> None:
        self._findings.append(finding(code, self._subject.file, self._environment.label, reason, fix, severity))
        if detail.strip():
            self._details.append(
                f"{self._subject.file}: {self._environment.label}: {one_line(reason)}\n{detail.rstrip()}"
            )

    def _probe(self, *arguments: str) -> ProgramResult:
        python = str(self._environment.python)
        program = (python, "-I", probe.__file__, self._subject.project.name)
        return self._environment.run(*program, *arguments, timeout=IMPORT_SECONDS)

    def _ended_steps(self, lines: list[str], result: ProgramResult) -> list[_Step]:
        """Return the steps with their end. The last one has none if it ended the process; those after it did not run."""
        steps = {}
        for line in lines:
            step = msgspec.json.decode(line, type=_Step)
            steps[step.kind, step.group, step.name] = step
        ended = list(steps.values())
        if ended and ended[-1].state == "started":
            ended[-1] = msgspec.structs.replace(
                ended[-1],
                state="failed",
                error=f"{_end(result, IMPORT_SECONDS)}: nothing after it was tested",
                traceback=result.errors,
            )
        return ended

    def _check_version(self, version: str) -> None:
        if canonicalize_version(version) != canonicalize_version(self._subject.version):
            self._find(
                "release-version-differs",
                f"importlib.metadata says version {version}, but the release is {self._subject.version}",
                "build the release again",
            )

    def _check_steps(self, steps: list[_Step], facts: _Facts, modules: tuple[str, ...]) -> None:
        """Report the failed steps, but no entry point that failed as its module did."""
        failed = [step for step in steps if step.state != "passed"]
        errors = {step.error for step in failed if not step.group}
        for step in failed:
            if not step.group or step.error not in errors:
                self._check_step(step, facts, modules)

    def _check_step(self, step: _Step, facts: _Facts, modules: tuple[str, ...]) -> None:
        why, fix = self._explain(step.missing, facts, modules) if step.missing else ("", "")
        severity = Severity.ERROR
        if step.missing.partition(".")[0] in {"pytest", "_pytest"} and facts.plugins and not facts.has_pytest:
            severity, why, fix = Severity.WARNING, "only pytest can import it, which is not a dependency", ""
        elif step.value.rstrip().endswith("]"):  # deprecated, and the extra may not be installed
            severity = Severity.NOTE
        code = "release-entry-point-failed" if step.group else "release-import-failed"
        reason = f"{step}: {step.error}" + (f": {why}" if why else "")
        self._find(code, reason, fix, severity=severity, detail=step.traceback)

    def _explain(self, module: str, facts: _Facts, modules: tuple[str, ...]) -> tuple[str, str]:
        """Return why a module is missing and the change to make, as `explain_missing_module` does."""
        project = self._subject.project
        return explain_missing_module(module, facts.requires, {*modules, project.name}, project)

    def _run_scripts(self, scripts: list[_Step]) -> Iterator[str]:
        """Run the configured commands, or the help of each script. Yield the commands."""
        smoke = self._subject.project.pyproject.settings.release.smoke
        commands = [[step.name, "--help"] for step in scripts] if smoke is None else [*map(_split, smoke)]
        for command in commands:
            shown = shlex.join(command)
            yield shown
            try:
                result = self._environment.run(*command, timeout=SCRIPT_SECONDS)
            except OSError as error:
                self._find("release-script-failed", f"{shown}: {error.strerror or 'no such program'}", _SET_SMOKE)
                continue
            if result.code != 0:
                reason = f"{shown} {_end(result, SCRIPT_SECONDS)}: {_last_line(result)}"
                self._find("release-script-failed", reason, _SET_SMOKE, detail=result.output + result.errors)

    def _run_pytest(self, facts: _Facts, modules: tuple[str, ...]) -> None:
        """Run pytest in an empty folder, and check that it registers the plugins.

        Raises `EvenfallError` (unknown) if pytest is not a dependency and its index can't be reached.
        """
        if not facts.has_pytest and (message := self._environment.install("pytest")):
            self._find(
                "release-install-failed", f"pytest can't be installed with it: {last_error(message)}", detail=message
            )
            return
        result = self._probe("pytest")
        lines = (msgspec.json.decode(line, type=_Plugin) for line in result.output.splitlines())
        reported = {each.plugin: each.error for each in lines}
        last = _last_line(result).removeprefix("E  ").strip()  # so pytest marks the error of a traceback
        missing = f"pytest {_end(result, IMPORT_SECONDS)} before it started: {last}"
        errors = {name: reported.get(name, missing) for name in facts.plugins}
        if not any(errors.values()) and result.code not in _NO_TESTS:
            errors = dict.fromkeys(facts.plugins, f"pytest in an empty folder {_end(result, IMPORT_SECONDS)}")
        module = _MISSING.search(last)
        why, fix = self._explain(module[1], facts, modules) if module else ("", "")
        for name, error in errors.items():
            if error:
                reason = f"the pytest plugin {name}: {error}" + (f": {why}" if why else "")
                self._find("release-plugin-not-registered", reason, fix, detail=result.errors)


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise EvenfallError(f"tool.evenfall.release.smoke: {command!r}: {error}", hint="correct the command") from error
    if not words or not words[0]:
        raise EvenfallError(f"tool.evenfall.release.smoke: {command!r}: no command", hint="correct the command")
    return words


def _end(result: ProgramResult, seconds: int) -> str:
    return f"did not end within {seconds} seconds" if result.code is None else f"exited with {result.code}"


def _last_line(result: ProgramResult) -> str:
    lines = (result.errors.strip() or result.output.strip()).splitlines()
    return lines[-1].strip() if lines else "no output"


def last_error(message: str) -> str:
    """Return uv's error without the lines that came before it, and without the output of a build."""
    start = message.rfind("error: ")
    return message[max(start, 0) :]
