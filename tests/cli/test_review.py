"""`evenfall review` on real repositories, with advisories of the test's own."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.made_project import Made, on_one_python
from tests.supply_chain.osv import record, write_zip
from tests.supply_chain.review.locks import package, text

pytestmark = on_one_python

PYPROJECT = """\
[project]
name = "lantern"
version = "1"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.evenfall.audit]
database = "osv.zip"
"""
OIL = package("oil")


@pytest.fixture
def lantern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A project whose lock holds oil 1.0, committed; of oil 2.0 on, and of wick, something is known."""
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "cache"))
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    made = Made(tmp_path / "lantern")
    made.write("pyproject.toml", PYPROJECT)
    made.write("uv.lock", text(OIL, needs=("oil",)))
    severe = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
    flame = record("PYSEC-1", "oil", events=[{"introduced": "2.0"}, {"fixed": "3.0"}], severity=severe)
    smoke = record("PYSEC-2", "wick", versions=["1.0"], severity=severe)
    write_zip(made.root / "osv.zip", flame, smoke)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("first")
    installed(made, "oil", "1.0", "MIT")
    return made


def installed(made: Made, name: str, version: str, license: str) -> None:
    """An environment that has it, as far as metadata go."""
    made.write(".gitignore", ".venv\n")
    made.write(".venv/pyvenv.cfg", "home = /usr/bin\n")
    made.write(
        f".venv/lib/python3.11/site-packages/{name}-{version}.dist-info/METADATA",
        f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: {license}\n",
    )


def test_a_lock_that_is_as_it_was_brings_nothing(lantern: Made) -> None:
    done = lantern.evenfall("review", "HEAD")
    assert (done.returncode, done.stdout) == (
        0,
        "HEAD..the work tree: no package came, went or changed; 0 errors\n",
    ), done.stderr


def test_a_swapped_hash_a_changed_index_and_a_lost_wheel_are_found_though_every_version_stays(lantern: Made) -> None:
    for swapped, code in (
        (OIL.replace("0" * 64, "f" * 64), "review-hash-changed"),
        (OIL.replace("https://pypi.org/simple", "https://example.org/simple"), "review-source-changed"),
        (package("oil", files={}), "review-wheel-gone"),
    ):
        lantern.write("uv.lock", text(swapped, needs=("oil",)))
        done = lantern.evenfall("review", "HEAD")
        assert done.returncode == 1, done.stderr
        assert f"uv.lock:11: error [{code}] oil 1.0: " in done.stdout


def test_what_comes_is_told_with_its_vulnerabilities_its_license_and_what_is_mended(lantern: Made) -> None:
    lantern.write("uv.lock", text(OIL, package("wick"), needs=("oil", "wick")))
    lantern.commit("with a wick")
    installed(lantern, "oil", "2.0", "GPL-3.0-only")
    lantern.write("uv.lock", text(package("oil", "2.0"), needs=("oil",)))
    lantern.commit("without")
    done = lantern.evenfall("review", "HEAD~1..HEAD")
    assert done.returncode == 1, done.stderr
    assert "upgraded   oil 1.0 -> 2.0  GPL-3.0-only\n" in done.stdout
    assert "removed    wick 1.0\n" in done.stdout
    assert "error [review-vulnerable] oil 2.0: it brings PYSEC-1, critical 9.8" in done.stdout
    assert "error [license-denied] " in done.stdout
    assert "mended: PYSEC-2 of wick 1.0 (critical 9.8)\n" in done.stdout
    assert done.stdout.endswith("HEAD~1..HEAD: 1 upgraded, 1 removed; 2 errors\n")
    told = json.loads(lantern.evenfall("review", "HEAD~1..HEAD", "--json").stdout)
    assert [(each["package"], each["kind"], each["licenses"]) for each in told["changes"]] == [
        ("oil", "upgraded", ["GPL-3.0-only"]),
        ("wick", "removed", []),
    ]
    assert told["exit_code"] == 1
    summary = lantern.root / "summary.md"
    shown = lantern.evenfall("review", "HEAD~1..HEAD", "--markdown", env={"GITHUB_STEP_SUMMARY": os.fspath(summary)})
    assert shown.stdout == summary.read_text()
    assert "| upgraded | oil | 1.0 \\-&gt; 2.0 | GPL\\-3.0\\-only | lantern &gt; oil |" in shown.stdout


def test_without_advisories_or_metadata_nobody_knows(lantern: Made) -> None:
    (lantern.root / "osv.zip").unlink()
    lantern.write("uv.lock", text(package("oil", "2.0"), needs=("oil",)))
    done = lantern.evenfall("review", "HEAD", "--offline")
    assert done.returncode == 3, done.stdout
    assert "not found out: vulnerabilities: " in done.stdout
    assert "not found out: the license of oil 2.0: " in done.stdout


