"""`evenfall run` detects a difference from CI before the push, and its message names the cause."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from evenfall.project.interpreters import find_interpreter
from tests.sample_project import SampleProject, copy
from tests.terminal import in_terminal
from tests.torture.cases import CASES, OTHER

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux"),
    pytest.mark.integration,
]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.like not in CASES])
def test_a_session_that_passes_with_plain_nox_fails_with_the_cause(
    template: SampleProject, tmp_path: Path, name: str
) -> None:
    case = CASES[name]
    if name == "interpreter" and find_interpreter(OTHER) is None:
        pytest.skip(f"Python {OTHER} is not installed")
    project = case.make(copy(template, tmp_path / "lantern"))
    environ = case.variables(project)

    case.write_plain_noxfile(project)
    nox = case.in_shell(sys.executable, "-m", "nox", "-s", *case.sessions)
    quicker = {**environ, "NOX_DEFAULT_VENV_BACKEND": "uv"}  # than virtualenv
    if case.terminal:
        code, output = in_terminal(project, *nox, env=quicker)
    else:
        done = project.run(*nox, env=quicker)
        code, output = done.returncode, done.stdout + done.stderr
    assert code == 0, output
    # Without the refresh, git would rewrite files of which only the mode has changed.
    project.run("git", "update-index", "-q", "--refresh", env=environ)
    project.run("git", "checkout", "--", ".", env=environ)

    arguments = ("run", *case.arguments, *case.sessions)
    if case.shell:
        run = project.run(*case.in_shell(sys.executable, "-m", "evenfall", *arguments), env=environ)
    else:
        run = project.command(*arguments, env=environ)
    output = run.stdout + run.stderr
    assert run.returncode == case.exit_code, output
    assert bool(re.search(case.message, output)) != bool(case.undetected), output
    assert run.returncode == 0 or re.search(case.failure, output), output


def test_a_failure_without_such_a_cause_is_not_attributed_to_one(template: SampleProject, tmp_path: Path) -> None:
    """The project has several differences from CI, but the output of the failure names none of them."""
    project = CASES["dotenv"].make(copy(template, tmp_path / "lantern"))
    project.write("notes.txt", "")
    (project.root / "logs").mkdir()
    (project.root / "wax.txt").symlink_to(tmp_path)
    project.write("check.py", "raise SystemExit(\"the lamp is 'out'\")\n")
    done = project.command("run", "check", "--json", env=CASES["dotenv"].variables(project))
    (result,) = json.loads(done.stdout)["results"]
    assert (result["notes"], result["causes"]) == ([], []), done.stderr
    assert "check: it fails with them, too" in done.stderr
