"""What passes at home is told from what passes in CI, before the push, and the message names the cause."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from evenfall.project.interpreters import find_interpreter
from tests.made_project import Made, copy, on_one_python
from tests.terminal import in_terminal
from tests.torture.cases import CASES, OTHER

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are those of a Linux"),
    on_one_python,
]


@pytest.mark.parametrize("name", CASES)
def test_what_passes_with_plain_nox_is_told_by_the_mirror(template: Made, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    if name == "interpreter" and find_interpreter(OTHER) is None:
        pytest.skip(f"there is no Python {OTHER} on this machine")
    project = case.make(copy(template, tmp_path / "lantern"))
    own = case.own(project)

    case.plainly(project)
    nox = case.typed(sys.executable, "-m", "nox", "-s", *case.sessions)
    if case.terminal:
        code, printed = in_terminal(project, *nox, env=own)
    else:
        done = project.run(*nox, env=own)
        code, printed = done.returncode, done.stdout + done.stderr
    assert code == 0, printed
    project.git("update-index", "-q", "--refresh")  # else it may write anew what was only given another mode
    project.git("checkout", "--", ".")

    typed = case.typed(sys.executable, "-m", "evenfall", "run", *case.arguments, *case.sessions)
    mirrored = project.run(*typed, env=own)
    said = mirrored.stdout + mirrored.stderr
    assert mirrored.returncode == case.result, said
    assert bool(re.search(case.says, said)) != bool(case.missed), said
    assert mirrored.returncode == 0 or re.search(case.fails, said), said


def test_a_failure_of_the_projects_own_is_blamed_on_nothing_that_merely_lies_there(
    template: Made, tmp_path: Path
) -> None:
    """All of it is there, and what fails speaks of none of it."""
    project = CASES["dotenv"].make(copy(template, tmp_path / "lantern"))
    project.write("notes.txt", "")
    (project.root / "logs").mkdir()
    (project.root / "wax.txt").symlink_to(tmp_path)
    project.write("check.py", "raise SystemExit(\"the lamp is 'out'\")\n")
    said = project.evenfall("run", "check", env=CASES["dotenv"].own(project)).stderr
    notes = [line.strip() for line in said.partition("failed check in")[2].splitlines()[1:] if line.startswith("  ")]
    assert [note.startswith("a runner has no terminal") for note in notes[:-1]] == [True], said
