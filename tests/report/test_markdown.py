from __future__ import annotations

import pytest

from evenfall.report.markdown import escaped, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 1.0, text", "plain 1.0, text"),
        ("a | b\nc", r"a \| b c"),
        ("<img src=x>&", "&lt;img src=x&gt;&amp;"),
        ("[x](https://example.org) `y` *z* #1", r"\[x\]\(https&#58;//example.org\) \`y\` \*z\* \#1"),
        ("@all", "&#64;all"),
        ("\x1b[2J", r"\\x1b\[2J"),
    ],
)
def test_what_comes_from_elsewhere_reads_as_it_is_written(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_a_table_has_a_head_and_a_line_a_row() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
