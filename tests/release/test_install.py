from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from uv import find_uv_bin

from evenfall.findings import Severity
from evenfall.project.settings import Release
from evenfall.release import install
from evenfall.release.install import InstallRequest
from evenfall.release.install_report import InstallReport
from evenfall.release.manifest import Manifest, describe_file, release_folder, write_manifest

pytestmark = pytest.mark.integration

DEFAULT = Release()

PYPROJECT = """\
[build-system]
requires = ["uv_build>=0.9,<1"]
build-backend = "uv_build"

[project]
name = "lamp"
version = "1.0"
"""


def build(root: Path, files: Mapping[str, str], more: str = "", *, version: str = "1.0") -> Path:
    """Build a project and return the folder of its release."""
    for path, text in {"pyproject.toml": PYPROJECT + more, **files}.items():
        file = root / "lamp" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    folder = release_folder(root, "pypi")
    subprocess.run([find_uv_bin(), "build", "--quiet", "--out-dir", folder, root / "lamp"], check=True)
    seal(folder, version)
    return folder


def seal(folder: Path, version: str) -> None:
    files = tuple(
        describe_file(path, "wheel" if path.suffix == ".whl" else "sdist")
        for path in sorted(folder.iterdir())
        if path.suffix in {".whl", ".gz"}
    )
    manifest = Manifest(
        project="lamp", version=version, index="pypi", commit="a" * 40, lock_sha256="b" * 64, files=files
    )
    write_manifest(folder, manifest)


def check(folder: Path, settings: Release = DEFAULT) -> InstallReport:
    return install.test_installation(
        InstallRequest(
            folder=folder,
            pythons=(Path(sys.executable),),
            settings=settings,
            progress=lambda line: None,
        )
    )


def codes(report: InstallReport) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in report.findings]


def test_a_good_package_passes(tmp_path: Path) -> None:
    folder = build(
        tmp_path,
        {"src/lamp/__init__.py": "def main(): print('help')\n"},
        '[project.scripts]\nlamp = "lamp:main"\n[project.gui-scripts]\nlampg = "lamp:main"\n[project.entry-points.lights]\na = "lamp"\n',
    )
    report = check(folder)
    assert codes(report) == []
