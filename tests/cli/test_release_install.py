from __future__ import annotations

import json
import sys

import pytest

from evenfall.errors import Exit
from evenfall.findings import Finding, Location
from evenfall.project.pythons import RELEASED
from evenfall.release.install_report import InstalledFile, InstallReport, text
from evenfall.release.manifest import release_folder
from evenfall.release.use_environment import Use
from tests.release.wheels import make_wheel, write_release
from tests.sample_project import PYTHON, SampleProject


@pytest.fixture
def released(project: SampleProject) -> SampleProject:
    make_wheel(release_folder(project.root, "pypi"), {"lamp.py": "import pytest"}, name="lantern")
    write_release(project.root, name="lantern")
    return project


@pytest.mark.integration
def test_the_report_is_printed_as_json(released: SampleProject) -> None:
    done = released.command("release", "install", "--json", f"--python={sys.executable}")
    assert done.returncode == Exit.FINDINGS
    report = json.loads(done.stdout)
    assert [finding["code"] for finding in report["findings"]] == ["release-import-failed"]
    assert "dependency group test" in report["findings"][0]["reason"]
    assert report["installed"][0]["modules"] == ["lamp"]
    assert report["skipped"] == []


@pytest.mark.integration
def test_all_pythons_of_the_project_that_are_installed_are_tested(released: SampleProject) -> None:
    released.replace("pyproject.toml", f':: {PYTHON}"]', f':: {PYTHON}", "Programming Language :: Python :: 3.99"]')
    others = ", ".join(f"!={version}.*" for version in RELEASED if version != PYTHON)
    released.replace("pyproject.toml", f'">={PYTHON}"', f'">={PYTHON}, {others}"')
    done = released.command("release", "install", "--index=pypi")
    assert done.returncode == Exit.FINDINGS
    assert "skipped: Python 3.99 is not installed" in done.stdout


def test_a_named_python_that_is_not_installed_is_an_error(released: SampleProject) -> None:
    assert released.command("release", "install", "--python=3.99").returncode == Exit.UNKNOWN


def test_one_python_of_the_project_must_be_installed(released: SampleProject) -> None:
    released.replace("pyproject.toml", f':: {PYTHON}"]', ':: 3.99"]')
    released.replace("pyproject.toml", f'">={PYTHON}"', '">=3.99"')
    assert released.command("release", "install").returncode == Exit.UNKNOWN


def test_files_that_were_not_built_are_an_error(project: SampleProject) -> None:
    done = project.command("release", "install", "--index=testpypi", f"--python={sys.executable}")
    assert done.returncode == Exit.USAGE
    assert "evenfall release build --index=testpypi" in done.stderr


def test_equal_findings_are_printed_once() -> None:
    findings = tuple(
        Finding(code="release-import-failed", location=Location(path=name), reason="import lamp") for name in "abc"
    )
    installed = InstalledFile(file="a", python="Python 3.11.1", use=Use(findings=findings, modules=("lamp",)))
    report = InstallReport(findings=findings, installed=(installed,), inconclusive=("no index",))
    assert text(report).count("release-import-failed") == 1
    assert "2 other installations" in text(report)
    assert text(report).endswith("1 installation tested, 3 findings")
