"""Two noxfiles for golden files and linters: one with the standard sessions, one with every option."""

from __future__ import annotations

import re
from pathlib import Path

from tests.sample_project import SampleProject, copy

_PYTHONS = """\
requires-python = ">=3.11"
classifiers = ["Programming Language :: Python :: 3.11", "Programming Language :: Python :: 3.12"]
"""

_EVERY_OPTION = """\
evenfall.standard_sessions(
    omit=(
        *("audit", "build", "licenses", "lint", "precommit", "review", "sbom", "secrets", "workflows"),
        *("codeql", "dependency-review", "trufflehog", "scorecard"),
    )
)
evenfall.release_sessions()


@evenfall.session(artifacts=("pictures/", "colors/*.txt", "list.txt"), systems=("ubuntu-latest", "windows-latest"))
@nox.parametrize("color", ["red", "light blue"])
def paint(session, color):
    "Paint."


@evenfall.session(
    requires=("paint", "tests-3.12"),
    workflow=("ci",),
    timeout=25,
    permissions={"pull-requests": "write"},
    environment="staging",
    secrets=("GALLERY_KEY",),
    history=True,
)
def show(session):
    "Show."


@evenfall.session(workflow="cd", events="push")
def announce(session):
    "Announce."


evenfall.hosted_job(
    "dependency-review",
    local="show",
    workflow="ci",
    steps=[("actions/dependency-review-action", {"fail-on-severity": "moderate"})],
    events=("pull_request", "merge_group"),
)
evenfall.hosted_job(
    "codeql",
    local="show",
    workflow="ci",
    steps=[("github/codeql-action/init", {"languages": "python"}), ("github/codeql-action/analyze", {})],
    permissions={"security-events": "write"},
    timeout=30,
)
"""


def standard(template: SampleProject, folder: Path) -> SampleProject:
    """Return a project on two Pythons and all three systems, with the standard sessions and no generated files."""
    made = copy(template, folder)
    text = re.sub(r"requires-python.*\nclassifiers.*\n", _PYTHONS, made.read("pyproject.toml"))
    made.write("pyproject.toml", text.replace('[tool.evenfall]\nsystems = ["ubuntu-latest"]\n', ""))
    made.lock()
    lock = made.read("noxfile.py.lock")
    made.write("noxfile.py.lock", re.sub(r'(?m)^(name = "uv"\nversion = ).*', r'\1"0.13.9"', lock))
    made.run("git", "rm", "--quiet", "-r", ".github")
    return made


def every_option(template: SampleProject, folder: Path) -> SampleProject:
    """Return a project like `standard` whose sessions and hosted jobs use every option, and that has a `prepare` action."""
    made = standard(template, folder)
    made.replace("noxfile.py", "evenfall.standard_sessions()\n", _EVERY_OPTION)
    settings = '\n[tool.evenfall.coverage]\ncodecov = "oidc"\n\n[tool.evenfall.release]\ntrigger = "tag"\n'
    made.write("pyproject.toml", made.read("pyproject.toml") + settings)
    made.write(
        ".github/actions/prepare/action.yml",
        "name: prepare\ndescription: Light the lantern\nruns:\n  using: composite\n  steps:\n"
        "    - shell: bash\n      run: echo light\n",
    )
    return made
