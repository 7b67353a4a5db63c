from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.errors import EvenfallError
from evenfall.project.about import About, LicenseTable, Person
from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import Dependency, DistributionFile, LockedPackage, Lockfile
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.document import Request, document, lock_digest
from evenfall.supply_chain.sbom.purl import purl
from evenfall.supply_chain.sbom.reading import parse_document
from evenfall.supply_chain.sbom.validate import checked
from tests.supply_chain.sbom.made import ABOUT, LOCK, OIL, OTHER, SHA, component, made, properties, request

GOLDEN = Path(__file__).with_name("golden.cdx.json")


def test_the_document_of_a_small_lock_reads_as_agreed(tmp_path: Path) -> None:
    """After a change that is meant: UPDATE_GOLDEN=1 pytest tests/supply_chain/sbom/test_document.py, and read the difference."""
    text = checked(document(request(tmp_path, metadata={3: OIL})))
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="ascii", newline="\n")
    assert text == GOLDEN.read_text(encoding="ascii")


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.supply_chain.sbom.made import *; "
        f"sys.stdout.write(document(request(Path({str(tmp_path)!r}), metadata={{3: OIL}})))"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": f"X{seed}"},
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
        )
        assert done.stdout == GOLDEN.read_text(encoding="ascii"), done.stderr


def test_what_ships_is_required_or_optional_and_what_only_groups_bring_excluded(tmp_path: Path) -> None:
    scopes = {each["name"]: each["scope"] for each in made(tmp_path)["components"]}
    assert scopes == {
        "oil": "required",
        "wick": "required",
        "server": "optional",
        "crypt": "optional",
        "probe": "excluded",
        "left-behind": "excluded",
    }


def test_a_document_for_the_wheel_has_no_group_and_nothing_left_behind(tmp_path: Path) -> None:
    table = made(tmp_path, runtime=True)
    assert [each["name"] for each in table["components"]] == ["crypt", "oil", "server", "wick"]
    assert not any(name == "evenfall:group" for each in table["components"] for name, _ in properties(each))
    assert properties(table["metadata"])[0] == ("evenfall:covers", "runtime")


def test_edges_are_what_installs_bring_and_no_group_is_merged_into_the_project(tmp_path: Path) -> None:
    edges = {each["ref"]: each.get("dependsOn", []) for each in made(tmp_path)["dependencies"]}
    server = next(ref for ref in edges if "server" in ref)
    crypt = next(ref for ref in edges if "crypt" in ref)
    assert edges["pkg:pypi/lantern@1.0"] == ["pkg:generic/wick", "pkg:pypi/oil@2.0", server]
    assert edges[server] == [crypt], "by the extra that is asked of it"


def test_extras_groups_markers_and_the_way_are_said(tmp_path: Path) -> None:
    table = made(tmp_path)
    assert ("evenfall:marker:lantern", "sys_platform == 'win32'") in properties(component(table, "wick"))
    assert ("evenfall:group", "test") in properties(component(table, "probe"))
    assert ("cdx:python:package:required-extra", "tls") in properties(component(table, "server"))
    assert ("evenfall:required-by", "lantern[web] > server > crypt") in properties(component(table, "crypt"))
    assert ("evenfall:extra", "web") in properties(component(table, "crypt"))
    assert ("evenfall:source", "directory parts/wick") in properties(component(table, "wick"))


def test_a_password_in_the_lock_is_in_no_document(tmp_path: Path) -> None:
    text = document(request(tmp_path))
    assert "secret" not in text
    assert "repository_url=https://index.example.org/simple" in text
    assert "vcs_url=git%2Bhttps://example.org/probe%400123456789abcdef" in text


def test_a_component_has_the_hash_of_the_wheel_for_all_systems_else_of_the_sdist_else_of_the_first_wheel(
    tmp_path: Path,
) -> None:
    table = made(tmp_path)
    assert component(table, "oil")["hashes"] == [{"alg": "SHA-256", "content": OTHER.removeprefix("sha256:")}]
    assert component(table, "server")["hashes"] == [{"alg": "SHA-256", "content": SHA.removeprefix("sha256:")}]
    assert ("evenfall:hash-of", "crypt-3-cp311-cp311-linux_x86_64.whl") in properties(component(table, "crypt"))
    assert "hashes" not in component(table, "probe")


