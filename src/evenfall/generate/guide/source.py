"""What the guide is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evenfall.generate.dependabot import DEPENDABOT
from evenfall.generate.releasing import has_release_sessions
from evenfall.github.wanted import WantedSettings
from evenfall.pipeline.gates import AUTO_MERGE, file_name, title
from evenfall.pipeline.model import Pipeline
from evenfall.project.github_settings import GitHub
from evenfall.project.project import Project
from evenfall.project.settings import Settings

AUTO_MERGE_FILE = ".github/workflows/auto-merge.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideSource:
    """The project, its pipeline, the settings of its repository, and the text of `.github/CODEOWNERS`.

    `own` are the generated files that give way to a hand-written one, each with the path of that one.
    """

    project: Project
    pipeline: Pipeline
    github: GitHub
    wanted: WantedSettings
    codeowners: str
    own: Mapping[str, str]

    @property
    def has_own_automation(self) -> bool:
        """Return whether a hand-written file configures the updates of packages, or merges them."""
        return not self.own.keys().isdisjoint((DEPENDABOT, AUTO_MERGE_FILE))

    @property
    def workflows(self) -> tuple[str, ...]:
        """The workflows of the pipeline whose file is generated."""
        is_own = AUTO_MERGE_FILE in self.own
        return tuple(name for name in self.pipeline.workflows if name != AUTO_MERGE or not is_own)

    def title(self, workflow: str) -> str:
        """Return the name of a workflow as GitHub shows it: `CI`."""
        return title(workflow, self.pipeline)

    def file_name(self, workflow: str) -> str:
        """Return the name of a workflow's file: `ci.yml`."""
        return file_name(workflow, self.pipeline)

    @property
    def settings(self) -> Settings:
        """The settings in `[tool.evenfall]`."""
        return self.project.pyproject.settings

    def has_standard(self, name: str) -> bool:
        """Return whether the pipeline has the standard session of that name, and not another session with the name."""
        return any(
            session.name == name and session.module == f"evenfall.sessions.{name}" for session in self.pipeline.sessions
        )

    @property
    def has_release(self) -> bool:
        """Return whether the noxfile declares the sessions of a release."""
        return has_release_sessions(self.pipeline)
