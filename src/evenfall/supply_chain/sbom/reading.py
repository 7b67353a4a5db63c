"""A CycloneDX JSON document, ours or another tool's, as frozen values: as far as two of them are compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError

LIMIT = 64 << 20
"""Bytes of a document; one of 500 packages has five million."""


class Hash(msgspec.Struct, frozen=True, order=True):
    """A digest and its algorithm."""

    alg: str
    content: str

    def __str__(self) -> str:
        return f"{self.alg} {self.content[:12]}…"


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A place outside of the document, like a component's file."""

    type: str
    url: str
    hashes: tuple[Hash, ...] = ()


class License(msgspec.Struct, frozen=True, kw_only=True):
    """A license by its SPDX identifier or its name."""

    id: str = ""
    name: str = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An SPDX expression, or a license."""

    expression: str = ""
    license: License = License()

    def __str__(self) -> str:
        return self.expression or self.license.id or self.license.name


class Property(msgspec.Struct, frozen=True, kw_only=True):
    """A name and a value."""

    name: str
    value: str = ""


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A component, and those inside of it."""

    name: str
    version: str = ""
    ref: str = msgspec.field(default="", name="bom-ref")
    purl: str = ""
    scope: str = ""
    hashes: tuple[Hash, ...] = ()
    licenses: tuple[Choice, ...] = ()
    references: tuple[Reference, ...] = msgspec.field(default=(), name="externalReferences")
    components: tuple[Component, ...] = ()

    @property
    def label(self) -> str:
        """As a person names it."""
        return f"{self.name} {self.version}".rstrip()

    @property
    def files(self) -> dict[str, tuple[Hash, ...]]:
        """The hashes of each file that can be downloaded."""
        return {each.url: tuple(sorted(each.hashes)) for each in self.references if each.type == "distribution"}


class Edges(msgspec.Struct, frozen=True, kw_only=True):
    """What one component needs."""

    ref: str
    needs: tuple[str, ...] = msgspec.field(default=(), name="dependsOn")


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a document says of itself."""

    component: Component | None = None
    properties: tuple[Property, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The document."""

    bom_format: str = msgspec.field(name="bomFormat")
    metadata: Metadata = Metadata()
    components: tuple[Component, ...] = ()
    dependencies: tuple[Edges, ...] = ()

    @property
    def every(self) -> tuple[Component, ...]:
        """The component that it is about, where it says so, and all others, at any depth."""
        about = self.metadata.component
        return (*([about] if about else []), *_walk(self.components))

    def fact(self, name: str) -> str:
        """A property of the document; empty where it is not there."""
        return next((each.value for each in self.metadata.properties if each.name == name), "")


def _walk(components: tuple[Component, ...]) -> Iterator[Component]:
    for component in components:
        yield component
        yield from _walk(component.components)


def read_document(path: Path) -> Document:
    """Raises `EvenfallError` (usage): it can't be read, is too large, or is no CycloneDX JSON."""
    try:
        with path.open("rb") as file:
            raw = file.read(LIMIT + 1)
    except OSError as error:
        hint = "evenfall sbom --output FILE writes one"
        raise EvenfallError(f"{path}: it can't be read: {error.strerror}", hint=hint) from error
    if len(raw) > LIMIT:
        raise EvenfallError(f"{path}: it has more than {LIMIT >> 20} MiB", hint="give a CycloneDX JSON document")
    return parse_document(raw, str(path))


def parse_document(raw: bytes, name: str) -> Document:
    """Raises `EvenfallError` (usage), beginning with `name`, for what is no CycloneDX JSON."""
    hint = "give a CycloneDX JSON document, as evenfall sbom --output writes it"
    try:
        document = msgspec.json.decode(raw, type=Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EvenfallError(f"{name}: no CycloneDX JSON: {error}", hint=hint) from error
    if document.bom_format != "CycloneDX":
        raise EvenfallError(f"{name}: no CycloneDX JSON: its bomFormat is {document.bom_format!r}", hint=hint)
    return document
