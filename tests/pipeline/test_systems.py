from __future__ import annotations

import pytest

from evenfall.pipeline.systems import is_arm, system_of


@pytest.mark.parametrize(
    ("label", "system", "arm"),
    [
        ("ubuntu-latest", "linux", False),
        ("ubuntu-24.04-arm", "linux", True),
        ("linux-arm64", "linux", True),
        ("macos-latest", "darwin", True),
        ("macos-13", "darwin", False),
        ("macos-15-intel", "darwin", False),
        ("macos-14-large", "darwin", False),
        ("macos-14-xlarge", "darwin", True),
        ("windows-latest", "win32", False),
        ("windows-11-arm", "win32", True),
        ("big-iron", "big-iron", False),
    ],
)
def test_a_label_says_its_system_and_its_processor(label: str, system: str, arm: bool) -> None:
    assert (system_of(label), is_arm(label)) == (system, arm)
