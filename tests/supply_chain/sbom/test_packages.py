from __future__ import annotations

from pathlib import Path

from evenfall.project.pyproject_tables import ProjectMetadata
from tests.supply_chain.sbom.sample import LOCK, component, properties, sbom


def test_packages_of_the_project_are_required_those_of_its_extras_optional_all_others_excluded(tmp_path: Path) -> None:
    scopes = {each["name"]: each["scope"] for each in sbom(tmp_path)["components"]}
    assert scopes == {
        "oil": "required",
        "wick": "required",
        "server": "optional",
        "crypt": "optional",
        "probe": "excluded",
        "left-behind": "excluded",
    }


def test_a_runtime_document_contains_only_the_packages_of_the_project_and_its_extras(tmp_path: Path) -> None:
    document = sbom(tmp_path, runtime=True)
    assert [each["name"] for each in document["components"]] == ["crypt", "oil", "server", "wick"]
    assert not any(name == "evenfall:group" for each in document["components"] for name, _ in properties(each))
    assert properties(document["metadata"])[0] == ("evenfall:covers", "runtime")


def test_dependencies_follow_requested_extras_and_every_package_can_be_reached_from_the_project(tmp_path: Path) -> None:
    edges = {each["ref"]: each.get("dependsOn", []) for each in sbom(tmp_path)["dependencies"]}
    server = next(ref for ref in edges if "server" in ref)
    crypt = next(ref for ref in edges if "crypt" in ref)
    left, probe = (next(ref for ref in edges if name in ref) for name in ("left-behind", "probe"))
    assert edges["pkg:pypi/lantern@1.0"] == [left, "pkg:generic/wick", "pkg:pypi/oil@2.0", probe, server]
    assert edges[server] == [crypt], "because its extra is requested"


def test_properties_state_extras_groups_markers_and_the_dependency_path(tmp_path: Path) -> None:
    document = sbom(tmp_path)
    assert ("evenfall:marker:lantern", "sys_platform == 'win32'") in properties(component(document, "wick"))
    assert ("evenfall:group", "test") in properties(component(document, "probe"))
    assert ("cdx:python:package:required-extra", "tls") in properties(component(document, "server"))
    assert ("evenfall:required-by", "lantern[web] > server > crypt") in properties(component(document, "crypt"))
    assert ("evenfall:extra", "web") in properties(component(document, "crypt"))
    assert ("evenfall:source", "directory parts/wick") in properties(component(document, "wick"))


def test_properties_name_the_workspace_member_and_its_group(tmp_path: Path) -> None:
    member = (
        '\n[[package]]\nname = "stand"\nversion = "1"\nsource = { editable = "stand" }\n'
        '\n[package.optional-dependencies]\nbig = [{ name = "left-behind" }]\n'
        '\n[package.dev-dependencies]\ntest = [{ name = "left-behind" }]\n'
        '\n[manifest]\nmembers = ["lantern", "stand"]\n'
    )
    facts = properties(component(sbom(tmp_path, LOCK + member), "left-behind"))
    assert ("evenfall:member", "stand") in facts
    assert ("evenfall:group", "stand:test") in facts


MEMBERS = (
    '\n[[package]]\nname = "stand"\nversion = "1"\nsource = { editable = "stand" }\ndependencies = [{ name = "crypt" }]\n'
    '\n[package.dev-dependencies]\ntest = [{ name = "probe" }]\n'
    '\n[manifest]\nmembers = ["lantern", "stand"]\n'
)


def test_a_package_that_only_another_member_needs_is_excluded(tmp_path: Path) -> None:
    document = sbom(tmp_path, LOCK.replace('{ name = "server", extra = ["tls"] }', '{ name = "server" }') + MEMBERS)
    assert (component(document, "oil")["scope"], component(document, "crypt")["scope"]) == ("required", "excluded")
    assert ("evenfall:member", "stand") in properties(component(document, "crypt"))


def test_a_package_of_another_member_has_its_dependencies(tmp_path: Path) -> None:
    stand = MEMBERS.replace('{ name = "crypt" }', '{ name = "server", extra = ["tls"] }').replace(
        "[package.dev-dependencies]",
        '[package.optional-dependencies]\nbig = [{ name = "oil" }]\n\n[package.dev-dependencies]',
    )
    document = sbom(tmp_path, LOCK.replace('[{ name = "server", extra = ["tls"] }]', '[{ name = "server" }]') + stand)
    edges = {each["ref"]: each.get("dependsOn", []) for each in document["dependencies"]}
    (server,) = (ref for ref in edges if "server" in ref)
    assert {*edges["pkg:generic/stand@1"]} == {server, "pkg:pypi/oil@2.0"}
    assert [ref.partition("@")[0] for ref in edges[server]] == ["pkg:pypi/crypt"]
    assert ("cdx:python:package:required-extra", "tls") in properties(component(document, "server"))


def test_an_extra_that_the_project_requests_decides_between_conflicting_versions(tmp_path: Path) -> None:
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
    scopes = {f"{each['name']} {each['version']}": each["scope"] for each in sbom(tmp_path, lock)["components"]}
    assert scopes == {"oil 1": "required", "oil 2": "excluded", "stand 1": "required", "wick 1": "required"}


def test_the_document_of_a_member_covers_the_packages_that_it_needs(tmp_path: Path) -> None:
    stand = ProjectMetadata(name="Stand", version="1")
    document = sbom(tmp_path, LOCK + MEMBERS, about=stand)
    assert document["metadata"]["component"]["name"] == "Stand"
    assert {each["name"]: each["scope"] for each in document["components"]} == {
        "crypt": "required",
        "oil": "excluded",
        "probe": "excluded",
    }
    assert ("evenfall:required-by", "stand (group test) > probe > oil") in properties(component(document, "oil"))
    runtime = sbom(tmp_path, LOCK + MEMBERS, about=stand, runtime=True)
    assert [each["name"] for each in runtime["components"]] == ["crypt"]


def test_a_runtime_document_leaves_out_the_packages_of_a_conflicting_group(tmp_path: Path) -> None:
    beside = """{ name = "oil" }, { name = "crypt", marker = "extra == 'group-7-lantern-test'" },"""
    document = sbom(tmp_path, LOCK.replace('{ name = "oil" },', beside), runtime=True)
    edges = {each["ref"]: each.get("dependsOn", []) for each in document["dependencies"]}
    assert not [ref for ref in edges["pkg:pypi/lantern@1.0"] if "crypt" in ref]
    assert component(document, "crypt")["scope"] == "optional", "by the extra web"
