"""Rehearse a release: run its steps on this machine, against an index of its own."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Severity, has_errors
from evenfall.git.commits import find_commit
from evenfall.git.project_copy import copy_tracked_files
from evenfall.git.repository import find_repository, set_origin
from evenfall.git.tags import add_tag
from evenfall.package_index.page import IndexFile, version_of_file
from evenfall.project import lockfile
from evenfall.project.lockfile import read_lockfile
from evenfall.project.project import Project, find_locked_root, read_project
from evenfall.release.build import BuildRequest, build_release
from evenfall.release.index import SimpleIndex, index_urls
from evenfall.release.install import InstallRequest, RequirementRequest, check_installation, check_requirement
from evenfall.release.install_report import InstallReport, without_repetition
from evenfall.release.local_index import Faults, LocalIndex
from evenfall.release.manifest import Manifest, read_manifest, release_folder
from evenfall.release.publish import PublishRequest, publish
from evenfall.release.verify import VerifyRequest, verify
from evenfall.release.version import VersionRequest, check_version
from evenfall.release.version_fix import tag_commands
from evenfall.report.output import findings_as_text
from evenfall.report.screen import Screen
from evenfall.results import Failed, Inconclusive, JobResult, Passed, Result, Skipped
from evenfall.text import and_more, plural

SOURCE = "source"
"""The folder of the copy of the repository, in the rehearsal's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearseRequest:
    """The project in `root`, and the rehearsal's own folder, which keeps the files of each step.

    `pythons` are the interpreters of the installation test, oldest first, and `missing_pythons` the reasons why others are skipped.
    `tag` is the tag to rehearse, if the version comes from a tag that does not exist yet. `steps` are the steps to run, by default all.
    Without `network`, the public index is not asked. `write_sbom` writes the SBOM of the project in its first argument, with the version
    in its second, to the path in its third. `faults` are what the rehearsal's own index does wrong.
    """

    root: Path
    folder: Path
    pythons: tuple[Path, ...]
    missing_pythons: tuple[str, ...] = ()
    tag: str = ""
    steps: tuple[str, ...] = ()
    network: bool = True
    write_sbom: Callable[[Path, str, Path], object]
    faults: Faults | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """What a step found, and one line about what it did.

    `inconclusive` are the reasons why something could not be found out, and `notes` do not change the result. `skipped` is the reason if
    the step does not apply to this project.
    """

    did: str = ""
    findings: tuple[Finding, ...] = ()
    inconclusive: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the steps work on: the copy of the project, the index on this machine, and a function that shows their progress."""

    request: RehearseRequest
    project: Project
    index: LocalIndex
    progress: Callable[[str], object]

    @property
    def files(self) -> Path:
        """The folder of the built files."""
        return release_folder(self.project.root, "pypi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the rehearsal, and the names of the steps without which it can't run."""

    name: str
    needs: tuple[str, ...] = ()
    run: Callable[[Stage], StepReport]


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


def _version(stage: Stage) -> StepReport:
    """Check the version as the real release does, also against the public index."""
    request = stage.request
    report = check_version(
        VersionRequest(
            root=stage.project.root,
            index="pypi",
            tag=request.tag,
            offline=not request.network,
            progress=stage.progress,
        )
    )
    return StepReport(
        did=f"version {report.version}, tag {report.tag}",
        findings=report.findings,
        inconclusive=report.unknown,
        notes=report.notes,
    )


def _build(stage: Stage) -> StepReport:
    report = build_release(
        BuildRequest(
            root=stage.project.root, index="pypi", write_sbom=stage.request.write_sbom, progress=stage.progress
        )
    )
    names = [file.name for file in report.manifest.files] if report.manifest else []
    return StepReport(did=", ".join(names), findings=report.findings)


def _install(stage: Stage) -> StepReport:
    report = check_installation(_install_request(stage)).with_skipped(stage.request.missing_pythons)
    pythons = dict.fromkeys(installed.python for installed in report.installed)
    return _installed(report, f"wheel and sdist on {', '.join(pythons)}")


