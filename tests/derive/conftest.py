from __future__ import annotations

from pathlib import Path

import pytest

from tests.made import Made, copy

ROOT = Path(__file__).parents[2]

HEADER = """\
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox==2026.10.20", "evenfall[sessions]"]
#
# [tool.uv.sources]
# evenfall = {{ path = "{wheel}" }}
# ///
"""


@pytest.fixture(scope="session")
def adopted_template(template: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A project whose noxfile really brings Evenfall: a wheel of this very repository."""
    folder = tmp_path_factory.mktemp("adopted")
    done = Made(ROOT).uv("build", "--quiet", "--wheel", "--out-dir", str(folder / "dist"), str(ROOT))
    assert done.returncode == 0, done.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    made = copy(template, folder / "lantern")
    code = made.read("noxfile.py").rpartition("# ///\n")[2]
    made.write("noxfile.py", HEADER.format(wheel=wheel.as_posix()) + code)
    done = made.uv("lock", "--quiet", "--script", "noxfile.py")
    assert done.returncode == 0, done.stderr
    rederived(made)
    return made


def rederived(made: Made, message: str = "a change") -> None:
    """Derive and commit, as a user does after a change."""
    done = made.evenfall("derive")
    assert done.returncode == 0, done.stderr
    made.commit(message)


@pytest.fixture
def adopted(adopted_template: Made, tmp_path: Path) -> Made:
    """A copy of it."""
    return copy(adopted_template, tmp_path / "lantern")
