"""One line with what can't be made equal to a runner: system, C library, patch releases of Python, CPUs, root."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from evenfall.project.interpreters import full_version
from evenfall.run.isolation import Isolation
from evenfall.run.runner_image import RunnerImage, runner_image


def machine_line(pythons: Iterable[Path], isolation: Isolation, image: RunnerImage | None = None) -> str:
    """Return the differences of this machine, which runs jobs with these interpreters, from an image; default: the published one."""
    image = image or runner_image()
    differences = [*_system_differences(image), *_other_differences(pythons, isolation)]
    return f"not as on a runner: {', '.join(differences)}"


def _system_differences(image: RunnerImage) -> Iterator[str]:
    if sys.platform == "darwin":  # pragma: no cover - not on this system
        yield f"macOS {platform.mac_ver()[0]}"
    else:
        if (system := linux_name()) != image.system:
            yield f"{system} ({image.system})"
        if (libc := " ".join(platform.libc_ver()).strip() or "another C library") != image.libc:
            yield f"{libc} ({image.libc})"
    if (cpus := os.cpu_count() or 1) != image.cpus:
        yield f"{cpus} {'CPU' if cpus == 1 else 'CPUs'} ({image.cpus})"


def linux_name(release: Callable[[], Mapping[str, str]] = platform.freedesktop_os_release) -> str:
    """Return the name and version of a Linux distribution."""
    try:
        found = release()
    except OSError:
        return "an unknown Linux"
    return f"{found['NAME']} {found.get('VERSION_ID', '')}".strip()


def _other_differences(pythons: Iterable[Path], isolation: Isolation) -> Iterator[str]:
    versions = dict.fromkeys(filter(None, map(_version, dict.fromkeys(pythons))))
    yield f"Python {', '.join(versions) or platform.python_version()} (a runner may have another patch release)"
    if os.geteuid() == 0 and isolation is not Isolation.NAMESPACES:
        yield "jobs are root"


def _version(python: Path) -> str:
    """Return the version in the path of an interpreter of pyenv or uv; else ask the interpreter, which takes longer."""
    found = re.search(r"(?<![\d.])3\.\d+\.\d+", os.fspath(python.resolve()))
    return found[0] if found else full_version(python)
