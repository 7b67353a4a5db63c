"""GitHub's published runner image: its variables, its PATH and its programs, from a data file that names its sources."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec


class ToolVariable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable with the place of a tool, and the tool's program."""

    value: str
    program: str


class RunnerImage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The facts of an image. `$HOME` in a folder or a value is the job's HOME."""

    image: str
    version: str
    system: str
    libc: str
    cpus: int
    path: tuple[str, ...]
    programs: frozenset[str]
    limits: Mapping[str, int]
    variables: Mapping[str, str]
    tool_variables: Mapping[str, ToolVariable]

    def path_folders(self, home: str) -> list[str]:
        """Return the folders of PATH."""
        return [folder.replace("$HOME", home) for folder in self.path]

    def variables_of(self, home: str, search_path: str) -> dict[str, str]:
        """Return the variables of a job.

        A variable that names the place of a tool is left out if that place does not exist here but `search_path` has the program.
        """
        tools = {
            name: tool.value
            for name, tool in self.tool_variables.items()
            if Path(tool.value).exists() or shutil.which(tool.program, path=search_path) is None
        }
        return {name: value.replace("$HOME", home) for name, value in {**self.variables, **tools}.items()}


@cache
def runner_image() -> RunnerImage:
    """Return the image of `ubuntu-latest`."""
    text = files(__package__).joinpath("runner_image.toml").read_bytes()
    return msgspec.toml.decode(text, type=RunnerImage)
