from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evenfall.supply_chain.metadata.package_metadata import LIMIT, PackageMetadata, parse

FULL = """\
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

License: GPL-3.0-only
"""


def read(text: str) -> PackageMetadata:
    return parse(text.encode(), evidence="index", place="a.whl")


def test_all_that_is_known_of_a_package_is_in_its_header_and_nothing_in_the_description() -> None:
    assert read(FULL) == PackageMetadata(
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
        evidence="index",
        place="a.whl",
    )


def test_lines_may_end_as_on_windows() -> None:
    assert read(FULL.replace("\n", "\r\n")) == read(FULL)
    assert read("\ufeff" + FULL) == read(FULL)


def test_a_text_of_several_lines_is_read_as_it_was_meant() -> None:
    assert read("License: One\n        two\n\tthree\nName: x\n").license == "One\ntwo\nthree"
    assert read("License: One\n       |two\n       |  three\n").license == "One\ntwo\n  three"


def test_what_tools_wrote_for_nothing_is_nothing() -> None:
    assert read("License: UNKNOWN\nHome-page: UNKNOWN\nAuthor:\n") == read("")


def test_the_first_of_two_counts_where_one_may_stand() -> None:
    assert read("Name: x\nLicense: MIT\nLicense: Zlib\n").license == "MIT"


def test_other_encodings_lose_a_letter_and_nothing_else() -> None:
    found = parse("Author: Björn\nLicense: MIT\n".encode("latin-1"), evidence="environment", place="x")
    assert (found.author, found.license) == ("Bj\ufffdrn", "MIT")


def test_it_reads_no_further_than_is_told() -> None:
    assert not read(f"Summary: {'x' * LIMIT}\nLicense: MIT\n").license


@given(st.binary(max_size=200))
def test_nothing_that_may_be_in_a_file_breaks_it(raw: bytes) -> None:
    parse(raw, evidence="index", place="x")
