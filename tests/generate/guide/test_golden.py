from __future__ import annotations

import functools
import os
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
import tomlkit

from evenfall.cli.main import evenfall
from evenfall.generate.files import generated_files
from evenfall.generate.guide.deployment import DEPLOYMENT
from evenfall.generate.releasing import RELEASING
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import Pipeline
from evenfall.project.project import read_project
from evenfall.project.tools import uv_program
from tests.generate.guide.guides import GITHUB, TABLES, commands
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

GOLDEN = Path(__file__).parents[1] / "golden" / "guide" / "DEPLOYMENT.md"
NOXFILE = '''\
import evenfall

evenfall.standard_sessions()
evenfall.release_sessions()


@evenfall.session(troubleshooting=[("A lamp is out", "Fill `oil`.", ["nox -s lamps -- --fill"])])
def lamps(session):
    """Light the lamps."""
'''
SETTINGS = {
    "github": GITHUB | {"secrets": {"OIL_TOKEN": 90}},
    "coverage": {"codecov": "token"},
    "audit": {"ignore": [{"id": "CVE-2024-1", "reason": "no `oil`", "owner": "night", "expires": "2027-01-31"}]},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pipeline, dict[str, str | None]]:
    """Return the pipeline of a project with every part of the guide, and its generated files."""
    project = SampleProject(tmp_path_factory.mktemp("guide") / "lantern")
    project.write("pyproject.toml", tomlkit.dumps(TABLES | {"tool": {"evenfall": SETTINGS}}))
    project.write("coverage_target.txt", "100.0\n")
    project.write("uv.lock", "version = 1\n")
    project.write("noxfile.py", NOXFILE)
    project.write("noxfile.py.lock", 'name = "uv"\nversion = "0.13.9"\n')
    project.git("init", "--quiet")
    pipeline = read_pipeline(project.root)
    return pipeline, generated_files(read_project(project.root), pipeline)


def test_the_guide_equals_the_golden_file(made: tuple[Pipeline, dict[str, str | None]]) -> None:
    """After an intended change: UPDATE_GOLDEN=1 pytest tests/generate/guide/test_golden.py, then read the difference."""
    text = made[1][DEPLOYMENT]
    assert text is not None
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(text, encoding="utf-8", newline="\n")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_every_command_in_the_guides_exists(made: tuple[Pipeline, dict[str, str | None]]) -> None:
    pipeline, files = made
    found = [shlex.split(command) for path in (DEPLOYMENT, RELEASING) for command in commands(files[path] or "")]
    assert {command[0] for command in found if "=" not in command[0]} == {"evenfall", "gh", "git", "nox", "uv", "uvx"}
    for program, *arguments in found:
        if program == "evenfall":
            parse(arguments)
        if program == "uv":
            words = [word for word in arguments if word.isalpha() and word.islower() and word != "patch"]
            options = {word.partition("=")[0] for word in arguments if word.startswith("-")}
            assert options <= uv_options(" ".join(words)), arguments
        if program == "nox":
            assert arguments[0] == "-s"
            names = arguments[1 : arguments.index("--") if "--" in arguments else None]
            assert all(name in pipeline.by_name or name == "NAME" for name in names), arguments


@functools.cache
def uv_options(command: str) -> set[str]:
    """Return the options of a command of uv. Raises `CalledProcessError` for a command that does not exist."""
    done = subprocess.run([uv_program(), *command.split(), "--help"], capture_output=True, text=True, check=True)
    return set(re.findall(r"--[a-z-]+", done.stdout))


def parse(arguments: list[str]) -> None:
    """Parse the arguments of `evenfall` without running the command. Raises `click.UsageError` for one that does not exist."""
    command: click.Command = evenfall
    context = click.Context(command, info_name="evenfall")
    while isinstance(command, click.Group) and arguments:
        name, *arguments = arguments
        found = command.get_command(context, name)
        assert found is not None, name
        command = found
    command.make_context(command.name, arguments, parent=context)


@pytest.mark.parametrize("arguments", [["audit", "--updates"], ["release", "verify", "--index=other"], ["run", "-q"]])
def test_a_command_with_another_option_does_not_exist(arguments: list[str]) -> None:
    with pytest.raises(click.UsageError):
        parse(arguments)
