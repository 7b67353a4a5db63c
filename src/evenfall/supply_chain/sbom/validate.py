"""Whether a document is what CycloneDX 1.6 asks for, by the strict validator of its own library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

# RFC 3986, appendix A, as far as Evenfall writes it: scheme, host and path of ASCII characters, or a path alone.
_REFERENCE = re.compile(
    r"(https?://([A-Za-z0-9._-]+|\[[0-9a-f:.]+\])(:\d+)?)?(?:[A-Za-z0-9/:@!$&'()*+,;=~._-]|%[0-9A-Fa-f]{2})*"
    r"(\?([A-Za-z0-9/:@!$&'()*+,;=~._?-]|%[0-9A-Fa-f]{2})*)?(#([A-Za-z0-9/:@!$&'()*+,;=~._?-]|%[0-9A-Fa-f]{2})*)?"
)


class InvalidDocumentError(Exception):
    """A document of ours that the strict validator refuses: a bug of ours."""


def checked(text: str) -> str:
    """The document as it is. Raises `InvalidDocumentError` with what is wrong first."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    with _quick_references():
        error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error is not None:
        raise InvalidDocumentError(str(error)[:2000])
    return text


@contextmanager
def _quick_references() -> Iterator[None]:
    """Where rfc3987-syntax is installed, jsonschema parses each address by a grammar: 80 ms each, and a lock has thousands."""
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
    """Whether an address is of the form that Evenfall writes, which any reader of RFC 3986 or 3987 takes."""
    return not isinstance(value, str) or _REFERENCE.fullmatch(value) is not None
