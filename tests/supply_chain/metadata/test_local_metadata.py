from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import LockedPackage
from evenfall.supply_chain.metadata.local_metadata import find_site_packages, folder_metadata, installed_metadata
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from tests.supply_chain.index import metadata


def make_environment(folder: Path, **installed: bytes) -> Path:
    """Create a real environment with a `METADATA` file for each package, given as `name_1_0`."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    (site,) = [*folder.glob("lib/python3*/site-packages"), *folder.glob("Lib/site-packages")]
    for name, content in installed.items():
        info = site / f"{name}.dist-info"
        info.mkdir()
        (info / "METADATA").write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_environment(
        tmp_path_factory.mktemp("environment") / "env",
        **{
            "Oil_Lamp-1.0": metadata("Oil.Lamp").encode(),
            "wick-2.0": metadata("wick", "2.0").encode(),
            "glass-1.0": metadata("other").encode(),
            "iron-1.0": metadata("iron", "2.0").encode(),
            "tin-1.0": b"",
            "brass-1.0": "Name: brass\nVersion: 1.0\nAuthor: Björn\nLicense: MIT\n".encode("latin-1"),
        },
    )
    (site,) = find_site_packages([folder])
    (site / "wick-1.0.dist-info").mkdir()
    if os.name != "nt":
        (site / "loop-1.0.dist-info").mkdir()
        (site / "loop-1.0.dist-info" / "METADATA").symlink_to("METADATA")
    return folder


def installed(name: str, version: str | None, environment: Path) -> PackageMetadata | None:
    return installed_metadata(LockedPackage(name=name, version=version), find_site_packages([environment]))


@pytest.mark.parametrize("given_by", ["folder", "python"])
def test_an_environment_is_given_by_its_folder_or_by_its_python(environment: Path, given_by: str) -> None:
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    found = installed("oil-lamp", "1.0.0", environment if given_by == "folder" else python)
    assert found is not None
    assert found.name == "Oil.Lamp"


def test_an_installed_package_of_another_version_is_ignored(environment: Path) -> None:
    assert installed("oil-lamp", "1.1", environment) is None


def test_any_version_counts_if_the_lock_states_none(environment: Path) -> None:
    found = installed("oil-lamp", None, environment)
    assert found is not None
    assert found.version == "1.0"


def test_the_remains_of_an_uninstallation_are_ignored(environment: Path) -> None:
    found = installed("wick", None, environment)
    assert found is not None
    assert found.version == "2.0"
    assert installed("wick", "1.0", environment) is None


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege on Windows")
def test_an_unreadable_metadata_file_is_ignored(environment: Path) -> None:
    assert installed("loop", "1.0", environment) is None


def test_a_package_that_is_not_installed_has_no_metadata(environment: Path) -> None:
    assert installed("copper", "1.0", environment) is None
    assert find_site_packages([]) == ()


def test_metadata_in_latin_1_is_read(environment: Path) -> None:
    found = installed("brass", "1.0", environment)
    assert found is not None
    assert (found.author, found.license) == ("Bj\ufffdrn", "MIT")


@pytest.mark.parametrize("name", ["glass", "iron", "tin"])
def test_metadata_of_another_package_is_ignored(environment: Path, name: str) -> None:
    assert installed(name, "1.0", environment) is None


@pytest.mark.parametrize("path", ["nowhere", "nowhere/bin/python", "."])
def test_a_path_without_an_environment_is_an_error(tmp_path: Path, path: str) -> None:
    with pytest.raises(EvenfallError, match="not a Python environment") as caught:
        find_site_packages([tmp_path / path])
    assert caught.value.exit_code == Exit.USAGE


def test_the_environment_of_the_running_python_has_pytest() -> None:
    assert installed("pytest", None, Path(sys.prefix)) is not None


LAMP = LockedPackage(name="lamp", source=PackageSource(directory="vendor/lamp"))


def read_folder(root: Path, pyproject: str | None) -> PackageMetadata | MissingMetadata | None:
    (root / "vendor" / "lamp").mkdir(parents=True)
    if pyproject is not None:
        (root / "vendor" / "lamp" / "pyproject.toml").write_text(pyproject)
    return folder_metadata(LAMP, root)


@pytest.mark.parametrize(
    ("license", "expression", "text"),
    [('license = "MIT"', "MIT", ""), ('license = { text = "GPLv3" }', "", "GPLv3"), ("", "", "")],
)
def test_the_license_is_what_the_pyproject_states(tmp_path: Path, license: str, expression: str, text: str) -> None:
    found = read_folder(tmp_path, f'[project]\nname = "Lamp"\nclassifiers = ["License :: OSI Approved"]\n{license}\n')
    assert found == PackageMetadata(
        name="Lamp", version="", license_expression=expression, license=text, classifiers=("License :: OSI Approved",)
    )


@pytest.mark.parametrize(
    "pyproject", [None, '[project]\nname = "other"\n', "[tool.black]\n"], ids=["no file", "another name", "no project"]
)
def test_a_folder_without_the_package_has_no_metadata(tmp_path: Path, pyproject: str | None) -> None:
    found = read_folder(tmp_path, pyproject)
    assert isinstance(found, MissingMetadata)
    assert "vendor/lamp" in found.reason


def test_a_package_that_is_not_built_from_a_folder_is_left_to_the_index(tmp_path: Path) -> None:
    assert (
        folder_metadata(LockedPackage(name="lamp", source=PackageSource(registry="https://example.org")), tmp_path)
        is None
    )
