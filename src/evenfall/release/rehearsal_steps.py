"""The steps of a rehearsal, in the order of a release."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from evenfall.errors import EvenfallError
from evenfall.findings import Finding, has_errors
from evenfall.package_index.page import IndexFile, version_of_file
from evenfall.project.project import Project
from evenfall.release.build import BuildRequest, build_release
from evenfall.release.index import SimpleIndex, index_urls
from evenfall.release.install import InstallRequest, RequirementRequest, check_installation, check_requirement
from evenfall.release.install_report import InstallReport, without_repetition
from evenfall.release.local_index import Faults, LocalIndex
from evenfall.release.manifest import read_manifest, release_folder
from evenfall.release.publish import PublishRequest, publish
from evenfall.release.verify import VerifyRequest, verify
from evenfall.release.version import VersionRequest, check_version
from evenfall.text import plural


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
    request = InstallRequest(
        folder=stage.files, pythons=stage.request.pythons, progress=stage.progress, project=stage.project
    )
    report = check_installation(request).with_skipped(stage.request.missing_pythons)
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
