from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from evenfall.errors import EvenfallError
from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import LockedPackage
from evenfall.project.pyproject_tables import LicenseTable, Person, ProjectMetadata
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.document import sbom_document
from evenfall.supply_chain.sbom.package_url import package_url
from tests.supply_chain.sbom.sample import ABOUT, LOCK, OIL, OTHER, SHA, component, inputs, properties, sbom, valid


def test_a_password_in_the_lock_is_not_in_the_document(tmp_path: Path) -> None:
    text = sbom_document(inputs(tmp_path))
    assert "secret" not in text
    assert "repository_url=https://index.example.org/simple" in text
    assert "vcs_url=git%2Bhttps://example.org/probe%400123456789abcdef0123456789abcdef01234567" in text


def test_the_hash_of_a_component_is_that_of_the_universal_wheel_or_the_sdist_or_the_first_wheel(
    tmp_path: Path,
) -> None:
    document = sbom(tmp_path)
    assert component(document, "oil")["hashes"] == [{"alg": "SHA-256", "content": OTHER.removeprefix("sha256:")}]
    assert component(document, "server")["hashes"] == [{"alg": "SHA-256", "content": SHA.removeprefix("sha256:")}]
    assert ("evenfall:hash-of", "crypt-3-cp311-cp311-linux_x86_64.whl") in properties(component(document, "crypt"))
    assert "hashes" not in component(document, "probe")


def test_every_file_has_its_own_hash(tmp_path: Path) -> None:
    files = component(sbom(tmp_path), "crypt")["externalReferences"]
    assert [(each["url"].rpartition("-")[2], each["hashes"][0]["content"][:2]) for each in files] == [
        ("linux_x86_64.whl", "ab"),
        ("win32.whl", "cd"),
    ]


@pytest.mark.parametrize("hash_", ["sha256:zz", "sha256:" + "a" * 63, "crc32:abcd", "nonsense", ""])
def test_an_invalid_hash_is_left_out(tmp_path: Path, hash_: str) -> None:
    broken = component(sbom(tmp_path, LOCK.replace(SHA, hash_)), "oil")
    assert broken["hashes"] == [{"alg": "SHA-256", "content": OTHER.removeprefix("sha256:")}]
    assert "hashes" not in component(sbom(tmp_path, LOCK.replace(SHA, hash_).replace(OTHER, hash_)), "oil")


def test_the_supplier_is_the_first_author_or_else_the_index(tmp_path: Path) -> None:
    document = sbom(tmp_path, metadata={3: OIL})
    assert component(document, "oil")["supplier"] == {"name": "Bo"}
    assert component(document, "oil")["authors"] == [
        {"email": "bo@example.org", "name": "Bo"},
        {"name": "Cy"},
        {"email": "nobody@example.org"},
    ]
    assert component(document, "crypt")["supplier"] == {
        "name": "index.example.org",
        "url": ["https://index.example.org/simple"],
    }
    assert "supplier" not in component(document, "probe")


@pytest.mark.parametrize(
    ("name", "email", "people"),
    [
        ("Di", "di@example.org", [{"email": "di@example.org", "name": "Di"}]),
        ("Di and Ed", "di@example.org, ed@example.org", [{"name": "Di and Ed"}]),
        ("", "di@example.org", [{"email": "di@example.org"}]),
        ("Di", "not an address", [{"name": "Di"}]),
        ("", "\x1b[31m", None),
        ("Di", "(" * 1000, [{"name": "Di"}]),
    ],
)
def test_author_fields_are_read_as_names_and_addresses(tmp_path: Path, name: str, email: str, people: object) -> None:
    metadata = PackageMetadata(name="oil", version="2.0", author=name, author_email=email)
    assert component(sbom(tmp_path, metadata={3: metadata}), "oil").get("authors") == people


def stated_license(tmp_path: Path, **stated: object) -> tuple[Any, list[str]]:
    metadata = PackageMetadata(name="oil", version="2.0", **stated)  # type: ignore[arg-type]
    found = component(sbom(tmp_path, metadata={3: metadata}), "oil")
    words = [each["license"]["name"] for each in found.get("evidence", {}).get("licenses", ())]
    return found.get("licenses"), words


def test_a_license_is_declared_or_concluded_and_its_evidence_is_kept(tmp_path: Path) -> None:
    concluded = stated_license(tmp_path, license="MIT License", classifiers=("License :: OSI Approved :: MIT License",))
    assert concluded == (
        [{"license": {"acknowledgement": "concluded", "id": "MIT"}}],
        ["License :: OSI Approved :: MIT License", "MIT License"],
    )
    declared = stated_license(tmp_path, license_expression="mit or apache-2.0")
    assert declared == (
        [{"acknowledgement": "declared", "expression": "MIT OR Apache-2.0"}],
        ["mit or apache-2.0"],
    )


def test_an_expression_with_a_license_reference_stays_an_expression(tmp_path: Path) -> None:
    (license,), _ = stated_license(tmp_path, license_expression="MIT OR LicenseRef-Oil")
    assert license["expression"] == "MIT OR LicenseRef-Oil"


