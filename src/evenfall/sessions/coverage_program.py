"""A program for the environment of a session: it reads the project's coverage configuration, and it writes the reports of the gate.

Evenfall's plugin of pytest also calls it. It runs on the project's Python and coverage. Therefore it imports nothing of Evenfall and has
the syntax of Python 3.8.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import coverage


def main(command: str, request_file: str, answer_file: str) -> None:
    """Read a request from one file and write the answer to another, both in JSON."""
    sys.path.append("")  # as coverage does, for plugins in the project's folder
    with open(request_file, encoding="utf-8") as file:
        request = json.load(file)
    try:
        answer = {"read": read_config, "combine": combine, "report": write_reports}[command](request)
    except coverage.CoverageException as error:
        sys.exit("coverage: " + str(error))
    with open(answer_file, "w", encoding="utf-8") as file:
        json.dump(answer, file)


def own_coverage(options: dict[str, Any], data_file: Any) -> coverage.Coverage:
    """Return coverage as the project's own command makes it: with these options of pytest-cov, or with the configuration alone."""
    source, file = options.get("cov_source") or [], options.get("cov_config", ".coveragerc")
    has_cov = bool(source) and not options.get("no_cov")
    return coverage.Coverage(
        config_file=file if has_cov and file != ".coveragerc" else True,
        source=[*map(str, source)] if has_cov and True not in source else None,
        branch=options.get("cov_branch") if has_cov else None,
        data_file=data_file,
    )


def read_config(request: dict[str, Any]) -> dict[str, Any]:
    """Return the file with the configuration, its options by their section and name, and the options of plugins.

    Plugins, such as covdefaults, have changed the options.
    """
    own = own_coverage(request, None)
    own.get_data()  # the plugins change the configuration when coverage needs it first
    names = [name for _, name, *_ in own.config.CONFIG_FILE_OPTIONS]
    return {
        "file": getattr(own.config, "config_file", None),
        "options": {name: own.get_option(name) for name in names},
        "paths": own.get_option("paths"),
        "plugins": own.config.plugin_options,
    }


def combine(request: dict[str, Any]) -> bool:
    """Combine data files as `coverage combine` does, with a configuration of `[paths]`. Return whether all or none have branches."""
    files, folder = request["files"], request["folder"]
    names = write_lines(files, folder)
    combined = coverage.Coverage(config_file=request["config_file"], data_file=request["data_file"])
    combined.combine(names, strict=True, keep=True)
    combined.save()
    return bool(names == files)


def write_lines(files: list[str], folder: str) -> list[str]:
    """Return the data files, or copies without branches if only some files have them, because coverage does not combine such files."""
    found = []
    for name in files:
        found.append((name, coverage.CoverageData(name)))
        found[-1][1].read()
    if len({data.has_arcs() for _, data in found}) < 2:
        return files
    copies = []
    for number, (_, data) in enumerate(found):
        copies.append(f"{folder}/lines-{number}")
        copy = coverage.CoverageData(copies[-1])
        copy.add_lines({file: data.lines(file) or [] for file in data.measured_files()})
        copy.write()
    return copies


def write_reports(request: dict[str, Any]) -> None:
    """Write the reports of those files of the combined data that the project's own command would have measured.

    `[run] omit` and `include` apply to the paths of the source tree, and so do those of `[report]`, because each file must pass both.
    """
    own = own_coverage(request, request["data_file"])
    own.set_option("run:relative_files", False)
    own.load()
    measured, generated = request["measured"], request["generated"]
    known = set(own.get_data().measured_files())
    files = [name for name in sorted(known.union(request["unused"])) if is_below(generated.get(name, name), measured)]

    def patterns(option: str) -> list[str]:
        values: Any = own.get_option(option)
        return [variant for value in values or () for variant in (value, *installed_variants(value, request["trees"]))]

    own.set_option("report:omit", [*patterns("run:omit"), *patterns("report:omit")])
    include = patterns("report:include")
    if measured is None and patterns("run:include"):
        own.set_option("report:include", patterns("run:include"))
        if include:
            files = reported_files(own, files, request["folder"])
            own.set_option("report:include", include)
    elif include:
        own.set_option("report:include", include)
    if not files:
        raise coverage.CoverageException(
            "no file is left to report: source, include and omit leave none that the tests ran"
        )
    own.report(morfs=files, show_missing=True, skip_covered=True)
    own.xml_report(morfs=files, outfile=request["folder"] + "/coverage.xml")
    own.html_report(morfs=files, directory=request["folder"] + "/html")
    own.json_report(morfs=files, outfile=request["folder"] + "/coverage.json")
    if request["markdown"]:
        has_markdown = coverage.version_info >= (7,)
        options: dict[str, Any] = {"output_format": "markdown"} if has_markdown else {}
        with open(request["markdown"], "w", encoding="utf-8") as file:
            file.write("" if has_markdown else "```text\n")
            own.report(morfs=files, show_missing=True, skip_covered=True, file=file, **options)
            file.write("" if has_markdown else "```\n")


def is_below(name: str, folders: Any) -> bool:
    """Return whether a file is one of the paths, or in one of them; None means that every file is."""
    return folders is None or any(name == folder or name.startswith(os.path.join(folder, "")) for folder in folders)


def installed_variants(pattern: str, trees: dict[str, str]) -> Iterable[str]:
    """Return the pattern for files that only the installed project has, such as `_version.py`, in place of those of the source tree."""
    for tree, installed in trees.items():
        for start in ("", "./", "*/", os.path.join(os.getcwd(), "")):
            if pattern.startswith(start + tree + "/"):
                yield installed + pattern[len(start + tree) :]


def reported_files(own: coverage.Coverage, files: list[str], folder: str) -> list[str]:
    """Return those files that the options `include` and `omit` of the reports leave."""
    name = folder + "/included.json"
    own.json_report(morfs=files, outfile=name)
    with open(name, encoding="utf-8") as file:
        found = json.load(file)["files"]
    Path(name).unlink()
    return [os.path.abspath(name) for name in found]


if __name__ == "__main__":
    main(*sys.argv[1:])
