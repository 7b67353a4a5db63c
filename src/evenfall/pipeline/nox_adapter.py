"""The one module that knows Nox's internals: its registry, its manifest, its command line and its table of environments.

Nox has no public way to load a noxfile or to explain why an interpreter is missing. The adapter is tested with the Nox versions
that `pyproject.toml` allows.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import inspect
import os
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nox
import nox.command
import nox.registry
import nox.virtualenv
from nox import _merge, _options
from nox._decorators import Func
from nox._option_set import Source
from nox._parametrize import Param
from nox.logger import logger
from nox.manifest import Manifest
from nox.sessions import SessionRunner, _normalize_path, _SessionSkip
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from evenfall.errors import EvenfallError
from evenfall.pipeline import names
from evenfall.pipeline.environment import REQUESTED, PythonVersion
from evenfall.pipeline.model import INTERPRETER, LAYER, NOXFILE, Job, Pipeline, Session
from evenfall.pipeline.noxfile_error import error_location, exit_on_error, location_of
from evenfall.pipeline.order import check_order
from evenfall.pipeline.registry import REGISTRY, Declaration, duplicate_name
from evenfall.project.interpreters import find_interpreter, install_interpreters, missing_reason
from evenfall.project.project import read_project
from evenfall.project.pyenv import pyenv_interpreter
from evenfall.project.python_names import limits_patches
from evenfall.project.root import find_root
from evenfall.project.tools import uv_program

CommandFailed = nox.command.CommandFailed
"""What `nox.Session.run` raises if the program fails."""
BACKEND = "evenfall"
"""The name of `JobEnvironment` in Nox's table of environments. Sessions report `uv`, because that is what it uses."""
_EVERY_PYTHON = "*"
"""In `REQUESTED`: `--error-on-missing-interpreters` was given."""

_PYTHONS = "_evenfall_pythons_of_members"

_get_sessions = nox.registry.get
_reset_sessions = nox.registry.reset


def install() -> None:
    """Make Nox use Evenfall's checks, `JobEnvironment` and the uv that is locked with the noxfile. A second call changes nothing."""
    program = os.fspath(uv_program())
    os.environ["UV"] = program
    # Nox would start uv to find its version.
    nox.virtualenv.HAS_UV, nox.virtualenv.UV, nox.virtualenv.UV_VERSION = True, program, _uv_version()
    nox.virtualenv.ALL_VENVS[BACKEND] = JobEnvironment
    nox.registry.get = _checked_sessions
    nox.registry.reset = _clear_registries


@functools.cache
def _uv_version() -> Version:
    return Version(importlib.metadata.version("uv"))


@exit_on_error
def _checked_sessions() -> dict[str, Func]:
    """Return the sessions of Nox's registry, after the checks that need all sessions. Nox calls it after the noxfile."""
    os.environ.setdefault(REQUESTED, ",".join(_requested()))  # a worker of `nox -j` has its parent's
    runners = _runners()
    for runner in runners:
        if _declaration(runner.name, runner.func):
            _job(runner)
    _check_noxfile()
    return _get_sessions()


def _clear_registries() -> None:
    """Clear both registries. After `uv run noxfile.py` has executed the file, Nox clears its own and loads the file again."""
    REGISTRY.clear()
    _reset_sessions()


def _requested() -> Iterable[str]:
    arguments = _options.options.parse_args()
    yield from arguments.sessions or ()
    yield from arguments.pythons or ()
    option = "error_on_missing_interpreters"
    if getattr(arguments, option) and arguments.provenance(option) is Source.COMMAND_LINE:
        yield _EVERY_PYTHON


def execute_noxfile(noxfile: Path) -> Pipeline:
    """Execute a noxfile in this process, as Nox does, and return its pipeline.

    Raises `EvenfallError` (usage) for an error in its declarations, and everything that the noxfile itself raises.
    """
    _clear_registries()
    spec = importlib.util.spec_from_file_location("user_nox_module", noxfile)
    assert spec is not None
    assert spec.loader is not None  # a path that ends in .py always has a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["user_nox_module"] = module
    sys.path.append(os.fspath(noxfile.parent))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        spec.loader.exec_module(module)
    _check_noxfile()
    for warning in caught:
        if match := re.match(r"The session (.+) has already been registered", str(warning.message)):
            raise duplicate_name("sessions", match[1][1:-1], f"{NOXFILE}:{warning.lineno}")
    return _pipeline()


def declared_session(name: str) -> Session | None:
    """Return a session that the noxfile of this process declares for CI, `None` if it declares no such session."""
    runners = [runner for runner in _runners() if runner.name == name]
    return _session(name, runners) if runners else None


def session_names() -> frozenset[str]:
    """Return the names of the sessions that the noxfile of this process has declared so far, for CI or with `nox.session`."""
    return frozenset(_get_sessions())