def test_every_file_has_its_own_hash(tmp_path: Path) -> None:
    files = component(made(tmp_path), "crypt")["externalReferences"]
    assert [(each["url"].rpartition("-")[2], each["hashes"][0]["content"][:2]) for each in files] == [
        ("linux_x86_64.whl", "ab"),
        ("win32.whl", "cd"),
    ]


@pytest.mark.parametrize("hash_", ["sha256:zz", "sha256:" + "a" * 63, "crc32:abcd", "nonsense", ""])
def test_a_hash_that_can_be_none_is_left_out(tmp_path: Path, hash_: str) -> None:
    broken = component(made(tmp_path, LOCK.replace(SHA, hash_)), "oil")
    assert broken["hashes"] == [{"alg": "SHA-256", "content": OTHER.removeprefix("sha256:")}]
    assert "hashes" not in component(made(tmp_path, LOCK.replace(SHA, hash_).replace(OTHER, hash_)), "oil")


def test_who_made_it_supplies_it_and_else_the_index(tmp_path: Path) -> None:
    table = made(tmp_path, metadata={3: OIL})
    assert component(table, "oil")["supplier"] == {"name": "Bo"}
    assert component(table, "oil")["authors"] == [
        {"email": "bo@example.org", "name": "Bo"},
        {"name": "Cy"},
        {"email": "nobody@example.org"},
    ]
    assert component(table, "crypt")["supplier"] == {
        "name": "index.example.org",
        "url": ["https://index.example.org/simple"],
    }
    assert "supplier" not in component(table, "probe")


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
def test_names_and_addresses_of_old_metadata(tmp_path: Path, name: str, email: str, people: object) -> None:
    metadata = PackageMetadata(name="oil", version="2.0", author=name, author_email=email)
    assert component(made(tmp_path, metadata={3: metadata}), "oil").get("authors") == people


def license(tmp_path: Path, **stated: object) -> tuple[object, object]:
    metadata = PackageMetadata(name="oil", version="2.0", **stated)  # type: ignore[arg-type]
    found = component(made(tmp_path, metadata={3: metadata}), "oil")
    words = [each["license"]["name"] for each in found.get("evidence", {}).get("licenses", ())]
    return found.get("licenses"), words


def test_a_license_is_declared_or_concluded_and_its_evidence_kept(tmp_path: Path) -> None:
    concluded = license(tmp_path, license="MIT License", classifiers=("License :: OSI Approved :: MIT License",))
    assert concluded == (
        [{"license": {"acknowledgement": "concluded", "id": "MIT"}}],
        ["License :: OSI Approved :: MIT License", "MIT License"],
    )
    declared = license(tmp_path, license_expression="mit or apache-2.0")
    assert declared == (
        [{"acknowledgement": "declared", "expression": "MIT OR Apache-2.0"}],
        ["mit or apache-2.0"],
    )


def test_a_license_that_is_none_of_the_list_is_named_as_it_is_stated(tmp_path: Path) -> None:
    assert license(tmp_path, license="Ask me first") == (
        [{"license": {"acknowledgement": "declared", "name": "Ask me first"}}],
        ["Ask me first"],
    )


def test_a_family_of_licenses_is_evidence_and_no_license(tmp_path: Path) -> None:
    words = "License :: OSI Approved :: BSD License"
    assert license(tmp_path, classifiers=(words,)) == (None, [words])


def test_nothing_stated_is_nothing_said(tmp_path: Path) -> None:
    assert license(tmp_path) == (None, [])


def test_only_web_addresses_with_known_labels_are_links(tmp_path: Path) -> None:
    links = component(made(tmp_path, metadata={3: OIL}), "oil")["externalReferences"]
    assert [(each["type"], each["url"]) for each in links if each["type"] != "distribution"] == [
        ("issue-tracker", "https://example.org/oil/issues"),
        ("website", "https://example.org/oil"),
    ]


