"""Whether `evenfall run` says what GitHub would: `python -m benchmarks.results CLONE`, in this project's environment, on a Linux.

A clone of a uv project is adopted in a copy, on this system only; then its generated ci.yml runs in `act` on a fresh clone, and
the mirror on the same commit: as it is, and with three kinds of breakage. Each row is a job; the two columns must agree.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from uv import find_uv_bin

from tests.generate.runner import run_on_github
from tests.made_project import Made

ROOT = Path(__file__).parents[1]


def _test(project: Made) -> None:
    project.write("tests/test_of_evenfall.py", "def test_that_fails() -> None:\n    raise ValueError\n")


def _lint(project: Made) -> None:
    project.write("tests/evenfall_unused.py", "import os\n")


def _drift(project: Made) -> None:
    path = ".github/workflows/ci.yml"
    project.write(path, project.read(path) + "# changed by hand\n")


BREAKAGES: dict[str, Callable[[Made], None]] = {
    "as it is": lambda _: None,
    "a test fails": _test,
    "an unused import": _lint,
    "the workflow was changed by hand": _drift,
}


def adopted(clone: Path, folder: Path, sessions: tuple[str, ...], without: tuple[str, ...]) -> Made:
    """A copy of a clone with Evenfall adopted, from a wheel of this very checkout unless it is this project, committed."""
    project = Made(folder / clone.name)
    subprocess.run(["git", "clone", "--quiet", clone, project.root], check=True)
    if without:
        project.git("rm", "-r", "--quiet", *without)
        project.write("coverage_target.txt", "0\n")
    if not (project.root / "src/evenfall").is_dir():
        _adopt(project, folder)
    text = project.read("pyproject.toml")
    systems = 'systems = ["ubuntu-latest"]\n'
    head = "[tool.evenfall]\n"
    project.write("pyproject.toml", text.replace(head, head + systems) if head in text else f"{text}\n{head}{systems}")
    if sessions:
        code = project.read("noxfile.py")
        omitted = [
            name for name in ("tests", "coverage", "lint", "precommit", "build", "workflows") if name not in sessions
        ]
        start = code.index("evenfall.standard_sessions(")
        end = code.index(")\n", start)
        project.write("noxfile.py", f"{code[:start]}evenfall.standard_sessions(omit={json.dumps(omitted)}{code[end:]}")
    done = project.evenfall("generate", env={"NOX_SCRIPT_MODE": ""})
    assert done.returncode == 0, done.stderr
    project.git("add", "--all", "--force", "wheels" if (project.root / "wheels").is_dir() else ".github")
    project.commit("adopt evenfall")
    return project


def _adopt(project: Made, folder: Path) -> None:
    done = Made(ROOT).uv("build", "--quiet", "--wheel", "--out-dir", os.fspath(folder / "dist"), os.fspath(ROOT))
    assert done.returncode == 0, done.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    shutil.copytree(folder / "dist", project.root / "wheels")
    (project.root / "wheels/.gitignore").unlink(missing_ok=True)
    for workflow in (project.root / ".github/workflows").glob("*.y*ml"):
        workflow.unlink()  # jobs of the project's own are not what is compared
    project.git("add", "--all", "--force", "wheels", ".github")
    done = project.evenfall("init", "--yes", "--source", f"wheels/{wheel.name}", env={"NOX_SCRIPT_MODE": ""})
    assert done.returncode == 0, done.stderr


def mirrored(project: Made) -> dict[str, str]:
    """What GitHub would call each session's job, by what the mirror says of its jobs."""
    done = project.evenfall("run", "--json", env={"NOX_SCRIPT_MODE": ""})
    assert done.returncode in {0, 1, 3}, done.stderr
    found: dict[str, set[str]] = {}
    for job in json.loads(done.stdout)["results"]:
        session = job["job"].partition(" ")[0].partition("-3.")[0]
        found.setdefault(session, set()).add(job["result"])
    return {
        session: "failure" if "failed" in results else "skipped" if "inconclusive" in results else "success"
        for session, results in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clone", type=Path)
    parser.add_argument("--sessions", nargs="*", default=(), help="only these standard sessions")
    parser.add_argument("--without", nargs="*", default=(), help="paths that are removed first: tests that take long")
    asked = parser.parse_args()
    os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")
    os.environ["GIT_CONFIG_GLOBAL"] = os.devnull  # a runner has no identity for git; `act` would lend it this machine's
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(os.fsdecode(find_uv_bin())), os.environ["PATH"]])
    differing = 0
    with tempfile.TemporaryDirectory(prefix="results-") as folder:
        project = adopted(asked.clone.resolve(), Path(folder), tuple(asked.sessions), tuple(asked.without))
        good = project.git("rev-parse", "HEAD").strip()
        print(f"### {asked.clone.name}\n\n| with | job | GitHub (act) | evenfall run |\n| --- | --- | --- | --- |")
        for number, (name, break_it) in enumerate(BREAKAGES.items()):
            project.git("reset", "--quiet", "--hard", good)
            break_it(project)
            project.commit(name)
            run = run_on_github(project, Path(folder, f"github-{number}"))
            theirs = {job: result for job, result in run.results.items() if job != "all-checks-pass"}
            ours = mirrored(project)
            for job in sorted(theirs.keys() | ours.keys()):
                one, other = theirs.get(job, "skipped"), ours.get(job, "skipped")
                differing += one != other
                print(f"| {name} | {job} | {one} | {other}{'' if one == other else ' **differs**'} |", flush=True)
    print(f"\n{differing} of these differ.")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
