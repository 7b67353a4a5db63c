"""Why a cell fails here though it passes at home: what it printed, held against all that a room has not.

Each function looks for one kind of difference, and answers only where what was printed names it; only where none does, the
conditions that differ are listed.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evenfall.project.repository import Repository
from evenfall.run.conditions import dropped
from evenfall.run.left_out import LeftOut, find_ignored

READ = 5 << 20
"""Bytes of the output that are looked at."""

# Set in every shell, so no news, and too short or too common to be known by their names.
_EVERYBODYS = {
    "HOME",
    "LANG",
    "LOGNAME",
    "MAIL",
    "OLDPWD",
    "PATH",
    "PWD",
    "SHELL",
    "SHLVL",
    "TERM",
    "TMPDIR",
    "USER",
    "_",
}
_COMMON = {"__init__.py", "__main__.py", "__pycache__", "conftest.py"}


@dataclass(frozen=True)
class Suspects:
    """What may explain a failure: the repository, what the snapshot left out of it, the variables of the user's shell."""

    repository: Repository
    left_out: tuple[LeftOut, ...]
    environ: Mapping[str, str]

    @cached_property
    def absent(self) -> tuple[LeftOut, ...]:
        """All that lies in the work tree and not in a room."""
        return (*self.left_out, *find_ignored(self.repository))

    @property
    def home(self) -> Path:
        """The user's HOME."""
        return Path(self.environ.get("HOME") or os.sep)


def causes(printed: Path, suspects: Suspects) -> list[str]:
    """What explains an output, one line each, the likeliest first."""
    with printed.open("rb") as file:
        text = file.read(READ).decode("utf-8", "replace")
    found = [line for look in KINDS for line in look(text, suspects)]
    return [*dict.fromkeys(found)][:6] or [*conditions(suspects)]


def absent_files(text: str, suspects: Suspects) -> Iterator[str]:
    """Files and modules that git does not hand to a runner."""
    modules = {
        found[1] for found in re.finditer(r"No module named '([\w.]+)'|cannot import name '(\w+)'", text) if found[1]
    }
    modules |= set(re.findall(r"cannot import name '(\w+)'", text))
    for each in suspects.absent:
        path = each.path.rstrip("/")
        name = path.rpartition("/")[2]
        module = name.removesuffix(".py")
        named = name not in _COMMON and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text)
        if name not in _COMMON and (
            module in {m.rpartition(".")[2] for m in modules} or (named and "." in name) or path in text
        ):
            next_step = (
                f"git add {path}"
                if each.why == "untracked"
                else "or take it as an artifact of the session that makes it"
            )
            yield f"{each.path} lies here, but it is {each.why}: a runner has it not ({next_step})"


def foreign_modules(text: str, suspects: Suspects) -> Iterator[str]:
    """Modules that nothing declares, or that the wheel does not ship."""
    absent = {Path(each.path).stem for each in suspects.absent}
    for name in dict.fromkeys(re.findall(r"No module named '(\w+)", text)):
        places = [suspects.repository.top / base / name for base in ("src", ".")]
        if any(place.is_dir() or place.with_suffix(".py").is_file() for place in places):
            if name not in absent:
                yield f"{name} lies in the tree, and what is installed has not all of it: a test finds only what the wheel ships"
        elif name not in absent:
            yield f"{name} is in the environment of no group that this session names: uv add --group … {name}"


def variables(text: str, suspects: Suspects) -> Iterator[str]:
    """Variables of the user's shell."""
    for name in dropped(suspects.environ):
        if len(name) > 3 and name not in _EVERYBODYS and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            yield f'{name} is set in your shell, and a runner has it not (pass_env=("{name}",) hands it over here)'


