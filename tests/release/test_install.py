from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Severity
from evenfall.release import install
from evenfall.release.index import IndexUrls
from evenfall.release.install import InstallRequest, RequirementRequest
from evenfall.release.install_report import InstallReport
from evenfall.release.manifest import release_folder
from tests.release.wheels import lamp_project, make_wheel, write_release
from tests.supply_chain.osv import Loopback

pytestmark = pytest.mark.integration

HERE = Path(sys.executable)
PYPROJECT = """\
[build-system]
requires = ["uv_build>=0.9,<1"]
build-backend = "uv_build"

[project]
name = "lamp"
version = "1.0"

[project.scripts]
lamp = "lamp:main"

[project.gui-scripts]
lamp-window = "lamp:main"

[project.entry-points.lights]
oil = "lamp"
"""


def build(root: Path) -> Path:
    """Build a project with uv and return the folder of its release."""
    files = {"pyproject.toml": PYPROJECT, "src/lamp/__init__.py": "def main() -> None: ...\n", "src/lamp/oil.py": ""}
    for path, text in files.items():
        file = root / "lamp" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    folder = release_folder(root, "pypi")
    subprocess.run([find_uv_bin(), "build", "--quiet", "--out-dir", folder, root / "lamp"], check=True)
    return write_release(root)


def wheel(root: Path, files: Mapping[str, str], *, metadata: str = "", entry_points: str = "") -> Path:
    """Write a release with nothing but a wheel, and return its folder."""
    make_wheel(release_folder(root, "pypi"), files, metadata=metadata, entry_points=entry_points)
    return write_release(root)


def check(folder: Path, python: Path = HERE, **project: Any) -> InstallReport:
    """Check the release in a folder, of a project with these settings."""
    made = lamp_project(folder.parent / "project", **project)
    return install.check_installation(
        InstallRequest(folder=folder, project=made, pythons=(python,), progress=lambda line: None)
    )


def codes(report: InstallReport) -> list[str]:
    return [finding.code for finding in report.findings]


def serve(loopback: Loopback, *paths: Path, name: str = "lamp", index: str = "simple") -> str:
    """Serve wheels with their metadata as the only files of a project, and return the address of the index."""
    links = ""
    for path in paths:
        loopback.page(f"/files/{path.name}", path.read_bytes())
        with zipfile.ZipFile(path) as archive:
            metadata = next(member for member in archive.namelist() if member.endswith("METADATA"))
            loopback.page(f"/files/{path.name}.metadata", archive.read(metadata))
        links += f'<a href="/files/{path.name}" data-core-metadata="true">{path.name}</a>'
    page = f"<!DOCTYPE html><html><body>{links}</body></html>"
    loopback.page(f"/{index}/{name}/", page.encode(), content_type="text/html")
    return f"{loopback.address}/{index}/"


def test_wheel_and_sdist_of_a_good_project_pass(tmp_path: Path) -> None:
    report = check(build(tmp_path))
    assert codes(report) == []
    assert report.exit_code == Exit.FINE
    assert [each.file for each in report.installed] == [
        "release-files/pypi/lamp-1.0-py3-none-any.whl",
        "release-files/pypi/lamp-1.0.tar.gz",
    ]
    for each in report.installed:
        assert each.use.modules == ("lamp",)
        assert each.use.scripts == ("lamp --help",)
        assert set(each.use.entry_points) == {"console_scripts: lamp", "gui_scripts: lamp-window", "lights: oil"}


def test_an_sdist_without_a_module_of_the_wheel_is_found(tmp_path: Path) -> None:
    folder = build(tmp_path)
    sdist = folder / "lamp-1.0.tar.gz"
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "sdist", filter="data")
    (tmp_path / "sdist/lamp-1.0/src/lamp/oil.py").rename(tmp_path / "sdist/lamp-1.0/src/lamp/gas.py")
    with tarfile.open(sdist, "w:gz") as archive:
        archive.add(tmp_path / "sdist/lamp-1.0", "lamp-1.0")
    report = check(write_release(tmp_path))
    assert codes(report) == ["release-sdist-differs", "release-sdist-differs"]
    assert "lamp/oil.py" in report.findings[0].reason
    assert "lamp/gas.py" in report.findings[1].reason