def test_a_policy_that_is_wrong_is_not_taken_for_missing_data(lantern: Made) -> None:
    lantern.write("pyproject.toml", PYPROJECT + 'max-age-days = "many"\n')
    assert lantern.evenfall("review", "HEAD").returncode == 2


def test_the_base_is_what_a_push_from_here_would_add_to(lantern: Made) -> None:
    """The commit before on the default branch; where the branch began on another one; the target of a pull request."""
    assert lantern.evenfall("review", "--offline").stdout.endswith("\nnothing..the work tree: 1 added; 0 errors\n")
    lantern.commit("second")
    assert lantern.evenfall("review").stdout.startswith("HEAD~1..the work tree: no package")
    lantern.git("update-ref", "refs/remotes/origin/main", "HEAD~1")
    base = lantern.git("rev-parse", "HEAD~1").strip()
    assert lantern.evenfall("review").stdout.startswith(f"{base}..the work tree: ")
    pulled = lantern.evenfall("review", env={"GITHUB_BASE_REF": "main"})
    assert pulled.stdout.startswith(f"{base}..the work tree: ")
    unknown = lantern.evenfall("review", env={"GITHUB_BASE_REF": "release"})
    assert unknown.returncode == 3
    assert "origin/release: it is not in this clone, so nobody can say what changed" in unknown.stderr


def test_a_shallow_clone_says_that_it_does_not_reach_the_base(lantern: Made, tmp_path: Path) -> None:
    lantern.commit("second")
    clone = Made(tmp_path / "clone")
    lantern.git("clone", "--quiet", "--depth=1", lantern.root.as_uri(), os.fspath(clone.root))
    clone.git("remote", "remove", "origin")
    done = clone.evenfall("review")
    assert (done.returncode, done.stdout) == (3, "")
    assert "git fetch --unshallow" in done.stderr


def test_a_clone_that_does_not_hold_where_the_branch_left_says_so(lantern: Made, tmp_path: Path) -> None:
    lantern.git("checkout", "--quiet", "-b", "feature")
    lantern.commit("second")
    clone = Made(tmp_path / "clone")
    lantern.git("clone", "--quiet", "--depth=1", "--no-single-branch", lantern.root.as_uri(), os.fspath(clone.root))
    done = clone.evenfall("review", env={"GITHUB_BASE_REF": "main"})
    assert (done.returncode, done.stdout) == (3, "")
    assert "where this branch left origin/main: it is not in this clone" in done.stderr


def test_a_pull_request_that_shares_nothing_with_its_target_is_compared_with_that(lantern: Made) -> None:
    lantern.git("update-ref", "refs/remotes/origin/main", "HEAD")
    lantern.git("checkout", "--quiet", "--orphan", "apart")
    lantern.commit("apart")
    assert lantern.evenfall("review", env={"GITHUB_BASE_REF": "main"}).stdout.startswith(
        "origin/main..the work tree: no package"
    )


def test_the_remotes_own_default_branch_counts_where_the_settings_name_none(lantern: Made) -> None:
    first = lantern.git("rev-parse", "HEAD").strip()
    lantern.git("update-ref", "refs/remotes/origin/master", first)
    lantern.commit("second")
    lantern.commit("third")
    done = lantern.evenfall("review")
    assert (done.returncode, done.stdout) == (3, "")
    assert "origin/main: it is not in this clone, so nobody can say where this branch began" in done.stderr
    lantern.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/master")
    assert lantern.evenfall("review").stdout.startswith(f"{first}..the work tree: ")


