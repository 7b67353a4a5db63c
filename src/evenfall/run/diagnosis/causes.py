"""Why a job fails here though it passes at home: what it printed, held against all that a sandbox has not.

Each function looks for one kind of difference, and answers only where what was printed names it; only where none does, the
conditions that differ are listed.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from evenfall.git.excluded_paths import UNTRACKED, find_ignored
from evenfall.git.snapshot import Snapshot
from evenfall.run.diagnosis import git_causes
from evenfall.run.diagnosis.evidence import Evidence
from evenfall.run.runner_environment import dropped
from evenfall.run.sandbox import UMASK, users_umask
from evenfall.text import and_more

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


def causes(
    printed: Path, snapshot: Snapshot, checkout: Path, environ: Mapping[str, str], taken: tuple[str, ...] = ()
) -> list[str]:
    """What explains an output, one line each, the likeliest first.

    What a session has made in its own checkout (`.nox/`, caches) is no suspect.
    """
    repository = snapshot.repository
    text = printed.read_bytes().decode("utf-8", "replace")  # what is kept of an output is not long
    left_out = (*snapshot.excluded, *find_ignored(repository))
    absent = tuple(each for each in left_out if not os.path.lexists(checkout / each.path))
    evidence = Evidence(
        text=text, repository=repository, checkout=checkout, absent=absent, taken=taken, environ=environ
    )
    found = [line for look in KINDS for line in look(evidence)]
    return [*dict.fromkeys(found)][:6] or [*conditions(evidence)]


def absent_files(evidence: Evidence) -> Iterator[str]:
    """Files and modules that git does not hand to a runner."""
    named = re.findall(r"No module named '([\w.]+)'|cannot import name '(\w+)'", evidence.text)
    modules = {(module or name).rpartition(".")[2] for module, name in named}
    for each in evidence.absent:
        path = each.path.rstrip("/")
        name = path.rpartition("/")[2]
        module = name.removesuffix(".py")
        if name not in _COMMON and (module in modules or _is_named(path, evidence.text)):
            next_step = (
                f"git add {shlex.quote(path)}"
                if each.reason == UNTRACKED
                else "or take it as an artifact of the session that makes it"
            )
            yield f"{each.path} lies here, but it is {each.reason}: a runner has it not ({next_step})"


def _is_named(path: str, text: str) -> bool:
    """Whether a text names a path: whole or by its last part, where that can't be just any word."""
    name = path.rpartition("/")[2]
    end = r"(?![\w-])" if "." in name or "/" in path else "(?=['\"/])"
    return any(
        word in text and re.search(rf"(?<![\w.-]){re.escape(word)}{end}", text)
        for word in ({path, name} if "." in name else {path})
    )


def foreign_modules(evidence: Evidence) -> Iterator[str]:
    """Modules that nothing declares, or that the wheel does not ship."""
    absent = {Path(each.path).stem for each in evidence.absent}
    for name in dict.fromkeys(re.findall(r"No module named '(\w+)", evidence.text)):
        places = [evidence.repository.top / base / name for base in ("src", ".")]
        if any(place.is_dir() or place.with_suffix(".py").is_file() for place in places):
            if name not in absent:
                yield f"{name} lies in the tree, and what is installed has not all of it: a test finds only what the wheel ships"
        elif name not in absent:
            yield f"{name} is in the environment of no group that this session names: uv add --group … {name}"


def variables(evidence: Evidence) -> Iterator[str]:
    """Variables of the user's shell."""
    for name in dropped(evidence.environ):
        if len(name) > 3 and name not in _EVERYBODYS and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", evidence.text):
            yield f'{name} is set in your shell, and a runner has it not (pass_env=("{name}",) hands it over here)'
    if "CI" not in evidence.environ and re.search(r"""['"](CI|GITHUB_ACTIONS)['"]""", evidence.text):
        yield "CI is set on a runner, and not in your shell"
    for file in (each for each in evidence.absent if Path(each.path).name.startswith(".env")):
        for name in _variables_of(evidence.repository.top / file.path):
            if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", evidence.text):
                yield f"{file.path} lies here, but it is {file.reason}: it sets {name}, and a runner has it not"


def _variables_of(file: Path) -> list[str]:
    if not file.is_file():
        return []
    return re.findall(r"(?m)^\s*(?:export\s+)?(\w+)\s*=", file.read_text(encoding="utf-8", errors="replace"))


