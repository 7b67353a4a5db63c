from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evenfall.generate.guide.markdown import bullets, code, codes, console, paragraphs, prose


def html(text: str) -> str:
    return str(MarkdownIt("gfm-like", {"linkify": False}).render(text)).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run `nox -s tests` now", "<p>run <code>nox -s tests</code> now</p>"),
        ("use *Re-run failed jobs*.", "<p>use <em>Re-run failed jobs</em>.</p>"),
        ("with -- --fix (all)", "<p>with -- --fix (all)</p>"),
        ("a [link](https://x.org) <b>", "<p>a [link](https://x.org) &lt;b&gt;</p>"),
        ("one\n\n# two", "<p>one # two</p>"),
        ("- no list", "<p>- no list</p>"),
        ("`unclosed", "<p>`unclosed</p>"),
        ("2 * 3 * 4 `` ** x", "<p>2 * 3 * 4 `` ** x</p>"),
    ],
)
def test_only_code_and_emphasis_are_markup(text: str, expected: str) -> None:
    assert html(prose(text)) == expected


@given(st.text(alphabet="ab`*_-#<>[]()!|~\\&@:/.\n 1+=", max_size=30))
def test_no_text_leaves_its_line_or_adds_another_element(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(f"- **x**: {prose(text)}\n")
    kinds = {token.type for token in tokens} | {
        child.type for token in tokens for child in token.children or () if child.type != "text"
    }
    allowed = {"bullet_list", "list_item", "paragraph", "strong", "em"}
    assert {kind.removesuffix("_open").removesuffix("_close") for kind in kinds} <= {
        *allowed,
        "inline",
        "code_inline",
        "text_special",
    }


def test_a_name_can_not_end_its_code_span() -> None:
    assert html(codes(["a`b", "c\nd"])) == "<p><code>a'b</code>, <code>c d</code></p>"
    assert code("x") == "`x`"


def test_a_command_can_not_end_its_block() -> None:
    assert console(["evenfall audit", "a\n```\n# b"]) == "```console\n$ evenfall audit\n$ a ``` # b\n```\n"
    assert console([]) == ""


def test_empty_parts_are_left_out() -> None:
    assert bullets(["a", "", "b"]) == "- a\n- b\n"
    assert paragraphs("a\n\n", "", " ", "b") == "a\n\nb\n"
