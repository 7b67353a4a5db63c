"""Variables and options for git: no user configuration, no side effects in the user's repository, commits as Evenfall."""

from __future__ import annotations

import os

# With fixed dates, the same tree gives the same commit wherever and whenever it is made.
IDENTITY = {
    "GIT_AUTHOR_NAME": "evenfall",
    "GIT_AUTHOR_EMAIL": "evenfall@localhost",
    "GIT_AUTHOR_DATE": "2001-01-01T00:00:00+0000",
    "GIT_COMMITTER_NAME": "evenfall",
    "GIT_COMMITTER_EMAIL": "evenfall@localhost",
    "GIT_COMMITTER_DATE": "2001-01-01T00:00:00+0000",
}
"""Variables with which git commits as Evenfall."""

NO_CONFIGURATION = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.attributesFile",
    "GIT_CONFIG_VALUE_0": os.devnull,
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_DEFAULT_REF_FORMAT": "files",  # because Evenfall writes references as files, which saves processes
    "GIT_TERMINAL_PROMPT": "0",
}
"""Variables with which git ignores the configuration and attributes of this user and machine: line ends, filters, hooks, colors."""

NO_SIDE_EFFECTS = (
    *("-c", "core.splitIndex=false", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"),
    *("-c", f"core.hooksPath={os.devnull}"),
)
"""Options with which git writes no shared index beside the user's, and starts no daemon, no hook and no garbage collection."""
