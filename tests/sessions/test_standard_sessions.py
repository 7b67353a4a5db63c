from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.pipeline.load import read_pipeline
from evenfall.sessions import github, hosted_jobs
from evenfall.sessions.standard import SESSION_NAMES
from tests.sample_project import PYTHON, SampleProject

pytestmark = pytest.mark.integration


def test_nox_lists_each_session_with_a_short_description(project: SampleProject) -> None:
    listed = [line for line in project.nox("-l").stdout.splitlines() if line.startswith("* ")]
    assert [line.split()[1] for line in listed] == [
        f"tests-{PYTHON}",
        "coverage",
        "lint",
        "precommit",
        "build",
        "workflows",
    ]
    for line in listed:
        description = line.partition(" -> ")[2]
        assert description.endswith(".")
        assert len(description) <= 75


def test_a_noxfile_imports_nothing_slow_that_only_the_body_of_a_session_needs(project: SampleProject) -> None:
    slow = ("evenfall.generate", "evenfall.release", "evenfall.results", "httpx", "ruamel.yaml", "tomlkit")
    program = f"import evenfall, sys\nevenfall.standard_sessions()\nprint({{*{slow}}} & {{*sys.modules}})"
    assert project.run(sys.executable, "-c", program).stdout == "set()\n"


def test_standard_sessions_can_be_omitted(project: SampleProject) -> None:
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("lint", "build"))')
    output = project.nox("-l").stdout
    assert "* lint" not in output
    assert "* build" not in output
    assert "* precommit" in output


def test_a_project_that_is_no_package_has_no_session_build_and_no_release(project: SampleProject) -> None:
    project.replace(
        "pyproject.toml", "[tool.uv.build-backend]", "[tool.uv]\npackage = false\n\n[tool.uv.build-backend]"
    )
    names = {session.name for session in read_pipeline(project.root).sessions}
    assert names == {*SESSION_NAMES} - {"build"}
    project.replace("noxfile.py", "standard_sessions()", "release_sessions()")
    with pytest.raises(EvenfallError, match=r"release_sessions\(\): the project is not a package"):
        read_pipeline(project.root)


@pytest.mark.parametrize(
    ("omitted", "suggestion"),
    [
        ("lnit", "did you mean 'lint'?"),
        ("qqq", f"expected one of: {', '.join((*SESSION_NAMES, *github.SESSIONS, *hosted_jobs.NAMES))}"),
    ],
)
def test_omitting_an_unknown_session_is_an_error_with_a_suggestion(
    project: SampleProject, omitted: str, suggestion: str
) -> None:
    project.replace("noxfile.py", "standard_sessions()", f'standard_sessions(omit=("{omitted}",))')
    done = project.nox("-l")
    assert done.returncode == 2
    assert (
        f"noxfile.py: omit contains {omitted!r}, which is not a standard session; {suggestion}\n  next: correct omit="
        in done.stdout
    )


def test_another_session_can_run_on_the_pythons_of_the_project(project: SampleProject) -> None:
    project.replace(
        "noxfile.py",
        "evenfall.standard_sessions()",
        "@evenfall.session(python=evenfall.pythons())\ndef smoke(session):\n    pass\n",
    )
    project.replace("pyproject.toml", f'classifiers = ["Programming Language :: Python :: {PYTHON}"]', "")
    project.replace("pyproject.toml", f'requires-python = ">={PYTHON}"', 'requires-python = ">=3.11,<3.14"')
    output = project.nox("-l").stdout
    assert [line.split()[1] for line in output.splitlines() if line.startswith("* ")] == [
        "smoke-3.11",
        "smoke-3.12",
        "smoke-3.13",
    ]


def test_a_missing_tool_of_the_noxfiles_environment_is_reported_with_the_requirement(
    project: SampleProject, tmp_path: Path
) -> None:
    """The environment has Nox and Evenfall, but not the extra `evenfall[sessions]`."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    python = tmp_path / "env" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    line = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    Path(done.stdout.strip(), "other.pth").write_text(line, encoding="utf-8")
    done = project.run(str(python), "-m", "nox", "-s", "build")
    assert done.returncode == 1
    assert f"twine: not installed in the environment that runs Evenfall ({tmp_path / 'env'})" in done.stderr
    assert (
        'next: write "evenfall[sessions]" in the header of noxfile.py, then: uv lock --script noxfile.py' in done.stderr
    )


def test_a_project_with_settings_of_github_refreshes_its_tools_weekly(project: SampleProject) -> None:
    table = '\n[tool.evenfall.github]\nowners = ["@octocat"]\nprofile = "solo"\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + table)
    assert "refresh-tools" in project.nox("-l").stdout
    done = project.nox("-s", "refresh-tools", env={"GITHUB_ACTIONS": "true"})
    assert done.returncode
    assert "evenfall github refresh-tools --propose" in done.stdout
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("refresh-tools",))')
    assert "refresh-tools" not in project.nox("-l").stdout


def test_the_settings_of_github_are_checked_in_ci_only_with_a_token_of_their_own(project: SampleProject) -> None:
    table = '\n[tool.evenfall.github]\nowners = ["@octocat"]\nprofile = "solo"\n'
    before = project.read("pyproject.toml")
    project.write("pyproject.toml", before + table)
    assert "settings" in read_pipeline(project.root).local
    done = project.nox("-s", "settings", env={"GH_TOKEN": "", "GITHUB_TOKEN": ""})
    assert done.returncode == 1
    assert "inconclusive: evenfall github plan could not find out" in done.stdout
    project.write("pyproject.toml", before + table + 'token-secret = "SETTINGS_TOKEN"\n')
    facts = read_pipeline(project.root).by_name["settings"].facts
    assert (facts.workflows, facts.events) == (("security",), ("weekly", "manual"))
    assert facts.secrets == ("SETTINGS_TOKEN",)


def test_updates_are_merged_only_if_the_settings_allow_it_and_only_in_a_pull_request(project: SampleProject) -> None:
    table = '\n[tool.evenfall.github]\nowners = ["@octocat"]\nprofile = "solo"\ntoken-secret = "MERGE_TOKEN"\n'
    table += 'merge-methods = ["rebase"]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + table)
    project.replace("pyproject.toml", "[tool.evenfall]", '[tool.evenfall]\ndefault-branch = "trunk"')
    facts = read_pipeline(project.root).by_name["auto-merge"].facts
    assert (facts.workflows, facts.secrets) == (("auto-merge",), ("GITHUB_TOKEN", "MERGE_TOKEN"))
    commands = ("gh pr checkout NUMBER", "evenfall review trunk..HEAD", "gh pr merge NUMBER --rebase")
    assert facts.troubleshooting[0].commands == commands
    done = project.nox("-s", "auto-merge", env={"GITHUB_EVENT_PATH": ""})
    assert done.returncode == 1
    assert "GITHUB_EVENT_PATH" in done.stdout
    project.replace("pyproject.toml", "merge-methods", "auto-merge = false\nmerge-methods")
    pipeline = read_pipeline(project.root)
    assert "auto-merge" not in (*pipeline.by_name, *pipeline.local)
