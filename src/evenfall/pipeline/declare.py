"""How a noxfile declares a pipeline: `evenfall.session` and `evenfall.hosted_job`."""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn, ParamSpec, TypeVar

import msgspec
import nox

from evenfall.errors import EvenfallError
from evenfall.pipeline import environment, names
from evenfall.pipeline.model import NOXFILE, Facts, HostedJob
from evenfall.project.project import Project, find_root, read_project

P = ParamSpec("P")
R = TypeVar("R")

FACTS = "__evenfall__"
BACKEND = "evenfall"
"""The name of `JobEnvironment` in Nox's table of environments; sessions say `uv`, which is what it is."""

DECLARED: list[str] = []
"""The names of the sessions that `session` has declared since this process started."""
HOSTED: list[HostedJob] = []
"""What `hosted_job` has declared since this process started; one noxfile is read in one process."""

reading = False
"""Whether the noxfile is read for its pipeline (errors travel as exceptions) and not run by Nox (they end the process)."""


def session(
    function: Callable[..., Any] | None = None,
    /,
    python: str | Sequence[str] | Literal[False] | None = None,
    py: str | Sequence[str] | Literal[False] | None = None,
    reuse_venv: bool | None = None,
    name: str | None = None,
    venv_backend: str | None = None,
    venv_params: Sequence[str] = (),
    tags: Sequence[str] | None = None,
    *,
    default: bool | None = None,
    requires: Sequence[str] | None = None,
    download_python: Literal["auto", "never", "always"] | None = None,
    allow_parallel: bool | None = True,
    workflow: str | Sequence[str] = "ci",
    systems: str | Sequence[str] = "ubuntu-latest",
    groups: str | Sequence[str] | None = None,
    artifacts: str | Sequence[str] = (),
    timeout: int = 10,
    permissions: Mapping[str, str] | None = None,
    environment: str = "",
    secrets: str | Sequence[str] = (),
    history: bool | None = None,
    network: bool = False,
    side_effects: bool = False,
    pass_env: str | Sequence[str] = (),
) -> Any:
    """`nox.session`, plus what CI must know.

    Every argument of `nox.session` keeps its meaning; `python` defaults to the project's oldest one, `allow_parallel` to
    true, `default` to whether the session belongs to the workflow `ci`, and the workflows become tags. More:

    - `workflow`: the workflow or workflows of GitHub that run it (`ci`, `cd`, `security`).
    - `systems`: the runner or runners, like `ubuntu-latest`.
    - `groups`: the project's dependency groups (PEP 735) to install, exactly as locked, together with the project itself,
      freshly built. `()` installs the project alone, `None` nothing.
    - `artifacts`: files and folders that it leaves, for the sessions that require it.
    - `timeout`: minutes.
    - `permissions`: of the job's token, beside `contents: read`.
    - `environment`, `secrets`: GitHub's environment, and the names of secrets handed over as variables.
    - `history`: whether it needs the full git history and tags; by default, where the version comes from a tag.
    - `network`: its job_result depends on the world. `side_effects`: it changes the world.
    - `pass_env`: names of variables of your own that `evenfall run` hands over, though a runner has not got them.

    Raises `EvenfallError` (usage) for a name, system or path that GitHub, YAML or a shell could misread.
    """
    facts = {
        "workflows": _several(workflow),
        "systems": _several(systems),
        "groups": None if groups is None else _several(groups),
        "artifacts": _several(artifacts),
        "timeout": timeout,
        "permissions": _pairs(permissions),
        "environment": environment,
        "secrets": _several(secrets),
        "history": history,
        "network": network,
        "side_effects": side_effects,
        "pass_env": _several(pass_env),
    }
    arguments: dict[str, Any] = {
        "python": python,
        "py": py,
        "reuse_venv": reuse_venv,
        "name": name,
        "venv_backend": venv_backend or BACKEND,
        "venv_params": venv_params,
        "requires": requires,
        "download_python": download_python,
        "allow_parallel": allow_parallel,
        "tags": tags,
        "default": default,
    }
    declare = functools.partial(_declare, facts=facts, arguments=arguments)
    return declare if function is None else declare(function)


def _several(value: object) -> object:
    """One or several: what is no sequence stays as it is, for the check of its type to name."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else value


def _pairs(value: object) -> object:
    return tuple(value.items()) if isinstance(value, Mapping) else () if value is None else value


T = TypeVar("T", Facts, HostedJob)


def _typed(values: Mapping[str, object], struct: type[T], of: str) -> T:
    """Raises `EvenfallError` (usage) that names the argument whose type is wrong."""
    try:
        return msgspec.convert(values, struct)
    except msgspec.ValidationError as error:
        text, _, at = str(error).partition(" - at `$.")
        raise EvenfallError(f"{NOXFILE}: {at.rstrip('`')} of {of}: {text}", hint=f"correct it in {NOXFILE}") from error


def told_plainly(function: Callable[P, R]) -> Callable[P, R]:
    """Make an error of a declaration the last word under Nox too, which would print a traceback."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except EvenfallError as error:
            if reading:
                raise
            quit_plainly(error)

    return wrapper


