"""What a job could use of this machine, and a runner does not have, is detected and named, with namespaces and without."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from evenfall.run.isolation import Isolation
from tests.run.contexts import KINDS
from tests.sample_project import SampleProject, copy
from tests.torture.machine import DIFFERENCES, FOLDERS, groups, measure, write_checks

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux"),
    pytest.mark.skipif(not all(os.access(folder, os.W_OK) for folder in FOLDERS), reason="only root can plant all"),
    pytest.mark.integration,
]


@pytest.mark.parametrize("kind", [kind for kind in Isolation if kind in KINDS - {Isolation.NONE}])
def test_a_difference_of_the_machine_is_detected_and_named(
    template: SampleProject, tmp_path: Path, kind: Isolation
) -> None:
    project = copy(template, tmp_path / "lantern")
    write_checks(project)
    # The causes of `origin` and `event` are searched for in the same way as those of `machine`, which takes long.
    found = measure(project, kind, *(group for group in groups() if group not in {"event", "origin"}))
    undetected = {name for name in found if DIFFERENCES[name].visible and kind is Isolation.LANDLOCK}
    assert {name for name, (is_detected, _) in found.items() if not is_detected} == undetected
    assert {name for name, (_, is_named) in found.items() if not is_named} == undetected
