"""What passes at home is told from what passes in CI, before the push, and the message names the cause."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from evenfall.project.interpreters import find_interpreter
from tests.made import Made, copy, on_one_python
from tests.terminal import in_terminal
from tests.torture.cases import CASES, NEVER, OTHER

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the rooms are those of a Linux"),
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
    nox = (sys.executable, "-m", "nox", "-s", *case.sessions)
    if case.terminal:
        code, printed = in_terminal(project, *nox, env=own)
    else:
        done = project.run(*nox, env=own)
        code, printed = done.returncode, done.stdout + done.stderr
    assert code == 0, printed
    project.git("checkout", "--", ".")

    mirrored = project.evenfall("run", *case.arguments, *case.sessions, env=own)
    said = mirrored.stdout + mirrored.stderr
    assert mirrored.returncode == case.verdict, said
    assert re.search(case.says, said), said
    assert case.fails == NEVER or re.search(case.fails, said), said
