"""One line with what can't be made equal to a runner: system, kernel, C library, patch releases of Python, CPUs, memory, limits, root."""

from __future__ import annotations

import contextlib
import math
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
        if (kernel := ".".join(platform.release().split(".")[:2])) != image.kernel:
            yield f"Linux {kernel} ({image.kernel})"
        if (libc := " ".join(platform.libc_ver()).strip() or "another C library") != image.libc:
            yield f"{libc} ({image.libc})"
        yield from low_limits(image.limits)
    if (cpus := _cpus()) != image.cpus:
        yield f"{cpus:g} {'CPU' if cpus == 1 else 'CPUs'} ({image.cpus})"
    if (memory := _memory()) < image.memory * 0.9:  # the kernel keeps some for itself
        yield f"{memory:.1f} GB of memory ({image.memory})"


_LIMITS = {
    "RLIMIT_AS": "bytes of memory",
    "RLIMIT_CPU": "seconds of CPU time",
    "RLIMIT_DATA": "bytes of data",
    "RLIMIT_FSIZE": "bytes in a file",
    "RLIMIT_NOFILE": "open files",
    "RLIMIT_STACK": "bytes of stack",
}


def low_limits(limits: Mapping[str, int]) -> Iterator[str]:
    """Yield the resource limits that are below a runner's and that only root could raise (getrlimit(2))."""
    import resource  # Windows does not have it

    for name, value in limits.items():
        hard = resource.getrlimit(getattr(resource, name))[1]
        if hard != resource.RLIM_INFINITY and (value == resource.RLIM_INFINITY or hard < value):
            shown = "unlimited" if value == resource.RLIM_INFINITY else str(value)
            yield f"at most {hard} {_LIMITS[name]} ({shown})"


def cores() -> int:
    """Return the number of cores that this process may use, which a container or the process itself can limit; at least one."""
    return math.ceil(_cpus())


def _cpus() -> float:
    """Return the number of CPUs that this process may use; that of a container can have a fraction."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([cpus, *(quota / period for quota, period in cgroup_limits("cpu.max"))])


def _memory() -> float:
    """Return the memory that this process may use, in GB."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([total, *(limit for limit, *_ in cgroup_limits("memory.max"))]) / 1e9


def cgroup_limits(
    name: str, processes: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> Iterator[list[int]]:
    """Yield the limits of a container in a file of this process's cgroup and of those above it.

    https://docs.kernel.org/admin-guide/cgroup-v2.html
    """
    with contextlib.suppress(OSError):
        path = processes.read_text(encoding="utf-8").rpartition("0::/")[2].strip()
        for folder in (root / path, *(root / path).parents):
            with contextlib.suppress(OSError):
                words = (folder / name).read_text(encoding="ascii").split()
                if words[0] != "max":
                    yield [*map(int, words)]


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
