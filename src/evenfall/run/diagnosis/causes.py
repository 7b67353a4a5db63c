"""The causes that the output of a failed job proves: it names what the user's machine has and a sandbox does not.

Each function looks for one kind of difference and reports only those that the output names. `experiments` proves the others.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.excluded_paths import UNTRACKED
from evenfall.pipeline.build_source import local_paths
from evenfall.project import lockfile
from evenfall.project.lockfile import read_lockfile
from evenfall.run import file_system
from evenfall.run.diagnosis import git_causes
from evenfall.run.diagnosis.evidence import MANY_PATHS, Evidence, quoted_words
from evenfall.run.diagnosis.users_configuration import users_configuration
from evenfall.run.runner_environment import SHELL_VARIABLES, dropped_variables
from evenfall.run.services import names_of, numbers_in
from evenfall.run.unavailable import missing_programs

MOST_CAUSES = 6

_NO_METADATA = r"No package metadata was found for ([\w-]+)"

_COMMON_FILES = {"__init__.py", "__main__.py", "__pycache__", "conftest.py"}


def find_causes(evidence: Evidence) -> list[str]:
    """Return the causes of a failure that its output names, one line each, the most likely first."""
    return [*dict.fromkeys(cause for find in KINDS for cause in find(evidence))][:MOST_CAUSES]


def missing_files(evidence: Evidence) -> Iterator[str]:
    """Yield files and modules that are in the work tree but not in the snapshot."""
    named = re.findall(r"No module named '([\w.]+)'|cannot import name '(\w+)'", evidence.text)
    modules = {(module or name).rpartition(".")[2] for module, name in named}
    modules |= {f"{name.replace('-', '_')}.egg-info" for name in re.findall(_NO_METADATA, evidence.text)}
    for each in evidence.missing:
        path = each.path.rstrip("/")
        name = path.rpartition("/")[2]
        module = re.sub(r"\.py$|\..*so$", "", name)
        if name not in _COMMON_FILES and (module in modules or _is_named(path, evidence.text)):
            next_step = (
                f"git add {shlex.quote(path)}"
                if each.reason == UNTRACKED
                else "or declare it as an artifact of the session that makes it"
            )
            yield f"{each.path} exists locally but is {each.reason}, so CI does not have it ({next_step})"


def _is_named(path: str, text: str) -> bool:
    """Return whether a text names a path or its last part, unless that could be an ordinary word."""
    name = path.rpartition("/")[2]
    end = r"(?![\w-])" if "." in name or "/" in path else "(?=['\"/])"
    return any(
        word in text and re.search(rf"(?<![\w.-]){re.escape(word)}{end}", text)
        for word in ({path, name} if "." in name else {path})
    )


def missing_modules(evidence: Evidence) -> Iterator[str]:
    """Yield modules that no dependency group contains, and modules of the project that its wheel does not contain."""
    missing = {Path(each.path).stem for each in evidence.missing}
    for name in evidence.missing_packages:
        if name in missing:
            continue
        paths = [evidence.repository.top / folder / name for folder in ("src", ".")]
        if any(_has_module(path) for path in paths):
            inner = [
                word for word in re.findall(r"No module named '([\w.]+)'", evidence.text) if word.startswith(f"{name}.")
            ]
            if inner and not any(
                _has_module(path.parent.joinpath(*word.split("."))) for word in inner for path in paths
            ):
                continue  # the work tree does not have it either
            yield f"{name} is in the work tree, but the wheel lacks it or a part of it: the session imports the installed project"
        else:
            yield f"{name} is in no dependency group of this session: uv add --group … {name}"


def _has_module(path: Path) -> bool:
    return path.is_dir() or path.with_suffix(".py").is_file()


def variables(evidence: Evidence) -> Iterator[str]:
    """Yield variables of the user's shell or of an ignored `.env` file that the output names as missing."""
    for name in dropped_variables(evidence.environ):
        if name not in SHELL_VARIABLES and _is_missing_variable(name, evidence.text):
            yield f'{name} is set in your shell but not in CI (pass_env=("{name}",) passes it on here)'
    for file in (each for each in evidence.missing if Path(each.path).name.startswith(".env")):
        for name in _variables_of(evidence.repository.top / file.path):
            if _is_missing_variable(name, evidence.text):
                yield f"{file.path} exists locally but is {file.reason}, so CI does not have the variable {name}"


def _is_missing_variable(name: str, text: str) -> bool:
    """Return whether Python, os.environ's callers or a shell say that they need a variable."""
    word = re.escape(name)
    return (
        re.search(rf"KeyError: ['\"]{word}['\"]|(?<!\w){word}: (unbound variable|parameter (null or )?not set)", text)
        is not None
    )


def _variables_of(file: Path) -> list[str]:
    if not file.is_file():
        return []
    return re.findall(r"(?m)^\s*(?:export\s+)?(\w+)\s*=", file.read_text(encoding="utf-8", errors="replace"))


_NO_HOOK = "Executable `(.+)` not found"
"""What pre-commit prints if it does not find the program of a hook."""
_NOT_READ = re.compile(f"Permission ?(denied|Error)|No such file or directory|FileNotFoundError|{_NO_HOOK}")


