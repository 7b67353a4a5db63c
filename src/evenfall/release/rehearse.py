"""Rehearse a release: run its steps on this machine, against an index of its own."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Severity
from evenfall.git.commits import find_commit
from evenfall.git.project_copy import copy_tracked_files
from evenfall.git.repository import find_repository, set_origin
from evenfall.git.tags import add_tag
from evenfall.project import lockfile
from evenfall.project.lockfile import read_lockfile
from evenfall.project.project import Project, read_project
from evenfall.project.root import find_locked_root
from evenfall.release.local_index import LocalIndex
from evenfall.release.manifest import Manifest, read_manifest, release_folder
from evenfall.release.rehearsal_steps import STEPS, RehearseRequest, Stage, Step, StepReport
from evenfall.release.version_fix import tag_commands
from evenfall.report.output import findings_as_text
from evenfall.report.screen import Screen
from evenfall.results import Failed, Inconclusive, JobResult, Passed, Result, Skipped
from evenfall.text import and_more

SOURCE = "source"
"""The folder of the copy of the repository, in the rehearsal's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The result of each step, the findings by step, and the manifest of the built files, or None if they were not built."""

    results: tuple[JobResult, ...]
    findings: Mapping[str, tuple[Finding, ...]]
    manifest: Manifest | None

    @property
    def exit_code(self) -> Exit:
        """1 if a step failed, else 3 if a step is inconclusive, else 0."""
        results = [result.result for result in self.results]
        if any(isinstance(result, Failed) for result in results):
            return Exit.FINDINGS
        return Exit.UNKNOWN if any(isinstance(result, Inconclusive) for result in results) else Exit.FINE


def rehearse_release(request: RehearseRequest, screen: Screen) -> Rehearsal:
    """Run the steps of a release and return their results. A step is skipped if one that it needs did not pass.

    Everything is written to the rehearsal's folder. Raises `EvenfallError` (usage) if single steps are to be repeated, and the files of
    the last rehearsal are missing or belong to another commit, or if the project has no readable uv.lock.
    """
    source = _prepare_source(request)
    steps = [step for step in STEPS if not request.steps or step.name in request.steps]
    screen.plan([step.name for step in steps])
    with LocalIndex(request.folder / "index", faults=request.faults) as index:
        project = read_project(source)
        ended = tuple(_run_steps(request, project, index, steps, screen))
    try:
        manifest = read_manifest(release_folder(source, "pypi"))
    except EvenfallError:
        manifest = None
    return Rehearsal(
        results=tuple(result for result, _ in ended),
        findings={result.job: findings for result, findings in ended},
        manifest=manifest,
    )


def _prepare_source(request: RehearseRequest) -> Path:
    """Return the project's folder in the copy of the repository. The copy is made anew, unless later steps are repeated."""
    repository = find_repository(request.root)
    copy = request.folder / SOURCE
    source = copy / request.root.resolve().relative_to(repository.top.resolve())
    if request.steps and not {"version", "build"} & {*request.steps}:
        _check_files(release_folder(source, "pypi"), find_commit(request.root, "HEAD"))
        return source
    read_lockfile(find_locked_root(request.root) / lockfile.NAME)  # an error of a step would name the copy
    shutil.rmtree(request.folder, ignore_errors=True)
    request.folder.mkdir(parents=True)
    copy_tracked_files(repository.top, copy)
    set_origin(copy, repository.origin)
    if request.tag:
        add_tag(copy, request.tag)
    return source


def _check_files(folder: Path, head: str) -> None:
    try:
        commit = read_manifest(folder).commit
    except EvenfallError as error:
        raise EvenfallError(f"no last rehearsal: {error.message}", hint="evenfall release rehearse") from error
    if commit != head:
        raise EvenfallError(
            f"the files of the last rehearsal were built from commit {commit[:12]}, but HEAD is {head[:12]}",
            hint="evenfall release rehearse",
        )


def _run_steps(
    request: RehearseRequest, project: Project, index: LocalIndex, steps: Iterable[Step], screen: Screen
) -> Iterator[tuple[JobResult, tuple[Finding, ...]]]:
    """Yield the result and the findings of each step."""
    not_passed: list[str] = []
    for step in steps:
        needed = [name for name in step.needs if name in not_passed]
        findings: tuple[Finding, ...] = ()
        if needed:
            result = JobResult(job=step.name, result=Skipped(f"{needed[0]} did not pass"))
        else:
            screen.start(step.name)
            result, findings = _run_step(step, request, project, index, screen)
        if not isinstance(result.result, Passed):
            not_passed.append(step.name)
        screen.end(result)
        yield result, findings


def _run_step(
    step: Step, request: RehearseRequest, project: Project, index: LocalIndex, screen: Screen
) -> tuple[JobResult, tuple[Finding, ...]]:
    """Run a step and return its result and its findings. Its narration, its findings and its error are in its log."""
    log = request.folder / "logs" / f"{step.name}.log"
    log.parent.mkdir(exist_ok=True)
    started = time.monotonic()
    with log.open("w", encoding="utf-8", errors="backslashreplace") as file:

        def progress(line: str) -> None:
            file.write(f"{line}\n")
            screen.output(step.name, line)

        stage = Stage(request=request, project=project, index=index, progress=progress)
        try:
            report = step.run(stage)
            result, findings = _result_of(report), report.findings
            text, notes = findings_as_text(findings), _notes_of(report)
        except EvenfallError as error:
            reason = error.message.removeprefix("inconclusive: ")
            result = Inconclusive(reason) if error.exit_code == Exit.UNKNOWN else Failed(reason)
            text, notes, findings = str(error), (), ()
        file.write(f"{text}\n" if text else "")
    seconds = time.monotonic() - started
    return JobResult(job=step.name, result=result, seconds=seconds, log=log, notes=notes), findings


def _result_of(report: StepReport) -> Result:
    if errors := [finding for finding in report.findings if finding.severity is Severity.ERROR]:
        return Failed(and_more(list(dict.fromkeys(finding.code for finding in errors))))
    if report.inconclusive:
        return Inconclusive("; ".join(report.inconclusive))
    return Skipped(report.skipped) if report.skipped else Passed(report.did)


def _notes_of(report: StepReport) -> tuple[str, ...]:
    """Return the notes of a step, and its warnings, because the log of a step that passed is not printed."""
    warnings = (finding for finding in report.findings if finding.severity is not Severity.ERROR)
    return (*report.notes, *(f"{finding.code}: {finding.reason}" for finding in warnings))


def release_commands(manifest: Manifest, *, trigger: str) -> tuple[str, ...]:
    """Return the commands of the real release, in their order."""
    tag = tag_commands(f"v{manifest.version}")
    if trigger == "tag":
        return tag
    return (*tag, "evenfall release build", "evenfall release draft")
