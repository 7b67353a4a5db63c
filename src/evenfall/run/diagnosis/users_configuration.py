"""The user's own configuration whose lack a failed job reports: files in HOME, variables and settings of git."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evenfall.package_index.address import shown_address
from evenfall.run.diagnosis.evidence import Evidence
from evenfall.run.runner_environment import dropped_variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One kind of configuration. `message` is a pattern of what programs print without it.

    `files` are globs in HOME, `variables` is a pattern of whole names of variables, and `settings` one of settings of git.
    """

    what: str
    message: str
    files: tuple[str, ...] = ()
    variables: str = ""
    settings: str = ""


CONFIGURATIONS = (
    Configuration(
        what="configuration of indexes or credentials",
        message=(
            r"not found in the package registry|No solution found|not found in the cache|Failed to fetch|[Cc]ould not find a version"
            r"|No matching distribution|HTTP status client error \(40[13]"
        ),
        files=(
            ".config/uv/uv.toml",
            ".config/pip/pip.conf",
            ".pip/pip.conf",
            ".netrc",
            ".pypirc",
            ".config/uv/credentials",
        ),
        variables=r"(UV|PIP)_.*(INDEX|LINKS).*",
    ),
    Configuration(
        what="identity in git",
        message="tell me who you are|auto-detect email|empty ident name",
        variables="EMAIL|GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL)",
        settings=r"^user\.(name|email)$",
    ),
    Configuration(
        what="credentials for git",
        message=r"could not read (Username|Password)|terminal prompts disabled|Authentication failed|Permission denied \(publickey"
        "|Host key verification failed",
        files=(".git-credentials", ".config/git/credentials", ".netrc", ".ssh/id_*", ".ssh/config"),
        variables="SSH_AUTH_SOCK|GIT_ASKPASS|SSH_ASKPASS|GIT_SSH_COMMAND",
        settings=r"^credential\.|^url\..*\.insteadof$",
    ),
    Configuration(what="SSH agent", message="authentication agent|SSH_AUTH_SOCK", variables="SSH_AUTH_SOCK"),
    Configuration(what="aliases of git", message=r"git: '[\w-]+' is not a git command", settings=r"^alias\."),
    Configuration(
        what="keys of GPG",
        message="[Nn]o secret key|[Nn]o public key|gpg failed to sign",
        files=(".gnupg",),
        variables="GNUPGHOME",
    ),
    Configuration(what="libraries", message="cannot open shared object file", variables="LD_LIBRARY_PATH|LD_PRELOAD"),
    Configuration(
        what="headers and libraries",
        message=r"pkg-config search path|fatal error: \S+\.h: No such file|ld: cannot find -l",
        variables="PKG_CONFIG_PATH|CPATH|C_INCLUDE_PATH|CPLUS_INCLUDE_PATH|LIBRARY_PATH|CFLAGS|LDFLAGS",
    ),
    Configuration(
        what="display",
        message=r"no display name|\$DISPLAY|(open|connect to) (the )?(X server|display)|Missing X server",
        variables="DISPLAY|WAYLAND_DISPLAY|XAUTHORITY",
    ),
    Configuration(
        what="session of the desktop",
        message=r"DBUS_SESSION_BUS_ADDRESS|org\.freedesktop\.|No recommended backend was available|without \S*dbus",
        variables="DBUS_SESSION_BUS_ADDRESS",
    ),
)


def users_configuration(evidence: Evidence) -> Iterator[str]:
    """Yield the user's configuration whose lack the output reports."""
    for each in CONFIGURATIONS:
        if not re.search(each.message, evidence.text):
            continue
        own = [f"~/{path.relative_to(evidence.home)}" for glob in each.files for path in evidence.home.glob(glob)]
        own += [name for name in dropped_variables(evidence.environ) if re.fullmatch(each.variables, name)]
        if each.settings:
            own += [f"git's {shown_address(key)}" for key, _ in evidence.repository.settings(each.settings)]
        if own:
            yield f"{', '.join(dict.fromkeys(own))}: your own {each.what}, which CI does not have"
