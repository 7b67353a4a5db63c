from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.lockfile import LockedPackage, Lockfile
from evenfall.project.precommit_config import HOOKS, PREK, Hook, HookRepository, hooks_unlike_lock, read_hooks

LOCK = Lockfile(version=1, package=(LockedPackage(name="ruff", version="0.12.0"), LockedPackage(name="mypy")))
FROZEN = "0123456789abcdef0123456789abcdef01234567"


def read(root: Path, text: str) -> tuple[HookRepository, ...]:
    (root / HOOKS).write_text(text, encoding="utf-8")
    return read_hooks(root)


def test_hooks_have_their_stages_or_the_default_ones(tmp_path: Path) -> None:
    text = (
        "default_stages: [pre-push]\n"
        "repos:\n- repo: local\n  hooks:\n  - {id: a, entry: tool a}\n  - {id: b, stages: [manual]}\n"
        "- repo: meta\n  hooks: []\n"
    )
    local, meta = read(tmp_path, text)
    assert local.hooks == (
        Hook(id="a", entry="tool a", stages=("pre-push",)),
        Hook(id="b", stages=("manual",)),
    )
    assert (meta.repo, meta.hooks) == ("meta", ())


def test_the_revision_of_a_frozen_repository_is_the_tag_in_its_comment(tmp_path: Path) -> None:
    text = f"repos:\n- repo: x\n  rev: {FROZEN}  # frozen: v0.12.0\n  hooks: []\n- repo: y\n  rev: v1\n  hooks: []\n"
    assert [each.rev for each in read(tmp_path, text)] == ["v0.12.0", "v1"]


def test_a_frozen_revision_of_prek_is_the_tag_in_its_comment(tmp_path: Path) -> None:
    (tmp_path / PREK).write_text(f'[[repos]]\nrepo = "x"\nrev = "{FROZEN}"  # frozen: v0.12.0\nhooks = []\n')
    assert [each.rev for each in read_hooks(tmp_path)] == ["v0.12.0"]


def test_a_project_without_the_file_has_no_hooks(tmp_path: Path) -> None:
    assert read_hooks(tmp_path) == ()


@pytest.mark.parametrize(
    "text", ["", "repos: 3\n", "repos: [\n", "- a\n", "repos:\n- repo: x\n  rev: 1.0\n", "[" * 1_000]
)
def test_an_invalid_file_is_wrong_configuration(tmp_path: Path, text: str) -> None:
    with pytest.raises(EvenfallError, match=r"^\.pre-commit-config\.yaml: not a configuration of pre-commit") as caught:
        read(tmp_path, text)
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "pre-commit validate-config")


def test_a_file_that_is_not_utf_8_is_wrong_configuration(tmp_path: Path) -> None:
    (tmp_path / HOOKS).write_bytes(b"\xff\xfe")
    with pytest.raises(EvenfallError, match="not UTF-8 text"):
        read_hooks(tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/astral-sh/ruff-pre-commit",
        "https://github.com/Astral-sh/ruff-pre-commit.git",
        "https://github.com/charliermarsh/ruff-pre-commit",
    ],
)
def test_a_hook_with_another_version_than_the_locked_one_is_reported(url: str) -> None:
    (message,) = hooks_unlike_lock((HookRepository(repo=url, rev="v0.11.0"),), LOCK)
    assert "ruff v0.11.0, but 0.12.0 is locked" in message


@pytest.mark.parametrize(
    ("url", "rev"),
    [
        ("https://github.com/astral-sh/ruff-pre-commit", "v0.12.0"),
        ("https://github.com/astral-sh/ruff-pre-commit", "0.12.0"),
        ("https://github.com/pycqa/isort", "6.0.0"),
        ("https://github.com/pre-commit/mirrors-mypy", "v1.0"),
        ("https://github.com/pre-commit/pre-commit-hooks", "v5.0.0"),
        ("local", ""),
    ],
)
def test_a_hook_with_the_locked_version_or_of_another_tool_is_not_reported(url: str, rev: str) -> None:
    assert [*hooks_unlike_lock((HookRepository(repo=url, rev=rev),), LOCK)] == []
