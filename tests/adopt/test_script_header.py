from __future__ import annotations

import tomllib

import pytest

from evenfall.adopt.script_header import find_header, has_evenfall, merge_header
from evenfall.errors import EvenfallError

OURS = """\
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox==2026.10.20", "evenfall[sessions]"]
#
# [tool.uv]
# exclude-newer = "1 week"
#
# [[tool.uv.index]]
# name = "evenfall"
# url = "https://example.org/simple"
#
# [tool.uv.sources]
# evenfall = { index = "evenfall" }
# ///
"""


def header(content: str) -> str:
    return "# /// script\n" + "".join(f"# {line}".rstrip() + "\n" for line in content.splitlines()) + "# ///\n"


def merge(content: str, ours: str = OURS, *, replaces_source: bool = False) -> dict[str, object]:
    merged = merge_header(header(content), ours, replaces_source=replaces_source)
    match = find_header(merged)
    assert match is not None
    assert match[0] == merged
    return tomllib.loads("".join(line[2:] + "\n" for line in match["content"].splitlines()))


def test_an_empty_header_gets_everything() -> None:
    assert merge("") == tomllib.loads("".join(line[2:] + "\n" for line in OURS.splitlines()[1:-1]))


def test_dependencies_and_tables_are_added_and_own_ones_stay() -> None:
    merged = merge(
        'dependencies = ["Nox>=2025", "tomlkit"]\n[tool.uv]\nexclude-newer = "2 weeks"\n[[tool.uv.index]]\nname = "mine"\n'
        'url = "https://example.org/mine"\n[tool.mine]\nx = 1\n'
    )
    assert merged["dependencies"] == ["Nox>=2025", "tomlkit", "evenfall[sessions]"]
    tool = merged["tool"]
    assert isinstance(tool, dict)
    assert tool["mine"] == {"x": 1}
    assert tool["uv"]["exclude-newer"] == "2 weeks"
    assert [index["name"] for index in tool["uv"]["index"]] == ["mine", "evenfall"]


@pytest.mark.parametrize(("replaces_source", "expected"), [(False, "evenfall==1"), (True, "evenfall[sessions]")])
def test_the_requirement_of_evenfall_is_replaced_only_for_another_source(replaces_source: bool, expected: str) -> None:
    merged = merge('dependencies = ["evenfall==1", "nox"]', replaces_source=replaces_source)
    assert merged["dependencies"] == [expected, "nox"]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (">=3.9", ">=3.11"),
        (">=3.9,<3.15,!=3.13.1", ">=3.11,!=3.13.1,<3.15"),
        (">3.8", ">=3.11"),
        (">=3.12", ">=3.12"),
        (">=3.11.4", ">=3.11.4"),
        ("==3.13.*", "==3.13.*"),
        ("~=3.10", ">=3.11,~=3.10"),
    ],
)
def test_the_pythons_are_those_of_both(own: str, expected: str) -> None:
    assert merge(f'requires-python = "{own}"')["requires-python"] == expected


@pytest.mark.parametrize("own", ["<3.11", "==3.10.*", ">=4"])
def test_a_header_without_a_python_of_evenfall_is_refused(own: str) -> None:
    with pytest.raises(EvenfallError, match=r"script header requires Python .*, but Evenfall needs >=3\.11"):
        merge(f'requires-python = "{own}"')


@pytest.mark.parametrize(
    "content",
    ["= 1", 'requires-python = "three"', "dependencies = 3", 'dependencies = ["a b c"]', "requires-python = 3"],
)
def test_a_header_that_is_not_valid_is_refused(content: str) -> None:
    with pytest.raises(EvenfallError, match="its script header is not valid"):
        merge(content)


def test_whether_a_header_requires_evenfall() -> None:
    assert has_evenfall(OURS)
    assert not has_evenfall(header('dependencies = ["nox"]'))
    assert not has_evenfall(header(""))