def places(text: str, suspects: Suspects) -> Iterator[str]:
    """The user's own checkout and HOME."""
    if "Permission denied" in text or "PermissionError" in text:
        for place, what in ((suspects.repository.top, "your checkout"), (suspects.home, "your HOME")):
            if place != Path(os.sep) and (found := re.search(rf"{re.escape(os.fspath(place))}/[^\s'\":]*", text)):
                yield f"{found[0]} lies in {what}, which a runner has not"
    for name in dict.fromkeys(re.findall(r"evenfall-\d+/\w+/\d+/home/([^\s'\":,]+)", text)):
        if (suspects.home / name).exists():
            yield f"~/{name} lies in your HOME, and a runner's is empty"


def programs(text: str, suspects: Suspects) -> Iterator[str]:
    """Programs of the user's PATH."""
    forms = (
        r"Program ([\w.+-]+) not found",
        r"(?m)([\w.+-]+): (?:command )?not found$",
        r"No such file or directory: '([\w.+-]+)'",
    )
    for name in dict.fromkeys(name for form in forms for name in re.findall(form, text)):
        if found := shutil.which(name, path=suspects.environ.get("PATH", "")):
            yield f"{name} is on your PATH ({found}), and not among what the lock or a runner has"


def git_settings(text: str, _: Suspects) -> Iterator[str]:
    """Who the user is to git."""
    if re.search(r"tell me who you are|auto-detect email|empty ident name", text):
        yield "user.name and user.email are in your git configuration; a runner has none (set them in the test)"


def history(text: str, _: Suspects) -> Iterator[str]:
    """Commits and tags."""
    if re.search(
        r"No names found|No tags can describe|unable to detect version|ambiguous argument 'HEAD[~^]|unknown revision|bad revision",
        text,
    ):
        yield "a runner's checkout has one commit and no tags; evenfall.session(history=True) gives all of them"


def locks(text: str, _: Suspects) -> Iterator[str]:
    """Locks that are not current."""
    if re.search(r"lockfile .{0,80}needs to be updated", text, re.DOTALL):
        yield "uv.lock is not what pyproject.toml asks for: uv lock, and commit it"


_NO_PACKAGE = re.compile(
    r"not found in the package registry|No solution found|Failed to fetch|[Cc]ould not find a version"
    r"|No matching distribution|\b40[13]\b"
)


def indexes(text: str, suspects: Suspects) -> Iterator[str]:
    """Indexes and credentials of the user's own configuration."""
    if not _NO_PACKAGE.search(text):
        return
    files = (
        ".config/uv/uv.toml",
        ".config/pip/pip.conf",
        ".pip/pip.conf",
        ".netrc",
        ".pypirc",
        ".config/uv/credentials",
    )
    own = [f"~/{name}" for name in files if (suspects.home / name).is_file()]
    own += [name for name in dropped(suspects.environ) if re.match(r"(UV|PIP)_.*(INDEX|LINKS)", name)]
    if own:
        yield f"{', '.join(own)}: your own configuration names indexes or credentials, and a runner has none"


def conditions(suspects: Suspects) -> Iterator[str]:
    """What differs anyway, where nothing that was printed names a cause."""
    environ = suspects.environ
    zone = environ.get("TZ") or time.strftime("%Z")
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "C"
    differing = [f"the time zone UTC (yours: {zone})"] if zone not in {"UTC", "Etc/UTC", "UTC0"} else []
    differing += [f"the locale C.UTF-8 (yours: {locale})"] if locale != "C.UTF-8" else []
    own = [name for name in dropped(environ) if name not in _EVERYBODYS]
    shown = ", ".join(own[:8]) + (f" and {len(own) - 8} more" if len(own) > 8 else "")
    yield f"a runner has {', '.join([*differing, 'no terminal', 'an empty HOME', 'only what git tracks'])}" + (
        f"; and none of your variables {shown}" if own else ""
    )


KINDS: tuple[Callable[[str, Suspects], Iterator[str]], ...] = (
    absent_files,
    places,
    variables,
    programs,
    git_settings,
    history,
    locks,
    indexes,
    foreign_modules,
)
