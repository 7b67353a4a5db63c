"""A configuration of tox that runs the commands of Nox's log, with the same groups and interpreters.

Work that a session does in its own Python, such as digests and the comparison of two builds, is not in the log, so tox does not do it.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from evenfall.pipeline.model import Job, Pipeline
from evenfall.project.interpreters import find_interpreter

FILE = "benchmark-tox.ini"
COVERAGE_FILE = "benchmark-tox-coverage.ini"
"""The path rules with which the coverage session combines data, for tox's folders."""

_COPY = "{envtmpdir}/copy"
"""A clone of the project, for the build."""

_HEAD = """\
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


def write_tox_config(root: Path, pipeline: Pipeline, log: str) -> tuple[str, ...]:
    """Write tox's configuration for the jobs that passed in Nox's log. Return their names."""
    logs = dict(_passed_jobs(log))
    jobs = [(session, job) for session in pipeline.sessions for job in session.jobs if job.name in logs]
    names = tuple(job.name for _, job in jobs)
    sections = [_HEAD.format(environments=", ".join(map(_environment, names)))]
    for session, job in jobs:
        required = [other.name for needed in pipeline.needs(session) for other in needed.jobs if other.name in names]
        sections.append(_section(root, job, logs[job.name], required))
    (root / FILE).write_text("\n".join(sections), encoding="utf-8")
    path_rules = root / ".nox/coverage/combined/paths.ini"
    if path_rules.is_file():
        text = path_rules.read_text(encoding="utf-8").replace(".nox/", ".tox/")
        (root / COVERAGE_FILE).write_text(text, encoding="utf-8")
    return names


def _passed_jobs(log: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each passed job and the lines that Nox logged for it, without their prefix."""
    for part in re.split(r"(?m)^nox > Running session ", log)[1:]:
        name = part.partition("\n")[0]
        if re.search(r"(?m)^nox > Session .* was successful", part):
            yield name, re.findall(r"(?m)^nox > (.+)$", part)


def _section(root: Path, job: Job, lines: list[str], required: list[str]) -> str:
    """Return the section of one job. tox itself runs the commands `uv sync`."""
    commands = [words for line in lines if (words := _command(root, job, line))]
    # The session `tests` moves its data to this file, which is not in the log.
    commands += [["mv", "{envtmpdir}/data", f"coverage-data/{file.name}"] for file in _coverage_data(root, job)]
    syncs = [words for words in commands if Path(words[0]).name == "uv" and words[1] == "sync"]
    flags = [word for word in syncs[0][2:] if word not in {"--quiet", "--locked"}] if syncs else []
    options = {
        "runner": "uv-venv-lock-runner" if syncs else "uv-venv-runner",
        "base_python": str(find_interpreter(job.python)) if job.python else "python3",
        "depends": "\n    ".join(["", *map(_environment, required)]),
        "uv_sync_flags": "\n    ".join(["", *flags]),
        "commands": "\n    ".join(["", *(_tox_command(root, job, words) for words in commands if words not in syncs)]),
    }
    return "\n".join(
        [f"[testenv:{_environment(job.name)}]", *(f"{name} = {value}" for name, value in options.items()), ""]
    )


def _coverage_data(root: Path, job: Job) -> list[Path]:
    """Return the coverage data of a job that Nox has run. The name of the file depends on the code alone."""
    return sorted((root / "coverage-data").glob(f"{job.name}@*.dat"))


def _environment(name: str) -> str:
    """Return the name of tox's environment. tox would derive another interpreter from a name such as `tests-3.12`."""
    return re.sub(r"\W", "_", name)


def _command(root: Path, job: Job, line: str) -> list[str]:
    """Return the words of a command, or nothing if the line is a message."""
    try:
        words = shlex.split(line)
    except ValueError:
        return []
    if words[1:2] == ["is"]:  # "coverage is 97.00 %, …", from the coverage gate
        return []
    scripts = root / ".nox" / _nox_folder(job) / "bin"
    return words if shutil.which(words[0], path=str(scripts)) else []  # `which` also accepts an absolute path


def _nox_folder(job: Job) -> str:
    """Return the name that Nox gives to the folder of an environment."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", job.name).strip("-")


def _tox_command(root: Path, job: Job, words: list[str]) -> str:
    """Return a line of tox's `commands`, with tox's paths instead of Nox's."""
    folder = rf"(?:{re.escape(str(root))}/)?\.nox/{_nox_folder(job)}"
    replacements = (
        (r"\.nox/coverage/combined/paths\.ini", COVERAGE_FILE),
        (rf"{folder}/unpinned", ".github/workflows"),
        (rf"{folder}/(?=lib|bin)", "{envdir}/"),
        (rf"{folder}(?:/measured|/combined)?", "{envtmpdir}"),
        (r"/\S*/evenfall-\w{8}/dist", "{envtmpdir}/dist"),
        (r"/\S*/evenfall-\w{8}/[^/\s]+", _COPY),
        (re.escape(str(root)), "{toxinidir}"),
    )
    tox_words = []
    for word in words:
        for pattern, path in replacements:
            word = re.sub(pattern, path, word)
        tox_words.append(shlex.quote(word) if re.search(r"\s", word) else word)
    return " ".join(tox_words)
