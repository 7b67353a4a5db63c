"""Write Markdown from texts that come from a repository, so that none of them can change the structure of the guide."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evenfall.report.github_actions import escape_markdown
from evenfall.text import one_line


def prose(text: str) -> str:
    """Return a text in which only code between backticks and words between asterisks are markup."""
    return "".join(_piece(piece) for piece in re.split(r"(`[^`]+`|\*(?! )[^*`]*[^*` ]\*)", " ".join(text.split())))


def _piece(piece: str) -> str:
    if piece.startswith("`") and len(piece) > 2 and piece.endswith("`"):
        return code(piece[1:-1])
    if piece.startswith("*") and len(piece) > 2 and piece.endswith("*"):
        return f"*{_escape(piece[1:-1])}*"
    return _escape(piece)


def _escape(text: str) -> str:
    """Return the text escaped, with the spaces around it, which `escape_markdown` removes."""
    before = " " if text.startswith(" ") else ""
    after = " " if text.endswith(" ") and text.strip() else ""
    # Inside a line, hyphens are no markup, and neither are parentheses without square brackets, which stay escaped.
    return before + re.sub(r"(?<!^)\\([()-])", r"\1", escape_markdown(text)) + after


def labeled(label: str, text: str) -> str:
    """Return a label in Markdown and a text after it, or only the label if the text is empty."""
    return f"{label}: {prose(text)}" if text.strip() else label


def code(text: str) -> str:
    """Return a name as a code span. A backtick, which would end it, becomes an apostrophe."""
    return f"`{one_line(text).replace('`', chr(39))}`"


def codes(names: Iterable[str]) -> str:
    """Return names as code spans: `a`, `b`."""
    return ", ".join(map(code, names))


def console(commands: Iterable[str]) -> str:
    """Return a block of commands, or nothing if there are none. Each is one line that starts with a prompt, so none can end the block."""
    lines = "".join(f"$ {one_line(command)}\n" for command in commands)
    return f"```console\n{lines}```\n" if lines else ""


def bullets(items: Iterable[str], indent: str = "") -> str:
    """Return a list of Markdown texts; empty texts are left out."""
    return "".join(f"{indent}- {item}\n" for item in items if item)


def paragraphs(*parts: str) -> str:
    """Return blocks of Markdown with an empty line between them; empty blocks are left out."""
    return "\n".join(f"{part.rstrip()}\n" for part in parts if part.strip())
