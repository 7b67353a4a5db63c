from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.errors import EvenfallError, Exit
from evenfall.project.settings import Settings, read_settings


def error_message(text: str) -> str:
    with pytest.raises(EvenfallError) as caught:
        read_settings(tomllib.loads(text), path="pyproject.toml")
    assert caught.value.exit_code == Exit.USAGE
    assert caught.value.hint
    return caught.value.message


def test_every_key_has_a_default() -> None:
    assert read_settings({}, path="pyproject.toml") == Settings()


def test_every_key_can_be_given() -> None:
    text = """
        default-branch = "trunk/main"
        systems = ["ubuntu-24.04"]
        pythons = ["3.9", "3.10"]
        extras = ["cli"]
        groups = { tests = ["test"], lint = [], docs = ["docs"] }
        build = { reproducible = "contents" }
        coverage = { codecov = "oidc" }
        licenses = { allow = ["MIT"], exceptions = ["LLVM-exception"], unknown = "warn", dev = "warn", exempt = [
            { package = "oil", version = "1", reason = "seen" },
        ] }
        secrets = { baseline = [{ rule = "jwt", path = "docs/*", reason = "examples" }] }
        github = { owners = ["@ann", "@octo-org/core.team"], profile = "team", secrets = { PYPI_API_TOKEN = 180 } }
    """
    read = read_settings(tomllib.loads(text), path="pyproject.toml")
    assert (read.default_branch, read.systems, read.pythons) == ("trunk/main", ("ubuntu-24.04",), ("3.9", "3.10"))
    assert (read.extras, read.groups.lint, read.build.reproducible) == (("cli",), (), "contents")
    assert read.coverage.codecov == "oidc"
    assert (read.licenses.allow, read.licenses.deny, read.licenses.unknown) == (("MIT",), None, "warn")
    assert read.licenses.exempt[0].reason == "seen"
    assert read.secrets.baseline[0].path == "docs/*"
    assert read.github is not None
    assert (read.github.owners[1], read.github.secrets) == ("@octo-org/core.team", {"PYPI_API_TOKEN": 180})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('sytems = ["x"]', "tool.evenfall: unknown key 'sytems'; did you mean 'systems'?"),
        ('default_branch = "x"', "tool.evenfall: unknown key 'default_branch'; did you mean 'default-branch'?"),
        ('groups.test = ["x"]', "tool.evenfall.groups: unknown key 'test'; did you mean 'tests'?"),
        ("build.reproducable = 1", "tool.evenfall.build: unknown key 'reproducable'; did you mean 'reproducible'?"),
        ("coverage.x = 1", "tool.evenfall.coverage: unknown key 'x'; expected one of: codecov"),
        (
            "zzz = 1",
            "unknown key 'zzz'; expected one of: default-branch, systems, pythons, extras, groups, tests, lint, build, coverage",
        ),
        (r'"a\nb" = 1', r"unknown key 'a\nb'; expected one of"),
        ('systems = "ubuntu-latest"', "tool.evenfall.systems: Expected `array`, got `str`"),
        ("systems = []", "tool.evenfall.systems: Expected `array` of length >= 1"),
        ("systems = [3]", "tool.evenfall.systems[0]: Expected `str`, got `int`"),
        ("groups = 3", "tool.evenfall.groups: Expected `object`, got `int`"),
        (
            'audit.ignore = [{name = "x"}]',
            "tool.evenfall.audit.ignore[0]: unknown key 'name'; expected one of: id, reason",
        ),
        ('secrets.baseline = [{reason = "x"}]', "tool.evenfall.secrets.baseline[0]: expected either a fingerprint"),
        ("licenses.allowed = []", "tool.evenfall.licenses: unknown key 'allowed'; did you mean 'allow'?"),
        ("licenses.allow = []", "tool.evenfall.licenses.allow: Expected `array` of length >= 1"),
        ('licenses.unknown = "pass"', "tool.evenfall.licenses.unknown: Invalid enum value 'pass'"),
        (
            'licenses.exempt = [{package = "a\\nb"}]',
            "tool.evenfall.licenses.exempt[0].package: not the name of a package",
        ),
        ('build.reproducible = "yes"', "tool.evenfall.build.reproducible: Invalid enum value 'yes'"),
        ("github = {}", "tool.evenfall.github: Object missing required field `owners`"),
        ("github.approval = 1", "tool.evenfall.github: unknown key 'approval'; did you mean 'approvals'?"),
        ("github.approvals = 7", "tool.evenfall.github.approvals: Expected `int` <= 6"),
        ('github.profile = "duo"', "tool.evenfall.github.profile: Invalid enum value 'duo'"),
        ("github.owners = []", "tool.evenfall.github.owners: Expected `array` of length >= 1"),
        ('github.owners = ["ann"]', "tool.evenfall.github.owners[0]: Expected `str` matching regex"),
        ('github.omit = ["codeql"]', "tool.evenfall.github.omit[0]: Invalid enum value 'codeql'"),
        ('github.secrets = {"a b" = 1}', "tool.evenfall.github.secrets: Expected `str` matching regex"),
        ("github.secrets = {A = 0}", "tool.evenfall.github.secrets[...]: Expected `int` >= 1"),
        ('pythons = ["3.x"]', "tool.evenfall.pythons[0]: not a Python by Nox's names"),
        ('pythons = ["3.011"]', "tool.evenfall.pythons[0]: not a Python by Nox's names"),
        ('pythons = ["3.12t"]', "tool.evenfall.pythons[0]: not a Python by Nox's names"),
        ('pythons = ["pypy-3.11"]', "tool.evenfall.pythons[0]: not a Python by Nox's names"),
    ],
)
def test_an_invalid_key_or_value_is_an_error_with_a_suggestion(text: str, message: str) -> None:
    assert message in error_message(text)


def test_settings_that_are_not_a_table_are_an_error() -> None:
    with pytest.raises(EvenfallError, match=r"^pyproject\.toml: tool\.evenfall: Expected `object`, got `int`"):
        read_settings(3, path="pyproject.toml")


@pytest.mark.parametrize(
    "word", ["a b", "a\n", "${{ x }}", "$(x)", "`x`", "'x'", '"x"', "../x", "-x", "a:b", "#x", "*x", ""]
)
@pytest.mark.parametrize("key", ["systems", "default-branch", "extras"])
def test_a_word_with_special_characters_of_yaml_or_a_shell_is_an_error(key: str, word: str) -> None:
    with pytest.raises(EvenfallError, match=rf"tool\.evenfall\.{key}"):
        read_settings({key: word if key == "default-branch" else [word]}, path="pyproject.toml")


@given(st.characters().map("a{}b".format) | st.text("a-\n /$", max_size=4))
def test_every_accepted_word_consists_of_plain_characters(word: str) -> None:
    try:
        read_settings({"default-branch": word, "systems": [word], "extras": [word]}, path="pyproject.toml")
    except EvenfallError:
        return
    assert re.fullmatch(r"[A-Za-z0-9._-]+", word)
