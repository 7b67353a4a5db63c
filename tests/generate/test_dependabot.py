from __future__ import annotations

from pathlib import Path
from typing import Any

import check_jsonschema
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from evenfall.generate.dependabot import dependabot_text, dependabot_warnings
from evenfall.project.pyproject import Pyproject


def pyproject(**uv: object) -> Pyproject:
    return Pyproject({"tool": {"uv": uv}})


def updates(root: Path, **uv: object) -> dict[str, dict[str, Any]]:
    """Return the update of each ecosystem."""
    text = dependabot_text(root, pyproject(**uv))
    return {update["package-ecosystem"]: update for update in YAML(typ="safe").load(text)["updates"]}


def test_the_ecosystems_are_those_of_the_repository(tmp_path: Path) -> None:
    assert list(updates(tmp_path)) == ["github-actions"]
    (tmp_path / "uv.lock").touch()
    (tmp_path / ".pre-commit-config.yaml").write_text("repos: [{repo: local, hooks: []}]\n")
    assert list(updates(tmp_path)) == ["uv", "github-actions"]
    (tmp_path / ".pre-commit-config.yaml").write_text(
        "repos: [{repo: 'https://example.org/hooks', rev: v1, hooks: []}]\n"
    )
    assert list(updates(tmp_path)) == ["uv", "github-actions", "pre-commit"]


def test_the_composite_actions_of_the_repository_are_updated(tmp_path: Path) -> None:
    action = tmp_path / ".github" / "actions" / "nox" / "action.yml"
    action.parent.mkdir(parents=True)
    action.touch()
    assert updates(tmp_path)["github-actions"]["directories"] == ["/", "/.github/actions/nox"]


def test_updates_come_on_monday_at_three_in_one_pull_request_and_at_most_five(tmp_path: Path) -> None:
    update = updates(tmp_path)["github-actions"]
    assert 'time: "03:00"' in dependabot_text(tmp_path, pyproject())  # Dependabot's YAML 1.1 takes 03:00 for a number
    assert update["schedule"] == {"interval": "weekly", "day": "monday", "time": "03:00", "timezone": "Etc/UTC"}
    assert update["open-pull-requests-limit"] == 5
    assert update["groups"] == {"minor-and-patch": {"update-types": ["minor", "patch"]}}
    assert update["cooldown"] == {"default-days": 7}


def test_the_file_is_valid_for_dependabot(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").touch()
    file = tmp_path / "dependabot.yml"
    file.write_text(dependabot_text(tmp_path, pyproject()), encoding="utf-8")
    options = ["--builtin-schema", "vendor.dependabot", str(file)]
    result = CliRunner().invoke(check_jsonschema.main, options)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("uv", "number"),
    [
        ({}, 0),
        ({"required-version": ">=0.9"}, 0),
        ({"required-version": "0.11.31"}, 0),
        ({"required-version": "0.13.9"}, 1),
        ({"required-version": ">=0.12"}, 1),
        ({"required-version": "new"}, 0),
        ({"exclude-newer": "2026-01-01"}, 1),
        ({"exclude-newer": "7 days"}, 0),
    ],
)
def test_settings_of_uv_that_stop_dependabot_are_warnings(uv: dict[str, str], number: int) -> None:
    assert len(list(dependabot_warnings(pyproject(**uv)))) == number
