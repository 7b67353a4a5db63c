from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lock_subject import find_lock_subject
from evenfall.project.settings import Settings

WITH_SETTINGS = '[project]\nname = "lantern"\n[tool.evenfall.review]\nmin-age-days = 9\n'
SCRIPT = "# /// script\n# ///\n"
MEMBER_LOCK = (
    'version = 1\n[manifest]\nmembers = ["stand"]\n[[package]]\nname = "stand"\nsource = { virtual = "stand" }\n'
)


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def test_the_lock_of_a_member_is_that_of_the_workspace(tmp_path: Path) -> None:
    member = '[project]\nname = "stand"\n'
    write(tmp_path, {"pyproject.toml": WITH_SETTINGS, "uv.lock": MEMBER_LOCK, "stand/pyproject.toml": member})
    subject = find_lock_subject(tmp_path / "stand")
    assert (subject.root, subject.script, subject.lock_name) == (tmp_path, "", "uv.lock")
    assert subject.settings.review.min_age_days == 9


def test_a_script_has_its_own_lock_and_the_settings_of_the_project_around_it(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": WITH_SETTINGS, "tools/s.py": SCRIPT})
    subject = find_lock_subject(tmp_path, Path("tools/s.py"))
    assert (subject.root, subject.lock_name, subject.folder) == (tmp_path, "tools/s.py.lock", tmp_path / "tools")
    assert (subject.settings_root, subject.settings.review.min_age_days) == (tmp_path, 9)


def test_a_script_has_the_settings_next_to_it(tmp_path: Path) -> None:
    own = "[tool.evenfall.review]\nmin-age-days = 1\n"
    write(
        tmp_path,
        {"pyproject.toml": WITH_SETTINGS, "uv.lock": MEMBER_LOCK, "tools/pyproject.toml": own, "tools/s.py": SCRIPT},
    )
    subject = find_lock_subject(tmp_path, Path("tools/s.py"))
    assert (subject.settings_root, subject.settings.review.min_age_days) == (tmp_path / "tools", 1)


def test_a_script_outside_of_a_project_has_the_default_settings(tmp_path: Path) -> None:
    write(tmp_path, {"s.py": SCRIPT})
    subject = find_lock_subject(tmp_path, Path("s.py"))
    assert (subject.settings_root, subject.settings.review.min_age_days) == (tmp_path, Settings().review.min_age_days)


@pytest.mark.parametrize("files", [{}, {"pyproject.toml": "[tool.ruff]\n"}])
def test_the_hint_in_a_folder_with_locks_of_scripts_only_names_the_option(
    tmp_path: Path, files: dict[str, str]
) -> None:
    write(tmp_path, {**files, "b.py": "", "b.py.lock": "", "a b.py": "", "a b.py.lock": "", "c.py.lock": ""})
    with pytest.raises(EvenfallError) as caught:
        find_lock_subject(tmp_path)
    assert caught.value.message == "uv.lock: not found, but there are locks of scripts: a b.py, b.py"
    assert (caught.value.hint, caught.value.exit_code) == ("name the script: --script 'a b.py'", Exit.USAGE)


def test_a_folder_without_project_and_locks_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvenfallError, match=r"no pyproject\.toml in this folder or above"):
        find_lock_subject(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    with pytest.raises(EvenfallError, match=r"uv\.lock: not found in") as caught:
        find_lock_subject(tmp_path).read_lock()
    assert caught.value.hint == "uv lock"


@pytest.mark.parametrize(
    ("script", "message", "hint"),
    [
        ("tools/s.py", "tools/s.py: no script header (PEP 723)", "uv init --script tools/s.py"),
        ("tools/s.py.lock", "tools/s.py.lock: no script header (PEP 723)", "--script tools/s.py"),
        ("none.py", "none.py: not found in {folder}", "name a script with a lock: --script FILE"),
        ("tools", "tools: it is a folder, not a file", "correct tools"),
    ],
)
def test_a_file_without_a_script_header_is_an_error_because_uv_would_lock_nothing(
    tmp_path: Path, script: str, message: str, hint: str
) -> None:
    write(tmp_path, {"tools/s.py": "print('# /// script')\n", "tools/s.py.lock": ""})
    with pytest.raises(EvenfallError) as caught:
        find_lock_subject(tmp_path, Path(script))
    assert (caught.value.message, caught.value.hint) == (message.format(folder=tmp_path), hint)


@pytest.mark.parametrize(
    ("files", "message", "hint"),
    [
        ({"poetry.lock": "", "pyproject.toml": "[tool.poetry]\n"}, "poetry.lock is not", "uvx migrate-to-uv, "),
        ({"Pipfile.lock": ""}, "Pipfile.lock is not a lock of uv", "uvx migrate-to-uv, "),
        ({"pylock.toml": "", "pyproject.toml": "[project]\n"}, "pylock.toml is not a lock of uv", "uv lock, "),
        ({"pyproject.toml": "[tool.ruff]\n"}, "pyproject.toml: no [project] table", "cd to the project, "),
    ],
)
def test_the_hint_for_a_project_that_uv_lock_would_not_lock_fits_the_project(
    tmp_path: Path, files: dict[str, str], message: str, hint: str
) -> None:
    write(tmp_path, files)
    with pytest.raises(EvenfallError) as caught:
        find_lock_subject(tmp_path)
    assert message in caught.value.message
    assert caught.value.hint.startswith(hint)
