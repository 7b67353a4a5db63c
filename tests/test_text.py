from __future__ import annotations

import pytest

from evenfall.text import and_more, did_you_mean, one_line, plural, printable


def test_control_characters_are_escaped_except_newline_and_tab() -> None:
    assert printable("é\n\t\xa0\x1b[31m\u202e\r") == "é\n\t\xa0\\x1b[31m\\u202e\\r"
    assert one_line("a\n::error::\x07b\t c ") == "a ::error::\\x07b c"


@pytest.mark.parametrize(
    ("names", "shown"), [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")]
)
def test_a_long_list_of_names_is_cut(names: list[str], shown: str) -> None:
    assert and_more(names, 2) == shown


def test_an_unknown_name_gets_a_suggestion_or_the_list_of_known_names() -> None:
    assert did_you_mean("tesst", ("lint", "tests")) == "; did you mean 'tests'?"
    assert did_you_mean("zzz", iter(("lint", "tests"))) == "; expected one of: lint, tests"


def test_a_number_and_its_noun_agree() -> None:
    assert [plural(1, "advisory"), plural(0, "advisory"), plural(2, "key"), plural(2, "package")] == [
        "1 advisory",
        "0 advisories",
        "2 keys",
        "2 packages",
    ]