def test_a_branch_that_shares_nothing_with_the_default_one_is_compared_with_its_own_past(lantern: Made) -> None:
    lantern.git("update-ref", "refs/remotes/origin/main", "HEAD")
    lantern.git("checkout", "--quiet", "--orphan", "apart")
    lantern.commit("apart")
    assert lantern.evenfall("review", "--offline").stdout.endswith("\nnothing..the work tree: 1 added; 0 errors\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere",), "'nowhere': no commit of that name"),
        (("HEAD..nowhere",), "'nowhere': no commit of that name"),
        (("--", "--upload-pack=x"), "'--upload-pack=x': no commit of that name"),
        (("..HEAD",), "'..HEAD': it is not BASE or BASE..HEAD"),
        (("HEAD..",), "'HEAD..': it is not BASE or BASE..HEAD"),
        (("HEAD...HEAD",), "'HEAD...HEAD': it is not BASE or BASE..HEAD"),
        (("HEAD", "--json", "--markdown"), "--json and --markdown both want stdout"),
    ],
)
def test_what_can_t_be_compared_is_told(lantern: Made, arguments: tuple[str, ...], says: str) -> None:
    done = lantern.evenfall("review", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_commit_without_a_lock_is_an_empty_base_and_no_head(lantern: Made) -> None:
    (lantern.root / "uv.lock").unlink()
    lantern.commit("no lock")
    lantern.write("uv.lock", text(OIL, needs=("oil",)))
    said = lantern.evenfall("review", "HEAD").stdout
    assert "1 added" in said
    assert (
        "warning [review-no-base] HEAD has no uv.lock here that holds a project, so nothing that is locked could be compared"
        in said
    )
    done = lantern.evenfall("review", "HEAD~1..HEAD")
    assert (done.returncode, "uv.lock: HEAD has none" in done.stderr) == (2, True)


@pytest.mark.parametrize("content", ["version = 1\npackage = 3\n", "not toml", "version = 9\n"])
def test_a_lock_that_can_t_be_read_is_named_with_its_revision(lantern: Made, content: str) -> None:
    lantern.write("uv.lock", content)
    lantern.commit("broken")
    lantern.write("uv.lock", text(OIL, needs=("oil",)))
    done = lantern.evenfall("review", "HEAD")
    assert done.returncode == 2
    assert "HEAD:uv.lock: " in done.stderr


def test_advisories_that_are_too_old_say_nothing(lantern: Made) -> None:
    os.utime(lantern.root / "osv.zip", (0, 0))
    done = lantern.evenfall("review", "HEAD")
    assert done.returncode == 3
    assert "not found out: vulnerabilities: advisories: " in done.stdout


def test_a_version_that_is_none_is_the_locks_fault(lantern: Made) -> None:
    lantern.write("uv.lock", text(package("oil", "of-the-day"), needs=("oil",)))
    done = lantern.evenfall("review", "HEAD", "--offline")
    assert (done.returncode, done.stdout) == (2, "")
    assert "uv.lock:11: 'of-the-day' of oil is no version" in done.stderr


def test_on_github_a_push_is_compared_with_what_the_branch_was_before(lantern: Made, tmp_path: Path) -> None:
    """A push may hold many commits."""
    first = lantern.git("rev-parse", "HEAD").strip()
    lantern.commit("second")
    lantern.commit("third")
    event = Made(tmp_path).write("event.json", json.dumps({"before": first}))
    pushed = lantern.evenfall("review", env={"GITHUB_EVENT_PATH": os.fspath(event)})
    assert pushed.stdout.startswith(f"{first}..the work tree: ")
    event.write_text(json.dumps({"before": "0" * 40}))
    assert lantern.evenfall("review", env={"GITHUB_EVENT_PATH": os.fspath(event)}).stdout.endswith(
        "nothing..the work tree: 1 added; 0 errors\n"
    )
    lantern.git("update-ref", "refs/remotes/origin/main", first)
    assert lantern.evenfall("review", env={"GITHUB_EVENT_PATH": os.fspath(event)}).stdout.startswith(f"{first}..")
    event.write_text(json.dumps({"before": "f" * 40}))
    forced = lantern.evenfall("review", env={"GITHUB_EVENT_PATH": os.fspath(event)})
    assert (forced.returncode, "nobody can say what changed" in forced.stderr) == (3, True)


def test_a_base_whose_lock_git_can_t_read_is_no_empty_lock(lantern: Made) -> None:
    blob = lantern.git("rev-parse", "HEAD:uv.lock").strip()
    (lantern.root / f".git/objects/{blob[:2]}/{blob[2:]}").unlink()
    done = lantern.evenfall("review", "HEAD")
    assert (done.returncode, "uv.lock" in done.stderr) == (3, True)


def test_a_base_whose_lock_an_early_uv_wrote_is_no_empty_lock(lantern: Made) -> None:
    now = lantern.read("uv.lock")
    lantern.write("uv.lock", now.replace("[[package]]", "[[distribution]]"))
    lantern.commit("as it was written in 2024")
    lantern.write("uv.lock", now)
    said = lantern.evenfall("review", "HEAD").stdout
    assert "warning [review-no-base] HEAD has no uv.lock here that holds a project" in said


@pytest.mark.parametrize("verb", [("review", "HEAD"), ("sbom", "--offline"), ("audit", "--sarif=audit.sarif")])
def test_that_git_refuses_anothers_repository_is_told_in_its_words(lantern: Made, verb: tuple[str, ...]) -> None:
    """As in a container. What git is asked for is not taken for absent."""
    done = lantern.evenfall(*verb, env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert done.returncode == 2, done.stdout
    assert "detected dubious ownership in repository at" in done.stderr
    assert "git config --global --add safe.directory" in done.stderr
    assert not (lantern.root / "audit.sarif").exists()


def test_a_lock_without_the_project_is_not_whole(lantern: Made) -> None:
    lantern.write("uv.lock", "version = 1\n")
    lantern.commit("not whole")
    for verb in (("review", "HEAD"), ("review", "HEAD~1..HEAD"), ("audit",), ("licenses",)):
        done = lantern.evenfall(*verb)
        assert (done.returncode, "uv.lock: it holds no project of its own" in done.stderr) == (2, True)
