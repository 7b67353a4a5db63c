"""The project's coverage configuration as coverage itself reads it, and the format of the configuration files that Evenfall writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import nox

from evenfall.errors import EvenfallError
from evenfall.sessions.installed_project import InstalledProject
from evenfall.sessions.pytest_options import CONFIG, PROGRAM, PytestOptions, read_pytest_options
from evenfall.sessions.run_command import environment_folder

Value = bool | int | float | str | tuple[str, ...] | None

_PATHS = {"run", "report", "paths"}
"""The sections with lists of paths."""

_EXPRESSIONS = {"exclude_also", "exclude_lines", "partial_also", "partial_branches"}
"""The options with a list of regular expressions, one in each line. Coverage splits other lists at commas as well."""


class CoverageConfig(msgspec.Struct, frozen=True):
    """The effective configuration: its file, its options (`"run:branch"`), `[paths]`, and the options of plugins.

    Plugins and the options of pytest-cov have changed it, as they do in the project's own command.
    """

    options: dict[str, Value]
    paths: dict[str, tuple[str, ...]] = {}
    plugins: dict[str, dict[str, object]] = {}
    file: str | None = None

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of an option with a list; none if the project or its version of coverage does not have it."""
        value = self.options.get(name)
        return value if isinstance(value, tuple) else ()

    def number(self, name: str) -> float:
        """Return the value of an option with a number; 0 if the version of coverage does not have it."""
        value = self.options.get(name)
        return value if isinstance(value, int | float) else 0

    @property
    def has_source(self) -> bool:
        """Whether the project says what to measure by `source`. Then coverage ignores `[run] include`."""
        return any(self.values(f"run:{name}") for name in ("source", "source_pkgs", "source_dirs"))

    @property
    def measures_workers(self) -> bool:
        """Whether coverage measures every Python process that the tests start."""
        return "subprocess" in self.values("run:patch")


def run_program(session: nox.Session, command: str, request: Mapping[str, object], *, silent: bool) -> bytes:
    """Run the program for the environment of a session. Return its answer in JSON."""
    question, answer = (environment_folder(session) / f"{command}-{name}.json" for name in ("request", "answer"))
    question.write_bytes(msgspec.json.encode(request))
    arguments = ("-I", str(PROGRAM), command, str(question), str(answer))
    session.run("python", *arguments, silent=silent, log=False, external="error")
    return answer.read_bytes()


def read_options(
    session: nox.Session, installed: InstalledProject, arguments: tuple[str, ...]
) -> tuple[PytestOptions, CoverageConfig]:
    """Return the options that pytest has with these arguments, and the project's configuration of coverage.

    If pytest is started and loads pytest-cov, coverage is asked in the same process. Raises `EvenfallError` (usage) as `read_config` does.
    """
    answer = environment_folder(session) / "config-answer.json"
    answer.unlink(missing_ok=True)
    options = read_pytest_options(session, installed, arguments, {CONFIG: str(answer)})
    return options, _decode(answer.read_bytes()) if answer.exists() else read_config(session, options)


def read_config(session: nox.Session, options: PytestOptions) -> CoverageConfig:
    """Ask the project's coverage for its effective configuration. Raises `EvenfallError` (usage) if a value has an unknown type."""
    return _decode(run_program(session, "read", msgspec.to_builtins(options), silent=True))


def _decode(answer: bytes) -> CoverageConfig:
    try:
        return msgspec.json.decode(answer, type=CoverageConfig)
    except msgspec.ValidationError as error:
        raise EvenfallError(
            f"coverage: a value of its configuration is not known: {error}", hint="coverage debug config"
        ) from error


def write_rcfile(file: Path, sections: Mapping[str, Mapping[str, object]]) -> Path:
    """Write a configuration file of coverage and return its path. None leaves an option out.

    Every version of coverage reads the INI format on every Python. Raises `EvenfallError` (usage) for a path with a comma, at which
    coverage would split it.
    """
    lines = []
    for section, options in sections.items():
        given = {name: value for name, value in options.items() if value is not None}
        lines += [f"[{section}]", *(f"{name} = {_ini(section, name, value)}" for name, value in given.items())]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _ini(section: str, name: str, value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple() | list():
            items = [*map(str, value)]
            if name in _EXPRESSIONS:
                items = [*map(_not_comment, items)]
            elif section in _PATHS and (split := [item for item in items if "," in item]):
                raise EvenfallError(f"{split[0]}: coverage can't measure a path with a comma", hint="rename the folder")
            return "".join(f"\n    {_ini(section, name, item)}" for item in items)
        case dict():  # plugins split such lines themselves
            return _ini(section, name, [f'"{key}": {item}' for key, item in value.items()])
        case _:
            return str(value).replace("$", "$$").replace("\n", "\n    ")


def _not_comment(expression: str) -> str:
    """Return a regular expression that is no comment of an INI file."""
    return f"[{expression[0]}]{expression[1:]}" if expression.startswith(("#", ";")) else expression
