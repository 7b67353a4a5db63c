"""No command shows the query of an address, which is often a token, whatever the address is of and however the command ends."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenfall.project.uv import run_uv
from tests.sample_project import SampleProject
from tests.supply_chain.index import Index, metadata, serving, zipped
from tests.supply_chain.osv import record
from tests.supply_chain.osv import zipped as export_of

pytestmark = pytest.mark.integration

SECRET = "SECRETVALUE"
QUERY = f"?sig={SECRET}"
WHEEL = "{}-1.0-py3-none-any.whl"
COMMANDS = (
    (),
    ("audit", "--verbose", "--report", "report.json", "--sarif", "report.sarif"),
    ("audit", "--update", "--json"),
    ("licenses", "--verbose"),
    ("licenses", "--json"),
    ("sbom",),
    ("sbom", "--offline", "--output", "written.cdx.json"),
    ("review", "HEAD"),
    ("review", "HEAD", "--json"),
    ("review", "HEAD", "--markdown"),
)
WRITTEN = ("report.json", "report.sarif", "written.cdx.json")


def pyproject(index: str, version: str) -> str:
    return f"""\
[project]
name = "lantern"
version = "1"
requires-python = ">=3.11"
dependencies = ["from-index{version}", "from-git", "from-links", "from-path", "from-url"]

[tool.uv]
find-links = ["{index}/links.html{QUERY}"]

[[tool.uv.index]]
name = "private"
url = "{index}/simple{QUERY}"
default = true

[tool.uv.sources]
from-git = {{ git = "{index}/from-git.git{QUERY}" }}
from-path = {{ path = "{WHEEL.format("from_path")}" }}
from-url = {{ url = "{index}/{WHEEL.format("from_url")}{QUERY}" }}

[tool.evenfall.audit]
database = "{index}/all.zip{QUERY}"
"""


def whole_wheel(name: str) -> bytes:
    """Return a wheel that uv accepts."""
    files = {"METADATA": metadata(name, license="GPL-3.0-only"), "WHEEL": "Wheel-Version: 1.0\n", "RECORD": ""}
    return zipped({f"{name}-1.0.dist-info/{file}": text.encode() for file, text in files.items()})


@pytest.fixture
def index() -> Iterator[Index]:
    """An index with links to its files, and an export of advisories about all of them."""
    with serving() as index:
        index.query = QUERY
        for name in ("from_index", "from_links", "from_url"):
            index.add(WHEEL.format(name), whole_wheel(name), metadata=metadata(name, license="GPL-3.0-only"))
        link = f'<a href="{WHEEL.format("from_links")}{QUERY}" data-core-metadata="true">from_links</a>'
        index.files["links.html"] = f"<!DOCTYPE html><html><body>{link}</body></html>".encode()
        names = ("from-git", "from-index", "from-links", "from-path", "from-url")
        index.files["all.zip"] = export_of(record(f"PYSEC-{name}", name, versions=["1.0"]) for name in names)
        yield index


@pytest.fixture
def lantern(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleProject:
    """A project with a package from each kind of source; the commit before them has no lock."""
    git = SampleProject(tmp_path / "from-git")
    git.write("pyproject.toml", '[project]\nname = "from-git"\nversion = "1.0"\n')
    git.git("init", "--quiet")
    git.commit()
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{git.root.as_uri()}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"{index.url}/from-git.git{QUERY}")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    for name in ("XDG_CACHE_HOME", "UV_CACHE_DIR"):
        monkeypatch.setenv(name, os.fspath(tmp_path / name))
    made = SampleProject(tmp_path / "lantern")
    made.write("pyproject.toml", '[project]\nname = "lantern"\nversion = "1"\nrequires-python = ">=3.11"\n')
    made.git("init", "--quiet", "--initial-branch=main")
    made.lock()
    made.commit()
    made.write("pyproject.toml", pyproject(index.url, ""))
    Path(made.root, WHEEL.format("from_path")).write_bytes(whole_wheel("from_path"))
    made.lock()
    assert SECRET in made.read("uv.lock")
    return made


def output(made: SampleProject, *arguments: str) -> str:
    done = made.command(*arguments)
    return "\n".join([str(done.returncode), done.stdout, done.stderr])


def test_no_output_has_the_query_of_an_address(index: Index, lantern: SampleProject) -> None:
    outputs = {command: output(lantern, *command) for command in COMMANDS}
    outputs |= {(name,): lantern.read(name) for name in WRITTEN}
    document = lantern.read("written.cdx.json")
    with_queries = re.sub(r'(://[^"]*\.whl)"', rf'\1{QUERY}"', document)
    lantern.write("of-another-program.cdx.json", with_queries)
    for option in ((), ("--json",)):
        command = ("sbom", "--check", "--output", "of-another-program.cdx.json", *option)
        outputs[command] = text = output(lantern, *command)
        assert text.startswith("1\n")
    assert "PYSEC-from-url" in lantern.read("report.json")
    assert "from_url-1.0-py3-none-any.whl" in document
    assert [command for command, text in outputs.items() if SECRET in text] == []


def test_no_error_has_the_query_of_an_address(index: Index, lantern: SampleProject) -> None:
    index.status = 500
    outputs = {command: output(lantern, *command) for command in COMMANDS}
    assert outputs["audit", "--update", "--json"].startswith("3\n")
    lantern.write("pyproject.toml", pyproject(index.url, "==1.0").replace("py3-none-any.whl?", "py3-none-any.whl?a=1&"))
    outputs["licenses", "with a lock that is out of date"] = text = output(lantern, "licenses")
    assert "out of date" in text
    outputs["uv",] = text = run_uv(lantern.root, "lock", "--upgrade", "--no-cache").stderr
    assert "500" in text
    assert [command for command, text in outputs.items() if SECRET in text] == []
