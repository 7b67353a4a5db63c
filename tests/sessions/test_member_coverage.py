from __future__ import annotations

import json
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import EvenfallError
from evenfall.sessions.coverage_config import CoverageConfig, read_config, write_rcfile
from evenfall.sessions.member_coverage import MemberConfig, write_common_config
from evenfall.sessions.pytest_options import PytestOptions

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


def ask(script: str, *arguments: object) -> Any:
    """Return what a script prints as JSON. In this process, another `Coverage` would end the measurement of the tests."""
    command = [sys.executable, "-c", f"import coverage, json, sys; {script}", *map(str, arguments)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


COMMENTS = "A = 1  # pragma: no cover\nif A:  # pragma: no branch\n    B = 2; #off\nC = 3\n"


@pytest.mark.integration
def test_the_expressions_of_members_exclude_the_same_lines(tmp_path: Path) -> None:
    default = (
        *ask("print(json.dumps(coverage.Coverage(config_file=False).get_option('report:exclude_lines')))"),
        "#off",
        ";  #",
        "x{1,2}",
    )
    lamp = member("lamp", report_exclude_lines=default, report_exclude_also=("#off", ";", "x{1,2}"))
    file = write_common_config(Environment(tmp_path), [lamp], PACKAGES)  # type: ignore[arg-type]
    (tmp_path / "a.py").write_text(COMMENTS)
    own = "own = coverage.Coverage(config_file=sys.argv[1])"
    found = ask(f"{own}; print(json.dumps(own.analysis2(sys.argv[2])[2]))", file, tmp_path / "a.py")
    assert found == [1, 3]
    lines = ask(f"{own}; print(json.dumps(own.get_option('report:exclude_lines')))", file)
    assert len(lines) >= len(default) + 3
    assert "x{1,2}" in lines


@pytest.mark.integration
def test_the_options_of_plugins_are_read_as_coverage_reads_them(tmp_path: Path) -> None:
    options = {"rules": {"py > 3": "new", "os": "old"}, "text": "a\nb, c\n", "list": ["a,b", 3], "flag": True}
    file = write_rcfile(tmp_path / "rc", {"run": {"plugins": ("p",)}, "p": options, "report": {"skip_empty": True}})
    script = "own = coverage.Coverage(config_file=sys.argv[1]); names = sys.argv[2:]"
    own = ask(
        f"{script}; print(json.dumps([own.get_option(n) for n in names]))", file, *(f"p:{name}" for name in options)
    )
    found = dict(zip(options, own, strict=True))
    assert found == {"rules": '\n"py > 3": new\n"os": old', "text": "a\nb, c", "list": "\na,b\n3", "flag": "true"}
    assert ask(f"{script}; print(json.dumps(own.get_option('report:skip_empty')))", file) is True


def test_a_path_with_a_comma_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match="a,b: coverage can't measure a path with a comma"):
        write_rcfile(tmp_path / "rc", {"run": {"omit": ("a,b",)}})


class Answer(Environment):
    """A session whose coverage has an option of an unknown type."""

    def run(self, *command: str, **options: object) -> None:
        Path(command[-1]).write_text('{"options": {"run:source": {"a": 1}}}', encoding="utf-8")


def test_an_option_of_an_unknown_type_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match="a value of its configuration is not known"):
        read_config(Answer(tmp_path), PytestOptions())  # type: ignore[arg-type]
