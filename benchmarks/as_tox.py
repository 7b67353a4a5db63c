"""A configuration of tox whose environments run what the sessions run, by what Nox has logged: the same commands, groups and interpreters.

What a session does in its own Python (digests, comparing two builds) has no line there, so tox is spared it.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from evenfall.pipeline.model import Job, Pipeline
from evenfall.project.interpreters import find_interpreter

FILE = "as-tox.ini"
COMBINED = "as-tox-coverage.ini"
"""How the coverage session combines what was measured, which it writes itself, for tox's folders."""

DATA = "{envtmpdir}/data.*"
"""What the processes of one job have measured."""

COPY = "{envtmpdir}/copy"
"""What git tracks, for the build."""

HEAD = """\
[tox]
no_package = true
env_list = {environments}

[testenv]
allowlist_externals = *
pass_env = *
set_env =
    UV_NO_SYNC = 1
    PY_IGNORE_IMPORTMISMATCH = 1
commands_pre =
    mkdir -p coverage-data
    git clone --quiet --shared {{toxinidir}} {{envtmpdir}}/copy
"""


def write(root: Path, pipeline: Pipeline, log: str) -> tuple[str, ...]:
    """Write it for all jobs that ran by this log; return their names."""
    logged = dict(_by_job(log))
    jobs = [(session, job) for session in pipeline.sessions for job in session.jobs if job.name in logged]
    names = tuple(job.name for _, job in jobs)
    sections = [HEAD.format(environments=", ".join(map(_environment, names)))]
    for session, job in jobs:
        after = [
            _environment(other.name)
            for needed in pipeline.needs(session)
            for other in needed.jobs
            if other.name in names
        ]
        sections.append(_section(root, job, logged[job.name], after))
    (root / FILE).write_text("\n".join(sections), encoding="utf-8")
    rules = root / ".nox/coverage/combined/paths.ini"
    if rules.is_file():
        text = rules.read_text(encoding="utf-8").replace(".nox/", ".tox/")
        (root / COMBINED).write_text(text, encoding="utf-8")
    return names


def _by_job(log: str) -> Iterator[tuple[str, list[str]]]:
    """What Nox has logged of each job that passed, without its prefix."""
    for part in re.split(r"(?m)^nox > Running session ", log)[1:]:
        name = part.partition("\n")[0]
        if re.search(r"(?m)^nox > Session .* was successful", part):
            yield name, re.findall(r"(?m)^nox > (.+)$", part)


def _section(root: Path, job: Job, lines: list[str], after: list[str]) -> str:
    commands = [words for line in lines if (words := _command(root, job, line))]
    synced = [words for words in commands if Path(words[0]).name == "uv" and words[1] == "sync"]
    flags = [word for word in synced[0][2:] if word not in {"--quiet", "--locked"}] if synced else []
    options = {
        "runner": "uv-venv-lock-runner" if synced else "uv-venv-runner",
        "base_python": str(find_interpreter(job.python)) if job.python else "python3",
        "depends": "\n    ".join(["", *after]),
        "uv_sync_flags": "\n    ".join(["", *flags]),
        "commands": "\n    ".join(["", *(_written(root, job, words) for words in commands if words not in synced)]),
    }
    return "\n".join(
        [f"[testenv:{_environment(job.name)}]", *(f"{name} = {value}" for name, value in options.items()), ""]
    )


def _environment(name: str) -> str:
    """In `tests-3.12`, tox would read which Python it may be, and look for another than Nox had."""
    return re.sub(r"\W", "_", name)


def _command(root: Path, job: Job, line: str) -> list[str]:
    """The words of a command; none where the line is one that a session logs."""
    try:
        words = shlex.split(line)
    except ValueError:
        return []
    if words[1:2] == ["is"]:  # what the gate says of coverage
        return []
    inside = root / ".nox" / _folder(job) / "bin"
    return words if shutil.which(words[0], path=str(inside)) else []  # an absolute path is looked at as it is


def _folder(job: Job) -> str:
    """What Nox calls its environment."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", job.name).strip("-")


def _written(root: Path, job: Job, words: list[str]) -> str:
    """As tox reads it, with tox's places for Nox's; a file that a process has measured is in the folder that all of them are in."""
    own = rf"(?:{re.escape(str(root))}/)?\.nox/{_folder(job)}"
    places = (
        (rf"{own}/measured/data\.\S+", DATA),
        (rf"{own}/measured", "{envtmpdir}"),
        (r"\.nox/coverage/combined/paths\.ini", COMBINED),
        (rf"{own}/unpinned", ".github/workflows"),
        (rf"{own}/(?=lib|bin)", "{envdir}/"),
        (rf"{own}/combined", "{envtmpdir}"),
        (own, "{envtmpdir}"),
        (r"/\S*/evenfall-\w{8}/dist", "{envtmpdir}/dist"),
        (r"/\S*/evenfall-\w{8}/[^/\s]+", COPY),
        (re.escape(str(root)), "{toxinidir}"),
    )
    changed = []
    for word in words:
        for pattern, place in places:
            word = re.sub(pattern, place, word)
        changed.append(shlex.quote(word) if re.search(r"\s", word) else word)
    line = " ".join(word for number, word in enumerate(changed) if word != DATA or word not in changed[:number])
    return f"sh -c '{line}'" if DATA in changed else line
