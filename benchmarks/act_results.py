"""Compare the results of `evenfall run` with those of the generated workflow in `act`: `python -m benchmarks.act_results CLONE`.

It works on Linux only. It adopts Evenfall in a copy of a clone, with `ubuntu-latest` as the only system and the Pythons of this
machine. Then it runs ci.yml in `act` on a fresh clone, and `evenfall run` on the same commit: once unchanged, and once with each of
three defects. Both must give each job the same result.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import tomlkit

from benchmarks.benchmark_projects import build_wheel
from evenfall.project.interpreters import find_interpreter
from evenfall.project.project import read_project
from evenfall.project.tools import uv_program
from evenfall.run.notes import PREPARE
from tests.generate.runner import run_on_github
from tests.sample_project import SampleProject

# `evenfall` must start again in the script environment of the project.
SCRIPT_ENVIRONMENT = {"NOX_SCRIPT_MODE": ""}


def _fail_a_test(project: SampleProject) -> None:
    project.write("tests/test_of_evenfall.py", "def test_that_fails() -> None:\n    raise ValueError\n")


def _add_unused_import(project: SampleProject) -> None:
    project.write("tests/evenfall_unused.py", "import os\n")


def _edit_workflow(project: SampleProject) -> None:
    path = ".github/workflows/ci.yml"
    project.write(path, project.read(path) + "# edited\n")


VARIANTS: Mapping[str, Callable[[SampleProject], None]] = {
    "unchanged": lambda _: None,
    "a test fails": _fail_a_test,
    "an unused import": _add_unused_import,
    "an edited workflow": _edit_workflow,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path, help="a clone of a uv project")
    parser.add_argument("--omit", nargs="*", default=(), metavar="SESSION", help="standard sessions to omit")
    parser.add_argument(
        "--remove", nargs="*", default=(), metavar="PATH", help="paths to remove first, such as slow tests"
    )
    options = parser.parse_args()
    os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")
    os.environ["GIT_CONFIG_GLOBAL"] = os.devnull  # act would use this machine's git identity; a runner has none
    os.environ["PATH"] = os.pathsep.join([os.fspath(uv_program().parent), os.environ["PATH"]])
    with tempfile.TemporaryDirectory(prefix="act-results-") as folder:
        project = adopt_copy(options.clone.resolve(), Path(folder), tuple(options.omit), tuple(options.remove))
        print(f"### {project.root.name}\n\n| variant | job | act | evenfall run |\n| --- | --- | --- | --- |")
        differences = compare_variants(project, Path(folder))
    print(f"\n{differences} results differ.")
    sys.exit(bool(differences))


def adopt_copy(clone: Path, folder: Path, omit: tuple[str, ...], remove: tuple[str, ...]) -> SampleProject:
    """Return a copy of a clone that has adopted Evenfall, from a wheel of this repository, committed.

    The project's own workflows are removed, because only the generated ones are compared, and so is its action that prepares a runner,
    because it would change this machine. A copy of this repository needs no wheel.
    """
    project = SampleProject(folder / clone.name)
    SampleProject(clone).git("clone", "--quiet", os.fspath(clone), os.fspath(project.root))
    if remove:
        project.git("rm", "-r", "--quiet", *remove)
        project.write("coverage_target.txt", "0\n")
    shutil.rmtree(project.root / PREPARE, ignore_errors=True)
    if not (project.root / "src/evenfall").is_dir():
        for workflow in (project.root / ".github/workflows").glob("*.y*ml"):
            workflow.unlink()
        wheel = build_wheel(folder / "dist")
        source = f"wheels/{wheel.name}"
        (project.root / "wheels").mkdir()
        shutil.copy(wheel, project.root / source)
        project.git("add", "--all", "--force", "wheels", ".")
        _evenfall(project, "init", "--yes", "--source", source)
    _set_matrix(project)
    if omit:
        omit_sessions(project.root / "noxfile.py", omit)
    _evenfall(project, "generate")
    project.commit("adopt evenfall")
    return project


def omit_sessions(noxfile: Path, names: tuple[str, ...]) -> None:
    """Add standard sessions to the argument `omit` of a noxfile, formatted as Ruff does, so that `lint` still passes."""
    text = noxfile.read_text(encoding="utf-8")
    call = re.search(r"standard_sessions\((.*?)\)\n", text, re.DOTALL)
    assert call is not None  # `evenfall init` writes one
    omitted = [f'"{name}"' for name in (*re.findall(r'["\'](\w+)["\']', call[1]), *names)]
    omit = ", ".join(omitted) if omitted[1:] else f"{omitted[0]},"
    noxfile.write_text(text.replace(call[0], f"standard_sessions(omit=({omit}))\n"), encoding="utf-8")


def _set_matrix(project: SampleProject) -> None:
    """Let the tests run on one system, and on those of the project's Pythons that this machine has."""
    pythons = {python: find_interpreter(python) for python in read_project(project.root).pythons}
    document = tomlkit.parse(project.read("pyproject.toml"))
    settings = document.setdefault("tool", tomlkit.table()).setdefault("evenfall", tomlkit.table())
    settings["systems"] = ["ubuntu-latest"]
    classifiers = document["project"].get("classifiers", [])
    named = {python: f"Programming Language :: Python :: {python}" for python in pythons}
    if any(text in classifiers for text in named.values()):
        for python, text in named.items():
            if pythons[python] is None and text in classifiers:
                classifiers.remove(text)
    else:
        settings["pythons"] = [python for python, path in pythons.items() if path]
    project.write("pyproject.toml", tomlkit.dumps(document))


def _evenfall(project: SampleProject, *arguments: str) -> None:
    done = project.evenfall(*arguments, env=SCRIPT_ENVIRONMENT)
    assert done.returncode == 0, done.stderr


def compare_variants(project: SampleProject, folder: Path) -> int:
    """Print a row for each job of each variant. Return the number of results that differ."""
    adopted = project.git("rev-parse", "HEAD").strip()
    differences = 0
    for number, (variant, change) in enumerate(VARIANTS.items()):
        project.git("reset", "--quiet", "--hard", adopted)
        change(project)
        project.commit(variant)
        on_github = run_on_github(project, folder / f"github-{number}")
        act, mirror = on_github.results, mirror_results(project)
        before = differences
        for job in sorted((act.keys() | mirror.keys()) - {"all-checks-pass"}):
            expected, result = act.get(job, "skipped"), mirror.get(job, "skipped")
            differences += expected != result
            mark = "" if expected == result else " **differs**"
            print(f"| {variant} | {job} | {expected} | {result}{mark} |", flush=True)
        if differences > before:
            print(on_github.log, file=sys.stderr)
    return differences


def mirror_results(project: SampleProject) -> dict[str, str]:
    """Return what GitHub would call the result of each session, from the results of its jobs in `evenfall run`."""
    done = project.evenfall("run", "--json", env=SCRIPT_ENVIRONMENT)
    assert done.returncode in {0, 1, 3}, done.stderr
    results: dict[str, set[str]] = {}
    for each in json.loads(done.stdout)["results"]:
        session = each["job"].partition(" ")[0].partition("-3.")[0]
        results.setdefault(session, set()).add(each["result"])
    return {
        session: "failure" if "failed" in words else "skipped" if "inconclusive" in words else "success"
        for session, words in results.items()
    }


if __name__ == "__main__":
    main()
