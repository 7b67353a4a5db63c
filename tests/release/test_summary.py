from __future__ import annotations

import shlex

import msgspec
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from evenfall.release.index import PYPI, TESTPYPI, IndexUrls
from evenfall.release.manifest import Manifest, ReleaseFile
from evenfall.release.summary import install_command, summary_markdown

PASSWORD = "open"
WHEEL = "lamp_oil-1.0-py3-none-any.whl"
PRIVATE = IndexUrls(name="pypi", simple="https://index.test/simple/", upload="https://index.test/upload")
MANIFEST = Manifest(
    project="Lamp_Oil",
    version="1.0",
    index="pypi",
    commit="c" * 40,
    lock_sha256="d" * 64,
    files=(
        ReleaseFile(name=WHEEL, kind="wheel", size=12345, sha256="a" * 64),
        ReleaseFile(name="lamp_oil-1.0.tar.gz", kind="sdist", size=678, sha256="b" * 64),
    ),
)


def _tokens(markdown: str) -> list[Token]:
    """Return the block and inline tokens of Markdown with tables, as GitHub renders it."""
    blocks = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [token for block in blocks for token in (block, *(block.children or ()))]


def _cells(markdown: str) -> list[str]:
    blocks = MarkdownIt("commonmark").enable("table").parse(markdown)
    inside = [blocks[i + 1] for i, token in enumerate(blocks) if token.type == "td_open"]
    return ["".join(child.content for child in cell.children or ()) for cell in inside]


def _links(markdown: str) -> list[str]:
    return [str(token.attrs["href"]) for token in _tokens(markdown) if token.type == "link_open"]


def test_the_summary_has_every_file_with_its_size_and_hash() -> None:
    assert _cells(summary_markdown(MANIFEST, PYPI)) == [
        *(WHEEL, "12,345", "a" * 64),
        *("lamp_oil-1.0.tar.gz", "678", "b" * 64),
    ]


def test_the_summary_links_the_page_of_the_version_and_the_known_files() -> None:
    url = f"https://files.test/packages/{WHEEL}"
    assert _links(summary_markdown(MANIFEST, PYPI, links={WHEEL: url})) == [
        "https://pypi.org/project/lamp-oil/1.0/",
        url,
    ]


def test_the_summary_has_the_commit_and_the_results_of_the_steps() -> None:
    markdown = summary_markdown(MANIFEST, PYPI, steps=[("build", "passed"), ("install", "failed: a|b")])
    assert "c" * 40 in [token.content for token in _tokens(markdown)]
    assert _cells(markdown)[-4:] == ["build", "passed", "install", "failed: a|b"]


def test_the_summary_never_shows_a_password() -> None:
    links = {WHEEL: f"https://ada:{PASSWORD}@index.test/{WHEEL}"}
    assert PASSWORD not in summary_markdown(MANIFEST, PRIVATE, links=links)


HOSTILE = "x\n\n# <b>`a`|[b](http://evil.test)@you ```\n```"


@pytest.mark.parametrize("field", ["project", "commit", "lock_sha256"])
def test_no_text_of_a_manifest_becomes_markup(field: str) -> None:
    manifest = msgspec.structs.replace(MANIFEST, **{field: HOSTILE})
    usual = [token.type for token in _tokens(summary_markdown(MANIFEST, PRIVATE))]
    hostile = [token.type for token in _tokens(summary_markdown(manifest, PRIVATE))]
    markup = {"code_inline", "text_special", "text", "softbreak"}
    assert [kind for kind in hostile if kind not in markup] == [kind for kind in usual if kind not in markup]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "file:///etc/passwd"])
def test_only_addresses_of_web_pages_become_links(url: str) -> None:
    assert _links(summary_markdown(MANIFEST, PRIVATE, links={WHEEL: url})) == [f"{PRIVATE.simple}lamp-oil/"]


def test_no_address_ends_its_link() -> None:
    markdown = summary_markdown(MANIFEST, PRIVATE, links={WHEEL: "https://x.test/a>)|[b](https://evil.test) \n# c"})
    link = _links(markdown)[-1]
    assert link.startswith("https://x.test/")
    assert len(_cells(markdown)) == 6


def test_pypi_needs_only_the_requirement() -> None:
    assert install_command(MANIFEST, PYPI, {}) == "uv pip install Lamp_Oil==1.0"


def test_another_index_provides_only_the_wheel_but_no_dependencies() -> None:
    url = f"https://files.test/{WHEEL}"
    assert shlex.split(install_command(MANIFEST, TESTPYPI, {WHEEL: url}))[-1] == f"Lamp_Oil @ {url}"


def test_an_index_is_named_if_the_address_of_the_wheel_is_not_known() -> None:
    words = shlex.split(install_command(MANIFEST, TESTPYPI, {}))
    assert words[-3:] == ["--index", TESTPYPI.simple, "Lamp_Oil==1.0"]
