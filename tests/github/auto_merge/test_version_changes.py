from __future__ import annotations

import pytest

from evenfall.github.auto_merge.version_changes import UpdateKind, VersionChange, update_kind

PATCH, MINOR, MAJOR, UNKNOWN = UpdateKind.PATCH, UpdateKind.MINOR, UpdateKind.MAJOR, UpdateKind.UNKNOWN


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("1.0", "1.0.1", PATCH),
        ("1.0.9", "1.0.10", PATCH),
        ("1.0", "1.0.post1", PATCH),
        ("1.0rc1", "1.0", PATCH),
        ("1.2.3", "1.3", MINOR),
        ("0.1.0", "0.2.0", MINOR),
        ("2025.1", "2025.2", MINOR),
        ("1.9", "2.0", MAJOR),
        ("0.9", "1.0", MAJOR),
        ("9.0", "1!9.0", MAJOR),
        ("1.1", "1.0", UpdateKind.DOWNGRADE),
        ("1!1.0", "2.0", UpdateKind.DOWNGRADE),
        ("1.0", "1.1rc1", UpdateKind.PRE_RELEASE),
        ("1.0", "1.0.1.dev1", UpdateKind.PRE_RELEASE),
        ("1.0+cpu", "1.0.1", UNKNOWN),
        ("1.0", "1.0.1+mine", UNKNOWN),
        ("1.0", "1.0.0", UNKNOWN),
        ("1.0", "latest", UNKNOWN),
        ("", "1.0", UNKNOWN),
        ("1.0", f"1.{'9' * 5000}", UNKNOWN),
    ],
)
def test_the_kind_of_an_update(before: str, after: str, kind: UpdateKind) -> None:
    assert update_kind(VersionChange(name="oil", before=(before,), after=(after,))) is kind


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ((), ("1.0",), UpdateKind.ADDED),
        (("1.0",), (), UpdateKind.REMOVED),
        (("1.0", "2.0"), ("2.0", "1.0.1"), PATCH),
        (("1.0", "2.0"), ("1.0.1", "2.1"), MINOR),
        (("1.0", "2.0"), ("1.0.1", "3.0"), MAJOR),
        (("1.0", "2.0"), ("1.1", "2.0rc1"), UpdateKind.DOWNGRADE),
        (("1.0", "2.0"), ("2.0.1",), UNKNOWN),
        (("1.0",), ("1.0.1", "2.0"), UNKNOWN),
    ],
)
def test_the_kind_of_a_change_of_several_versions(
    before: tuple[str, ...], after: tuple[str, ...], kind: UpdateKind
) -> None:
    assert update_kind(VersionChange(name="oil", before=before, after=after)) is kind
