"""The installation test: the built files in empty environments, used as their users will use them."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding
from evenfall.project import lockfile
from evenfall.project.lockfile import read_lockfile
from evenfall.project.project import Project
from evenfall.project.root import find_locked_root
from evenfall.project.tools import uv_program
from evenfall.release.environment import Environment, create_environment, is_for_other_platform
from evenfall.release.index import IndexUrls
from evenfall.release.install_report import InstalledFile, InstallReport, merge_reports
from evenfall.release.manifest import FOLDER, Manifest, ReleaseFile, read_manifest
from evenfall.release.use_environment import Subject, finding, last_error, use_environment
from evenfall.release.uv_files import credential_variables, requirement, uv_configuration
from evenfall.release.wheel_contents import importable_files
from evenfall.text import and_more, one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallRequest:
    """The folder of a release, the project that it was built from, and the interpreters to test it with."""

    folder: Path
    project: Project
    pythons: tuple[Path, ...]
    progress: Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementRequest:
    """A published version of a project, and the index that has it. Its dependencies come from other indexes.

    With `earlier`, that version is installed first, from its own index.
    """

    project: Project
    version: str
    earlier: tuple[str, IndexUrls] | None = None
    index: IndexUrls
    python: Path
    progress: Callable[[str], object]


def check_installation(request: InstallRequest) -> InstallReport:
    """Install the wheel and, separately, the sdist of a release into empty environments of each Python, and use them.

    Raises `EvenfallError` (usage) as `read_manifest` does, and if a setting is invalid.
    """
    manifest = read_manifest(request.folder)
    return _run(
        partial(_check_file, request, manifest, file, python)
        for python in request.pythons
        for file in manifest.distributions
    )


def check_requirement(request: RequirementRequest) -> InstallReport:
    """Install a published version from its index into an empty environment, or into one with an earlier version, and use it.

    Raises `EvenfallError` (usage) if a setting is invalid.
    """
    return _run([partial(_check_published, request)])


_Check = Callable[[Path], InstallReport]
"""A check in a new folder, which it makes."""


def _run(checks: Iterable[_Check]) -> InstallReport:
    """Run checks at the same time, and return their reports as one."""
    uv_program()  # it uses sysconfig, which two threads must not initialize at the same time
    pool = ThreadPoolExecutor(os.cpu_count())
    with tempfile.TemporaryDirectory(prefix="evenfall-", ignore_cleanup_errors=True) as folder:
        runs = [pool.submit(_conclude, check, Path(folder).resolve() / str(n)) for n, check in enumerate(checks)]
        try:
            return merge_reports([run.result() for run in runs])
        finally:
            pool.shutdown(cancel_futures=True)  # after an error or an interrupt the others do not start


def _conclude(check: _Check, folder: Path) -> InstallReport:
    """Run a check, and return what it could not find out as a part of the report."""
    try:
        return check(folder)
    except EvenfallError as error:
        if error.exit_code != Exit.UNKNOWN:
            raise
        return InstallReport(inconclusive=(str(error),))


def _check_file(
    request: InstallRequest, manifest: Manifest, file: ReleaseFile, python: Path, folder: Path
) -> InstallReport:
    path = f"{FOLDER}/{manifest.index}/{file.name}"
    hosts = _hosts(request.project)
    environment = create_environment(folder, python, uv_configuration(request.project))
    request.progress(f"{environment.label}: installing {file.name}")
    subject = Subject(project=request.project, version=manifest.version, file=path)
    wheel, message = _wheel(environment, request.folder / file.name)
    message = message or environment.install_project(
        request.project.name, requirement(request.project, manifest.version, wheel, hosts)
    )
    if file.kind == "wheel" and is_for_other_platform(wheel, message):
        return InstallReport(skipped=(f"{environment.label}: {file.name} is for another Python or system",))
    if message:
        return _not_installed(environment, subject, message, request.progress)
    report = _use(environment, subject, request.progress)
    if file.kind == "sdist":
        differences = _sdist_differences(request.folder, wheel, subject, environment)
        return replace(report, findings=(*report.findings, *differences))
    return report


def _wheel(environment: Environment, file: Path) -> tuple[Path, str]:
    """Return a wheel in the environment's folder, which is built if the file is an sdist, and uv's message if that fails."""
    if file.suffix == ".whl":
        return Path(shutil.copy(file, environment.folder)), ""
    return environment.build_wheel(file)


def _check_published(request: RequirementRequest, folder: Path) -> InstallReport:
    project, hosts = request.project, _hosts(request.project)
    environment = create_environment(folder, request.python, uv_configuration(project))
    subject = Subject(project=project, version=request.version, file=f"{project.name}=={request.version}")
    request.progress(f"{environment.label}: installing {subject.file} from {request.index.name}")
    if request.earlier:
        version, index = request.earlier
        if message := _install_published(environment, project, version, index):
            reason = f"{project.name} {version} can't be installed: {one_line(last_error(message))}"
            return InstallReport(skipped=(f"{environment.label}: {reason}",))
    if message := _install_published(environment, project, request.version, request.index, *hosts):
        return _not_installed(environment, subject, message, request.progress)
    return _use(environment, subject, request.progress)


def _install_published(environment: Environment, project: Project, version: str, index: IndexUrls, *hosts: str) -> str:
    """Install a version from an index, and return uv's message if that fails."""
    text = requirement(project, version, index, hosts)
    return environment.install_project(project.name, text, credential_variables(index.credentials))


