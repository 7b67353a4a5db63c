"""`evenfall generate` on a real project: what it does with the guide, and with what is written by hand in it."""

from __future__ import annotations

import sys

import pytest

from evenfall.generate.guide.by_hand import BEGIN, END
from evenfall.generate.guide.deployment import DEPLOYMENT
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

GITHUB = '\n[tool.evenfall.github]\nowners = ["@night"]\nprofile = "solo"\n'
BY_HAND = "\n### Pager\n\nCall the night watch: `oil --now`.\n\n"


@pytest.fixture
def managed(project: SampleProject) -> SampleProject:
    """Return a project whose guide has a section written by hand, committed."""
    project.write("pyproject.toml", project.read("pyproject.toml") + GITHUB)
    assert project.command("generate").returncode == 0
    project.replace(DEPLOYMENT, f"{BEGIN}\n", f"{BEGIN}\n{BY_HAND}")
    project.commit()
    return project


def test_what_is_written_by_hand_is_kept_and_current(managed: SampleProject) -> None:
    assert managed.command("generate", "--check").returncode == 0
    managed.replace("pyproject.toml", 'profile = "solo"', 'profile = "team"')
    done = managed.command("generate", "--check")
    assert (done.returncode, f"--- a/{DEPLOYMENT}\n" in done.stdout) == (1, True)
    assert managed.command("generate").returncode == 0
    assert f"{BEGIN}\n{BY_HAND}{END}\n" in managed.read(DEPLOYMENT)
    assert managed.command("generate", "--check").returncode == 0


def test_with_a_broken_marker_nothing_is_written(managed: SampleProject) -> None:
    managed.replace("pyproject.toml", 'profile = "solo"', 'profile = "team"')
    managed.replace(DEPLOYMENT, END, "")
    before = managed.git("diff")
    for arguments in (("generate",), ("generate", "--check")):
        done = managed.command(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert DEPLOYMENT in done.stderr
    assert managed.git("diff") == before


def test_a_guide_without_its_settings_is_removed_but_not_with_a_text_written_by_hand(managed: SampleProject) -> None:
    managed.replace("pyproject.toml", GITHUB, "")
    assert managed.command("generate").returncode == 2
    assert BY_HAND in managed.read(DEPLOYMENT)
    managed.replace(DEPLOYMENT, BY_HAND, "\n")
    assert managed.command("generate", "--delete").returncode == 0
    assert not (managed.root / DEPLOYMENT).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names of files")
def test_the_name_of_a_hand_written_file_is_printed_on_one_line(managed: SampleProject) -> None:
    managed.write(".github/workflows/a\n::debug::b.yml", "run: gh pr merge --auto\n")
    done = managed.command("generate", "--delete")
    assert "kept your .github/workflows/a ::debug::b.yml; " in done.stderr


def test_a_guide_of_the_projects_own_is_kept(managed: SampleProject) -> None:
    managed.write(DEPLOYMENT, "# Ours\n")
    done = managed.command("generate", "--delete")
    assert (done.returncode, f"kept your {DEPLOYMENT}" in done.stderr) == (0, True)
    assert managed.read(DEPLOYMENT) == "# Ours\n"
    managed.replace("pyproject.toml", GITHUB, "")
    done = managed.command("generate", "--delete")
    assert (done.returncode, "kept your" in done.stderr) == (0, False)
    assert managed.read(DEPLOYMENT) == "# Ours\n"
