"""Write plain values as YAML. The library quotes every string that YAML could read as another type."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from evenfall.generate.pins import Pin, pin_of
from evenfall.pipeline.marker import MARKER


class _Representer(RoundTripRepresenter):
    """Escapes characters that are not printable, because only double quotes preserve every kind of line break (YAML 1.2, 7.3.1)."""

    def represent_str(self, text: str) -> ScalarNode:
        """Return a double-quoted scalar if the text is not printable; otherwise, the library chooses the style."""
        node: ScalarNode = self.represent_scalar(_STR, text, style=None if text.isprintable() else '"')
        return node


_STR = "tag:yaml.org,2002:str"
_Representer.add_representer(str, _Representer.represent_str)


def dump(document: Mapping[str, Any]) -> str:
    """Return the text of a document, with the marker as its first line; mappings keep their order."""
    writer = YAML()
    writer.Representer = _Representer
    writer.width = sys.maxsize  # a folded line would change a shell command
    writer.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    writer.dump(_commented(document), text)
    return MARKER + text.getvalue()


def inline(values: tuple[str, ...]) -> CommentedSeq:
    """Return a sequence that is written on one line."""
    sequence = CommentedSeq(values)
    sequence.fa.set_flow_style()
    return sequence


def quoted(text: str) -> DoubleQuotedScalarString:
    """Return a string that is written in double quotes, for a reader of YAML 1.1: Ruby takes `03:00` for a number in base 60."""
    scalar: DoubleQuotedScalarString = DoubleQuotedScalarString(text)
    return scalar


def block(*lines: str) -> LiteralScalarString:
    """Return a string that is written as a literal block, one line each."""
    text: LiteralScalarString = LiteralScalarString("".join(f"{line}\n" for line in lines))
    return text


def uses(action: str, pins: Mapping[str, Pin], inputs: Mapping[str, object] | None = None) -> CommentedMap:
    """Return a step that uses an action, pinned to its commit, with the tag as a comment in the place where Dependabot reads it."""
    pin = pin_of(action, pins)
    step = CommentedMap(uses=f"{action}@{pin.sha}")
    step.yaml_add_eol_comment(pin.version, "uses", column=0)
    if inputs:
        step["with"] = CommentedMap(inputs)
    return step


def _commented(value: Any) -> Any:
    if isinstance(value, (CommentedMap, CommentedSeq)):
        return value
    if isinstance(value, Mapping):
        return CommentedMap({key: _commented(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return CommentedSeq([_commented(item) for item in value])
    return value
