from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from evenfall.supply_chain.metadata.index_client import SECONDS
from tests.made_project import Made, on_one_python
from tests.supply_chain.index import Index, metadata, serving, wheel

pytestmark = on_one_python

LOCK = """\
version = 1

[[package]]
name = "lantern"
source = { virtual = "." }
dependencies = [{ name = "oil" }]
"""
GROUP = """
[package.dev-dependencies]
test = [{ name = "probe" }]
"""


@dataclass
class Shop:
    """A project, and the index that it buys from."""

    made: Made
    index: Index

    def locks(self, name: str, license: str) -> None:
        file = self.index.add(f"{name}-1.0-py3-none-any.whl", wheel(name, metadata(name, license=license)))
        wheels = f'{{ url = "{file.url}", hash = "{file.hash}", size = {file.size} }}'
        entry = f'\n[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {{ registry = "{self.index.url}" }}\nwheels = [{wheels}]\n'
        lock = self.made.read("uv.lock").replace(LOCK, LOCK + GROUP if name == "probe" else LOCK)
        self.made.write("uv.lock", lock + entry)

    def licenses(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        cache = {name: str(self.made.root / "cache") for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME")}
        done = self.made.evenfall("licenses", *arguments, env={**cache, **variables})
        return done.returncode, done.stdout, done.stderr

    def policy(self, text: str) -> None:
        self.made.write("pyproject.toml", f"[tool.evenfall.licenses]\n{text}\n")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with serving() as index:
        shop = Shop(Made(tmp_path), index)
        shop.made.write("uv.lock", LOCK)
        shop.policy("")
        shop.locks("oil", "MIT OR GPL-3.0-only")
        yield shop


def test_where_all_is_allowed_it_says_so(shop: Shop) -> None:
    shop.locks("probe", "Apache-2.0")
    code, out, err = shop.licenses()
    assert (code, err) == (0, "metadata: fetching 2 packages from the index\n")
    assert "oil      1.0      MIT OR GPL-3.0-only  License-Expression  allowed\n" in out
    assert out.endswith("\n2 packages: 2 allowed\n")


def test_what_is_denied_fails_with_its_line_and_its_way(shop: Shop) -> None:
    shop.locks("probe", "MIT AND GPL-3.0-only")
    code, out, _ = shop.licenses()
    assert code == 1
    assert "uv.lock:17: error [license-denied] probe 1.0: MIT AND GPL-3.0-only is not allowed" in out
    assert "required by: lantern (group test) > probe (dev)" in out


FOLDER = """
[[package]]
name = "vendored"
version = "2.0"
source = { directory = "vendor/lib" }
"""


@pytest.mark.parametrize(
    ("stated", "code", "said"),
    [
        ('license = "GPL-3.0-only"', 1, "error [license-denied] vendored 2.0: GPL-3.0-only is not allowed"),
        ('license = { text = "GPLv3" }', 1, "error [license-denied] vendored 2.0: GPL-3.0-only is not allowed"),
        ('license = "MIT"', 0, "vendored  2.0      MIT                  License-Expression  allowed\n"),
        ("", 0, "note [license-unknown] vendored 2.0: its license is unknown"),
    ],
)
def test_what_is_built_from_a_folder_is_judged_by_what_its_pyproject_states(
    shop: Shop, stated: str, code: int, said: str
) -> None:
    """Mostly it is the project's own; so where it states nothing, that is said and nothing more."""
    shop.made.write("uv.lock", shop.made.read("uv.lock") + FOLDER)
    shop.made.write("vendor/lib/pyproject.toml", f'[project]\nname = "vendored"\nversion = "2.0"\n{stated}\n')
    found, out, _ = shop.licenses()
    assert (found, said in out) == (code, True), out


@pytest.mark.parametrize(
    ("pyproject", "reason"),
    [
        (None, "in its folder vendor/lib: pyproject.toml: not found"),
        ('[project]\nname = "other"\n', "vendor/lib/pyproject.toml describes other"),
        ("[tool.black]\n", "in its folder vendor/lib: pyproject.toml: project: "),
    ],
)
def test_of_a_folder_that_does_not_say_what_it_is_nobody_knows(shop: Shop, pyproject: str | None, reason: str) -> None:
    shop.made.write("uv.lock", shop.made.read("uv.lock") + FOLDER)
    if pyproject:
        shop.made.write("vendor/lib/pyproject.toml", pyproject)
    code, out, _ = shop.licenses()
    assert (code, reason in out) == (3, True), out


def test_the_policy_is_the_projects(shop: Shop) -> None:
    shop.policy('allow = ["Apache-2.0"]\nexempt = [{package = "oil", version = "1.0", reason = "MIT is chosen"}]')
    shop.locks("probe", "Zlib")
    code, out, _ = shop.licenses("--json")
    values = json.loads(out)
    assert (code, values["exit_code"]) == (1, 1)
    assert [each["result"] for each in values["packages"]] == ["exempt", "denied"]


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ('allow = ["MIT"]\ndeny = ["Zlib"]', "pyproject.toml: tool.evenfall.licenses: allow and deny are both given"),
        ('alow = ["MIT"]', "pyproject.toml: tool.evenfall.licenses: unknown key 'alow'; did you mean 'allow'?"),
        ('deny = ["GPL3"]', "pyproject.toml: tool.evenfall.licenses.deny[0]: 'GPL3' is no license of the SPDX list"),
        (
            'exempt = [{package = "oil", version = "1.0"}]',
            "tool.evenfall.licenses.exempt[0]: Object missing required field `reason`",
        ),
        ('exempt = [{package = "oil", version = "1", reason = " "}]', "tool.evenfall.licenses.exempt[0].reason"),
        ('exempt = [{pakage = "oil"}]', "unknown key 'pakage'; did you mean 'package'?"),
    ],
)
def test_a_policy_that_is_none_is_refused_with_its_key_and_the_index_is_not_asked(
    shop: Shop, policy: str, said: str
) -> None:
    shop.policy(policy)
    code, out, err = shop.licenses()
    assert (code, out) == (2, "")
    assert said in err
    assert "next: " in err
    assert shop.index.requests == []


