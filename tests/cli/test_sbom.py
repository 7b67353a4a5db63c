from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.errors import Exit
from tests.sample_project import SampleProject
from tests.supply_chain.sbom.sample import LOCK, component

pytestmark = pytest.mark.integration

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "lantern"
version = "1.0"
authors = [{ name = "Ada" }]

[[tool.uv.index]]
url = "https://index.example.org/simple"
"""
CURRENT_LOCK = LOCK.replace("user:secret@", "")  # uv writes no credentials
WICK = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "wick"
dynamic = ["version"]
"""

PROJECT_ONLY = 'version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "lantern"\nversion = "1.0"\nsource = { editable = "." }\n'
DISTRIBUTIONS = ("crypt 3", "left-behind 1", "oil 2.0", "probe 0.1", "server 5")


@pytest.fixture
def lantern(tmp_path: Path) -> SampleProject:
    """A project without a commit, whose locked packages are in no index."""
    made = SampleProject(tmp_path / "lantern")
    made.write("pyproject.toml", PYPROJECT)
    made.write("uv.lock", CURRENT_LOCK)
    made.write("parts/wick/pyproject.toml", WICK)
    return made


def install(made: SampleProject, *distributions: str, folder: str = "env") -> Path:
    """Write a virtual environment with the metadata of each `name version`."""
    for each in distributions:
        name, version = each.split(" ")
        site_packages = f"{folder}/lib/python3.11/site-packages/{name.replace('-', '_')}-{version}.dist-info"
        made.write(
            f"{site_packages}/METADATA", f"Name: {name}\nVersion: {version}\nLicense-Expression: MIT\nAuthor: Bo\n\n"
        )
    made.write(f"{folder}/pyvenv.cfg", "")
    return made.root / folder


