"""The services that listen on this machine, such as a database: a runner has none, so jobs can't connect to them.

Landlock can allow connections by port only (ABI 4, https://docs.kernel.org/userspace-api/landlock.html#network-flags), so a port
that somebody listens on here is closed on all hosts, except those that the internet or a proxy needs.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evenfall.run import landlock
from evenfall.run.runner_environment import PROXIES

_OPEN = frozenset([22, 53, 80, 443])
"""The ports of SSH, DNS and HTTP, which jobs need to reach other machines."""

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTENS = "0A"


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The ports that somebody listens on: `closed` for the processes that `start` starts (as `Popen` does), or still `reachable`."""

    closed: frozenset[int] = frozenset()
    reachable: frozenset[int] = frozenset()
    start: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen


@contextlib.contextmanager
def closed_services(
    environ: Mapping[str, str],
    tables: tuple[str, ...] = _TABLES,
    *,
    abi: int | None = None,
    is_with_paths: bool = False,
) -> Iterator[Services]:
    """Yield the services of this moment, closed if this kernel can do that (`abi` of Landlock).

    `is_with_paths` is whether Landlock also restricts the paths of the processes.

    One thread restricts itself and starts all processes, which inherit that, because a restriction takes 20 ms and its rules 120 ms.
    """
    abi = landlock.abi() if abi is None else abi
    listening = frozenset(_listening_ports(tables))
    closed = listening - _OPEN - {*_proxy_ports(environ)}
    if abi < landlock.WITH_PORTS or not (closed or abi >= landlock.WITH_SCOPES):
        yield Services(reachable=closed | (listening & {80, 443}))
        return
    with ThreadPoolExecutor(max_workers=1) as restricted:
        entered = restricted.submit(
            lambda: landlock.enter(landlock.ruleset_without_ports(closed, abi, is_with_paths=is_with_paths))
        )

        def start(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
            entered.result()
            return restricted.submit(lambda: subprocess.Popen(*arguments, **options)).result()

        yield Services(closed=closed, reachable=listening & {80, 443}, start=start)


def _listening_ports(tables: tuple[str, ...]) -> Iterator[int]:
    """Yield the ports of TCP sockets that listen (https://docs.kernel.org/networking/proc_net_tcp.html)."""
    for table in tables:
        with contextlib.suppress(OSError):
            for fields in map(str.split, Path(table).read_text(encoding="ascii").splitlines()[1:]):
                if fields[3] == _LISTENS:
                    yield int(fields[1].rpartition(":")[2], 16)


def _proxy_ports(environ: Mapping[str, str]) -> Iterator[int]:
    for value in filter(None, (environ.get(name) for name in PROXIES)):
        with contextlib.suppress(ValueError):
            if port := urlsplit(value if "://" in value else f"http://{value}").port:
                yield port


def names_of(ports: frozenset[int]) -> str:
    """Return the ports with the names of the processes that listen on them, such as `postgres on 5432`, if this user may know them."""
    import psutil  # it takes 20 ms to import, and most runs do not need it

    names: dict[int, str] = {}
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            local, pid = connection.laddr, connection.pid
            if connection.status == psutil.CONN_LISTEN and local and pid and local.port in ports:
                with contextlib.suppress(psutil.NoSuchProcess):
                    names[local.port] = psutil.Process(pid).name()
    return ", ".join(f"{names.get(port, 'a service')} on {port}" for port in sorted(ports))


def numbers_in(text: str) -> frozenset[int]:
    """Return the numbers in a text that may be ports."""
    return frozenset(map(int, re.findall(r"(?<![\w.])\d{2,5}(?!\w)", text)))