def quit_plainly(error: EvenfallError) -> NoReturn:
    """Say an error on stderr and end the process with its exit code."""
    sys.stderr.write(f"evenfall: {error}\n")
    raise SystemExit(int(error.exit_code))


def place(function: Any) -> str:
    """Where a session is declared: with its line, where its function stands in the noxfile itself."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or Path(code.co_filename).name != NOXFILE:
        return NOXFILE
    return f"{NOXFILE}:{code.co_firstlineno}"


@contextlib.contextmanager
def placed(function: Any) -> Iterator[None]:
    """Give an error about the noxfile the line of the session that it is about."""
    try:
        yield
    except EvenfallError as error:
        error.message = re.sub(rf"\A{re.escape(NOXFILE)}(?=: )", place(function), error.message)
        raise


@told_plainly
def _declare(function: Callable[..., Any], *, facts: Mapping[str, object], arguments: Mapping[str, Any]) -> Any:
    from evenfall.pipeline import nox_adapter  # loads Nox's internals: only once something is declared

    name = arguments["name"] or function.__name__
    with placed(function):
        typed = _typed(facts, Facts, f"session {name!r}")
        names.check_session(name, typed)
        nox_adapter.check_new(name)
    nox_adapter.take_over()
    DECLARED.append(name)
    project = _project(Path.cwd())
    python = {} if _says_which_python(function, arguments) else {"python": project.primary_python}
    history = project.pyproject.version_from_tag if typed.history is None else typed.history
    wrapper = _prepared(function, typed.groups)
    setattr(wrapper, FACTS, msgspec.structs.replace(typed, history=history))
    more = {
        "tags": list(dict.fromkeys([*(arguments["tags"] or ()), *typed.workflows])),
        "default": "ci" in typed.workflows if arguments["default"] is None else arguments["default"],
    }
    return nox.session(**{**arguments, **python, **more})(wrapper)


def _says_which_python(function: Callable[..., Any], arguments: Mapping[str, Any]) -> bool:
    """Whether `python=`, `py=` or a `@nox.parametrize("python", …)` below the session names it."""
    if arguments["python"] is not None or arguments["py"] is not None:
        return True
    return any("python" in parameters.arg_names for parameters in getattr(function, "parametrize", ()))


@functools.cache
def _project(folder: Path) -> Project:
    return read_project(find_root(folder))


def _prepared(function: Callable[..., Any], groups: tuple[str, ...] | None) -> Callable[..., Any]:
    """A fresh wrapper that makes the environment exact before the session's own code runs; what is set on it survives Nox's copies."""

    @functools.wraps(function)
    def wrapper(session: nox.Session, *args: Any, **kwargs: Any) -> Any:
        try:
            environment.prepare(session, groups)
            return function(session, *args, **kwargs)
        except EvenfallError as error:
            session.error(str(error))

    return wrapper


def _input(value: object) -> object:
    """As YAML would write it: GitHub hands every input over as text."""
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value


@told_plainly
def hosted_job(
    name: str,
    *,
    local: str,
    steps: Sequence[tuple[str, Mapping[str, str | bool | int]]],
    workflow: str = "security",
    description: str = "",
    permissions: Mapping[str, str] | None = None,
    events: Iterable[str] = (),
    timeout: int = 10,
    history: bool = False,
) -> None:
    """Declare a job that only GitHub can run, naming the session that is its `local` counterpart.

    `steps` are pairs of an action of Evenfall's table and its inputs, like `("github/codeql-action/init", {"languages":
    "python"})`. `events`: the events it runs on, by default all of the workflow's; it may be skipped on the others;
    `"weekly"` is one of them where the workflow has a schedule, and `"manual"` a manual run on the
    default branch. `history`: whether it needs the full git history and tags.
    Raises `EvenfallError` (usage) like `session`.
    """
    declared = {
        "name": name,
        "local": local,
        "workflow": workflow,
        "description": description,
        "steps": [
            {"uses": uses, "inputs": tuple((key, _input(value)) for key, value in given.items())}
            for uses, given in steps
        ],
        "permissions": _pairs(permissions),
        "events": _several(events),
        "timeout": timeout,
        "history": history,
    }
    job = _typed(declared, HostedJob, f"hosted job {name!r}")
    names.check_hosted_job(job)
    if any(other.name == job.name for other in HOSTED):
        raise EvenfallError(
            f"{NOXFILE}: two hosted jobs are named {job.name!r}",
            hint=f'rename one, or leave the standard one out: evenfall.standard_sessions(omit=("{job.name}",))',
        )
    HOSTED.append(job)
