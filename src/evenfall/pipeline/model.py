"""The pipeline as values: what the noxfile declares, and what everything downstream is generated from."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

NOXFILE = "noxfile.py"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What CI must know of a session beyond what Nox knows; `evenfall.session` explains each."""

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


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One session on one Python, with one set of parameters: what `nox -s NAME` runs, on each of the session's systems.

    `aliases` are the other names that Nox has for it, alone or with its siblings.
    """

    name: str
    aliases: tuple[str, ...] = ()
    python: str | None
    requires: tuple[str, ...] = ()


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session that runs in CI, and its jobs in the order of the noxfile."""

    name: str
    description: str
    facts: Facts
    jobs: tuple[Job, ...]
    line: int
    module: str

    @property
    def requires(self) -> tuple[str, ...]:
        """The jobs and sessions that must have passed before."""
        return tuple(dict.fromkeys(name for job in self.jobs for name in job.requires))

    @property
    def pythons(self) -> tuple[str, ...]:
        """The Pythons of its jobs."""
        return tuple(dict.fromkeys(job.python for job in self.jobs if job.python))

    @property
    def is_matrix(self) -> bool:
        """Whether it has several jobs, on several Pythons, parameters or systems."""
        return len(self.jobs) > 1 or len(self.facts.systems) > 1

    def job_name(self, job: str, system: str) -> str:
        """What GitHub calls the job of one job: `tests-3.12 @ ubuntu-latest`, or only `lint` where there is one."""
        return f"{job} @ {system}" if self.is_matrix else job


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a hosted job: an action of Evenfall's table of pins, and its inputs."""

    uses: str
    inputs: tuple[tuple[str, str], ...] = ()


class HostedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that only GitHub can run; `local` names the session that does here what can be done here."""

    name: str
    local: str
    workflow: str
    description: str
    steps: tuple[Action, ...]
    permissions: tuple[tuple[str, str], ...] = ()
    events: tuple[str, ...] = ()
    timeout: int = 10
    history: bool = False


class Pipeline(msgspec.Struct, frozen=True, kw_only=True):
    """All sessions and hosted jobs that run in CI, in the order of the noxfile."""

    sessions: tuple[Session, ...]
    hosted_jobs: tuple[HostedJob, ...] = ()
    local: tuple[str, ...] = ()

    @property
    def workflows(self) -> tuple[str, ...]:
        """The names of the workflows, in order of appearance."""
        named = [workflow for session in self.sessions for workflow in session.facts.workflows]
        return tuple(dict.fromkeys([*named, *(job.workflow for job in self.hosted_jobs)]))

    def in_workflow(self, workflow: str) -> tuple[Session, ...]:
        """The sessions of one workflow."""
        return tuple(session for session in self.sessions if workflow in session.facts.workflows)

    def needs(self, session: Session) -> tuple[Session, ...]:
        """The sessions that must have passed before one; a job of GitHub waits for whole sessions, not for single jobs."""
        by_name = self.by_name
        named = {by_name[name].name: by_name[name] for name in session.requires if name in by_name}
        return tuple(named.values())

    def find(self, name: str) -> Session | None:
        """The session of that name, or the one that has a job of that name."""
        return self.by_name.get(name)

    @property
    def by_name(self) -> Mapping[str, Session]:
        """Every name by which a session can be required: its own and its jobs'."""
        names = {
            name: session for session in self.sessions for job in session.jobs for name in (*job.aliases, job.name)
        }
        return names | {session.name: session for session in self.sessions}


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a noxfile gave no pipeline; the fields of an `EvenfallError`."""

    message: str
    hint: str
    exit_code: int = 2


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the process that reads a noxfile writes: one of the two."""

    pipeline: Pipeline | None = None
    refusal: Refusal | None = None
