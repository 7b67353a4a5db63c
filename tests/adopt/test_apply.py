from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenfall.adopt.adoption import AdoptionPlan, FileChange
from evenfall.adopt.apply import apply_plan
from evenfall.errors import EvenfallError, Exit
from tests.sample_project import SampleProject

HOOK = FileChange(path=".git/hooks/pre-push", old=None, new="#!/bin/sh\n")
PLAN = AdoptionPlan(
    changes=(FileChange(path="a", old="one\n", new="two\n"), FileChange(path="b", old=None, new="b\n")), hook=HOOK
)


def test_the_files_and_an_executable_hook_are_written_in_a_new_repository(tmp_path: Path) -> None:
    made = SampleProject(tmp_path)
    made.write("a", "one\n")
    apply_plan(tmp_path, PLAN)
    assert (made.read("a"), made.read("b")) == ("two\n", "b\n")
    assert os.access(tmp_path / HOOK.path, os.X_OK)
    assert made.git("status", "--porcelain").split() == ["??", "a", "??", "b"]


@pytest.mark.parametrize("path", ["a", "b", HOOK.path])
def test_nothing_is_written_if_a_file_changed_since_the_plan_was_made(tmp_path: Path, path: str) -> None:
    made = SampleProject(tmp_path)
    made.write("a", "one\n")
    made.write(path, "edited\n")
    with pytest.raises(EvenfallError, match="changed since the plan was made; nothing was written") as caught:
        apply_plan(tmp_path, PLAN)
    assert (caught.value.message.partition(":")[0], caught.value.hint) == (path, "evenfall init")
    assert made.read(path) == "edited\n"
    assert made.read("a") in {"one\n", "edited\n"}


def test_nothing_is_written_if_the_hook_can_not_be(tmp_path: Path) -> None:
    made = SampleProject(tmp_path)
    made.write("a", "one\n")
    made.write(".git/hooks", "a file, not a folder\n")
    with pytest.raises(EvenfallError, match="can't be written") as caught:
        apply_plan(tmp_path, PLAN)
    assert caught.value.exit_code is Exit.USAGE
    assert (made.read("a"), (tmp_path / "b").exists()) == ("one\n", False)
