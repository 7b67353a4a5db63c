from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from uv import find_uv_bin

from evenfall.errors import EvenfallError, Exit
from evenfall.release.local_index import Faults, LocalIndex
from evenfall.release.manifest import sha256_of
from tests.release.distributions import write_sdist, write_wheel

pytestmark = pytest.mark.integration


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LocalIndex]:
    with LocalIndex(tmp_path / "index") as index:
        yield index


def upload(index: LocalIndex, file: Path, **environ: str) -> int:
    return subprocess.run(
        [find_uv_bin(), "publish", "--no-config", "--quiet", "--publish-url", index.urls.upload, file],
        env=os.environ | {"UV_HTTP_RETRIES": "0"} | dict(environ or index.credentials.environ),
        check=False,
    ).returncode


def names(index: LocalIndex) -> list[str]:
    return [file.name for file in index.files("lamp") or ()]


@pytest.mark.every_python  # pypiserver uses modules that newer versions removed
def test_uv_uploads_a_file_and_installs_it(index: LocalIndex, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path)
    assert index.files("lamp") is None
    assert upload(index, wheel) == 0
    (file,) = index.files("Lamp") or ()
    assert (file.name, file.hashes) == (wheel.name, {"sha256": sha256_of(wheel)})
    assert time.time() - 60 < time.mktime(time.strptime(str(file.upload_time), "%Y-%m-%dT%H:%M:%S.%fZ")) - time.timezone
    command = (find_uv_bin(), "pip", "install", "--quiet", "--no-config", "--no-cache", "--target", tmp_path / "site")
    subprocess.run([*command, "--default-index", index.urls.simple, "lamp"], check=True)
    assert (tmp_path / "site/lamp.py").exists()


def test_a_long_upload_leaves_no_file_open(index: LocalIndex, tmp_path: Path) -> None:
    """bottle writes it to a temporary file. pytest reports one that only the garbage collector closes."""
    assert upload(index, write_wheel(tmp_path, code="#" * 200_000)) == 0
    gc.collect()


def test_a_file_is_never_replaced(index: LocalIndex, tmp_path: Path) -> None:
    assert upload(index, write_sdist(tmp_path)) == 0
    assert upload(index, write_sdist(tmp_path, code="changed = True")) != 0
    assert index.files("lamp") is not None


def test_another_password_or_none_is_refused(index: LocalIndex, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path)
    assert upload(index, wheel, UV_PUBLISH_TOKEN="another") != 0
    data = {":action": "file_upload"}
    assert httpx.post(index.urls.upload, data=data, trust_env=False).status_code == 401
    assert names(index) == []


def test_the_files_of_other_projects_are_not_listed(index: LocalIndex, tmp_path: Path) -> None:
    for project in ("lamp", "lantern"):
        assert upload(index, write_wheel(tmp_path, project)) == 0
    (index.folder / "README").touch()
    assert names(index) == ["lamp-1.0-py3-none-any.whl"]


def test_the_files_stay_in_the_folder(index: LocalIndex, tmp_path: Path) -> None:
    write_wheel(index.folder)
    with LocalIndex(index.folder) as again:
        assert names(again) == ["lamp-1.0-py3-none-any.whl"]


def test_a_file_can_be_listed_later_than_it_is_uploaded(tmp_path: Path) -> None:
    with LocalIndex(tmp_path, faults=Faults(shown_after=30)) as index:
        wheel = write_wheel(tmp_path)
        assert index.files("lamp") is None
        os.utime(wheel, (0, time.time() - 31))
        assert names(index) == [wheel.name]


def test_a_page_can_fail(index: LocalIndex) -> None:
    write_wheel(index.folder)
    index.faults.failing_pages = 1
    with pytest.raises(EvenfallError) as caught:
        index.files("lamp")
    assert caught.value.exit_code == Exit.UNKNOWN
    assert names(index)


def test_an_upload_can_fail_or_break_half_way(index: LocalIndex, tmp_path: Path) -> None:
    index.faults.failing_uploads = 1
    index.faults.whole_uploads = 1
    index.faults.broken_uploads = 1
    wheel, sdist = write_wheel(tmp_path), write_sdist(tmp_path)
    assert upload(index, wheel) != 0
    assert upload(index, wheel) == 0
    assert upload(index, sdist) != 0
    assert names(index) == [wheel.name]
    assert upload(index, sdist) == 0


def test_nothing_prints_the_password(index: LocalIndex) -> None:
    password = index.credentials.environ["UV_PUBLISH_PASSWORD"]
    assert password not in repr((index.credentials, index, index.urls))
    assert index.credentials.redact(f"it is {password}, __token__") == "it is ***, __token__"


def test_the_index_stops_after_an_exception(tmp_path: Path) -> None:
    index = LocalIndex(tmp_path / "index")

    def interrupt() -> None:
        with index:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    address = index.urls.simple
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False)


def test_no_process_is_left_if_python_is_killed(tmp_path: Path) -> None:
    code = "import os, sys, pathlib; from evenfall.release.local_index import LocalIndex\n"
    code += "with LocalIndex(pathlib.Path(sys.argv[1])) as index: print(index.urls.simple); os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert not done.stderr
