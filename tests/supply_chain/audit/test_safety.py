"""Safety: the real program with a copy of its database, and a script in its place for scans with a key and for failures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
import pytest

from evenfall.supply_chain.audit.packages import AuditedPackage, audited_packages
from evenfall.supply_chain.audit.safety import parse_check, parse_scan, run_safety
from evenfall.supply_chain.audit.scanner_result import SAFETY_CHECK, SAFETY_SCAN, ScannerReport, ScannerUnavailable
from tests.supply_chain.audit.test_uv_audit import reason, rows
from tests.supply_chain.locks import package, read, root

pytestmark = pytest.mark.integration

META = {"schema_version": "2.0.0", "timestamp": 0, "base_domain": "https://example.org", "packages": {}}
OIL = {
    "type": "cve",
    "ids": [{"type": "pyup", "id": "51457"}, {"type": "cve", "id": "CVE-1"}],
    "specs": ["<2"],
    "fixed_versions": ["2"],
    "advisory": "Oil 2 puts the fire out.",
    "more_info_path": "/v/51457",
    "transitive": False,
}
DEPENDENCY = {
    "name": "Oil",
    "specifications": [
        {"raw": "oil==1.0", "vulnerabilities": {"known_vulnerabilities": [{"id": "51457", "vulnerable_spec": "<2"}]}}
    ],
}
SCAN = {"scan_results": {"projects": [{"files": [{"results": {"dependencies": [DEPENDENCY]}}]}]}}
"""The report of `safety scan`, schema 3.0."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("SAFETY_API_KEY", "SAFETY_DB_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def packages(tmp_path: Path) -> tuple[AuditedPackage, ...]:
    lock = read(tmp_path, root(["oil"], ["wick"]), package("oil", "1"), package("oil", "2"), package("wick"))
    return audited_packages(lock)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A copy of Safety's database with one vulnerability."""
    folder = tmp_path / "safety-db"
    folder.mkdir()
    for name, entry in (("insecure.json", "<2"), ("insecure_full.json", OIL)):
        (folder / name).write_text(json.dumps({"meta": META, "vulnerable_packages": {"oil": [entry]}}))
    return folder


def fake_safety(folder: Path, code: str) -> str:
    """Return a folder with a `safety` that runs `code`; `output` is the path for its report."""
    program = folder / "bin" / "safety"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport os, sys\noutput = os.environ['HOME'] + '/output.json'\n{code}\n")
    program.chmod(0o755)
    return str(program.parent)


