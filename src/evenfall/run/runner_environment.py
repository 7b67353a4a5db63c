"""A runner's environment variables, and the few variables of the user without which package managers can't work."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.git.snapshot import Snapshot
from evenfall.pipeline.model import INTERPRETER, SKIPPED_JOBS, SYSTEM
from evenfall.pipeline.script_environment import SCRIPT_MODE
from evenfall.run.event import NUMBER, base_branch, head_branch
from evenfall.run.programs import PROGRAMS
from evenfall.run.runner_image import runner_image
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

_MACOS_PATH = (
    "/opt/homebrew/bin",
    "/opt/homebrew/sbin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
)
_MACOS_VARIABLES = {"LANG": "C.UTF-8", "LOGNAME": "runner", "SHELL": "/bin/bash", "USER": "runner"}

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
    """All that a job's variables depend on.

    `caches` are the variables of its caches, `tools` is the folder with `nox` and `uv`, and `environ` the user's environment.
    """

    job: RunnerJob
    sandbox: Sandbox
    snapshot: Snapshot
    caches: Mapping[str, str]
    tools: Path
    environ: Mapping[str, str]


def runner_environment(request: EnvironmentRequest) -> dict[str, str]:
    """Return the variables of a job: https://docs.github.com/en/actions/reference/workflows-and-actions/variables"""
    kept = {name: request.environ[name] for name in (*KEPT, *request.job.pass_env) if name in request.environ}
    return (
        dict(_image_variables(request.sandbox, request.tools))
        | ({} if request.sandbox.has_file_system else neutral_variables())
        | kept
        | _sandbox_variables(request.sandbox, request.tools)
        | {**request.caches}
        | _github_variables(request.job, request.sandbox, request.snapshot)
        | _job_variables(request.job)
    )


def search_path(tools: Path, home: Path) -> str:
    """Return a runner's PATH: first the folder of the tools, then the image's folders, then its programs that lie elsewhere here."""
    is_macos = sys.platform == "darwin"
    folders = _MACOS_PATH if is_macos else runner_image().path_folders(os.fspath(home))
    return os.pathsep.join((os.fspath(tools), *folders, os.fspath(tools / PROGRAMS)))


def _image_variables(sandbox: Sandbox, tools: Path) -> Mapping[str, str]:
    if sys.platform == "darwin":  # pragma: no cover - not on this system
        return _MACOS_VARIABLES
    home = sandbox.inside.home
    return runner_image().variables_of(os.fspath(home), search_path(tools, home))


def _sandbox_variables(sandbox: Sandbox, tools: Path) -> dict[str, str]:
    """Return the variables of the sandbox itself. A job without a file system of its own needs more of them than a runner has."""
    variables = {
        "HOME": os.fspath(sandbox.inside.home),
        "PATH": search_path(tools, sandbox.inside.home),
        "UV_LINK_MODE": _link_mode(sandbox),
    }
    if sandbox.has_file_system:
        return variables
    own = dict.fromkeys(("TMPDIR", "XDG_RUNTIME_DIR"), os.fspath(sandbox.inside.temporary))
    tool_cache = dict.fromkeys(_TOOL_CACHE, os.fspath(sandbox.inside.runner_temporary))
    return variables | own | tool_cache


def _link_mode(sandbox: Sandbox) -> str:
    """Return a mode in which uv makes no hard links, through which a job could change uv's cache.

    With `clone`, it makes them on a volume that can't clone. On Linux, file systems that can clone do so for `copy`, too.
    """
    if sys.platform == "darwin":  # pragma: no cover - not on this system
        source, clone = sandbox.files / "event.json", sandbox.folder / "clone"
        if ctypes.CDLL(None).clonefile(os.fsencode(source), os.fsencode(clone), 0) == 0:
            clone.unlink()
            return "clone"
    return "copy"


