"""The gate's numbers are those of the project's own command, `coverage run` and `coverage json`, for each way to configure them."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
import nox
import pytest
from coverage import CoverageData

from evenfall.errors import EvenfallError
from evenfall.sessions.coverage_config import (
    CoverageConfig,
    read_config,
    run_program,
    write_rcfile,
)
from evenfall.sessions.coverage_report import combine_jobs
from evenfall.sessions.installed_project import InstalledProject
from evenfall.sessions.measurement import Measurement
from evenfall.sessions.pytest_options import PROGRAM, PytestOptions
from tests.nox_server import MEASURE
from tests.sample_project import SampleProject, measured

pytestmark = pytest.mark.integration

FILES = {
    "src/lamp/__init__.py": 'def light(on):\n    if on:\n        return "bright"\n    return "dark"  # never\n',
    "src/lamp/unused.py": "A = 1\nB = 2\n",
    "src/lamp/old.py": "OLD = 1\n\n\ndef older():\n    return OLD\n",
    "src/lamp/sub/__init__.py": "X = 1\n",
    "src/lamp/sub/deep.py": "def deep():\n    if True:\n        return 1\n",
    "src/lamp/plugins/loose.py": "C = 1\nD = 2\nE = 3\n",
    "src/lamp/pool.py": (
        "import multiprocessing\n\n\ndef double(n):\n    return 2 * n\n\n\ndef doubled(method):\n"
        "    with multiprocessing.get_context(method).Pool(1) as pool:\n"
        "        found = pool.map(double, [1])\n        pool.close()\n        pool.join()\n    return found\n"
    ),
    "src/lamp_cli.py": "def main():\n    return 1\n",
    "tests/run.py": (
        "import sys\n\nimport lamp\nimport lamp.old\nimport lamp.sub.deep\nimport lamp_cli\n\n\ndef unused():\n    return 1\n\n\n"
        'if __name__ == "__main__":\n    lamp.light(True)\n    lamp_cli.main()\n    if len(sys.argv) > 1:\n'
        "        import lamp.pool\n\n        lamp.pool.doubled(sys.argv[1])\n"
    ),
    "setup.py": "SETUP = 1\n",
}
GENERATED = {"lamp/_version.py": "VERSION = 1\n"}
"""A module that the build adds; in the project's own tree, the build wrote it there, too."""

PLUGIN = """\
import coverage


class Defaults(coverage.CoveragePlugin):
    def configure(self, config):
        config.set_option("run:branch", True)
        if config.get_option("run:source") is None:
            config.set_option("run:source", ["."])
        config.set_option("run:omit", [*config.get_option("run:omit"), "*/old.py", "defaults.py"])
        config.set_option("report:exclude_lines", ["# never"])


def coverage_init(registry, options):
    registry.add_configurer(Defaults())
"""

PYPROJECT = "pyproject.toml"
CASES: dict[str, tuple[Mapping[str, str], PytestOptions, tuple[str, ...]]] = {
    "no configuration": ({}, PytestOptions(), ()),
    "[run] and [report] omit different files, and one pattern every installed file": (
        {
            ".coveragerc": "[run]\nsource =\n    src\n    tests\nomit =\n    src/lamp/old.py\n    */site-packages/*\n"
            "    src/lamp/_version.py\n[report]\nomit = src/lamp/unused.py\nexclude_also = # never\n",
            PYPROJECT: "[tool.coverage.run]\nbranch = true\n",
        },
        PytestOptions(),
        (),
    ),
    "[run] and [report] include different files": (
        {
            PYPROJECT: '[tool.coverage.run]\ninclude = ["src/*"]\n[tool.coverage.report]\ninclude = ["*/s*/*", "tests/*"]\n'
        },
        PytestOptions(),
        (),
    ),
    "[run] include": (
        {"tox.ini": "[coverage:run]\ninclude = */lamp/__init__.py\nbranch = true\n"},
        PytestOptions(),
        (),
    ),
    "a part of a package, and namespace packages": (
        {
            "setup.cfg": "[coverage:run]\nsource_pkgs = lamp.sub, lamp_cli\nsource_dirs = src/lamp/plugins\n"
            "[coverage:report]\ninclude_namespace_packages = true\nskip_empty = true\ninclude = */lamp*\n"
        },
        PytestOptions(),
        (),
    ),
    "a plugin that sets the options": (
        {".coveragerc": "[run]\nplugins = defaults\n", "defaults.py": PLUGIN},
        PytestOptions(),
        (),
    ),
    "children of multiprocessing, relative file names and path rules": (
        {
            PYPROJECT: '[tool.coverage.run]\nbranch = true\nparallel = true\nconcurrency = ["multiprocessing", "thread"]\n'
            'source = ["lamp"]\nrelative_files = true\n[tool.coverage.paths]\nsource = ["src/lamp", "*/site-packages/lamp"]\n'
        },
        PytestOptions(),
        ("spawn",),
    ),
    "a configuration file below the root, and --cov": (
        {
            "cfg/rc": "[run]\nsource = tests\nomit = */unused.py\n[report]\nexclude_lines = def\n",
            ".coveragerc": "[run]\nbranch=1\n",
        },
        PytestOptions(cov_source=("src", "tests"), cov_config="cfg/rc", cov_branch=True),
        (),
    ),
}

