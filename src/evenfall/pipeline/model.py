"""The pipeline that a noxfile declares, as values. The workflows are generated from it, and `evenfall run` runs it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

import msgspec

from evenfall.errors import EvenfallError
from evenfall.text import did_you_mean

NOXFILE = "noxfile.py"

SYSTEM = "EVENFALL_SYSTEM"
"""The variable with the runner of a job, such as `ubuntu-latest`."""
SKIPPED_JOBS = "EVENFALL_SKIPPED_JOBS"
"""The variable with the jobs that the mirror can't run on this machine, one per line, such as `tests-3.12 @ windows-latest`."""
INTERPRETER = "EVENFALL_PYTHON"
"""The variable with a job's Python and the interpreter that the mirror found for it: `3.12=/opt/python3.12`."""
LAYER = "EVENFALL_LAYER"
"""The variable of a job in whose sandbox the mirror shows an environment with the locked packages, which Nox completes."""
BUILT = "built"
"""The value of `LAYER` if uv's cache also has the packages of the repository, built in a checkout like the job's own."""


class Trouble(msgspec.Struct, frozen=True, array_like=True):
    """One way in which a job fails: what you see, what to do about it, and the commands that show or correct it.

    Text between backticks is code.
    """

    symptom: str
    advice: str
    commands: tuple[str, ...] = ()


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What CI must know about a session in addition to what Nox knows; `evenfall.session` documents each fact."""

    workflows: tuple[str, ...] = ("ci",)
    systems: tuple[str, ...] = ("ubuntu-latest",)
    groups: tuple[str, ...] | None = None
    artifacts: tuple[str, ...] = ()
    timeout: int = 10
    permissions: tuple[tuple[str, str], ...] = ()
    environment: str = ""
    secrets: tuple[str, ...] = ()
    history: bool | None = None
    network: bool = False
    side_effects: bool = False
    pass_env: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    troubleshooting: tuple[Trouble, ...] = ()


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One session on one Python, with one set of parameters: what `nox -s NAME` runs.

    It runs on each system of its session, and GitHub shows one job per system: `tests-3.12 @ ubuntu-latest`. `aliases` are other
    names that Nox accepts for it; several jobs of a session can share an alias.
    """

    name: str
    aliases: tuple[str, ...] = ()
    python: str | None
    requires: tuple[str, ...] = ()


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """Files that one session leaves and those that require it take: a folder (`dist/`), a file, or a pattern (`lists/*.txt`).

    `number` is its position in the session's declaration.
    """

    session: str
    number: int
    path: str

    @property
    def folder(self) -> str:
        """The folder of its files: the path itself if it is a folder, else the part before the file name or the pattern."""
        return posixpath.dirname(self.path.partition("*")[0]) or "."

    @property
    def prefix(self) -> str:
        """The beginning of the names of all its stored copies."""
        return f"{self.session}.{self.number}"

    def stored_name(self, job: str, system: str) -> str:
        """Return the name of the copy that one job stores."""
        return f"{self.prefix}.{job} @ {system}"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A Nox session that runs in CI, and its jobs in the order of the noxfile."""

    name: str
    description: str
    facts: Facts
    jobs: tuple[Job, ...]
    line: int
    module: str

    @property
    def requires(self) -> tuple[str, ...]:
        """The names of the jobs and sessions that must pass first."""
        return tuple(dict.fromkeys(name for job in self.jobs for name in job.requires))

    @property
    def pythons(self) -> tuple[str, ...]:
        """The Pythons of its jobs."""
        return tuple(dict.fromkeys(job.python for job in self.jobs if job.python))

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The artifacts that it leaves."""
        return tuple(
            Artifact(session=self.name, number=number, path=path) for number, path in enumerate(self.facts.artifacts)
        )

    @property
    def is_matrix(self) -> bool:
        """Whether it has several Pythons, parameters or systems."""
        return len(self.jobs) > 1 or len(self.facts.systems) > 1

    def job_name(self, job: str, system: str) -> str:
        """Return the name that GitHub shows: `tests-3.12 @ ubuntu-latest`, or only `lint` for a session without a matrix."""
        return f"{job} @ {system}" if self.is_matrix else job


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a hosted job: an action from Evenfall's table of pins, and its inputs."""

    uses: str
    inputs: tuple[tuple[str, str], ...] = ()


class HostedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that only GitHub can run; `local` names the session that is its local counterpart."""

    name: str
    local: str
    workflow: str
    description: str
    steps: tuple[Action, ...]
    permissions: tuple[tuple[str, str], ...] = ()
    events: tuple[str, ...] = ()
    timeout: int = 10
    history: bool = False
    troubleshooting: tuple[Trouble, ...] = ()


class Pipeline(msgspec.Struct, frozen=True, kw_only=True):
    """All sessions and hosted jobs that run in CI, in the order of the noxfile.

    `local` are the names of the other sessions. `renamed` are the workflows whose name a hand-written one of the repository has, and
    `nox_action` is the folder of the action that installs Nox. `chosen_pythons` are those of `Project.chosen_pythons`.
    """

    sessions: tuple[Session, ...]
    hosted_jobs: tuple[HostedJob, ...] = ()
    local: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    nox_action: str = ".github/actions/nox"
    chosen_pythons: str = ""

    @property
    def workflows(self) -> tuple[str, ...]:
        """The names of the workflows, in order of appearance."""
        names = [workflow for session in self.sessions for workflow in session.facts.workflows]
        return tuple(dict.fromkeys([*names, *(job.workflow for job in self.hosted_jobs)]))

    @property
    def by_name(self) -> Mapping[str, Session]:
        """Each session under every name that `requires` can use: its own name, and its jobs' names and aliases."""
        names = {
            name: session for session in self.sessions for job in session.jobs for name in (*job.aliases, job.name)
        }
        return names | {session.name: session for session in self.sessions}

    def in_workflow(self, workflow: str) -> tuple[Session, ...]:
        """Return the sessions of one workflow."""
        return tuple(session for session in self.sessions if workflow in session.facts.workflows)

    def needs(self, session: Session) -> tuple[Session, ...]:
        """Return the sessions that must pass before `session`, because a GitHub job waits for whole sessions, not for single jobs."""
        by_name = self.by_name
        needed = {by_name[name].name: by_name[name] for name in session.requires if name in by_name}
        return tuple(needed.values())

    def required_artifacts(self, session: Session) -> tuple[Artifact, ...]:
        """Return the artifacts that `session` takes: those of the sessions that it requires."""
        return tuple(artifact for needed in self.needs(session) for artifact in needed.artifacts)

    def find(self, name: str) -> Session:
        """Return the session of that name, or the one with a job of that name. Raises `EvenfallError` (usage) if neither exists."""
        if session := self.by_name.get(name):
            return session
        for job in self.hosted_jobs:
            if job.name == name.partition(" @ ")[0]:
                raise EvenfallError(f"{name!r} runs only on GitHub", hint=f"nox -s {job.local}, its local counterpart")
        if name in self.local:
            problem = f"{name!r} is declared with nox.session, so it is local only"
        else:
            known = (*(session.name for session in self.sessions), *self.local)
            problem = f"{name!r} is not a session{did_you_mean(name, known)}"
        raise EvenfallError(problem, hint="nox -l lists the sessions")


# A runner's label starts with the name of its system; `sys.platform` has other names for them.
_PLATFORMS = {"ubuntu": "linux", "linux": "linux", "macos": "darwin", "windows": "win32"}


def platform_of(label: str) -> str:
    """Return the `sys.platform` of a runner: `"linux"` for `ubuntu-latest`. An unknown label is returned as it is."""
    return _PLATFORMS.get(label.partition("-")[0], label)


def is_arm(label: str) -> bool:
    """Return whether the runners with a label have an ARM processor: `ubuntu-24.04-arm`, and every macOS without `-intel` or `-large`.

    https://docs.github.com/en/actions/reference/runners/github-hosted-runners
    """
    words = label.split("-")
    if words[0] == "macos":
        return not {"intel", "large", "13"} & set(words)
    return bool({"arm", "arm64"} & set(words))