def sbom(made: SampleProject, *options: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return made.command("sbom", *options, env=env)


def upgrade(made: SampleProject) -> None:
    made.replace("uv.lock", 'name = "crypt"\nversion = "3"', 'name = "crypt"\nversion = "3.1"')
    made.replace("uv.lock", "crypt-3-", "crypt-3.1-")


def test_the_document_on_stdout_contains_the_metadata_of_the_packages(lantern: SampleProject) -> None:
    done = sbom(lantern, f"--python={install(lantern, *DISTRIBUTIONS)}")
    assert (done.returncode, done.stderr) == (Exit.FINE, "")
    document = json.loads(done.stdout)
    assert document["specVersion"] == "1.6"
    assert {each["supplier"]["name"] for each in document["components"] if each["name"] != "wick"} == {"Bo"}
    assert "timestamp" not in document["metadata"], "there is no commit"


def test_metadata_is_read_from_the_environment_of_the_project_by_default(lantern: SampleProject) -> None:
    install(lantern, *DISTRIBUTIONS, folder=".venv")
    assert sbom(lantern).returncode == Exit.FINE


def test_a_license_that_only_a_license_file_states_is_in_the_document(lantern: SampleProject) -> None:
    environment = install(lantern, *DISTRIBUTIONS)
    info = "env/lib/python3.11/site-packages/oil-2.0.dist-info"
    lantern.replace(f"{info}/METADATA", "License-Expression: MIT\n", "")
    lantern.write(f"{info}/licenses/LICENSE", "Apache License\nVersion 2.0\n\nTERMS AND CONDITIONS FOR USE\n")
    document = json.loads(sbom(lantern, f"--python={environment}").stdout)
    assert component(document, "oil")["licenses"] == [{"license": {"acknowledgement": "concluded", "id": "Apache-2.0"}}]


def test_missing_metadata_is_inconclusive_and_nothing_is_written(lantern: SampleProject) -> None:
    environment = install(lantern, *(each for each in DISTRIBUTIONS if each != "probe 0.1"))
    done = sbom(lantern, f"--python={environment}", "--output=sbom.cdx.json")
    assert (done.returncode, done.stdout) == (Exit.UNKNOWN, "")
    assert "inconclusive: the license and supplier of probe are unknown (" in done.stderr
    assert not (lantern.root / "sbom.cdx.json").exists()


def test_offline_missing_metadata_is_a_warning(lantern: SampleProject) -> None:
    done = sbom(lantern, "--offline")
    assert done.returncode == Exit.FINE
    assert "the license and supplier of crypt are unknown (" in done.stderr
    assert ", and those of 4 more packages" in done.stderr
    done = sbom(lantern, "--offline", f"--python={install(lantern, *DISTRIBUTIONS[1:])}")
    assert "more packages" not in done.stderr
    assert not any(each.get("licenses") for each in json.loads(done.stdout)["components"] if each["name"] == "crypt")


def test_missing_metadata_of_a_package_that_is_built_from_a_folder_is_no_warning(lantern: SampleProject) -> None:
    lantern.write("parts/wick/pyproject.toml", f"{WICK}classifiers = 1\n")
    done = sbom(lantern, "--offline", f"--python={install(lantern, *DISTRIBUTIONS)}")
    assert (done.returncode, done.stderr) == (Exit.FINE, "")


def test_the_document_is_written_into_a_new_folder_and_agrees_with_the_lock(lantern: SampleProject) -> None:
    done = sbom(lantern, "--offline", "--output=out/lantern.json")
    assert (done.returncode, done.stdout) == (Exit.FINE, "")
    assert f"wrote {Path('out/lantern.json')}" in done.stderr
    assert [file.name for file in (lantern.root / "out").iterdir()] == ["lantern.json"]
    done = sbom(lantern, "--check", "--output=out/lantern.json")
    assert (done.returncode, done.stdout) == (Exit.FINE, "")


def test_by_default_the_document_of_the_project_is_checked_from_any_of_its_folders(lantern: SampleProject) -> None:
    sbom(lantern, "--offline", "--output=sbom.cdx.json")
    (lantern.root / "docs").mkdir()
    done = sbom(SampleProject(lantern.root / "docs"), "--check")
    assert (done.returncode, done.stderr) == (Exit.FINE, f"{Path('../sbom.cdx.json')} agrees with uv.lock\n")


def test_in_the_folder_of_a_workspace_member_the_document_describes_the_member(lantern: SampleProject) -> None:
    member = '[[package]]\nname = "stand"\nversion = "1"\nsource = { editable = "stand" }\ndependencies = [{ name = "oil" }]\n'
    lantern.write("uv.lock", f'{lantern.read("uv.lock")}\n{member}\n[manifest]\nmembers = ["lantern", "stand"]\n')
    build_system, _, _ = PYPROJECT.partition("[project]")
    lantern.write("pyproject.toml", f'{PYPROJECT}\n[tool.uv.workspace]\nmembers = ["stand"]\n')
    lantern.write("stand/pyproject.toml", f'{build_system}[project]\nname = "stand"\nversion = "1"\nlicense = "MIT"\n')
    stand = SampleProject(lantern.root / "stand")
    sbom(stand, "--offline", "--output=sbom.cdx.json")
    document = json.loads(stand.read("sbom.cdx.json"))
    assert document["metadata"]["component"]["name"] == "stand"
    assert [each["name"] for each in document["components"]] == ["oil"]
    assert sbom(stand, "--check").returncode == Exit.FINE


def test_a_dash_means_stdout_and_cannot_be_checked(lantern: SampleProject) -> None:
    done = sbom(lantern, "--offline", "--output=-")
    assert (done.returncode, json.loads(done.stdout)["bomFormat"]) == (Exit.FINE, "CycloneDX")
    assert not (lantern.root / "-").exists()
    done = sbom(lantern, "--check", "--output=-")
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")


def test_a_path_that_cannot_be_written_is_an_error_and_leaves_no_file(lantern: SampleProject) -> None:
    (lantern.root / "out").mkdir()
    for path in ("out", "uv.lock/x"):
        done = sbom(lantern, "--offline", f"--output={path}")
        assert done.returncode == Exit.USAGE
        assert f"evenfall: {Path(path)}: " in done.stderr
    assert not list(lantern.root.glob(".out*"))


def test_a_changed_version_in_the_lock_fails_the_check(lantern: SampleProject) -> None:
    sbom(lantern, "--offline", "--output=sbom.cdx.json")
    upgrade(lantern)
    done = sbom(lantern, "--check")
    assert done.returncode == Exit.FINDINGS
    assert done.stdout.startswith("sbom.cdx.json: crypt: error [sbom-stale] ")
    assert done.stdout.endswith("\n  next: evenfall sbom --output sbom.cdx.json\n")
    done = sbom(lantern, "--check", "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["exit_code"]) == (Exit.FINDINGS, Exit.FINDINGS)
    assert [(each["code"], each["key"]) for each in result["findings"]] == [("sbom-stale", "crypt")]


def test_a_runtime_document_is_checked_as_one(lantern: SampleProject) -> None:
    sbom(lantern, "--offline", "--runtime", "--output=run time.json")
    assert sbom(lantern, "--check", "--runtime", "--output=run time.json").returncode == Exit.FINE
    done = sbom(lantern, "--check", "--output=run time.json", "--json")
    assert "probe" in {each["key"] for each in json.loads(done.stdout)["findings"]}
    upgrade(lantern)
    done = sbom(lantern, "--check", "--runtime", "--output=run time.json")
    assert "next: evenfall sbom --runtime --output 'run time.json'" in done.stdout


@pytest.mark.parametrize("option", ["--installed=x", "--json"])
def test_options_of_the_check_need_check(lantern: SampleProject, option: str) -> None:
    assert sbom(lantern, option).returncode == Exit.USAGE


@pytest.mark.skipif(os.name == "nt", reason="Windows finds programs outside of PATH")
def test_a_document_has_no_time_without_git(lantern: SampleProject) -> None:
    done = sbom(lantern, "--offline", env={"PATH": str(lantern.root)})
    assert (done.returncode, "timestamp" in json.loads(done.stdout)["metadata"]) == (Exit.FINE, False)


def timestamp(made: SampleProject, epoch: str = "") -> str:
    done = sbom(made, "--offline", env={"SOURCE_DATE_EPOCH": epoch})
    return str(json.loads(done.stdout)["metadata"]["timestamp"])


def test_the_time_is_that_of_the_last_commit_or_source_date_epoch(lantern: SampleProject) -> None:
    lantern.git("init", "--quiet")
    lantern.commit()
    seconds = int(lantern.git("log", "-1", "--format=%ct"))
    assert timestamp(lantern) == datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()
    assert timestamp(lantern, "86400") == "1970-01-02T00:00:00+00:00"


def test_a_commit_after_the_year_9999_has_the_last_time_that_a_document_can_contain(lantern: SampleProject) -> None:
    lantern.git("init", "--quiet")
    lantern.commit()
    commit = lantern.git("cat-file", "commit", "HEAD")
    seconds = lantern.git("log", "-1", "--format=%ct").strip()
    lantern.write(".git/far", commit.replace(f"> {seconds} ", "> 999999999999 "))
    lantern.git("update-ref", "HEAD", lantern.git("hash-object", "-w", "-t", "commit", ".git/far").strip())
    assert timestamp(lantern) == "9999-12-31T23:59:59+00:00"


@pytest.mark.parametrize("epoch", ["tomorrow", "-1", "9" * 30, "²"])
def test_an_invalid_source_date_epoch_is_an_error(lantern: SampleProject, epoch: str) -> None:
    done = sbom(lantern, "--offline", env={"SOURCE_DATE_EPOCH": epoch})
    assert (done.returncode, "SOURCE_DATE_EPOCH: " in done.stderr) == (Exit.USAGE, True)


def test_a_lock_with_too_many_packages_is_an_error(lantern: SampleProject) -> None:
    package = '\n[[package]]\nname = "x{}"\nversion = "1"\nsource = {{ registry = "https://pypi.org/simple" }}\n'
    lantern.write("uv.lock", PROJECT_ONLY + "".join(package.format(number) for number in range(5000)))
    for option in ("--offline", "--check"):
        done = sbom(lantern, option)
        assert (done.returncode, "uv.lock: 5001 packages" in done.stderr) == (Exit.USAGE, True)


def test_a_project_without_dependencies_needs_no_metadata(lantern: SampleProject) -> None:
    lantern.write("uv.lock", PROJECT_ONLY)
    done = sbom(lantern)
    assert (done.returncode, done.stderr) == (Exit.FINE, "")


def test_every_distribution_that_cyclonedx_py_finds_in_an_environment_must_be_in_the_document(
    lantern: SampleProject,
) -> None:
    sbom(lantern, "--offline", "--output=sbom.cdx.json")
    done = sbom(lantern, "--check", f"--installed={sys.executable}", "--json")
    findings = json.loads(done.stdout)["findings"]
    assert {each["code"] for each in findings} == {"sbom-incomplete"}
    assert "cyclonedx-bom" in {each["key"] for each in findings}

    lantern.uv("venv", "--quiet", "--python", sys.executable, "empty")
    assert sbom(lantern, "--check", "--installed=empty").returncode == Exit.UNKNOWN
    (site,) = [*lantern.root.glob("empty/lib/python3*/site-packages"), *lantern.root.glob("empty/Lib/site-packages")]
    (site / "oil-2.0.dist-info").mkdir()
    (site / "oil-2.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: oil\nVersion: 2.0\n\n")
    assert sbom(lantern, "--check", "--installed=empty").returncode == Exit.FINE
    assert sbom(lantern, "--check", "--installed=none").returncode == Exit.USAGE
    lantern.write("broken/bin/python", "not a program")
    done = sbom(lantern, "--check", "--installed=broken/bin/python")
    assert (done.returncode, "cyclonedx-py environment broken/bin/python" in done.stderr) == (Exit.UNKNOWN, True)
