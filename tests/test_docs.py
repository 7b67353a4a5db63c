"""The documentation agrees with the code: its examples load, its tables are complete, its links exist."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

import msgspec
import pytest

from evenfall.cli.github import COMMANDS as GITHUB_COMMANDS
from evenfall.cli.main import COMMANDS
from evenfall.cli.release import COMMANDS as RELEASE_COMMANDS
from evenfall.generate.codeowners import CODEOWNERS
from evenfall.generate.dependabot import DEPENDABOT
from evenfall.generate.guide.deployment import DEPLOYMENT
from evenfall.generate.guide.source import AUTO_MERGE_FILE
from evenfall.github.settings.catalog import SETTINGS
from evenfall.pipeline.load import read_pipeline
from evenfall.project.github_settings import GitHub
from evenfall.project.settings import Release, Settings
from evenfall.release.manifest import FOLDER
from evenfall.sessions.github import SESSIONS as GITHUB_SESSIONS
from evenfall.sessions.standard import SESSION_NAMES
from tests.sample_project import SampleProject
from tests.torture.cases import CASES
from tests.torture.machine import DIFFERENCES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.integration
def test_the_noxfile_in_the_readme_declares_a_pipeline(project: SampleProject) -> None:
    (example,) = blocks(ROOT / "README.md", "python")
    project.write("noxfile.py", example)
    assert [session.name for session in read_pipeline(project.root).sessions] == [*SESSION_NAMES, "docs"]


@pytest.mark.integration
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


RELEASE_PAGE = (ROOT / "docs" / "reference" / "release.md").read_text(encoding="utf-8")
GITHUB_PAGE = (ROOT / "docs" / "reference" / "github.md").read_text(encoding="utf-8")


def first_cells(title: str, page: str = RELEASE_PAGE) -> set[str]:
    """The code spans in the first column of the tables below a title of a page."""
    section = f"\n{page}".partition(f"\n{title}\n")[2].partition("\n## ")[0]
    rows = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    return {span for row in rows for span in re.findall(r"`([^`]+)`", row)}


def test_the_page_about_the_release_lists_every_command_with_its_options() -> None:
    assert {name.removeprefix("evenfall release ") for name in first_cells("# `evenfall release`")} == set(
        RELEASE_COMMANDS
    )
    for name in RELEASE_COMMANDS:
        command = getattr(import_module(f"evenfall.cli.release_{name}"), name)
        options = {max(option.opts, key=len) for option in command.params} - {"--json", "--index"}
        listed = {span.split()[0] for span in first_cells(f"## `evenfall release {name}`")}
        assert listed == options, name


def test_the_page_about_the_release_lists_every_setting() -> None:
    assert first_cells("## Settings") == {field.encode_name for field in msgspec.structs.fields(Release)}


def test_the_page_about_the_release_lists_every_finding() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "src" / "evenfall" / "release").glob("*.py"))
    codes = {*re.findall(r'"(release-[a-z-]+)"', code), "release-build-sdist", "release-build-wheel"}
    assert first_cells("## Findings") == codes - {FOLDER}


def test_the_page_about_github_lists_every_command_with_its_options() -> None:
    listed = {name.removeprefix("evenfall github ") for name in first_cells("# `evenfall github`", GITHUB_PAGE)}
    assert {name for name in listed if not name.isdecimal()} == set(GITHUB_COMMANDS)
    for name in GITHUB_COMMANDS:
        function = name.replace("-", "_")
        command = getattr(import_module(f"evenfall.cli.github_{function}"), function)
        options = {max(option.opts, key=len) for option in command.params} - {"--json"}
        assert first_cells(f"## `evenfall github {name}`", GITHUB_PAGE) == options, name


def test_the_page_about_github_lists_every_setting_with_its_default() -> None:
    assert first_cells("## Settings", GITHUB_PAGE) == {field.encode_name for field in msgspec.structs.fields(GitHub)}
    for field in msgspec.structs.fields(GitHub):
        if isinstance(field.default, bool | int):
            assert f"| `{field.encode_name}` | `{json.dumps(field.default)}` |" in GITHUB_PAGE


def test_the_page_about_github_lists_every_finding_with_its_feature() -> None:
    rows = [
        line.split(" | ") for line in GITHUB_PAGE.partition("## Findings")[2].splitlines() if line.startswith("| `")
    ]
    listed = {row[0].strip("| `"): row[2].strip(" `") for row in rows}
    assert listed == {f"settings/{setting.key}": setting.feature or "" for setting in SETTINGS}


def test_the_page_about_github_lists_every_file_and_session() -> None:
    assert first_cells("## Files", GITHUB_PAGE) == {DEPENDABOT, CODEOWNERS, AUTO_MERGE_FILE, DEPLOYMENT}
    assert first_cells("## Sessions", GITHUB_PAGE) == set(GITHUB_SESSIONS)


def test_the_table_of_differences_lists_every_case() -> None:
    table = (ROOT / "docs" / "reference" / "differences.md").read_text(encoding="utf-8").partition("| --- |")[2]
    listed = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if line.startswith("| ")]
    second = ["difference of the machine", "---", *(difference.title for difference in DIFFERENCES.values())]
    assert listed == [*(case.title for case in CASES.values()), *second]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_has_a_target(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
