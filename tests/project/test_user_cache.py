from __future__ import annotations

import os
import sys

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.user_cache import user_cache

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="every user of Windows has a home directory")


def test_the_cache_is_in_the_folder_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.path.join(os.sep, "somewhere"))
    if sys.platform == "linux":
        assert user_cache().as_posix() == "/somewhere/evenfall"


def test_a_user_without_a_home_directory_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user is not in /etc/passwd."""
    import pwd  # missing on Windows

    def unknown_user(_: int) -> object:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown_user)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(EvenfallError, match="this user has no home directory") as caught:
        user_cache()
    assert caught.value.exit_code == Exit.UNKNOWN
