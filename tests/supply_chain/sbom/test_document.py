from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.errors import EvenfallError
from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import Dependency, DistributionFile, LockedPackage, Lockfile
from evenfall.supply_chain.sbom.document import SbomInputs, lock_digest, parse_bom, sbom_document
from tests.supply_chain.sbom.sample import ABOUT, LOCK, OIL, SHA, inputs, sbom

GOLDEN = Path(__file__).with_name("golden.cdx.json")


def test_the_document_of_a_small_lock_is_the_golden_file(tmp_path: Path) -> None:
    """To update it: UPDATE_GOLDEN=1 pytest tests/supply_chain/sbom/test_document.py, and read the diff."""
    text = sbom_document(inputs(tmp_path, metadata={3: OIL}))
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="ascii", newline="\n")
    assert text == GOLDEN.read_text(encoding="ascii")


def test_another_process_with_another_hash_seed_and_time_zone_writes_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.supply_chain.sbom.sample import *; "
        f"sys.stdout.write(sbom_document(inputs(Path({str(tmp_path)!r}), metadata={{3: OIL}})))"
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


def test_the_serial_number_depends_on_the_lock_and_the_scope_only(tmp_path: Path) -> None:
    first = sbom(tmp_path)["serialNumber"]
    assert sbom(tmp_path, time=1, metadata={3: OIL})["serialNumber"] == first
    assert sbom(tmp_path, runtime=True)["serialNumber"] != first
    assert sbom(tmp_path, LOCK + "\n")["serialNumber"] != first
    assert lock_digest(LOCK.replace("\n", "\r\n").encode()) == lock_digest(LOCK.encode())


def test_a_document_without_a_time_has_no_timestamp(tmp_path: Path) -> None:
    assert sbom(tmp_path)["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"
    assert "timestamp" not in sbom(tmp_path, time=None)["metadata"]


def test_compositions_are_complete_unless_the_lock_is_for_some_systems_only(tmp_path: Path) -> None:
    def aggregates(text: str) -> list[tuple[str, int]]:
        return [
            (each["aggregate"], len(each.get("dependencies") or each["assemblies"]))
            for each in sbom(tmp_path, text)["compositions"]
        ]

    assert aggregates(LOCK) == [("complete", 7), ("unknown", 7)]
    narrow = LOCK.replace("revision = 3", "revision = 3\nsupported-markers = [\"sys_platform == 'linux'\"]")
    assert aggregates(narrow) == [("incomplete", 7), ("unknown", 7)]


def test_a_project_without_dependencies_has_a_document(tmp_path: Path) -> None:
    alone = 'version = 1\n\n[[package]]\nname = "lantern"\nversion = "1.0"\nsource = { editable = "." }\n'
    assert "components" not in sbom(tmp_path, alone)


def test_a_lock_without_the_project_is_an_error(tmp_path: Path) -> None:
    other = LOCK.replace('name = "lantern"', 'name = "torch"')
    with pytest.raises(EvenfallError, match=r"uv\.lock: the project 'lantern' is not in it"):
        sbom_document(inputs(tmp_path, other))


def test_two_components_with_the_same_package_url_have_different_references(tmp_path: Path) -> None:
    twin = (
        '\n[[package]]\nname = "left-behind"\nversion = "1"\nsource = { path = "other/left_behind-1-py3-none-any.whl" }\n'
        "resolution-markers = [\"sys_platform == 'win32'\"]\n"
        f'wheels = [{{ filename = "left_behind-1-py3-none-any.whl", hash = "{SHA}" }}]\n'
    )
    document = sbom(tmp_path, LOCK + twin)
    refs = [each["bom-ref"] for each in document["components"] if each["name"] == "left-behind"]
    assert len(set(refs)) == 2
    assert any(ref.endswith("#2") for ref in refs)


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
def test_every_locked_package_is_one_component_and_every_dependency_is_a_component(lock: Lockfile) -> None:
    bom = parse_bom(sbom_document(SbomInputs(about=ABOUT, lock=lock, lock_digest="0" * 64, evenfall_version="1")))
    refs = [str(each.bom_ref) for each in bom.components]
    assert len(set(refs)) == len(refs) == len(lock.package) - 1
    known = {*refs, "pkg:pypi/lantern@1.0"}
    assert {str(each.ref) for each in bom.dependencies} == known
    for each in bom.dependencies:
        assert {str(target.ref) for target in each.dependencies} <= known - {str(each.ref)}