def test_what_could_not_be_found_out_is_never_green(shop: Shop) -> None:
    shop.index.status = 503
    code, out, err = shop.licenses()
    assert code == 3
    assert "oil 1.0: not found out: " in out
    assert "1 license could not be found out: http" in err
    assert "503" in err
    assert "next: uv sync" in err


def test_what_is_known_to_be_wrong_comes_before_what_is_not_known(shop: Shop) -> None:
    shop.locks("probe", "AGPL-3.0-or-later")
    del shop.index.files["oil-1.0-py3-none-any.whl"]
    code, out, err = shop.licenses()
    assert code == 1
    assert "license-denied" in out
    assert "1 license could not be found out" in err


def test_offline_it_knows_what_it_has_seen(shop: Shop) -> None:
    assert shop.licenses("--offline")[0] == 3
    assert shop.index.requests == []
    assert shop.licenses()[0] == 0
    assert shop.licenses("--offline")[0] == 0


def test_what_lies_here_is_read_without_an_index(shop: Shop) -> None:
    content = wheel("glass", metadata("glass", license="GPL-3.0-only"))
    (shop.made.root / "a shelf").mkdir()
    (shop.made.root / "a shelf" / "glass-1.0-py3-none-any.whl").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    shop.made.write(
        "uv.lock",
        f'{LOCK.replace("oil", "glass")}\n[[package]]\nname = "glass"\nversion = "1.0"\n'
        'source = { path = "a shelf/glass-1.0-py3-none-any.whl" }\n'
        f'wheels = [{{ filename = "glass-1.0-py3-none-any.whl", hash = "sha256:{digest}" }}]\n',
    )
    code, out, err = shop.licenses("--offline")
    assert (code, err) == (1, "")
    assert "glass 1.0: GPL-3.0-only is not allowed" in out


