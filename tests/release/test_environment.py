from __future__ import annotations

import sys
import time
import tomllib
from pathlib import Path

import psutil
import pytest

from evenfall.release.environment import Environment, clean_environment
from evenfall.release.uv_files import credential_variables, requirement, uv_configuration
from tests.release.wheels import lamp_project


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(folder=tmp_path, base=Path(sys.executable), label="Python")


def test_a_program_runs_in_an_empty_folder(environment: Environment) -> None:
    code = "import os, sys; print(os.listdir()); print(os.environ['VIRTUAL_ENV'], file=sys.stderr); sys.exit(3)"
    result = environment.run(sys.executable, "-c", code, timeout=60)
    assert (result.code, result.output.strip()) == (3, "[]")
    assert result.errors.strip() == str(environment.scripts.parent)


def test_a_program_that_does_not_end_is_killed_with_its_children(environment: Environment, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    sleep = "import time; time.sleep(60)"
    code = f"""if True:
        import pathlib, subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", {sleep!r}])
        pathlib.Path({str(file)!r}).write_text(str(child.pid))
        child.wait()
    """
    assert environment.run(sys.executable, "-c", code, timeout=2).code is None
    child = int(file.read_text())
    deadline = time.monotonic() + 10
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_program_that_does_not_exist_is_an_error(environment: Environment) -> None:
    with pytest.raises(FileNotFoundError):
        environment.run("no-such-program", timeout=1)


def test_a_program_gets_no_secret_and_no_setting_of_python() -> None:
    secrets = {"PYPI_API_TOKEN": "a", "UV_PUBLISH_PASSWORD": "b", "MY_SECRET": "c", "NPM_API_KEY": "d"}
    settings = {"PYTHONPATH": "e", "UV": "f", "UV_EXCLUDE_NEWER": "g", "VIRTUAL_ENV": "h", "PYTEST_ADDOPTS": "i"}
    assert clean_environment({**secrets, **settings, "HOME": "/root", "Path": "x"}) == {"HOME": "/root", "Path": "x"}


def test_credentials_are_in_variables_only() -> None:
    names = ("UV_INDEX_EVENFALL_RELEASE_USERNAME", "UV_INDEX_EVENFALL_RELEASE_PASSWORD")
    assert credential_variables(("ada", "open")) == dict(zip(names, ("ada", "open"), strict=True))
    assert credential_variables(None) == {}


def test_an_index_in_a_folder_is_found_from_another_folder(tmp_path: Path) -> None:
    project = lamp_project(
        tmp_path, uv={"index": [{"url": "wheels", "format": "flat"}, {"name": "x", "url": "y", "explicit": True}]}
    )
    assert tomllib.loads(uv_configuration(project)) == {"index": [{"url": f"{tmp_path}/wheels", "format": "flat"}]}
    indexes = tomllib.loads(requirement(project, "1.0", Path("x.whl"), ()))["tool"]["uv"]["index"]
    assert [index["url"] for index in indexes] == [f"{tmp_path}/wheels", f"{tmp_path}/y"]
