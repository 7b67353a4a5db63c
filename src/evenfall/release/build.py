"""Build the files of a release once: the wheel, the sdist, the SBOM, and the manifest that ties them together."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, has_errors
from evenfall.git.commits import find_commit
from evenfall.git.repository import find_top
from evenfall.git.tracked import submodules, tracked_files, uncommitted_files
from evenfall.project import lockfile
from evenfall.project.interpreters import find_interpreter
from evenfall.project.project import Project, find_locked_root, read_project
from evenfall.release import build_rules
from evenfall.release.archives import read_members
from evenfall.release.build_report import BuildReport
from evenfall.release.development_version import development_options
from evenfall.release.distributions import (
    BuildError,
    BuildOptions,
    Distributions,
    build_project,
    compare_with_second_build,
    failed_checks,
)
from evenfall.release.manifest import (
    FOLDER,
    IndexName,
    Manifest,
    ReleaseFile,
    describe_file,
    release_folder,
    sha256_of,
    write_manifest,
)
from evenfall.release.release_assets import asset_findings, published_assets
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


def build_release(request: BuildRequest) -> BuildReport:
    """Build the files for an index into their folder, with a manifest. If there is an error, the folder stays as it was.

    The files for TestPyPI are a build of their own, with a development version.

    Raises `EvenfallError`: usage if there is no commit, or if the project can't have a development version; unknown if a build
    requirement can't be downloaded, if a tool is missing, or as `write_sbom`, `published_assets` and `asset_findings` do.
    """
    project = read_project(request.root)
    commit = _head(request.root)
    assets = published_assets() if request.index == "pypi" else None
    options = _options(request, project)
    findings = [*build_rules.source_findings(uncommitted_files(request.root), submodules(find_top(request.root)))]
    with tempfile.TemporaryDirectory(prefix="evenfall-") as scratch, _new_folder(request.root) as folder:
        request.progress("building the sdist, and the wheel from the sdist")
        try:
            built = build_project(request.root, Path(scratch), options)
            findings += _check(request, project, built, options)
        except BuildError as error:
            if error.exit_code is Exit.UNKNOWN:
                raise
            request.progress(error.output)
            findings.append(build_rules.build_finding(error))
        if has_errors(findings):
            return BuildReport(findings=tuple(findings))
        version = build_rules.version_of(built.wheel)
        files = _collect(request, project, built, version, folder)
        findings += [
            *build_rules.size_findings(files),
            *asset_findings(files, assets, only_contents=_compares_contents(project)),
        ]
        if has_errors(findings):
            return BuildReport(findings=tuple(findings))
        manifest = Manifest(
            project=project.pyproject.name,
            version=version,
            index=request.index,
            commit=commit,
            lock_sha256=sha256_of(find_locked_root(request.root) / lockfile.NAME),
            files=files,
        )
        write_manifest(folder, manifest)
        _replace_folder(release_folder(request.root, request.index), folder)
    return BuildReport(findings=tuple(findings), manifest=manifest)


def _head(root: Path) -> str:
    commit = find_commit(root, "HEAD")
    if not commit:
        raise EvenfallError(f"{root}: there is no commit, so there is nothing to release", hint="git commit")
    return commit


def _options(request: BuildRequest, project: Project) -> BuildOptions:
    """Return how to build: with the Python of the session, if it is installed, because another one may compress files differently."""
    python = find_interpreter(project.primary_python)
    options = BuildOptions(uv=(*UV_OPTIONS, *(("--python", str(python)) if python else ())))
    if request.index == "testpypi":
        options = development_options(project, request.development_number, options)
        request.progress(f"version {options.version}: the files for TestPyPI are a build of their own")
    elif request.development_number is not None:
        raise EvenfallError("--development-number: only versions for TestPyPI have one", hint="--index=testpypi")
    return options


def _check(request: BuildRequest, project: Project, built: Distributions, options: BuildOptions) -> Iterator[Finding]:
    """Yield the problems of the built files, after which a second build must give the same."""
    request.progress("checking the metadata, the README and the contents")
    yield from build_rules.name_findings(project.name, built)
    yield from build_rules.version_findings(built, options.version)
    yield from build_rules.metadata_findings(built)
    yield from build_rules.missing_file_findings(_missing_files(built))
    for check in failed_checks(built):
        request.progress(f"{check.tool}:\n{check.output}")
        yield build_rules.check_finding(check)
    request.progress("building a second time, in another folder, with other file times and another umask")
    second = compare_with_second_build(request.root, built, options, only_contents=_compares_contents(project))
    yield from build_rules.reproducibility_findings(second)


def _compares_contents(project: Project) -> bool:
    return project.pyproject.settings.build.reproducible == "contents"


def _missing_files(built: Distributions) -> MissingFiles:
    content = {name: member[0] for name, member in read_members(built.wheel).items()}
    return missing_files(content, tracked_files(built.source))


def _collect(
    request: BuildRequest, project: Project, built: Distributions, version: str, folder: Path
) -> tuple[ReleaseFile, ...]:
    """Move the wheel and the sdist into a folder, write the SBOM there, and return the three files."""
    request.progress("writing the SBOM")
    sbom = folder / f"{canonicalize_name(project.name).replace('-', '_')}-{version}.cdx.json"
    request.write_sbom(request.root, version, sbom)
    wheel, sdist = (Path(shutil.move(file, folder)) for file in (built.wheel, built.sdist))
    return describe_file(wheel, "wheel"), describe_file(sdist, "sdist"), describe_file(sbom, "sbom")


@contextmanager
def _new_folder(root: Path) -> Iterator[Path]:
    """Yield an empty folder beside those of the indexes, and remove it in the end if it still exists.

    Git ignores them all, so that the files of a release do not make the work tree unclean.
    """
    above = root / FOLDER
    above.mkdir(exist_ok=True)
    if not (above / ".gitignore").exists():
        (above / ".gitignore").write_text("*\n", encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix=".build-", dir=above) as folder:
        (new := Path(folder, "new")).mkdir()
        yield new


def _replace_folder(old: Path, new: Path) -> None:
    """Move a folder to the place of an older one, which is removed with the folder around `new`."""
    if old.exists():
        old.rename(new.with_name("old"))
    new.rename(old)
