"""Prove which property of the user's machine a failed job lacks: run the job again with that property, and see whether it passes."""

from __future__ import annotations

import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from evenfall.git.repository import Repository, add_setting, set_origin
from evenfall.git.tracked import tracked_files, words_of_tracked_files
from evenfall.package_index.address import shown_address, shown_addresses
from evenfall.project.precommit_config import HOOKS
from evenfall.run.caches import HOOK_VARIABLES, users_hooks
from evenfall.run.diagnosis.evidence import users_umask
from evenfall.run.isolation import Isolation
from evenfall.run.runner_environment import SHELL_VARIABLES, dropped_variables
from evenfall.run.supervisor import UMASK

# Variables that a sandbox must keep.
_SANDBOX_VARIABLES = SHELL_VARIABLES | {"CI", "VIRTUAL_ENV", *HOOK_VARIABLES}
_SANDBOX_PREFIXES = ("EVENFALL_", "GITHUB_", "NOX_", "RUNNER_", "UV_CACHE", "UV_NO_SYNC", "UV_PROJECT", "UV_PYTHON")
_LOCALE = ("LC_ALL", "LC_CTYPE", "LANG", "PYTHONUTF8", "PYTHONCOERCECLOCALE", "PYTHONIOENCODING")


_SECRET = re.compile(r"(?i)TOKEN|SECRET|PASSW|KEY|CREDENTIAL|AUTH|_URL$|_DSN$")
_READ_BY_TOOLS = re.compile(
    r"PYTHON|PYTEST|COVERAGE|COLUMNS$|LINES$|TERM|.*COLOR|LC_|LANGUAGE$|UV_|PIP_|XDG_|DISPLAY$|EDITOR$|PAGER$"
)
"""Variables that Python, its tools and terminals read, and that a project's own files therefore do not name."""


_TOOL_FILES = (
    ".config/ruff/ruff.toml",
    ".config/flake8",
    ".config/pycodestyle",
    ".config/black",
    ".config/mypy/config",
    ".mypy.ini",
    ".pylintrc",
    ".config/pylintrc",
    ".isort.cfg",
    ".editorconfig",
    ".config/yamllint/config",
    ".pdbrc",
    ".config/matplotlib/matplotlibrc",
    ".ipython/profile_default/ipython_config.py",
    ".config/fontconfig/fonts.conf",
)
"""The user's configuration of tools that checks run. It has no secrets, so an experiment may copy it."""

_UNTRIED_SETTING = re.compile(
    r"(?i)^(credential|url|http|include|includeif|remote|sendemail|imap|gpg|filter)\.|gpgsign$|hookspath$|fsmonitor$"
    r"|token|passw|secret|key|\.path$"
)
"""Settings of git that may be secret, or that fail without a file of HOME."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A property of the user's machine that a sandbox lacks.

    `cause` is the message if a job passes only with it. `environ` sets variables, and removes those that are None. `prepare` changes
    the checkout. With `terminal`, the standard input is a terminal; with `services`, the services of the machine are reachable;
    with `history`, the checkout has all commits and tags; with `limits`, the resource limits are the user's; with `host`, that is the
    host name; with `hooks`, the job uses the hooks in that folder of pre-commit; and with `machine`, the job has the files outside
    HOME, the processes, the user, the host name, the shared memory and the sockets of this machine.
    """

    cause: str
    environ: Mapping[str, str | None] = field(default_factory=dict)
    umask: int = UMASK
    terminal: bool = False
    services: bool = False
    history: bool = False
    limits: bool = False
    host: str = ""
    hooks: Path | None = None
    machine: bool = False
    prepare: Callable[[Path], object] | None = None


def conditions(repository: Repository, environ: Mapping[str, str]) -> Iterator[Condition]:
    """Yield the properties in which the user's machine differs from a runner and that a sandbox can have, the common causes first.

    `environ` is the user's environment without the variables that the job gets. Of these, only those that a tracked file names, or
    that Python and its tools read, are properties. A secret never is.
    """
    yield from _shell_conditions(environ)
    yield from _checkout_conditions(repository)
    yield from _copied_configuration(repository, environ)
    names = [name for name in dropped_variables(environ) if _may_be_passed(name)]
    named = words_of_tracked_files(repository.top, names)
    for name in names:
        if name in named or _READ_BY_TOOLS.match(name):
            yield Condition(
                cause=f'{name} is set in your shell but not in CI (pass_env=("{name}",) passes it on here)',
                environ={name: environ[name]},
            )


def _shell_conditions(environ: Mapping[str, str]) -> Iterator[Condition]:
    """Yield what each program gets from the user's shell."""
    zone = environ.get("TZ") or os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2] or time.strftime("%Z")
    if zone not in {"UTC", "Etc/UTC", "UTC0"}:
        yield Condition(cause=f"CI has the time zone UTC (yours: {zone})", environ={"TZ": zone})
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "C"
    if locale != "C.UTF-8":
        values = {name: environ.get(name) for name in _LOCALE}
        yield Condition(cause=f"CI has the locale C.UTF-8 (yours: {locale})", environ=values)
    if (umask := users_umask()) != UMASK:
        yield Condition(cause=f"CI has the umask {UMASK:03o} (yours: {umask:03o})", umask=umask)
    if "CI" not in environ:
        removed = dict.fromkeys(
            ("CI", "GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_REF", "GITHUB_SHA")
        )
        cause = "the variable CI is set in CI but not in your shell, like GITHUB_ACTIONS, GITHUB_EVENT_PATH …"
        yield Condition(cause=cause, environ=removed)
    yield Condition(cause="CI has no terminal", terminal=True)
    yield Condition(
        cause="CI has other resource limits (65536 open files, a stack of 16 MiB; yours: ulimit -a)", limits=True
    )


