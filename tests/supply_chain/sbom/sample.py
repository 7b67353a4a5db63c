"""A small lock with one package of every kind, and documents of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evenfall.project.lockfile import read_lockfile
from evenfall.project.pyproject_tables import Person, ProjectMetadata
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.document import SbomInputs, lock_digest, sbom_document
from evenfall.supply_chain.sbom.validate import validate

SHA = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32

LOCK = f"""\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "lantern"
version = "1.0"
source = {{ editable = "." }}
dependencies = [
    {{ name = "oil" }},
    {{ name = "wick", marker = "sys_platform == 'win32'" }},
]

[package.optional-dependencies]
web = [{{ name = "server", extra = ["tls"] }}]

[package.dev-dependencies]
test = [{{ name = "probe" }}, {{ name = "oil" }}]

[[package]]
name = "crypt"
version = "3"
source = {{ registry = "https://user:secret@index.example.org/simple" }}
wheels = [
    {{ url = "https://index.example.org/crypt-3-cp311-cp311-linux_x86_64.whl", hash = "{SHA}" }},
    {{ url = "https://index.example.org/crypt-3-cp311-cp311-win32.whl", hash = "{OTHER}" }},
]

[[package]]
name = "left-behind"
version = "1"
source = {{ path = "wheels/left_behind-1-py3-none-any.whl" }}
wheels = [{{ filename = "left_behind-1-py3-none-any.whl", hash = "{SHA}" }}]

[[package]]
name = "oil"
version = "2.0"
source = {{ registry = "https://pypi.org/simple" }}
sdist = {{ url = "https://files.example.org/oil-2.0.tar.gz", hash = "{SHA}" }}
wheels = [{{ url = "https://files.example.org/oil-2.0-py3-none-any.whl", hash = "{OTHER}" }}]

[[package]]
name = "probe"
version = "0.1"
source = {{ git = "https://user:secret@example.org/probe?rev=main#0123456789abcdef0123456789abcdef01234567" }}
dependencies = [{{ name = "oil" }}]

[[package]]
name = "server"
version = "5"
source = {{ url = "https://example.org/server-5.tar.gz" }}
sdist = {{ hash = "{SHA}" }}

[package.optional-dependencies]
tls = [{{ name = "crypt" }}]

[[package]]
name = "wick"
source = {{ directory = "parts/wick" }}
"""

ABOUT = ProjectMetadata(
    name="lantern",
    version="1.0",
    description="A lantern.",
    authors=(Person(name="Ada", email="ada@example.org"),),
    license="MIT",
    urls={"Homepage": "https://example.org/lantern", "Mood": "https://example.org/mood"},
)

OIL = PackageMetadata(
    name="oil",
    version="2.0",
    summary="Burns.",
    license="MIT License",
    classifiers=("License :: OSI Approved :: MIT License", "Topic :: Utilities"),
    author_email="Bo <bo@example.org>, nobody@example.org",
    maintainer="Cy",
    home_page="https://example.org/oil",
    project_urls=(("Issue Tracker", "https://example.org/oil/issues"), ("Source", "javascript:alert(1)")),
)


def inputs(folder: Path, text: str = LOCK, **changes: Any) -> SbomInputs:
    """Return the inputs of a document of the lock, with these fields changed."""
    (folder / "uv.lock").write_text(text, encoding="utf-8")
    return SbomInputs(
        **{
            "about": ABOUT,
            "lock": read_lockfile(folder / "uv.lock"),
            "lock_digest": lock_digest(text.encode()),
            "evenfall_version": "1.2.3",
            "time": 1_700_000_000,
            **changes,
        }
    )


def sbom(folder: Path, text: str = LOCK, **changes: Any) -> dict[str, Any]:
    """Return a document of the lock, which is valid, as the values of its JSON."""
    return valid(sbom_document(inputs(folder, text, **changes)))


def valid(document: str) -> dict[str, Any]:
    """Return the values of a valid document."""
    values: dict[str, Any] = json.loads(validate(document))
    return values


def component(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (each for each in document["components"] if each["name"] == name)
    assert isinstance(found, dict)
    return found


def properties(each: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["name"], item["value"]) for item in each.get("properties", ())]
