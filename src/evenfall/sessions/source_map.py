"""Find the source of each installed package and module: the tracked files with the same paths and contents.

The settings of the build backend are not read, because each backend has its own, and code can compute them. A file that only the build
writes has no source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath

SUFFIXES = (".py", ".pyi")
"""The endings of the files that are compared."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What files contain: that of an installed file, which may be made from several source files, and that of a source file.

    Empty bytes are no evidence, because many files are empty.
    """

    installed: Callable[[str], frozenset[bytes]]
    source: Callable[[str], bytes]


def contents(site: Path, root: Path) -> Evidence:
    """Return the contents as evidence. `site` is the folder of the installed files, and `root` that of the tracked ones."""
    return Evidence(cache(lambda file: frozenset({_digest(site / file)})), cache(lambda file: _digest(root / file)))


@dataclass(frozen=True, slots=True)
class SourceMap:
    """The source of each package and module by its name, relative to the root of the project.

    `undecided` are packages and modules whose source the evidence does not decide, and the files that can be their source.
    """

    paths: dict[str, str] = field(default_factory=dict)
    undecided: dict[str, tuple[str, ...]] = field(default_factory=dict)


def compare_sources(
    names: Iterable[str], files: Sequence[str], tracked: Sequence[str], evidence: Evidence
) -> SourceMap:
    """Return the source of each of `names`, which are packages like `a/b` and modules like `a.py`.

    `files` are the installed and `tracked` the project's files. The source of a package is the folder that has more of its files than
    any other folder, by the evidence, and at least half of those that folders have: the build may rewrite some, like the one with the
    version. A folder in a package can have another source.
    """
    owned = _files_by_owner(names, files)
    folders = _folders_by_file({part for parts in owned.values() for part in parts}, tracked)
    found = SourceMap()
    elsewhere: list[str] = []
    for name, parts in owned.items():
        known = {part: evidence.installed(_installed_file(name, part)) for part in parts if part in folders}
        same = {
            part: [folder for folder in folders[part] if evidence.source(join(folder, part)) in content]
            for part, content in known.items()
        }
        source = _source(same, {part for part, content in known.items() if any(content)})
        if source is not None:
            found.paths[name] = join(source, name.rpartition("/")[2]) if name.endswith(SUFFIXES) else source
            elsewhere += (f"{name}/{folder}" for folder in _folders_without_source(parts, same, source))
        elif known:
            found.undecided[name] = tuple(join(folder, part) for part in known for folder in folders[part])
    if elsewhere:
        found.paths.update(compare_sources(elsewhere, files, tracked, evidence).paths)
    return found


def join(folder: str, path: str) -> str:
    """Return a path in a folder, which may be `.`."""
    return path if folder == "." else f"{folder}/{path}"


def _installed_file(name: str, part: str) -> str:
    """Return the path of a file of a package or of a module, relative to site-packages."""
    return name if name.endswith(SUFFIXES) else f"{name}/{part}"


def _files_by_owner(names: Iterable[str], files: Iterable[str]) -> dict[str, list[str]]:
    """Return the files of each package and module, relative to it. A file of a package in another package belongs to the inner one."""
    owned: dict[str, list[str]] = {name: [] for name in names}
    for file in files:
        if file.endswith(SUFFIXES):
            above = (path.as_posix() for path in (PurePosixPath(file), *PurePosixPath(file).parents))
            if owner := next((path for path in above if path in owned), None):
                owned[owner].append(file.rpartition("/")[2] if owner == file else file[len(owner) + 1 :])
    return owned


def _folders_by_file(parts: set[str], tracked: Iterable[str]) -> dict[str, list[str]]:
    """Return the folders that contain a file with one of these relative paths, by path."""
    folders = defaultdict(list)
    for file in tracked:
        if file.endswith(SUFFIXES):
            steps = file.split("/")
            for start in range(len(steps)):
                if (part := "/".join(steps[start:])) in parts:
                    folders[part].append("/".join(steps[:start]) or ".")
    return dict(folders)


def _source(same: Mapping[str, Iterable[str]], evident: set[str]) -> str | None:
    """Return the folder with most of the `evident` files; None if another one has as many, or if too few are in one folder.

    `same` are the folders by file. The other files, and then those that are in no folder of the package, only decide between folders
    that are otherwise equal.
    """
    scores: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for part, folders in same.items():
        for folder in folders:
            scores[folder][0 if part in evident else 1] += 1
            scores[folder][2] += "/" not in part
    ranked = sorted(scores.values(), reverse=True)
    if not ranked or not ranked[0][0] or 2 * ranked[0][0] < len(evident) or ranked.count(ranked[0]) > 1:
        return None
    return next(folder for folder, score in scores.items() if score == ranked[0])


def _folders_without_source(parts: Iterable[str], same: Mapping[str, Iterable[str]], source: str) -> Iterator[str]:
    """Yield the folders in a package of which no file is in the source of the package."""
    found: dict[str, bool] = {}
    for part in parts:
        folder, slash, _ = part.partition("/")
        if slash:
            found[folder] = found.get(folder, False) or source in same.get(part, ())
    return (folder for folder, has_source in found.items() if not has_source)


def _digest(file: Path) -> bytes:
    """Return a digest of the text of a file, with any line endings; nothing for a file without text, or that can't be read."""
    try:
        text = file.read_bytes().replace(b"\r\n", b"\n").strip()
    except OSError:
        return b""
    return sha256(text).digest() if text else b""
