from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.generate.noxfiles import every_option, standard
from tests.sample_project import SampleProject

pytestmark = pytest.mark.integration

GOLDEN = Path(__file__).with_name("golden")
ACTION = ".github/actions/nox/action.yml"
CI = ".github/workflows/ci.yml"
CD = ".github/workflows/cd.yml"
SECURITY = ".github/workflows/security.yml"
RELEASING = "docs/RELEASING.md"


@pytest.mark.parametrize(
    ("make", "paths"),
    [(standard, (ACTION, CI, SECURITY)), (every_option, (ACTION, CI, CD, RELEASING))],
    ids=["standard", "every_option"],
)
def test_generated_files_equal_the_golden_files(
    make: Callable[[SampleProject, Path], SampleProject],
    paths: tuple[str, ...],
    request: pytest.FixtureRequest,
    template: SampleProject,
    tmp_path: Path,
) -> None:
    """After an intended change: UPDATE_GOLDEN=1 pytest tests/generate/test_golden.py, then read the difference."""
    made = make(template, tmp_path / "lantern")
    done = made.command("generate")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == "".join(f"wrote {path}\n" for path in paths)
    for path in paths:
        golden = GOLDEN / request.node.callspec.id / Path(path).name
        if os.environ.get("UPDATE_GOLDEN"):
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_text(made.read(path), encoding="utf-8", newline="\n")
        assert made.read(path) == golden.read_text(encoding="utf-8")
