"""The sessions of a release: version, build, installation test, publication and verification. They make the workflow `cd`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any

import nox

from evenfall.errors import EvenfallError
from evenfall.pipeline.declare import declared_project, session
from evenfall.pipeline.matrix import systems_of_tests
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.noxfile_error import exit_on_error
from evenfall.project.pyproject import NAME, NO_PACKAGE
from evenfall.release.manifest import FOLDER
from evenfall.sessions.run_command import run_evenfall

WORKFLOW = "cd"

_AUTHENTICATION = (
    "Authentication fails",
    "Check that the secret with the API token exists, that the token has the scope of this project, and that it is valid on this index. "
    "Then use *Re-run failed jobs*.",
    ("gh secret list",),
)
_INVALID_PUBLISHER = (
    "The index answers `invalid-publisher`",
    "The trusted publisher on the index differs from the workflow. Compare owner, repository, workflow and environment with those in "
    "`docs/RELEASING.md`, then use *Re-run failed jobs*.",
    (),
)
_VERSION_EXISTS = (
    "The version is on the index already",
    "An index never takes other bytes under the name of a file that it has or had, and a deleted version does not free its names: a "
    "version can only be yanked. Release the next version.",
    ("uv version --bump patch",),
)
_NOT_OFFERED = (
    "The index does not offer the files yet",
    "Look at the status page of the index, then use *Re-run failed jobs*.",
    (),
)
TROUBLESHOOTING: Mapping[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "release-version": (
        (
            "Tag and version differ",
            "The tag is `v` and the version, without any change. Remove the tag, correct the version, and tag again.",
            ("evenfall release version", 'git tag -d "v$VERSION"', 'git push origin --delete "v$VERSION"'),
        ),
        (
            "The tag is burned: an immutable release has used it",
            "GitHub never accepts such a tag again, even if the release is deleted. Release the next version.",
            ("uv version --bump patch",),
        ),
        _VERSION_EXISTS,
    ),
    "release-build": (
        (
            "The metadata, the README or an archive is not valid",
            "Nothing was uploaded. Correct the problem, which the command shows here too, and release again.",
            ("evenfall release build",),
        ),
    ),
    "release-install": (
        (
            "One system fails to install",
            "The name of the job has its Python and its system. Look for a path or a dependency that only the other systems have. "
            "Nothing was uploaded.",
            ("evenfall release build", "evenfall release install"),
        ),
    ),
    "publish-pypi": (_AUTHENTICATION, _INVALID_PUBLISHER, _VERSION_EXISTS),
    "verify-pypi": (
        _NOT_OFFERED,
        (
            "The version is published but can't be installed",
            "Yank it on the index, which hides it from new installations. Do not delete it. Correct the problem, and release the next "
            "version.",
            ("evenfall release verify --index=pypi",),
        ),
    ),
    "publish-release": (
        (
            "The GitHub release is not published",
            "The index offers the version already. Use *Re-run failed jobs*.",
            (),
        ),
    ),
    "publish-testpypi": (_AUTHENTICATION, _INVALID_PUBLISHER),
    "verify-testpypi": (_NOT_OFFERED,),
}
"""What can go wrong in each session. `docs/RELEASING.md` has more."""


@exit_on_error
def release_sessions() -> None:
    """Declare the sessions of a release, in the workflow `cd`.

    A published GitHub release starts the publication to PyPI, or a pushed tag if `[tool.evenfall.release]` has `trigger = "tag"`. A
    manual run publishes to TestPyPI. Raises `EvenfallError` (usage) if the project is not a package.
    """
    project = declared_project()
    if not project.name:
        raise EvenfallError(
            f"{NOXFILE}: release_sessions(): the root of the workspace is not a package, and a release of its members is not supported",
            hint="remove release_sessions(); in the folder of a member, evenfall release build makes its files",
        )
    if not project.pyproject.is_package:
        raise EvenfallError(f"{NOXFILE}: release_sessions(): {NO_PACKAGE}", hint=f"add a [build-system] to {NAME}")
    settings = project.pyproject.settings
    one: dict[str, Any] = {"python": project.python_for(()), "network": True}
    every: dict[str, Any] = {"python": project.pythons, "network": True, "systems": systems_of_tests(project)}
    # GitHub answers few requests without a token, and none about a private repository.
    asks_github = one | {"history": True, "secrets": "GITHUB_TOKEN"}
    _declare(release_version, **asks_github)
    _declare(release_build, requires=("release-version",), artifacts=(f"{FOLDER}/",), timeout=20, **asks_github)
    _declare(release_install, requires=("release-build",), timeout=20, **every)
    # Attestations and trusted publishing need an OIDC token. An index without trusted publishing needs the API token.
    publish = one | {
        "requires": ("release-build", "release-install"),
        "permissions": {"id-token": "write"},
        "side_effects": True,
    }
    verify = one | {"timeout": 45}  # an index may need 30 minutes to offer the files
    started = {"events": "push" if settings.release.trigger == "tag" else "release"}
    _declare(publish_pypi, environment="pypi", secrets="PYPI_API_TOKEN", **publish, **started)
    _declare(verify_pypi, requires=("release-build", "publish-pypi"), **verify, **started)
    if settings.release.trigger == "tag":
        more = one | {"permissions": {"contents": "write"}, "secrets": "GITHUB_TOKEN", "side_effects": True}
        _declare(publish_release, requires=("release-build", "verify-pypi"), **more, **started)
    manually = {"events": "workflow_dispatch"}
    _declare(publish_testpypi, environment="testpypi", secrets="TEST_PYPI_API_TOKEN", **publish, **manually)
    _declare(verify_testpypi, requires=("release-build", "publish-testpypi"), **verify, **manually)


def _declare(function: Callable[[nox.Session], None], **arguments: Any) -> None:
    name = function.__name__.replace("_", "-")
    session(name=name, workflow=WORKFLOW, troubleshooting=TROUBLESHOOTING[name], **arguments)(function)


def release_version(session: nox.Session) -> None:
    """Check that the version can be released.

    Options of `evenfall release version` go after --.
    """
    run_evenfall(session, "release version")


def release_build(session: nox.Session) -> None:
    """Build the wheel, the sdist, the SBOM and the manifest.

    Options of `evenfall release build` go after --.
    """
    run_evenfall(session, "release build")


def release_install(session: nox.Session) -> None:
    """Install the built files and use them.

    Options of `evenfall release install` go after --.
    """
    run_evenfall(session, "release install", f"--python={shutil.which('python', path=session.bin)}")


def publish_pypi(session: nox.Session) -> None:
    """Upload the built files to PyPI.

    Options of `evenfall release publish` go after --.
    """
    _run_on_github(session, "release publish", "--index=pypi")


def verify_pypi(session: nox.Session) -> None:
    """Wait for PyPI to offer the files, then install them from there.

    Options of `evenfall release verify` go after --.
    """
    run_evenfall(session, "release verify", "--index=pypi")


def publish_release(session: nox.Session) -> None:
    """Publish the GitHub release with the built files.

    Options of `evenfall release draft` go after --.
    """
    _run_on_github(session, "release draft", "--publish")


def publish_testpypi(session: nox.Session) -> None:
    """Upload the built files to TestPyPI.

    Options of `evenfall release publish` go after --.
    """
    _run_on_github(session, "release publish", "--index=testpypi")


def verify_testpypi(session: nox.Session) -> None:
    """Wait for TestPyPI to offer the files, then install them from there.

    Options of `evenfall release verify` go after --.
    """
    run_evenfall(session, "release verify", "--index=testpypi")


def _run_on_github(session: nox.Session, command: str, option: str) -> None:
    """Run a command that publishes. Elsewhere, `nox -t cd` would publish to both indexes with the tokens of the environment.

    Raises `EvenfallError` outside of GitHub Actions.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        raise EvenfallError(f"{session.name}: runs only in GitHub Actions", hint=f"evenfall {command} {option}")
    run_evenfall(session, command, option)
