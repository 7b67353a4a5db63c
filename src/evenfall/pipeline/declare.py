"""Declare a pipeline in a noxfile: `evenfall.session` and `evenfall.hosted_job`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import nox
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.pipeline import names
from evenfall.pipeline.environment import prepare
from evenfall.pipeline.model import NOXFILE, Facts, HostedJob
from evenfall.pipeline.noxfile_error import error_location, exit_on_error
from evenfall.pipeline.registry import REGISTRY, Declaration, duplicate_name
from evenfall.pipeline.script_environment import check_nox_version, keep_script_environment
from evenfall.project.project import Project, read_project
from evenfall.project.root import find_root


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
    events: str | Sequence[str] = (),
    troubleshooting: Sequence[tuple[str, str, Sequence[str]]] = (),
    members: Mapping[str, Sequence[str]] | None = None,
) -> Any:
    """Declare a session, as `nox.session` does, with what CI must know about it.

    Every argument of `nox.session` keeps its meaning. `python` defaults to the oldest Python of the project that fits `groups`,
    `allow_parallel` to true, and `default` to true for sessions of the workflow `ci`. The workflows become tags. More arguments:

    - `workflow`: the GitHub workflow or workflows that run the session (`ci`, `cd`, `security`).
    - `systems`: the runner or runners, like `ubuntu-latest`.
    - `groups`: the dependency groups (PEP 735) to install, exactly as locked, together with a fresh build of the project. With
      `()`, only the project is installed; with `None`, nothing.
    - `artifacts`: files and folders that the session leaves for the sessions that require it.
    - `timeout`: minutes.
    - `permissions`: permissions of the job's token in addition to `contents: read`.
    - `environment`, `secrets`: the GitHub environment, and the names of secrets, which are passed as environment variables.
    - `history`: whether the job needs the full Git history and tags; by default, whether the version comes from a tag.
    - `network`: whether the result depends on a network service.
    - `side_effects`: whether the session changes something outside the project.
    - `pass_env`: names of your own environment variables that `evenfall run` passes to the job.
    - `events`: the GitHub events that start the job, as for `hosted_job`.
    - `troubleshooting`: ways in which the job fails, for `docs/DEPLOYMENT.md` and `evenfall explain`. Each is a symptom, what to do
      about it, and commands.
    - `members`: in a workspace, the Pythons of each member that has jobs of its own, in place of `python`. A job has the environment
      of its member, and the function gets the member's name as its parameter `member`. `.` is the root of the workspace.

    Raises `EvenfallError` (usage) for a name, system or path that GitHub, YAML or a shell could misread.
    """
    given = locals()  # also the arguments that only Nox needs
    facts = {
        "workflows": _tuple(workflow),
        "systems": _tuple(systems),
        "groups": None if groups is None else _tuple(groups),
        "artifacts": _tuple(artifacts),
        "timeout": timeout,
        "permissions": _pairs(permissions),
        "environment": environment,
        "secrets": _tuple(secrets),
        "history": history,
        "network": network,
        "side_effects": side_effects,
        "pass_env": _tuple(pass_env),
        "events": _tuple(events),
        "troubleshooting": _tuple(troubleshooting),
    }
    arguments = {name: given[name] for name in inspect.signature(nox.session).parameters if name in given}
    pythons = {name: tuple(each) for name, each in (members or {}).items()}
    declare = functools.partial(_declare, facts=facts, arguments=arguments, members=pythons)
    return declare if function is None else declare(function)


@exit_on_error
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
    troubleshooting: Sequence[tuple[str, str, Sequence[str]]] = (),
) -> None:
    """Declare a job that only GitHub can run; `local` names the session that is its local counterpart.

    `steps` are pairs of an action of Evenfall's table and its inputs, like `("github/codeql-action/init", {"languages":
    "python"})`. `events` are the GitHub events that start it, by default all of the workflow's; on other events it may be skipped.
    `"weekly"` is one of them if the workflow has a schedule, and `"manual"` is a manual run on the default branch. `history` is
    whether it needs the full Git history and tags. `troubleshooting` is that of `session`. Raises `EvenfallError` (usage) like `session`.
    """
    values = {
        "name": name,
        "local": local,
        "workflow": workflow,
        "description": description,
        "steps": [
            {"uses": uses, "inputs": tuple((key, _yaml_text(value)) for key, value in inputs.items())}
            for uses, inputs in steps
        ],
        "permissions": _pairs(permissions),
        "events": _tuple(events),
        "timeout": timeout,
        "history": history,
        "troubleshooting": _tuple(troubleshooting),
    }
    job = _convert(values, HostedJob, f"hosted job {name!r}")
    names.check_hosted_job(job)
    REGISTRY.add_hosted_job(job)


@exit_on_error
def _declare(
    function: Callable[..., Any],
    *,
    facts: Mapping[str, object],
    arguments: Mapping[str, Any],
    members: Mapping[str, tuple[str, ...]],
) -> Any:
    if not REGISTRY.sessions:
        check_nox_version()
        keep_script_environment()
    from evenfall.pipeline import nox_adapter  # imports Nox's internals, which another version may not have

    name = arguments["name"] or function.__name__
    with error_location(function):
        checked = _convert(facts, Facts, f"session {name!r}")
        names.check_session(name, checked)
        if name in nox_adapter.session_names():
            raise duplicate_name("sessions", name)
    nox_adapter.install()
    project = declared_project()
    checked = msgspec.structs.replace(
        checked,
        groups=checked.groups and tuple(map(canonicalize_name, checked.groups)),
        history=_needs_history(project) if checked.history is None else checked.history,
    )
    wrapper = _prepared(function, checked.groups)
    REGISTRY.sessions[name] = Declaration(wrapper=wrapper, facts=checked)
    arguments = {
        **arguments,
        "venv_backend": arguments["venv_backend"] or nox_adapter.BACKEND,
        "tags": list(dict.fromkeys([*(arguments["tags"] or ()), *checked.workflows])),
        "default": "ci" in checked.workflows if arguments["default"] is None else arguments["default"],
    }
    if members:
        nox.parametrize("member", [nox.param(name, id=_job_parameter(name, members)) for name in members])(wrapper)
        arguments["python"] = _pythons(project, members)
    elif not _has_python(function, arguments):
        arguments["python"] = project.python_for(checked.groups or ())
    declared = nox.session(**arguments)(wrapper)
    if members:
        nox_adapter.limit_pythons(declared, members)
    return declared


def _needs_history(project: Project) -> bool:
    """Return whether the build of a member computes its version from a tag."""
    return any(member.pyproject.version_from_tag for member in project.members)


def _job_parameter(member: str, members: Container[str]) -> str:
    """Return the name of a member in the names of its jobs: `root` instead of `.`, unless a member has that name."""
    return "root" if member == "." and "root" not in members else member


def _pythons(project: Project, members: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the Pythons of all members, in the order of the project's own."""
    named = dict.fromkeys(python for each in members.values() for python in each)
    known = project.pythons
    return sorted(named, key=lambda python: known.index(python) if python in known else len(known))


def _has_python(function: Callable[..., Any], arguments: Mapping[str, Any]) -> bool:
    """Return whether `python=`, `py=` or a `@nox.parametrize("python", …)` below the session names its Python."""
    if arguments["python"] is not None or arguments["py"] is not None:
        return True
    return any("python" in parameters.arg_names for parameters in getattr(function, "parametrize", ()))


def declared_project() -> Project:
    """Return the project of the noxfile that is being loaded, in the current folder or above, which is read once for all sessions.

    Raises `EvenfallError` (usage) as `find_root` and `read_project` do.
    """
    REGISTRY.project = _read_project(Path.cwd())
    return REGISTRY.project


@functools.cache
def _read_project(folder: Path) -> Project:
    return read_project(find_root(folder))


def _prepared(function: Callable[..., Any], groups: tuple[str, ...] | None) -> Callable[..., Any]:
    """Return a wrapper that prepares the environment before the session's own code runs."""

    @functools.wraps(function)
    def wrapper(session: nox.Session, *args: Any, **kwargs: Any) -> Any:
        from evenfall.pipeline.nox_adapter import is_from_mirror, recorded_version  # imports Nox's internals

        try:
            member, known = str(kwargs.get("member", ".")), recorded_version(session)
            prepare(session, groups, member, known=known, is_from_mirror=is_from_mirror(session))
            return function(session, *args, **kwargs)
        except EvenfallError as error:
            session.error(str(error))

    return wrapper


T = TypeVar("T", Facts, HostedJob)


def _convert(values: Mapping[str, object], struct: type[T], owner: str) -> T:
    """Return the values as a struct. Raises `EvenfallError` (usage) that names the argument of the wrong type."""
    try:
        return msgspec.convert(values, struct)
    except msgspec.ValidationError as error:
        problem, _, argument = str(error).partition(" - at `$.")
        raise EvenfallError(
            f"{NOXFILE}: {argument.rstrip('`')} of {owner}: {problem}", hint=f"correct it in {NOXFILE}"
        ) from error


def _tuple(value: object) -> object:
    """Return one or several values as a tuple; other values stay as they are, so that the type check reports them."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else value


def _pairs(value: object) -> object:
    return tuple(value.items()) if isinstance(value, Mapping) else () if value is None else value


def _yaml_text(value: object) -> object:
    """Return an input as YAML writes it, because GitHub passes every input as text."""
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value