def places(evidence: Evidence) -> Iterator[str]:
    """The user's own checkout and HOME."""
    if "Permission denied" in evidence.text or "PermissionError" in evidence.text:
        for place, what in ((evidence.repository.top, "your checkout"), (evidence.home, "your HOME")):
            if place != Path(os.sep) and (
                found := re.search(rf"{re.escape(os.fspath(place))}/[^\s'\":]*", evidence.text)
            ):
                yield f"{found[0]} lies in {what}, which a runner has not"
    for name in dict.fromkeys(re.findall(r"evenfall-\d+/\w+/\d+/home/([^\s'\":,]+)", evidence.text)):
        if (evidence.home / name).exists():
            yield f"~/{name} lies in your HOME, and a runner's is empty"
    temporary = Path(evidence.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - as `tempfile` does
    for name in dict.fromkeys(re.findall(r"evenfall-\d+/\w+/\d+/tmp/([^\s'\":,]+)", evidence.text)):
        if (temporary / name).exists():
            yield f"{name} lies in your folder for temporary files, and a runner's is empty"


def programs(evidence: Evidence) -> Iterator[str]:
    """Programs of the user's PATH."""
    # A word is looked at from its beginning only: a line of megabytes would take forever else.
    forms = (
        r"Program ([\w.+-]+) not found",
        r"(?m)(?<![\w.+-])([\w.+-]+): (?:command )?not found$",
        r"No such file or directory: '([\w.+-]+)'",
    )
    for name in dict.fromkeys(name for form in forms for name in re.findall(form, evidence.text)):
        if found := shutil.which(name, path=evidence.environ.get("PATH", "")):
            yield f"{name} is on your PATH ({found}), and not among what the lock or a runner has"


def locks(evidence: Evidence) -> Iterator[str]:
    """Locks that are not current."""
    if re.search(r"lockfile .{0,80}needs to be updated", evidence.text, re.DOTALL):
        yield "uv.lock is not what pyproject.toml asks for: uv lock, and commit it"


_NO_PACKAGE = re.compile(
    r"not found in the package registry|No solution found|not found in the cache|Failed to fetch|[Cc]ould not find a version"
    r"|No matching distribution|\b40[13]\b"
)


def indexes(evidence: Evidence) -> Iterator[str]:
    """Indexes and credentials of the user's own configuration."""
    if not _NO_PACKAGE.search(evidence.text):
        return
    files = (
        ".config/uv/uv.toml",
        ".config/pip/pip.conf",
        ".pip/pip.conf",
        ".netrc",
        ".pypirc",
        ".config/uv/credentials",
    )
    own = [f"~/{name}" for name in files if (evidence.home / name).is_file()]
    own += [name for name in dropped(evidence.environ) if re.match(r"(UV|PIP)_.*(INDEX|LINKS)", name)]
    if own:
        yield f"{', '.join(own)}: your own configuration names indexes or credentials, and a runner has none"


# What Python reads comes first, then what its tools and terminals do.
_FIRST = (re.compile("PYTHON"), re.compile(r"PYTEST|UV_|PIP_|NOX|COVERAGE|TOX|COLUMNS|LINES|.*COLOR|LC_|TZ|XDG_"))


def conditions(evidence: Evidence) -> Iterator[str]:
    """What differs anyway, where nothing that was printed names a cause."""
    environ = evidence.environ
    zone = environ.get("TZ") or time.strftime("%Z")
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "C"
    differing = [f"the time zone UTC (yours: {zone})"] if zone not in {"UTC", "Etc/UTC", "UTC0"} else []
    differing += [f"the locale C.UTF-8 (yours: {locale})"] if locale != "C.UTF-8" else []
    line_ends = evidence.repository.setting("core.autocrlf")
    differing += (
        [f"line ends as committed (your core.autocrlf is {line_ends})"] if line_ends not in {"", "false"} else []
    )
    differing += [f"the umask {UMASK:03o} (yours: {umask:03o})"] if (umask := users_umask()) != UMASK else []
    own = sorted(
        (name for name in dropped(environ) if name not in _EVERYBODYS),
        key=lambda name: [not kind.match(name) for kind in _FIRST],
    )
    yield f"a runner has {', '.join([*differing, 'no terminal', 'an empty HOME', 'only what git tracks'])}" + (
        f"; and none of your variables {and_more(own, 8)}" if own else ""
    )


KINDS: tuple[Callable[[Evidence], Iterator[str]], ...] = (
    absent_files,
    places,
    variables,
    programs,
    *git_causes.KINDS,
    locks,
    indexes,
    foreign_modules,
)