def test_a_stream_that_cant_hold_a_character_gets_its_number(shop: Shop) -> None:
    """As on a Windows whose output goes to a file."""
    shop.policy('deny = ["MIT", "GPL-3.0"]')
    code, out, err = shop.licenses(PYTHONIOENCODING="latin-1")
    assert (code, err) == (1, "metadata: fetching 1 package from the index\n")
    assert r'reason = "\u2026"' in out


def test_json_is_json_on_any_stream(shop: Shop) -> None:
    shop.policy('exempt = [{ package = "oil", version = "1.0", reason = "\N{OIL DRUM} Ø" }]\ndeny = ["MIT", "GPL-3.0"]')
    code, out, _ = shop.licenses("--json", PYTHONIOENCODING="cp932")
    assert (code, json.loads(out)["packages"][0]["reason"]) == (0, "\N{OIL DRUM} Ø")


def environment(place: Path, license: str) -> Path:
    venv.create(place, with_pip=False, symlinks=os.name != "nt")
    (site,) = [*place.glob("lib/python3*/site-packages"), *place.glob("Lib/site-packages")]
    (site / "oil-1.0.dist-info").mkdir()
    (site / "oil-1.0.dist-info" / "METADATA").write_text(metadata("oil", license=license), encoding="utf-8")
    return place


def test_the_projects_own_environment_is_looked_into_first(shop: Shop) -> None:
    environment(shop.made.root / ".venv", "Zlib")
    assert "oil      1.0      Zlib" in shop.licenses()[1]
    assert shop.index.requests == []


def test_uvs_own_variable_says_where_that_is(shop: Shop, tmp_path: Path) -> None:
    environment(tmp_path / "elsewhere", "Zlib")
    assert " Zlib " in shop.licenses(UV_PROJECT_ENVIRONMENT="elsewhere")[1]


def test_another_environment_is_looked_into_when_it_is_named(shop: Shop, tmp_path: Path) -> None:
    environment(shop.made.root / ".venv", "Zlib")
    environment(tmp_path / "other", "ISC")
    assert " ISC " in shop.licenses("--python", "other")[1]
    code, _, err = shop.licenses("--python", "nowhere")
    assert code == 2
    assert "nowhere: not a Python environment" in err


def test_a_job_gets_its_summary(shop: Shop, tmp_path: Path) -> None:
    shop.licenses(GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("## evenfall licenses\n")


def test_without_a_lock_there_is_nothing_to_hold_against_a_policy(shop: Shop) -> None:
    (shop.made.root / "uv.lock").unlink()
    code, _, err = shop.licenses()
    assert code == 2
    assert "uv.lock: not found" in err


@pytest.mark.skipif(os.name == "nt", reason="a process can't be interrupted alone there")
def test_who_interrupts_does_not_wait_for_a_silent_server(shop: Shop) -> None:
    asked, released = threading.Event(), threading.Event()

    def silent() -> None:
        asked.set()
        released.wait()

    shop.index.on_request = silent
    command = [sys.executable, "-m", "evenfall", "licenses"]
    environ = {**os.environ, "XDG_CACHE_HOME": str(shop.made.root / "cache")}
    with subprocess.Popen(command, cwd=shop.made.root, env=environ, stderr=subprocess.PIPE, text=True) as child:
        while not asked.wait(0.1):
            assert child.poll() is None, child.communicate()[1]
        child.send_signal(signal.SIGINT)
        started = time.monotonic()
        _, said = child.communicate()
        waited = time.monotonic() - started
    released.set()
    assert child.returncode == 130
    assert said.endswith("evenfall: interrupted\n")
    assert waited < SECONDS, "as long as a server may be silent"