def test_a_license_without_an_spdx_identifier_keeps_its_stated_name(tmp_path: Path) -> None:
    assert stated_license(tmp_path, license="Ask me first") == (
        [{"license": {"acknowledgement": "declared", "name": "Ask me first"}}],
        ["Ask me first"],
    )


def test_a_license_family_keeps_its_stated_name(tmp_path: Path) -> None:
    words = "License :: OSI Approved :: BSD License"
    named = [{"license": {"acknowledgement": "declared", "name": "BSD License"}}]
    assert stated_license(tmp_path, classifiers=(words,)) == (named, [words])
    assert stated_license(tmp_path, license="BSD License") == (named, ["BSD License"])


def test_a_license_is_concluded_from_the_license_files(tmp_path: Path) -> None:
    texts = (("LICENSE", "MIT License\n\nPermission is hereby granted, free of charge\n"),)
    assert stated_license(tmp_path, license_texts=texts) == (
        [{"license": {"acknowledgement": "concluded", "id": "MIT"}}],
        ["LICENSE: MIT License"],
    )


def test_a_package_that_states_no_license_has_no_license(tmp_path: Path) -> None:
    assert stated_license(tmp_path) == (None, [])


def test_only_web_addresses_with_well_known_labels_are_references(tmp_path: Path) -> None:
    links = component(sbom(tmp_path, metadata={3: OIL}), "oil")["externalReferences"]
    assert [(each["type"], each["url"]) for each in links if each["type"] != "distribution"] == [
        ("issue-tracker", "https://example.org/oil/issues"),
        ("website", "https://example.org/oil"),
    ]


def test_a_dynamic_version_is_that_of_the_installed_package_and_does_not_change_its_reference(tmp_path: Path) -> None:
    dynamic = LOCK.replace('name = "lantern"\nversion = "1.0"', 'name = "lantern"')
    about = msgspec.structs.replace(ABOUT, version=None, license=LicenseTable(text="MIT"))
    metadata = {0: PackageMetadata(name="lantern", version="7"), 6: PackageMetadata(name="wick", version="8")}
    document = sbom(tmp_path, dynamic, about=about, metadata=metadata)
    root = document["metadata"]["component"]
    assert (root["version"], root["purl"], root["bom-ref"]) == ("7", "pkg:pypi/lantern@7", "pkg:pypi/lantern")
    assert root["licenses"] == [{"license": {"acknowledgement": "concluded", "id": "MIT"}}]
    wick = component(document, "wick")
    assert (wick["version"], wick["bom-ref"]) == ("8", "pkg:generic/wick")
    unknown = sbom(tmp_path, dynamic, about=about)
    assert "version" not in unknown["metadata"]["component"]


@pytest.mark.parametrize("name", ["", " ", "a/../b", "\u00e9"])
def test_an_invalid_package_name_is_an_error_with_its_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(EvenfallError, match=r"uv\.lock:29: ") as caught:
        sbom_document(inputs(tmp_path, LOCK.replace('name = "left-behind"', f'name = "{name}"')))
    assert "\x1b" not in str(caught.value)


HOSTILE = "\x1b[31m\u202e\ud800 <script>\n\x00 é"


def test_hostile_metadata_is_sanitized(tmp_path: Path) -> None:
    metadata = PackageMetadata(
        name=HOSTILE,
        version=HOSTILE,
        summary=HOSTILE * 1000,
        license_expression=HOSTILE,
        license=HOSTILE,
        classifiers=(f"License :: {HOSTILE}",),
        author=HOSTILE,
        author_email=f"{HOSTILE} <{HOSTILE}@{HOSTILE}>",
        home_page=f"https://example.org/{HOSTILE}#a#b%zz",
        project_urls=(
            (HOSTILE, HOSTILE),
            ("source", "https://[::1"),
            ("docs", "https://example.org:x"),
            ("Docs", "file:///x"),
        ),
    )
    about = ProjectMetadata(
        name="lantern",
        description=HOSTILE,
        authors=(Person(name=HOSTILE, email=HOSTILE),),
        license=HOSTILE,
        urls={"Homepage": f"http://u:p@example.org:80/?{HOSTILE}"},
    )
    text = sbom_document(inputs(tmp_path, about=about, metadata={3: metadata, 6: metadata}))
    valid(text)
    assert text.isascii()
    assert not any(harmful in text for harmful in ("\\u001b", "\\u0000", "\\u202e", "\\ud800", "u:p", "\x1b"))
    assert "https://example.org/" in text


def test_the_package_url_names_the_subdirectory_of_a_repository() -> None:
    git = PackageSource(git="https://example.org/lamps?subdirectory=libs%2Foil&rev=main#1234")
    url = package_url(LockedPackage(name="oil", source=git), "1.0")
    assert url.to_string() == "pkg:pypi/oil@1.0?vcs_url=git%2Bhttps://example.org/lamps%401234#libs/oil"


def test_pypi_with_a_final_slash_is_not_another_index(tmp_path: Path) -> None:
    slash = sbom(tmp_path, LOCK.replace("https://pypi.org/simple", "https://pypi.org/simple/"))
    assert properties(component(slash, "oil")) == properties(component(sbom(tmp_path), "oil"))
