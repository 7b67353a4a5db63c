"""One coverage configuration for the reports of a workspace whose root has none: those of the members that are tested in their folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import nox

from evenfall.project.project import Project
from evenfall.project.suites import find_suites
from evenfall.sessions.coverage_config import CoverageConfig, Value, read_options, write_rcfile
from evenfall.sessions.installed_project import InstalledProject, is_below
from evenfall.sessions.measurement import Measurement
from evenfall.sessions.run_command import environment_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberConfig:
    """The configuration of a member in `folder`, relative to the root, and the folders that its `source` names."""

    folder: str
    config: CoverageConfig
    source: tuple[str, ...]

    def patterns(self, option: str) -> list[str]:
        """Return the patterns for paths in an option, relative to the root."""
        values = self.config.values(option)
        return [value if value.startswith(("*", "/")) else f"{self.folder}/{value}" for value in values]


def member_configs(session: nox.Session, project: Project, installed: InstalledProject) -> tuple[MemberConfig, ...]:
    """Return the configurations of the members that are tested in their own folder and have one, by a file or by options of pytest-cov."""
    found = []
    for suite in find_suites(project):
        if suite.folder == project.root:
            continue
        with session.chdir(suite.folder):
            options, config = read_options(session, installed, suite.arguments)
        if config.file is not None or options.has_cov:
            measured = Measurement(
                root=project.root, folder=suite.folder, installed=installed, options=options, config=config
            )
            source = tuple(path for path in measured.source or () if Path(path).is_dir())
            found.append(MemberConfig(folder=suite.project.folder, config=config, source=source))
    return tuple(found)


def write_common_config(session: nox.Session, configs: Sequence[MemberConfig], packages: Iterable[str]) -> Path:
    """Write a configuration with the sources, omitted paths and excluded lines of all members. Return its path.

    If a member names its sources, the `packages` of the others, with paths relative to the root, are theirs.
    """
    sources = [each.source for each in configs]
    if any(sources):
        others = [path for path in packages if not any(is_below(path, each.folder) for each in configs if each.source)]
        sources.append(tuple(path for path in others if not path.endswith(".py")))

    def union(*lists: Iterable[str]) -> Value:
        return tuple(dict.fromkeys(value for values in lists for value in values)) or None

    run = {
        "branch": any(each.config.options.get("run:branch") for each in configs),
        "source": union(*sources),
        "omit": union(*(each.patterns("run:omit") for each in configs)),
    }
    report = {
        "omit": union(*(each.patterns("report:omit") for each in configs)),
        "exclude_lines": union(*(each.config.values("report:exclude_lines") for each in configs)),
        "exclude_also": union(*(each.config.values("report:exclude_also") for each in configs)),
    }
    return write_rcfile(environment_folder(session) / "members.ini", {"run": run, "report": report})
