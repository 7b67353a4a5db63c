"""YAML from plain values: scalars are quoted by the library where they could be read as anything but themselves."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import LiteralScalarString

from evenfall.derive.pins import Pin, pin_of

BANNER = "# Derived by evenfall from noxfile.py. Change that, then: evenfall derive\n"


class _Representer(RoundTripRepresenter):
    """Escapes what is not printable: only between double quotes does every kind of line break stay what it is (YAML 1.2, 7.3.1)."""

    def represent_str(self, text: str) -> ScalarNode:
        """A scalar of the library's choice, or a quoted one."""
        node: ScalarNode = self.represent_scalar(_STR, text, style=None if text.isprintable() else '"')
        return node


_STR = "tag:yaml.org,2002:str"
_Representer.add_representer(str, _Representer.represent_str)


def dump(document: Mapping[str, Any]) -> str:
    """A document with Evenfall's banner; mappings keep their order."""
    writer = YAML()
    writer.Representer = _Representer
    writer.width = sys.maxsize  # a folded line would change a shell command
    writer.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    writer.dump(_commented(document), text)
    return BANNER + text.getvalue()


def inline(values: tuple[str, ...]) -> CommentedSeq:
    """A sequence on one line."""
    sequence = CommentedSeq(values)
    sequence.fa.set_flow_style()
    return sequence


def block(*lines: str) -> LiteralScalarString:
    """Lines that stand in the file as they are."""
    text: LiteralScalarString = LiteralScalarString("".join(f"{line}\n" for line in lines))
    return text


def uses(action: str, pins: Mapping[str, Pin], inputs: Mapping[str, object] | None = None) -> CommentedMap:
    """A step that uses an action, by the SHA of its commit, with the tag beside it where Dependabot looks for it."""
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
