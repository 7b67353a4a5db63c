"""GitHub's published description of its API: which requests it accepts, and which fields its answers have.

openapi.json is an extract of it, see extract_openapi.py. The description allows unknown fields nearly everywhere; here they are errors, so
that no field is misspelled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

DESCRIPTION = Path(__file__).with_name("openapi.json")


def problems_of_request(method: str, path: str, body: object) -> list[str]:
    """Return what is wrong with a request, such as `rules/0/type: 'x' is not one of …`. `path` is below the repository."""
    operation = _operation(method, path)
    if operation is None:
        return [f"the description has no {method} {path}"]
    validator = _validator(operation, "request")
    if validator is None:
        return [] if body is None else [f"{operation} has no body"]
    return _problems(validator, body)


def is_described(method: str, path: str) -> bool:
    """Return whether the extract has an operation. `path` is below the repository."""
    return _operation(method, path) is not None


def problems_of_answer(method: str, path: str, body: object) -> list[str]:
    """Return the fields of an answer that GitHub does not have, or has with another type."""
    operation = _operation(method, path)
    validator = _validator(operation, "answer") if operation else None
    return _problems(validator, body) if validator else []


def _problems(validator: Draft202012Validator, body: object) -> list[str]:
    errors = validator.iter_errors(body)
    return [f"{'/'.join(str(each) for each in error.absolute_path)}: {error.message}" for error in errors]


@cache
def _description() -> dict[str, Any]:
    description: dict[str, Any] = json.loads(DESCRIPTION.read_bytes())
    return description


@cache
def _operation(method: str, path: str) -> str | None:
    """Return the name of an operation, such as `PUT /rulesets/{ruleset_id}`."""
    for name in _description()["operations"]:
        pattern = re.sub(r"\{\w+\}", "[^/]+", name.replace("{ref}", ".+"))  # a reference has slashes
        if re.fullmatch(pattern, f"{method} {path and f'/{path}'}"):
            return str(name)
    return None


@cache
def _validator(operation: str, part: str) -> Draft202012Validator | None:
    schema = _description()["operations"][operation].get(part)
    return Draft202012Validator(_strict({"$defs": _description()["$defs"], **schema})) if schema else None


def _strict(schema: Any) -> Any:
    """Return a schema without unknown fields in its objects."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        return {"additionalProperties": False, **strict}
    return strict
