"""YAML from plain values: scalars are quoted by the library where they could be read as anything but themselves."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from evenfall.derive.pins import Pin, pin_of

BANNER = "# Derived by evenfall from noxfile.py. Change that, then: evenfall derive\n"


def dump(document: Mapping[str, Any]) -> str:
    """A document with Evenfall's banner; mappings keep their order."""
    writer = YAML()
    writer.width = 10_000  # a folded line would change a shell command
    writer.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    writer.dump(_commented(document), text)
    return BANNER + text.getvalue()


def inline(values: tuple[str, ...]) -> CommentedSeq:
    """A sequence on one line."""
    sequence = CommentedSeq(values)
    sequence.fa.set_flow_style()
    return sequence


def uses(action: str, pins: Mapping[str, Pin], **inputs: object) -> CommentedMap:
    """A step that uses an action, by the SHA of its commit, with the tag beside it where Dependabot looks for it."""
    pin = pin_of(action, pins)
    step = CommentedMap(uses=f"{action}@{pin.sha}")
    step.yaml_add_eol_comment(pin.version, "uses", column=0)
    if inputs:
        step["with"] = CommentedMap({key.replace("_", "-"): value for key, value in inputs.items()})
    return step


def _commented(value: Any) -> Any:
    if isinstance(value, (CommentedMap, CommentedSeq)):
        return value
    if isinstance(value, Mapping):
        return CommentedMap({key: _commented(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return CommentedSeq([_commented(item) for item in value])
    return value
