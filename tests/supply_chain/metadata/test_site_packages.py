from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lockfile import LockedPackage
from evenfall.supply_chain.metadata.site_packages import installed_metadata, look_into
from evenfall.supply_chain.versions import same_version
from tests.supply_chain.index import metadata


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real environment in which somebody has installed two lamps."""
    place = tmp_path_factory.mktemp("environment") / "env"
    venv.create(place, with_pip=False, symlinks=os.name != "nt")
    (site,) = [*place.glob("lib/python3*/site-packages"), *place.glob("Lib/site-packages")]
    for folder, text in {
        "Oil_Lamp-1.0.dist-info": metadata("Oil.Lamp"),
        "wick-2.0.dist-info": metadata("wick", "2.0"),
    }.items():
        (site / folder).mkdir()
        (site / folder / "METADATA").write_text(text, encoding="utf-8")
    (site / "wick-1.0.dist-info").mkdir()
    for folder, text in (("glass-1.0", metadata("other")), ("iron-1.0", metadata("iron", "2.0")), ("tin-1.0", "")):
        (site / f"{folder}.dist-info").mkdir()
        (site / f"{folder}.dist-info" / "METADATA").write_text(text, encoding="utf-8")
    return place


def python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@pytest.mark.parametrize("by", ["folder", "python"])
def test_an_environment_is_given_by_its_folder_or_by_its_python(made: Path, by: str) -> None:
    installed = look_into([made if by == "folder" else python_of(made)])
    found = installed_metadata(LockedPackage(name="oil-lamp", version="1.0.0"), installed)
    assert found is not None
    assert (found.name, found.evidence, found.place) == ("Oil.Lamp", "environment", "Oil_Lamp-1.0.dist-info/METADATA")


def test_another_version_than_the_locked_one_says_nothing(made: Path) -> None:
    assert installed_metadata(LockedPackage(name="oil-lamp", version="1.1"), look_into([made])) is None


def test_where_the_lock_states_no_version_any_will_do(made: Path) -> None:
    found = installed_metadata(LockedPackage(name="oil-lamp"), look_into([made]))
    assert found is not None
    assert found.version == "1.0"


def test_half_an_uninstall_is_passed_over(made: Path) -> None:
    found = installed_metadata(LockedPackage(name="wick"), look_into([made]))
    assert found is not None
    assert found.version == "2.0"
    assert installed_metadata(LockedPackage(name="wick", version="1.0"), look_into([made])) is None


def test_what_is_not_installed_says_nothing(made: Path) -> None:
    assert installed_metadata(LockedPackage(name="glass", version="1"), look_into([made])) is None
    assert look_into([]) == {}


@pytest.mark.parametrize("place", ["nowhere", "nowhere/bin/python", "."])
def test_a_place_that_is_no_environment_is_an_error(tmp_path: Path, place: str) -> None:
    with pytest.raises(EvenfallError, match="no Python environment is there") as caught:
        look_into([tmp_path / place])
    assert caught.value.exit_code == Exit.USAGE


def test_the_environment_of_this_very_python_can_be_looked_into() -> None:
    assert "pytest" in look_into([Path(sys.prefix)])


def test_versions_are_compared_as_versions_and_others_as_text() -> None:
    assert same_version("1.0", "1")
    assert not same_version("1.0", "1.0+local")
    assert same_version("of old", "of old")
    assert not same_version("of old", "1")


@pytest.mark.parametrize("name", ["glass", "iron", "tin"])
def test_metadata_that_speak_of_something_else_say_nothing(made: Path, name: str) -> None:
    assert installed_metadata(LockedPackage(name=name, version="1.0"), look_into([made])) is None