def test_an_sdist_may_be_alone(tmp_path: Path) -> None:
    folder = build(tmp_path)
    (folder / "lamp-1.0-py3-none-any.whl").unlink()
    report = check(write_release(tmp_path), smoke=[])
    assert codes(report) == []
    assert len(report.installed) == 1


def test_an_sdist_that_does_not_build_is_found(tmp_path: Path) -> None:
    folder = wheel(tmp_path, {"lamp.py": ""})
    source = tmp_path / "lamp-1.0"
    source.mkdir()
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "missing"\nbackend-path = ["."]\n'
    )
    with tarfile.open(folder / "lamp-1.0.tar.gz", "w:gz") as archive:
        archive.add(source, "lamp-1.0")
    report = check(write_release(tmp_path))
    assert codes(report) == ["release-install-failed"]
    assert report.findings[0].location.path.endswith("lamp-1.0.tar.gz")
    assert report.findings[0].location.key.startswith("Python 3.")
    assert len(report.installed) == 1


def test_a_wheel_that_is_compiled_for_another_python_is_skipped(tmp_path: Path) -> None:
    make_wheel(release_folder(tmp_path, "pypi"), {"lamp.py": ""}, tag="cp38-cp38-linux_x86_64")
    report = check(write_release(tmp_path))
    assert codes(report) == []
    assert len(report.skipped) == 1
    assert report.exit_code == Exit.UNKNOWN


def test_a_pure_wheel_for_another_python_is_found(tmp_path: Path) -> None:
    make_wheel(release_folder(tmp_path, "pypi"), {"lamp.py": ""}, tag="py2-none-any")
    assert codes(check(write_release(tmp_path))) == ["release-install-failed"]


def test_a_dependency_from_an_index_that_does_not_answer_is_inconclusive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    report = check(wheel(tmp_path, {"lamp.py": ""}, metadata="Requires-Dist: not-cached-anywhere\n"))
    assert codes(report) == []
    assert report.exit_code == Exit.UNKNOWN
    assert len(report.inconclusive) == 1


