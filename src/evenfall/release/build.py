"""Build the files of a release once: the wheel, the sdist, the SBOM, and the manifest that ties them together."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, has_errors
from evenfall.git.commits import find_commit
from evenfall.git.repository import find_top
from evenfall.git.tracked import submodules, tracked_files, uncommitted_files
from evenfall.project import lockfile
from evenfall.project.interpreters import find_interpreter
from evenfall.project.project import Project, build_groups, read_project
from evenfall.project.root import find_locked_root
from evenfall.release import build_rules
from evenfall.release.archives import lfs_pointers, read_members
from evenfall.release.attached_files import AttachedFiles, AttachedRequest, download_attached_files
from evenfall.release.build_report import BuildReport
from evenfall.release.development_version import development_options
from evenfall.release.distributions import (
    Distributions,
    build_project,
    compare_with_second_build,
    failed_checks,
)
from evenfall.release.folder_replacement import new_folder, replace_folder
from evenfall.release.manifest import (
    IndexName,
    Manifest,
    ReleaseFile,
    describe_file,
    release_folder,
    sha256_of,
    write_manifest,
)
from evenfall.release.package_build import BuildError, BuildOptions
from evenfall.release.release_assets import Asset, asset_findings, published_assets
from evenfall.release.wheel_contents import MissingFiles, missing_files

UV_OPTIONS = ("--no-sources", "--no-cache")
"""A release is built as everybody can build it, from the index alone, and without anything that an earlier build left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """The project in `root`, and the index that the files are for.

    `write_sbom` writes the SBOM of the project in its first argument, with the version in its second, to the path in its third.
    `development_number` is for a development version, by default the number of the workflow run, or the time in seconds.
    """

    root: Path
    index: IndexName
    write_sbom: Callable[[Path, str, Path], object]
    progress: Callable[[str], object]
    development_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """A build, the findings of its source, and the folder for the files. `manifest` does not have the files yet."""

    request: BuildRequest
    project: Project
    options: BuildOptions
    built: Distributions
    manifest: Manifest
    findings: tuple[Finding, ...]
    folder: Path

    @property
    def sbom(self) -> Path:
        """The path of the SBOM."""
        name = canonicalize_name(self.manifest.project).replace("-", "_")
        return self.folder / f"{name}-{self.manifest.version}.cdx.json"

    def report(self, findings: Iterable[Finding], manifest: Manifest | None = None) -> BuildReport:
        """Return a report, whose manifest is None if there is an error."""
        findings = (*self.findings, *findings)
        return BuildReport(findings=findings, manifest=None if has_errors(findings) else manifest)


def build_release(request: BuildRequest) -> BuildReport:
    """Build the files for an index into their folder, with a manifest. If there is an error, the folder stays as it was.

    In a workflow run for a published GitHub release that has the files of `evenfall release draft`, these files are taken, and the build
    is only compared with them. The files for TestPyPI are a build of their own, with a development version.

    Raises `EvenfallError`: usage if there is no commit or no lock, or if the project can't have a development version; unknown if a build
    requirement can't be downloaded, if a tool is missing, or as `write_sbom`, `published_assets` and `download_asset` do.
    """
    project = read_project(request.root)
    manifest = _manifest(request, project)
    assets = published_assets() if request.index == "pypi" else None
    options = _options(request, project)
    place = release_folder(request.root, request.index)
    findings = tuple(build_rules.source_findings(uncommitted_files(request.root), submodules(find_top(request.root))))
    with tempfile.TemporaryDirectory(prefix="evenfall-") as scratch, new_folder(place) as folder:
        request.progress("building the sdist, and the wheel from the sdist")
        try:
            built = build_project(request.root, Path(scratch), options)
            build = _Build(
                request=request,
                project=project,
                options=options,
                built=built,
                manifest=msgspec.structs.replace(manifest, version=build_rules.version_of(built.wheel)),
                findings=findings,
                folder=folder,
            )
            attached = _attached_files(build, assets or ())
            report = _take_attached(build, attached) if attached else _take_built(build, assets)
        except BuildError as error:
            if error.exit_code is Exit.UNKNOWN:
                raise
            request.progress(error.output)
            return BuildReport(findings=(*findings, build_rules.build_finding(error)))
        if report.manifest:
            replace_folder(place, folder)
    return report


