"""The commands in a workspace: they work for the whole workspace, in any of its folders."""

from __future__ import annotations

import pytest

from tests.sample_project import PYTHON, SampleProject, measured

pytestmark = pytest.mark.integration


def test_a_workspace_has_one_pipeline_that_every_command_finds_in_the_folder_of_a_member(
    workspace: SampleProject,
) -> None:
    member = SampleProject(workspace.root / "packages" / "oil")
    for made in (workspace, member):
        status = made.command()
        assert status.returncode == 0, status.stderr
        assert "the workspace of kiosk, lamp, oil" in status.stdout
        assert "current" in status.stdout
    assert member.command("generate", "--check").returncode == 0
    assert f"tests-{PYTHON}(lamp), tests-{PYTHON}(oil)" in member.command("explain", "tests").stdout
    workflow = workspace.read(".github/workflows/ci.yml")
    assert f"          - tests-{PYTHON}(lamp)\n          - tests-{PYTHON}(oil)\n" in workflow
    assert 'run: nox --no-dependencies -s "${{ matrix.job }}"' in workflow


def test_init_in_the_folder_of_a_member_adopts_the_workspace(workspace: SampleProject) -> None:
    done = SampleProject(workspace.root / "packages" / "oil").command("init", "--dry-run", "--source", "nope.whl")
    assert done.returncode == 2
    assert done.stderr.startswith(f"the project is in {workspace.root}\nevenfall: --source nope.whl: not found\n")


def test_a_root_that_is_no_package_has_no_release(workspace: SampleProject) -> None:
    workspace.replace("noxfile.py", "evenfall.standard_sessions()\n", "evenfall.release_sessions()\n")
    done = workspace.command("generate", env=measured())
    assert done.returncode == 2
    assert "release_sessions(): the root of the workspace is not a package" in done.stderr
    done = workspace.command("release", "version")
    assert done.returncode == 2
    assert "next: cd to a member of the workspace" in done.stderr
