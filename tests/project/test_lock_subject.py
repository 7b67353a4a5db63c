from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lock_subject import find_lock_subject
from evenfall.project.settings import Settings

WITH_SETTINGS = '[project]\nname = "lantern"\n[tool.evenfall.review]\nmin-age-days = 9\n'
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
    write(tmp_path, {"pyproject.toml": WITH_SETTINGS, "tools/s.py": ""})
    subject = find_lock_subject(tmp_path, Path("tools/s.py"))
    assert (subject.root, subject.lock_name, subject.folder) == (tmp_path, "tools/s.py.lock", tmp_path / "tools")
    assert (subject.settings_root, subject.settings.review.min_age_days) == (tmp_path, 9)


def test_a_script_has_the_settings_next_to_it(tmp_path: Path) -> None:
    own = "[tool.evenfall.review]\nmin-age-days = 1\n"
    write(
        tmp_path,
        {"pyproject.toml": WITH_SETTINGS, "uv.lock": MEMBER_LOCK, "tools/pyproject.toml": own, "tools/s.py": ""},
    )
    subject = find_lock_subject(tmp_path, Path("tools/s.py"))
    assert (subject.settings_root, subject.settings.review.min_age_days) == (tmp_path / "tools", 1)


def test_a_script_outside_of_a_project_has_the_default_settings(tmp_path: Path) -> None:
    write(tmp_path, {"s.py": ""})
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
