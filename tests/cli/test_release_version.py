from __future__ import annotations

import json

import pytest

from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration


def test_the_tag_and_the_commands_that_make_it_are_printed(project: SampleProject) -> None:
    done = project.command("release", "version", "--offline")
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'git tag -a "v1.0" -m "Release v1.0"' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        (["--tag=v1.0.0"], {}, ["release-tag-spelling"]),
        (["--tag=v2.0"], {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1.0"}, ["release-tag-version"]),
        ([], {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v2.0"}, ["release-tag-version"]),
        ([], {"GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "v2.0"}, []),
        (["--index=testpypi"], {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v2.0"}, []),
        ([], {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v2.0", "GITHUB_EVENT_NAME": "workflow_dispatch"}, []),
    ],
)
def test_the_tag_is_that_of_the_option_or_of_the_event(
    project: SampleProject, arguments: list[str], variables: dict[str, str], expected: list[str]
) -> None:
    done = project.command("release", "version", "--offline", "--json", *arguments, env=variables)
    report = json.loads(done.stdout)
    assert [finding["code"] for finding in report["findings"]] == expected
    assert done.returncode == report["exit_code"] == int(bool(expected))
    assert report["project_version"] == "1.0"


def test_findings_and_what_is_unknown_are_printed(project: SampleProject) -> None:
    project.write("pyproject.toml", project.read("pyproject.toml") + INDEX)
    done = project.command("release", "version")
    assert done.returncode == 1
    assert "[release-uncommitted]" in done.stdout
    assert "inconclusive: http://127.0.0.1:1/" in done.stdout
    project.commit()
    assert project.command("release", "version").returncode == 3


INDEX = """
[[tool.uv.index]]
name = "pypi"
url = "http://127.0.0.1:1/simple"
publish-url = "http://127.0.0.1:1/upload"
"""
