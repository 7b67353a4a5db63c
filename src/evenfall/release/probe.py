"""A program that runs inside an environment: it imports the modules of an installed distribution and loads its entry points.

`python -I probe.py NAME` prints one JSON value per line: first the metadata, then a line before and a line after each step, so that the
last line names the step that ended the process. `python -I probe.py NAME pytest` starts pytest and prints a line for each plugin.

It uses only the standard library and runs on Python 3.8 and newer.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import traceback
from importlib import machinery, metadata
from typing import Any, Callable, Iterable, TextIO  # noqa: UP035 - Python 3.8 can't subscript those of collections.abc

PLUGIN_GROUP = "pytest11"
_NO_MODULES = {"benchmarks", "doc", "docs", "example", "examples", "scripts", "test", "tests"}
"""Folders whose files are not for import, unless they are packages."""


def module_names(distribution: metadata.Distribution) -> list[str]:
    """Return the outermost names that a distribution provides for import.

    They are those of `Import-Name` and `Import-Namespace` (https://peps.python.org/pep-0794/), or else those of its files.
    """
    headers = [distribution.metadata.get_all(name) for name in ("Import-Name", "Import-Namespace")]
    if any(headers):
        declared = (value.partition(";")[0].strip() for values in headers for value in values or ())
        return sorted({name for name in declared if name})
    return names_of_files(file.parts for file in distribution.files or ())


def names_of_files(files: Iterable[tuple[str, ...]]) -> list[str]:
    """Return the outermost packages with an `__init__`, and the modules that are in none of them, such as `google.cloud.x`."""
    paths = {(*folders, stem) for *folders, name in files for stem in _module(name)}
    modules = {path for path in paths if all(map(str.isidentifier, path))}
    packages = {path[:-1] for path in modules if path[-1] == "__init__" and len(path) > 1}
    outside = {path for path in packages | modules if not any(path[:end] in packages for end in range(1, len(path)))}
    return sorted(".".join(path) for path in outside if path in packages or _is_for_import(path))


def _module(name: str) -> list[str]:
    """Return the module of a file name, or nothing for another file."""
    for suffix in (*machinery.SOURCE_SUFFIXES, *sorted(machinery.EXTENSION_SUFFIXES, key=len, reverse=True)):
        if name.endswith(suffix):
            return [name[: -len(suffix)]]
    return []


def _is_for_import(path: tuple[str, ...]) -> bool:
    is_in_other_folder = len(path) > 1 and path[0] in _NO_MODULES
    return path[-1] not in {"__init__", "__main__", "conftest"} and not is_in_other_folder


def use(distribution: metadata.Distribution, report: Callable[[dict[str, Any]], None]) -> None:
    """Import each module, then load each entry point except the plugins of pytest, which pytest loads."""
    modules = module_names(distribution)
    entry_points = [point for point in distribution.entry_points if point.group != PLUGIN_GROUP]
    report(
        {
            "version": distribution.version,
            "requires": distribution.requires or [],
            "plugins": [point.name for point in distribution.entry_points if point.group == PLUGIN_GROUP],
            "has_pytest": any((each.metadata["Name"] or "").lower() == "pytest" for each in metadata.distributions()),
        }
    )
    for module in modules:
        _step({"kind": "module", "name": module}, lambda module=module: importlib.import_module(module), report)  # type: ignore[misc]
    for point in entry_points:
        _step(
            {"kind": "entry point", "group": point.group, "name": point.name, "value": point.value}, point.load, report
        )


def _step(step: dict[str, Any], action: Callable[[], object], report: Callable[[dict[str, Any]], None]) -> None:
    report({**step, "state": "started"})
    try:
        action()
    except BaseException as error:  # noqa: BLE001 - a module may also exit
        report({**step, "state": "failed", **_described(error)})
    else:
        report({**step, "state": "passed"})


def _described(error: BaseException) -> dict[str, str]:
    return {
        "error": "".join(traceback.format_exception_only(type(error), error)).strip(),
        "missing": _missing_module(error) if isinstance(error, ImportError) else "",
        "traceback": "".join(traceback.format_exception(type(error), error, _frames_of_modules(error))),
    }


def _missing_module(error: BaseException | None) -> str:
    """Return the module that was not found, also if another error was raised because of that."""
    while error and not isinstance(error, ModuleNotFoundError):
        error = error.__cause__ or error.__context__
    return (error.name or "") if isinstance(error, ModuleNotFoundError) else ""


def _frames_of_modules(error: BaseException) -> Any:
    """Return the traceback without the calls of the probe and of the import system before those of the project."""
    frames = error.__traceback__
    while frames and frames.tb_next and re.search(r"importlib|probe\.py$", frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    return frames


class PluginReport:
    """A plugin that reports which plugins of a distribution pytest has registered."""

    def __init__(self, distribution: metadata.Distribution, report: Callable[[dict[str, Any]], None]) -> None:
        self._points = [point for point in distribution.entry_points if point.group == PLUGIN_GROUP]
        self._report = report

    def pytest_sessionstart(self, session: Any) -> None:
        """Report each plugin. pytest keeps those that were loaded and have unregistered themselves since then in the second list."""
        manager = session.config.pluginmanager
        for point in self._points:
            plugin = point.load()
            loaded = [*manager.get_plugins(), *(each for each, _ in manager.list_plugin_distinfo())]
            error = ""
            if manager.is_blocked(point.name):
                error = "it is blocked"
            elif not any(each is plugin for each in loaded):
                error = "another plugin has its name" if manager.has_plugin(point.name) else "it was not loaded"
            self._report({"plugin": point.name, "error": error})


def main(arguments: list[str], output: TextIO) -> int:
    """Run the probe, or with a second argument pytest, and return the exit code."""

    def report(values: dict[str, Any]) -> None:
        output.write(json.dumps(values) + "\n")
        output.flush()

    distribution = metadata.distribution(arguments[0])
    if len(arguments) == 1:
        use(distribution, report)
        return 0
    import pytest

    return int(pytest.main(["-p", "no:cacheprovider"], plugins=[PluginReport(distribution, report)]))


if __name__ == "__main__":
    # Modules print to stdout as well, so that stdout becomes stderr for them. A thread of a module must not keep the process alive.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as channel:
        os.dup2(2, 1)
        code = main(sys.argv[1:], channel)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
