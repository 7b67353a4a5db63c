from __future__ import annotations

import pytest

from evenfall.project.marker_environment import marker_environment, may_hold_in


@pytest.mark.parametrize(
    ("marker", "python", "platform", "expected"),
    [
        ("", "3.12", "linux", True),
        ("python_full_version >= '3.12.4'", "3.12", "linux", True),
        ("python_version < '3.12'", "3.12", "linux", False),
        ("platform_python_implementation == 'PyPy'", "pypy3.11", "linux", True),
        ("implementation_name == 'cpython' and python_version == '3.13'", "3.13t", "linux", True),
        ("sys_platform == 'win32' and os_name == 'nt'", "3.12", "win32", True),
        ("sys_platform == 'darwin'", "3.12", "linux", False),
        ("extra == 'group-4-lamp-dev' and python_version >= '3.12'", "3.12", "linux", True),
        ('"group-4-lamp-dev" != extra and python_version >= "3.12"', "3.11", "linux", False),
        ("not a marker", "3.12", "linux", True),
        ("sys_platform ~= 'linux'", "3.12", "linux", True),
    ],
)
def test_markers_are_evaluated_for_another_python_and_system(
    marker: str, python: str, platform: str, expected: bool
) -> None:
    assert may_hold_in(marker, marker_environment(python, platform)) is expected
