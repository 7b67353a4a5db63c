from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.generate.declared import every_option, standard
from tests.made_project import Made

GOLDEN = Path(__file__).with_name("golden")
ACTION = ".github/actions/nox/action.yml"
CI = ".github/workflows/ci.yml"
CD = ".github/workflows/cd.yml"
SECURITY = ".github/workflows/security.yml"


@pytest.mark.parametrize(
    ("make", "paths"),
    [(standard, (ACTION, CI, SECURITY)), (every_option, (ACTION, CI, CD))],
    ids=["standard", "every_option"],
)
def test_generated_files_read_as_agreed(
    make: Callable[[Made, Path], Made],
    paths: tuple[str, ...],
    request: pytest.FixtureRequest,
    template: Made,
    tmp_path: Path,
) -> None:
    """After a change that is meant: UPDATE_GOLDEN=1 pytest tests/generate/test_golden.py, and read the difference."""
    made = make(template, tmp_path / "lantern")
    done = made.evenfall("generate")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == "".join(f"wrote {path}\n" for path in paths)
    for path in paths:
        kept = GOLDEN / request.node.callspec.id / Path(path).name
        if os.environ.get("UPDATE_GOLDEN"):
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(made.read(path), encoding="utf-8", newline="\n")
        assert made.read(path) == kept.read_text(encoding="utf-8")
