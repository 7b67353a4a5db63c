"""`evenfall generate` on a real project: what it writes, what it leaves alone, and what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.generate.files import diff, write
from evenfall.generate.pins import TABLE
from evenfall.generate.yaml import BANNER
from tests.made_project import Made

ACTION = ".github/actions/nox/action.yml"
CI = ".github/workflows/ci.yml"
SECURITY = ".github/workflows/security.yml"
CHECKOUT = TABLE["actions/checkout"]


def check(project: Made) -> str:
    """The difference that `evenfall generate --check` shows; it writes nothing."""
    before = project.git("status", "--porcelain")
    done = project.evenfall("generate", "--check")
    assert done.returncode == (1 if done.stdout else 0), done.stderr
    assert project.git("status", "--porcelain") == before
    return done.stdout


def generate(project: Made) -> list[str]:
    """The files that `evenfall generate` says it wrote."""
    done = project.evenfall("generate")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return [line.removeprefix("wrote ") for line in done.stderr.splitlines() if line.startswith("wrote ")]


def refusal(project: Made, **env: str) -> str:
    """Why `evenfall generate` refuses; nothing is written then."""
    before = project.git("status", "--porcelain")
    done = project.evenfall("generate", env=env)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert project.git("status", "--porcelain") == before
    return done.stderr


def test_a_second_run_writes_nothing(project: Made) -> None:
    files = [project.root / ACTION, project.root / CI]
    before = [file.stat().st_mtime_ns for file in files]
    assert generate(project) == []
    assert check(project) == ""
    assert [file.stat().st_mtime_ns for file in files] == before


def test_check_shows_a_difference_that_git_can_apply(project: Made) -> None:
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


def test_an_updated_pin_in_a_committed_file_is_kept(project: Made) -> None:
    """As Dependabot writes it: every use of the action, with the tag in the comment."""
    bumped = f"actions/checkout@{'b' * 40} # v9.9.9"
    for path in (CI, SECURITY):
        project.replace(path, f"actions/checkout@{CHECKOUT.sha} # {CHECKOUT.version}", bumped)
    assert check(project) == ""
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("build",))')
    assert generate(project) == [CI]
    assert bumped in project.read(CI)
    assert CHECKOUT.sha not in project.read(CI)


def test_a_new_file_takes_its_pins_from_the_table(project: Made) -> None:
    project.replace(CI, CHECKOUT.sha, "b" * 40)
    (project.root / CI).unlink()
    assert generate(project) == [CI]
    assert f"actions/checkout@{CHECKOUT.sha} # {CHECKOUT.version}\n" in project.read(CI)


def test_a_pin_with_a_forged_comment_is_replaced(project: Made) -> None:
    sound = project.read(CI)
    project.replace(CI, f"{CHECKOUT.sha} # {CHECKOUT.version}", f"{'b' * 40} # v1; evil")
    assert f"-      - uses: actions/checkout@{'b' * 40} # v1; evil\n" in check(project)
    assert generate(project) == [CI]
    assert project.read(CI) == sound


def test_files_with_the_line_ends_of_windows_are_current(project: Made) -> None:
    for path in (ACTION, CI, SECURITY):
        text = project.read(path).replace(CHECKOUT.sha, "b" * 40)
        (project.root / path).write_bytes(text.replace("\n", "\r\n").encode())
    assert check(project) == ""


@pytest.mark.parametrize("path", [CI, ACTION])
@pytest.mark.parametrize("content", [b"name: mine\n", b"{[}: not YAML\n\0", b"\xff\xfe\x80"])
def test_a_file_that_was_not_generated_is_not_overwritten(project: Made, path: str, content: bytes) -> None:
    (project.root / path).write_bytes(content)
    assert check(project) != ""
    said = refusal(project)
    assert said.startswith(f"evenfall: {path}: it is not generated, so it is not overwritten\n")
    assert said.endswith(f"next: evenfall init shows the difference and asks; or delete {path}\n")
    assert (project.root / path).read_bytes() == content


@pytest.mark.parametrize("damage", ["", BANNER + "{[}: not YAML\n"])
def test_a_generated_file_that_is_damaged_is_written_anew(project: Made, damage: str) -> None:
    sound = project.read(CI)
    project.write(CI, damage)
    assert check(project) != ""
    assert generate(project) == [CI]
    assert project.read(CI) == sound


def test_the_prepare_action_of_a_project_is_called_first(project: Made) -> None:
    for name in ("action.yml", "action.yaml"):
        prepare = project.write(f".github/actions/prepare/{name}", "name: prepare\n")
        assert "+      uses: ./.github/actions/prepare\n" in check(project)
        prepare.unlink()
    assert check(project) == ""


def test_a_workflow_that_the_noxfile_names_no_more_is_removed_and_one_of_the_users_stays(project: Made) -> None:
    own = project.write(".github/workflows/mine.yml", "name: mine\n")
    session = '\n\n@evenfall.session(workflow="cd")\ndef ship(session):\n    "Ship."\n'
    project.replace("noxfile.py", "standard_sessions()\n", f"standard_sessions()\n{session}")
    assert generate(project) == [".github/workflows/cd.yml"]
    assert check(project) == ""
    project.replace("noxfile.py", session, "")
    assert "--- a/.github/workflows/cd.yml\n+++ /dev/null\n" in check(project)
    generate(project)
    assert check(project) == ""
    assert not (project.root / ".github/workflows/cd.yml").exists()
    assert own.exists()


def test_two_workflows_whose_names_differ_in_capitals_only_are_refused(project: Made) -> None:
    session = '@evenfall.session(workflow="CI")\ndef ship(session):\n    "Ship."\n'
    project.replace("noxfile.py", "standard_sessions()\n", f"standard_sessions()\n\n\n{session}")
    assert "noxfile.py: two workflows are named 'ci' and 'CI'" in refusal(project)


def test_a_missing_lock_of_the_noxfile_is_named_with_the_command_that_makes_it(project: Made) -> None:
    (project.root / "noxfile.py.lock").unlink()
    for mode in ("none", ""):
        said = refusal(project, NOX_SCRIPT_MODE=mode)
        assert "noxfile.py.lock: not found" in said
        assert said.endswith("next: uv lock --script noxfile.py\n")


def test_a_stale_lock_of_the_noxfile_is_named_with_the_command_that_renews_it(project: Made) -> None:
    project.replace("noxfile.py", '"nox"', '"nox", "packaging"')
    said = refusal(project, NOX_SCRIPT_MODE="")
    assert said.startswith("evenfall: noxfile.py.lock: ")
    assert said.endswith("next: uv lock --script noxfile.py\n")


def test_a_lock_of_the_project_that_is_missing_is_named_at_once(project: Made) -> None:
    (project.root / "uv.lock").unlink()
    for arguments in (("generate",), ("generate", "--check"), ()):
        done = project.evenfall(*arguments)
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
def test_nothing_is_generated_from_a_stale_lock_and_the_session_says_so_too(
    project: Made, path: str, old: str, new: str, lock: str, command: str
) -> None:
    (project.root / CI).unlink()
    project.replace(path, old, new)
    said = f"{lock}: it is not what its requirements ask for any more\n  next: {command}"
    assert refusal(project) == f"evenfall: {said}\n"
    check = project.evenfall("generate", "--check")
    assert (check.returncode, check.stdout, check.stderr) == (2, "", f"evenfall: {said}\n")
    assert said in project.nox("-s", "workflows").stdout


def test_a_project_below_the_top_of_its_repository_is_refused(project: Made) -> None:
    """GitHub reads workflows at the top only, so nothing of what would be generated there ever ran."""
    project.git("init", "--quiet", os.fspath(project.root.parent))
    (project.root / ".git").rename(project.root.parent / "git-of-before")
    for arguments in (("generate",), ("generate", "--check"), (), ("init", "--yes")):
        done = project.evenfall(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "it lies inside the git repository" in done.stderr
    assert "it lies inside the git repository" in project.nox("-s", "workflows").stdout


def test_a_lock_without_uv_is_refused(project: Made) -> None:
    project.replace("noxfile.py.lock", 'name = "uv"\nversion', 'name = "vu"\nversion')
    assert "noxfile.py.lock: it does not lock uv" in refusal(project)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("link", [".github", ".github/workflows", CI])
def test_a_link_that_leads_out_of_the_repository_is_refused(project: Made, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    (project.root / link).rename(outside)
    (project.root / link).symlink_to(outside)
    project.replace("noxfile.py", "standard_sessions()", 'standard_sessions(omit=("build",))')
    before = {file: file.read_bytes() for file in [outside, *outside.rglob("*")] if file.is_file()}
    assert "a symbolic link leads out of the repository" in refusal(project)
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_inside_the_repository_is_replaced_and_what_it_led_to_stays(project: Made) -> None:
    sound = project.read(CI)
    other = project.write("other.yml", f"{BANNER}name: other\n")
    (project.root / CI).unlink()
    (project.root / CI).symlink_to(other)
    assert generate(project) == [CI]
    assert (project.read(CI), other.read_text()) == (sound, f"{BANNER}name: other\n")


def test_a_path_that_can_not_be_written_is_named(project: Made) -> None:
    (project.root / CI).unlink()
    project.write(f"{CI}/a-folder-is-here", "")
    project.commit()
    said = refusal(project)
    assert said.startswith(f"evenfall: {CI}: can't be written: ")
    assert said.endswith(f"next: look at {CI}\n")


def test_nothing_is_written_where_one_path_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with pytest.raises(EvenfallError, match="leads out"):
        write(tmp_path / "root", {"a.yml": "a\n", "../b.yml": "b\n"})
    assert [*(tmp_path / "root").iterdir()] == []


def test_a_difference_says_where_the_last_line_does_not_end() -> None:
    assert diff("a", "x", "x\n").splitlines()[-3:] == ["-x", "\\ No newline at end of file", "+x"]
    assert diff("a", "same\n", "same\n") == ""
