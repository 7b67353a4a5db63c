"""Pytest's options as the project configures them, and a plugin that pytest loads in the session."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import nox

from evenfall.sessions.installed_project import InstalledProject
from evenfall.sessions.run_command import environment_folder

OPTIONS_PLUGIN = "_evenfall_pytest"
RCFILE = "coveragerc"
"""The coverage configuration of the tests, in the folder of the session's environment."""
PROGRAM = Path(__file__).with_name("coverage_program.py")
_ANSWER = "EVENFALL_PYTEST_OPTIONS"
CONFIG = "EVENFALL_COVERAGE_CONFIG"
"""The variable with a file for the answer of `PROGRAM`, if pytest-cov is also to read the configuration of coverage."""

_PLUGIN = '''\
"""Written by Evenfall: tell it pytest's options, or measure the processes that tests start with the coverage configuration of the run."""

import json
import os

import pytest

RCFILE = {rcfile!r}
PROGRAM = {program!r}
ANSWER = {answer!r}
CONFIG = {config!r}
BEFORE = dict(os.environ)
NAMES = ("cov_source", "cov_config", "cov_branch", "cov_fail_under", "cov_precision", "no_cov", "numprocesses", "tx")


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config):
    options = early_config.known_args_namespace
    if ANSWER in os.environ:
        found = {{name: getattr(options, name, None) for name in NAMES}}
        with open(os.environ[ANSWER], "w", encoding="utf-8") as file:
            json.dump({{name: value for name, value in found.items() if value is not None}}, file, default=str)
        if CONFIG in os.environ and found["cov_source"] is not None:  # else the project does not import coverage into pytest
            import runpy

            runpy.run_path(PROGRAM)["main"]("read", os.environ[ANSWER], os.environ[CONFIG])
        raise SystemExit(0)
    options.cov_report = {{"": None}}  # the gate reports
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop():
    if "COVERAGE_PROCESS_START" in os.environ:
        os.environ["COVERAGE_PROCESS_START"] = RCFILE


def pytest_terminal_summary(terminalreporter):
    for name in ("COVERAGE_RCFILE", "COVERAGE_FILE"):
        if os.environ.get(name, RCFILE) not in (RCFILE, BEFORE.get(name)):
            terminalreporter.write_line(name + " is set while pytest runs, but coverage does not use it here: it started before")
'''


class PytestOptions(msgspec.Struct, frozen=True):
    """The options of pytest-cov and pytest-xdist, from the command line, `addopts` in any file, and `PYTEST_ADDOPTS`.

    `cov_source` is None if pytest does not load pytest-cov; a `True` in it is a `--cov` without a value. `numprocesses` and `tx`
    are those of pytest-xdist.
    """

    cov_source: tuple[str | bool, ...] | None = None
    cov_config: str = ".coveragerc"
    cov_branch: bool | None = None
    cov_fail_under: float | None = None
    cov_precision: int | None = None
    no_cov: bool = False
    numprocesses: int | str | None = None
    tx: tuple[str, ...] = ()

    @property
    def has_cov(self) -> bool:
        """Whether the project's own `pytest` measures coverage, with pytest-cov."""
        return bool(self.cov_source) and not self.no_cov

    @property
    def has_workers(self) -> bool:
        """Whether the workers of pytest-xdist run the tests."""
        return bool(self.numprocesses or self.tx)


def read_pytest_options(
    session: nox.Session, installed: InstalledProject, arguments: tuple[str, ...], env: Mapping[str, str] | None = None
) -> PytestOptions:
    """Return the options that pytest has with these arguments, by starting it, with `env`, if a plugin that has them is installed.

    It ends before it loads a conftest. The plugin of Evenfall stays in the environment.
    """
    folder = environment_folder(session)
    plugin = Path(installed.site, f"{OPTIONS_PLUGIN}.py")
    names = {"rcfile": str(folder / RCFILE), "program": str(PROGRAM), "answer": _ANSWER, "config": CONFIG}
    plugin.write_text(_PLUGIN.format(**names), encoding="utf-8")
    if installed.distributions.isdisjoint({"pytest-cov", "pytest-xdist"}):
        return PytestOptions()
    answer = folder / "pytest-options.json"
    command = ("python", "-m", "pytest", "-p", OPTIONS_PLUGIN, *arguments)
    session.run(*command, env={**(env or {}), _ANSWER: str(answer)}, silent=True, log=False, external="error")
    return msgspec.json.decode(answer.read_bytes(), type=PytestOptions)
