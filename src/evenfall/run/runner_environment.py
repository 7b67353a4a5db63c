"""A runner's conditions: the variables that GitHub documents, and of the user's own only what a package manager can't do without."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.git.snapshot import Snapshot
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
"""How this machine reaches the world; a runner reaches it in its own way."""

# Where programs lie on a runner, but for what a session or the workflow itself puts there.
SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_OF_MACOS = ("/opt/homebrew/bin", "/opt/homebrew/sbin")

_SYSTEM = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}
_PROCESSOR = {"x86_64": "X64", "amd64": "X64", "aarch64": "ARM64", "arm64": "ARM64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caches:
    """Folders of downloads that are worth keeping; resolved before HOME changes."""

    uv: Path
    uv_pythons: Path
    pre_commit: Path
    pip: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        """All of them; a job may write there."""
        return (self.uv, self.uv_pythons, self.pre_commit, self.pip)

    @property
    def variables(self) -> dict[str, str]:
        """What tells each tool where its folder is."""
        return {
            "UV_CACHE_DIR": os.fspath(self.uv),
            "UV_PYTHON_INSTALL_DIR": os.fspath(self.uv_pythons),
            "PRE_COMMIT_HOME": os.fspath(self.pre_commit),
            "PIP_CACHE_DIR": os.fspath(self.pip),
        }


def find_caches(environ: Mapping[str, str], *, uv: Path, uv_pythons: Path) -> Caches:
    """As each tool finds its own; uv's are what uv itself says."""
    home = Path(environ.get("HOME") or os.sep)
    cache = Path(environ.get("XDG_CACHE_HOME") or home / ".cache")
    pip = home / "Library/Caches/pip" if sys.platform == "darwin" else cache / "pip"
    return Caches(
        uv=uv,
        uv_pythons=uv_pythons,
        pre_commit=Path(environ.get("PRE_COMMIT_HOME") or cache / "pre-commit"),
        pip=Path(environ.get("PIP_CACHE_DIR") or pip),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the variables of one job depend on, beside its sandbox.

    `system` is the runner's label, `python` a version and its interpreter (`3.12=/opt/python3.12`), `share` the cores that it may use.
    """

    name: str
    session: str
    workflow: str
    system: str
    python: str | None
    pass_env: tuple[str, ...] = ()
    share: int = 1
    skipped: tuple[str, ...] = ()


def search_path(programs: Path) -> str:
    """A runner's PATH: what the workflow sets up (`programs` holds `nox` and `uv`), then the system's own, git wherever it is."""
    own = _OF_MACOS if sys.platform == "darwin" else ()
    folders = [os.fspath(programs), *own, *SYSTEM_PATH]
    git = shutil.which("git")
    if git and os.path.dirname(git) not in folders:
        folders.append(os.path.dirname(git))
    return os.pathsep.join(folders)


def runner_environment(
    job: Job, sandbox: Sandbox, snapshot: Snapshot, caches: Caches, *, programs: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """The variables of a job: https://docs.github.com/en/actions/reference/workflows-and-actions/variables"""
    kept = {name: environ[name] for name in (*KEPT, *job.pass_env) if name in environ}
    return (
        kept
        | caches.variables
        | _of_the_system(sandbox, programs)
        | _of_github(job, sandbox, snapshot)
        | _of_the_job(job)
    )


def _of_the_system(sandbox: Sandbox, programs: Path) -> dict[str, str]:
    return {
        "HOME": os.fspath(sandbox.home),
        "LANG": "C.UTF-8",
        "PATH": search_path(programs),
        "SHELL": "/bin/bash",
        "TMPDIR": os.fspath(sandbox.temporary),
        "TZ": "UTC",
        "USER": "runner",
        "GIT_CONFIG_NOSYSTEM": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "UV_LINK_MODE": "copy",  # uv's `clone` makes hard links where the file system can't clone, and these lead into its cache
    }


def _of_github(job: Job, sandbox: Sandbox, snapshot: Snapshot) -> dict[str, str]:
    owner, _, name = repository_on_github(snapshot).partition("/")
    return {
        "CI": "true",
        "GITHUB_ACTION": "__run",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": owner,
        "GITHUB_API_URL": "https://api.github.com",
        "GITHUB_BASE_REF": snapshot.request.onto.removeprefix("origin/"),
        "GITHUB_ENV": os.fspath(sandbox.files / "env"),
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": os.fspath(sandbox.files / "event.json"),
        "GITHUB_GRAPHQL_URL": "https://api.github.com/graphql",
        "GITHUB_HEAD_REF": "evenfall",
        "GITHUB_JOB": job.session,
        "GITHUB_OUTPUT": os.fspath(sandbox.files / "output"),
        "GITHUB_PATH": os.fspath(sandbox.files / "path"),
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
        "GITHUB_STEP_SUMMARY": os.fspath(sandbox.files / "summary.md"),
        "GITHUB_TRIGGERING_ACTOR": owner,
        "GITHUB_WORKFLOW": job.workflow,
        "GITHUB_WORKFLOW_REF": f"{owner}/{name}/.github/workflows/{job.workflow}.yml@refs/pull/1/merge",
        "GITHUB_WORKFLOW_SHA": sandbox.commit,
        "GITHUB_WORKSPACE": os.fspath(sandbox.checkout),
        "RUNNER_ARCH": _PROCESSOR.get(platform.machine().lower(), platform.machine()),
        "RUNNER_ENVIRONMENT": "self-hosted",
        "RUNNER_NAME": "evenfall",
        "RUNNER_OS": _SYSTEM.get(sys.platform, sys.platform),
        "RUNNER_TEMP": os.fspath(sandbox.temporary),
        "RUNNER_TOOL_CACHE": os.fspath(sandbox.temporary),
    }


def repository_on_github(snapshot: Snapshot) -> str:
    """`owner/name`, by the remote `origin`; an owner of that name is nobody's where it lies elsewhere."""
    path = snapshot.repository.origin.removesuffix(".git").replace(":", "/")
    parts = path.split("/")
    if "github.com" in path and len(parts) >= 2:
        return "/".join(parts[-2:])
    return f"evenfall/{snapshot.repository.name}"


def _of_the_job(job: Job) -> dict[str, str]:
    """What tells Nox, Evenfall and pytest-xdist about this job."""
    python = {"EVENFALL_PYTHON": job.python} if job.python else {}
    return python | {
        "NOX_SCRIPT_MODE": "none",
        "EVENFALL_SYSTEM": job.system,
        "EVENFALL_SKIPPED_JOBS": "\n".join(job.skipped),
        "PYTEST_XDIST_AUTO_NUM_WORKERS": str(job.share),
    }


def dropped(environ: Mapping[str, str], pass_env: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The names of the user's variables that a job does not see."""
    return tuple(sorted(name for name in environ if name not in (*KEPT, *pass_env)))