def _publish(stage: Stage) -> StepReport:
    report = publish(_publish_request(stage))
    return StepReport(did=f"{plural(len(report.uploaded), 'file')} uploaded", findings=report.findings)


def _verify(stage: Stage) -> StepReport:
    report = verify(
        VerifyRequest(
            folder=stage.files,
            index=stage.index,
            python=stage.request.pythons[0],
            progress=stage.progress,
            project=stage.project,
        )
    )
    did = f"{plural(len(report.links), 'file')} listed with the right hash, and installed from the index"
    return StepReport(did=did, findings=report.findings, inconclusive=report.inconclusive)


def _publish_again(stage: Stage) -> StepReport:
    """Publish a second time. It must change nothing, because a release that was interrupted is repeated in the same way."""
    report = publish(_publish_request(stage))
    if report.uploaded and not has_errors(report.findings):
        names = ", ".join(file.name for file in report.uploaded)
        raise EvenfallError(f"a second publication uploaded files again: {names}", hint="report it, it is a bug")
    return StepReport(did="the index has every file already", findings=report.findings)


def _upgrade(stage: Stage) -> StepReport:
    """Install the newest earlier version of the public index, and upgrade it to the rehearsed one."""
    if not stage.request.network:
        return StepReport(skipped="the public index is not asked (--offline)")
    manifest = read_manifest(stage.files)
    version = Version(manifest.version)
    index = SimpleIndex(index_urls(stage.project.root, "pypi"))
    earlier = newest_release(index.files(stage.project.name) or (), before=version)
    if earlier is None:
        return StepReport(skipped="the public index has no earlier version")
    report = check_requirement(
        RequirementRequest(
            version=manifest.version,
            earlier=(str(earlier), index.urls),
            index=stage.index.urls,
            python=stage.request.pythons[-1],
            progress=stage.progress,
            project=stage.project,
        )
    )
    return _installed(report, f"from {earlier} to {version}")


def newest_release(files: Iterable[IndexFile], *, before: Version) -> Version | None:
    """Return the newest version of files that are not yanked that is older than `before`; a pre-release only if there is no other."""
    kept = (version_of_file(file.name) for file in files if not file.is_yanked)
    versions = {version for version in kept if version and version < before}
    finals = {version for version in versions if not version.is_prerelease}
    return max(finals or versions, default=None)


def _installed(report: InstallReport, did: str) -> StepReport:
    """Return the report of an installation. Nothing that was installed is inconclusive."""
    nothing = () if report.installed or report.findings else report.skipped
    return StepReport(
        did=did,
        findings=tuple(without_repetition(report.findings)),
        inconclusive=report.inconclusive or nothing,
        notes=tuple(f"skipped: {reason}" for reason in report.skipped),
    )


def _install_request(stage: Stage) -> InstallRequest:
    return InstallRequest(
        folder=stage.files,
        pythons=stage.request.pythons,
        progress=stage.progress,
        project=stage.project,
    )


def _publish_request(stage: Stage) -> PublishRequest:
    return PublishRequest(
        folder=stage.files, index=stage.index, credentials=lambda: stage.index.credentials, progress=stage.progress
    )


STEPS = (
    Step(name="version", run=_version),
    Step(name="build", run=_build),
    Step(name="install", needs=("build",), run=_install),
    Step(name="publish", needs=("build",), run=_publish),
    Step(name="verify", needs=("install", "publish"), run=_verify),
    Step(name="publish-again", needs=("publish",), run=_publish_again),
    Step(name="upgrade", needs=("install", "publish"), run=_upgrade),
)
"""The steps in the order of a release."""


def release_commands(manifest: Manifest, *, trigger: str) -> tuple[str, ...]:
    """Return the commands of the real release, in their order."""
    tag = tag_commands(f"v{manifest.version}")
    if trigger == "tag":
        return tag
    return (*tag, "evenfall release build", "evenfall release draft")
