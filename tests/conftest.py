from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from uv import find_uv_bin

from tests.made_project import Made, copy, make, regenerated

ROOT = Path(__file__).parents[1]

ADOPTED = (
    ".github/workflows/ci.yml",
    ".github/workflows/security.yml",
    ".github/actions/nox/action.yml",
    "noxfile.py",
    "noxfile.py.lock",
    "coverage_target.txt",
    ".pre-commit-config.yaml",
)
"""The files that adoption writes."""

HEADER = """\
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox==2026.10.20", "evenfall[sessions] @ {wheel}"]
# ///
"""

settings.register_profile("evenfall", deadline=None)  # the time for an example depends on the machine
settings.load_profile("evenfall")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Let the tests and the programs that they start react to SIGINT, which a shell ignores in a background process."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A project that tests copy and do not change."""
    return make(tmp_path_factory.mktemp("template") / "lantern")


@pytest.fixture
def project(template: Made, tmp_path: Path) -> Made:
    """A small project with current generated files, committed."""
    return copy(template, tmp_path / "lantern")


@pytest.fixture
def bare(project: Made) -> Made:
    """A uv project without Evenfall, committed."""
    for path in ADOPTED:
        (project.root / path).unlink()
    project.replace("pyproject.toml", '\n[tool.evenfall]\nsystems = ["ubuntu-latest"]\n', "")
    project.write(".gitignore", "__pycache__/\n.venv/\n.*_cache/\n")
    project.commit("without Evenfall")
    return project


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this repository, as an index would provide it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def adopted_template(template: Made, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A project whose noxfile installs Evenfall, from a wheel of this repository."""
    made = copy(template, tmp_path_factory.mktemp("adopted") / "lantern")
    code = made.read("noxfile.py").rpartition("# ///\n")[2]
    made.write("noxfile.py", HEADER.format(wheel=wheel.as_uri()) + code)
    done = made.uv("lock", "--quiet", "--script", "noxfile.py")
    assert done.returncode == 0, done.stderr
    regenerated(made)
    return made


@pytest.fixture
def adopted(adopted_template: Made, tmp_path: Path) -> Made:
    """A copy of that project."""
    return copy(adopted_template, tmp_path / "lantern")
