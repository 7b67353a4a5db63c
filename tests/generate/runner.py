"""Workflows on this machine: `act` without containers (https://nektosact.com), with test doubles for the actions."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from uv import find_uv_bin

from evenfall.generate.pins import read_pins
from tests.sample_project import SampleProject

_ARTIFACTS = f"'{sys.executable}' '{Path(__file__).with_name('artifacts.py')}'"


def composite(inputs: Mapping[str, str], *commands: str) -> str:
    """Return the text of an action that runs shell commands; the variable INPUTS has its inputs as JSON. JSON is also YAML."""
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


def doubles(origin: Path, store: Path, tools: Path | None) -> dict[str, str]:
    """Return a double of each action that the jobs of sessions use; it does what generated workflows need of the real one.

    The jobs can share `tools`, a folder in which uv has installed the locked Nox. Without it, each job installs its own.
    """
    folder = tools or "$RUNNER_TEMP/tools"
    uv = Path(os.fsdecode(find_uv_bin())).parent
    depth = (
        "${{ inputs.fetch-depth == '0' && '2147483647' || inputs.fetch-depth }}"  # git's number for the whole history
    )
    tags = "${{ inputs.fetch-depth == '0' && '--tags' || '--no-tags' }}"
    return {
        "actions/checkout": composite(
            {"fetch-depth": "1", "persist-credentials": "true", "ref": "HEAD"},
            f"git init --quiet . && git fetch --quiet --depth {depth} {tags} 'file://{origin}' ${{{{ inputs.ref }}}}",
            "git checkout --quiet --force -B main FETCH_HEAD",
        ),
        "astral-sh/setup-uv": composite(
            {"version": "", "enable-cache": "auto", "cache-suffix": "", "cache-dependency-glob": ""},
            f"""mkdir "$RUNNER_TEMP/uv" && ln -s '{uv}/uv' "$RUNNER_TEMP/uv/uv" && echo "$RUNNER_TEMP/uv" >> "$GITHUB_PATH" """,
            f"""printf 'UV_TOOL_DIR=%s\\nUV_TOOL_BIN_DIR=%s\\n' "{folder}" "{folder}/bin" >> "$GITHUB_ENV" """,
            f"""echo "{folder}/bin" >> "$GITHUB_PATH" """,
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
class WorkflowRun:
    """The result of each job of a workflow that ran, by its id, and the output of all commands."""

    results: Mapping[str, str]
    log: str


@dataclass(frozen=True, kw_only=True)
class GitHubEvent:
    """The event that starts a workflow, and its payload.

    `failing` are the hosted actions that find something, `secrets` are those of the repository, and `variables` those that GitHub sets.
    """

    name: str = "push"
    workflow: str = "ci"
    payload: Mapping[str, object] = field(default_factory=dict)
    failing: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


def run_on_github(
    project: SampleProject, folder: Path, event: GitHubEvent | None = None, tools: Path | None = None
) -> WorkflowRun:
    """Run a workflow on a fresh clone of a project's last commit, with nothing from another run but the installed Nox."""
    folder.mkdir(parents=True)
    clone = folder / "clone"
    project.git("clone", "--quiet", os.fspath(project.root), os.fspath(clone))
    variables = {**_machine_variables(), "PRE_COMMIT_HOME": os.fspath(folder / "hooks"), "UV_PYTHON_DOWNLOADS": "never"}
    variables |= event.variables if event else {}
    options = [f"--env={name}={value}" for name, value in variables.items()]
    secrets = event.secrets if event else {}
    options += [f"--secret={name}" for name in secrets]  # without a value, act reads the variable of that name
    done = SampleProject(clone).run(*act(project, folder, event, tools), CHECKOUT, *options, env=secrets)
    return read_results(done.stdout, done.stderr)


