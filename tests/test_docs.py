"""The documentation agrees with the code: its examples load, its tables are complete, its links exist."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from evenfall.cli.main import COMMANDS
from evenfall.pipeline.load import read_pipeline
from evenfall.project.settings import Settings
from evenfall.sessions.standard import SESSION_NAMES
from tests.sample_project import SampleProject
from tests.torture.cases import CASES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def test_the_noxfile_in_the_readme_declares_a_pipeline(project: SampleProject) -> None:
    (example,) = blocks(ROOT / "README.md", "python")
    project.write("noxfile.py", example)
    assert [session.name for session in read_pipeline(project.root).sessions] == [*SESSION_NAMES, "docs"]


def test_every_other_example_can_be_declared(project: SampleProject) -> None:
    for page in PAGES[1:]:
        for example in blocks(page, "python"):
            project.write("noxfile.py", f"import evenfall\n{example}")
            assert read_pipeline(project.root).sessions


def test_the_readmes_table_lists_the_standard_sessions() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Standard sessions")[2]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(SESSION_NAMES)


def test_the_reference_lists_every_key_of_the_settings() -> None:
    keys = set()
    for field in msgspec.structs.fields(Settings):
        below = (
            msgspec.structs.fields(field.type)
            if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
            else ()
        )
        keys |= {f"{field.encode_name}.{sub.encode_name}" for sub in below} or {field.encode_name}
    table = (
        (ROOT / "docs" / "reference" / "index.md")
        .read_text(encoding="utf-8")
        .partition("## Settings")[2]
        .partition("## Files")[0]
    )
    listed = {
        key
        for line in table.splitlines()
        if line.startswith("| `")
        for key in re.findall(r"`([\w.-]+)`", line.split("|")[1])
    }
    assert listed == keys


def test_the_reference_lists_every_command() -> None:
    table = (ROOT / "docs" / "reference" / "index.md").read_text(encoding="utf-8").partition("## Commands")[2]
    assert set(re.findall(r"^\| `evenfall (\w+)", table, re.MULTILINE)) == set(COMMANDS)


def test_the_table_of_differences_lists_every_case() -> None:
    table = (ROOT / "docs" / "reference" / "differences.md").read_text(encoding="utf-8").partition("| --- |")[2]
    listed = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if line.startswith("| ")]
    assert listed == [case.title for case in CASES.values()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_has_a_target(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
