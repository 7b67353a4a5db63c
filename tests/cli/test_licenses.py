from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from evenfall.errors import Exit
from evenfall.supply_chain.metadata.index_client import TIMEOUT
from tests.sample_project import SampleProject
from tests.supply_chain.index import Index, metadata, serving, wheel
from tests.supply_chain.metadata.test_local_metadata import make_environment

pytestmark = pytest.mark.integration

PYPROJECT = """\
[project]
name = "lantern"
version = "1"
requires-python = ">=3.11"
dependencies = ["oil"]

[dependency-groups]
test = ["probe"]

[[tool.uv.index]]
url = "REGISTRY"
default = true
"""
LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "lantern"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "oil" },
]

[package.dev-dependencies]
test = [
    { name = "probe" },
]

[package.metadata]
requires-dist = [{ name = "oil" }]

[package.metadata.requires-dev]
test = [{ name = "probe" }]
"""


@dataclass
class Licensed:
    """A project that requires oil, and probe for its tests, and the index that has both."""

    made: SampleProject
    index: Index

    def licenses(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.made.command("licenses", *arguments, env=self.environ(**variables))

    def environ(self, **variables: str) -> dict[str, str]:
        cache = {name: str(self.made.root / "cache") for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME")}
        return {**cache, "UV_PYTHON": sys.executable, **variables}

    def policy(self, text: str) -> None:
        pyproject = PYPROJECT.replace("REGISTRY", self.index.registry)
        self.made.write("pyproject.toml", f"{pyproject}\n[tool.evenfall.licenses]\n{text}\n")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Licensed]:
    with serving() as index:
        licensed, lock = Licensed(SampleProject(tmp_path), index), LOCK
        for name, license in {"oil": "MIT OR GPL-3.0-only", "probe": "MIT AND GPL-3.0-only"}.items():
            file = index.add(f"{name}-1.0-py3-none-any.whl", wheel(name, metadata(name, license=license)))
            wheels = f'[{{ url = "{file.url}", hash = "{file.hash}", size = {file.size} }}]'
            source = f'{{ registry = "{index.registry}" }}'
            lock += f'\n[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {source}\nwheels = {wheels}\n'
        licensed.made.write("uv.lock", lock)
        licensed.policy('dev = "fail"')
        yield licensed


def test_a_denied_package_ends_with_exit_code_1(project: Licensed) -> None:
    done = project.licenses("--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["exit_code"]) == (Exit.FINDINGS, Exit.FINDINGS)
    assert [(each["package"], each["result"]) for each in report["packages"]] == [
        ("oil", "allowed"),
        ("probe", "denied"),
    ]
    (finding,) = report["findings"]
    line = project.made.read("uv.lock").splitlines()[finding["line"] :][0]
    assert (finding["code"], finding["path"], line) == ("license-denied", "uv.lock", 'name = "probe"')
    assert done.stderr == "metadata: fetching 2 packages from the index\n"


def test_the_policy_of_the_project_decides(project: Licensed) -> None:
    project.policy('deny = ["Zlib"]')
    done = project.licenses()
    assert done.returncode == Exit.FINE
    assert done.stdout == "2 packages: 2 allowed; --verbose lists all of them\n"
    assert project.licenses("--verbose").stdout.count(" allowed\n") == 3


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        ('allow = ["MIT"]\ndeny = ["Zlib"]', "tool.evenfall.licenses: "),
        ('alow = ["MIT"]', "unknown key 'alow'; did you mean 'allow'?"),
        ('deny = ["GPL3"]', "tool.evenfall.licenses.deny[0]: "),
        ('exempt = [{package = "oil", version = "1.0"}]', "tool.evenfall.licenses.exempt[0]: "),
        ('exempt = [{package = "oil", reason = "x"}]', "expected license, or package and version"),
        ('exempt = [{package = "oil", version = "1", reason = " "}]', "tool.evenfall.licenses.exempt[0].reason"),
        ('exempt = [{pakage = "oil"}]', "unknown key 'pakage'; did you mean 'package'?"),
    ],
)
def test_an_invalid_policy_is_a_usage_error_before_the_index_is_used(project: Licensed, policy: str, key: str) -> None:
    project.policy(policy)
    done = project.licenses()
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert key in done.stderr
    assert "next: " in done.stderr
    assert project.index.requests == []


def test_an_unreachable_index_ends_with_exit_code_3(project: Licensed) -> None:
    project.index.status = 503
    done = project.licenses()
    assert done.returncode == Exit.UNKNOWN
    assert "oil 1.0: inconclusive: http" in done.stdout
    assert "503" in done.stderr
    assert f"next: check that {project.index.url} can be reached, " in done.stderr
    offline = project.licenses("--offline")
    assert "next: omit --offline, " in offline.stderr
    project.policy('dev = "warn"')
    assert "next: omit --offline; or remove it; or in pyproject.toml" in project.licenses("--offline").stdout
    project.index.status = 401
    assert f"next: uv auth login {project.index.url}, or " in project.licenses().stderr


def test_offline_packages_are_read_from_the_cache(project: Licensed) -> None:
    assert project.licenses("--offline").returncode == Exit.UNKNOWN
    assert project.index.requests == []
    assert project.licenses().returncode == Exit.FINDINGS
    assert project.licenses("--offline").returncode == Exit.FINDINGS


def test_the_environment_of_the_project_is_read_first(project: Licensed) -> None:
    oil, probe = (metadata(name, license="Zlib").encode() for name in ("oil", "probe"))
    make_environment(project.made.root / ".venv", **{"oil-1.0": oil, "probe-1.0": probe})
    assert project.licenses().returncode == Exit.FINE
    assert project.index.requests == []


def test_another_environment_can_be_given(project: Licensed) -> None:
    make_environment(project.made.root / "other", **{"probe-1.0": metadata("probe", license="ISC").encode()})
    assert project.licenses("--python", "other").returncode == Exit.FINE
    assert project.licenses("--python", "nowhere").returncode == Exit.USAGE


def test_the_summary_of_a_job_gets_a_section(project: Licensed, tmp_path: Path) -> None:
    project.licenses(GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("## evenfall licenses\n")


def test_a_missing_lock_is_a_usage_error(project: Licensed) -> None:
    (project.made.root / "uv.lock").unlink()
    assert project.licenses().returncode == Exit.USAGE


def test_a_character_that_the_stream_cannot_encode_is_escaped(project: Licensed) -> None:
    """As on Windows if the output goes to a file."""
    done = project.made.evenfall("licenses", env=project.environ(PYTHONIOENCODING="latin-1"))
    assert (done.returncode, done.stderr) == (Exit.FINDINGS, "metadata: fetching 2 packages from the index\n")
    assert r'reason = "\u2026"' in done.stdout


def test_json_can_be_parsed_from_any_stream(project: Licensed) -> None:
    project.policy('exempt = [{ package = "probe", version = "1.0", reason = "\N{OIL DRUM} Ø" }]')
    done = project.made.evenfall("licenses", "--json", env=project.environ(PYTHONIOENCODING="cp932"))
    assert (done.returncode, json.loads(done.stdout)["packages"][1]["reason"]) == (Exit.FINE, "\N{OIL DRUM} Ø")


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be interrupted alone there")
def test_an_interrupt_does_not_wait_for_a_silent_server(project: Licensed) -> None:
    requested, released = threading.Event(), threading.Event()

    def stay_silent() -> None:
        requested.set()
        released.wait()

    project.index.on_request = stay_silent
    environ = project.made.environ(project.environ())
    command = [sys.executable, "-m", "evenfall", "licenses"]
    with subprocess.Popen(command, cwd=project.made.root, env=environ, stderr=subprocess.PIPE, text=True) as child:
        while not requested.wait(0.1):
            assert child.poll() is None, child.communicate()[1]
        child.send_signal(signal.SIGINT)
        started = time.monotonic()
        _, output = child.communicate()
        waited = time.monotonic() - started
    released.set()
    assert child.returncode == Exit.INTERRUPTED, output
    assert waited < TIMEOUT