def act(
    project: SampleProject, folder: Path, event: GitHubEvent | None = None, tools: Path | None = None
) -> tuple[str, ...]:
    """Return the command that runs a workflow of `project`, whose jobs check out its commits.

    It writes to `folder`. The jobs use the Nox in `tools`, or each installs its own.
    """
    event = event or GitHubEvent()
    store = folder / "store"
    store.mkdir(parents=True)
    workflow = f".github/workflows/{event.workflow}.yml"
    pins = read_pins(project.read(workflow), project.read(".github/actions/nox/action.yml"))
    options = [f"--action-cache-path={folder / 'act'}", "--defaultbranch=main", f"--workflows={workflow}"]
    options.append(f"--eventpath={SampleProject(folder).write('event.json', json.dumps(event.payload))}")
    repositories = set()
    for action, text in (
        doubles(project.root, store, tools) | hosted_doubles(folder / "inputs", event.failing)
    ).items():
        repository = "/".join(action.split("/")[:2])
        if repository in pins:
            SampleProject(folder).write(f"actions/{action}/action.yml", text)
            repositories.add(repository)
    options += [
        f"--local-repository={name}@{pins[name].sha}={folder / 'actions' / name}" for name in sorted(repositories)
    ]
    return (os.fspath(Path(sysconfig.get_path("scripts"), "act")), event.name, *_HOST_MODE, *options)


HOSTED = {
    "github/codeql-action/init": {"languages": "", "queries": ""},
    "github/codeql-action/analyze": {"category": ""},
    "github/codeql-action/upload-sarif": {"sarif_file": "../results", "category": ""},
    "actions/dependency-review-action": {"fail-on-severity": "", "deny-licenses": "", "comment-summary-in-pr": ""},
    "trufflesecurity/trufflehog": {"base": "", "head": "", "extra_args": "", "version": "latest"},
    "ossf/scorecard-action": {"results_file": "", "results_format": "", "publish_results": "false"},
}
"""The actions that only GitHub can run, with the inputs that generated workflows use and the defaults of their action.yml."""


def hosted_doubles(inputs: Path, failing: Collection[str]) -> dict[str, str]:
    """Return doubles that record their inputs and the number of commits that they can read."""
    inputs.mkdir()
    double = {}
    for action, defaults in HOSTED.items():
        record = inputs / action.replace("/", ".")
        command = "echo it found something; exit 1" if action in failing else _COMMANDS.get(action, "true")
        double[action] = composite(
            defaults,
            f"""printf '%s' "$INPUTS" > '{record}.json'; git rev-list --count HEAD > '{record}.commits'""",
            command,
        )
    return double


_COMMANDS = {
    "ossf/scorecard-action": "echo '{}' > results.sarif",
    "github/codeql-action/upload-sarif": "test -f results.sarif",
    # Like the real action, it rejects a range from a commit to itself.
    "trufflesecurity/trufflehog": (
        "sides=$(python3 -c \"import json, os; i = json.loads(os.environ['INPUTS']); print(i['base'] or '-', i['head'] or '-')\"); "
        'set -- $sides; test "$(git rev-parse "$1" 2>/dev/null)" != "$(git rev-parse "$2" 2>/dev/null)"'
    ),
}


def read_results(stdout: str, stderr: str) -> WorkflowRun:
    """Return the results and the output from what `act` prints."""
    messages = [json.loads(line) for line in stdout.splitlines() if line.startswith("{")]
    return WorkflowRun(
        results={line["jobID"]: line["jobResult"] for line in messages if "jobResult" in line},
        log="".join(f"{line['jobID']}: {line['msg']}" for line in messages if "raw_output" in line) + stderr,
    )


CHECKOUT = "--no-skip-checkout"
"""Without this option `act` copies the work tree and skips actions/checkout."""

_HOST_MODE = (
    "--platform=ubuntu-latest=-self-hosted",
    "--container-daemon-socket=-",
    "--action-offline-mode",
    "--no-cache-server",
    "--json",
)


def _machine_variables() -> dict[str, str]:
    """Return the variables that say where this machine gets interpreters and packages from."""
    names = ("HOME", "PATH", "PYENV_ROOT", "UV_CACHE_DIR", "UV_INDEX", "UV_DEFAULT_INDEX", "SSL_", "HTTP", "NO_PROXY")
    return {name: value for name, value in os.environ.items() if name.startswith(names)}
