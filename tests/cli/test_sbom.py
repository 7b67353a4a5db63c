from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.errors import Exit
from tests.made_project import Made, on_one_python
from tests.supply_chain.sbom.made import LOCK

PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "lantern"
version = "1.0"
authors = [{ name = "Ada" }]
"""

ALONE = 'version = 1\n\n[[package]]\nname = "lantern"\nversion = "1.0"\nsource = { editable = "." }\n'


@pytest.fixture
def lantern(tmp_path: Path) -> Made:
    """A project with a lock of packages that are on no index, and no commit yet."""
    made = Made(tmp_path / "lantern")
    made.write("pyproject.toml", PROJECT)
    made.write("uv.lock", LOCK)
    return made


def environment(made: Made, *distributions: str) -> Path:
    """A folder as `venv` makes it, with metadata of each `name version` and its license."""
    for each in distributions:
        name, version = each.split(" ")
        folder = f"env/lib/python3.11/site-packages/{name.replace('-', '_')}-{version}.dist-info"
        made.write(f"{folder}/METADATA", f"Name: {name}\nVersion: {version}\nLicense-Expression: MIT\nAuthor: Bo\n\n")
    return made.root / "env"


EVERYTHING = ("crypt 3", "left-behind 1", "oil 2.0", "probe 0.1", "server 5")


def sbom(made: Made, *options: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return made.evenfall("sbom", *options, env=env)


def test_the_document_is_on_stdout_and_says_what_the_packages_say(lantern: Made) -> None:
    done = sbom(lantern, f"--python={environment(lantern, *EVERYTHING)}")
    assert (done.returncode, done.stderr) == (Exit.FINE, "")
    table = json.loads(done.stdout)
    assert table["specVersion"] == "1.6"
    assert {each["supplier"]["name"] for each in table["components"] if each["name"] != "wick"} == {"Bo"}
    assert "timestamp" not in table["metadata"], "there is no commit yet"


def test_an_environment_of_the_project_is_looked_into_without_being_named(lantern: Made) -> None:
    environment(lantern, *EVERYTHING).rename(lantern.root / ".venv")
    lantern.write(".venv/pyvenv.cfg", "")
    assert sbom(lantern).returncode == Exit.FINE


def test_what_could_not_be_found_out_is_never_green_and_nothing_is_written(lantern: Made) -> None:
    known = environment(lantern, "crypt 3", "left-behind 1", "oil 2.0", "server 5")
    done = sbom(lantern, f"--python={known}", "--output=sbom.cdx.json")
    assert (done.returncode, done.stdout) == (Exit.UNKNOWN, "")
    assert "inconclusive: the license and supplier of probe are not known (" in done.stderr
    assert not (lantern.root / "sbom.cdx.json").exists()


def test_offline_does_without_and_says_so(lantern: Made) -> None:
    done = sbom(lantern, "--offline")
    assert done.returncode == Exit.FINE
    assert "the license and supplier of crypt and 4 more are not known (not installed here" in done.stderr
    done = sbom(lantern, "--offline", f"--python={environment(lantern, *EVERYTHING[1:])}")
    assert done.stderr.endswith("not used offline)\n"), done.stderr
    assert not any(each.get("licenses") for each in json.loads(done.stdout)["components"] if each["name"] == "crypt")


def test_a_file_is_written_whole_and_checked(lantern: Made) -> None:
    done = sbom(lantern, "--offline", "--output=out/lantern.json")
    assert (done.returncode, done.stdout) == (Exit.FINE, "")
    assert f"wrote {Path('out/lantern.json')}" in done.stderr
    assert [file.name for file in (lantern.root / "out").iterdir()] == ["lantern.json"]
    done = sbom(lantern, "--check", "--output=out/lantern.json")
    assert (done.returncode, done.stdout) == (Exit.FINE, "")


def test_the_document_is_looked_for_beside_the_lock(lantern: Made) -> None:
    sbom(lantern, "--offline", "--output=sbom.cdx.json")
    (lantern.root / "docs").mkdir()
    done = sbom(Made(lantern.root / "docs"), "--check")
    assert (done.returncode, done.stderr) == (Exit.FINE, f"{Path('../sbom.cdx.json')} agrees with uv.lock\n")


def test_in_the_folder_of_a_member_the_document_is_about_it(lantern: Made) -> None:
    member = '[[package]]\nname = "stand"\nversion = "1"\nsource = { editable = "stand" }\ndependencies = [{ name = "oil" }]\n'
    lantern.write("uv.lock", f'{lantern.read("uv.lock")}\n{member}\n[manifest]\nmembers = ["lantern", "stand"]\n')
    lantern.write("stand/pyproject.toml", '[project]\nname = "stand"\nversion = "1"\nlicense = "MIT"\n')
    stand = Made(lantern.root / "stand")
    table = json.loads(sbom(stand, "--offline").stdout)
    assert table["metadata"]["component"]["name"] == "stand"
    assert [each["name"] for each in table["components"]] == ["oil"]
    sbom(stand, "--offline", "--output=sbom.cdx.json")
    done = sbom(stand, "--check")
    assert (done.returncode, done.stderr) == (Exit.FINE, "sbom.cdx.json agrees with uv.lock\n")


@pytest.mark.skipif(os.name == "nt", reason="there, a program is not found by PATH alone")
def test_without_git_a_document_has_no_time(lantern: Made) -> None:
    done = sbom(lantern, "--offline", env={"PATH": str(lantern.root)})
    assert (done.returncode, "timestamp" in json.loads(done.stdout)["metadata"]) == (Exit.FINE, False)


def test_a_dash_is_stdout_and_no_file_of_that_name(lantern: Made) -> None:
    done = sbom(lantern, "--offline", "--output=-")
    assert (done.returncode, done.stdout) == (Exit.FINE, sbom(lantern, "--offline").stdout)
    assert json.loads(done.stdout)["bomFormat"] == "CycloneDX"
    assert not (lantern.root / "-").exists()
    done = sbom(lantern, "--check", "--output=-")
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert "--check wants a file, not stdin." in done.stderr


def test_a_place_that_cant_be_written_is_an_error_and_nothing_is_left(lantern: Made) -> None:
    (lantern.root / "out").mkdir()
    for place in ("out", "uv.lock/x"):
        done = sbom(lantern, "--offline", f"--output={place}")
        assert done.returncode == Exit.USAGE
        assert f"evenfall: {Path(place)}: can't be written: " in done.stderr
    assert not list(lantern.root.glob(".out*"))


def test_one_changed_version_in_the_lock_makes_the_check_fail(lantern: Made) -> None:
    sbom(lantern, "--offline", "--output=sbom.cdx.json")
    assert sbom(lantern, "--check").returncode == Exit.FINE
    lantern.replace("uv.lock", 'name = "crypt"\nversion = "3"', 'name = "crypt"\nversion = "3.1"')
    done = sbom(lantern, "--check")
    assert done.returncode == Exit.FINDINGS
    assert done.stdout == (
        "sbom.cdx.json: crypt: error [sbom-stale] the lock says otherwise: changed crypt: version 3 -> 3.1\n"
        "  next: evenfall sbom --output sbom.cdx.json\n"
    )
    done = sbom(lantern, "--check", "--json")
    assert done.returncode == Exit.FINDINGS
    assert [each["code"] for each in json.loads(done.stdout)["findings"]] == ["sbom-stale"]


def test_the_check_of_a_document_for_the_wheel_says_how_to_write_it(lantern: Made) -> None:
    sbom(lantern, "--offline", "--runtime", "--output=wheel.json")
    assert sbom(lantern, "--check", "--runtime", "--output=wheel.json").returncode == Exit.FINE
    done = sbom(lantern, "--check", "--output=wheel.json")
    assert "added probe 0.1" in done.stdout
    lantern.replace("uv.lock", 'name = "crypt"\nversion = "3"', 'name = "crypt"\nversion = "3.1"')
    done = sbom(lantern, "--check", "--runtime", "--output=wheel.json")
    assert "next: evenfall sbom --runtime --output wheel.json" in done.stdout


def test_what_is_not_as_in_an_old_document(lantern: Made) -> None:
    sbom(lantern, "--offline", "--output=old.json")
    done = sbom(lantern, "--offline", "--diff=old.json")
    assert (done.returncode, done.stdout) == (Exit.FINE, "")
    assert "no component differs" in done.stderr
    lantern.replace("uv.lock", 'name = "crypt"\nversion = "3"', 'name = "crypt"\nversion = "3.1"')
    done = sbom(lantern, "--offline", "--diff=old.json", "--output=new.json")
    assert (done.returncode, done.stdout) == (Exit.FINE, "changed crypt: version 3 -> 3.1\n")
    assert (lantern.root / "new.json").exists()
    done = sbom(lantern, "--offline", "--diff=old.json", "--json")
    assert json.loads(done.stdout) == {
        "exit_code": 0,
        "changes": [{"kind": "changed", "name": "crypt", "old": "3", "new": "3.1", "what": ["version 3 -> 3.1"]}],
    }


@pytest.mark.parametrize(
    "options",
    [("--check", "--diff=x"), ("--installed=x",), ("--json",)],
)
def test_options_that_make_no_sense_together(lantern: Made, options: tuple[str, ...]) -> None:
    done = sbom(lantern, *options)
    assert done.returncode == Exit.USAGE
    assert "--check and --diff exclude each other" in done.stderr


def test_a_foreign_old_document_is_refused_before_anything_is_done(lantern: Made) -> None:
    lantern.write("old.json", '{"spdxVersion": "SPDX-2.3"}')
    done = sbom(lantern, "--offline", "--diff=old.json", "--output=new.json")
    assert done.returncode == Exit.USAGE
    assert done.stderr.startswith("evenfall: old.json: no CycloneDX JSON: ")
    assert not (lantern.root / "new.json").exists()


def test_the_time_is_the_last_commits_or_source_date_epoch(lantern: Made) -> None:
    def time(epoch: str = "") -> str:
        stamp = json.loads(sbom(lantern, "--offline", env={"SOURCE_DATE_EPOCH": epoch}).stdout)["metadata"]["timestamp"]
        assert isinstance(stamp, str)
        return stamp

    lantern.git("init", "--quiet")
    lantern.commit()
    seconds = int(lantern.git("log", "-1", "--format=%ct"))
    from datetime import UTC, datetime

    assert time() == datetime.fromtimestamp(seconds, UTC).isoformat()
    assert time("86400") == "1970-01-02T00:00:00+00:00"


def test_a_commit_of_a_time_that_no_document_can_hold_is_of_the_last_that_it_can(lantern: Made) -> None:
    lantern.git("init", "--quiet")
    lantern.commit()
    commit = lantern.git("cat-file", "commit", "HEAD")
    seconds = lantern.git("log", "-1", "--format=%ct").strip()
    lantern.write(".git/far", commit.replace(f"> {seconds} ", "> 999999999999 "))
    lantern.git("update-ref", "HEAD", lantern.git("hash-object", "-w", "-t", "commit", ".git/far").strip())
    done = sbom(lantern, "--offline")
    assert json.loads(done.stdout)["metadata"]["timestamp"] == "9999-12-31T23:59:59+00:00", done.stderr


@pytest.mark.parametrize("epoch", ["tomorrow", "-1", "9" * 30, "²"])
def test_a_time_that_is_none_is_an_error(lantern: Made, epoch: str) -> None:
    done = sbom(lantern, "--offline", env={"SOURCE_DATE_EPOCH": epoch})
    assert done.returncode == Exit.USAGE
    assert "evenfall: SOURCE_DATE_EPOCH: " in done.stderr


@on_one_python
def test_what_is_installed_must_be_in_the_document(lantern: Made) -> None:
    """By `cyclonedx-py`, in a real environment; the noxfile's own holds a great deal that no lock of a lantern has."""
    sbom(lantern, "--offline", "--output=sbom.cdx.json")
    done = sbom(lantern, "--check", f"--installed={sys.executable}")
    assert done.returncode == Exit.FINDINGS
    assert "sbom.cdx.json: cyclonedx-bom: error [sbom-lacks-installed] cyclonedx-bom " in done.stdout
    assert "sbom-stale" not in done.stdout

    lantern.uv("venv", "--quiet", "--python", sys.executable, "empty")
    done = sbom(lantern, "--check", "--installed=empty")
    assert (done.returncode, "nothing is installed there" in done.stderr) == (Exit.UNKNOWN, True)
    (site,) = [*lantern.root.glob("empty/lib/python3*/site-packages"), *lantern.root.glob("empty/Lib/site-packages")]
    (site / "oil-2.0.dist-info").mkdir()
    (site / "oil-2.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: oil\nVersion: 2.0\n\n")
    assert sbom(lantern, "--check", "--installed=empty").returncode == Exit.FINE
    assert sbom(lantern, "--check", "--installed=none").returncode == Exit.USAGE
    lantern.write("broken/bin/python", "no program")
    done = sbom(lantern, "--check", "--installed=broken/bin/python")
    assert done.returncode == Exit.UNKNOWN
    assert "cyclonedx-py environment broken/bin/python failed: " in done.stderr


def test_a_lock_of_too_many_packages_is_an_error(lantern: Made) -> None:
    lantern.write("uv.lock", ALONE + '\n[[package]]\nname = "x"\n' * 5000)
    for option in ("--offline", "--check"):
        done = sbom(lantern, option)
        assert done.returncode == Exit.USAGE
        assert "evenfall: uv.lock: it holds 5001 packages, and a document 5000 at most" in done.stderr


@on_one_python
def test_a_project_alone_asks_nobody(lantern: Made) -> None:
    lantern.write("uv.lock", ALONE)
    assert sbom(lantern).returncode == Exit.FINE
