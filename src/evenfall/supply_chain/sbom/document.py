"""The whole document: https://cyclonedx.org/docs/1.6/json/"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from evenfall.project.about import About
from evenfall.project.lock_graph import LockGraph
from evenfall.project.lockfile import Lockfile
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.components import component
from evenfall.supply_chain.sbom.people import contacts, makers_of_project, supplier
from evenfall.supply_chain.sbom.purl import purl
from evenfall.supply_chain.sbom.root import root_component
from evenfall.supply_chain.sbom.sanitize import cleaned
from evenfall.supply_chain.sbom.scope import SbomScope, sbom_scope

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component


_ORDER = ["$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata"]
_ORDER += ["components", "dependencies", "compositions"]
"""What a document is comes first, for who opens one."""
LOCK_DIGEST = "evenfall:lock:sha256"
"""The property of the document that says from which lock it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a document is made from.

    `lock_digest` is `lock_digest` of the lock's bytes. `metadata` is of packages by their place in the lock, as far as it is
    known. `time` is in seconds since 1970. `runtime`: only what the project itself needs, extras included.
    """

    about: About
    lock: Lockfile
    lock_digest: str
    tool_version: str
    metadata: Mapping[int, PackageMetadata] = field(default_factory=dict)
    time: int | None = None
    runtime: bool = False


def lock_digest(raw: bytes) -> str:
    """SHA-256 of a lock's lines, however a checkout ends them."""
    return hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest()


def document(request: Request) -> str:
    """The document's text, ASCII with a line end at its end; not validated yet.

    Raises `EvenfallError` (usage) where the lock does not hold the project, or what one of its packages needs.
    """
    from cyclonedx.output.json import JsonV1Dot6

    used = sbom_scope(request.lock, request.about.name, runtime=request.runtime)
    bom = _bom(request, used)
    with warnings.catch_warnings():  # a project that needs nothing is no incomplete one
        warnings.filterwarnings("ignore", message=".*has no defined dependencies", category=UserWarning)
        table: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    if request.time is None:  # where the library would write when it ran
        del table["metadata"]["timestamp"]
    table["compositions"] = _compositions(request, table)
    ordered = {key: table[key] for key in sorted(table, key=_ORDER.index)}
    return json.dumps(ordered, indent=2) + "\n"


def _bom(request: Request, used: SbomScope) -> Bom:
    from cyclonedx.model.bom import Bom

    reached = LockGraph(request.lock).required_packages(None if used.whole else used.root)
    made = {used.root: root_component(request.about, request.lock.package[used.root], request.metadata.get(used.root))}
    for place, usage in used.usages.items():
        made[place] = component(reached[place], usage, request.metadata.get(place))
    _tell_apart(made)
    bom = Bom(
        serial_number=uuid5(NAMESPACE_URL, _identity(request, used)),
        components=[each for place, each in made.items() if place != used.root],
        metadata=_metadata(request, made[used.root]),
    )
    for place, each in made.items():
        bom.register_dependency(each, [made[target] for target in used.edges.get(place, ())])
    return bom


def _tell_apart(made: Mapping[int, Component]) -> None:
    """Two packages of one package URL, like two files of one name in two folders, get a number after it."""
    seen: dict[str, int] = {}
    for each in made.values():
        ref = str(each.bom_ref.value)
        seen[ref] = seen.get(ref, 0) + 1
        if seen[ref] > 1:
            each.bom_ref.value = f"{ref}#{seen[ref]}"


def _identity(request: Request, used: SbomScope) -> str:
    root = request.lock.package[used.root]
    kind = "runtime" if request.runtime else "all"
    version = request.about.version or ""
    return f"{purl(root, version or None)}#{kind}:sha256:{request.lock_digest}"


def _metadata(request: Request, root: Component) -> BomMetaData:
    from cyclonedx.model import Property
    from cyclonedx.model.bom import BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle
    from cyclonedx.model.tool import ToolRepository

    people = makers_of_project(request.about)
    tool = Component(type=ComponentType.APPLICATION, name="evenfall", version=request.tool_version)
    tool.bom_ref.value = f"pkg:pypi/evenfall@{request.tool_version}#tool"
    return BomMetaData(
        tools=ToolRepository(components=[tool]),
        authors=contacts(people),
        component=root,
        timestamp=datetime.fromtimestamp(request.time or 0, UTC),
        supplier=supplier(people, None),
        lifecycles=[PredefinedLifecycle(phase=LifecyclePhase.PRE_BUILD)],
        properties=[
            Property(name=name, value=cleaned(value))
            for name, value in (
                ("evenfall:covers", "runtime" if request.runtime else "all"),
                (LOCK_DIGEST, request.lock_digest),
            )
        ],
    )


def _compositions(request: Request, table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is complete: the edges between Python packages. What nobody knows from a lock: what a wheel holds inside.

    The library has no model of them: https://github.com/CycloneDX/cyclonedx-python-lib/blob/main/cyclonedx/model/bom.py
    """
    refs = list(_refs(table))
    edges = "incomplete" if request.lock.supported_markers else "complete"
    return [{"aggregate": edges, "dependencies": refs}, {"aggregate": "unknown", "assemblies": refs}]


def _refs(table: Mapping[str, Any]) -> Iterator[str]:
    yield table["metadata"]["component"]["bom-ref"]
    yield from (each["bom-ref"] for each in table.get("components", ()))
