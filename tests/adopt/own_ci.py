"""Projects with workflows of their own, and what a pipeline does in them, for tests."""

from __future__ import annotations

from pathlib import Path

from evenfall.adopt.pipeline_checks import PipelineChecks, pipeline_checks
from evenfall.pipeline.model import Facts, HostedJob, Job, Pipeline, Session
from evenfall.project.project import Project
from evenfall.project.pyproject import read_pyproject
from tests.sample_project import SampleProject

FOLDER = ".github/workflows"
CI = f"{FOLDER}/ci.yml"
PYPROJECT = '[project]\nname = "lantern"\nversion = "1.0"\nrequires-python = ">=3.11"\n'
STANDARD = ("tests", "coverage", "lint", "precommit", "build", "workflows", "audit", "secrets")


def standard(
    name: str, *, workflow: str = "ci", pythons: tuple[str, ...] = (), systems: tuple[str, ...] = ()
) -> Session:
    """A standard session."""
    jobs = tuple(Job(name=f"{name}-{python}", python=python) for python in pythons) or (Job(name=name, python=None),)
    facts = Facts(workflows=(workflow,), systems=systems or ("ubuntu-latest",))
    return Session(name=name, description="", facts=facts, jobs=jobs, line=1, module=f"evenfall.sessions.{name}")


def pipeline(*names: str, own: tuple[Session, ...] = ()) -> Pipeline:
    """A pipeline with these standard sessions, and CodeQL."""
    sessions = tuple(
        standard("tests", pythons=("3.11", "3.12"), systems=("ubuntu-latest", "windows-latest"))
        if name == "tests"
        else standard(name, workflow="security" if name in {"audit", "secrets"} else "ci")
        for name in names
    )
    codeql = HostedJob(name="codeql", local="lint", workflow="security", description="", steps=())
    return Pipeline(sessions=(*sessions, *own), hosted_jobs=(codeql,))


def checks(
    root: Path,
    *names: str,
    settings: str = "",
    commands: str = '["mypy", "ruff check"]',
    own: tuple[Session, ...] = (),
    release: bool = False,
) -> PipelineChecks:
    """What a pipeline with these sessions, or all standard ones, does in a project with these settings."""
    lint = f"\n[tool.evenfall.lint]\ncommands = {commands}\n"
    SampleProject(root).write("pyproject.toml", f"{PYPROJECT}{settings}{lint}")
    project = Project(root=root, pyproject=read_pyproject(root / "pyproject.toml"))
    return pipeline_checks(root, project, pipeline(*(names or STANDARD), own=own), release=release)
