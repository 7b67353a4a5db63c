"""Locks that uv wrote, checked after the project has changed, in environments that must not matter."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.current_lock import check_lock, read_current_lock
from evenfall.project.lockfile import read_lockfile
from tests.sample_project import SampleProject
from tests.supply_chain.index import Index, metadata, serving, wheel, zipped

pytestmark = pytest.mark.integration

PYPROJECT = """\
[project]
name = "lantern"
version = "1"
requires-python = ">=3.11"
dependencies = ["oil>=1"]

[[tool.uv.index]]
url = "URL"
default = true
"""
OTHER_CACHE = "other"
BUILD_SYSTEM = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'


@pytest.fixture(scope="module")
def shared_index() -> Iterator[Index]:
    """An index that has oil and wick."""
    with serving() as index:
        for name in ("oil", "wick"):
            index.add(f"{name}-1.0-py3-none-any.whl", wheel(name, metadata(name)), metadata=metadata(name))
        yield index


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, shared_index: Index) -> SampleProject:
    """A project that needs oil, with the lock that uv wrote."""
    made = SampleProject(tmp_path_factory.mktemp("locked") / "lantern")
    made.write("pyproject.toml", PYPROJECT.replace("URL", shared_index.registry))
    lock_with_uv(made, shared_index)
    return made


@pytest.fixture
def index(shared_index: Index, locked: SampleProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """The index, without requests so far, and a uv without variables and with a cache that knows only the interpreters."""
    for name in [name for name in os.environ if name.startswith("UV_")]:
        monkeypatch.delenv(name)
    for cache in (tmp_path / "cache", tmp_path / OTHER_CACHE):
        for known in locked.root.with_name(OTHER_CACHE).glob("interpreter-*"):
            shutil.copytree(known, cache / known.name)
    monkeypatch.setenv("UV_CACHE_DIR", os.fspath(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    shared_index.requests.clear()
    return shared_index


@pytest.fixture
def lantern(tmp_path: Path, index: Index, locked: SampleProject) -> SampleProject:
    """A copy of the locked project."""
    shutil.copytree(locked.root, tmp_path / "lantern")
    return SampleProject(tmp_path / "lantern")


def lock_with_uv(made: SampleProject, index: Index, **variables: str) -> None:
    """Lock the project with another cache, then forget the requests."""
    cache = os.fspath(made.root.with_name(OTHER_CACHE))
    done = made.uv("lock", "--quiet", env={"UV_CACHE_DIR": cache, **variables})
    assert done.returncode == 0, done.stderr
    index.requests.clear()


def problem(made: SampleProject) -> tuple[int, str]:
    """Return the exit code and the message of the error that reading the lock raises; 0 if it raises none."""
    try:
        read_current_lock(made.root)
    except EvenfallError as error:
        return error.exit_code, error.message
    return 0, ""


def assert_out_of_date(made: SampleProject, reason: str = "mismatched requirements") -> None:
    code, message = problem(made)
    assert (code, message.partition(reason)[0]) == (Exit.USAGE, "uv.lock: out of date: "), message


def test_a_current_lock_is_read_without_the_network(lantern: SampleProject, index: Index) -> None:
    lock = read_current_lock(lantern.root)
    assert [package.name for package in lock.package] == ["lantern", "oil"]
    assert index.requests == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"oil>=1"', '"oil>=1", "wick"', "mismatched requirements for: `lantern==1`"),
        ('"oil>=1"', '"oil<2"', "mismatched requirements"),
        ('"oil>=1"', '"oil[fine]>=1"', "mismatched requirements"),
        ('"oil>=1"', "", "mismatched requirements"),
        ("3.11", "3.10", "change in Python requirement"),
        ('version = "1"', 'version = "2"', "mismatched version"),
        ("[[tool.uv.index]]", "[dependency-groups]\ndev = ['wick']\n[[tool.uv.index]]", "mismatched dependency groups"),
        (
            "[[tool.uv.index]]",
            "[project.optional-dependencies]\nweb = ['wick']\n[[tool.uv.index]]",
            "mismatched",
        ),
    ],
    ids=["dependency", "specifier", "extra", "removal", "python", "version", "group", "optional dependency"],
)
def test_a_lock_from_before_a_change_is_out_of_date(
    lantern: SampleProject, index: Index, old: str, new: str, reason: str
) -> None:
    lantern.replace("pyproject.toml", old, new)
    assert_out_of_date(lantern, reason)
    assert index.requests == []


@pytest.mark.parametrize("written", ['"oil >= 1.0"', "'OIL>=1'", "\"oil>=1.0.0; python_version>'3'\""])
def test_another_spelling_of_a_requirement_is_the_same(lantern: SampleProject, written: str) -> None:
    lantern.replace("pyproject.toml", '"oil>=1"', written)
    assert problem(lantern) == (0, "")


def test_a_dynamic_version_needs_no_build(lantern: SampleProject, index: Index) -> None:
    lantern.write("pyproject.toml", BUILD_SYSTEM + lantern.read("pyproject.toml"))
    lock_with_uv(lantern, index)
    lantern.replace("pyproject.toml", 'version = "1"', 'dynamic = ["version"]')
    lantern.replace("uv.lock", 'name = "lantern"\nversion = "1"\n', 'name = "lantern"\n')
    assert problem(lantern) == (0, "")
    assert index.requests == []


BACKEND = """\
import os

