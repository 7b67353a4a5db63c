from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.package_index.http import new_client, send
from evenfall.project.index_auth import IndexAuth
from evenfall.project.tools import uv_program
from tests.supply_chain.index import Index, serving, wheel

pytestmark = pytest.mark.integration

WHEEL = "lamp-1.0-py3-none-any.whl"
USER, WORD = "ada", "open sesame"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """An index that wants a password, and a user without settings and credentials."""
    for name in list(os.environ):
        if name.startswith("UV_"):
            monkeypatch.delenv(name)
    for name in (
        "XDG_CONFIG_HOME",
        "APPDATA",
        "UV_CREDENTIALS_DIR",
        "HOME",
        "USERPROFILE",
        "XDG_CONFIG_DIRS",
        "PROGRAMDATA",
    ):
        monkeypatch.setenv(name, os.fspath(tmp_path / "user"))
    monkeypatch.setenv("NETRC", os.fspath(tmp_path / "netrc"))
    with serving() as server:
        server.password = "Basic " + base64.b64encode(f"{USER}:{WORD}".encode()).decode()
        server.add(WHEEL, wheel("lamp"))
        yield server


def statuses(index: Index, root: Path, *, page: str = "", registries: tuple[str, ...] = ()) -> list[int]:
    """Return the statuses of the page of a project and of its file."""
    with closing(new_client(seconds=9, auth=IndexAuth(root, registries=registries))) as client:
        urls = (page or f"{index.registry}/lamp/", f"{index.url}/{WHEEL}")
        return [send(client, client.build_request("GET", url)).status_code for url in urls]


def settings(root: Path, index: Index, *, user: str = "", more: str = "") -> None:
    url = index.registry.replace("://", f"://{user}@") if user else index.registry
    (root / "pyproject.toml").write_text(
        f'[[tool.uv.index]]\nname = "our-own"\nurl = "{url}"\n{more}', encoding="utf-8"
    )


def keyring(root: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> Path:
    """Put a program `keyring` on PATH that prints these lines, and return the file with its arguments."""
    log = root / "keyring.log"
    printed = "".join(f"print({line!r})\n" for line in lines)
    program = root / "bin" / ("keyring.py" if sys.platform == "win32" else "keyring")
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport sys\nopen({os.fspath(log)!r}, 'a').write(' '.join(sys.argv[1:]) + chr(10))\n"
        f"if '://' in sys.argv[2]: sys.exit(1)\n{printed}"
    )
    program.chmod(0o755)
    if sys.platform == "win32":
        (program.parent / "keyring.cmd").write_text(f'@"{sys.executable}" "{program}" %*\n')
    monkeypatch.setenv("PATH", os.fspath(program.parent), prepend=os.pathsep)
    monkeypatch.setenv("UV_KEYRING_PROVIDER", "subprocess")
    return log


def test_without_credentials_the_answer_is_that_of_the_server(index: Index, tmp_path: Path) -> None:
    assert statuses(index, tmp_path) == [401, 401]
    settings(tmp_path, index)
    assert statuses(index, tmp_path) == [401, 401]


