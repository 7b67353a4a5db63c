"""The one adapter to Nox's internals: its registry, its manifest, its command line and its table of environments.

Nox has no public way to load a noxfile or to say why an interpreter is missing; all that depends on how it does so is here,
and is tested against the Nox that the lock holds.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import nox
import nox.command
import nox.project
import nox.registry
import nox.virtualenv
from nox import _cli, _merge, _options
from nox._decorators import Func
from nox._option_set import Source
from nox.logger import logger
from nox.manifest import Manifest
from nox.sessions import SessionRunner, _normalize_path, _SessionSkip
from packaging.requirements import Requirement

from evenfall.errors import EvenfallError
from evenfall.pipeline import declare as declaring
from evenfall.pipeline import names
from evenfall.pipeline.model import NOXFILE, Facts, Job, Pipeline, Session
from evenfall.pipeline.order import check_order
from evenfall.pipeline.script_environment import SCRIPT_MODE
from evenfall.project.interpreters import behind_pyenv
from evenfall.project.tools import uv_program

ASKED = "EVENFALL_ASKED"
"""The sessions and Pythons that the user named; set for the workers of `nox -j`, whose own command line names one job each."""
ALL = "*"
"""In it, for every Python: `--error-on-missing-interpreters` was given."""
INTERPRETER = "EVENFALL_PYTHON"
"""A job's version and the interpreter that the mirror has found for it (`3.12=/opt/python3.12`): its own PATH is only a runner's."""


_registered = nox.registry.get
_forget_registered = nox.registry.reset


@declaring.told_plainly
def _registered_and_checked() -> dict[str, Func]:
    """Nox asks its registry once the whole noxfile is loaded: the moment for what no single declaration can see."""
    manifest = _manifest()
    for runner, _ in manifest.list_all_sessions():
        if hasattr(runner.func, declaring.FACTS):
            _job(runner)
    _check_requires(manifest)
    _check_not_replaced()
    return _registered()


def _forget() -> None:
    """`uv run noxfile.py` executes the file, and then Nox forgets what that has registered and loads it once more."""
    declaring.HOSTED.clear()
    declaring.DECLARED.clear()
    _forget_registered()


def check_new(name: str) -> None:
    """Raises `EvenfallError` (usage) where a session of that name is declared already."""
    if name in _registered():
        raise _two_named(name)


def _check_not_replaced() -> None:
    """Nox lets a later `nox.session` take the place of one of the same name, and only warns."""
    for name in declaring.DECLARED:
        func = _registered()[name]
        if not hasattr(func, declaring.FACTS):
            with declaring.placed(func):
                raise _two_named(name)


def _two_named(name: str) -> EvenfallError:
    return EvenfallError(
        f"{NOXFILE}: two sessions are named {name!r}",
        hint=f'rename one, or leave the standard one out: evenfall.standard_sessions(omit=("{name}",))',
    )


def take_over() -> None:
    """Make Nox use the uv that is locked with the noxfile, and know `JobEnvironment`; a second call changes nothing."""
    os.environ["UV"] = os.fspath(uv_program())
    nox.virtualenv.ALL_VENVS[declaring.BACKEND] = JobEnvironment
    nox.registry.get = _registered_and_checked
    nox.registry.reset = _forget
    _keep_script_environment()
    if ASKED not in os.environ and not declaring.reading:
        asked = _options.options.parse_args()
        named = [*(asked.sessions or ()), *(asked.pythons or ())]
        if (
            asked.error_on_missing_interpreters
            and asked.provenance("error_on_missing_interpreters") is Source.COMMAND_LINE
        ):
            named.append(ALL)
        os.environ[ASKED] = ",".join(named)


def _keep_script_environment() -> None:
    """Keep Nox from making a second environment for a noxfile that runs as a script, as `uv run noxfile.py` does.

    Nox would check the script header again, and it takes a requirement with a URL for one that is not installed.
    """
    script = _cli.get_main_filename()
    if script is None or Path(script).name != NOXFILE:
        return
    if all(map(_is_installed, nox.project.load_toml(script, missing_ok=True).get("dependencies", ()))):
        os.environ[SCRIPT_MODE] = "none"


def _is_installed(dependency: str) -> bool:
    requirement = Requirement(dependency)
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False


class JobEnvironment(nox.virtualenv.VirtualEnv):
    """Nox's uv environment, with interpreters found behind pyenv's shims and a plain answer where there is none.

    A Python that is not there and that uv can't bring is an error where it was asked for by name, or where no other of the
    matrix is there; else the job is skipped, and Nox's summary says so with the reason.
    """

    def __init__(self, location: str, interpreter: str | None = None, **more: Any) -> None:
        super().__init__(location, interpreter, **{**more, "venv_backend": "uv"})

    def create(self) -> bool:
        """Create the environment, or raise what makes Nox call the job failed or skipped."""
        wanted = str(self.interpreter)
        if found := _given(wanted) or behind_pyenv(wanted, os.environ):
            self.interpreter = self._resolved = os.fspath(found)  # else Nox starts it once more to find it
        try:
            return super().create()
        except nox.virtualenv.InterpreterNotFound as error:
            # Whether that is an error is decided here, the same way on the desk and in CI, and not by Nox's option.
            reason = f"Python {wanted} is not on this machine, and uv could not bring it"
            if _asked_for(wanted) or not any(map(_is_there, self._others(wanted))):
                logger.error(f"{reason}; next: uv python install {wanted}")
                raise nox.command.CommandFailed(reason) from error
            raise _SessionSkip(f"skipped: {reason}") from error

    def _others(self, python: str) -> set[str]:
        """The other Pythons of the session whose environment this is; none where it runs on one only."""
        folder = os.path.dirname(self.location_name)
        runners = [runner for runner, _ in _manifest().list_all_sessions()]
        own = {r.name for r in runners if _normalize_path(folder, r.friendly_name) == self.location_name}
        return {str(r.func.python) for r in runners if r.name in own and r.func.python} - {python}


def _given(python: str) -> str | None:
    """The interpreter that a mirror has found for its job, where it is of this version."""
    version, _, path = os.environ.get(INTERPRETER, "").partition("=")
    return path if version == python else None


def _asked_for(python: str) -> bool:
    asked = filter(None, os.environ.get(ASKED, "").split(","))
    return any(name in {python, ALL} or name.partition("(")[0].endswith(f"-{python}") for name in asked)


def _is_there(python: str) -> bool:
    return behind_pyenv(python, os.environ) is not None or nox.virtualenv._find_python(python) is not None


def load(noxfile: Path) -> Pipeline:
    """Execute a noxfile in this process, as Nox does, and return its pipeline.

    Raises `EvenfallError` (usage) for what it declares wrongly, and whatever the noxfile itself raises.
    """
    from importlib.util import module_from_spec, spec_from_file_location

    declaring.reading = True
    _forget()
    spec = spec_from_file_location("user_nox_module", noxfile)
    assert spec is not None
    assert spec.loader is not None  # a path that ends in .py always has a loader
    module = module_from_spec(spec)
    sys.modules["user_nox_module"] = module
    sys.path.append(os.fspath(noxfile.parent))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        spec.loader.exec_module(module)
    _check_not_replaced()
    _check_registered_once(caught)
    return _pipeline(_manifest())


def _check_registered_once(caught: list[warnings.WarningMessage]) -> None:
    for warning in caught:
        if again := re.match(r"The session (.+) has already been registered", str(warning.message)):
            raise EvenfallError(
                f"{NOXFILE}:{warning.lineno}: two sessions are named {again[1]}", hint="rename one of them"
            )


def _manifest() -> Manifest:
    config = _options.options.namespace()
    _merge.merge_noxfile_options(config, nox.options)
    functions = _registered()
    for name, func in functions.items():
        _check_parametrize(name, func)
    return Manifest(functions, config)


def _check_parametrize(name: str, func: Func) -> None:
    """Nox copies a session for each Python from its function, and loses parameters that were put on the session."""
    if (
        isinstance(func.python, (list, tuple))
        and hasattr(func, "parametrize")
        and not hasattr(func.func, "parametrize")
    ):
        raise EvenfallError(
            f"{declaring.place(func)}: @nox.parametrize stands above the session {name!r}, "
            "whose several Pythons make Nox lose the parameters",
            hint="put @nox.parametrize below the session's decorator",
        )


def _pipeline(manifest: Manifest) -> Pipeline:
    runners = [runner for runner, _ in manifest.list_all_sessions()]
    _check_requires(manifest)
    by_session: dict[str, list[SessionRunner]] = {}
    for runner in runners:
        by_session.setdefault(runner.name, []).append(runner)
    in_ci = {name: group for name, group in by_session.items() if hasattr(group[0].func, declaring.FACTS)}
    _check_local(set(by_session))
    return Pipeline(
        sessions=tuple(_session(name, group) for name, group in in_ci.items()),
        hosted_jobs=tuple(declaring.HOSTED),
        local=tuple(name for name in by_session if name not in in_ci),
    )


def _check_requires(manifest: Manifest) -> None:
    runners = [runner for runner, _ in manifest.list_all_sessions()]
    groups = {name: tuple(_names(group)) for name, group in manifest.parametrized_sessions_by_name.items()}
    check_order(
        {runner.friendly_name: tuple(runner.func.requires) for runner in runners},
        groups | _aliases(runners),
        places={runner.friendly_name: declaring.place(runner.func) for runner in runners},
    )


def _names(runners: list[SessionRunner]) -> Iterator[str]:
    return (runner.friendly_name for runner in runners)


def _aliases(runners: list[SessionRunner]) -> dict[str, tuple[str, ...]]:
    """Nox lets `lint` on one Python be required as `lint-3.11` too, and `tests-3.11` stand for all its parameters."""
    aliases: dict[str, list[str]] = {}
    for runner in runners:
        for signature in runner.signatures[1:]:
            aliases.setdefault(signature, []).append(runner.friendly_name)
    return {alias: tuple(names) for alias, names in aliases.items()}


def _check_local(names: set[str]) -> None:
    for job in declaring.HOSTED:
        if job.local not in names:
            raise EvenfallError(
                f"{NOXFILE}: hosted job {job.name!r} names {job.local!r} as its local counterpart, which is not a session",
                hint=f"correct local=, or declare {job.local}; nox -l lists the sessions",
            )


def _session(name: str, runners: list[SessionRunner]) -> Session:
    func = runners[0].func
    facts: Facts = getattr(func, declaring.FACTS)
    return Session(
        name=name,
        description=runners[0].description or "",
        facts=facts,
        jobs=tuple(_job(runner) for runner in runners),
        module=_function(func).__module__,
        line=_function(func).__code__.co_firstlineno,
    )


def _job(runner: SessionRunner) -> Job:
    python = runner.func.python if isinstance(runner.func.python, str) else None
    with declaring.placed(runner.func):
        names.check_job(runner.friendly_name, python)
    return Job(
        name=runner.friendly_name,
        aliases=tuple(runner.signatures[1:]),
        python=python,
        requires=tuple(runner.func.requires),
    )


def _function(func: Any) -> Any:
    """The user's function inside Nox's `Func`, `Call` and copies, and inside our wrapper."""
    return inspect.unwrap(func)


def declared(name: str) -> Session | None:
    """A session that the noxfile of this very process declares for CI; `None` where it declares none of that name."""
    runners = [runner for runner, _ in _manifest().list_all_sessions() if runner.name == name]
    if not runners or not hasattr(runners[0].func, declaring.FACTS):
        return None
    return _session(name, runners)
