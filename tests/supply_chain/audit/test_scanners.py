"""What others say of the same lock: the real `uv audit` against an OSV API on loopback, and the real Safety."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from packaging.specifiers import SpecifierSet

from evenfall.supply_chain.audit import scanners
from evenfall.supply_chain.audit.advisories import Advisory, read_record
from evenfall.supply_chain.audit.packages import AuditedPackage, audited_packages
from evenfall.supply_chain.audit.safety import ask_safety, export, scanned
from evenfall.supply_chain.audit.scanner_result import SAFETY, UV, Heard, Missing
from evenfall.supply_chain.audit.scanners import ask_uv, run
from tests.made_project import on_one_python
from tests.supply_chain.locks import lock, package, read, root
from tests.supply_chain.osv import Loopback, record

OIL = record(
    "PYSEC-1", "oil", versions=["1"], events=[{"introduced": "0"}, {"fixed": "2"}], aliases=["CVE-1"], details="Fire."
)
LAMP = (root(["oil"], ["wick"]), package("oil"), package("wick"))
PYPROJECT = """
[project]
name = "lantern"
version = "1"
requires-python = ">=3.11"
dependencies = ["oil"]
[dependency-groups]
dev = ["wick"]
"""


DEPENDENCY = {
    "name": "Oil",
    "specifications": [
        {"raw": "oil==1.0", "vulnerabilities": {"known_vulnerabilities": [{"id": "51457", "vulnerable_spec": "<2"}]}}
    ],
}
SCANNED = {"scan_results": {"projects": [{"files": [{"results": {"dependencies": [DEPENDENCY]}}]}]}}
"""What `safety scan` writes, of its schema 3.0."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a lock, and nothing to install."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "uv.lock").write_text(lock(*LAMP))
    return tmp_path


def told(opinion: Heard | Missing) -> list[tuple[str, str, tuple[str, ...], str]]:
    assert isinstance(opinion, Heard), opinion
    return sorted(
        (each.advisory.package, each.version, each.advisory.names, each.advisory.summary) for each in opinion.claims
    )


def why(opinion: Heard | Missing) -> str:
    assert isinstance(opinion, Missing), opinion
    return opinion.why


def test_uv_audits_the_lock_as_it_is_with_its_groups(
    folder: Path, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a user's variables would leave out."""
    monkeypatch.setenv("UV_NO_DEV", "1")
    loopback.records = {each["id"]: each for each in (OIL, record("PYSEC-2", "wick", versions=["1"]))}
    opinion = ask_uv(folder, loopback.address)
    assert told(opinion) == [
        ("oil", "1", ("PYSEC-1", "CVE-1"), "Fire."),
        ("wick", "1", ("PYSEC-2",), "wick can be made to do harm."),
    ]
    assert isinstance(opinion, Heard)
    assert [str(fix) for each in opinion.claims for fix in each.advisory.fixes()] == ["2"]


def test_uv_that_finds_nothing_is_heard(folder: Path, loopback: Loopback) -> None:
    assert ask_uv(folder, loopback.address) == Heard(tool=UV, claims=())


def test_why_uv_cant_be_heard_is_said_in_its_words(folder: Path, loopback: Loopback) -> None:
    (folder / "uv.lock").write_text("version = 1\n[[package]]\n")
    assert why(ask_uv(folder, loopback.address)).startswith("it ended with 2: error: Failed to parse `uv.lock`")


def test_an_answer_of_another_form_is_no_answer(folder: Path) -> None:
    def read() -> Any:
        return scanners._claims(msgspec.json.decode(b'{"found": []}', type=scanners._Answer))

    assert why(scanners.understood(UV, read)).startswith("its answer has another form than the one known here: Object")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; print('a\\nb'); sys.exit(3)", "it ended with 3: b"),
        ("import sys; sys.exit(3)", "it ended with 3: it says nothing"),
        ("import sys; sys.exit('warning: x\\nError: y\\nand z')", "it ended with 1: Error: y; and z"),
    ],
)
def test_the_last_words_of_a_tool_are_its_reason(tmp_path: Path, code: str, reason: str) -> None:
    done = run("x", [sys.executable, "-c", code], tmp_path, os.environ, fine=(0,))
    assert isinstance(done, Missing)
    assert done.why == reason


def test_a_tool_that_cant_be_started_or_does_not_end_is_missing(tmp_path: Path) -> None:
    done = run("x", [str(tmp_path / "none")], tmp_path, os.environ, fine=(0,))
    assert done == Missing(tool="x", why="it can't be started: No such file or directory")
    waits = [sys.executable, "-c", "import time; time.sleep(60)"]
    assert run("x", waits, tmp_path, os.environ, fine=(0,), patience=0.1) == Missing(
        tool="x", why="no answer within 0.1 seconds"
    )


def advisories(*records: dict[str, Any]) -> dict[str, list[Advisory]]:
    found: dict[str, list[Advisory]] = {}
    for each in records:
        for advisory in read_record(json.dumps(each).encode()):
            found.setdefault(advisory.package, []).append(advisory)
    return found


