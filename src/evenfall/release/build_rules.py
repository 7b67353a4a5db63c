"""The rules for the files of a release: what is wrong with the source and the built files, as findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from evenfall.findings import Finding, Location, Severity
from evenfall.project.pyproject import NAME, read_pyproject
from evenfall.release.archives import metadata_problems, metadata_value
from evenfall.release.distributions import Distributions, FailedCheck, Reproducibility
from evenfall.release.manifest import ReleaseFile
from evenfall.release.package_build import BuildError
from evenfall.release.wheel_contents import MissingFiles
from evenfall.text import and_more, one_line

SIZE_LIMIT = 100 * 1024 * 1024
"""PyPI's limit for a file, in bytes, unless it granted the project more: https://docs.pypi.org/project-management/storage-limits/"""
_MAX_OUTPUT = 600
"""The number of characters that a reason repeats from the output of a program."""


_EMPTY_LIST = re.compile(r"^\S.*:\n+(?!\s)", re.MULTILINE)
"""A heading without indented lines below it, as check-sdist prints it if nothing is only in git, or only in the sdist."""

_NARRATION = re.compile(r"(Building|Successfully built) ")
"""What `uv build` prints itself before an error."""


def _finding(code: str, path: str, reason: str, fix: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(code=code, severity=severity, location=Location(path=path), reason=reason, fix=fix)


def source_findings(changed: Iterable[str], submodules: Iterable[str]) -> Iterator[Finding]:
    """Yield the tracked files that differ from the commit, and the submodules, which are not built."""
    if names := tuple(changed):
        reason = f"the manifest names a commit, but these files differ from it: {and_more(names)}"
        yield _finding("release-uncommitted", names[0], reason, "git commit, or git stash")
    if names := tuple(submodules):
        reason = f"submodules are not built: {and_more(names)}"
        yield _finding("release-submodule", names[0], reason, "track the files that the build needs", Severity.WARNING)


def build_finding(error: BuildError) -> Finding:
    """Return a failed build as a finding that names what could not be built: `release-build-sdist` or `release-build-wheel`."""
    return Finding(
        code=f"release-build-{error.kind}",
        location=Location(path=NAME, key="build-system"),
        reason=f"{error.problem}: {_cause(error.output)}",
        fix="uv build",
    )


def _cause(output: str) -> str:
    """Return the last line of the build backend, which is the error of a traceback, or else the error of uv."""
    before, _, error = output.partition("\nerror: ")
    lines = [line for line in before.splitlines() if line.strip() and not _NARRATION.match(line)]
    return one_line(lines[-1] if lines else error or output)[:_MAX_OUTPUT]


def name_findings(project: str, built: Distributions) -> Iterator[Finding]:
    """Yield the file names that are not normalized. `uv publish` skips such a file, and succeeds.

    https://packaging.python.org/en/latest/specifications/binary-distribution-format/#escaping-and-unicode
    https://packaging.python.org/en/latest/specifications/source-distribution-format/#source-distribution-file-name
    """
    start = f"{canonicalize_name(project).replace('-', '_')}-{_normalized(version_of(built.wheel))}"
    for file, is_normalized in (
        (built.wheel, built.wheel.name.startswith(f"{start}-")),
        (built.sdist, built.sdist.name == f"{start}.tar.gz"),
    ):
        if not is_normalized:
            reason = f"the name is not normalized: it must start with {start}"
            yield _finding("release-file-name", file.name, reason, "update the build backend in build-system.requires")


def version_findings(built: Distributions, version: str) -> Iterator[Finding]:
    """Yield the files with another version than `version`, by default that of `pyproject.toml`, and one that no index takes."""
    expected = version or read_pyproject(built.source / NAME).version or version_of(built.wheel)
    for file in built.files:
        if _normalized(actual := version_of(file)) != _normalized(expected):
            reason = f"its metadata has the version {actual!r}, but {expected} is built"
            yield _finding("release-built-version", file.name, reason, "correct how the build backend gets the version")
    if "+" in (actual := version_of(built.wheel)):
        reason = (
            f"{actual} has a local part, which no public index takes; a version from a tag has one if HEAD has no tag"
        )
        yield _finding("release-local-version", built.wheel.name, reason, "evenfall release version")


def version_of(file: Path) -> str:
    """Return the version in the metadata of a wheel or an sdist, normalized if it is valid; empty if there is none."""
    return _normalized(metadata_value(file, "version"))


def _normalized(version: str) -> str:
    try:
        return str(Version(version))
    except InvalidVersion:
        return version


def metadata_findings(built: Distributions) -> Iterator[Finding]:
    """Yield the violations of the specification of core metadata."""
    for file in built.files:
        for problem in metadata_problems([file]):
            reason = problem.removeprefix(f"{file.name}: ")
            yield _finding("release-metadata", file.name, reason, f"correct [project] in {NAME}")


def missing_file_findings(missing: MissingFiles) -> Iterator[Finding]:
    """Yield the tracked files that the wheel lacks: an error if the code of the wheel needs them, else a warning."""
    fix = "configure the build backend to include it"
    for path, user in missing.imported.items():
        reason = f"the wheel does not have this file, but {user} in it imports it"
        yield _finding("release-missing-file", path, reason, fix)
    for path in missing.typing_markers:
        reason = "the wheel does not have this file, so type checkers ignore the types of the package (PEP 561)"
        yield _finding("release-missing-file", path, reason, fix)
    if missing.others:
        reason = f"the wheel does not have these modules of its packages: {and_more(missing.others)}"
        fix = "configure the build backend to include them, unless they are left out on purpose"
        yield _finding("release-missing-file", missing.others[0], reason, fix, Severity.WARNING)


def lfs_findings(pointers: Sequence[str]) -> Iterator[Finding]:
    """Yield the files of the wheel that Git LFS has not downloaded."""
    if pointers:
        reason = f"the wheel has pointers of Git LFS instead of the files: {and_more(pointers)}"
        yield _finding("release-lfs", pointers[0], reason, "git lfs pull")


_CHECKS = {
    "twine check": ("release-readme", Severity.ERROR, "correct the README that project.readme names"),
    "check-wheel-contents": ("release-wheel", Severity.WARNING, "correct what the build backend adds to the wheel"),
    "check-sdist": (
        "release-sdist",
        Severity.WARNING,
        "include the files in the sdist, or list them in [tool.check-sdist]",
    ),
}
"""The code, the severity and the fix of what each program finds. Only the index enforces something, and only for the README."""


def check_finding(check: FailedCheck) -> Finding:
    """Return what a program found. The session `build` fails for each, but a release only if the index would reject it or show it wrong."""
    code, severity, fix = _CHECKS[check.tool]
    output = _EMPTY_LIST.sub("", f"{check.output}\n")
    return _finding(code, NAME, f"{check.tool}: {one_line(output[:_MAX_OUTPUT])}", fix, severity)


def reproducibility_findings(second: Reproducibility) -> Iterator[Finding]:
    """Yield the files that a second build made differently, each with the differences."""
    fix = "remove what depends on the time, the folder or the umask from the build"
    if second.same_contents:
        fix = f'write [tool.evenfall.build] reproducible = "contents" in {NAME}, because the contents are the same'
    for name, differences in second.differences.items():
        if differences:
            yield _finding("release-not-reproducible", name, f"a second build differs: {and_more(differences, 3)}", fix)


def size_findings(files: Iterable[ReleaseFile]) -> Iterator[Finding]:
    """Yield the files that are larger than the index allows by default."""
    for file in files:
        if file.size > SIZE_LIMIT:
            reason = (
                f"{file.size / 1024**2:.0f} MB; PyPI takes files of up to 100 MB, unless it granted the project more"
            )
            fix = "make it smaller, or ask for a higher limit: https://docs.pypi.org/project-management/storage-limits/"
            yield _finding("release-file-size", file.name, reason, fix, Severity.WARNING)
