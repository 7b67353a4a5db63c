"""What a failed job leaves for those who look for its cause."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from evenfall.git.excluded_paths import ExcludedPath
from evenfall.git.repository import Repository

NAME_MAX = 256
"""Bytes; Linux refuses to look for a longer name."""

MANY = 500
"""Paths; an output that quotes more is not about one of them."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a job printed, and what may explain it: the repository, what lies there but not in the sandbox, the user's variables.

    `checkout` is the sandbox's, and `taken` are the artifacts that lie there.
    """

    text: str
    repository: Repository
    checkout: Path
    absent: tuple[ExcludedPath, ...]
    taken: tuple[str, ...]
    environ: Mapping[str, str]

    @property
    def home(self) -> Path:
        """The user's HOME."""
        return Path(self.environ.get("HOME") or os.sep)

    @cached_property
    def local(self) -> tuple[str, ...]:
        """What is printed in quotes and may be a path, relative to the checkout."""
        quoted = re.findall(r"""['"]([^'"\n\0]{1,255})['"]""", self.text)
        local = dict.fromkeys(each.removeprefix(f"{self.checkout}{os.sep}") for each in quoted)
        found = [path for path in local if not Path(path).is_absolute() and ".." not in Path(path).parts]
        return tuple(path for path in found[:MANY] if len(os.fsencode(path)) < NAME_MAX)

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """What could not be imported, by its first name."""
        return tuple(dict.fromkeys(re.findall(r"No module named '(\w+)", self.text)))