def locked(folder: Path) -> tuple[AuditedPackage, ...]:
    return audited_packages(read(folder, *LAMP))[0]


@on_one_python
def test_safety_without_a_key_checks_against_our_own_advisories_offline(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("SAFETY_API_KEY", raising=False)
    only_range = record("PYSEC-2", "wick", events=[{"introduced": "0.5"}, {"last_affected": "1"}])
    other = record("PYSEC-3", "wick", versions=["2004d", "3"], events=[{"introduced": "0"}, {"fixed": "0.5"}])
    ever = record("PYSEC-4", "wick", events=[{"introduced": "0"}])
    opinion = ask_safety(locked(folder), advisories(OIL, only_range, other, ever))
    assert [each[:3] for each in told(opinion)] == [
        ("oil", "1", ("PYSEC-1", "CVE-1")),
        ("wick", "1", ("PYSEC-2",)),
        ("wick", "1", ("PYSEC-4",)),
    ]


@on_one_python
def test_safety_with_a_key_asks_its_own_database_and_why_it_cant_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("SAFETY_API_KEY", "none-at-all")
    said = why(ask_safety(locked(folder), {}))
    assert "unable to reach the server" in said
    assert "none-at-all" not in said


def installed(folder: Path, code: str) -> str:
    """A folder with a `safety` that answers what the real one would, had it a network or a fault."""
    program = folder / "bin" / "safety"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport os, sys\nanswer = os.environ['HOME'] + '/answer.json'\n{code}\n")
    program.chmod(0o755)
    return str(program.parent)


@on_one_python
def test_safety_gets_its_key_by_a_variable_and_what_it_knows_is_heard(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAFETY_API_KEY", "sesame")
    monkeypatch.setenv("SAFETY_POLICY_FILE", "mine.yml")
    code = (
        "assert not {name for name in os.environ if name.startswith('SAFETY_P')}, 'a policy of the user'\n"
        "assert (os.environ['SAFETY_API_KEY'], os.environ['SAFETY_STAGE']) == ('sesame', 'cicd')\n"
        "assert 'sesame' not in sys.argv and open('requirements.txt').read() == 'oil==1\\nwick==1\\n'\n"
        f"open(answer, 'w').write({json.dumps(SCANNED)!r}); sys.exit(64)"
    )
    assert told(ask_safety(locked(folder), {}, installed(folder, code))) == [
        ("oil", "1", ("51457",), "known to Safety by this number alone")
    ]


@on_one_python
def test_a_safety_that_fails_or_is_not_there_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAFETY_API_KEY", raising=False)
    assert why(ask_safety((), {}, installed(folder, "sys.exit('no')"))) == "it ended with 1: no"
    assert why(ask_safety((), {}, str(folder))).startswith("it is not installed beside evenfall")


def test_safetys_specifiers_say_what_the_advisory_says(tmp_path: Path) -> None:
    export(advisories(record("A-1", "oil", versions=["2", "odd"], events=[{"introduced": "1"}])), tmp_path)
    short, full = (json.loads((tmp_path / f"insecure{kind}.json").read_text()) for kind in ("", "_full"))
    assert short["vulnerable_packages"] == {"oil": ["==2", ">=1"]}
    assert short["meta"]["schema_version"] == full["meta"]["schema_version"] == "2.0.0"
    assert full["vulnerable_packages"]["oil"][0]["ids"] == [{"type": "pyup", "id": "A-1"}]


def test_safetys_specifiers_are_such_as_pep_440_allows_and_end_where_the_advisory_does(tmp_path: Path) -> None:
    events = [{"introduced": "1+odd"}, {"fixed": "9+security.1"}]
    limited = [{"introduced": "0"}, {"limit": "2"}]
    export(advisories(record("A-1", "oil", events=events), record("A-2", "wick", events=limited)), tmp_path)
    told = json.loads((tmp_path / "insecure.json").read_text())["vulnerable_packages"]
    assert told == {"oil": [">=1,<=9"], "wick": [">=0.dev0,<2"]}
    assert all(SpecifierSet(spec) for specs in told.values() for spec in specs)


def test_what_a_scan_of_safety_found_is_named_by_its_numbers() -> None:
    (claim,) = scanned(json.dumps(SCANNED).encode())
    assert (claim.by, claim.version, claim.advisory.package, claim.advisory.names) == (SAFETY, "1", "oil", ("51457",))


@pytest.mark.parametrize(
    "key",
    ["projects", "files", "results", "dependencies", "specifications", "vulnerabilities", "known_vulnerabilities"],
)
def test_a_scan_in_which_something_is_called_otherwise_is_not_understood(key: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=f"missing required field `{key}`"):
        scanned(json.dumps(SCANNED).replace(f'"{key}"', '"renamed"').encode())


@pytest.mark.parametrize("projects", [[], [{"files": []}]])
def test_a_scan_that_looked_at_nothing_is_no_good_news(projects: list[object]) -> None:
    with pytest.raises(msgspec.ValidationError, match="length >= 1"):
        scanned(json.dumps({"scan_results": {"projects": projects}}).encode())
