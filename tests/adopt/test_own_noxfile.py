from __future__ import annotations

import ast
from pathlib import Path

import pytest

from evenfall.adopt.own_noxfile import OwnNoxfile, read_own_noxfile
from evenfall.errors import EvenfallError
from tests.adopt.conftest import HEADER

OWN = '''\
#!/usr/bin/env -S uv run --script
# Copyright
"""The sessions."""

from __future__ import annotations

import os

import nox

nox.options.sessions = ["tests"]


@nox.session
def tests(session):
\t"""Run the tests."""
\tsession.run("pytest", *os.environ)


# As a script.
if __name__ == "__main__":
    nox.main()
'''


def read(tmp_path: Path, text: str | bytes) -> OwnNoxfile:
    (tmp_path / "noxfile.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_own_noxfile(tmp_path / "noxfile.py")


def completed(noxfile: OwnNoxfile, *omit: str, release: bool = False) -> str:
    edited = noxfile.with_header(HEADER, replaces_source=False).with_sessions(omit, release=release)
    return edited.content.decode()


def added(before: str, after: str) -> str:
    """The added lines, after a check that all others stay in their order."""
    rest = iter(before.splitlines())
    new, line = [], next(rest, None)
    for text in after.splitlines():
        if text == line:
            line = next(rest, None)
        else:
            new.append(text)
    assert line is None, f"lost: {line}"
    return "\n".join(text for text in new if text and text not in HEADER)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_only_lines_are_added_to_a_noxfile(tmp_path: Path, end: str) -> None:
    before = OWN.replace("\n", end)
    after = completed(read(tmp_path, before), "tests", "coverage")
    assert added(before, after) == 'import evenfall\nevenfall.standard_sessions(omit=["tests", "coverage"])'
    lines = after.split(end)
    assert lines[:3] == [OWN.splitlines()[0], "", "# /// script"]
    assert lines.index("import evenfall") == lines.index("import nox") - 1
    assert lines.index("# As a script.") == lines.index(lines[-6]) + 2
    assert read(tmp_path, after).with_sessions((), release=False).content.decode() == after, "it is complete"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            'import evenfall\nimport nox\nevenfall.standard_sessions(omit=["tests"])\nif __name__ == "__main__":\n    nox.main()',
        ),
        (
            "import nox; x = 1",
            'import evenfall\nevenfall.standard_sessions(omit=["tests"])\nif __name__ == "__main__":\n    nox.main()',
        ),
        (
            '"""Sessions."""\nfrom nox import session, main\n\n\nmain()\n',
            'import evenfall\nevenfall.standard_sessions(omit=["tests"])',
        ),
        (
            "import os\ntry:\n    import nox as n\nexcept ImportError:\n    raise\n",
            'import evenfall\nimport nox\nevenfall.standard_sessions(omit=["tests"])\nif __name__ == "__main__":\n    nox.main()',
        ),
        (
            "import nox\nif __name__ == '__main__':\n    print()\n",
            'import evenfall\nevenfall.standard_sessions(omit=["tests"])',
        ),
        ("import evenfall, nox\nnox.main()\n@evenfall.session\ndef x(session): ...\n", ""),
        ("import evenfall as ef\nimport nox as n\nef.standard_sessions(omit=['tests'])\nn.main()\n", ""),
        ("import nox\nimport evenfall\nnox.main()\n", 'evenfall.standard_sessions(omit=["tests"])'),
    ],
)
def test_what_a_noxfile_lacks_is_added(tmp_path: Path, text: str, expected: str) -> None:
    after = completed(read(tmp_path, text), "tests")
    assert added(text, after) == expected
    ast.parse(after)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("evenfall.standard_sessions()", 'evenfall.standard_sessions(omit=["tests"])'),
        ("standard_sessions(omit=('lint',)) # ä", 'standard_sessions(omit=["lint", "tests"]) # ä'),
        (
            "x = 'ä'; evenfall.standard_sessions(\n    omit=['lint'],\n)",
            'x = \'ä\'; evenfall.standard_sessions(omit=["lint", "tests"])',
        ),
        ("evenfall.standard_sessions(omit=['tests'])", "evenfall.standard_sessions(omit=['tests'])"),
        (
            "import evenfall as ef; ef.standard_sessions()",
            'import evenfall as ef; ef.standard_sessions(omit=["tests"])',
        ),
        (
            "from evenfall import standard_sessions as add; add()",
            'from evenfall import standard_sessions as add; add(omit=["tests"])',
        ),
    ],
)
def test_own_sessions_are_added_to_those_that_an_existing_call_omits(tmp_path: Path, call: str, expected: str) -> None:
    text = "import evenfall\nfrom evenfall import standard_sessions\nimport nox\n{}\n\n\nif __name__ == '__main__':\n    nox.main()\n"
    noxfile = read(tmp_path, text.format(call))
    assert completed(noxfile, "tests") == HEADER + text.format(expected)
    assert "standard_sessions(" not in noxfile.without_evenfall.text