def user_folders(evidence: Evidence) -> Iterator[str]:
    """Yield files of the user's checkout, HOME and temporary folder."""
    lines = "\n".join(line for line in evidence.text.splitlines() if _NOT_READ.search(line))
    own = {evidence.repository.top: "your checkout", evidence.home: "your HOME"}
    inside, shared = evidence.sandbox.inside, (evidence.sandbox.folder, *evidence.shared)
    for folder, what in own.items():
        names = re.findall(rf"{re.escape(os.fspath(folder))}/[^\s'\":`]*", lines) if folder != Path(os.sep) else ()
        not_shared = (name for name in names if not any(Path(name).is_relative_to(other) for other in shared))
        if name := next(filter(os.path.lexists, not_shared), None):
            yield f"{name} is in {what}, which CI does not have"
    text = re.sub("(?m)^nox > .*", "", evidence.text)  # Nox shows the paths of the job's own tools, which may be there
    for name in _below(inside.home, text):
        if (evidence.home / name).exists():
            yield f"~/{name} exists in your HOME; in CI, HOME is empty"
    temporary = Path(evidence.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - the rule of `tempfile`
    others = [folder for folder in own if not inside.temporary.is_relative_to(folder)]
    for name in _below(inside.temporary, text):
        is_own = any((inside.temporary / name).is_relative_to(folder) for folder in others)
        if not is_own and (temporary / name).exists():
            yield f"{name} exists in your temporary folder; in CI, that folder is empty"


def _below(folder: Path, text: str) -> Iterable[str]:
    """Return the relative paths of the files below a folder that a text names."""
    return dict.fromkeys(re.findall(rf"{re.escape(os.fspath(folder))}/([^\s'\":,]+)", text))


def machine_paths(evidence: Evidence) -> Iterator[str]:
    """Yield other paths of this machine that could not be read, and Unix sockets, whose paths an error does not contain."""
    lines = [line for line in evidence.text.splitlines() if _NOT_READ.search(line)]
    named = [(word, False) for word in (*quoted_words("\n".join(lines)), *re.findall(_NO_HOOK, evidence.text))]
    named += [(word, True) for word in quoted_words(evidence.text)] if lines else []
    for word, must_be_socket in named[:MANY_PATHS]:
        path = Path(os.path.normpath(evidence.repository.top / word))
        if must_be_socket and not path.is_socket():
            continue
        if word.startswith("..") and os.path.lexists(path) and not path.is_relative_to(evidence.repository.top):
            yield f"{path} is outside your checkout, so CI does not have it"
        elif word.startswith(os.sep) and os.path.lexists(path) and _is_machines_own(path, evidence):
            yield f"{path} exists on this machine, but not on a runner"


def _is_machines_own(path: Path, evidence: Evidence) -> bool:
    """Return whether a path is neither a part of the system nor of the sandbox, nor one that another function names."""
    inside, folder = evidence.sandbox.inside, evidence.sandbox.folder
    others = (evidence.repository.top, evidence.home, folder, inside.home, inside.temporary, Path(os.devnull).parent)
    system = any(
        path.is_relative_to(each)
        for each in (*file_system.SYSTEM_PATHS, *file_system.SHARED_PATHS, *others)
        if each != Path(os.sep)
    )
    return not system or any(path.is_relative_to(each) for each in _MACHINES_OWN)


_MACHINES_OWN = (file_system.LOCAL, Path("/dev/shm"), Path("/var/tmp"))  # noqa: S108 - a job without namespaces shares them


def programs(evidence: Evidence) -> Iterator[str]:
    """Yield programs of the user's PATH."""
    for name in missing_programs(evidence.text):
        if path := shutil.which(name, path=evidence.environ.get("PATH", "")):
            yield f"{name} is on your PATH ({path}) but neither locked nor on a runner's PATH"


def services(evidence: Evidence) -> Iterator[str]:
    """Yield the services of this machine to which a connection was refused."""
    ports = evidence.closed_ports & numbers_in(evidence.text)
    if ports and re.search("Permission denied|PermissionError|EACCES", evidence.text):
        yield f"CI has no service of your machine ({names_of(ports)})"


def stale_lock(evidence: Evidence) -> Iterator[str]:
    """Yield a uv.lock that is out of date."""
    if re.search(r"lockfile .{0,80}needs to be updated", evidence.text, re.DOTALL):
        yield "uv.lock is out of date: uv lock, and commit it"


def packages_outside(evidence: Evidence) -> Iterator[str]:
    """Yield packages that the output names and that uv takes from a folder outside the repository."""
    top = evidence.repository.top
    with contextlib.suppress(EvenfallError):
        for path, name in local_paths(read_lockfile(top / lockfile.NAME)).items():
            if not (top / path).resolve().is_relative_to(top) and re.search(rf"\b{re.escape(name)}\b", evidence.text):
                yield f"{name} is in {path}, outside the repository, so CI does not have it"


_TERMINAL = re.compile(
    r"Inappropriate ioctl for device|(is|are) not a (tty|terminal)|not a TTY|must be run in a terminal"
)


def terminal(evidence: Evidence) -> Iterator[str]:
    """Yield that there is no terminal, if the output says that a program needs one."""
    if _TERMINAL.search(evidence.text):
        yield "CI has no terminal, neither for input nor for output"


KINDS: tuple[Callable[[Evidence], Iterator[str]], ...] = (
    missing_files,
    user_folders,
    machine_paths,
    variables,
    programs,
    services,
    *git_causes.KINDS,
    stale_lock,
    packages_outside,
    users_configuration,
    terminal,
    missing_modules,
)
