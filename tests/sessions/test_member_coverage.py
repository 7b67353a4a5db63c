from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path
from typing import Any

from evenfall.sessions.coverage_config import CoverageConfig
from evenfall.sessions.member_coverage import MemberConfig, write_common_config

PACKAGES = ("packages/lamp/src/lamp", "packages/oil/src/oil", "packages/oil/src/wax.py")


class Environment:
    """The part of a Nox session that has a folder."""

    def __init__(self, folder: Path) -> None:
        self.bin = str(folder / "bin")


def member(name: str, *source: str, **options: Any) -> MemberConfig:
    config = CoverageConfig(options={key.replace("_", ":", 1): value for key, value in options.items()})
    return MemberConfig(folder=f"packages/{name}", config=config, source=source)


def common(folder: Path, *members: MemberConfig) -> dict[str, list[str]]:
    parser = ConfigParser(interpolation=None)
    parser.read(write_common_config(Environment(folder), members, PACKAGES))  # type: ignore[arg-type]
    return {
        f"{section}:{key}": value.split() for section in parser.sections() for key, value in parser[section].items()
    }


def test_sources_and_patterns_of_all_members_are_one_configuration(tmp_path: Path) -> None:
    lamp = member("lamp", "/x/lamp", run_omit=("src/old.py", "*/new.py"), run_branch=True, report_exclude_also=("A",))
    assert common(tmp_path, lamp, member("oil", report_omit=("/y",), report_exclude_lines=("B",))) == {
        "run:branch": ["true"],
        "run:source": ["/x/lamp", "packages/oil/src/oil"],
        "run:omit": ["packages/lamp/src/old.py", "*/new.py"],
        "report:omit": ["/y"],
        "report:exclude_lines": ["B"],
        "report:exclude_also": ["A"],
    }


def test_without_a_source_every_file_that_runs_counts(tmp_path: Path) -> None:
    assert common(tmp_path, member("lamp", run_branch=False)) == {"run:branch": ["false"]}
