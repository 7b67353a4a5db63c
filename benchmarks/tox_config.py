"""A configuration of tox for the jobs that Nox has run: with the same groups, interpreters, paths and commands.

The files that the sessions wrote for their commands are saved, and restored before each run of tox. Work that a session does in its
own Python, such as reading the configuration of pytest, is not among the commands, so tox does not do it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import tomlkit

from benchmarks.nox_commands import Command
from evenfall.git.command import git
from evenfall.pipeline.model import Job, Pipeline
from evenfall.project.interpreters import find_interpreter

FOLDER = "benchmark-tox"
"""The folder of the configuration in a project, and of the saved files."""

OPTIONS = ("-c", f"{FOLDER}/tox.toml", "--root=.", "--workdir=.tox", "--parallel=auto", "--parallel-no-spinner")

_SET_BY_TOX = {"PATH", "VIRTUAL_ENV", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT", "NOX_CURRENT_SESSION"}
"""The variables of a command to which tox gives its own values."""


def write_tox_config(
    root: Path, python: Path, pipeline: Pipeline, jobs: Sequence[str], commands: Mapping[str, Sequence[Command]]
) -> None:
    """Write the configuration for `jobs`. Those without `commands` are run with the Nox of `python`."""
    _remove_files_of_other_jobs(root, commands)
    environments = {}
    for session in pipeline.sessions:
        required = {job.name for needed in pipeline.needs(session) for job in needed.jobs}
        for job in (job for job in session.jobs if job.name in jobs):
            options = _options(root, job, commands[job.name]) if job.name in commands else _nox_options(python, job)
            options["depends"] = [environment_name(name) for name in jobs if name in required]
            environments[environment_name(job.name)] = options
    config = {
        "no_package": True,
        "env_list": [*environments],
        "env_run_base": {"runner": "uv-venv-runner", "allowlist_externals": ["*"], "pass_env": ["*"]},
        "env": environments,
    }
    (root / FOLDER / "tox.toml").write_text(tomlkit.dumps(config), encoding="utf-8")


def environment_name(job: str) -> str:
    """Return the name of tox's environment. tox would derive an interpreter from a name such as `tests-3.12`."""
    return "job_" + re.sub(r"\W", "_", job)


def _nox_options(python: Path, job: Job) -> dict[str, Any]:
    return {"commands": [[*map(_escaped, (str(python), "-m", "nox", "--no-dependencies", "--session", job.name))]]}


def _options(root: Path, job: Job, commands: Sequence[Command]) -> dict[str, Any]:
    """Return the options of an environment. tox itself runs the first command if it is `uv sync`."""
    options: dict[str, Any] = {}
    if python := job.python and find_interpreter(job.python):
        options["base_python"] = [str(python)]
    if folder := commands[0]["environ"].get("VIRTUAL_ENV"):
        options |= {"env_dir": folder, "env_tmp_dir": f"{{work_dir}}/{environment_name(job.name)}/tmp"}
    if [PurePath(commands[0]["words"][0]).name, *commands[0]["words"][1:2]] == ["uv", "sync"]:
        # tox adds `--locked`, and `--project` names a copy of the tracked files, which is made if there are others.
        own = ("--quiet", "--locked", "--project=")
        flags = [word for word in commands[0]["words"][2:] if not word.startswith(own)]
        options |= {"runner": "uv-venv-lock-runner", "uv_sync_flags": flags}
        commands = commands[1:]
    environ = {name: value for command in commands for name, value in command["environ"].items()}
    options["set_env"] = {name: _escaped(value) for name, value in environ.items() if name not in _SET_BY_TOX}
    options["commands"] = [[*_words(root, command)] for command in commands]
    return options


def _words(root: Path, command: Command) -> Iterator[str]:
    """Yield the words of a command in tox's configuration; after a hyphen, its exit code does not matter."""
    if command["may_fail"]:
        yield "-"
    if Path(command["folder"]) != root:
        yield from ("env", "-C", _escaped(command["folder"]))
    yield from map(_escaped, command["words"])


def _escaped(text: str) -> str:
    return re.sub(r"([{}])", r"\\\1", text)


def save_files(root: Path, pipeline: Pipeline, commands: Sequence[Command]) -> None:
    """Save the artifacts of the sessions, and the files that they wrote to their environments after the last installation."""
    shutil.rmtree(root / FOLDER, ignore_errors=True)
    (root / FOLDER / "files").mkdir(parents=True)
    artifacts = tuple(f"{each.folder}/" for session in pipeline.sessions for each in session.artifacts)
    installed: dict[Path, float] = {}
    for command in commands:
        environment = Path(command["environ"].get("VIRTUAL_ENV", ""))
        installed[environment] = command["end"] if _is_installation(command) else installed.get(environment, 0)
    for name in git(root, "ls-files", "-z", "--others").text.split("\0"):
        path, environment = root / name, root.joinpath(*PurePath(name).parts[:2])
        is_written = environment in installed and _is_newer(path, installed[environment])
        if (is_written and not re.search(r"/__pycache__/|/\.\w+_cache/", name)) or name.startswith(artifacts):
            (root / FOLDER / "files" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, root / FOLDER / "files" / name, follow_symlinks=False)


def _remove_files_of_other_jobs(root: Path, commands: Mapping[str, Sequence[Command]]) -> None:
    """Remove the saved files of the jobs without commands: Nox makes their environments."""
    kept = {Path(command["environ"].get("VIRTUAL_ENV", "")).name for each in commands.values() for command in each}
    for folder in (root / FOLDER / "files/.nox").glob("*"):
        if folder.name not in kept:
            shutil.rmtree(folder)


def _is_newer(path: Path, seconds: float) -> bool:
    """Return whether a file was written after an installation. A file with more links is one of uv's cache."""
    status = path.lstat()
    return max(status.st_mtime, status.st_ctime if status.st_nlink == 1 else 0) > seconds


def restore_files(root: Path) -> None:
    """Restore the files before a run of tox."""
    shutil.copytree(root / FOLDER / "files", root, symlinks=True, dirs_exist_ok=True)


def _is_installation(command: Command) -> bool:
    words = [PurePath(command["words"][0]).name, *command["words"][1:]]
    return words[0] in {"uv", "pip"} or words[1:3] == ["-m", "pip"]
