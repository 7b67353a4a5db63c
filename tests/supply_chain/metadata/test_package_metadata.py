from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.project.lockfile import LockedPackage
from evenfall.supply_chain.metadata.package_metadata import MAX_METADATA_BYTES, PackageMetadata, parse_metadata

COMPLETE = """\
Metadata-Version: 2.4
Name: Oil.Lamp
Version: 1.0
Summary: Gives light.
Home-page: https://example.org
Author: A Maker
Author-email: maker@example.org
Maintainer: A Keeper
Maintainer-email: Keeper <keeper@example.org>
License-Expression: MIT
License-File: LICENSE
License-File: third/NOTICE
Project-URL: Source, https://example.org/source
Project-URL: https://example.org/bare
Classifier: Typing :: Typed
Classifier: Programming Language :: Python
X-Unknown: a field of no specification

License: GPL-3.0-only
"""


def parse(text: str) -> PackageMetadata:
    return parse_metadata(text.encode())


def test_every_field_is_read_from_the_header_and_none_from_the_description() -> None:
    assert parse(COMPLETE) == PackageMetadata(
        name="Oil.Lamp",
        version="1.0",
        summary="Gives light.",
        home_page="https://example.org",
        author="A Maker",
        author_email="maker@example.org",
        maintainer="A Keeper",
        maintainer_email="Keeper <keeper@example.org>",
        license_expression="MIT",
        license_files=("LICENSE", "third/NOTICE"),
        project_urls=(("Source", "https://example.org/source"), ("", "https://example.org/bare")),
        classifiers=("Typing :: Typed", "Programming Language :: Python"),
    )


def test_windows_line_ends_and_a_byte_order_mark_are_ignored() -> None:
    assert parse(COMPLETE.replace("\n", "\r\n")) == parse(COMPLETE)
    assert parse("\ufeff" + COMPLETE) == parse(COMPLETE)


def test_continuation_lines_lose_their_indentation() -> None:
    assert parse("License: One\n        two\n\tthree\nName: x\n").license == "One\ntwo\nthree"
    assert parse("License: One\n       |two\n       |  three\n").license == "One\ntwo\n  three"


def test_empty_and_unknown_fields_are_empty() -> None:
    assert parse("License: UNKNOWN\nHome-page: UNKNOWN\nAuthor:\nProject-URL: UNKNOWN\n") == parse("")


def test_the_first_value_of_a_repeated_field_counts() -> None:
    assert parse("Home-page:\nHome-page: https://example.org\n").home_page == "https://example.org"


def test_all_values_of_a_repeated_license_apply() -> None:
    assert parse("Name: x\nLicense: MIT OR Zlib\nLicense: GPL\n").license == "(MIT OR Zlib) AND (GPL)"
    assert parse("License-Expression: MIT\nLicense-Expression: MIT\n").license_expression == "MIT"


def test_no_project_url_is_lost_when_a_label_is_repeated() -> None:
    urls = parse("Project-URL: Docs, https://a\nProject-URL: Docs, https://b\nProject-URL: , https://c\n").project_urls
    assert urls == (("Docs", "https://a"), ("Docs", "https://b"), ("", "https://c"))


def test_latin_1_loses_its_special_characters_and_nothing_else() -> None:
    metadata = parse_metadata("Author: Björn\nLicense: MIT\n".encode("latin-1"))
    assert (metadata.author, metadata.license) == ("Bj\ufffdrn", "MIT")


def test_the_file_is_read_up_to_the_limit() -> None:
    assert not parse(f"Summary: {'x' * MAX_METADATA_BYTES}\nLicense: MIT\n").license


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_a_body_of_nested_messages_is_not_parsed(line_end: str) -> None:
    body = f"Content-Type: message/rfc822{line_end * 2}" * 20_000
    assert parse(f"Name: x{line_end * 2}{body}").name == "x"


def test_a_header_with_too_many_fields_is_not_parsed() -> None:
    """It would take half an hour."""
    assert parse("Name: x\n" + "".join(f"{number:x}:\n" for number in range(200_000))) == parse("")


def test_a_long_license_text_does_not_count_as_fields() -> None:
    text = "\n".join(f"        line {number}: text" for number in range(1000))
    assert parse(f"License: title\n{text}\nName: x\n").name == "x"


@given(st.binary(max_size=200))
def test_any_file_can_be_parsed(content: bytes) -> None:
    parse_metadata(content)


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [("oil-lamp", "1.0.0", True), ("OIL_LAMP", None, True), ("oil-lamp", "1.1", False), ("lamp", "1.0", False)],
)
def test_metadata_describes_the_package_of_its_name_and_version(name: str, version: str | None, expected: bool) -> None:
    assert parse(COMPLETE).describes(LockedPackage(name=name, version=version)) is expected
