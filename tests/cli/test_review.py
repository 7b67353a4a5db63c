from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.sample_project import SampleProject
from tests.supply_chain.index import serving, sha256
from tests.supply_chain.osv import record, write_zip
from tests.supply_chain.review.locks import lock_text, package

pytestmark = pytest.mark.integration

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
def lantern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleProject:
    """A repository whose lock contains oil 1.0. There are advisories about oil 2.0 and about wick."""
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "cache"))
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    made = SampleProject(tmp_path / "lantern")
    made.write("pyproject.toml", PYPROJECT)
    made.write("uv.lock", lock_text(OIL, needs=("oil",)))
    severe = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
    flame = record("PYSEC-1", "oil", events=[{"introduced": "2.0"}, {"fixed": "3.0"}], severity=severe)
    smoke = record("PYSEC-2", "wick", versions=["1.0"], severity=severe)
    write_zip(made.root / "osv.zip", flame, smoke)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("first")
    install(made, "oil", "1.0", "MIT")
    return made


def install(made: SampleProject, name: str, version: str, license: str) -> None:
    """Write the metadata of an installed distribution into the environment of the project."""
    made.write(".gitignore", ".venv\n")
    made.write(".venv/pyvenv.cfg", "home = /usr/bin\n")
    made.write(
        f".venv/lib/python3.11/site-packages/{name}-{version}.dist-info/METADATA",
        f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: {license}\n",
    )


def test_an_unchanged_lock_has_no_changes_and_needs_no_advisories(lantern: SampleProject) -> None:
    (lantern.root / "osv.zip").unlink()
    done = lantern.command("review", "HEAD")
    assert (done.returncode, done.stdout) == (
        0,
        "HEAD..the work tree: no package changed; 0 errors\n",
    ), done.stderr


def test_a_replaced_file_another_index_and_a_lost_wheel_of_the_same_version_are_found(lantern: SampleProject) -> None:
    for changed, code in (
        (OIL.replace("0" * 64, "f" * 64), "review-hash-changed"),
        (OIL.replace("https://pypi.org/simple", "https://example.org/simple"), "review-source-changed"),
        (package("oil", files={}), "review-file-removed"),
    ):
        lantern.write("uv.lock", lock_text(changed, needs=("oil",)))
        done = lantern.command("review", "HEAD", "--offline")
        assert done.returncode == 1, done.stderr
        assert f"uv.lock:11: error [{code}] oil 1.0: " in done.stdout


def test_a_report_contains_versions_licenses_and_new_and_fixed_vulnerabilities(lantern: SampleProject) -> None:
    lantern.write("uv.lock", lock_text(OIL, package("wick"), needs=("oil", "wick")))
    lantern.commit("with a wick")
    install(lantern, "oil", "2.0", "GPL-3.0-only")
    lantern.write("uv.lock", lock_text(package("oil", "2.0"), needs=("oil",)))
    lantern.commit("without")
    done = lantern.command("review", "HEAD~1..HEAD", "--offline")
    assert done.returncode == 1, done.stderr
    assert "upgraded   oil 1.0 -> 2.0  GPL-3.0-only\n" in done.stdout
    assert "removed    wick 1.0\n" in done.stdout
    assert "error [review-vulnerable] oil 2.0: has PYSEC-1, critical 9.8" in done.stdout
    assert "error [license-denied] " in done.stdout
    assert "fixed: PYSEC-2 of wick 1.0 (critical 9.8)\n" in done.stdout
    assert done.stdout.endswith("HEAD~1..HEAD: 1 upgraded, 1 removed; 2 errors\n")
    report = json.loads(lantern.command("review", "HEAD~1..HEAD", "--offline", "--json").stdout)
    assert [(each["package"], each["kind"], each["licenses"]) for each in report["changes"]] == [
        ("oil", "upgraded", ["GPL-3.0-only"]),
        ("wick", "removed", []),
    ]
    assert report["exit_code"] == 1
    summary = lantern.root / "summary.md"
    markdown = lantern.command(
        "review", "HEAD~1..HEAD", "--offline", "--markdown", env={"GITHUB_STEP_SUMMARY": os.fspath(summary)}
    )
    assert markdown.stdout == summary.read_text()
    assert "| upgraded | oil | 1.0 \\-&gt; 2.0 | GPL\\-3.0\\-only | lantern &gt; oil |" in markdown.stdout


