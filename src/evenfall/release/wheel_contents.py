"""The files that a wheel installs for import, and the tracked files of its packages that it lacks."""

from __future__ import annotations

import ast
import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

TYPING_MARKER = "py.typed"
_COMPILED = (".so", ".pyd")
_DATA = re.compile(r"\A[^/]+\.data/(purelib|platlib)/")

_EXTENSION_TAG = re.compile(r"\.[^/]+(\.(?:so|pyd))\Z")


def importable_files(wheel: Path) -> frozenset[str]:
    """Return the files that are installed in site-packages, except the metadata. Extension modules lose the tag of their Python.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/
    """
    with zipfile.ZipFile(wheel) as archive:
        names = (_DATA.sub("", name) for name in archive.namelist() if not name.endswith(("/", ".pyc")))
        return frozenset(
            _EXTENSION_TAG.sub(r"\1", name) for name in names if not re.match(r"[^/]+\.(dist-info|data)/", name)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingFiles:
    """Tracked files that a wheel lacks. `imported` has the modules that the wheel's code imports, each with a file that does so.

    `typing_markers` are the files `py.typed`, and `others` are modules that may be left out on purpose.
    """

    imported: Mapping[str, str] = field(default_factory=dict)
    typing_markers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def missing_files(wheel: Mapping[str, bytes], tracked: Collection[str]) -> MissingFiles:
    """Return the tracked files of the packages in a wheel that the wheel lacks.

    `wheel` has the content of its files by path, and `tracked` are paths relative to the project. A package may be anywhere in the
    project, such as below `src`; no setting of a build backend is read.
    """
    wheel = {_DATA.sub("", path): content for path, content in wheel.items()}
    code = {path: content for path, content in wheel.items() if _is_module(path)}
    lacking = {
        path.removeprefix(prefix): path
        for prefix, packages in _packages(code, tracked).items()
        for path in tracked
        if path.startswith(tuple(f"{prefix}{package}/" for package in packages))
        and not _is_in(wheel, path.removeprefix(prefix))
    }
    modules = {module_name(path): path for path in lacking if _is_module(path)}
    sources = code.items() if modules else ()
    users = {name: user for user, content in sources for name in imported_modules(user, content) if name in modules}
    return MissingFiles(
        imported={lacking[modules[name]]: users[name] for name in sorted(users)},
        typing_markers=tuple(
            sorted(
                original
                for path, original in lacking.items()
                if PurePosixPath(path).name == TYPING_MARKER
                and any(_folder(module) == _folder(path) for module in code)
            )
        ),
        others=tuple(sorted(lacking[path] for name, path in modules.items() if name not in users)),
    )


def _packages(code: Iterable[str], tracked: Collection[str]) -> dict[str, set[str]]:
    """Return the top-level packages of a wheel by the folder that has most of their files: `{"src/": {"lamp"}}`."""
    by_package: dict[str, Counter[str]] = {}
    endings: dict[str, list[str]] = {}
    for path in tracked:
        endings.setdefault(PurePosixPath(path).name, []).append(path)
    for path in code:
        package, slash, _ = path.partition("/")
        for original in endings.get(PurePosixPath(path).name, ()):
            if slash and f"/{original}".endswith(f"/{path}"):
                by_package.setdefault(package, Counter())[original.removesuffix(path)] += 1
    found: dict[str, set[str]] = {}
    for package, prefixes in by_package.items():
        # Of equal counts the shortest, because a copy is deeper in the project.
        found.setdefault(min(prefixes, key=lambda prefix: (-prefixes[prefix], len(prefix))), set()).add(package)
    return found


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _is_module(path: str) -> bool:
    return path.endswith(".py")


def _is_in(wheel: Collection[str], path: str) -> bool:
    """Return whether a wheel has a file, or the compiled module made from it."""
    start = f"{path.removesuffix('.py')}."
    return path in wheel or any(other.startswith(start) and other.endswith(_COMPILED) for other in wheel)


def module_name(path: str) -> str:
    """Return the dotted name of a module by its path in a wheel; a package is named like its folder."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported_modules(path: str, content: bytes) -> frozenset[str]:
    """Return the modules that a file can't be imported without, with all packages above them.

    An import in a `try` may fail on purpose, and one in a function, or below `if TYPE_CHECKING` or `if __name__ == "__main__"`, does not
    happen then. A file with invalid syntax, such as a template, imports nothing.
    """
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    package = PurePosixPath(path).parent.parts
    names = {name for node in _statements(tree) for name in _names(node, package)}
    parts = [name.split(".") for name in names]
    return frozenset(".".join(part[:length]) for part in parts for length in range(1, len(part) + 1))


def _statements(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the import statements that are executed when a module is imported."""
    children: Iterable[ast.AST] = ast.iter_child_nodes(node)
    match node:
        case ast.Import() | ast.ImportFrom():
            yield node
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.expr():
            children = ()
        case ast.Try() | ast.TryStar():
            children = (*node.orelse, *node.finalbody)
        case ast.If() if re.search(r"\bTYPE_CHECKING\b|\b__name__\b", ast.unparse(node.test)):
            children = node.orelse
    for child in children:
        yield from _statements(child)


def _names(node: ast.Import | ast.ImportFrom, package: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    above = package[: len(package) - node.level + 1] if node.level else ()
    module = ".".join((*above, *([node.module] if node.module else ())))
    yield from (f"{module}.{alias.name}" for alias in node.names)
