"""The configuration of pytest in a folder: which tests it names. https://docs.pytest.org/en/stable/reference/customize.html"""

from __future__ import annotations

import glob
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from evenfall.project.toml import read_toml
from evenfall.project.tool_config import ini_sections

# The files in the order in which pytest prefers them, and the table or section of each. The first four need no section.
_FILES = (
    ("pytest.toml", "pytest"),
    (".pytest.toml", "pytest"),
    ("pytest.ini", "pytest"),
    (".pytest.ini", "pytest"),
    ("pyproject.toml", "tool.pytest.ini_options"),
    ("pyproject.toml", "tool.pytest"),
    ("tox.ini", "pytest"),
    ("setup.cfg", "tool:pytest"),
)
TAKES_VALUE = re.compile(
    r"-[nprWckmo]|--(?:tb|durations(?:-min|-path)?|maxfail|color|junit-?xml|timeout(?:-method)?|reruns(?:-delay)?|capture|import-mode|html"
    r"|report-log|basetemp|rootdir|confcutdir|log-.*|md|numprocesses|dist|ignore(?:-glob)?|deselect|override-ini|show-capture"
    r"|cov(?:-report|-config|-fail-under)?|splits|group|hypothesis-(?:profile|seed|verbosity)|randomly-seed)"
)
"""The options of pytest and its common plugins whose value is the next word."""
_NOT_ENTERED = (".*", "*.egg", "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}")
"""The default of pytest's `norecursedirs`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestConfig:
    """The keys of a configuration that say where tests are. Without `testpaths`, pytest searches the folder in which it starts."""

    testpaths: tuple[str, ...] = ()
    python_files: tuple[str, ...] = ("test_*.py", "*_test.py")
    addopts: tuple[str, ...] = ()

    def test_files(self, folder: Path, without: tuple[Path, ...] = ()) -> Iterator[Path]:
        """Yield the files below a folder that pytest would take for tests, but none in the folders `without`.

        With `--doctest-modules` every module is one.
        """
        patterns = [pattern.rpartition("/")[2] for pattern in self.python_files]
        patterns += ["*.py"] if "--doctest-modules" in self.addopts else []
        for path, folders, files in os.walk(folder):
            folders[:] = [name for name in folders if _is_entered(Path(path, name), without)]
            for name in files:
                if any(fnmatchcase(name, pattern) for pattern in patterns):
                    yield Path(path, name)


def _is_entered(folder: Path, without: tuple[Path, ...]) -> bool:
    is_excluded = any(fnmatchcase(folder.name, pattern) for pattern in _NOT_ENTERED)
    return not is_excluded and folder not in without and not (folder / "pyvenv.cfg").exists()


def pytest_config(folder: Path) -> PytestConfig | None:
    """Return the configuration that pytest would use in a folder, or None if the folder has none.

    Raises `EvenfallError` (usage) for an invalid `.toml` file.
    """
    for name, table in _FILES:
        if (values := _values(folder / name, table)) is not None:
            config = PytestConfig()
            return PytestConfig(
                testpaths=_words(values.get("testpaths", ())),
                python_files=_words(values.get("python_files", ())) or config.python_files,
                addopts=_words(values.get("addopts", ())),
            )
    return None


def _values(file: Path, table: str) -> Mapping[str, object] | None:
    """Return the keys of a table or section, or None if the file is not a configuration of pytest."""
    if not file.is_file():
        return None
    if file.suffix != ".toml":
        found: object = ini_sections(file).get(table)
    else:
        found = read_toml(file)
        for part in table.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    if found is None and file.stem.endswith("pytest"):
        return {}
    return found if isinstance(found, Mapping) else None


def _words(value: object) -> tuple[str, ...]:
    """Return a list of words, which an INI file and pytest's older TOML table write as one text."""
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value))
        except ValueError:  # pytest itself reports the quote that is not closed
            return ()
    return tuple(map(str, value)) if isinstance(value, list) else ()


def expand_testpaths(folder: Path, patterns: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the paths that the patterns of `testpaths` mean, as pytest expands them."""
    found = (path for pattern in patterns for path in sorted(glob.glob(pattern, root_dir=folder, recursive=True)))
    return tuple(dict.fromkeys(Path(os.path.normpath(folder / path)) for path in found))
