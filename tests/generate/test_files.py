"""`evenfall generate` on a real project: what it writes, what it keeps, and what it rejects."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.generate.files import diff, write_files
from evenfall.generate.pins import TABLE
from evenfall.pipeline.marker import MARKER
from tests.sample_project import SampleProject, measured
from tests.terminal import in_terminal

pytestmark = pytest.mark.integration

ACTION = ".github/actions/nox/action.yml"
OTHER_ACTION = ".github/actions/evenfall-nox/action.yml"
CI = ".github/workflows/ci.yml"
OTHER_CI = ".github/workflows/evenfall-ci.yml"
SECURITY = ".github/workflows/security.yml"
RELEASING = "docs/RELEASING.md"
CHECKOUT = TABLE["actions/checkout"]


def check(project: SampleProject) -> str:
    """Return the difference that `evenfall generate --check` prints; it writes nothing."""
    before = project.git("status", "--porcelain")
    done = project.command("generate", "--check")
    assert done.returncode == (1 if done.stdout else 0), done.stderr
    assert project.git("status", "--porcelain") == before
    return done.stdout


def generate(project: SampleProject) -> list[str]:
    """Return the files that `evenfall generate` reports as written."""
    done = project.command("generate")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return [line.removeprefix("wrote ") for line in done.stderr.splitlines() if line.startswith("wrote ")]


def refusal(project: SampleProject) -> str:
    """Return the error of `evenfall generate`, which writes nothing."""
    before = project.git("status", "--porcelain")
    done = project.command("generate")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert project.git("status", "--porcelain") == before
    return done.stderr


def test_a_second_run_writes_nothing(project: SampleProject) -> None:
    files = [project.root / ACTION, project.root / CI]
    before = [file.stat().st_mtime_ns for file in files]
    assert generate(project) == []
    assert check(project) == ""
    assert [file.stat().st_mtime_ns for file in files] == before


def test_check_prints_a_difference_that_git_can_apply(project: SampleProject) -> None:
    project.write(
        "noxfile.py", project.read("noxfile.py").replace("standard_sessions()", 'standard_sessions(omit=("build",))')
    )
    (project.root / ACTION).unlink()
    project.write(CI, project.read(CI).rstrip("\n"))
    difference = check(project)
    assert f"--- /dev/null\n+++ b/{ACTION}\n" in difference
    assert f"--- a/{CI}\n+++ b/{CI}\n" in difference
    assert "\n-        run: nox --no-dependencies -s build\n" in difference
    patch = project.write("drift.patch", difference)
    project.git("apply", os.fspath(patch))
    assert check(project) == ""


def test_a_pin_that_dependabot_updated_is_kept(project: SampleProject) -> None:
    bumped = f"actions/checkout@{'b' * 40} # v9.9.9"
    for path in (CI, SECURITY):
        project.replace(path, f"actions/checkout@{CHECKOUT.sha} # {CHECKOUT.version}", bumped)
    assert check(project) == ""
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("build",))')
    assert generate(project) == [CI]
    assert bumped in project.read(CI)
    assert CHECKOUT.sha not in project.read(CI)


def test_a_new_file_takes_its_pins_from_the_table(project: SampleProject) -> None:
    project.replace(CI, CHECKOUT.sha, "b" * 40)
    (project.root / CI).unlink()
    assert generate(project) == [CI]
    assert f"actions/checkout@{CHECKOUT.sha} # {CHECKOUT.version}\n" in project.read(CI)


def test_a_pin_with_a_forged_comment_is_replaced(project: SampleProject) -> None:
    sound = project.read(CI)
    project.replace(CI, f"{CHECKOUT.sha} # {CHECKOUT.version}", f"{'b' * 40} # v1; evil")
    assert f"-      - uses: actions/checkout@{'b' * 40} # v1; evil\n" in check(project)
    assert generate(project) == [CI]
    assert project.read(CI) == sound


def test_files_with_windows_line_ends_are_current(project: SampleProject) -> None:
    for path in (ACTION, CI, SECURITY):
        text = project.read(path).replace(CHECKOUT.sha, "b" * 40)
        (project.root / path).write_bytes(text.replace("\n", "\r\n").encode())
    assert check(project) == ""


@pytest.mark.parametrize("content", [b"name: mine\n", b"{[}: not YAML\n\0", b"\xff\xfe\x80"])
def test_a_file_that_was_not_generated_stays_and_the_generated_one_has_another_name(
    project: SampleProject, content: bytes
) -> None:
    (project.root / CI).write_bytes(content)
    (project.root / ACTION).write_bytes(content)
    assert generate(project) == [OTHER_ACTION, OTHER_CI, SECURITY]
    assert check(project) == ""
    assert "name: All Evenfall CI checks pass\n" in project.read(OTHER_CI)
    for path in (CI, ACTION):
        assert (project.root / path).read_bytes() == content


@pytest.mark.parametrize("own", ["CI.yaml", "tests.yml"])
def test_a_workflow_of_the_same_name_keeps_its_name(project: SampleProject, own: str) -> None:
    """GitHub would cancel runs of the one for runs of the other, because the name is in the concurrency group."""
    (project.root / CI).unlink()
    project.write(f".github/workflows/{own}", "name: 'ci' # checks\non: push\njobs: {}\n")
    assert generate(project) == [OTHER_CI]


def test_a_file_of_the_other_name_that_was_not_generated_is_not_overwritten(project: SampleProject) -> None:
    for path in (CI, OTHER_CI):
        project.write(path, "name: mine\n")
    assert refusal(project).startswith(f"evenfall: {OTHER_CI}: not a generated file, so it is not overwritten\n")


def test_a_workflow_gets_its_name_back_only_with_consent_and_keeps_its_pins(project: SampleProject) -> None:
    generated = project.read(CI)
    project.write(CI, "name: mine\n")
    generate(project)
    bumped = f"actions/checkout@{'b' * 40} # v9.9.9"
    for path in (OTHER_CI, SECURITY):
        project.replace(path, f"actions/checkout@{CHECKOUT.sha} # {CHECKOUT.version}", bumped)
    (project.root / CI).unlink()
    assert f"--- a/{OTHER_CI}\n+++ /dev/null\n" in check(project)
    assert f"{OTHER_CI}: renamed to ci.yml, and its required check has another name" in refusal(project)
    assert not (project.root / CI).exists()
    done = project.command("generate", "--delete")
    assert f"removed {OTHER_CI}\n" in done.stderr
    assert project.read(CI) == generated.replace(f"actions/checkout@{CHECKOUT.sha} # {CHECKOUT.version}", bumped)


def test_a_noxfile_without_sessions_is_an_error_and_removes_nothing(project: SampleProject) -> None:
    project.replace("noxfile.py", "evenfall.standard_sessions()\n", "")
    assert "it declares no session for CI" in refusal(project)


@pytest.mark.parametrize("damage", ["", MARKER + "{[}: not YAML\n"])
def test_a_damaged_generated_file_is_replaced(project: SampleProject, damage: str) -> None:
    sound = project.read(CI)
    project.write(CI, damage)
    assert check(project) != ""
    assert generate(project) == [CI]
    assert project.read(CI) == sound


def test_the_nox_action_calls_the_prepare_action_of_the_project(project: SampleProject) -> None:
    for name in ("action.yml", "action.yaml"):
        prepare = project.write(f".github/actions/prepare/{name}", "name: prepare\n")
        assert "+      uses: ./.github/actions/prepare\n" in check(project)
        prepare.unlink()
    assert check(project) == ""


def test_a_generated_workflow_without_sessions_is_removed_and_other_workflows_stay(project: SampleProject) -> None:
    own = project.write(".github/workflows/mine.yml", "name: mine\n")
    session = '\n\n@evenfall.session(workflow="cd")\ndef ship(session):\n    "Ship."\n'
    project.replace("noxfile.py", "standard_sessions()\n", f"standard_sessions()\n{session}")
    assert generate(project) == [".github/workflows/cd.yml"]
    assert check(project) == ""
    project.replace("noxfile.py", session, "")
    assert "--- a/.github/workflows/cd.yml\n+++ /dev/null\n" in check(project)
    assert "evenfall generate --delete" in refusal(project)
    assert project.command("generate", "--delete").returncode == 0
    assert check(project) == ""
    assert not (project.root / ".github/workflows/cd.yml").exists()
    assert own.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_on_a_terminal_it_asks_before_it_removes_a_file(project: SampleProject) -> None:
    stray = project.write(".github/workflows/cd.yml", f"{MARKER}name: CD\n")
    command = (sys.executable, "-m", "evenfall", "generate")
    exit_code, output = in_terminal(project, *command, env=measured(), typed="n\n")
    assert (exit_code, stray.exists()) == (1, True), output
    assert ".github/workflows/cd.yml: no longer generated" in output
    exit_code, output = in_terminal(project, *command, env=measured(), typed="y\n")
    assert (exit_code, stray.exists()) == (0, False), output


def test_instructions_for_releases_are_generated_and_removed_with_the_sessions(project: SampleProject) -> None:
    project.replace("noxfile.py", "standard_sessions()\n", "standard_sessions()\nevenfall.release_sessions()\n")
    assert generate(project) == [".github/workflows/cd.yml", RELEASING]
    assert check(project) == ""
    project.replace("noxfile.py", "evenfall.release_sessions()\n", "")
    assert f"--- a/{RELEASING}\n+++ /dev/null\n" in check(project)
    assert project.command("generate", "--delete").returncode == 0
    assert not (project.root / RELEASING).exists()


def test_instructions_for_releases_of_the_project_stay(project: SampleProject) -> None:
    own = project.write(RELEASING, "# How we release\n")
    project.replace("noxfile.py", "standard_sessions()\n", "standard_sessions()\nevenfall.release_sessions()\n")
    done = project.command("generate")
    assert (done.returncode, "wrote .github/workflows/cd.yml\n" in done.stderr) == (0, True)
    assert f"kept your {RELEASING}" in done.stderr
    assert check(project) == ""
    assert own.read_text() == "# How we release\n"


def test_every_job_checks_out_the_history_if_the_version_comes_from_a_tag(project: SampleProject) -> None:
    project.build_with("hatchling.build", "hatchling", "hatch-vcs")
    project.replace("pyproject.toml", 'version = "1.0"', 'dynamic = ["version"]')
    project.replace("pyproject.toml", "[tool.isort]", '[tool.hatch.version]\nsource = "vcs"\n\n[tool.isort]')
    project.git("tag", "v2.5")
    project.lock()
    assert CI in generate(project)
    text = project.read(CI)
    assert text.count("fetch-depth: 0") == text.count("uses: actions/checkout@")


def test_two_workflows_whose_names_differ_only_in_case_are_rejected(project: SampleProject) -> None:
    session = '@evenfall.session(workflow="CI")\ndef ship(session):\n    "Ship."\n'
    project.replace("noxfile.py", "standard_sessions()\n", f"standard_sessions()\n\n\n{session}")
    assert "noxfile.py: two workflows are named 'ci' and 'CI'" in refusal(project)


def test_a_missing_noxfile_lock_is_reported_with_the_command_that_creates_it(project: SampleProject) -> None:
    (project.root / "noxfile.py.lock").unlink()
    error = refusal(project)
    assert "noxfile.py.lock: not found" in error
    assert error.endswith("next: uv lock --script noxfile.py\n")


def test_a_missing_project_lock_is_reported_with_the_command_that_creates_it(project: SampleProject) -> None:
    (project.root / "uv.lock").unlink()
    for arguments in (("generate",), ("generate", "--check"), ()):
        done = project.command(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("evenfall: uv.lock: not found in ")
        assert done.stderr.endswith("next: uv lock\n")


@pytest.mark.parametrize(
    ("path", "old", "new", "lock", "command"),
    [
        ("pyproject.toml", '"pytest"]', '"pytest", "six"]', "uv.lock", "uv lock"),
        ("noxfile.py", '"nox"', '"nox", "six"', "noxfile.py.lock", "uv lock --script noxfile.py"),
    ],
)
def test_a_stale_lock_is_rejected_by_the_command_and_by_the_session(
    project: SampleProject, path: str, old: str, new: str, lock: str, command: str
) -> None:
    (project.root / CI).unlink()
    project.replace(path, old, new)
    error = refusal(project)
    assert error.startswith(f"evenfall: {lock}: ")
    assert error.endswith(f"\n  next: {command}\n")
    check = project.command("generate", "--check")
    assert (check.returncode, check.stdout, check.stderr) == (2, "", error)
    assert error.removeprefix("evenfall: ").rstrip() in project.nox("-s", "workflows").stdout


def test_a_project_below_the_top_of_its_repository_is_rejected(project: SampleProject) -> None:
    """GitHub would never run a workflow that was generated there."""
    project.git("init", "--quiet", os.fspath(project.root.parent))
    (project.root / ".git").rename(project.root.parent / "git-of-before")
    for arguments in (("generate",), ("generate", "--check"), (), ("init", "--yes")):
        done = project.command(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "the top of " in done.stderr
    assert "not the top of its git repository" in project.nox("-s", "workflows").stdout


def test_a_noxfile_lock_without_uv_is_rejected(project: SampleProject) -> None:
    project.replace("noxfile.py.lock", 'name = "uv"\nversion', 'name = "vu"\nversion')
    assert "noxfile.py.lock: does not lock uv" in refusal(project)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("link", [".github", ".github/workflows", CI])
def test_a_link_that_leads_out_of_the_repository_is_rejected(project: SampleProject, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    (project.root / link).rename(outside)
    (project.root / link).symlink_to(outside)
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("build",))')
    before = {file: file.read_bytes() for file in [outside, *outside.rglob("*")] if file.is_file()}
    assert "a symbolic link leads out of the repository" in refusal(project)
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_inside_the_repository_is_replaced_and_its_target_stays(project: SampleProject) -> None:
    sound = project.read(CI)
    other = project.write("other.yml", f"{MARKER}name: other\n")
    (project.root / CI).unlink()
    (project.root / CI).symlink_to(other)
    assert generate(project) == [CI]
    assert (project.read(CI), other.read_text()) == (sound, f"{MARKER}name: other\n")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_files_behind_a_linked_github_folder_are_refused(project: SampleProject) -> None:
    """GitHub would not run the workflows."""
    (project.root / ".github").rename(project.root / "ci")
    (project.root / ".github").symlink_to("ci")
    project.replace(CI, "name: CI\n", "name: ci\n")
    assert f"{CI}: .github is a symbolic link, and GitHub does not read what is behind it" in refusal(project)


def test_a_path_that_can_not_be_written_is_reported(project: SampleProject) -> None:
    (project.root / CI).unlink()
    project.write(f"{CI}/a-folder-is-here", "")
    project.commit()
    assert refusal(project).startswith(f"evenfall: {CI}: can't be written: ")


def test_nothing_is_written_if_one_path_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with pytest.raises(EvenfallError, match="leads out"):
        write_files(tmp_path / "root", {"a.yml": "a\n", "../b.yml": "b\n"})
    assert [*(tmp_path / "root").iterdir()] == []


def test_a_difference_marks_a_last_line_without_an_end() -> None:
    assert diff("a", "x", "x\n").splitlines()[-3:] == ["-x", "\\ No newline at end of file", "+x"]
    assert diff("a", "same\n", "same\n") == ""


def test_a_setting_of_uv_that_stops_dependabot_is_a_warning(project: SampleProject) -> None:
    table = (
        '[tool.evenfall.github]\nowners = ["@octocat"]\nprofile = "solo"\n\n[tool.uv]\nrequired-version = ">=0.12"\n'
    )
    project.write("pyproject.toml", f"{project.read('pyproject.toml')}\n{table}")
    done = project.command("generate")
    assert done.returncode == 0, done.stderr
    assert "warning: pyproject.toml: tool.uv.required-version" in done.stderr
