"""What a runner's label says of its system: `ubuntu-latest` is a Linux on x86-64."""

from __future__ import annotations

# A label begins with the system's name; Python has names of its own for them (`sys.platform`).
_SYSTEMS = {"ubuntu": "linux", "linux": "linux", "macos": "darwin", "windows": "win32"}


def system_of(label: str) -> str:
    """`sys.platform` of a runner: `"linux"` for `ubuntu-latest`. An unknown label is its own system."""
    return _SYSTEMS.get(label.partition("-")[0], label)


def is_arm(label: str) -> bool:
    """Whether a runner's processor is an ARM: `ubuntu-24.04-arm`, and every macOS without `-intel` or `-large`.

    https://docs.github.com/en/actions/reference/runners/github-hosted-runners
    """
    words = label.split("-")
    if words[0] == "macos":
        return not {"intel", "large", "13"} & set(words)
    return bool({"arm", "arm64"} & set(words))