MEASURED = ("-m", "coverage", "run", f"--rcfile=:data:{measured()[MEASURE]}") if measured() else ()
"""The arguments for Python to measure a program whose own `Coverage` would end the measurement by an environment variable."""


class Environment:
    """The part of a Nox session that runs programs. None runs in this process, where it would end the measurement of the tests."""

    def __init__(self, project: SampleProject, folder: Path) -> None:
        self.project, self.bin = project, str(folder / "bin")
        self.messages: list[str] = []

    def run(self, *command: str, **options: object) -> None:
        if command[:3] == ("python", "-I", str(PROGRAM)):
            done = self.project.run(sys.executable, "-I", *MEASURED, *command[2:])
            if done.returncode:
                raise SystemExit(done.stderr)
        else:
            run(self.project, *command)

    def log(self, text: str) -> None:
        self.messages.append(text)


def run(project: SampleProject, *command: str, path: str = "") -> None:
    python = (sys.executable, "-m") if command[0] == "coverage" else ()
    done = project.run(*python, *command, env={"PYTHONPATH": f"{path}{os.pathsep}."})
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def lamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleProject:
    """A project with modules that its tests do not import, and an installed copy of it."""
    project = SampleProject(Path(os.path.realpath(tmp_path)) / "lamp")
    for name, text in FILES.items():
        project.write(name, text)
    project.write(".gitignore", "/.nox/\n/src/lamp/_version.py\n__pycache__/\n")
    project.git("init", "--quiet")
    shutil.copytree(project.root / "src", site(project))
    for name, text in GENERATED.items():
        project.write(f"src/{name}", text)
        (site(project) / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(project.root)
    return project


def site(project: SampleProject) -> Path:
    return project.root / ".nox/tests/lib/python3/site-packages"


def measurement(project: SampleProject, session: nox.Session, options: PytestOptions) -> Measurement:
    files = [file.relative_to(site(project)).as_posix() for file in sorted(site(project).rglob("*.py"))]
    installed = InstalledProject(
        site=str(site(project)),
        packages=("lamp",),
        modules=("lamp_cli",),
        files=tuple(files),
        distributions=frozenset(),
    )
    return Measurement(
        root=project.root,
        folder=project.root,
        installed=installed,
        options=options,
        config=read_config(session, options),
    )


def environment(project: SampleProject) -> nox.Session:
    return cast("nox.Session", Environment(project, project.root / ".nox"))


@pytest.mark.parametrize("case", CASES)
def test_the_gate_reports_what_the_commands_of_the_project_report(lamp: SampleProject, case: str) -> None:
    configuration, options, arguments = CASES[case]
    for name, text in configuration.items():
        lamp.write(name, text)
    lamp.git("add", "--all")
    own = own_report(lamp, options, arguments)
    (lamp.root / "src/lamp/_version.py").unlink()

    session = environment(lamp)
    measured = measurement(lamp, session, options)
    data = lamp.root / ".nox/measured/data"
    data.parent.mkdir()
    rcfile = measured.write_run_config(lamp.root / ".nox", data)
    run(lamp, "coverage", "run", f"--rcfile={rcfile}", "tests/run.py", *arguments, path=str(site(lamp)))
    run(lamp, "coverage", "combine", "--append", "--rcfile=", f"--data-file={data}", str(data.parent))
    report = write_report(lamp, session, measured, combine_jobs(session, measured, [data]))
    assert report == own


def own_report(project: SampleProject, options: PytestOptions, arguments: tuple[str, ...]) -> dict[str, Any]:
    """Return the summaries of the files by the project's own commands."""
    rcfile = () if options.cov_config == ".coveragerc" else (f"--rcfile={options.cov_config}",)
    source = [*map(str, options.cov_source)] if options.cov_source and True not in options.cov_source else []
    more = [f"--source={','.join(source)}"] if source else []
    more += ["--branch"] if options.cov_branch else []
    run(project, "coverage", "run", *rcfile, *more, "tests/run.py", *arguments, path="src")
    if [*project.root.glob(".coverage.*")]:
        run(project, "coverage", "combine", *rcfile)
    run(project, "coverage", "json", *rcfile, "-o", ".nox/own.json")
    return summaries(project.root / ".nox/own.json")


def write_report(
    project: SampleProject, session: nox.Session, measured: Measurement, data: Path, summary: str = ".nox/summary.md"
) -> dict[str, Any]:
    request = {
        "data_file": str(data),
        "measured": measured.source,
        "trees": measured.trees,
        "generated": measured.generated,
        "unused": measured.unused,
        "folder": ".nox",
        "markdown": summary,
    }
    run_program(session, "report", {**msgspec.to_builtins(measured.options), **request}, silent=False)
    return summaries(project.root / ".nox/coverage.json")


def summaries(report: Path) -> dict[str, Any]:
    found = json.loads(report.read_text(encoding="utf-8"))["files"]
    return {
        name.replace(".nox/tests/lib/python3/site-packages/", "src/"): file["summary"] for name, file in found.items()
    }


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ("[run]\nconcurrency = chance\n", "coverage: Unknown concurrency"),
        ("[nothing\n", "coverage: Couldn't read config file"),
    ],
)
def test_an_error_of_coverage_in_the_configuration_ends_the_session_with_its_message(
    lamp: SampleProject, configuration: str, message: str
) -> None:
    lamp.write(".coveragerc", configuration)
    with pytest.raises(SystemExit, match=message):
        read_config(environment(lamp), PytestOptions())


