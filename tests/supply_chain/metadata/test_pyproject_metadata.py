from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.project.lockfile import LockedPackage, PackageSource
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from evenfall.supply_chain.metadata.pyproject_metadata import folder_metadata

LAMP = LockedPackage(name="lamp", source=PackageSource(directory="vendor/lamp"))


def read(root: Path, pyproject: str | None) -> PackageMetadata | MissingMetadata | None:
    (root / "vendor" / "lamp").mkdir(parents=True)
    if pyproject is not None:
        (root / "vendor" / "lamp" / "pyproject.toml").write_text(pyproject)
    return folder_metadata(LAMP, root)


@pytest.mark.parametrize(
    ("license", "expression", "text"),
    [('license = "MIT"', "MIT", ""), ('license = { text = "GPLv3" }', "", "GPLv3"), ("", "", "")],
)
def test_the_license_is_what_the_pyproject_states(tmp_path: Path, license: str, expression: str, text: str) -> None:
    found = read(tmp_path, f'[project]\nname = "Lamp"\nclassifiers = ["License :: OSI Approved"]\n{license}\n')
    assert found == PackageMetadata(
        name="Lamp", version="", license_expression=expression, license=text, classifiers=("License :: OSI Approved",)
    )


@pytest.mark.parametrize(
    "pyproject", [None, '[project]\nname = "other"\n', "[tool.black]\n"], ids=["no file", "another name", "no project"]
)
def test_a_folder_without_the_package_has_no_metadata(tmp_path: Path, pyproject: str | None) -> None:
    found = read(tmp_path, pyproject)
    assert isinstance(found, MissingMetadata)
    assert "vendor/lamp" in found.reason


def test_a_package_that_is_not_built_from_a_folder_is_left_to_the_index(tmp_path: Path) -> None:
    assert (
        folder_metadata(LockedPackage(name="lamp", source=PackageSource(registry="https://example.org")), tmp_path)
        is None
    )
