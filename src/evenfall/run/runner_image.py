"""GitHub's published runner image: its variables, its PATH and its programs, from a data file that names its sources."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec


class ToolVariable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable with the place of a tool, and the tool's program. `is_prefix`: whether the program is `bin/PROGRAM` below the place."""

    value: str
    program: str
    is_prefix: bool = False

    def value_here(self, search_path: str) -> str | None:
        """Return the value on this machine: the runner's, unless only another place has the program; None if it can't name that place."""
        prefix = None if Path(self.value).exists() else _prefix_of(self.program, search_path)
        if prefix is None:
            return self.value
        return str(prefix) if self.is_prefix and prefix not in _SHARED_PREFIXES else None


_SHARED_PREFIXES = {Path("/"), Path("/usr"), Path("/usr/local")}


@cache
def _prefix_of(program: str, search_path: str) -> Path | None:
    """Return the folder above that of a program, which is the same for all jobs of a run; None without the program."""
    found = shutil.which(program, path=search_path)
    return Path(found).resolve().parent.parent if found else None


class RunnerImage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The facts of an image. `memory` is in GB. `$HOME` in a folder or a value is the job's HOME."""

    image: str
    version: str
    system: str
    kernel: str
    libc: str
    cpus: int
    memory: int
    path: tuple[str, ...]
    programs: frozenset[str]
    limits: Mapping[str, int]
    variables: Mapping[str, str]
    tool_variables: Mapping[str, ToolVariable]

    def path_folders(self, home: str) -> list[str]:
        """Return the folders of PATH."""
        return [folder.replace("$HOME", home) for folder in self.path]

    def variables_of(self, home: str, search_path: str) -> dict[str, str]:
        """Return the variables of a job, whose PATH is `search_path`."""
        variables = {name: value.replace("$HOME", home) for name, value in self.variables.items()}
        other = (
            "_X64" if platform.machine().lower() in {"aarch64", "arm64"} else "_ARM64"
        )  # the processor of another image
        tools = {
            name: tool.value_here(search_path) for name, tool in self.tool_variables.items() if not name.endswith(other)
        }
        return variables | {name: value for name, value in tools.items() if value is not None}


@cache
def runner_image() -> RunnerImage:
    """Return the image of `ubuntu-latest`."""
    text = files(__package__).joinpath("runner_image.toml").read_bytes()
    return msgspec.toml.decode(text, type=RunnerImage)
