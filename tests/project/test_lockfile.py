from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lock_source import GitSource, PackageSource
from evenfall.project.lockfile import Lockfile, parse_lockfile, read_lockfile, require_complete_lock

LOCK = """\
version = 1
revision = 3

[[package]]
name = "lantern"
source = { editable = "." }
dependencies = [{ name = "oil" }]

[package.dev-dependencies]
test-all = [{ name = "wick", extra = ["waxed"] }, { name = "flint" }]
lint = [{ name = "tongs" }]

[[package]]
name = "wick"
version = "1.0"
source = { registry = "https://example.org/simple" }
dependencies = [{ name = "thread", version = "1", marker = "sys_platform == 'x'" }, { name = "thread", version = "2" }]

[package.optional-dependencies]
waxed = [{ name = "wax" }]
dry = [{ name = "sand" }]

[[package]]
name = "thread"
version = "1"
dependencies = [{ name = "wool" }]

[[package]]
name = "thread"
version = "2"
dependencies = [{ name = "cotton" }, { name = "wick" }]

[[package]]
name = "flint"
version = "1"
"""


def lockfile(root: Path, text: str, name: str = "uv.lock") -> Lockfile:
    (root / name).write_text(text, encoding="utf-8")
    return read_lockfile(root / name)


def test_a_lock_with_other_content_is_read_again_even_if_its_size_and_time_are_the_same(tmp_path: Path) -> None:
    before = lockfile(tmp_path, LOCK)
    assert read_lockfile(tmp_path / "uv.lock") is before
    status = (tmp_path / "uv.lock").stat()
    (tmp_path / "uv.lock").write_text(LOCK.replace("lantern", "candles"), encoding="utf-8")
    os.utime(tmp_path / "uv.lock", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert read_lockfile(tmp_path / "uv.lock").local_names == ("candles",)


def test_a_package_is_found_by_any_spelling_of_its_name(tmp_path: Path) -> None:
    lock = lockfile(tmp_path, LOCK)
    assert (found := lock.find("WICK")) is not None
    assert found.version == "1.0"
    assert lock.find("candle") is None


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("version = 1\n", "version = 2\n", r"uv\.lock: version: the format is 2, but this Evenfall reads 1", "uv tool upgrade evenfall"),
        ("version = 1\n", 'version = "1"\n', r"uv\.lock: version: the format is '1'", " lock"),
        ("version = 1\n", "", r"uv\.lock: top: Object missing required field `version`", "git checkout HEAD -- uv.lock"),
        ('name = "wick"\n', "", r"uv\.lock: package\[1\]: Object missing required field `name`", "git checkout HEAD -- uv.lock"),
        ('version = "1.0"', "version = 1", r"uv\.lock: package\[1\]\.version: Expected `str \| null`", "git checkout HEAD -- uv.lock"),
        ("[[package]]", "[[package", r"uv\.lock:4: not TOML: ", "git checkout HEAD -- uv.lock"),
    ],
)  # fmt: skip
def test_an_invalid_lock_is_an_error_with_the_key(tmp_path: Path, old: str, new: str, message: str, hint: str) -> None:
    with pytest.raises(EvenfallError) as caught:
        lockfile(tmp_path, LOCK.replace(old, new, 1))
    assert re.match(message, caught.value.message)
    assert hint in caught.value.hint
    assert caught.value.exit_code == Exit.USAGE


def test_the_hint_for_a_lock_of_another_format_is_for_the_evenfall_of_the_project(tmp_path: Path) -> None:
    lockfile(tmp_path, LOCK, "noxfile.py.lock")
    with pytest.raises(EvenfallError) as caught:
        lockfile(tmp_path, "version = 2\n")
    assert caught.value.hint.startswith("uv lock --script noxfile.py --upgrade-package evenfall; or delete it, then ")
    with pytest.raises(EvenfallError) as caught:
        parse_lockfile(b"version = 2\n", "HEAD:uv.lock")
    assert caught.value.hint == "upgrade Evenfall"


def test_a_package_has_its_line_and_its_files(tmp_path: Path) -> None:
    text = """\
version = 1

[[package]]
name = "oil"
version = "1"

[[package]]
name = "glass"
version = "2"
source = { registry = "./wheels" }
sdist = { url = "https://example.org/glass%2B-2.tar.gz#sha256=1", hash = "sha256:0", size = 3, upload-time = "2026-01-01T00:00:00Z" }
wheels = [{ path = "glass-2-py3-none-any.whl" }, { filename = "glass-2-other.whl" }]
"""
    oil, glass = lockfile(tmp_path, text).package
    assert (oil.line, glass.line) == (3, 7)
    assert oil.files == ()
    assert [file.name for file in glass.files] == ["glass+-2.tar.gz", "glass-2-py3-none-any.whl", "glass-2-other.whl"]
    assert str(glass.source) == "registry ./wheels"


def test_a_file_name_with_an_encoded_newline_is_not_decoded(tmp_path: Path) -> None:
    """GitHub obeys every line of the output that starts with `::error::`."""
    text = LOCK + 'wheels = [{ url = "https://example.org/flint%0A::error::lit.whl" }]\n'
    (file,) = lockfile(tmp_path, text).package[-1].wheels
    assert file.name == "flint%0A::error::lit.whl"


