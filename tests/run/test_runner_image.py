"""The data file of the published image can be read, and a variable names a place only where it is of use."""

from __future__ import annotations

from pathlib import Path

from evenfall.run.runner_image import ToolVariable, runner_image


def test_the_image_has_a_runners_path_and_programs() -> None:
    image = runner_image()
    assert image.path_folders("/home/runner")[1] == "/home/runner/.local/bin"
    assert {"gh", "docker", "node", "make", "gcc", "sudo"} <= image.programs
    assert image.variables["ImageVersion"] == image.version


def test_a_variable_that_names_the_place_of_a_tool_is_left_out_if_only_another_place_has_the_tool(
    tmp_path: Path,
) -> None:
    (tmp_path / "java").write_text("#!/bin/sh\n")
    (tmp_path / "java").chmod(0o755)
    found = runner_image().variables_of("/home/runner", str(tmp_path))
    assert ("JAVA_HOME" in found) is Path("/usr/lib/jvm/temurin-17-jdk-amd64").exists()
    assert found["CONDA"] == "/usr/share/miniconda"
    assert runner_image().tool_variables["JAVA_HOME"] == ToolVariable(
        value="/usr/lib/jvm/temurin-17-jdk-amd64", program="java"
    )