def test_a_version_that_a_build_makes_is_the_installed_ones_and_the_references_stay(tmp_path: Path) -> None:
    dynamic = LOCK.replace('name = "lantern"\nversion = "1.0"', 'name = "lantern"')
    about = msgspec.structs.replace(ABOUT, version=None, license=LicenseTable(text="MIT"))
    metadata = {0: PackageMetadata(name="lantern", version="7"), 6: PackageMetadata(name="wick", version="8")}
    table = made(tmp_path, dynamic, about=about, metadata=metadata)
    root = table["metadata"]["component"]
    assert (root["version"], root["purl"], root["bom-ref"]) == ("7", "pkg:pypi/lantern@7", "pkg:pypi/lantern")
    assert root["licenses"] == [{"license": {"acknowledgement": "concluded", "id": "MIT"}}]
    wick = component(table, "wick")
    assert (wick["version"], wick["bom-ref"]) == ("8", "pkg:generic/wick")
    unknown = made(tmp_path, dynamic, about=about)
    assert "version" not in unknown["metadata"]["component"]


def test_the_serial_number_is_the_locks(tmp_path: Path) -> None:
    first = made(tmp_path)["serialNumber"]
    assert made(tmp_path, time=1, metadata={3: OIL})["serialNumber"] == first
    assert made(tmp_path, runtime=True)["serialNumber"] != first
    assert made(tmp_path, LOCK + "\n")["serialNumber"] != first
    assert lock_digest(LOCK.replace("\n", "\r\n").encode()) == lock_digest(LOCK.encode())