class _MemberSession(Func):
    """A session of which each member has Pythons of its own, while Nox combines every Python with every parameter."""

    @property
    def parametrize(self) -> list[Param]:
        """The parameters of the session's Python; all of them for a Python that only Nox's command line names."""
        parameters, pythons = self.__dict__["parametrize"], self.__dict__[_PYTHONS]
        if all(self.python not in each for each in pythons.values()):
            return list(parameters)
        return [each for each in parameters if self.python in pythons[each.call_spec["member"]]]

    def copy(self, name: str | None = None) -> Func:
        """Copy the session, as Nox does for each of its Pythons."""
        copied = super().copy(name)
        copied.__class__ = _MemberSession
        return copied


def limit_pythons(session: Func, pythons: Mapping[str, tuple[str, ...]]) -> None:
    """Let a session with the parameter `member` have jobs only for the Pythons of each member."""
    setattr(session.func, _PYTHONS, pythons)  # Nox copies the attributes of the function
    setattr(session, _PYTHONS, pythons)
    session.__class__ = _MemberSession


def _runners() -> list[SessionRunner]:
    """Return Nox's runner of every job."""
    return [runner for runner, _ in _manifest().list_all_sessions()]


def _manifest() -> Manifest:
    config = _options.options.namespace()
    _merge.merge_noxfile_options(config, nox.options)
    sessions = _get_sessions()
    for name, func in sessions.items():
        _check_parametrize(name, func)
    return Manifest(sessions, config)


def _check_parametrize(name: str, func: Func) -> None:
    """Raise `EvenfallError` (usage) for parameters above a session with several Pythons.

    Nox makes a copy of the session for each Python from its function, which does not have these parameters.
    """
    several = isinstance(func.python, (list, tuple))
    if several and hasattr(func, "parametrize") and not hasattr(func.func, "parametrize"):
        raise EvenfallError(
            f"{location_of(func)}: @nox.parametrize above the session {name!r} is lost, because the session has several Pythons",
            hint="move @nox.parametrize below the session's decorator",
        )


def _declaration(name: str, func: Func) -> Declaration | None:
    """Return the declaration of a session; `None` for a plain `nox.session`, and for an empty list of parameters."""
    declaration = REGISTRY.sessions.get(name)
    if declaration is None:
        return None
    wrapper = declaration.wrapper
    return declaration if inspect.unwrap(func, stop=lambda inner: inner is wrapper) is wrapper else None


def _check_noxfile() -> None:
    """Raise `EvenfallError` (usage) for replaced sessions, unknown names in `requires`, and cycles."""
    for name, func in _get_sessions().items():
        # Nox lets a later nox.session replace one of the same name, and only warns.
        if name in REGISTRY.sessions and not _declaration(name, func):
            raise duplicate_name("sessions", name, location_of(func))
    manifest = _manifest()
    runners = [runner for runner, _ in manifest.list_all_sessions()]
    members = {
        name: tuple(runner.friendly_name for runner in group)
        for name, group in manifest.parametrized_sessions_by_name.items()
    }
    check_order(
        {runner.friendly_name: tuple(runner.func.requires) for runner in runners},
        members | _aliases(runners),
        locations={runner.friendly_name: location_of(runner.func) for runner in runners},
    )


def _aliases(runners: Iterable[SessionRunner]) -> dict[str, tuple[str, ...]]:
    """Return the jobs of each alias: Nox accepts `lint-3.11` for `lint` on one Python, and `tests-3.11` for all its parameters."""
    aliases: dict[str, tuple[str, ...]] = {}
    for runner in runners:
        for signature in runner.signatures[1:]:
            aliases[signature] = (*aliases.get(signature, ()), runner.friendly_name)
    return aliases


def _pipeline() -> Pipeline:
    by_name: dict[str, list[SessionRunner]] = {}
    for runner in _runners():
        by_name.setdefault(runner.name, []).append(runner)
    for job in REGISTRY.hosted_jobs.values():
        if job.local not in by_name:
            raise EvenfallError(
                f"{NOXFILE}: hosted job {job.name!r} has the local counterpart {job.local!r}, which is not a session",
                hint=f"correct local=, or declare {job.local}; nox -l lists the sessions",
            )
    sessions = {name: _session(name, runners) for name, runners in by_name.items()}
    return Pipeline(
        sessions=tuple(session for session in sessions.values() if session),
        hosted_jobs=tuple(REGISTRY.hosted_jobs.values()),
        local=tuple(name for name, session in sessions.items() if session is None),
        chosen_pythons=REGISTRY.project.chosen_pythons if REGISTRY.project else "",
    )


