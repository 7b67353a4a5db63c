"""The summary of a deployment in Markdown: version, commit, files with hashes and links, the command that installs them, the steps."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, urlsplit

from evenfall.package_index.address import shown_address
from evenfall.release.index import PYPI, IndexUrls
from evenfall.release.manifest import Manifest, ReleaseFile
from evenfall.report.github_actions import escape_markdown
from evenfall.text import one_line


def summary_markdown(
    manifest: Manifest,
    urls: IndexUrls,
    *,
    links: Mapping[str, str] | None = None,
    steps: Sequence[tuple[str, str]] = (),
) -> str:
    """Return the summary of a deployment, for the summary of a job or a terminal.

    `links` are the addresses of files on the index by file name, without those that are not known. `steps` are the names of the
    steps of the release with their results, such as `("install", "passed")`.
    """
    release = escape_markdown(f"{manifest.project} {manifest.version}")
    title = f"## {release} on {_link(urls.name, urls.page(manifest.project, manifest.version))}\n"
    blocks = [title, _facts(manifest), _files(manifest.files, links or {})]
    if steps:
        blocks.append(_table(("Step", "Result"), (tuple(map(escape_markdown, step)) for step in steps)))
    blocks.append(f"```console\n$ {install_command(manifest, urls, links or {})}\n```\n")
    return "\n".join(blocks)


def summary_text(manifest: Manifest, urls: IndexUrls) -> str:
    """Return the facts of `summary_markdown` as text for a terminal."""
    facts = (
        f"commit {manifest.commit}",
        f"uv.lock sha256:{manifest.lock_sha256}",
        *(f"{file.name}, {file.size:,} bytes, sha256:{file.sha256}" for file in manifest.files),
        f"install with: {install_command(manifest, urls, {})}",
    )
    page = urls.page(manifest.project, manifest.version)
    lines = (f"{manifest.project} {manifest.version} on {urls.name}: {page}", *facts)
    return "\n  ".join(map(one_line, lines)) + "\n"


def install_command(manifest: Manifest, urls: IndexUrls, links: Mapping[str, str]) -> str:
    """Return the command that installs the release.

    If the index is not PyPI, the command names the wheel itself, so that the dependencies do not come from that index. Without a
    known address of the wheel it names the index.
    """
    requirement = f"{manifest.project}=={manifest.version}"
    if urls == PYPI:
        return _command("uv", "pip", "install", requirement)
    wheels = (links[file.name] for file in manifest.files if file.kind == "wheel" and file.name in links)
    if wheel := next(wheels, None):
        return _command("uv", "pip", "install", f"{manifest.project} @ {shown_address(wheel)}")
    return _command("uv", "pip", "install", "--index", urls.simple, requirement)


def _command(*words: str) -> str:
    return shlex.join(map(one_line, words))


def _facts(manifest: Manifest) -> str:
    facts = {"Commit": manifest.commit, "SHA-256 of uv.lock": manifest.lock_sha256}
    return "".join(f"- {name}: {_code(value)}\n" for name, value in facts.items())


def _files(files: Iterable[ReleaseFile], links: Mapping[str, str]) -> str:
    rows = (
        (_link(file.name, links.get(file.name, "")), escape_markdown(f"{file.size:,}"), _code(file.sha256))
        for file in files
    )
    return _table(("File", "Bytes", "SHA-256"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rows))


def _link(text: str, url: str) -> str:
    """Return a link, or only the text if the address is not one of a web page."""
    if urlsplit(url).scheme not in {"http", "https"}:
        return escape_markdown(text)
    # Everything that could end the address, the link or the cell of a table is encoded; % is kept, because it is encoded already.
    return f"[{escape_markdown(text)}](<{quote(shown_address(url), safe='/:?#[]@!$&*+,;=%~')}>)"


def _code(text: str) -> str:
    """Return text as code. A text with other characters than those of a hash or a name is escaped instead."""
    return f"`{text}`" if text.isascii() and text.isalnum() else escape_markdown(text)