def test_without_a_time_there_is_no_timestamp(tmp_path: Path) -> None:
    assert made(tmp_path)["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"
    assert "timestamp" not in made(tmp_path, time=None)["metadata"]


def test_what_is_complete_is_said_and_what_nobody_knows(tmp_path: Path) -> None:
    def aggregates(text: str) -> list[tuple[str, int]]:
        return [
            (each["aggregate"], len(each.get("dependencies") or each["assemblies"]))
            for each in made(tmp_path, text)["compositions"]
        ]

    assert aggregates(LOCK) == [("complete", 7), ("unknown", 7)]
    narrow = LOCK.replace("revision = 3", "revision = 3\nsupported-markers = [\"sys_platform == 'linux'\"]")
    assert aggregates(narrow) == [("incomplete", 7), ("unknown", 7)]


def test_a_project_that_needs_nothing_has_a_document(tmp_path: Path) -> None:
    alone = 'version = 1\n\n[[package]]\nname = "lantern"\nversion = "1.0"\nsource = { editable = "." }\n'
    assert "components" not in made(tmp_path, alone)


def test_a_lock_of_another_project_is_an_error(tmp_path: Path) -> None:
    other = LOCK.replace('name = "lantern"', 'name = "torch"')
    with pytest.raises(EvenfallError, match=r"uv\.lock: the project 'lantern' is not in it"):
        document(request(tmp_path, other))


@pytest.mark.parametrize("name", ["", " ", "a/../b", "\u00e9"])
def test_what_is_no_packages_name_is_an_error_with_its_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(EvenfallError, match=r"uv\.lock:29: '.*' is no package's name") as caught:
        document(request(tmp_path, LOCK.replace('name = "left-behind"', f'name = "{name}"')))
    assert "\x1b" not in str(caught.value)


def test_the_packages_of_a_workspace_say_whose_extra_and_group_it_is(tmp_path: Path) -> None:
    member = (
        '\n[[package]]\nname = "stand"\nversion = "1"\nsource = { editable = "stand" }\n'
        '\n[package.optional-dependencies]\nbig = [{ name = "left-behind" }]\n'
        '\n[package.dev-dependencies]\ntest = [{ name = "left-behind" }]\n'
        '\n[manifest]\nmembers = ["lantern", "stand"]\n'
    )
    facts = properties(component(made(tmp_path, LOCK + member), "left-behind"))
    assert ("evenfall:member", "stand") in facts
    assert ("evenfall:group", "stand:test") in facts


MEMBERS = (
    '\n[[package]]\nname = "stand"\nversion = "1"\nsource = { editable = "stand" }\ndependencies = [{ name = "crypt" }]\n'
    '\n[package.dev-dependencies]\ntest = [{ name = "probe" }]\n'
    '\n[manifest]\nmembers = ["lantern", "stand"]\n'
)


def test_what_only_another_member_needs_is_not_required(tmp_path: Path) -> None:
    table = made(tmp_path, LOCK.replace('{ name = "server", extra = ["tls"] }', '{ name = "server" }') + MEMBERS)
    assert (component(table, "oil")["scope"], component(table, "crypt")["scope"]) == ("required", "excluded")
    assert ("evenfall:member", "stand") in properties(component(table, "crypt"))


def test_what_another_member_needs_has_its_edges(tmp_path: Path) -> None:
    stand = MEMBERS.replace('{ name = "crypt" }', '{ name = "server", extra = ["tls"] }').replace(
        "[package.dev-dependencies]",
        '[package.optional-dependencies]\nbig = [{ name = "oil" }]\n\n[package.dev-dependencies]',
    )
    table = made(tmp_path, LOCK.replace('[{ name = "server", extra = ["tls"] }]', '[{ name = "server" }]') + stand)
    edges = {each["ref"]: each.get("dependsOn", []) for each in table["dependencies"]}
    (server,) = (ref for ref in edges if "server" in ref)
    assert {*edges["pkg:generic/stand@1"]} == {server, "pkg:pypi/oil@2.0"}
    assert [ref.partition("@")[0] for ref in edges[server]] == ["pkg:pypi/crypt"]
    assert ("cdx:python:package:required-extra", "tls") in properties(component(table, "server"))


def test_an_extra_that_the_project_asks_for_decides_what_is_required(tmp_path: Path) -> None:
    """As uv locks a project that needs a member with one of two extras that conflict."""
    lock = """\
version = 1

[manifest]
members = ["lantern", "stand"]

[[package]]
name = "lantern"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "stand", extra = ["fast"], marker = "extra == 'extra-5-stand-fast'" }]

[[package]]
name = "stand"
version = "1"
source = { editable = "stand" }
dependencies = [
    { name = "oil", version = "1", marker = "extra == 'extra-5-stand-fast'" },
    { name = "oil", version = "2", marker = "extra != 'extra-5-stand-fast'" },
]

[package.optional-dependencies]
fast = [{ name = "wick" }]

[[package]]
name = "oil"
version = "1"

[[package]]
name = "oil"
version = "2"

[[package]]
name = "wick"
version = "1"
"""
    scopes = {f"{each['name']} {each['version']}": each["scope"] for each in made(tmp_path, lock)["components"]}
    assert scopes == {"oil 1": "required", "oil 2": "excluded", "stand 1": "required", "wick 1": "required"}


def test_the_document_of_a_member_is_about_what_that_member_needs(tmp_path: Path) -> None:
    of_stand = replace(request(tmp_path, LOCK + MEMBERS), about=About(name="Stand", version="1"))
    table = json.loads(checked(document(of_stand)))
    assert table["metadata"]["component"]["name"] == "Stand"
    assert {each["name"]: each["scope"] for each in table["components"]} == {
        "crypt": "required",
        "oil": "excluded",
        "probe": "excluded",
    }
    assert ("evenfall:required-by", "stand (group test) > probe > oil") in properties(component(table, "oil"))
    shipped = json.loads(checked(document(replace(of_stand, runtime=True))))
    assert [each["name"] for each in shipped["components"]] == ["crypt"]


def test_what_a_wheel_brings_is_not_what_a_conflicting_group_needs(tmp_path: Path) -> None:
    beside = """{ name = "oil" }, { name = "crypt", marker = "extra == 'group-7-lantern-test'" },"""
    table = made(tmp_path, LOCK.replace('{ name = "oil" },', beside), runtime=True)
    edges = {each["ref"]: each.get("dependsOn", []) for each in table["dependencies"]}
    assert not [ref for ref in edges["pkg:pypi/lantern@1.0"] if "crypt" in ref]
    assert component(table, "crypt")["scope"] == "optional", "by the extra web"


def test_two_packages_of_one_name_version_and_file_are_told_apart(tmp_path: Path) -> None:
    twin = (
        '\n[[package]]\nname = "left-behind"\nversion = "1"\nsource = { path = "other/left_behind-1-py3-none-any.whl" }\n'
        "resolution-markers = [\"sys_platform == 'win32'\"]\n"
        f'wheels = [{{ filename = "left_behind-1-py3-none-any.whl", hash = "{SHA}" }}]\n'
    )
    table = made(tmp_path, LOCK + twin)
    refs = [each["bom-ref"] for each in table["components"] if each["name"] == "left-behind"]
    assert len(set(refs)) == 2
    assert any(ref.endswith("#2") for ref in refs)


NASTY = "\x1b[31m\u202e\ud800 <script>\n\x00 é"


def test_nothing_that_a_package_says_leaves_its_place(tmp_path: Path) -> None:
    metadata = PackageMetadata(
        name=NASTY,
        version=NASTY,
        summary=NASTY * 1000,
        license_expression=NASTY,
        license=NASTY,
        classifiers=(f"License :: {NASTY}",),
        author=NASTY,
        author_email=f"{NASTY} <{NASTY}@{NASTY}>",
        home_page=f"https://example.org/{NASTY}#a#b%zz",
        project_urls=(
            (NASTY, NASTY),
            ("source", "https://[::1"),
            ("docs", "https://example.org:x"),
            ("Docs", "file:///x"),
        ),
    )
    about = About(
        name="lantern",
        description=NASTY,
        authors=(Person(name=NASTY, email=NASTY),),
        license=NASTY,
        urls={"Homepage": f"http://u:p@example.org:80/?{NASTY}"},
    )
    text = checked(document(request(tmp_path, about=about, metadata={3: metadata, 6: metadata})))
    assert text.isascii()
    assert not any(harmful in text for harmful in ("\\u001b", "\\u0000", "\\u202e", "\\ud800", "u:p", "\x1b"))
    assert "https://example.org/" in text


def test_a_document_that_is_not_valid_is_our_bug(tmp_path: Path) -> None:
    from evenfall.supply_chain.sbom.validate import InvalidDocumentError

    text = document(request(tmp_path))
    for wrong in (text.replace('"required"', '"perhaps"', 1), text.replace("https://files", "https://fi les", 1)):
        with pytest.raises(InvalidDocumentError):
            checked(wrong)


names = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,4}[a-z0-9])?", fullmatch=True)
versions = st.sampled_from([None, "1", "2"]) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@st.composite
def locks(draw: st.DrawFn) -> Lockfile:
    """Any lock that uv could have written, and some that it could not: forks, circles, odd names."""
    third = draw(st.lists(st.tuples(names, versions), max_size=6, unique=True))
    sources = st.sampled_from(
        [
            PackageSource(registry="https://pypi.org/simple"),
            PackageSource(registry="../index"),
            PackageSource(git="https://x/y#1"),
            PackageSource(path="a/b.whl"),
        ]
    )
    edges = st.lists(st.sampled_from([name for name, _ in third]), max_size=4) if third else st.just([])

    def needed() -> tuple[Dependency, ...]:
        return tuple(Dependency(name=name, extra=draw(st.sampled_from([(), ("x",)]))) for name in draw(edges))

    root = LockedPackage(
        name="lantern",
        source=PackageSource(editable="."),
        dependencies=needed(),
        optional_dependencies={"web": needed()},
        dev_dependencies={"test": needed()},
    )
    others = [
        LockedPackage(
            name=name,
            version=version,
            source=draw(sources),
            dependencies=needed(),
            optional_dependencies={"x": needed()},
            wheels=(DistributionFile(url=f"https://x/{name}.whl", hash=draw(st.sampled_from([SHA, None, name]))),),
        )
        for name, version in third
        if name != "lantern"
    ]
    return Lockfile(version=1, package=(root, *others))


@given(locks())
def test_every_locked_package_is_one_component_and_every_edge_has_both_ends(lock: Lockfile) -> None:
    text = document(Request(about=ABOUT, lock=lock, lock_digest="0" * 64, tool_version="1"))
    found = parse_document(text.encode(), "it")
    refs = [each.ref for each in found.components]
    assert len(set(refs)) == len(refs) == len(lock.package) - 1
    known = {*refs, "pkg:pypi/lantern@1.0"}
    assert {each.ref for each in found.dependencies} == known
    assert all(set(each.needs) <= known - {each.ref} for each in found.dependencies)


def test_a_part_of_a_repository_is_named_as_such() -> None:
    git = PackageSource(git="https://example.org/lamps?subdirectory=libs%2Foil&rev=main#1234")
    found = purl(LockedPackage(name="oil", source=git), "1.0")
    assert found.to_string() == "pkg:pypi/oil@1.0?vcs_url=git%2Bhttps://example.org/lamps%401234#libs/oil"
