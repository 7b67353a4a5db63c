"""The changelog of a project, and its section for a version: Markdown, reStructuredText, or text with versions at the start of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from packaging.version import InvalidVersion, Version

NAMES = ("changelog", "changes", "history", "news")
SUFFIXES = (".md", ".rst", ".txt", "")
"""Usual names of a changelog, in any case, those that are preferred first."""

_MARKUP = re.compile(r"<[^>]*>|:[a-z_-]+:|[`*]")
"""Inline markup: HTML, addresses and roles of reStructuredText, names of emoji, emphasis."""
_VERSION = (
    r"[\W_]*(?:(?:changes?|(?:release\s+)?notes|(?:what.s\s+)?new)\s+(?:in|for|of)\s+)?(?:{name}\s+)?(?:version|release)?[\s:]*"
    r"v?(\d[0-9A-Za-z.!+_-]*)"
)
_UNRELEASED = re.compile(
    r"unreleased|not\s+(?:yet\s+)?released|upcoming|\bTB[AD]\b|\bWIP\b|(?:in|under)\s+(?:development|progress)"
    r"|Y{4}|X{2,4}[-./]X{2}|\?{2}",
    re.IGNORECASE,
)
_NEXT_RELEASE = re.compile(r"[\W_]*(?:unreleased|upcoming|next|development)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading without markup, from its first line to the line `end` after it, both from 0. A smaller `level` contains a greater one."""

    text: str
    line: int
    end: int
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The section of a version: its heading, the line of the heading (from 1), and the text below it."""

    heading: str
    line: int
    body: str

    @property
    def is_unreleased(self) -> bool:
        """Whether the version is not released yet, as the heading `1.2.0 (unreleased)` or a line `Unreleased` below it says."""
        first_line = self.body.partition("\n")[0]
        return bool(
            _UNRELEASED.search(self.heading) or re.fullmatch(r"[\W_]*unreleased[\W_]*", first_line, re.IGNORECASE)
        )


@dataclass(frozen=True, kw_only=True)
class Changelog:
    """A changelog. `path` is relative to the project, and `project` is the project's name, which may be in the headings."""

    path: str
    text: str
    project: str

    @cached_property
    def headings(self) -> tuple[Heading, ...]:
        """The headings in the order of the file."""
        suffix = Path(self.path).suffix.lower()
        if suffix in {".md", ".markdown"}:
            return tuple(_markdown_headings(self.text))
        lines = self.text.splitlines()
        return tuple(_titles(lines) if suffix == ".rst" else _flush_lines(lines))

    @property
    def has_versions(self) -> bool:
        """Whether a heading names a version, or the next release."""
        return self.next_release is not None or any(map(self._version, self.headings))

    @property
    def next_release(self) -> Section | None:
        """The section for changes that no version has yet, such as `Unreleased`."""
        return self._section(next((each for each in self.headings if _NEXT_RELEASE.match(each.text)), None))

    def section(self, version: Version) -> Section | None:
        """Return the section of a version, or None. `1.2`, `[1.2.0] - 2026-11-01` and `v1.2.0` name the same version."""
        return self._section(next((each for each in self.headings if self._version(each) == version), None))

    def _version(self, heading: Heading) -> Version | None:
        name = r"[-_.]+".join(map(re.escape, re.split(r"[-_.]+", self.project)))
        match = re.match(_VERSION.format(name=name), heading.text, re.IGNORECASE)
        try:
            return Version(match[1].rstrip("-._")) if match else None
        except InvalidVersion:
            return None

    def _section(self, heading: Heading | None) -> Section | None:
        if heading is None:
            return None
        lines = self.text.splitlines()
        later = (each.line for each in self.headings if each.line > heading.line and each.level <= heading.level)
        body = "\n".join(lines[heading.end : next(later, len(lines))]).strip()
        return Section(heading=heading.text, line=heading.line + 1, body=body)


def read_changelog(root: Path, configured: str | None, project: str) -> Changelog | None:
    """Return the changelog of the project in `root`: the configured file, or by default one with a usual name.

    Return None if there is no such file, or if the configured path is empty.
    """
    path = _usual_name(root) if configured is None else configured
    if not path or not (root / path).is_file():
        return None
    return Changelog(path=path, text=(root / path).read_text(encoding="utf-8-sig", errors="replace"), project=project)


def _usual_name(root: Path) -> str:
    ranks = {f"{name}{suffix}": rank for rank, (name, suffix) in enumerate((n, s) for n in NAMES for s in SUFFIXES)}
    found = [path.name for path in root.iterdir() if path.name.lower() in ranks and path.is_file()]
    return min(found, key=lambda name: (ranks[name.lower()], name), default="")


def _markdown_headings(text: str) -> Iterator[Heading]:
    """Yield the headings of CommonMark. Those in quotes and lists belong to the text."""
    for token, inline in pairwise(MarkdownIt("commonmark").parse(text)):
        if token.type == "heading_open" and token.level == 0 and token.map:
            words = "".join(child.content for child in inline.children or () if child.type in {"text", "code_inline"})
            line, end = token.map
            yield Heading(text=_plain(words), line=line, end=end, level=int(token.tag[1:]))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\[\]|]", " ", _MARKUP.sub("", text)).split())


def _titles(lines: list[str]) -> Iterator[Heading]:
    """Yield the titles of reStructuredText, whose level is known by the order in which their styles first appear.

    https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html#sections
    """
    styles: list[tuple[str, bool]] = []
    for number, (line, underline) in enumerate(pairwise(lines)):
        if line.strip() and not _is_adornment(line) and _is_adornment(underline):
            style = (underline[0], number > 0 and lines[number - 1].rstrip() == underline.rstrip())
            styles += [] if style in styles else [style]
            text = _plain(line)
            yield Heading(text=text, line=number, end=number + 2, level=styles.index(style))


def _is_adornment(line: str) -> bool:
    return bool(re.fullmatch(r"([!-/:-@\[-`{-~])\1{2,}\s*", line))


def _flush_lines(lines: list[str]) -> Iterator[Heading]:
    """Yield the lines that start with neither a space nor a list item, as all of them may be headings."""
    for number, line in enumerate(lines):
        if line.strip() and not line[0].isspace() and not _is_adornment(line) and not re.match(r"[-*+•]\s", line):
            has_underline = number + 1 < len(lines) and _is_adornment(lines[number + 1])
            yield Heading(text=_plain(line), line=number, end=number + 1 + has_underline, level=0)
