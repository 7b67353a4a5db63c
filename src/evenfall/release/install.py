"""The installation test: the built files in empty environments, used as their users will use them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, has_errors
from evenfall.project.project import Project
from evenfall.project.settings import Release
from evenfall.release.index import IndexUrls


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallRequest:
    """The folder of a release, and the interpreters to test it with. `project` lets a reason name the dependency group of a package."""

    folder: Path
    pythons: tuple[Path, ...]
    settings: Release
    progress: Callable[[str], object]
    project: Project | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementRequest:
    """A published version and the index that has it. Its dependencies come from the default index.

    `credentials` are the user name and the password for `index`.
    """

    name: str
    version: str
    index: IndexUrls
    python: Path
    settings: Release
    progress: Callable[[str], object]
    project: Project | None = None
    credentials: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedEnvironment:
    """What was installed with which Python, and what was used there. `python` is such as `Python 3.12.1`."""

    python: str
    file: str
    modules: tuple[str, ...]
    scripts: tuple[str, ...]
    entry_points: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallReport:
    """The findings of the installation test, and the environments that were tested.

    `skipped` and `inconclusive` are sentences: what could not be tested on this machine, and what could not be found out.
    """

    findings: tuple[Finding, ...]
    environments: tuple[TestedEnvironment, ...]
    skipped: tuple[str, ...] = ()
    inconclusive: tuple[str, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command."""
        if has_errors(self.findings):
            return Exit.FINDINGS
        return Exit.UNKNOWN if self.inconclusive else Exit.FINE


def test_installation(request: InstallRequest) -> InstallReport:
    """Install the wheel and, separately, the sdist of a release into empty environments of each Python, and use them.

    Raises `EvenfallError` as `read_manifest` does.
    """
    raise EvenfallError(f"{request.folder}: not tested", exit_code=Exit.UNKNOWN)


def test_upgrade(request: InstallRequest, earlier: str) -> InstallReport:
    """Install an earlier version from the default index, then the wheel of the release over it, and use it."""
    raise EvenfallError(f"{request.folder}: not tested over {earlier}", exit_code=Exit.UNKNOWN)


def test_requirement(request: RequirementRequest) -> InstallReport:
    """Install a published version from its index into an empty environment, and use it."""
    raise EvenfallError(f"{request.name}=={request.version}: not tested", exit_code=Exit.UNKNOWN)
