from __future__ import annotations

import re
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lockfile import Lockfile, read_lockfile

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


def test_a_package_is_found_by_any_spelling_of_its_name(tmp_path: Path) -> None:
    lock = lockfile(tmp_path, LOCK)
    assert (found := lock.find("WICK")) is not None
    assert found.version == "1.0"
    assert lock.find("candle") is None


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("version = 1\n", "version = 2\n", r"uv\.lock: version: its format is 2, this evenfall reads 1", "upgrade evenfall"),
        ("version = 1\n", 'version = "1"\n', r"uv\.lock: version: its format is '1'", "upgrade evenfall"),
        ("version = 1\n", "", r"uv\.lock: top: Object missing required field `version`", "git restore uv.lock"),
        ('name = "wick"\n', "", r"uv\.lock: package\[1\]: Object missing required field `name`", "git restore uv.lock"),
        ('version = "1.0"', "version = 1", r"uv\.lock: package\[1\]\.version: Expected `str \| null`", "git restore uv.lock"),
        ("[[package]]", "[[package", r"uv\.lock: not TOML: .*\(at line 4", "git restore uv.lock"),
    ],
)  # fmt: skip
def test_a_hand_broken_lock_is_an_error_with_the_key(
    tmp_path: Path, old: str, new: str, message: str, hint: str
) -> None:
    with pytest.raises(EvenfallError) as caught:
        lockfile(tmp_path, LOCK.replace(old, new, 1))
    assert re.match(message, caught.value.message)
    assert hint in caught.value.hint
    assert caught.value.exit_code == Exit.USAGE


@pytest.mark.parametrize(
    ("name", "command"), [("uv.lock", "uv lock"), ("noxfile.py.lock", "uv lock --script noxfile.py")]
)
def test_a_missing_lock_is_said_with_the_command_that_writes_it(tmp_path: Path, name: str, command: str) -> None:
    with pytest.raises(EvenfallError, match=rf"^{re.escape(name)}: not found in ") as caught:
        read_lockfile(tmp_path / name)
    assert caught.value.hint == command


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


def test_a_name_that_would_not_stay_on_its_line_is_left_as_the_address_writes_it(tmp_path: Path) -> None:
    """A runner obeys a line that begins with two colons."""
    text = LOCK + 'wheels = [{ url = "https://example.org/flint%0A::error::lit.whl" }]\n'
    (file,) = lockfile(tmp_path, text).package[-1].wheels
    assert file.name == "flint%0A::error::lit.whl"


@pytest.mark.parametrize("text", ["package = 1\n", "package = [1]\n"])
def test_packages_that_are_no_tables_are_refused(tmp_path: Path, text: str) -> None:
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
def test_a_text_that_would_not_stay_on_its_line_is_refused(tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / "uv.lock").write_text(f"version = 1\n\n[[package]]\n{text}\n")
    with pytest.raises(
        EvenfallError, match=rf"^uv\.lock: {re.escape(key)}.*: a control character, which uv does not write"
    ):
        read_lockfile(tmp_path / "uv.lock")


def test_a_backslash_alone_is_fine(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(
        'version = 1\n\n[[package]]\nname = "oil"\nsource = { path = "wheels\\\\oil.whl" }\n'
    )
    assert read_lockfile(tmp_path / "uv.lock").package[0].source.path == "wheels\\oil.whl"


def test_tables_in_tables_without_end_are_read_like_others(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text('version = 1\nx = "\\\\"\n[' + ".".join("a" * 990) + "]\n")
    assert read_lockfile(tmp_path / "uv.lock").package == ()


def test_a_lock_of_a_workspace_is_whole_where_it_holds_every_member(tmp_path: Path) -> None:
    members = '\n[manifest]\nmembers = ["Lantern"]\n'
    assert lockfile(tmp_path, LOCK + members).is_whole
    assert not lockfile(tmp_path, LOCK + members.replace('"]', '", "gone"]')).is_whole
    assert not lockfile(tmp_path, LOCK.replace('editable = "."', 'registry = "x"') + members).is_whole
