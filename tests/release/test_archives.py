from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.release.archives import differences, metadata_problems, read_members

METADATA = "Metadata-Version: 2.1\nName: lantern\nVersion: 1.0\n"


def wheel(
    folder: Path, members: dict[str, str], *, year: int = 2020, name: str = "lantern-1.0-py3-none-any.whl"
) -> Path:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        for member, text in members.items():
            archive.writestr(zipfile.ZipInfo(member, (year, 1, 1, 0, 0, 0)), text)
    return folder / name


def sdist(folder: Path, members: dict[str, str], *, mtime: int = 0, level: int = 9) -> Path:
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / "lantern-1.0.tar.gz", "w:gz", compresslevel=level) as archive:
        archive.addfile(_info("lantern-1.0", tarfile.DIRTYPE))
        for member, text in members.items():
            info = _info(f"lantern-1.0/{member}", tarfile.REGTYPE)
            info.size, info.mtime = len(text), mtime
            archive.addfile(info, io.BytesIO(text.encode()))
        link = _info("lantern-1.0/link", tarfile.SYMTYPE)
        link.linkname = "elsewhere"
        archive.addfile(link)
    return folder / "lantern-1.0.tar.gz"


def _info(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    return info


def test_valid_metadata_have_no_problem(tmp_path: Path) -> None:
    built = [wheel(tmp_path, {"lantern-1.0.dist-info/METADATA": METADATA}), sdist(tmp_path, {"PKG-INFO": METADATA})]
    assert list(metadata_problems(built)) == []


def test_every_invalid_field_is_a_problem_with_the_name_of_the_archive(tmp_path: Path) -> None:
    text = METADATA.replace("1.0", "one") + "Requires-Python: three\n"
    problems = list(metadata_problems([wheel(tmp_path, {"lantern-1.0.dist-info/METADATA": text})]))
    assert len(problems) == 2
    assert all(
        problem.startswith("lantern-1.0-py3-none-any.whl: lantern-1.0.dist-info/METADATA: ") for problem in problems
    )
    assert any("'version'" in problem for problem in problems)
    assert any("'requires-python'" in problem for problem in problems)


def test_a_license_file_in_old_metadata_is_accepted_as_indexes_accept_it(tmp_path: Path) -> None:
    assert list(metadata_problems([sdist(tmp_path, {"PKG-INFO": f"{METADATA}License-File: LICENSE\n"})])) == []


def test_only_the_outermost_metadata_of_an_sdist_are_checked(tmp_path: Path) -> None:
    members = {"a/vendored/PKG-INFO": "not metadata", "PKG-INFO": METADATA}
    assert list(metadata_problems([sdist(tmp_path, members)])) == []


def test_missing_metadata_is_a_problem(tmp_path: Path) -> None:
    assert list(metadata_problems([wheel(tmp_path, {"lantern.py": ""}), sdist(tmp_path, {"lantern.py": ""})])) == [
        "lantern-1.0-py3-none-any.whl: .dist-info/METADATA is missing",
        "lantern-1.0.tar.gz: PKG-INFO is missing",
    ]


def test_another_file_name_is_the_only_difference_reported(tmp_path: Path) -> None:
    first, second = wheel(tmp_path, {}), wheel(tmp_path, {}, name="lantern-2.0-py3-none-any.whl")
    assert differences(first, second) == ["its name is lantern-2.0-py3-none-any.whl"]


def test_every_different_member_is_reported(tmp_path: Path) -> None:
    first = wheel(tmp_path / "one", {"a.py": "1", "b.py": "1", "c.py": "1"})
    second = wheel(tmp_path / "two", {"b.py": "2", "c.py": "1", "d.py": "1"}, year=2021)
    contents = [
        "a.py is only in one of the archives",
        "d.py is only in one of the archives",
        "b.py has different contents",
    ]
    assert differences(first, second) == [*contents, "c.py has a different time, mode or owner"]
    assert differences(first, second, only_contents=True) == contents


def test_archives_with_equal_members_differ_unless_only_contents_are_compared(tmp_path: Path) -> None:
    members = {"a.py": "1" * 1000}
    first, second = sdist(tmp_path / "one", members, level=1), sdist(tmp_path / "two", members, level=0)
    assert differences(first, second) == ["the archive itself (order, compression or time), not its members"]
    assert differences(first, second, only_contents=True) == []


names = st.dictionaries(st.from_regex(r"[a-z]{1,3}\.py", fullmatch=True), st.text("xy", max_size=3), max_size=4)


@given(one=names, other=names)
def test_two_wheels_have_the_same_contents_only_if_every_member_has(one: dict[str, str], other: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second = wheel(Path(folder, "1"), one), wheel(Path(folder, "2"), other, year=2030)
        assert {name: content.decode() for name, (content, _) in read_members(first).items()} == one
        assert (differences(first, second, only_contents=True) == []) is (one == other)


def test_the_version_of_the_build_backend_is_no_content(tmp_path: Path) -> None:
    def built(folder: str, backend: str, tag: str) -> Path:
        metadata = f"Wheel-Version: 1.0\nGenerator: {backend}\nTag: {tag}\n"
        record = f"lantern.py,sha256=a,1\nlantern-1.0.dist-info/WHEEL,sha256={backend},2\n"
        members = {"lantern-1.0.dist-info/WHEEL": metadata, "lantern-1.0.dist-info/RECORD": record}
        return wheel(tmp_path / folder, members)

    first, other_backend = built("a", "hatchling 1", "py3"), built("b", "hatchling 2", "py3")
    other_tag = built("c", "hatchling 1", "py2")
    assert differences(first, other_backend, only_contents=True) == []
    assert differences(first, other_backend) == ["lantern-1.0.dist-info/WHEEL has different contents"]
    assert differences(first, other_tag, only_contents=True) == ["lantern-1.0.dist-info/WHEEL has different contents"]


def test_a_second_file_of_the_same_name_is_a_difference(tmp_path: Path) -> None:
    first, second = (
        wheel(tmp_path / name, {"lantern.py": "lit"}, year=year) for name, year in (("a", 2020), ("b", 2021))
    )
    with zipfile.ZipFile(second, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("lantern.py", "lit")
    assert differences(first, second, only_contents=True) == ["lantern.py has different contents"]


def test_a_file_is_no_link_to_a_file_of_that_name(tmp_path: Path) -> None:
    first = sdist(tmp_path / "a", {"other": "x"})
    second = tmp_path / "b" / first.name
    second.parent.mkdir()
    with tarfile.open(second, "w:gz") as archive:
        for member, text in {"other": b"x", "link": b"elsewhere"}.items():
            info = _info(f"lantern-1.0/{member}", tarfile.REGTYPE)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    assert differences(first, second, only_contents=True) == ["lantern-1.0/link has different contents"]