def test_missing_advisories_and_metadata_are_inconclusive(lantern: SampleProject) -> None:
    (lantern.root / "osv.zip").unlink()
    lantern.write("uv.lock", lock_text(package("oil", "2.0"), needs=("oil",)))
    done = lantern.command("review", "HEAD", "--offline")
    assert done.returncode == 3, done.stdout
    assert "inconclusive: vulnerabilities: " in done.stdout
    assert "inconclusive: the license of oil 2.0: " in done.stdout


def test_an_invalid_policy_is_a_usage_error(lantern: SampleProject) -> None:
    lantern.write("pyproject.toml", PYPROJECT + 'max-age-days = "many"\n')
    assert lantern.command("review", "HEAD").returncode == 2


def test_the_default_base_is_the_previous_commit_the_branch_point_or_the_target_of_the_pull_request(
    lantern: SampleProject,
) -> None:
    assert lantern.command("review", "--offline").stdout.endswith(
        "\nno earlier lock, so all packages count as new: 1 added; 0 errors\n"
    )
    lantern.commit("second")
    assert lantern.command("review").stdout.startswith("HEAD~1..the work tree: no package")
    lantern.git("update-ref", "refs/remotes/origin/main", "HEAD~1")
    base = lantern.git("rev-parse", "HEAD~1").strip()
    assert lantern.command("review").stdout.startswith(f"{base}..the work tree: ")
    pull_request = lantern.command("review", env={"GITHUB_BASE_REF": "main"})
    assert pull_request.stdout.startswith(f"{base}..the work tree: ")
    unknown = lantern.command("review", env={"GITHUB_BASE_REF": "release"})
    assert (unknown.returncode, "origin/release: " in unknown.stderr) == (3, True)


def test_uncommitted_changes_of_the_lock_are_compared_with_head(lantern: SampleProject) -> None:
    tampered = lock_text(OIL.replace("0" * 64, "f" * 64), needs=("oil",))
    lantern.write("uv.lock", tampered)
    done = lantern.command("review", "--offline")
    assert (done.returncode, "error [review-hash-changed] oil 1.0: " in done.stdout) == (1, True), done.stderr
    assert "git restore --source HEAD uv.lock && uv lock" in done.stdout
    lantern.commit("second")
    assert lantern.command("review", "--offline").stdout.splitlines()[-1].startswith("HEAD~1..the work tree: ")


def test_a_shallow_clone_without_the_base_is_inconclusive(lantern: SampleProject, tmp_path: Path) -> None:
    lantern.commit("second")
    clone = SampleProject(tmp_path / "clone")
    lantern.git("clone", "--quiet", "--depth=1", lantern.root.as_uri(), os.fspath(clone.root))
    clone.git("remote", "remove", "origin")
    done = clone.command("review")
    assert (done.returncode, done.stdout) == (3, "")
    assert "git fetch --unshallow" in done.stderr


def test_a_shallow_clone_without_the_branch_point_is_inconclusive(lantern: SampleProject, tmp_path: Path) -> None:
    lantern.git("checkout", "--quiet", "-b", "feature")
    lantern.commit("second")
    clone = SampleProject(tmp_path / "clone")
    lantern.git("clone", "--quiet", "--depth=1", "--no-single-branch", lantern.root.as_uri(), os.fspath(clone.root))
    done = clone.command("review", env={"GITHUB_BASE_REF": "main"})
    assert (done.returncode, done.stdout) == (3, "")
    assert "where this branch left origin/main: " in done.stderr


def test_a_pull_request_without_a_common_commit_is_compared_with_its_target(lantern: SampleProject) -> None:
    lantern.git("update-ref", "refs/remotes/origin/main", "HEAD")
    lantern.git("checkout", "--quiet", "--orphan", "apart")
    lantern.commit("apart")
    assert lantern.command("review", env={"GITHUB_BASE_REF": "main"}).stdout.startswith(
        "origin/main..the work tree: no package"
    )


def test_the_default_branch_of_the_remote_is_used_if_the_configured_one_is_missing(lantern: SampleProject) -> None:
    first = lantern.git("rev-parse", "HEAD").strip()
    lantern.git("update-ref", "refs/remotes/origin/master", first)
    lantern.commit("second")
    lantern.commit("third")
    done = lantern.command("review")
    assert (done.returncode, done.stdout) == (3, "")
    assert "origin/main: " in done.stderr
    lantern.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/master")
    assert lantern.command("review").stdout.startswith(f"{first}..the work tree: ")


