"""Build the CycloneDX document of an SBOM: https://cyclonedx.org/docs/1.6/json/"""

from __future__ import annotations

import hashlib
import json
import posixpath
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6

from evenfall.project.lock_graph import LockGraph
from evenfall.project.lockfile import Lockfile
from evenfall.project.pyproject_tables import ProjectMetadata
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from evenfall.supply_chain.sbom.components import package_component, project_component, unlocked_component
from evenfall.supply_chain.sbom.contacts import contacts, project_people, supplier
from evenfall.supply_chain.sbom.package_url import package_url
from evenfall.supply_chain.sbom.packages import SbomPackages, sbom_packages
from evenfall.supply_chain.sbom.sanitize import clean_line

LOCK_DIGEST = "evenfall:lock:sha256"
"""The property of a document that identifies the lock from which it was generated."""
_KEY_ORDER = ["$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata"]
_KEY_ORDER += ["components", "dependencies", "compositions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SbomInputs:
    """Everything from which a document is built.

    `about` describes the project; it is None for a script, and for a workspace whose root is not a project. `lock_digest` is the result
    of `lock_digest` for the content of the lock. `metadata` is the known metadata of packages, by position in the lock. `time` is in
    seconds since 1970. `runtime` restricts the document to the packages that the project and its extras need.
    """

    about: ProjectMetadata | None
    lock: Lockfile
    lock_digest: str
    evenfall_version: str
    metadata: Mapping[int, PackageMetadata] = field(default_factory=dict)
    time: int | None = None
    runtime: bool = False

    @property
    def name(self) -> str:
        """The name of the project, if it is one."""
        return self.about.name if self.about else ""

    @property
    def script(self) -> str:
        """The name of the script, if it is one."""
        return posixpath.basename(self.lock.script)

    @property
    def covers(self) -> str:
        """The packages in the document: `runtime` or `all`."""
        return "runtime" if self.runtime else "all"


def lock_digest(content: bytes) -> str:
    """Return the SHA-256 of a lock, which is the same for both kinds of line ends."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def sbom_document(inputs: SbomInputs) -> str:
    """Return the document as JSON: in ASCII, with a final newline, not yet validated. Raises `EvenfallError` as `build_bom` does."""
    bom = build_bom(inputs)
    with warnings.catch_warnings():  # the library warns about a project without dependencies
        warnings.filterwarnings("ignore", message=".*has no defined dependencies", category=UserWarning)
        document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    if inputs.time is None:  # the library requires a time
        del document["metadata"]["timestamp"]
    # The library has no model of compositions.
    document["compositions"] = _compositions(inputs.lock, _components(bom))
    ordered = {key: document[key] for key in sorted(document, key=_KEY_ORDER.index)}
    return json.dumps(ordered, indent=2) + "\n"


def parse_bom(content: str) -> Bom:
    """Return a document in JSON as the library's model, which does not validate it."""
    bom: Bom = Bom.from_json(json.loads(content))  # type: ignore[attr-defined]  # a decorator adds the method
    return bom


def build_bom(inputs: SbomInputs) -> Bom:
    """Return the document as the library's model, without its compositions.

    Raises `EvenfallError` (usage) if the project, or a package that one of its packages needs, is not locked.
    """
    packages = sbom_packages(inputs.lock, inputs.name, runtime=inputs.runtime)
    required = LockGraph(inputs.lock).required_packages(None if packages.whole or not inputs.about else packages.root)
    if inputs.about:
        root, metadata = inputs.lock.package[packages.root], inputs.metadata.get(packages.root)
        project = project_component(inputs.about, root, metadata)
    else:
        project = unlocked_component(inputs.script)
    components = {
        position: package_component(required[position], usage, inputs.metadata.get(position))
        for position, usage in packages.usages.items()
    }
    all_components = {packages.root: project, **components}
    _make_refs_unique(all_components.values())
    return Bom(
        serial_number=uuid5(NAMESPACE_URL, _identity(inputs, packages)),
        components=components.values(),
        metadata=_document_metadata(inputs, project),
        dependencies=(  # Bom.register_dependency searches the whole list for each edge
            Dependency(component.bom_ref, [Dependency(all_components[target].bom_ref) for target in targets])
            for position, component in all_components.items()
            for targets in [packages.edges.get(position, ())]
        ),
    )


def _make_refs_unique(components: Iterable[Component]) -> None:
    """Number the components that have the same package URL, such as two files with the same name in two folders."""
    seen: dict[str, int] = {}
    for component in components:
        ref = str(component.bom_ref.value)
        seen[ref] = seen.get(ref, 0) + 1
        if seen[ref] > 1:
            component.bom_ref.value = f"{ref}#{seen[ref]}"


def _identity(inputs: SbomInputs, packages: SbomPackages) -> str:
    """Return a text that identifies the project, the packages in the document, and the lock."""
    url = (
        package_url(inputs.lock.package[packages.root], inputs.about.version or None)
        if inputs.about
        else clean_line(inputs.script)
    )
    return f"{url}#{inputs.covers}:sha256:{inputs.lock_digest}"


def _document_metadata(inputs: SbomInputs, project: Component) -> BomMetaData:
    people = project_people(inputs.about) if inputs.about else ()
    tool = Component(
        type=ComponentType.APPLICATION,
        name="evenfall",
        version=inputs.evenfall_version,
        bom_ref=f"pkg:pypi/evenfall@{inputs.evenfall_version}#tool",
    )
    return BomMetaData(
        tools=ToolRepository(components=[tool]),
        authors=contacts(people),
        component=project,
        timestamp=datetime.fromtimestamp(inputs.time or 0, UTC),
        supplier=supplier(people, None),
        lifecycles=[PredefinedLifecycle(phase=LifecyclePhase.PRE_BUILD)],
        properties=[
            Property(name="evenfall:covers", value=inputs.covers),
            Property(name=LOCK_DIGEST, value=clean_line(inputs.lock_digest)),
        ],
    )


def _components(bom: Bom) -> tuple[Component, ...]:
    assert bom.metadata.component is not None
    return (bom.metadata.component, *bom.components)


def _compositions(lock: Lockfile, components: Iterable[Component]) -> list[dict[str, Any]]:
    """Return that the dependencies between packages are complete, or incomplete if the lock is for some systems only.

    The content of a wheel is unknown.
    """
    refs = [component.bom_ref.value for component in components]
    edges = "incomplete" if lock.supported_markers else "complete"
    return [{"aggregate": edges, "dependencies": refs}, {"aggregate": "unknown", "assemblies": refs}]
