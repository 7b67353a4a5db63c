from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from evenfall.release.environment import Environment, clean_environment
from evenfall.release.index import PYPI
from evenfall.release.published_requirement import published_requirement
from evenfall.release.wheel_files import importable_files
from tests.release.wheels import make_wheel


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


def test_the_importable_files_of_a_wheel(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path,
        {
            "lamp/__init__.py": "",
            "lamp/data.txt": "",
            "lamp/_oil.cpython-311-x86_64-linux-gnu.so": "",
            "lamp/__pycache__/x.pyc": "",
            "lamp-1.0.data/purelib/wick.py": "",
            "lamp-1.0.data/scripts/lamp": "",
        },
    )
    assert importable_files(wheel) == {"lamp/__init__.py", "lamp/data.txt", "lamp/_oil.so", "wick.py"}


def test_credentials_are_in_variables_only() -> None:
    index = replace(PYPI, credentials=("ada", "open"))
    text, variables = published_requirement("lamp", "1.0", index)
    assert "open" not in text
    assert variables == dict(
        zip(("UV_INDEX_RELEASE_USERNAME", "UV_INDEX_RELEASE_PASSWORD"), ("ada", "open"), strict=True)
    )
    assert published_requirement("lamp", "1.0", PYPI)[1] == {}