def _session(name: str, runners: list[SessionRunner]) -> Session | None:
    declaration = _declaration(name, runners[0].func)
    if declaration is None:
        return None
    function = inspect.unwrap(declaration.wrapper)
    return Session(
        name=name,
        description=runners[0].description or "",
        facts=declaration.facts,
        jobs=tuple(_job(runner) for runner in runners),
        module=function.__module__,
        line=function.__code__.co_firstlineno,
    )


def _job(runner: SessionRunner) -> Job:
    python = runner.func.python if isinstance(runner.func.python, str) else None
    with error_location(runner.func):
        names.check_job(runner.friendly_name, python)
    return Job(
        name=runner.friendly_name,
        aliases=tuple(runner.signatures[1:]),
        python=python,
        requires=tuple(runner.func.requires),
    )


class JobEnvironment(nox.virtualenv.VirtualEnv):
    """Nox's uv environment, which also finds interpreters behind pyenv's shims and explains a missing one.

    A missing Python that uv can't download is an error if the user named it, or if no other Python of the session's matrix is
    installed. Else the job is skipped, and Nox's summary shows the reason.
    """

    def __init__(self, location: str, interpreter: str | None = None, **options: Any) -> None:
        super().__init__(location, interpreter, **{**options, "venv_backend": "uv"})
        if (
            LAYER in os.environ and not self.venv_params
        ):  # the mirror made it with the command of an environment without parameters
            self.reuse_existing = True

    def create(self) -> bool:
        """Create the environment. Raises `CommandFailed` or `_SessionSkip`, with which Nox reports the job as failed or skipped."""
        python = str(self.interpreter)
        allowed = read_project(find_root(Path.cwd())).allowed_pythons
        if path := _mirrored_interpreter(python) or pyenv_interpreter(python, os.environ, allowed):
            self.interpreter = self._resolved = os.fspath(path)  # saves Nox from starting it to find it
        elif limits_patches(allowed, python):  # Nox would take any release
            self.interpreter = self._resolved = self._find_release(python, allowed)
        try:
            return super().create()
        except nox.virtualenv.InterpreterNotFound as error:
            # Nox's own option for this has different defaults locally and in CI.
            reason = missing_reason(python, allowed)
            if _is_requested(python) or not any(_is_installed(each, allowed) for each in self._other_pythons(python)):
                logger.error(f"{reason}; next: uv python install {python}")
                raise CommandFailed(reason) from error
            raise _SessionSkip(f"skipped: {reason}") from error

    def _find_release(self, python: str, allowed: SpecifierSet) -> Any:
        """Return an interpreter in an allowed release, which uv may install, or the error that Nox raises for a missing one."""
        path = find_interpreter(python, allowed)
        if path is None and self.download_python != "never":
            path = install_interpreters((python,), allowed)[python]
        return nox.virtualenv.InterpreterNotFound(python) if path is None else os.fspath(path)

    def _other_pythons(self, python: str) -> set[str]:
        """Return the other Pythons of the session whose environment this is."""
        folder = os.path.dirname(self.location_name)
        runners = _runners()
        session = {r.name for r in runners if _normalize_path(folder, r.friendly_name) == self.location_name}
        return {str(r.func.python) for r in runners if r.name in session and r.func.python} - {python}


def is_from_mirror(session: nox.Session) -> bool:
    """Return whether the mirror made the environment of a session, before its job, and not Nox."""
    return isinstance(session.virtualenv, JobEnvironment) and session.virtualenv._reused and LAYER in os.environ


def recorded_version(session: nox.Session) -> PythonVersion | None:
    """Return the version of a session's Python as uv has recorded it, or None if the interpreter must be asked.

    Since an environment was made for an earlier run, its interpreter may have been replaced. uv does not record whether CPython is a
    free-threaded build, which has another folder.
    """
    environment = session.virtualenv
    if not isinstance(environment, JobEnvironment) or (environment._reused and not is_from_mirror(session)):
        return None
    recorded = environment._read_pyvenv_cfg() or {}
    found = re.match(r"(3\.\d+)\.\d+", recorded.get("version_info", ""))
    if not found or recorded.get("implementation") != "CPython":
        return None
    return (found[1], found[0]) if Path(environment.location, "lib", f"python{found[1]}").is_dir() else None


def _mirrored_interpreter(python: str) -> str | None:
    """Return the interpreter that the mirror found for its job, if it is of this version."""
    version, _, path = os.environ.get(INTERPRETER, "").partition("=")
    return path if version == python else None


def _is_requested(python: str) -> bool:
    requested = filter(None, os.environ.get(REQUESTED, "").split(","))
    return any(name in {python, _EVERY_PYTHON} or name.partition("(")[0].endswith(f"-{python}") for name in requested)


def _is_installed(python: str, allowed: SpecifierSet) -> bool:
    if pyenv_interpreter(python, os.environ, allowed) is not None:
        return True
    if limits_patches(allowed, python):
        return find_interpreter(python, allowed) is not None
    return nox.virtualenv._find_python(python) is not None
