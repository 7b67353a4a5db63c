"""Edit a project's own noxfile: the script header, the imports, the call that declares the standard sessions, and `nox.main()`.

An edit inserts lines, or replaces the header or that call. Everything else stays as it is, each line with its own line end.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path

from evenfall.adopt.script_header import find_header, has_evenfall, merge_header
from evenfall.errors import EvenfallError
from evenfall.pipeline.model import NOXFILE

STANDARD = "standard_sessions"
RELEASE = "release_sessions"
"""The functions of Evenfall that declare the standard sessions, and those of a release."""
_FOR_CI = frozenset({STANDARD, RELEASE, "session", "hosted_job"})
_COMMENTS_FIRST = re.compile(r"#!|[ \t\f]*#.*?coding[:=]")
"""The start of a line that must stay above a script header: that of the interpreter, and that of the encoding (PEP 263)."""


@dataclass(frozen=True, kw_only=True)
class OwnNoxfile:
    """The lines of a noxfile, each with its line end."""

    lines: tuple[str, ...]

    @property
    def content(self) -> bytes:
        """The content of the file."""
        return "".join(self.lines).encode()

    @cached_property
    def text(self) -> str:
        """The text, in which each line ends with a newline."""
        return "".join(line.rstrip("\r\n") + "\n" for line in self.lines)

    @property
    def has_evenfall(self) -> bool:
        """Whether its script header requires Evenfall."""
        header = find_header(self.text)
        return header is not None and has_evenfall(header[0])

    @property
    def declares_for_ci(self) -> bool:
        """Whether it declares something with Evenfall."""
        return any(name in _FOR_CI for name in self._names_of("evenfall"))

    @property
    def runs_nox(self) -> bool:
        """Whether it calls `nox.main`, so that it can run as a script."""
        return "main" in self._names_of("nox")

    def with_header(self, header: str, *, replaces_source: bool) -> OwnNoxfile:
        """Return the noxfile with a script header: with its own and what `header` adds to it, or with `header` at its start."""
        if match := find_header(self.text):
            first, last = (self.text[:position].count("\n") for position in match.span())
            return self._edited(first, last, merge_header(match[0], header, replaces_source=replaces_source))
        first = next(
            (n for n, line in enumerate(self.lines[:2]) if not _COMMENTS_FIRST.match(line)), len(self.lines[:2])
        )
        is_below, is_above = first > 0, first < len(self.lines) and self.lines[first].startswith("#")
        return self._edited(first, first, "\n" * is_below + header + "\n" * is_above)

    @property
    def without_evenfall(self) -> OwnNoxfile:
        """The noxfile without the calls that declare the standard sessions and those of a release, to read its own sessions."""
        noxfile = self
        calls = (*self._calls(STANDARD), *self._calls(RELEASE))
        for statement in sorted(calls, key=lambda call: call.lineno, reverse=True):
            noxfile = noxfile._with_source(statement, "None")
        return noxfile

    def with_sessions(self, omit: Sequence[str], *, release: bool) -> OwnNoxfile:
        """Return the noxfile with the imports, the standard sessions except those of `omit`, those of a release, and `nox.main()`.

        A noxfile that does something else as a script gets no `nox.main()`. Raises `EvenfallError` (usage), with the names to add, if it
        computes the names of the sessions that it omits.
        """
        calls = self._calls(STANDARD)
        noxfile = self._with_omit(calls[0], omit) if calls and omit else self
        lines = [] if self.declares_for_ci else [declaration(f"evenfall.{STANDARD}", omit)]
        if release and RELEASE not in self._names_of("evenfall"):
            lines.append(f"evenfall.{RELEASE}()")
        if calls and lines:
            last = noxfile._calls(STANDARD)[0].end_lineno or 0
            noxfile, lines = noxfile._edited(last, last, f"{lines[0]}\n"), []
        added = "".join(f"{line}\n" for line in lines)
        main = noxfile._main
        if main is None:
            script = "" if self.runs_nox else 'if __name__ == "__main__":\n    nox.main()\n'
            noxfile = noxfile._appended("".join(f"\n\n{block}" for block in (added, script) if block))
        elif added:
            first = main.lineno - 1
            while noxfile.lines[first - 1].startswith("#") and noxfile.lines[first - 1].rstrip() != "# ///":
                first -= 1
            noxfile = noxfile._edited(first, first, f"{added}\n")
        return noxfile._with_imports()

    @cached_property
    def _statements(self) -> Sequence[ast.stmt]:
        return parse(self.text).body

    def _names_of(self, module: str) -> Iterator[str]:
        """Yield the names of a module that the noxfile uses, `main` for `nox.main` and for `from nox import main`."""
        names = self._imported_as(module)
        for node in self._nodes():
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
                yield node.attr
            elif isinstance(node, ast.ImportFrom) and node.module == module:
                yield from (alias.name for alias in node.names)

    def _nodes(self) -> Iterator[ast.AST]:
        return ast.walk(ast.Module(body=[*self._statements], type_ignores=[]))

    def _imported_as(self, module: str) -> set[str]:
        """Return the names that a module has in the noxfile: its own, and `ef` for `import evenfall as ef`."""
        imports = (node for node in self._nodes() if isinstance(node, ast.Import))
        return {
            module,
            *(each.asname for node in imports for each in node.names if each.name == module and each.asname),
        }

    def _calls(self, function: str) -> list[ast.Expr]:
        """Return the statements at the top level that only call a function of Evenfall."""
        imports = (node for node in self._nodes() if isinstance(node, ast.ImportFrom) and node.module == "evenfall")
        names = {function, *(each.asname for node in imports for each in node.names if each.name == function)}
        statements = (statement for statement in self._statements if isinstance(statement, ast.Expr))
        return [
            statement
            for statement in statements
            if isinstance(statement.value, ast.Call) and ast.unparse(statement.value.func).split(".")[-1] in names
        ]

    def _with_omit(self, statement: ast.Expr, omit: Sequence[str]) -> OwnNoxfile:
        """Return the noxfile whose call of `standard_sessions` also omits these sessions."""
        declared = statement.value
        assert isinstance(declared, ast.Call)  # of `_calls`
        source = ast.unparse(declared)
        try:
            own = [str(name) for keyword in declared.keywords for name in ast.literal_eval(keyword.value)]
        except (ValueError, TypeError) as error:
            raise EvenfallError(
                f"{NOXFILE}: it computes the names in {source}, so init can't add those of its own sessions",
                hint=f"add {', '.join(omit)} to omit=; then evenfall init",
            ) from error
        missing = [name for name in omit if name not in own]
        return (
            self._with_source(statement, declaration(ast.unparse(declared.func), [*own, *missing])) if missing else self
        )

    def _with_imports(self) -> OwnNoxfile:
        """Return the noxfile that imports `evenfall` and `nox` if it uses them, above its own import of Nox, or below its first imports."""
        imported = {
            alias.asname or alias.name
            for statement in self._statements
            if isinstance(statement, ast.Import)
            for alias in statement.names
        }
        used = [
            module for module in ("evenfall", "nox") if module in _names(self._statements) and module not in imported
        ]
        if not used:
            return self
        lines = "".join(f"import {module}\n" for module in used)
        place = next((statement for statement in self._statements if _imports_nox(statement)), None)
        if place is not None:
            return self._edited(place.lineno - 1, place.lineno - 1, lines)
        header = find_header(self.text)
        lasts = [self.text[: header.end()].count("\n") if header else 0]
        lasts += [statement.end_lineno or 0 for statement in takewhile(_is_preamble, self._statements)]
        return self._edited(max(lasts), max(lasts), f"\n{lines}")

    @property
    def _main(self) -> ast.stmt | None:
        """The statement at the top level that runs only in a script."""
        blocks = (statement for statement in self._statements if isinstance(statement, ast.If))
        return next((block for block in blocks if "__name__" in _names([block.test])), None)

    def _with_source(self, statement: ast.stmt, source: str) -> OwnNoxfile:
        """Return the noxfile with other source for a statement. The columns of `ast` count bytes of UTF-8."""
        first, last = statement.lineno - 1, (statement.end_lineno or 0) - 1
        before = self.lines[first].encode()[: statement.col_offset].decode()
        after = self.lines[last].encode()[statement.end_col_offset :].decode()
        return replace(self, lines=(*self.lines[:first], before + source + after, *self.lines[last + 1 :]))

    def _appended(self, text: str) -> OwnNoxfile:
        return self._edited(len(self.lines), len(self.lines), text) if text else self

    def _edited(self, first: int, last: int, text: str) -> OwnNoxfile:
        """Return the noxfile with a text in place of some of its lines, from index `first` up to `last`, in the most frequent line end."""
        ends = [line[len(line.rstrip("\r\n")) :] for line in self.lines]
        end = max(ends, key=ends.count, default="") or "\n"
        before = self.lines[:first]
        if before and not ends[first - 1]:
            before = (*before[:-1], before[-1] + end)
        return replace(self, lines=(*before, *(line + end for line in text.splitlines()), *self.lines[last:]))


def read_own_noxfile(path: Path) -> OwnNoxfile:
    """Read a noxfile.

    Raises `EvenfallError` (usage), with the line if it is known, if it can't be read, if it is no Python, or if it is not plain UTF-8.
    """
    try:
        content = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except OSError as error:
        raise EvenfallError(f"{NOXFILE}: it can't be read: {error.strerror}", hint=f"check {NOXFILE}") from error
    except (SyntaxError, UnicodeDecodeError) as error:
        raise _not_utf8(str(error)) from error
    if encoding != "utf-8":
        raise _not_utf8(f"it declares {encoding}" if encoding != "utf-8-sig" else "it starts with a byte order mark")
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    noxfile = OwnNoxfile(lines=tuple(lines))
    parse(noxfile.text)
    return noxfile


def parse(text: str) -> ast.Module:
    """Parse the text of a noxfile. Raises `EvenfallError` (usage) with the line of a syntax error."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line, reason = (error.lineno, error.msg) if isinstance(error, SyntaxError) else (None, error)
        location = f"{NOXFILE}:{line}" if line else NOXFILE
        raise EvenfallError(f"{location}: syntax error: {reason}", hint=f"correct {NOXFILE}") from error


def _not_utf8(reason: str) -> EvenfallError:
    return EvenfallError(
        f"{NOXFILE}: uv and Nox read only plain UTF-8, but {reason}",
        hint="save it as UTF-8, without a byte order mark and a line that declares another encoding; then evenfall init",
    )


def declaration(function: str, omit: Sequence[str]) -> str:
    """Return the source of a call that declares sessions, without those of `omit`."""
    names = ", ".join(f'"{name}"' for name in omit)
    return f"{function}(omit=[{names}])" if omit else f"{function}()"


def _imports_nox(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import):
        return any(alias.name == "nox" for alias in statement.names)
    return isinstance(statement, ast.ImportFrom) and statement.module == "nox"


def _is_preamble(statement: ast.stmt) -> bool:
    """Return whether a statement is an import or a docstring."""
    is_import = isinstance(statement, ast.Import | ast.ImportFrom)
    return is_import or ast.get_docstring(ast.Module(body=[statement], type_ignores=[])) is not None


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.id for root in nodes for node in ast.walk(root) if isinstance(node, ast.Name)}