def _manifest(request: BuildRequest, project: Project) -> Manifest:
    """Return the manifest before the build, which gives the version and the files."""
    commit = find_commit(request.root, "HEAD")
    if not commit:
        raise EvenfallError(f"{request.root}: there is no commit, so there is nothing to release", hint="git commit")
    lock = find_locked_root(request.root) / lockfile.NAME
    if not lock.is_file():
        raise EvenfallError(f"{lock}: not found", hint="uv lock")
    return Manifest(
        project=project.pyproject.name,
        version="",
        index=request.index,
        commit=commit,
        lock_sha256=sha256_of(lock),
        files=(),
    )


def _attached_files(build: _Build, assets: tuple[Asset, ...]) -> AttachedFiles | None:
    return download_attached_files(
        AttachedRequest(
            assets=assets,
            folder=build.folder,
            expected=build.manifest,
            built=build.built,
            sbom=build.sbom.name,
            progress=build.request.progress,
        )
    )


def _take_attached(build: _Build, attached: AttachedFiles) -> BuildReport:
    """Check the files of the GitHub release, which are in the folder already."""
    if has_errors(attached.findings):
        return build.report(attached.findings)
    wheel, sdist = (build.folder / file.name for file in (build.built.wheel, build.built.sdist))
    findings = _check(build, replace(build.built, wheel=wheel, sdist=sdist))
    return build.report((*findings, *build_rules.size_findings(attached.manifest.files)), attached.manifest)


def _take_built(build: _Build, assets: tuple[Asset, ...] | None) -> BuildReport:
    """Check the built files, move them into the folder, and write the SBOM and the manifest there."""
    findings = [*_check(build, build.built), *_reproducibility_findings(build)]
    if has_errors((*build.findings, *findings)):
        return build.report(findings)
    files = _collect(build)
    findings += [*build_rules.size_findings(files), *asset_findings(files, assets)]
    manifest = msgspec.structs.replace(build.manifest, files=files)
    write_manifest(build.folder, manifest)
    return build.report(findings, manifest)


def _options(request: BuildRequest, project: Project) -> BuildOptions:
    """Return how to build: with the Python of the session, if it is installed, because another one may compress files differently."""
    python = find_interpreter(project.python_for(build_groups(project), ()), project.allowed_pythons)
    options = BuildOptions(python=str(python or ""), uv=UV_OPTIONS)
    if request.index == "testpypi":
        options = development_options(project, request.development_number, options)
        request.progress(f"version {options.version}: the files for TestPyPI are a build of their own")
    elif request.development_number is not None:
        raise EvenfallError("--development-number: only versions for TestPyPI have one", hint="--index=testpypi")
    return options


def _check(build: _Build, files: Distributions) -> Iterator[Finding]:
    """Yield the problems of the files."""
    build.request.progress("checking the metadata, the README and the contents")
    yield from build_rules.name_findings(build.project.name, files)
    yield from build_rules.version_findings(files, build.options.version)
    yield from build_rules.metadata_findings(files)
    yield from build_rules.missing_file_findings(_missing_files(files))
    yield from build_rules.lfs_findings(lfs_pointers(files.wheel))
    for check in failed_checks(files):
        build.request.progress(f"{check.tool}:\n{check.output}")
        yield build_rules.check_finding(check)


def _missing_files(built: Distributions) -> MissingFiles:
    content = {name: member[0] for name, member in read_members(built.wheel).items()}
    return missing_files(content, tracked_files(built.source))


def _reproducibility_findings(build: _Build) -> Iterator[Finding]:
    """Yield the files that a second build makes differently."""
    build.request.progress("building a second time, in another folder, with other file times and another umask")
    second = compare_with_second_build(build.project, build.built, build.options)
    yield from build_rules.reproducibility_findings(second)


def _collect(build: _Build) -> tuple[ReleaseFile, ...]:
    """Move the wheel and the sdist into the folder, write the SBOM there, and return the three files."""
    build.request.progress("writing the SBOM")
    build.request.write_sbom(build.request.root, build.manifest.version, build.sbom)
    wheel, sdist = (Path(shutil.move(file, build.folder)) for file in (build.built.wheel, build.built.sdist))
    return describe_file(wheel, "wheel"), describe_file(sdist, "sdist"), describe_file(build.sbom, "sbom")
