"""What a job of a workflow does, with all that it calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from evenfall.adopt.program import Program
from evenfall.adopt.purpose import Purpose, purpose_of, purpose_of_action
from evenfall.adopt.script import Started


@dataclass(frozen=True, slots=True)
class Action:
    """An action that a step uses, without its version, the inputs that are texts, and whether its failure counts."""

    name: str
    inputs: Mapping[str, str]
    is_required: bool = True

    @property
    def purpose(self) -> Purpose:
        """What it is for."""
        return purpose_of_action(self.name)


@dataclass(kw_only=True)
class JobFacts:
    """What a job does in all runs of its matrix. `runners` are the labels of each run, and `systems` the distinct ones.

    `not_understood` are parts that can't be read: actions, workflows of other repositories, programs, and expressions.
    """

    name: str
    runners: list[str] = field(default_factory=list)
    pythons: dict[str, None] = field(default_factory=dict)
    started: dict[Started, None] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)
    services: dict[str, None] = field(default_factory=dict)
    containers: dict[str, None] = field(default_factory=dict)
    secrets: dict[str, None] = field(default_factory=dict)
    artifacts: dict[str, None] = field(default_factory=dict)
    permissions: dict[str, None] = field(default_factory=dict)
    variables: dict[str, None] = field(default_factory=dict)
    not_understood: dict[str, None] = field(default_factory=dict)

    @property
    def systems(self) -> tuple[str, ...]:
        """The labels of its runners."""
        return tuple(dict.fromkeys(self.runners))

    @property
    def programs(self) -> dict[str, Program]:
        """The programs that are not task runners, by their text."""
        found: dict[str, Program] = {}
        for each in self.started:
            if each.tasks is None:
                found.setdefault(each.program.text, each.program)
        return found

    @property
    def runs_tests(self) -> bool:
        """Whether it runs tests."""
        return any(purpose_of(program) in {Purpose.TESTS, Purpose.DOCTESTS} for program in self.programs.values())