@pytest.mark.integration
def test_without_a_key_safety_checks_every_version_offline_with_a_copy_of_its_database(
    packages: tuple[AuditedPackage, ...], database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(database.parent)
    monkeypatch.setenv("SAFETY_DB_DIR", database.name)
    result = run_safety(packages)
    assert rows(result) == [("oil", "1", ("51457", "CVE-1"), "Oil 2 puts the fire out.")]
    assert isinstance(result, ScannerReport)
    assert [str(fix) for each in result.vulnerabilities for fix in each.advisory.fixed_versions()] == ["2"]


@pytest.mark.integration
@pytest.mark.parametrize(("key", "tool"), [("", SAFETY_CHECK), ("none-at-all", SAFETY_SCAN)])
def test_without_a_network_safety_is_unavailable(
    packages: tuple[AuditedPackage, ...], key: str, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAFETY_API_KEY", key)
    result = run_safety(packages)
    assert isinstance(result, ScannerUnavailable)
    assert result.tool == tool
    assert "unable to reach the server" in result.reason
    assert "\x1b" not in result.reason
    assert "none-at-all" not in result.reason


def test_with_a_key_safety_scans_without_settings_of_the_user(
    packages: tuple[AuditedPackage, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is passed in the environment, where no process list shows it."""
    monkeypatch.setenv("SAFETY_API_KEY", "sesame")
    monkeypatch.setenv("SAFETY_POLICY_FILE", "mine.yml")
    code = (
        "assert not {name for name in os.environ if name.startswith('SAFETY_P')}\n"
        "assert (os.environ['SAFETY_API_KEY'], os.environ['SAFETY_STAGE']) == ('sesame', 'cicd')\n"
        "assert 'scan' in sys.argv and 'sesame' not in sys.argv\n"
        "assert open('requirements.txt').read() == 'oil==1\\noil==2\\nwick==1\\n'\n"
        f"open(output, 'w').write({json.dumps(SCAN)!r}); sys.exit(64)"
    )
    assert [row[:3] for row in rows(run_safety(packages, fake_safety(tmp_path, code)))] == [("oil", "1", ("51457",))]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print('a\\nb'); sys.exit(3)", "exit code 3: b"),
        ("sys.exit(3)", "exit code 3: no output"),
        ("sys.exit('warning: x\\nError: y\\nand z')", "exit code 1: Error: y; and z"),
        ("sys.exit('\\x1b[31mno\\x1b[0m')", "exit code 1: no"),
    ],
)
def test_a_safety_that_does_not_complete_is_unavailable(tmp_path: Path, code: str, expected: str) -> None:
    assert reason(run_safety((), fake_safety(tmp_path, code))).startswith(expected)


def test_a_safety_without_its_report_is_not_understood(tmp_path: Path) -> None:
    result = run_safety((), fake_safety(tmp_path, "sys.exit(64)"))
    assert isinstance(result, ScannerReport)
    assert result.not_understood[0].startswith("unknown output format: [Errno 2] No such file or directory")


def test_a_slow_safety_is_unavailable(tmp_path: Path) -> None:
    slow = fake_safety(tmp_path, "import time; time.sleep(60)")
    assert reason(run_safety((), slow, timeout=0.1)) == "no answer within 0.1 seconds"


def test_a_safety_that_is_missing_or_cant_be_started_is_unavailable(tmp_path: Path) -> None:
    assert reason(run_safety((), str(tmp_path))).startswith("it is not installed")
    scripts = fake_safety(tmp_path, "")
    Path(scripts, "safety").write_text("#!/nonexistent/python\n")
    assert reason(run_safety((), scripts)) == "it can't be started: No such file or directory"


def test_a_check_that_did_not_read_every_package_is_not_an_answer() -> None:
    content = b'{"report_meta": {"packages_found": 1}, "vulnerabilities": []}'
    assert parse_check(content, packages=1) == ScannerReport(tool=SAFETY_CHECK)
    with pytest.raises(msgspec.ValidationError, match="1 of 2 packages were checked"):
        parse_check(content, packages=2)


@pytest.mark.parametrize("name", ["vulnerabilities", "ignored_vulnerabilities"])
@pytest.mark.parametrize("cve", ["", ', "CVE": null', ', "CVE": "CVE-1"'])
def test_a_checked_vulnerability_may_have_no_cve_and_is_reported_even_if_safety_ignores_it(cve: str, name: str) -> None:
    row = f'{{"vulnerability_id": "7", "package_name": "oil", "analyzed_version": "1.0", "advisory": null{cve}}}'
    lists = {"vulnerabilities": "[]", name: f"[{row}]"}
    fields = ", ".join(f'"{key}": {value}' for key, value in lists.items())
    report = parse_check(f'{{"report_meta": {{"packages_found": 1}}, {fields}, "more": []}}'.encode(), packages=1)
    assert [each.advisory.ids for each in report.vulnerabilities] == [("7", "CVE-1") if "CVE-1" in cve else ("7",)]
    assert report.not_understood == ()


def test_a_scanned_vulnerability_has_only_safetys_own_number() -> None:
    (found,) = parse_scan(json.dumps(SCAN).encode()).vulnerabilities
    assert (found.tool, found.version, found.advisory.package, found.advisory.ids) == (
        SAFETY_SCAN,
        "1",
        "oil",
        ("51457",),
    )


def test_unknown_fields_of_safety_that_are_not_empty_are_not_understood() -> None:
    check = b'{"report_meta": {"packages_found": 1, "x": 1}, "vulnerabilities": [], "malware": [1]}'
    assert parse_check(check, packages=1).not_understood == ("unknown field 'malware'",)
    text = json.dumps(SCAN).replace('"name": "Oil"', '"name": "Oil", "malicious": true, "found": "x", "none": []')
    report = parse_scan(text.replace('"projects"', '"files": [1], "projects"').encode())
    assert (len(report.vulnerabilities), report.not_understood) == (
        1,
        ("unknown field 'files'", "unknown field 'malicious'"),
    )


@pytest.mark.parametrize(
    "key",
    ["projects", "files", "results", "dependencies", "specifications", "vulnerabilities", "known_vulnerabilities"],
)
def test_a_scan_with_a_renamed_key_is_not_an_answer(key: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=f"missing required field `{key}`"):
        parse_scan(json.dumps(SCAN).replace(f'"{key}"', '"renamed"').encode())


@pytest.mark.parametrize("projects", [[], [{"files": []}]])
def test_a_scan_that_read_no_file_is_not_an_answer(projects: list[object]) -> None:
    with pytest.raises(msgspec.ValidationError, match="length >= 1"):
        parse_scan(json.dumps({"scan_results": {"projects": projects}}).encode())
