from __future__ import annotations

import sys
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.settings import BaselineEntry, read_settings
from evenfall.supply_chain.secrets.baseline import append_entries, new_entries
from tests.supply_chain.secrets.test_rules import FINGERPRINT, by_fingerprint, by_pattern, secret

PYPROJECT = '[project]\nname = "lantern"\n\n[build-system]\nrequires = ["hatchling"]\n'
DOCS = secret("docs/a.md", "d" * 20)
SECRETS = (secret(), DOCS)


@pytest.fixture
def pyproject(tmp_path: Path) -> Path:
    path = tmp_path / "pyproject.toml"
    path.write_text(PYPROJECT, encoding="utf-8")
    return path


def test_entries_are_made_of_fingerprints_and_patterns() -> None:
    assert new_entries(SECRETS, [FINGERPRINT, "github-pat:docs/*", FINGERPRINT], " an example ") == (
        BaselineEntry(fingerprint=FINGERPRINT, reason="an example"),
        BaselineEntry(rule="github-pat", path="docs/*", reason="an example"),
    )


@pytest.mark.parametrize(
    "names",
    [
        ["0" * 20],
        ["jwt:a.py"],
        ["github-pat:src/*"],
        ["github-pat:docs/*", DOCS.fingerprint],
        [DOCS.fingerprint, "github-pat:docs/*"],
    ],
)
def test_a_name_that_covers_no_further_finding_is_wrong_usage(names: list[str]) -> None:
    with pytest.raises(EvenfallError) as caught:
        new_entries(SECRETS, names, "an example")
    assert caught.value.message.startswith(f"--add-to-baseline {names[-1]}: ")
    assert caught.value.exit_code == Exit.USAGE


@pytest.mark.parametrize("name", ["github-pat:*", "github-pat:", "a.py", "GITHUB:a.py"])
def test_a_name_that_is_neither_a_fingerprint_nor_a_pattern_is_wrong_usage(name: str) -> None:
    with pytest.raises(EvenfallError, match="expected a fingerprint or RULE:PATTERN"):
        new_entries(SECRETS, [name], "an example")


@pytest.mark.parametrize("reason", ["", " ", "a\nb"])
def test_a_reason_that_is_not_one_line_of_text_is_wrong_usage(reason: str) -> None:
    with pytest.raises(EvenfallError, match="--reason "):
        new_entries(SECRETS, [FINGERPRINT], reason)


def test_entries_are_appended_with_a_comment_for_each_fingerprint(pyproject: Path) -> None:
    entry = BaselineEntry(fingerprint=FINGERPRINT, reason='the "example" of the docs, ü')
    append_entries(pyproject, [entry, by_pattern("github-pat", "docs/*")], [secret("")])
    assert pyproject.read_text(encoding="utf-8") == (
        f"{PYPROJECT}\n[[tool.evenfall.secrets.baseline]]\n# github-pat in commit message\n"
        f'fingerprint = "{FINGERPRINT}"\nreason = "the \\"example\\" of the docs, ü"\n'
        '\n[[tool.evenfall.secrets.baseline]]\nrule = "github-pat"\npath = "docs/*"\nreason = "examples"\n'
    )


def test_line_ends_and_a_byte_order_mark_stay(pyproject: Path) -> None:
    pyproject.write_bytes(b"\xef\xbb\xbf" + PYPROJECT.replace("\n", "\r\n").encode())
    append_entries(pyproject, [by_fingerprint()], SECRETS)
    text = pyproject.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf[project]")
    assert text.count(b"\xef\xbb\xbf") == 1
    assert text.count(b"\n") == text.count(b"\r\n")
    assert text.endswith(b'reason = "an example"\r\n')


def test_a_file_with_the_key_in_another_form_is_not_changed(pyproject: Path) -> None:
    text = f"{PYPROJECT}\n[tool.evenfall.secrets]\nbaseline = []\n"
    pyproject.write_text(text, encoding="utf-8")
    with pytest.raises(EvenfallError) as caught:
        append_entries(pyproject, [by_fingerprint()], SECRETS)
    assert (
        caught.value.hint
        == f'add to tool.evenfall.secrets.baseline yourself: {{fingerprint = "{FINGERPRINT}", reason = "an example"}}'
    )
    assert pyproject.read_text(encoding="utf-8") == text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the size of a file")
def test_a_full_disk_changes_nothing(pyproject: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        with pytest.raises(EvenfallError, match="can't be written: File too large"):
            append_entries(pyproject, [by_fingerprint()], [])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert pyproject.read_text(encoding="utf-8") == PYPROJECT
    assert [each.name for each in pyproject.parent.iterdir()] == ["pyproject.toml"]


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ({"fingerprint": "x", "reason": "y"}, "baseline[0].fingerprint: "),
        ({"rule": "jwt", "reason": "y"}, "baseline[0]: expected either a fingerprint, or a rule and a path"),
        ({"reason": "y"}, "baseline[0]: expected either a fingerprint, or a rule and a path"),
        ({"rule": "jwt", "path": "*", "reason": "y"}, "baseline[0].path: "),
        ({"fingerprint": "0" * 20}, "baseline[0]: Object missing required field `reason`"),
        ({"fingerprint": "0" * 20, "reason": " "}, "baseline[0].reason: "),
        ({"fingerprint": "0" * 20, "reason": "x", "reasons": "y"}, "baseline[0]: unknown key 'reasons'; did you mean"),
        (
            {"fingerprint": "0" * 20, "rule": "jwt", "path": "docs/*", "reason": "y"},
            "baseline[0]: expected either a fingerprint, or a rule and a path",
        ),
    ],
)
def test_an_invalid_entry_is_an_error_that_names_the_key(entry: dict[str, str], key: str) -> None:
    with pytest.raises(EvenfallError) as caught:
        read_settings({"secrets": {"baseline": [entry]}}, path="pyproject.toml")
    assert caught.value.message.startswith(f"pyproject.toml: tool.evenfall.secrets.{key}")