def test_the_content_of_a_commit_is_parsed_under_its_own_name() -> None:
    assert parse_lockfile(LOCK.encode(), "HEAD:uv.lock").find("oil") is None
    with pytest.raises(EvenfallError, match=r"^HEAD:uv\.lock:\d+: not "):
        parse_lockfile(b"<<<<<<<", "HEAD:uv.lock")


@pytest.mark.parametrize("text", ["package = 1\n", "package = [1]\n"])
def test_packages_that_are_not_tables_are_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(EvenfallError, match=r"uv.lock: package"):
        lockfile(tmp_path, f"version = 1\n{text}")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('name = "oil\\n99 packages: 99 allowed"', "package[0].name"),
        ('name = "oil"\n\n[package.optional-dependencies]\n"x\\u001b[2J" = []', "package[0].optional-dependencies.x"),
        (
            'name = "oil"\nsource = { registry = """https://e.org\nno known vulnerability""" }',
            "package[0].source.registry",
        ),
        ("name = '''oil\noil'''", "package[0].name"),
        ('name = "oil\u2028oil"', "package[0].name"),
        ('name = "oil\u202eoil"', "package[0].name"),
    ],
)
def test_a_control_character_in_any_string_is_an_error_with_its_key(tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / "uv.lock").write_text(f"version = 1\n\n[[package]]\n{text}\n")
    with pytest.raises(EvenfallError, match=rf"^uv\.lock: {re.escape(key)}.*: it contains a control character"):
        read_lockfile(tmp_path / "uv.lock")


def test_a_backslash_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(
        'version = 1\n\n[[package]]\nname = "oil"\nsource = { path = "wheels\\\\oil.whl" }\n'
    )
    assert read_lockfile(tmp_path / "uv.lock").package[0].source.path == "wheels\\oil.whl"


def test_deeply_nested_tables_are_read(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text('version = 1\nx = "\\\\"\n[' + ".".join("a" * 990) + "]\n")
    assert read_lockfile(tmp_path / "uv.lock").package == ()


def test_the_lock_of_a_workspace_is_complete_if_it_contains_every_member(tmp_path: Path) -> None:
    members = '\n[manifest]\nmembers = ["Lantern"]\n'
    assert lockfile(tmp_path, LOCK + members).is_complete
    assert not lockfile(tmp_path, LOCK + members.replace('"]', '", "gone"]')).is_complete
    assert not lockfile(tmp_path, LOCK.replace('editable = "."', 'registry = "x"') + members).is_complete


@pytest.mark.parametrize("text", [LOCK, 'version = 1\n[manifest.dependency-groups]\ndev = [{ name = "oil" }]\n'])
def test_a_lock_with_a_project_or_with_groups_is_complete(tmp_path: Path, text: str) -> None:
    lock = lockfile(tmp_path, text)
    assert require_complete_lock(lock, "uv.lock") is lock


@pytest.mark.parametrize("text", ["version = 1\n", LOCK.replace('editable = "."', 'editable = "vendor"')])
def test_a_lock_without_the_project_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(EvenfallError, match=r"^HEAD:uv\.lock: ") as caught:
        require_complete_lock(lockfile(tmp_path, text), "HEAD:uv.lock")
    assert (caught.value.exit_code, caught.value.message) == (Exit.USAGE, "HEAD:uv.lock: it contains no project")
    assert ("delete it, then uv lock" in (caught.value.hint or "")) is ("[[package]]" not in text)


@pytest.mark.parametrize("folder", ["./", "", "./.", "docs/..", ".\\\\"])
def test_the_project_is_found_by_any_spelling_of_its_folder(tmp_path: Path, folder: str) -> None:
    """uv accepts all of these spellings, and installs from such a lock."""
    lock = lockfile(tmp_path, LOCK.replace('editable = "."', f'editable = "{folder}"'))
    assert (lock.is_complete, lock.local_names) == (True, ("lantern",))


def test_a_git_source_has_its_commit_and_folder() -> None:
    source = PackageSource(git="https://example.org/lamps?subdirectory=libs%2Foil&rev=main#1234")
    assert source.repository == GitSource(address="https://example.org/lamps", commit="1234", part="libs/oil")
    assert (source.part, source.folder, source.is_folder) == ("libs/oil", None, False)
    assert PackageSource(url="https://example.org/oil.zip", subdirectory="oil").part == "oil"
    assert PackageSource(registry="https://pypi.org/simple").part == ""


@pytest.mark.parametrize(
    ("name", "conflicts", "command"),
    [
        ("uv.lock", "", "uv sync --all-groups --all-extras"),
        ("uv.lock", '[manifest]\nmembers = ["a", "b"]\n', "uv sync --all-packages --all-groups --all-extras"),
        (
            "uv.lock",
            'conflicts = [[{ package = "a", extra = "x" }, { package = "a", extra = "y" }, { package = "a", group = "z" }],'
            ' [{ package = "a" }, { package = "b" }], [{ package = "a", group = "t" }, { package = "a", extra = "y" }]]\n'
            '[manifest]\nmembers = ["a", "b"]\n',
            "uv sync --package MEMBER --all-groups --all-extras --no-extra y --no-group z",
        ),
        ("a task.py.lock", "", "uv sync --script 'a task.py'"),
    ],
)
def test_the_command_that_installs_a_lock_leaves_out_what_conflicts(name: str, conflicts: str, command: str) -> None:
    assert parse_lockfile(f"version = 1\n{conflicts}".encode(), name).sync_command == command