def test_omit_patterns_that_leave_no_file_are_an_error_and_not_100_percent(lamp: SampleProject) -> None:
    lamp.git("add", "--all")
    lamp.write(".coveragerc", "[run]\nsource = src/lamp\n")
    data = CoverageData(str(lamp.root / ".nox/data"))
    data.add_lines({str(lamp.root / "tests/run.py"): [1]})
    data.write()
    session = environment(lamp)
    measured = measurement(lamp, session, PytestOptions())
    with pytest.raises(SystemExit, match="no file is left"):
        write_report(lamp, session, measured, lamp.root / ".nox/data")


def test_branches_do_not_count_if_only_some_jobs_measured_them(lamp: SampleProject) -> None:
    lamp.git("add", "--all")
    session = environment(lamp)
    measured = measurement(lamp, session, PytestOptions())
    files = [lamp.root / ".nox/arcs", lamp.root / ".nox/lines"]
    arcs, lines = (CoverageData(str(file)) for file in files)
    arcs.add_arcs({str(site(lamp) / "lamp/__init__.py"): [(-1, 1), (1, 2), (2, 3), (3, -1)]})
    lines.add_lines({str(site(lamp) / "lamp/__init__.py"): [4]})
    arcs.write()
    lines.write()
    combined = combine_jobs(session, measured, files)
    (summary,) = write_report(lamp, session, measured, combined, summary="").values()
    assert (summary["covered_lines"], summary["num_statements"], summary.get("num_branches")) == (4, 4, None)


def test_a_generated_module_counts_even_if_no_test_imports_it(lamp: SampleProject) -> None:
    lamp.write(".coveragerc", "[run]\nsource = lamp, somewhere.else\n")
    lamp.git("add", "--all")
    session = environment(lamp)
    (lamp.root / "src/lamp/_version.py").unlink()
    measured = measurement(lamp, session, PytestOptions())
    data = CoverageData(str(lamp.root / ".nox/data"))
    data.add_lines({str(site(lamp) / "lamp/__init__.py"): [1]})
    data.write()
    report = write_report(lamp, session, measured, combine_jobs(session, measured, [lamp.root / ".nox/data"]))
    assert report["src/lamp/_version.py"]["covered_lines"] == 0
    assert (lamp.root / ".nox/summary.md").read_text(encoding="utf-8").startswith("| Name")
    assert measured.source is not None
    assert measured.source[-1] == str(site(lamp) / "somewhere/else.py")


def test_a_path_that_a_pattern_of_coverage_cannot_express_is_rejected(tmp_path: Path) -> None:
    root = tmp_path / "a[b]"
    root.mkdir()
    git = SampleProject(root)
    git.git("init", "--quiet")
    installed = InstalledProject(
        site=str(root / "site"), packages=("lamp",), modules=(), files=(), distributions=frozenset()
    )
    measured = Measurement(
        root=root, folder=root, installed=installed, options=PytestOptions(), config=CoverageConfig(options={})
    )
    with pytest.raises(EvenfallError, match="coverage can't measure a path with one of the characters"):
        measured.write_run_config(root, root / "data")


def test_a_comma_in_a_list_is_rejected_because_coverage_splits_there(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match="a,b: coverage can't measure a path with a comma"):
        write_rcfile(tmp_path / "rc", {"run": {"source": ("a,b",)}})