_TOOL_CACHE = ("AGENT_TOOLSDIRECTORY", "RUNNER_TOOL_CACHE")
_GIT_CONFIGURATION = ("etc/gitconfig", "usr/local/etc/gitconfig", "opt/homebrew/etc/gitconfig")
_PIP_CONFIGURATION = ("etc/pip.conf", "etc/xdg/pip/pip.conf", "Library/Application Support/pip/pip.conf")


def neutral_variables(root: Path = Path(os.sep)) -> dict[str, str]:
    """Return the variables that keep the configuration of this machine from a job; a runner has none of them.

    `root` is the root of the file system.
    """
    variables = {} if is_utc(root / "etc/localtime") else {"TZ": "UTC"}
    if any((root / file).exists() for file in _GIT_CONFIGURATION):
        variables["GIT_CONFIG_NOSYSTEM"] = "1"
    if any((root / file).exists() for file in _PIP_CONFIGURATION):
        variables["PIP_CONFIG_FILE"] = os.devnull
    return variables


def is_utc(local_time: Path) -> bool:
    """Return whether a file of the time zone database, or a missing one, means UTC (RFC 9636, section 3.3: the footer is a rule of TZ)."""
    try:
        return local_time.read_bytes().endswith(b"\nUTC0\n")
    except OSError:
        return True


def _github_variables(job: RunnerJob, sandbox: Sandbox, snapshot: Snapshot) -> dict[str, str]:
    repository = snapshot.repository.name_on_github
    owner = repository.partition("/")[0]
    paths, files = sandbox.inside, sandbox.inside.files
    return {
        "CI": "true",
        "GITHUB_ACTION": "__run",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_REF": "",
        "GITHUB_ACTION_REPOSITORY": "",
        "GITHUB_ACTOR": owner,
        "GITHUB_ACTOR_ID": "1",
        "GITHUB_API_URL": "https://api.github.com",
        "GITHUB_BASE_REF": base_branch(snapshot),
        "GITHUB_ENV": os.fspath(files / "env"),
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": os.fspath(files / "event.json"),
        "GITHUB_GRAPHQL_URL": "https://api.github.com/graphql",
        "GITHUB_HEAD_REF": head_branch(snapshot),
        "GITHUB_JOB": job.session,
        "GITHUB_OUTPUT": os.fspath(files / "output"),
        "GITHUB_PATH": os.fspath(files / "path"),
        "GITHUB_REF": f"refs/pull/{NUMBER}/merge",
        "GITHUB_REF_NAME": f"{NUMBER}/merge",
        "GITHUB_REF_PROTECTED": "false",
        "GITHUB_REF_TYPE": "branch",
        "GITHUB_REPOSITORY": repository,
        "GITHUB_REPOSITORY_ID": "1",
        "GITHUB_REPOSITORY_OWNER": owner,
        "GITHUB_REPOSITORY_OWNER_ID": "1",
        "GITHUB_RETENTION_DAYS": "90",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": "1",
        "GITHUB_RUN_NUMBER": "1",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": sandbox.commit,
        "GITHUB_STATE": os.fspath(files / "state"),
        "GITHUB_STEP_SUMMARY": os.fspath(files / "summary.md"),
        "GITHUB_TRIGGERING_ACTOR": owner,
        "GITHUB_WORKFLOW": job.workflow,
        "GITHUB_WORKFLOW_REF": f"{repository}/.github/workflows/{job.workflow}.yml@refs/pull/{NUMBER}/merge",
        "GITHUB_WORKFLOW_SHA": sandbox.commit,
        "GITHUB_WORKSPACE": os.fspath(paths.checkout),
        "RUNNER_ARCH": _PROCESSOR.get(platform.machine().lower(), platform.machine()),
        "RUNNER_ENVIRONMENT": "github-hosted",
        "RUNNER_NAME": "GitHub Actions 1",
        "RUNNER_OS": _SYSTEM.get(sys.platform, sys.platform),
        "RUNNER_TEMP": os.fspath(paths.runner_temporary),
        "RUNNER_TRACKING_ID": "github_00000000-0000-0000-0000-000000000000",
        "RUNNER_WORKSPACE": os.fspath(paths.checkout.parent),
    }


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
