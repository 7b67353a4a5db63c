"""Validate a document against the schema of CycloneDX 1.6, strictly, with the validator of cyclonedx-python-lib."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# The addresses that Evenfall writes, a subset of RFC 3986, appendix A: a URL with an ASCII host, or a path alone.
_REFERENCE = re.compile(
    r"(https?://([A-Za-z0-9._-]+|\[[0-9a-f:.]+\])(:\d+)?)?(?:[A-Za-z0-9/:@!$&'()*+,;=~._-]|%[0-9A-Fa-f]{2})*"
    r"(\?([A-Za-z0-9/:@!$&'()*+,;=~._?-]|%[0-9A-Fa-f]{2})*)?(#([A-Za-z0-9/:@!$&'()*+,;=~._?-]|%[0-9A-Fa-f]{2})*)?"
)
_MAX_LENGTH = 2000


class InvalidDocumentError(Exception):
    """A generated document is invalid, which is a bug of Evenfall."""


def validate(document: str) -> str:
    """Return the same document. Raises `InvalidDocumentError` if it is invalid."""
    if error := schema_error(document):
        raise InvalidDocumentError(error)
    return document


def schema_error(document: str) -> str:
    """Return the first error of a document, or an empty string if it is valid."""
    with _rfc3987_syntax_hidden():
        from cyclonedx.schema import SchemaVersion  # slow to import, and not needed for the help text
        from cyclonedx.validation.json import JsonStrictValidator

    with _quick_reference_check():
        error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(document)
    return str(error)[:_MAX_LENGTH] if error else ""


@contextmanager
def _rfc3987_syntax_hidden() -> Iterator[None]:
    """Let jsonschema be imported without rfc3987-syntax, whose import takes more than a second and which is not used here."""
    name = "rfc3987_syntax"
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # importing it raises ImportError, as if it were not installed
    try:
        yield
    finally:
        del sys.modules[name]


@contextmanager
def _quick_reference_check() -> Iterator[None]:
    """Replace jsonschema's check of addresses.

    Another program may have let jsonschema use rfc3987-syntax, which takes 80 ms for each address, and a lock has thousands.
    """
    from jsonschema.validators import Draft7Validator

    checkers = Draft7Validator.FORMAT_CHECKER.checkers
    before = dict(checkers)
    checkers["iri-reference"] = (is_reference, ())
    try:
        yield
    finally:
        checkers.clear()
        checkers.update(before)


def is_reference(value: object) -> bool:
    """Return whether an address has the form that Evenfall writes, which is valid by RFC 3986 and RFC 3987."""
    return not isinstance(value, str) or _REFERENCE.fullmatch(value) is not None
