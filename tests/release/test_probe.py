from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from evenfall.release import probe
from tests.release.wheels import make_wheel

PROGRAM = Path(probe.__file__)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (("lamp/__init__.py", "lamp/oil.py", "lamp/wick/__init__.py"), ["lamp"]),
        (("lamp.py", "_lamp.cpython-311-x86_64-linux-gnu.so", "lamp.abi3.so", "lamp.pyi"), ["_lamp", "lamp"]),
        (("google/cloud/lamp/__init__.py", "google/cloud/oil.py"), ["google.cloud.lamp", "google.cloud.oil"]),
        (("lamp/__init__.py", "lamp/templates/{{name}}/setup.py"), ["lamp"]),
        (("tests/test_lamp.py", "docs/conf.py", "conftest.py", "__init__.py", "lamp/__main__.py"), []),
        (("tests/__init__.py", "tests/data.py"), ["tests"]),
        (("lamp-1.0.dist-info/METADATA", "lamp-1.0.data/scripts/lamp.py", "../../../bin/lamp.py", "lamp.pth"), []),
    ],
)
def test_the_modules_of_files(monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...], names: list[str]) -> None:
    suffixes = [".cpython-311-x86_64-linux-gnu.so", ".abi3.so", ".so"]
    monkeypatch.setattr("importlib.machinery.EXTENSION_SUFFIXES", suffixes)
    assert probe.names_of_files(tuple(file.split("/")) for file in files) == names


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], **more: str) -> None:
    """Make a distribution importable without an installation: a wheel on the import path."""
    monkeypatch.syspath_prepend(make_wheel(folder, files, **more))


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        (
            "Import-Name: lamp.oil\nImport-Name: lamp._wick ; private\nImport-Namespace: lamp\n",
            ["lamp", "lamp._wick", "lamp.oil"],
        ),
        ("Import-Name:\n", []),
        ("", ["lamp"]),
    ],
)
def test_the_metadata_can_name_the_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, headers: str, names: list[str]
) -> None:
    installed(tmp_path, monkeypatch, {"lamp/__init__.py": ""}, metadata=headers)
    assert probe.module_names(metadata.distribution("lamp")) == names


def test_each_step_is_reported_before_and_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(
        tmp_path,
        monkeypatch,
        {
            "lamp_good.py": "",
            "lamp_exits.py": "raise SystemExit(2)",
            "lamp_needs.py": "try:\n    import no_such_module\nexcept ImportError as e:\n    raise ImportError('oil') from e\n",
        },
        entry_points="[lights]\na = lamp_good:nothing\n[pytest11]\nlamp = lamp_good\n",
        metadata="Requires-Dist: oil\n",
    )
    output = io.StringIO()
    assert probe.main(["lamp"], output) == 0
    first, *steps = map(json.loads, output.getvalue().splitlines())
    assert first == {"version": "1.0", "requires": ["oil"], "plugins": ["lamp"], "has_pytest": True}
    assert [(step["name"], step["state"]) for step in steps] == [
        (name, state)
        for name, end in (("lamp_exits", "failed"), ("lamp_good", "passed"), ("lamp_needs", "failed"), ("a", "failed"))
        for state in ("started", end)
    ]
    assert steps[1]["error"] == "SystemExit: 2"
    assert steps[1]["missing"] == ""
    assert steps[5]["missing"] == "no_such_module"
    assert "probe.py" not in steps[5]["traceback"]
    assert steps[7]["missing"] == ""


def test_the_probe_runs_on_old_pythons() -> None:
    ast.parse(PROGRAM.read_text(), feature_version=(3, 8))


def run(*arguments: str, **environ: str) -> list[dict[str, Any]]:
    command = (sys.executable, "-I", os.fspath(PROGRAM), *arguments)
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environ}, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.integration
def test_pytest_reports_its_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("pytest-xdist", "pytest", PYTEST_ADDOPTS="-p no:xdist.looponfail") == [
        {"plugin": "xdist", "error": ""},
        {"plugin": "xdist.looponfail", "error": "it is blocked"},
    ]
    without = run("pytest-xdist", "pytest", PYTEST_ADDOPTS="", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert {each["error"] for each in without} == {"it was not loaded"}


@pytest.mark.integration
def test_the_output_of_modules_is_not_mixed_with_the_report() -> None:
    first, *steps = run("pytest-xdist")
    assert first["plugins"] == ["xdist", "xdist.looponfail"]
    assert {"kind": "module", "name": "xdist", "state": "passed"} in steps