def test_the_variables_of_a_named_index_are_used(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_INDEX_OUR_OWN_USERNAME", USER)
    monkeypatch.setenv("UV_INDEX_OUR_OWN_PASSWORD", WORD)
    assert statuses(index, tmp_path) == [401, 401]
    monkeypatch.setenv("UV_INDEX", f"https://example.org/simple https://[::1/simple our-own={index.registry}")
    assert statuses(index, tmp_path) == [200, 200]
    monkeypatch.delenv("UV_INDEX")
    settings(tmp_path, index)
    assert statuses(index, tmp_path) == [200, 200]
    assert len(index.requests) == 6  # the credentials are in the first request


@pytest.mark.parametrize("key", ["index-url", "extra-index-url", "find-links"])
def test_the_url_of_an_index_in_any_setting_may_have_the_credentials(index: Index, tmp_path: Path, key: str) -> None:
    url = index.registry.replace("://", f"://{USER}:open%20sesame@")
    value = f'"{url}"' if key == "index-url" else f'["../wheels", "{url}"]'
    (tmp_path / "uv.toml").write_text(f"{key} = {value}\n", encoding="utf-8")
    settings(tmp_path, index, more="invalid =")  # uv does not read it beside uv.toml
    assert statuses(index, tmp_path) == [200, 200]


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"])
def test_the_url_of_an_index_in_a_variable_may_have_the_credentials(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, index.registry.replace("://", f"://{USER}:open%20sesame@"))
    assert statuses(index, tmp_path) == [200, 200]


def test_the_url_of_a_request_may_have_the_credentials(index: Index, tmp_path: Path) -> None:
    page = f"{index.registry}/lamp/".replace("://", f"://{USER}:open%20sesame@")
    assert statuses(index, tmp_path, page=page) == [200, 401]


@pytest.mark.parametrize("folder", ["user", "machine"])
def test_the_settings_of_the_user_of_the_machine_and_of_a_named_file_are_read(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setenv("PROGRAMDATA", os.fspath(tmp_path / "machine"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", os.pathsep.join(["/nowhere", os.fspath(tmp_path / "machine")]))
    url = index.registry.replace("://", f"://{USER}:open%20sesame@")
    file = tmp_path / folder / "uv" / "uv.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f'[[index]]\nurl = "{url}"\n', encoding="utf-8")
    assert statuses(index, tmp_path) == [200, 200]
    settings(tmp_path, index)  # the same index without credentials does not hide them
    assert statuses(index, tmp_path) == [200, 200]
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    assert statuses(index, tmp_path) == [401, 401]
    monkeypatch.delenv("UV_NO_CONFIG")
    monkeypatch.setenv("UV_CONFIG_FILE", os.fspath(file.rename(tmp_path / "own.toml")))
    assert statuses(index, tmp_path) == [200, 200]


def test_settings_in_the_closest_folder_above_that_has_some_are_read(index: Index, tmp_path: Path) -> None:
    settings(tmp_path, index, user=f"{USER}:open%20sesame")
    inner = tmp_path / "inner" / "most"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text('[project]\nname = "lamp"\n', encoding="utf-8")
    assert statuses(index, inner) == [200, 200]
    settings(inner.parent, index, user=f"{USER}:shut")
    assert statuses(index, inner) == [401, 401]


def test_the_header_of_a_locked_script_is_read(index: Index, tmp_path: Path) -> None:
    url = index.registry.replace("://", f"://{USER}:open%20sesame@")
    header = f'# /// script\n# dependencies = []\n#\n# [[tool.uv.index]]\n# url = "{url}"\n# ///\n'
    (tmp_path / "task.py").write_text(f"# A task.\n{header}print()\n", encoding="utf-8")
    assert statuses(index, tmp_path) == [401, 401]
    for name in ("task", "other", "gone"):
        (tmp_path / f"{name}.py.lock").touch()
    (tmp_path / "other.py").touch()
    assert statuses(index, tmp_path) == [200, 200]


def test_an_invalid_setting_is_an_error_without_the_password(index: Index, tmp_path: Path) -> None:
    settings(tmp_path, index, user=f"{USER}:sesame", more="authenticate = 'sometimes'")
    with pytest.raises(EvenfallError) as caught:
        IndexAuth(tmp_path)
    assert caught.value.exit_code == Exit.USAGE
    assert "sesame" not in caught.value.message


def test_the_netrc_file_is_read_when_a_server_asks_for_credentials(index: Index, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text(f'machine 127.0.0.1 login {USER} password "{WORD}"\n', encoding="utf-8")
    assert statuses(index, tmp_path) == [200, 200]
    settings(tmp_path, index, user=USER)
    assert statuses(index, tmp_path) == [200, 200]
    settings(tmp_path, index, user="bob")
    assert statuses(index, tmp_path) == [401, 401]


def test_an_index_with_authenticate_never_gets_no_credentials(index: Index, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text(f'machine 127.0.0.1 login {USER} password "{WORD}"\n', encoding="utf-8")
    settings(tmp_path, index, user=f"{USER}:open%20sesame", more='authenticate = "never"\n')
    assert statuses(index, tmp_path) == [401, 401]


def test_what_uv_auth_login_stored_is_used(index: Index, tmp_path: Path) -> None:
    login = [os.fspath(uv_program()), "auth", "login", index.registry, "--username", USER, "--password", "-"]
    subprocess.run(login, input=WORD, text=True, check=True, capture_output=True)
    assert statuses(index, tmp_path) == [200, 200]
    settings(tmp_path, index, user=USER)
    assert statuses(index, tmp_path) == [200, 200]


def test_a_keyring_is_asked_for_the_password_of_a_user(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = keyring(tmp_path, monkeypatch, WORD)
    settings(tmp_path, index)
    assert statuses(index, tmp_path) == [401, 401]
    assert not log.exists()
    settings(tmp_path, index, user=USER)
    assert statuses(index, tmp_path) == [200, 200]
    host = index.url.partition("://")[2]
    assert log.read_text().splitlines() == [f"get {index.registry} {USER}", f"get {host} {USER}"]


def test_a_keyring_is_asked_for_user_and_password_if_an_index_always_wants_them(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring(tmp_path, monkeypatch, USER, WORD)
    settings(tmp_path, index, more='authenticate = "always"\n')
    assert statuses(index, tmp_path) == [200, 200]
    assert len(index.requests) == 2


def test_a_keyring_without_an_answer_gives_no_password(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring(tmp_path, monkeypatch)
    settings(tmp_path, index, user=USER)
    assert statuses(index, tmp_path) == [401, 401]


def test_what_uv_auth_login_stored_for_a_part_of_a_server_is_used_for_an_index_of_the_lock(
    index: Index, tmp_path: Path
) -> None:
    login = [os.fspath(uv_program()), "auth", "login", f"{index.registry}/team", "--username", USER, "--password", "-"]
    subprocess.run(login, input=WORD, text=True, check=True, capture_output=True)
    page = f"{index.registry}/team/simple/lamp/"
    assert statuses(index, tmp_path, page=page) == [401, 401]
    assert statuses(index, tmp_path, page=page, registries=(f"{index.registry}/team/simple",)) == [200, 401]


def test_an_index_of_the_lock_without_credentials_does_not_hide_those_of_an_index_above_it(
    index: Index, tmp_path: Path
) -> None:
    settings(tmp_path, index, user=f"{USER}:open%20sesame")
    page = f"{index.registry}/lamp/"
    assert statuses(index, tmp_path, page=page, registries=(f"{index.registry}/lamp",)) == [200, 200]
    never = f'[[tool.uv.index]]\nname = "lamp"\nurl = "{page}"\nauthenticate = "never"\n'
    settings(tmp_path, index, user=f"{USER}:open%20sesame", more=never)
    assert statuses(index, tmp_path, page=page) == [401, 200]
