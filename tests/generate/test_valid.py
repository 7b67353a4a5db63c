"""Generated files pass the linters and schemas for workflows."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from evenfall.sessions.workflows import unpinned
from tests.generate.noxfiles import every_option, standard
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session", params=[standard, every_option], ids=["standard", "every_option"])
def generated(
    request: pytest.FixtureRequest, template: SampleProject, tmp_path_factory: pytest.TempPathFactory
) -> SampleProject:
    make: Callable[[SampleProject, Path], SampleProject] = request.param
    made = make(template, tmp_path_factory.mktemp("generated") / "lantern")
    done = made.command("generate")
    assert done.returncode == 0, done.stderr
    return made


def tool(name: str) -> str:
    return os.fspath(Path(sysconfig.get_path("scripts"), name))


def workflows(made: SampleProject) -> list[str]:
    return sorted(map(os.fspath, (made.root / ".github/workflows").glob("*.yml")))


def test_actionlint_reports_nothing(generated: SampleProject) -> None:
    done = generated.run(tool("actionlint"), "-shellcheck", tool("shellcheck"), *workflows(generated))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_actionlint_reports_nothing_about_the_inputs_of_actions(generated: SampleProject) -> None:
    """It knows them by tag only."""
    for file in workflows(generated):
        text = Path(file).read_text(encoding="utf-8")
        assert "actions/checkout@v7\n" in unpinned(text)
        copy = generated.write(f"unpinned/{Path(file).name}", unpinned(text))
        done = generated.run(tool("actionlint"), "-shellcheck", tool("shellcheck"), os.fspath(copy))
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def check_schema(schema: str, *files: str) -> None:
    """Run check-jsonschema in this process, and import it here, because it takes seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            sys.modules, "rfc3987_syntax", None
        )  # no such format is in the schemas, and its import takes long
        import check_jsonschema
    result = CliRunner().invoke(check_jsonschema.main, ["--builtin-schema", schema, *files])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"])
def test_workflows_follow_the_schema(generated: SampleProject, schema: str) -> None:
    check_schema(schema, *workflows(generated))


def test_the_action_follows_the_schema(generated: SampleProject) -> None:
    check_schema("vendor.github-actions", os.fspath(generated.root / ".github/actions/nox/action.yml"))


def test_zizmor_finds_nothing_of_medium_severity_or_above(generated: SampleProject) -> None:
    options = ("--offline", "--strict-collection", "--no-progress", "--persona", "pedantic", "--format", "json")
    done = generated.run(tool("zizmor"), *options, ".github")
    findings = [(found["ident"], found["determinations"]["severity"]) for found in json.loads(done.stdout)]
    assert [found for found in findings if found[1] not in ("Informational", "Low")] == []