def prepare_metadata_for_build_editable(folder, config_settings=None):
    name = "lantern-1.dist-info"
    os.makedirs(os.path.join(folder, name))
    with open(os.path.join(folder, name, "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: lantern\\nVersion: 1\\nRequires-Python: >=3.11\\n")
        file.write("Requires-Dist: " + open("requirement.txt").read() + "\\n")
    return name

def build_editable(folder, config_settings=None, metadata_directory=None):
    raise NotImplementedError
"""


def lock_with_dynamic_dependencies(made: SampleProject, index: Index, requirement: str) -> None:
    """Lock the project, then let a build backend, which only the index has, state its requirement."""
    info = {"METADATA": metadata("tiny"), "WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n", "RECORD": ""}
    files = {"tiny.py": BACKEND, **{f"tiny-1.0.dist-info/{name}": text for name, text in info.items()}}
    content = zipped({name: text.encode() for name, text in files.items()})
    index.add("tiny-1.0-py3-none-any.whl", content, metadata=metadata("tiny"))
    made.write("pyproject.toml", BUILD_SYSTEM.replace("hatchling.build", "tiny") + made.read("pyproject.toml"))
    made.replace("pyproject.toml", '"hatchling"', '"tiny"')
    lock_with_uv(made, index)
    made.write("requirement.txt", requirement)
    made.replace("pyproject.toml", 'dependencies = ["oil>=1"]', 'dynamic = ["dependencies"]')


def test_a_build_backend_is_downloaded_if_it_states_the_requirements(lantern: SampleProject, index: Index) -> None:
    lock_with_dynamic_dependencies(lantern, index, "oil>=1")
    assert problem(lantern) == (0, "")
    assert [path for path in index.requests if "oil" in path or "wick" in path] == []


def test_a_requirement_that_a_build_backend_states_is_checked(lantern: SampleProject, index: Index) -> None:
    """uv is stopped before it downloads the packages to resolve the requirements again."""
    lock_with_dynamic_dependencies(lantern, index, "wick")
    assert_out_of_date(lantern)
    assert [path for path in index.requests if "wick" in path] == []


def test_a_build_without_an_index_is_inconclusive(
    lantern: SampleProject, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_with_dynamic_dependencies(lantern, index, "oil>=1")
    monkeypatch.setattr(index, "status", 503)
    monkeypatch.setenv("PYENV_ROOT", os.fspath(tmp_path / "no pyenv"))
    code, message = problem(lantern)
    assert (code, "uv could not find out" in message, "503" in message) == (Exit.UNKNOWN, True, True)
    assert "DEBUG" not in message
    assert index.requests.count("simple/tiny/") == 1, "because the network is tried once"


def test_members_and_local_folders_are_checked_too(lantern: SampleProject, index: Index) -> None:
    lantern.replace("pyproject.toml", '"oil>=1"', '"oil>=1", "stand"')
    lantern.write(
        "pyproject.toml",
        lantern.read("pyproject.toml")
        + '[tool.uv.workspace]\nmembers = ["stand"]\n[tool.uv.sources]\nstand = { workspace = true }\n',
    )
    member = '[project]\nname = "stand"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["oil"]\n'
    lantern.write("stand/pyproject.toml", member)
    lock_with_uv(lantern, index)
    assert problem(lantern) == (0, "")
    lantern.replace("stand/pyproject.toml", '"oil"', '"oil", "wick"')
    assert_out_of_date(lantern)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UV_FROZEN", "1"),
        ("UV_PROJECT", "/"),
        ("UV_WORKING_DIR", "/"),
        ("UV_RESOLUTION", "lowest"),
        ("UV_PRERELEASE", "allow"),
        ("UV_EXCLUDE_NEWER", "2020-01-01"),
        ("UV_NO_CONFIG", "1"),
        ("UV_CONFIG_FILE", "nowhere.toml"),
        ("UV_PYTHON", "2.7"),
        ("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple"),
        ("UV_INDEX", "http://127.0.0.1:9/simple"),
        ("VIRTUAL_ENV", "nowhere"),
    ],
)
def test_variables_of_the_user_do_not_change_the_result(
    lantern: SampleProject, index: Index, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert problem(lantern) == (0, "")
    assert index.requests == []


def test_indexes_may_come_from_the_environment(
    lantern: SampleProject, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    lantern.replace(
        "pyproject.toml", f'url = "{index.registry}"\ndefault', 'name = "x"\nurl = "http://127.0.0.1:9/"\nexplicit'
    )
    lock_with_uv(lantern, index, UV_DEFAULT_INDEX=index.registry)
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.registry)
    assert problem(lantern) == (0, "")
    assert index.requests == []


def install_pyenv(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave only shims that answer 127 on PATH, and put the running interpreter into pyenv's folder."""
    minor = f"3.{sys.version_info.minor}"
    for name in ("python", "python3", f"python{minor}"):
        shim = folder / "shims" / name
        shim.parent.mkdir(parents=True, exist_ok=True)
        shim.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
        shim.chmod(0o755)
    python = folder / "versions" / f"{minor}.0" / "bin" / f"python{minor}"
    python.parent.mkdir(parents=True)
    python.symlink_to(os.path.realpath(sys.executable))
    monkeypatch.setenv("PYENV_ROOT", os.fspath(folder))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", os.fspath(folder / "none"))
    monkeypatch.setenv("PATH", os.fspath(folder / "shims"))


@pytest.mark.skipif(os.name == "nt", reason="pyenv's shims are shell scripts")
@pytest.mark.parametrize("requires_python", [">=3.11", "not a specifier"])
def test_an_interpreter_behind_a_broken_shim_is_found(
    lantern: SampleProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requires_python: str
) -> None:
    lock = read_lockfile(lantern.root / "uv.lock")
    install_pyenv(tmp_path / "pyenv", monkeypatch)
    check_lock(lantern.root, msgspec.structs.replace(lock, requires_python=requires_python))
    lantern.replace("pyproject.toml", '"oil>=1"', '"oil>=1", "wick"')
    assert_out_of_date(lantern)


def test_without_a_suitable_interpreter_it_is_not_known_whether_the_lock_is_current(
    lantern: SampleProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    lock = msgspec.structs.replace(read_lockfile(lantern.root / "uv.lock"), requires_python=">=3.98")
    lantern.replace("pyproject.toml", ">=3.11", ">=3.98")
    with pytest.raises(EvenfallError, match="No interpreter found") as caught:
        check_lock(lantern.root, lock)
    assert caught.value.exit_code is Exit.UNKNOWN


def test_a_lock_that_uv_cannot_read_is_named_with_the_cause(lantern: SampleProject) -> None:
    lantern.replace("uv.lock", "oil-1.0-", "oil-7.0-")
    code, message = problem(lantern)
    assert (code, "uv.lock: uv can't read it" in message, "inconsistent version" in message) == (Exit.USAGE, True, True)
