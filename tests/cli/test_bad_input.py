"""Every command and every kind of broken file: one message that names the file, exit code 2, and nothing written."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evenfall.cli.main import main
from evenfall.errors import Exit
from tests.sample_project import SampleProject, copy, measured

pytestmark = pytest.mark.integration

COMMANDS = {
    "": (),
    "init": ("init", "--dry-run"),
    "generate": ("generate", "--check"),
    "explain": ("explain", "tests"),
    "run": ("run", "build"),
    "audit": ("audit",),
    "licenses": ("licenses", "--offline"),
    "review": ("review",),
    "secrets": ("secrets",),
    "sbom": ("sbom", "--offline"),
    "release version": ("release", "version"),
    "release build": ("release", "build"),
    "release install": ("release", "install"),
    "release draft": ("release", "draft"),
    "release publish": ("release", "publish", "--index", "pypi"),
    "release verify": ("release", "verify", "--index", "pypi"),
    "release rehearse": ("release", "rehearse"),
    "github plan": ("github", "plan"),
}
READS_LOCK = ("", "generate", "audit", "licenses", "review", "sbom", "init")
READS_NOXFILE = ("", "generate", "explain", "run", "init")


def _latin1(path: Path) -> None:
    path.write_bytes(path.read_bytes() + "# é\n".encode("latin-1"))


def _conflict(path: Path) -> None:
    first, rest = path.read_text(encoding="utf-8").split("\n", 1)
    path.write_text(f"<<<<<<< HEAD\n{first}\n=======\n{first} \n>>>>>>> other\n{rest}", encoding="utf-8")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _link(target: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.unlink()
        path.symlink_to(target.format(name=path.name))

    return make


def _unreadable(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root can read every file")
    path.chmod(0)


BREAKS: dict[str, Callable[[Path], object]] = {
    "binary": lambda path: path.write_bytes(bytes(range(256))),
    "Latin-1": _latin1,
    "UTF-16": lambda path: path.write_text(path.read_text(encoding="utf-8"), encoding="utf-16"),
    "merge conflict": _conflict,
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "folder": _folder,
    "named pipe": _pipe,
    "link to nothing": _link("nowhere"),
    "link to itself": _link("{name}"),
    "unreadable": _unreadable,
    "missing": Path.unlink,
}
FILES = {
    "pyproject.toml": tuple(COMMANDS),
    "uv.lock": READS_LOCK,
    "noxfile.py": READS_NOXFILE,
    "coverage_target.txt": ("generate", "run", "init"),  # which the others read with the noxfile, too
}
FINE = {
    ("init", "uv.lock", "missing"),
    ("init", "noxfile.py", "missing"),
    ("init", "coverage_target.txt", "missing"),
    ("", "noxfile.py", "missing"),
    *((command, file, "truncated") for command in READS_NOXFILE for file in ("coverage_target.txt", "noxfile.py")),
}
"""What is not broken: `init` writes what is missing, and a project without a noxfile has only not adopted Evenfall."""


TELLING = ("Latin-1", "merge conflict", "named pipe", "missing")
"""The kinds that show how a command reads a file: undecoded, unparsed, unasked whether it is a file, or without a next step."""


def cases() -> Iterator[tuple[str, str, str]]:
    """Yield each kind for one command, and for the others those that show whether they read the file in the same way."""
    for file, commands in FILES.items():
        for kind in BREAKS:
            readers = commands if kind in TELLING else ("generate",)
            yield from ((command, file, kind) for command in readers if (command, file, kind) not in FINE)


def entries(root: Path) -> dict[str, tuple[int, int]]:
    """Return the mode and the time of the last change of everything in a project, without git's own files."""
    found = (path for path in root.rglob("*") if ".git" not in path.relative_to(root).parts)
    return {os.fspath(path): (path.lstat().st_mode, path.lstat().st_mtime_ns) for path in found}


@pytest.fixture(scope="module")
def broken(template: SampleProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleProject]:
    folder = tmp_path_factory.mktemp("bad")
    yield copy(template, folder / "lantern")
    shutil.rmtree(folder)


@pytest.mark.parametrize(("command", "file", "kind"), [*cases()])
def test_a_broken_file_is_one_message_and_changes_nothing(
    command: str, file: str, kind: str, broken: SampleProject, template: SampleProject
) -> None:
    path = broken.root / file
    BREAKS[kind](path)
    before = entries(broken.root)
    try:
        done = broken.command(*COMMANDS[command])
        after = entries(broken.root)
    finally:
        path.chmod(0o700) if kind == "unreadable" else None
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        shutil.copy2(template.root / file, path)
    lines = done.stderr.splitlines()
    (message,) = (line for line in lines if line.startswith("evenfall: "))
    assert done.returncode == Exit.USAGE, done.stderr
    assert file in message
    assert sum(line.startswith("  next: ") for line in lines) == 1
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert after == before


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[project]\n", "[project]\nname = 3\n#", "pyproject.toml"),
        (
            "[tool.evenfall]\n",
            '[tool.evenfall]\nsytems = ["ubuntu-latest"]\n',
            "unknown key 'sytems'; did you mean 'systems'?",
        ),
    ],
    ids=["wrong type", "unknown key"],
)
def test_a_wrong_table_is_one_message_and_changes_nothing(
    command: str, old: str, new: str, message: str, broken: SampleProject
) -> None:
    if message == "pyproject.toml" and command in ("secrets", "release publish"):
        return  # they do not need the project's own table
    before = broken.read("pyproject.toml")
    broken.replace("pyproject.toml", old, new)
    files = entries(broken.root)
    done = broken.command(*COMMANDS[command])
    assert entries(broken.root) == files
    broken.write("pyproject.toml", before)
    assert done.returncode == Exit.USAGE, done.stderr
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [("audit", "--database", ""), ("audit", "--report="), ("run", "--commit", ""), ("run", ""), ("sbom", "--output=")],
)
def test_an_empty_argument_is_wrong_usage(arguments: tuple[str, ...], broken: SampleProject) -> None:
    done = broken.command(*arguments)
    assert done.returncode == Exit.USAGE
    assert "the value is empty" in done.stderr


def test_a_reader_that_leaves_does_not_change_the_exit_code(broken: SampleProject) -> None:
    done = broken.run(
        "bash", "-o", "pipefail", "-c", f"{sys.executable} -m evenfall audit -h | head -1", env=measured()
    )
    assert (done.returncode, done.stderr) == (Exit.FINE, "")


def test_a_deleted_folder_is_one_message(tmp_path: Path) -> None:
    folder = SampleProject(tmp_path)
    (tmp_path / "gone").mkdir()
    script = f"cd gone; rmdir ../gone; {sys.executable} -m evenfall audit"
    done = folder.run("bash", "-c", script, env=measured())
    assert done.returncode == Exit.USAGE
    assert done.stderr == "evenfall: the current folder was deleted\n  next: cd to the project\n"


def test_a_folder_that_is_deleted_while_a_command_runs_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    monkeypatch.setattr(sys, "argv", ["evenfall", "audit"])
    (tmp_path / "gone").rmdir()
    with contextlib.redirect_stderr(io.StringIO()) as err, pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == Exit.USAGE
    assert err.getvalue() == "evenfall: the current folder was deleted\n  next: cd to the project\n"