def test_computed_names_of_omitted_sessions_are_refused_with_the_names_to_add(tmp_path: Path) -> None:
    noxfile = read(tmp_path, "import evenfall, nox\nNAMES = []\nevenfall.standard_sessions(omit=NAMES)\n")
    with pytest.raises(EvenfallError, match=r"omit=NAMES") as caught:
        completed(noxfile, "tests", "coverage")
    assert "tests, coverage" in caught.value.hint


def test_the_sessions_of_a_release_follow_the_standard_sessions(tmp_path: Path) -> None:
    after = completed(read(tmp_path, OWN), release=True)
    assert "\nevenfall.standard_sessions()\nevenfall.release_sessions()\n\n# As a script.\n" in after
    assert completed(read(tmp_path, after), release=True) == after
    plain = after.replace("evenfall.release_sessions()\n", "")
    assert added(plain, completed(read(tmp_path, plain), release=True)) == "evenfall.release_sessions()"


def test_a_script_header_is_merged_where_it_is(tmp_path: Path) -> None:
    text = (
        "# Copyright\n\n# /// script\n# dependencies = [\n#   'nox>=2025', # why\n# ]\n# ///\nimport nox\nnox.main()\n"
    )
    noxfile = read(tmp_path, text)
    assert not noxfile.has_evenfall
    merged = noxfile.with_header(
        "# /// script\n# requires-python = '>=3.11'\n# dependencies = ['nox==1', 'evenfall==2']\n# ///\n",
        replaces_source=False,
    )
    assert merged.has_evenfall
    assert merged.text.startswith(
        "# Copyright\n\n# /// script\n# requires-python = \">=3.11\"\n# dependencies = [\n#   'nox>=2025', # why\n"
    )
    assert "nox==1" not in merged.text
    assert merged.text.endswith("# ///\nimport nox\nnox.main()\n")


@pytest.mark.parametrize(
    "start", ["#!/usr/bin/python\n", "# -*- coding: utf-8 -*-\n", "#!/usr/bin/python\n# coding=utf-8\n"]
)
def test_a_new_script_header_is_below_the_lines_that_must_be_first(tmp_path: Path, start: str) -> None:
    after = completed(read(tmp_path, f"{start}# Copyright\nimport nox\nnox.main()\n"))
    assert after.startswith(f"{start}\n{HEADER}\n# Copyright\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"import nox\ndef tests(:\n", r"noxfile\.py:2: syntax error: "),
        (b"x = '\0'\n", r"noxfile\.py(:1)?: .*null bytes"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe4'\n", "plain UTF-8, .*iso-8859-1"),
        (b"x = '\xe4'\n", "plain UTF-8, "),
        (b"\xef\xbb\xbfimport nox\n", "plain UTF-8, .*byte order mark"),
        (b"# coding: nonsense\n", "plain UTF-8, .*nonsense"),
    ],
)
def test_a_noxfile_that_is_no_python_in_utf8_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(EvenfallError, match=message):
        read(tmp_path, content)


def test_a_noxfile_that_can_not_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "noxfile.py").mkdir()
    with pytest.raises(EvenfallError, match=r"^noxfile\.py: it can't be read: "):
        read_own_noxfile(tmp_path / "noxfile.py")