def _use(environment: Environment, subject: Subject, progress: Callable[[str], object]) -> InstallReport:
    use = use_environment(environment, subject)
    for detail in use.details:
        progress(detail)
    installed = InstalledFile(file=subject.file, python=environment.label, use=use)
    return InstallReport(findings=use.findings, installed=(installed,), inconclusive=use.inconclusive)


def _not_installed(
    environment: Environment, subject: Subject, message: str, progress: Callable[[str], object]
) -> InstallReport:
    progress(f"{environment.label}: {subject.file}\n{message}")
    reason = f"it can't be installed: {last_error(message)}"
    return InstallReport(
        findings=(
            finding("release-install-failed", subject.file, environment.label, reason, _fix(subject.project, message)),
        )
    )


def _fix(project: Project, message: str) -> str:
    """Return what to change. The message can name a package that uv takes from a folder in the project, but from the index here."""
    local: tuple[str, ...] = ()
    with suppress(EvenfallError):  # without a readable lock the advice is only less exact
        local = read_lockfile(find_locked_root(project.root) / lockfile.NAME).local_names
    words = {*map(canonicalize_name, re.findall(r"[\w.-]*\w", message))}
    if named := [name for name in local if canonicalize_name(name) in words - {canonicalize_name(project.name)}]:
        return f"release {and_more(named)} first, because users install it from the index, not from a folder as uv.lock does"
    return "correct what uv reports"


def _sdist_differences(folder: Path, built: Path, subject: Subject, environment: Environment) -> Iterable[Finding]:
    """Compare the wheel that was built from the sdist with the one of the release, if they are for the same Pythons and systems."""
    if not (folder / built.name).is_file():
        return
    released, from_sdist = importable_files(folder / built.name), importable_files(built)
    if missing := sorted(released - from_sdist):
        reason = f"a wheel that is built from it lacks {and_more(missing)}, which {built.name} contains"
        fix = "include them in the sdist by the settings of the build backend"
        yield finding("release-sdist-differs", subject.file, environment.label, reason, fix)
    if more := sorted(from_sdist - released):
        reason = f"a wheel that is built from it contains {and_more(more)}, which {built.name} lacks"
        fix = "build the wheel from the sdist, as uv build does"
        yield finding("release-sdist-differs", subject.file, environment.label, reason, fix)


def _hosts(project: Project) -> tuple[str, ...]:
    """Return the requirements that the environment also gets. Raises `EvenfallError` (usage) if one is invalid."""
    hosts = project.pyproject.settings.release.install_with
    for text in hosts:
        try:
            Requirement(text)
        except InvalidRequirement as error:
            raise EvenfallError(
                f"pyproject.toml: tool.evenfall.release.install-with: {text!r}: {error}", hint="correct the requirement"
            ) from error
    return hosts
