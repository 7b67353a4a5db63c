"""Jobs can't connect to the services of this machine."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenfall.run import landlock
from evenfall.run.services import Services, closed_services, names_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has Landlock")

needs_ports = pytest.mark.skipif(landlock.abi() < landlock.WITH_PORTS, reason="this kernel can't close ports")


@contextlib.contextmanager
def listener() -> Iterator[int]:
    """Listen on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def table(path: Path, *ports: int) -> tuple[str]:
    """Write a table of the kernel with sockets that listen on these ports."""
    rows = [f"0: 0100007F:{port:04X} 00000000:0000 0A x" for port in ports]
    path.write_text("\n".join(["header", *rows, "1: 0100007F:FFFF 00000000:0000 01 x", ""]))
    return (os.fspath(path),)


CONNECT = """\
import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[2]))).close()
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])))
except PermissionError:
    print("closed")
"""


MOVE = """
import os, sys
from evenfall.run.landlock import confine

confine([("/", True)])
os.rename(sys.argv[1] + "/from/file", sys.argv[1] + "/to/file")
"""


@needs_ports
def test_a_process_reaches_only_ports_on_which_nobody_listened() -> None:
    with listener() as port, closed_services({}) as services, listener() as later:
        assert port in services.closed
        command = (sys.executable, "-c", CONNECT, str(port), str(later))
        for _ in range(2):
            assert services.start(command, stdout=subprocess.PIPE).communicate()[0] == b"closed\n"
        socket.create_connection(("127.0.0.1", port)).close()


@needs_ports
@pytest.mark.parametrize("is_with_paths", [True, False])
def test_a_process_that_restricts_its_paths_can_move_files_between_folders_if_that_is_known(
    tmp_path: Path, is_with_paths: bool
) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "to").mkdir()
    (tmp_path / "from/file").touch()
    with listener() as port, closed_services({}, is_with_paths=is_with_paths) as services:
        assert port in services.closed
        process = services.start((sys.executable, "-c", MOVE, os.fspath(tmp_path)), stderr=subprocess.DEVNULL)
        assert (process.wait() == 0) is is_with_paths


@needs_ports
def test_the_internet_and_proxies_stay_reachable(tmp_path: Path) -> None:
    tables = (*table(tmp_path / "tcp", 22, 53, 80, 443, 3128, 3129, 5432), os.fspath(tmp_path / "no-tcp6"))
    proxies = {"HTTPS_PROXY": "http://127.0.0.1:3128", "all_proxy": "localhost:3129", "http_proxy": "http://[x"}
    with closed_services(proxies, tables) as services:
        assert services.closed == {5432}
        assert services.reachable == {80} | {443}


@needs_ports
@pytest.mark.parametrize("abi", [4, 6])
def test_without_a_service_only_abstract_sockets_need_a_restriction(tmp_path: Path, abi: int) -> None:
    if abi > landlock.abi():
        pytest.skip("this kernel can't restrict abstract sockets")
    with closed_services({}, table(tmp_path / "tcp"), abi=abi) as services:
        assert (services.start is not subprocess.Popen) is (abi >= landlock.WITH_SCOPES)


def test_a_kernel_that_cannot_close_ports_leaves_services_reachable(tmp_path: Path) -> None:
    with closed_services({}, table(tmp_path / "tcp", 443, 5432, 22), abi=3) as services:
        assert services == Services(reachable=frozenset([443, 5432]))


def test_a_service_is_named_by_its_process() -> None:
    with listener() as port:
        name = Path(f"/proc/{os.getpid()}/comm").read_text().strip()
        assert names_of(frozenset([1, port])) == f"a service on 1, {name} on {port}"
