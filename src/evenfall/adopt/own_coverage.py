"""How a project measures its coverage today: the options in the commands of its workflows and scripts, and its `fail_under`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.own_commands import UNKNOWN, own_commands
from evenfall.input_file import mapping_at
from evenfall.project.pyproject import NAME
from evenfall.project.pytest_config import pytest_config
from evenfall.project.toml import read_toml
from evenfall.project.tool_config import ini_sections

_PYTEST = frozenset({"--cov", "--cov-branch", "--cov-config", "--cov-context", "--cov-fail-under", "--cov-precision"})
_COVERAGE = frozenset(
    {"--branch", "--concurrency", "--context", "--include", "--omit", "--rcfile", "--source", "--timid"}
)
_REPORT = frozenset({"--fail-under", "--precision"})
_FLAGS = frozenset({"--branch", "--cov-branch", "--timid"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageCommand:
    """A command that measures or reports coverage: its file, its program, and its options that change the percentage."""

    file: str
    program: str
    options: tuple[str, ...]

    @property
    def text(self) -> str:
        """The command with these options."""
        return f"{self.program} {' '.join(self.options)}"


def coverage_commands(root: Path) -> Iterator[CoverageCommand]:
    """Yield the commands of the project's files that have such options."""
    for own in own_commands(root):
        program, launchers = own.program, own.program.launchers
        parts: list[tuple[str, Sequence[str], frozenset[str]]] = []
        if program.name in {"pytest", "py.test"}:
            if "coverage" in launchers:
                parts.append(("coverage run", launchers[launchers.index("coverage") :], _COVERAGE))
            parts.append(("pytest", program.arguments, _PYTEST))
        elif (program.name, program.subcommand) == ("coverage", "report"):
            parts.append(("coverage report", program.arguments, _REPORT | _COVERAGE))
        for name, words, names in parts:
            if options := tuple(_options(words, names)):
                yield CoverageCommand(file=own.file, program=name, options=options)


def _options(words: Sequence[str], names: frozenset[str]) -> Iterator[str]:
    """Yield the options with these names, with their value after `=`."""
    for word, following in zip(words, (*words[1:], ""), strict=False):
        name, has_value, _ = word.partition("=")
        if name in names:
            takes_next = not has_value and name not in _FLAGS and following and not following.startswith("-")
            yield f"{name}={following}" if takes_next else word


def record_coverage_options(adoption: Adoption) -> None:
    """Write the options of pytest-cov in the project's own command to `tests.pytest-args`, and note those that can't be written there.

    Settings that the project has stay.
    """
    project = adoption.project
    if project.pyproject.settings.tests.pytest_args:
        return
    commands = [*coverage_commands(adoption.root)]
    for command in commands:
        if command.program == "coverage run":
            place = "[tool.coverage.run]"
            adoption.notes.append(f"{command.file}: the options of {command.text} are not used; write them to {place}")
    measured = [command for command in commands if command.program == "pytest"]
    if not measured:
        return
    command = next((command for command in measured if not _is_computed(command)), measured[0])
    if _is_computed(command):
        adoption.notes.append(
            f"{command.file}: the options of {command.text.replace(UNKNOWN, '…')} are not used, because a value is only known when it runs"
        )
    elif "pytest-cov" not in project.locked_names(project.groups("tests")):
        adoption.notes.append(f"{command.file}: {command.text} is not used, because the test groups lack pytest-cov")
    else:
        adoption.set_settings({"tests": {"pytest-args": [*command.options]}})


def _is_computed(command: CoverageCommand) -> bool:
    """Return whether a shell, tox or GitHub computes a value, when the command runs."""
    return any({*option} & {*"$`{"} for option in command.options)


def find_fail_under(root: Path) -> tuple[Fraction, str] | None:
    """Return the percentage below which the project's own command fails, and where it is written.

    An option replaces the configuration, and coverage reads only the first file that configures it.
    """
    for command in coverage_commands(root):
        if found := _percentage(command.options, "--fail-under", "--cov-fail-under"):
            return found, f"{command.text.partition(' -')[0]} in {command.file}"
    addopts = config.addopts if (config := pytest_config(root)) else ()
    if found := _percentage(tuple(_options(addopts, _PYTEST)), "--cov-fail-under"):
        return found, "--cov-fail-under in addopts"
    file = next((option.partition("=")[2] for option in _options(addopts, frozenset({"--cov-config"}))), ".coveragerc")
    for name in (file, ".coveragerc.toml", "setup.cfg", "tox.ini", NAME):
        if (report := _report_section(root / name)) is not None:
            found = _percentage((f"fail_under={report.get('fail_under')}",), "fail_under")
            return (found, f"fail_under in {name}") if found else None
    return None


def _percentage(options: Sequence[str], *names: str) -> Fraction | None:
    """Return the value of an option if it is a percentage above 0."""
    values = (value for name, _, value in (option.partition("=") for option in options) if name in names)
    numbers = (Fraction(value) for value in values if re.fullmatch(r"\d+(\.\d+)?", value))
    return next((number for number in numbers if 0 < number <= 100), None)


def _report_section(file: Path) -> Mapping[str, object] | None:
    """Return the section `[report]` of a coverage configuration; None if the file is none."""
    is_own = file.name not in {"setup.cfg", "tox.ini", NAME}
    if not file.is_file():
        return None
    if file.suffix != ".toml":
        sections = ini_sections(file)
        configures = is_own or any(name.startswith("coverage:") for name in sections)
        return sections.get("coverage:report", sections.get("report", {}) if is_own else {}) if configures else None
    found = mapping_at(read_toml(file), "tool", "coverage")
    return mapping_at(found, "report") if found or is_own else None
