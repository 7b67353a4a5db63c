"""The data file of the published image can be read, and a variable names a place only where it is of use."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from evenfall.run.runner_image import ToolVariable, runner_image

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="evenfall run is not available on Windows")


def test_the_image_has_a_runners_path_and_programs() -> None:
    image = runner_image()
    assert image.path_folders("/home/runner")[1] == "/home/runner/.local/bin"
    assert {"gh", "docker", "node", "make", "gcc", "sudo"} <= image.programs
    assert image.variables["ImageVersion"] == image.version


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """The prefix of a tool `lamp`, whose program is linked in the folder `path`."""
    program = tmp_path / "lamp-1/bin/lamp"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "path").mkdir()
    (tmp_path / "path/lamp").symlink_to(program)
    return tmp_path / "lamp-1"


@pytest.mark.parametrize("is_prefix", [True, False])
def test_a_variable_names_the_place_of_a_tool_on_this_machine(prefix: Path, is_prefix: bool) -> None:
    path = str(prefix.parent / "path")
    tool = ToolVariable(value="/opt/lamp", program="lamp", is_prefix=is_prefix)
    assert tool.value_here(path) == (str(prefix) if is_prefix else None)
    assert tool.value_here("/nowhere") == "/opt/lamp", "as on a runner, if this machine does not have the tool"
    assert msgspec.structs.replace(tool, value=str(prefix.parent)).value_here(path) == str(prefix.parent)


def test_a_variable_that_can_name_no_place_is_left_out() -> None:
    image = msgspec.structs.replace(
        runner_image(), tool_variables={"SH": ToolVariable(value="/opt/sh", program="env", is_prefix=True)}
    )
    assert "SH" not in image.variables_of("/home/runner", "/usr/bin")
    assert image.variables_of("/home/runner", "/nowhere")["SH"] == "/opt/sh"