def _checkout_conditions(repository: Repository) -> Iterator[Condition]:
    """Yield what the user's checkout has and git does not store or a runner does not fetch."""
    if repository.setting("core.autocrlf") == "true":
        yield Condition(
            cause="CI has line ends as committed (your core.autocrlf is true)",
            prepare=partial(_copy_line_ends, repository.top),
        )
    url = repository.setting("remote.origin.url")
    if url and repository.origin != repository.checkout_url and not urlsplit(url).scheme.startswith("http"):
        yield Condition(
            cause=f"a runner's origin is {repository.checkout_url} (yours: {repository.origin})",
            prepare=lambda checkout: set_origin(checkout, url),
        )
    yield Condition(
        cause="git does not store the times of files: every file of a runner's checkout is new",
        prepare=partial(_copy_times, repository.top),
    )
    yield Condition(
        cause="git stores only the executable bit of a file's mode; in CI, the umask 022 decides the rest",
        prepare=partial(_copy_modes, repository.top),
    )
    yield Condition(
        cause="a runner's checkout has one commit and no tags; evenfall.session(history=True) gives all of them",
        history=True,
    )


def _copied_configuration(repository: Repository, environ: Mapping[str, str]) -> Iterator[Condition]:
    """Yield the user's configuration of tools and of git, without secrets, and the hooks that pre-commit has installed."""
    for name in _TOOL_FILES:
        if (file := Path(environ.get("HOME") or os.sep, name)).is_file():
            yield Condition(
                cause=f"~/{name} exists in your HOME; in CI, HOME is empty", prepare=partial(_copy_to_home, name, file)
            )
    for key, value in repository.user_settings():
        if not _UNTRIED_SETTING.search(key):
            cause = f"git's {shown_address(key)} is {shown_addresses(repr(value))} in your own configuration, which CI does not have"
            yield Condition(cause=cause, prepare=partial(_add_setting, key, value))
    if (repository.top / HOOKS).is_file() and (hooks := users_hooks(environ)).is_dir():
        yield Condition(
            cause=f"CI installs hooks anew, unlike those in {hooks} (pre-commit clean removes them)", hooks=hooks
        )


def machine_conditions(isolation: Isolation, *, has_landlock: bool) -> Iterator[Condition]:
    """Yield the properties of this machine that this kind of isolation keeps from a job; most need Landlock, so that HOME stays hidden."""
    host = socket.gethostname()
    if isolation is Isolation.NAMESPACES:
        yield Condition(cause=f"CI has another host name (yours: {host})", host=host)
    if has_landlock:
        yield Condition(
            cause="CI does not have the files outside HOME, the processes, the user, the host name or the sockets of this machine",
            machine=True,
        )


def prove(found: Sequence[Condition], passes: Callable[[Sequence[Condition]], bool]) -> tuple[Condition, ...]:
    """Return the conditions with which a job passes: one, or a few that it needs together; none if it fails with all of them.

    `passes` runs the job with conditions. It is called at most 1 + 2 * log2(n) times for n conditions.
    """
    if not found or not passes(found):
        return ()
    while len(found) > 1:
        middle = len(found) // 2
        half = next((half for half in (found[:middle], found[middle:]) if passes(half)), None)
        if half is None:
            break
        found = half
    return tuple(found)


def _may_be_passed(name: str) -> bool:
    """Return whether a variable can be passed to a sandbox: it is not a part of each shell, not the sandbox's own, and not a secret."""
    is_own = name in {*_SANDBOX_VARIABLES, *_LOCALE, "TZ"} or name.startswith(_SANDBOX_PREFIXES)
    return not is_own and not _SECRET.search(name)


def _both(root: Path, checkout: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the tracked files that have the same lines in both folders, as pairs."""
    for name in tracked_files(root):
        source, target = root / name, checkout / name
        are_files = all(path.is_file() and not path.is_symlink() for path in (source, target))
        if are_files and _lines(source) == _lines(target):
            yield source, target


def _lines(file: Path) -> bytes:
    return file.read_bytes().replace(b"\r\n", b"\n")


def _home(checkout: Path) -> Path:
    """Return the HOME of the sandbox with a checkout."""
    return checkout.parents[2]


def _copy_to_home(name: str, file: Path, checkout: Path) -> None:
    target = _home(checkout) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)


def _add_setting(key: str, value: str, checkout: Path) -> None:
    add_setting(_home(checkout) / ".gitconfig", key, value)


def _copy_line_ends(root: Path, checkout: Path) -> None:
    for source, target in _both(root, checkout):
        shutil.copyfile(source, target)


def _copy_times(root: Path, checkout: Path) -> None:
    for source, target in _both(root, checkout):
        os.utime(target, ns=(source.stat().st_atime_ns, source.stat().st_mtime_ns))


def _copy_modes(root: Path, checkout: Path) -> None:
    for source, target in _both(root, checkout):
        shutil.copymode(source, target)
