"""A runner's environment variables, and the few variables of the user without which package managers can't work."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.git.snapshot import Snapshot
from evenfall.pipeline.model import INTERPRETER, SKIPPED_JOBS, SYSTEM
from evenfall.pipeline.script_environment import SCRIPT_MODE
from evenfall.run.caches import Caches
from evenfall.run.sandbox import Sandbox

CERTIFICATES = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")
LIMITS = ("UV_PYTHON_DOWNLOADS",)
KEPT = (*CERTIFICATES, *PROXIES, *LIMITS)
"""The user's variables that a job keeps, because they describe how this machine reaches the network."""

SHELL_VARIABLES = frozenset(
    ["HOME", "LANG", "LOGNAME", "MAIL", "OLDPWD", "PATH", "PWD", "SHELL", "SHLVL", "TERM", "TMPDIR", "USER", "_"]
)
"""The variables that every shell sets, and that are therefore no difference from CI worth a message."""

# A runner's PATH, without the folders that a session or the workflow adds.
SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_MACOS_PATH = ("/opt/homebrew/bin", "/opt/homebrew/sbin")

_SYSTEM = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}
_PROCESSOR = {"x86_64": "X64", "amd64": "X64", "aarch64": "ARM64", "arm64": "ARM64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerJob:
    """The properties of a job that its variables depend on.

    `system` is the runner's label, `python` a version with its interpreter (`3.12=/opt/python3.12`), `cores` the number of cores
    that the job may use, and `skipped` the run's skipped jobs, such as `tests-3.12 @ windows-latest`.
    """

    session: str
    workflow: str
    system: str
    python: str | None
    pass_env: tuple[str, ...] = ()
    cores: int = 1
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRequest:
    """All that a job's variables depend on. `tools` is the folder with `nox` and `uv`, `environ` the user's environment."""

    job: RunnerJob
    sandbox: Sandbox
    snapshot: Snapshot
    caches: Caches
    tools: Path
    environ: Mapping[str, str]


def runner_environment(request: EnvironmentRequest) -> dict[str, str]:
    """Return the variables of a job: https://docs.github.com/en/actions/reference/workflows-and-actions/variables"""
    kept = {name: request.environ[name] for name in (*KEPT, *request.job.pass_env) if name in request.environ}
    return (
        kept
        | request.caches.variables
        | _system_variables(request.sandbox, request.tools)
        | _github_variables(request.job, request.sandbox, request.snapshot)
        | _job_variables(request.job)
    )


def search_path(tools: Path) -> str:
    """Return a runner's PATH: first the folder of the tools, then the system's folders, with the folder of git if it is another."""
    folders = [os.fspath(tools), *(_MACOS_PATH if sys.platform == "darwin" else ()), *SYSTEM_PATH]
    git = shutil.which("git")
    if git and os.path.dirname(git) not in folders:
        folders.append(os.path.dirname(git))
    return os.pathsep.join(folders)


def _system_variables(sandbox: Sandbox, tools: Path) -> dict[str, str]:
    return {
        "HOME": os.fspath(sandbox.inside.home),
        "LANG": "C.UTF-8",
        "PATH": search_path(tools),
        "SHELL": "/bin/bash",
        "TMPDIR": os.fspath(sandbox.inside.temporary),
        "TZ": "UTC",
        "USER": "runner",
        "GIT_CONFIG_NOSYSTEM": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "UV_LINK_MODE": "copy",  # a job could change uv's cache through hard links, which `clone` makes too on some file systems
    }


def _github_variables(job: RunnerJob, sandbox: Sandbox, snapshot: Snapshot) -> dict[str, str]:
    owner, _, name = repository_on_github(snapshot).partition("/")
    return {
        "CI": "true",
        "GITHUB_ACTION": "__run",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": owner,
        "GITHUB_API_URL": "https://api.github.com",
        "GITHUB_BASE_REF": snapshot.request.onto.removeprefix("origin/"),
        "GITHUB_ENV": os.fspath(sandbox.inside.files / "env"),
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": os.fspath(sandbox.inside.files / "event.json"),
        "GITHUB_GRAPHQL_URL": "https://api.github.com/graphql",
        "GITHUB_HEAD_REF": "evenfall",
        "GITHUB_JOB": job.session,
        "GITHUB_OUTPUT": os.fspath(sandbox.inside.files / "output"),
        "GITHUB_PATH": os.fspath(sandbox.inside.files / "path"),
        "GITHUB_REF": "refs/pull/1/merge",
        "GITHUB_REF_NAME": "1/merge",
        "GITHUB_REF_PROTECTED": "false",
        "GITHUB_REF_TYPE": "branch",
        "GITHUB_REPOSITORY": f"{owner}/{name}",
        "GITHUB_REPOSITORY_OWNER": owner,
        "GITHUB_RETENTION_DAYS": "90",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": "1",
        "GITHUB_RUN_NUMBER": "1",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": sandbox.commit,
        "GITHUB_STEP_SUMMARY": os.fspath(sandbox.inside.files / "summary.md"),
        "GITHUB_TRIGGERING_ACTOR": owner,
        "GITHUB_WORKFLOW": job.workflow,
        "GITHUB_WORKFLOW_REF": f"{owner}/{name}/.github/workflows/{job.workflow}.yml@refs/pull/1/merge",
        "GITHUB_WORKFLOW_SHA": sandbox.commit,
        "GITHUB_WORKSPACE": os.fspath(sandbox.inside.checkout),
        "RUNNER_ARCH": _PROCESSOR.get(platform.machine().lower(), platform.machine()),
        "RUNNER_ENVIRONMENT": "self-hosted",
        "RUNNER_NAME": "evenfall",
        "RUNNER_OS": _SYSTEM.get(sys.platform, sys.platform),
        "RUNNER_TEMP": os.fspath(sandbox.inside.runner_temporary),
        "RUNNER_TOOL_CACHE": os.fspath(sandbox.inside.runner_temporary),
    }


def repository_on_github(snapshot: Snapshot) -> str:
    """Return `owner/name` from the URL of the remote `origin`, or `evenfall/name` if that is not on GitHub."""
    path = snapshot.repository.origin.removesuffix(".git").replace(":", "/")
    parts = path.split("/")
    if "github.com" in path and len(parts) >= 2:
        return "/".join(parts[-2:])
    return f"evenfall/{snapshot.repository.name}"


def _job_variables(job: RunnerJob) -> dict[str, str]:
    """Return the variables that Nox, Evenfall and pytest-xdist read."""
    python = {INTERPRETER: job.python} if job.python else {}
    return python | {
        SCRIPT_MODE: "none",
        SYSTEM: job.system,
        SKIPPED_JOBS: "\n".join(job.skipped),
        "PYTEST_XDIST_AUTO_NUM_WORKERS": str(job.cores),
    }


def dropped_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the user's variables that a job does not get."""
    return tuple(sorted(name for name in environ if name not in KEPT))