def test_a_branch_without_a_common_commit_with_the_default_branch_has_no_base(lantern: SampleProject) -> None:
    lantern.git("update-ref", "refs/remotes/origin/main", "HEAD")
    lantern.git("checkout", "--quiet", "--orphan", "apart")
    lantern.commit("apart")
    assert lantern.command("review", "--offline").stdout.endswith(
        "\nno earlier lock, so all packages count as new: 1 added; 0 errors\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere",), "'nowhere': "),
        (("HEAD..nowhere",), "'nowhere': "),
        (("--", "--upload-pack=x"), "'--upload-pack=x': "),
        (("..HEAD",), "'..HEAD': expected BASE or BASE..HEAD"),
        (("HEAD..",), "'HEAD..': expected BASE or BASE..HEAD"),
        (("HEAD...HEAD",), "'HEAD...HEAD': expected BASE or BASE..HEAD"),
        (("HEAD", "--json", "--markdown"), "--json and --markdown"),
    ],
)
def test_arguments_that_cannot_be_compared_are_a_usage_error(
    lantern: SampleProject, arguments: tuple[str, ...], message: str
) -> None:
    done = lantern.command("review", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_commit_without_a_lock_can_be_the_base_but_not_the_head(lantern: SampleProject) -> None:
    (lantern.root / "uv.lock").unlink()
    lantern.commit("no lock")
    lantern.write("uv.lock", lock_text(OIL, needs=("oil",)))
    done = lantern.command("review", "HEAD", "--offline")
    assert "; 0 errors" in done.stdout
    assert "1 added" in done.stdout
    assert "warning [review-no-base] " in done.stdout
    done = lantern.command("review", "HEAD~1..HEAD")
    assert (done.returncode, done.stdout, "uv.lock: " in done.stderr) == (2, "", True)


@pytest.mark.parametrize("content", ["version = 1\npackage = 3\n", "not toml", "version = 9\n"])
def test_an_invalid_lock_is_an_error_with_its_revision(lantern: SampleProject, content: str) -> None:
    lantern.write("uv.lock", content)
    lantern.commit("broken")
    lantern.write("uv.lock", lock_text(OIL, needs=("oil",)))
    done = lantern.command("review", "HEAD")
    assert done.returncode == 2
    assert "HEAD:uv.lock:" in done.stderr


def test_old_advisories_are_inconclusive(lantern: SampleProject) -> None:
    os.utime(lantern.root / "osv.zip", (0, 0))
    lantern.write("uv.lock", lock_text(package("oil", "2.0"), needs=("oil",)))
    done = lantern.command("review", "HEAD", "--offline")
    assert done.returncode == 3
    assert "inconclusive: vulnerabilities: advisories: " in done.stdout


def test_what_the_index_says_of_a_new_release_is_found_and_what_it_does_not_say_is_inconclusive(
    lantern: SampleProject,
) -> None:
    wheel, first = "glass-1.1-py3-none-any.whl", lantern.git("rev-parse", "HEAD").strip()
    install(lantern, "glass", "1.1", "MIT")
    with serving() as index:

        def review(*options: str) -> tuple[int, str]:
            index.add(wheel, str(len(index.requests)).encode())  # another hash, because answers are remembered
            locked = package(
                "glass", "1.1", source=f'registry = "{index.registry}"', files={wheel: sha256(index.files[wheel])}
            )
            lantern.write(
                "uv.lock",
                lock_text(OIL, locked.replace("https://files.pythonhosted.org", index.url), needs=("oil", "glass")),
            )
            lantern.commit("upgrade")
            done = lantern.command("review", f"{first}..HEAD", *options)
            return done.returncode, done.stdout

        code, report = review()
        assert (code, "inconclusive: glass 1.1: its index does not list every file" in report) == (3, True), report
        index.project_status["glass"] = ("quarantined", "see lamp")
        code, report = review()
        assert (code, "error [review-project-status] glass 1.1: its project is quarantined" in report) == (1, True), (
            report
        )
        index.status = 500
        code, report = review()
        assert (code, "inconclusive: the status on the index of glass is unknown: " in report) == (3, True), report
        code, report = review("--offline")
        assert (code, "note [review-status-unknown] the status on the index of glass " in report) == (0, True), report


def test_an_invalid_version_in_the_lock_is_an_error(lantern: SampleProject) -> None:
    lantern.write("uv.lock", lock_text(package("oil", "of-the-day"), needs=("oil",)))
    done = lantern.command("review", "HEAD", "--offline")
    assert (done.returncode, done.stdout) == (2, "")
    assert "uv.lock:11: " in done.stderr


def test_a_push_on_github_is_compared_with_the_commit_before_the_push(lantern: SampleProject, tmp_path: Path) -> None:
    first = lantern.git("rev-parse", "HEAD").strip()
    lantern.commit("second")
    lantern.commit("third")
    event = SampleProject(tmp_path).write("event.json", json.dumps({"before": first}))
    pushed = lantern.command("review", env={"GITHUB_EVENT_PATH": os.fspath(event)})
    assert pushed.stdout.startswith(f"{first}..the work tree: ")
    event.write_text(json.dumps({"before": "0" * 40}))
    assert lantern.command("review", "--offline", env={"GITHUB_EVENT_PATH": os.fspath(event)}).stdout.endswith(
        "no earlier lock, so all packages count as new: 1 added; 0 errors\n"
    )
    lantern.git("update-ref", "refs/remotes/origin/main", first)
    assert lantern.command("review", env={"GITHUB_EVENT_PATH": os.fspath(event)}).stdout.startswith(f"{first}..")
    event.write_text(json.dumps({"before": "f" * 40}))
    forced = lantern.command("review", env={"GITHUB_EVENT_PATH": os.fspath(event)})
    assert (forced.returncode, "f" * 40 in forced.stderr) == (3, True)


def test_a_base_whose_lock_git_cannot_read_is_inconclusive(lantern: SampleProject) -> None:
    blob = lantern.git("rev-parse", "HEAD:uv.lock").strip()
    (lantern.root / f".git/objects/{blob[:2]}/{blob[2:]}").unlink()
    done = lantern.command("review", "HEAD")
    assert (done.returncode, "uv.lock" in done.stderr) == (3, True)


def test_a_base_with_a_lock_of_an_early_uv_counts_as_no_base(lantern: SampleProject) -> None:
    now = lantern.read("uv.lock")
    lantern.write("uv.lock", now.replace("[[package]]", "[[distribution]]"))
    lantern.commit("a lock of 2024")
    lantern.write("uv.lock", now)
    assert "warning [review-no-base] " in lantern.command("review", "HEAD", "--offline").stdout


@pytest.mark.parametrize(
    "command", [("review", "HEAD"), ("sbom", "--offline"), ("audit", "--offline", "--sarif=audit.sarif")]
)
def test_a_repository_of_another_user_is_an_error_with_the_message_of_git(
    lantern: SampleProject, command: tuple[str, ...]
) -> None:
    """As in a container."""
    done = lantern.command(*command, env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert done.returncode == 2, done.stdout
    assert "detected dubious ownership in repository at" in done.stderr
    assert "git config --global --add safe.directory" in done.stderr
    assert not (lantern.root / "audit.sarif").exists()


def test_a_lock_without_the_project_is_an_error(lantern: SampleProject) -> None:
    lantern.write("uv.lock", "version = 1\n")
    lantern.commit("not whole")
    for command in (("review", "HEAD"), ("review", "HEAD~1..HEAD"), ("audit",), ("licenses",)):
        done = lantern.command(*command)
        assert (done.returncode, "uv.lock: " in done.stderr) == (2, True)


def test_a_lock_that_is_out_of_date_is_an_error_unless_the_review_fails_anyway(lantern: SampleProject) -> None:
    """uv also rejects a lock that was tampered with, and the findings say what is wrong with it."""
    lantern.replace("pyproject.toml", 'version = "1"\n', 'version = "2"\n')
    done = lantern.evenfall("review", "HEAD")
    assert (done.returncode, "uv.lock: out of date" in done.stderr) == (2, True)
    lantern.write("uv.lock", lock_text(package("oil", files={}), needs=("oil",)))
    done = lantern.evenfall("review", "HEAD")
    assert (done.returncode, "review-file-removed" in done.stdout) == (1, True)
