"""GitHub on this machine: `act` in host mode (https://nektosact.com), with doubles of our own for the actions."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from evenfall.derive.pins import read_pins
from tests.made import Made

_ARTIFACTS = f"'{sys.executable}' '{Path(__file__).with_name('artifacts.py')}'"


def composite(inputs: Mapping[str, str], *commands: str) -> str:
    """An action of shell commands; its inputs, with their defaults, are in the variable INPUTS as JSON. JSON is YAML too."""
    values = ", ".join(f'"{name}": ${{{{ toJSON(inputs.{name}) }}}}' for name in inputs)
    steps = [{"shell": "bash", "run": command, "env": {"INPUTS": f"{{{values}}}"}} for command in commands]
    return json.dumps(
        {
            "name": "a double",
            "description": "a double",
            "inputs": {name: {"description": name, "default": default} for name, default in inputs.items()},
            "runs": {"using": "composite", "steps": steps},
        }
    )


def doubles(origin: Path, store: Path) -> dict[str, str]:
    """Each action that a derived workflow of sessions uses, doing what the real one does as far as these workflows ask for it."""
    uv = Path(os.fsdecode(find_uv_bin())).parent
    depth = "${{ inputs.fetch-depth == '0' && '2147483647' || inputs.fetch-depth }}"  # git's number for all of it
    return {
        "actions/checkout": composite(
            {"fetch-depth": "1", "persist-credentials": "true"},
            f"git init --quiet . && git fetch --quiet --depth {depth} 'file://{origin}' HEAD",
            "git checkout --quiet --force -B main FETCH_HEAD",
        ),
        "astral-sh/setup-uv": composite(
            {"version": "", "enable-cache": "auto", "cache-suffix": "", "cache-dependency-glob": ""},
            f"""mkdir "$RUNNER_TEMP/uv" && ln -s '{uv}/uv' "$RUNNER_TEMP/uv/uv" && echo "$RUNNER_TEMP/uv" >> "$GITHUB_PATH" """,
            'printf "UV_TOOL_DIR=%s/tools\\nUV_TOOL_BIN_DIR=%s/bin\\n" "$RUNNER_TEMP" "$RUNNER_TEMP" >> "$GITHUB_ENV"',
            'echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"',
        ),
        "actions/upload-artifact": composite(
            {
                "name": "artifact",
                "path": "",
                "if-no-files-found": "warn",
                "include-hidden-files": "false",
                "retention-days": "",
            },
            f"{_ARTIFACTS} upload '{store}'",
        ),
        "actions/download-artifact": composite(
            {"pattern": "", "path": "", "merge-multiple": "false"}, f"{_ARTIFACTS} download '{store}'"
        ),
    }


@dataclass(frozen=True)
class Run:
    """What GitHub shows of a workflow's run: the result of each job that ran, by its id, and what their commands printed."""

    results: Mapping[str, str]
    log: str


def run_on_github(project: Made, folder: Path) -> Run:
    """Push a project's last commit: all jobs of its ci.yml run on a fresh clone, with nothing kept from any other run."""
    folder.mkdir(parents=True)
    clone = folder / "clone"
    project.git("clone", "--quiet", os.fspath(project.root), os.fspath(clone))
    variables = {**_of_this_machine(), "PRE_COMMIT_HOME": os.fspath(folder / "hooks"), "UV_PYTHON_DOWNLOADS": "never"}
    given = [f"--env={name}={value}" for name, value in variables.items()]
    done = Made(clone).run(*act(project, folder), CHECKED_OUT, *given)
    return what_was_shown(done.stdout, done.stderr)


def act(project: Made, folder: Path) -> tuple[str, ...]:
    """The command that runs the ci.yml of `project`, whose commits are what its jobs check out; all that it keeps is in `folder`."""
    store = folder / "store"
    store.mkdir(parents=True)
    pins = read_pins(project.read(".github/workflows/ci.yml"), project.read(".github/actions/nox/action.yml"))
    options = [f"--action-cache-path={folder / 'act'}", "--defaultbranch=main"]
    for action, text in doubles(project.root, store).items():
        if action in pins:
            Made(folder).write(f"actions/{action}/action.yml", text)
            options.append(f"--local-repository={action}@{pins[action].sha}={folder / 'actions' / action}")
    return (os.fspath(Path(sysconfig.get_path("scripts"), "act")), "push", *_HOST_MODE, *options)


def what_was_shown(stdout: str, stderr: str) -> Run:
    """By what `act` has written."""
    said = [json.loads(line) for line in stdout.splitlines() if line.startswith("{")]
    return Run(
        results={line["jobID"]: line["jobResult"] for line in said if "jobResult" in line},
        log="".join(f"{line['jobID']}: {line['msg']}" for line in said if "raw_output" in line) + stderr,
    )


CHECKED_OUT = "--no-skip-checkout"
"""Without it `act` copies the work tree and leaves actions/checkout out."""

_HOST_MODE = (
    "--platform=ubuntu-latest=-self-hosted",
    "--container-daemon-socket=-",
    "--action-offline-mode",
    "--no-cache-server",
    "--json",
)


def _of_this_machine() -> dict[str, str]:
    """Where interpreters and packages come from here, which a hosted runner need not be told."""
    wanted = ("HOME", "PATH", "PYENV_ROOT", "UV_CACHE_DIR", "UV_INDEX", "UV_DEFAULT_INDEX", "SSL_", "HTTP", "NO_PROXY")
    return {name: value for name, value in os.environ.items() if name.startswith(wanted)}