def test_a_dependency_that_the_index_does_not_have_is_found(
    tmp_path: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{loopback.address}/simple")
    report = check(wheel(tmp_path, {"lamp.py": ""}, metadata="Requires-Dist: not-on-any-index\n"))
    assert codes(report) == ["release-install-failed"]


def test_a_dependency_that_only_the_workspace_has_must_be_released_first(
    tmp_path: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{loopback.address}/simple")
    folder = wheel(tmp_path, {"lamp.py": ""}, metadata="Requires-Dist: lamp.wick\n")
    packages = (("lamp", "."), ("lamp-wick", "wick"), ("wick", "other"))
    lock = "".join(f'[[package]]\nname = "{name}"\nsource = {{ editable = "{path}" }}\n' for name, path in packages)
    lamp_project(folder.parent / "project")
    (folder.parent / "project" / "uv.lock").write_text(f"version = 1\n{lock}")
    (found,) = check(folder).findings
    assert found.code == "release-install-failed"
    assert "release lamp-wick first" in found.fix


def test_a_python_that_does_not_work_is_inconclusive(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.touch(mode=0o755)
    folder = wheel(tmp_path, {"lamp.py": ""})
    report = check(folder, python=broken)
    assert report.exit_code == Exit.UNKNOWN


def test_hosts_of_plugins_are_installed_too(tmp_path: Path) -> None:
    folder = wheel(tmp_path, {"lamp.py": "import idna"})
    assert codes(check(folder)) == ["release-import-failed"]
    assert codes(check(folder, install_with=["idna"])) == []


@pytest.mark.parametrize("settings", [{"install_with": ["--index"]}, {"smoke": ["'"]}, {"smoke": ["''"]}])
def test_an_invalid_setting_is_an_error(tmp_path: Path, settings: Mapping[str, Any]) -> None:
    with pytest.raises(EvenfallError, match=r"tool\.evenfall\.release\.") as caught:
        check(wheel(tmp_path, {"lamp.py": ""}), **settings)
    assert caught.value.exit_code == Exit.USAGE


def test_every_failure_of_an_installed_wheel_is_found(tmp_path: Path) -> None:
    make_wheel(
        release_folder(tmp_path, "pypi"),
        {
            "lamp.py": "def fails() -> None: raise SystemExit('no oil')",
            "needs.py": "import rich",
            "google/cloud/lamp/__init__.py": "open('/nowhere/data.txt')",
        },
        entry_points="[console_scripts]\nlamp = lamp:fails\nmissing = needs:main\n[lights]\na = lamp:nothing\nb = lamp:no [extra]\n",
    )
    report = check(write_release(tmp_path, version="1.1"))
    assert sorted((finding.code, finding.severity.value) for finding in report.findings) == [
        ("release-entry-point-failed", "error"),
        ("release-entry-point-failed", "note"),
        ("release-import-failed", "error"),
        ("release-import-failed", "error"),
        ("release-script-failed", "error"),
        ("release-version-differs", "error"),
    ]
    assert report.exit_code == Exit.FINDINGS


def test_a_module_that_ends_the_process_is_found(tmp_path: Path) -> None:
    report = check(wheel(tmp_path, {"lamp.py": "import os; os._exit(7)", "oil.py": ""}))
    assert codes(report) == ["release-import-failed"]
    assert report.installed[0].use.modules == ("lamp",)


def test_a_wheel_that_stops_every_python_is_found(tmp_path: Path) -> None:
    report = check(wheel(tmp_path, {"lamp.py": "", "lamp.pth": "import os; os._exit(3)"}))
    assert codes(report) == ["release-install-failed"]


def test_a_wheel_without_modules_is_a_warning(tmp_path: Path) -> None:
    report = check(wheel(tmp_path, {"lamp-stubs/__init__.pyi": ""}))
    assert [(finding.code, finding.severity) for finding in report.findings] == [
        ("release-import-failed", Severity.WARNING)
    ]


def test_another_name_in_the_metadata_is_found(tmp_path: Path) -> None:
    folder = wheel(tmp_path, {"lamp.py": ""})
    assert codes(check(folder, name="lantern")) == ["release-install-failed"]


def test_smoke_commands_replace_the_help_of_the_scripts(tmp_path: Path) -> None:
    smoke = ['python -c "import lamp"', "python -c 'raise SystemExit(3)'", "no-such-program"]
    folder = wheel(tmp_path, {"lamp.py": ""}, entry_points="[console_scripts]\nlamp = lamp:nothing\n")
    report = check(folder, smoke=smoke)
    assert codes(report) == ["release-entry-point-failed", "release-script-failed", "release-script-failed"]
    assert len(report.installed[0].use.scripts) == 3


def test_pytest_registers_the_plugins(tmp_path: Path) -> None:
    folder = wheel(
        tmp_path,
        {"lamp/__init__.py": "", "lamp/good.py": "import pytest", "lamp/other.py": ""},
        entry_points="[pytest11]\nlamp = lamp.good\nunittest = lamp.other\n",
    )
    report = check(folder)
    assert codes(report) == ["release-plugin-not-registered"]
    assert "unittest" in report.findings[0].reason
    assert report.installed[0].use.plugins == ("lamp", "unittest")


def test_a_plugin_whose_import_needs_another_package_names_the_package(tmp_path: Path) -> None:
    files = {"lamp/__init__.py": "", "lamp/plugin.py": "import no_such_wick"}
    (finding,) = check(wheel(tmp_path, files, entry_points="[pytest11]\nlamp = lamp.plugin\n")).findings
    assert finding.code == "release-plugin-not-registered"
    assert "uv add no-such-wick" in finding.fix


def test_a_plugin_without_pytest_is_not_green(
    tmp_path: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{loopback.address}/simple")
    report = check(wheel(tmp_path, {"lamp.py": ""}, entry_points="[pytest11]\nlamp = lamp\n"))
    assert codes(report) == ["release-install-failed"]


def test_a_plugin_is_inconclusive_and_other_problems_are_found_if_pytest_can_not_be_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    code = {"lamp.py": "", "oil.py": "import no_such_module"}
    report = check(wheel(tmp_path, code, entry_points="[pytest11]\nlamp = lamp\n"))
    assert (codes(report), len(report.inconclusive)) == (["release-import-failed"], 1)


def test_an_index_that_answers_with_an_error_is_inconclusive(
    tmp_path: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback.page("/simple/oil/", b"", status=503)
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{loopback.address}/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    report = check(wheel(tmp_path, {"lamp.py": ""}, metadata="Requires-Dist: oil\n"))
    assert (codes(report), report.exit_code) == ([], Exit.UNKNOWN)


def test_a_plugin_that_stops_pytest_is_found(tmp_path: Path) -> None:
    crash = "import pytest\ndef pytest_sessionfinish(): raise ValueError('no oil')"
    report = check(wheel(tmp_path, {"lamp.py": crash}, entry_points="[pytest11]\nlamp = lamp\n"))
    assert [(finding.code, finding.severity) for finding in report.findings] == [
        ("release-import-failed", Severity.WARNING),
        ("release-plugin-not-registered", Severity.ERROR),
    ]


def test_a_published_version_is_installed_from_its_own_index(tmp_path: Path, loopback: Loopback) -> None:
    address = serve(loopback, make_wheel(tmp_path, {"lamp.py": "import idna"}, metadata="Requires-Dist: idna\n"))
    report = install.check_requirement(published(tmp_path, address))
    assert codes(report) == []
    assert report.installed[0].file == "lamp==1.0"
    assert "/simple/idna/" not in loopback.asked


@pytest.mark.parametrize("explicit", [False, True])
def test_a_private_dependency_comes_from_the_index_that_the_project_declares(
    tmp_path: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, *, explicit: bool
) -> None:
    """That index has another lamp as well, which must not take the place of the built one."""
    address = serve(loopback, make_wheel(tmp_path, {"wick.py": ""}, name="wick"), name="wick", index="private")
    serve(loopback, make_wheel(tmp_path / "other", {"other.py": ""}, version="9.0"), index="private")
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{loopback.address}/simple")
    uv = {
        "index": [{"name": "private", "url": address, "explicit": explicit}],
        "sources": {"Wick": {"index": "private"}},
    }
    project: dict[str, Any] = {"dependencies": ["wick>=1", "oil", "not valid!"], "uv": uv}
    folder = wheel(tmp_path, {"lamp.py": "import wick"}, metadata="Requires-Dist: wick>=1\n")
    assert codes(check(folder, **project)) == []
    assert codes(check(folder)) == ["release-install-failed"]
    published_at = serve(loopback, folder / "lamp-1.0-py3-none-any.whl", index="index")
    assert codes(install.check_requirement(published(tmp_path, published_at, **project))) == []
    assert "/files/lamp-9.0-py3-none-any.whl.metadata" not in loopback.asked


def test_a_version_that_its_index_does_not_have_is_found(tmp_path: Path, loopback: Loopback) -> None:
    address = serve(loopback, make_wheel(tmp_path, {"lamp.py": ""}, version="0.9"))
    assert codes(install.check_requirement(published(tmp_path, address))) == ["release-install-failed"]


def published(root: Path, address: str, *, earlier: str = "", **project: Any) -> RequirementRequest:
    index = IndexUrls(name="pypi", simple=address, upload="")
    return RequirementRequest(
        project=lamp_project(root / "project", **project),
        version="1.0",
        earlier=(earlier, index) if earlier else None,
        index=index,
        python=HERE,
        progress=lambda line: None,
    )


def test_an_upgrade_from_an_earlier_version(tmp_path: Path, loopback: Loopback) -> None:
    old = make_wheel(tmp_path / "old", {"lamp.py": ""}, version="0.9")
    address = serve(loopback, old, make_wheel(tmp_path / "new", {"lamp/__init__.py": ""}))
    upgraded = install.check_requirement(published(tmp_path, address, earlier="0.9"))
    assert codes(upgraded) == []
    assert len(upgraded.installed) == 1
    assert "/files/lamp-0.9-py3-none-any.whl" in loopback.asked
    missing = install.check_requirement(published(tmp_path, address, earlier="0.8"))
    assert codes(missing) == []
    assert len(missing.skipped) == 1
