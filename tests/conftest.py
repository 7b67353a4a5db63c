from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from importlib import import_module
from importlib.metadata import metadata
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from packaging.specifiers import SpecifierSet
from uv import find_uv_bin

from tests import sample_workspace
from tests.nox_server import MEASURE
from tests.sample_project import SampleProject, copy, make, regenerated
from tests.supply_chain.osv import Loopback, serving

ROOT = Path(__file__).parents[1]

ADOPTED = (
    ".github/workflows/ci.yml",
    ".github/workflows/security.yml",
    ".github/actions/nox/action.yml",
    "noxfile.py",
    "noxfile.py.lock",
    "coverage_target.txt",
)
"""The files that adoption writes."""

HEADER = """\
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox==2026.10.20", "evenfall[sessions] @ {wheel}"]
# ///
"""

# With it, every program that the tests start would compile its libraries again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Otherwise uv would start each shim of pyenv on PATH again whenever it looks for a Python.
_SCRIPTS, _PYTHON = os.path.dirname(sys.executable), os.path.dirname(os.path.realpath(sys.executable))
os.environ["PATH"] = os.pathsep.join([_SCRIPTS, _PYTHON, os.environ["PATH"]])

# Only jsonschema's check of addresses needs it. Importing it takes a third of the time for the imports of all tests.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
import_module("jsonschema")
del sys.modules["rfc3987_syntax"]

OLDEST_PYTHON = f"3.{sys.version_info.minor - 1}" not in SpecifierSet(metadata("evenfall")["Requires-Python"])

# The time for an example depends on the machine. A property that holds on one Python holds on the others.
settings.register_profile("evenfall", deadline=None, max_examples=50 if OLDEST_PYTHON else 15)
settings.load_profile("evenfall")

# There the programs that the tests start measure their coverage, which takes longer than most of them run.
if not OLDEST_PYTHON and "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop(MEASURE, None)


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than there are processors on the oldest Python, where many tests wait for other programs."""
    return (os.cpu_count() or 1) + OLDEST_PYTHON


def pytest_report_header() -> str:
    """Return the kinds of isolation that are tested, because the tests of the others are skipped."""
    from evenfall.run.isolation import Isolation
    from tests.run.contexts import KINDS

    tested, untested = (", ".join(kind.value for kind in Isolation if (kind in KINDS) == has) for has in (True, False))
    skipped = f"; not tested, because this machine has none: {untested}" if untested else ""
    return f"isolation of jobs: {tested}{skipped}"


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect the tests without the garbage collector, which would search all modules and tests each time; later it leaves them out.

    Each worker of pytest-xdist imports other modules first, because pytest rewrites the assertions of a module that no worker has imported.
    """
    worker = getattr(session.config, "workerinput", None)
    gc.disable()
    try:
        if worker:
            files = sorted(file for path in session.config.args for file in Path(path).resolve().rglob("test_*.py"))
            for file in files[int(worker["workerid"].removeprefix("gw")) :: worker["workercount"]]:
                with contextlib.suppress(Exception, pytest.skip.Exception):  # the collection reports it
                    import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run integration tests on the oldest supported Python only, except those that prove each Python.

    They mostly exercise other programs, which are the same for each Python.
    """
    other = pytest.mark.skip(reason="integration test, runs on the oldest supported Python; not marked every_python")
    for item in items:
        if not OLDEST_PYTHON and item.get_closest_marker("integration") and not item.get_closest_marker("every_python"):
            item.add_marker(other)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Let the tests and the programs that they start react to SIGINT, which a shell ignores in a background process."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server on loopback with the responses that a test sets."""
    with serving() as server:
        yield server


Prepare = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def prepare(tmp_path_factory: pytest.TempPathFactory) -> Prepare:
    """Return a function that fills a folder once for all workers of pytest-xdist, and returns its path."""
    base = tmp_path_factory.getbasetemp()
    base = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "prepared"

    def prepare(name: str, fill: Callable[[Path], object]) -> Path:
        folder, complete = base / name, base / f"{name}.complete"
        base.mkdir(exist_ok=True)
        with FileLock(base / f"{name}.lock"):
            if not complete.exists():
                folder.mkdir()
                fill(folder)
                complete.touch()
        return folder

    return prepare


@pytest.fixture(scope="session")
def template(prepare: Prepare) -> SampleProject:
    """A project that tests copy and do not change."""
    return SampleProject(prepare("template", lambda folder: make(folder / "lantern")) / "lantern")


@pytest.fixture
def project(template: SampleProject, tmp_path: Path) -> SampleProject:
    """A small project with current generated files, committed."""
    return copy(template, tmp_path / "lantern")


@pytest.fixture
def workspace(prepare: Prepare, tmp_path: Path) -> SampleProject:
    """A workspace with current generated files, committed."""
    made = prepare("workspace", lambda folder: sample_workspace.make(folder / "lantern"))
    return copy(SampleProject(made / "lantern"), tmp_path / "lantern")


@pytest.fixture
def bare(template: SampleProject, prepare: Prepare, tmp_path: Path) -> SampleProject:
    """A uv project without Evenfall, committed."""

    def fill(folder: Path) -> None:
        made = copy(template, folder / "lantern")
        for path in (*ADOPTED, ".pre-commit-config.yaml"):
            (made.root / path).unlink()
        made.replace("pyproject.toml", '\n[tool.evenfall]\nsystems = ["ubuntu-latest"]\n', "")
        made.write(".gitignore", "__pycache__/\n.venv/\n.*_cache/\n")
        made.commit("without Evenfall")

    return copy(SampleProject(prepare("bare", fill) / "lantern"), tmp_path / "lantern")


@pytest.fixture(scope="session")
def wheel(prepare: Prepare) -> Path:
    """A wheel of this repository, as an index would provide it."""
    command = (find_uv_bin(), "build", "--quiet", "--wheel", ROOT, "--out-dir")
    return next(prepare("wheel", lambda folder: subprocess.run((*command, folder), check=True)).glob("*.whl"))


@pytest.fixture(scope="session")
def adopted_template(template: SampleProject, wheel: Path, prepare: Prepare) -> SampleProject:
    """A project whose noxfile installs Evenfall, from a wheel of this repository."""

    def fill(folder: Path) -> None:
        made = copy(template, folder / "lantern")
        code = made.read("noxfile.py").rpartition("# ///\n")[2]
        made.write("noxfile.py", HEADER.format(wheel=wheel.as_uri()) + code)
        done = made.uv("lock", "--quiet", "--script", "noxfile.py")
        assert done.returncode == 0, done.stderr
        regenerated(made)

    return SampleProject(prepare("adopted", fill) / "lantern")


@pytest.fixture
def adopted(adopted_template: SampleProject, tmp_path: Path) -> SampleProject:
    """A copy of that project."""
    return copy(adopted_template, tmp_path / "lantern")
