"""Evaluate environment markers for another Python and another system than those of this process.

https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

from evenfall.project.python_names import minor_version

MarkerEnvironment = Mapping[str, str]

_SYSTEMS = {
    "linux": {"os_name": "posix", "platform_system": "Linux"},
    "darwin": {"os_name": "posix", "platform_system": "Darwin"},
    "win32": {"os_name": "nt", "platform_system": "Windows"},
}
MACHINES = {"linux": ("x86_64", "aarch64"), "darwin": ("x86_64", "arm64"), "win32": ("AMD64", "ARM64")}
"""The values of `platform_machine` on the processors of Intel and of ARM."""

_EXTRA = re.compile(r"extra\s*[=!]=\s*(['\"])[^'\"]*\1|(['\"])[^'\"]*\2\s*[=!]=\s*extra")


def marker_environment(python: str, platform: str = "linux", *, machine: str = "") -> MarkerEnvironment:
    """Return the variables of markers for a Python such as `"3.13t"` on a `sys.platform`; the patch release is a very new one."""
    version = minor_version(python)
    is_pypy = python.startswith("pypy")
    return {
        **_SYSTEMS[platform],
        "platform_machine": machine or MACHINES[platform][0],
        "sys_platform": platform,
        "implementation_name": "pypy" if is_pypy else "cpython",
        "implementation_version": f"{version}.99",
        "platform_python_implementation": "PyPy" if is_pypy else "CPython",
        "platform_release": "",
        "platform_version": "",
        "python_full_version": f"{version}.99",
        "python_version": version,
    }


def may_hold_in(marker: str, environment: MarkerEnvironment) -> bool:
    """Return whether a marker can be true in an environment with some extras and groups; true for one that can't be read or compared."""
    if not marker:
        return True
    parsed = _parsed(_EXTRA.sub("python_version >= '0'", marker))
    try:
        return parsed is None or parsed.evaluate({**environment})
    except (UndefinedComparison, UndefinedEnvironmentName):
        return True


@cache
def _parsed(marker: str) -> Marker | None:
    try:
        return Marker(marker)
    except InvalidMarker:
        return None
