from __future__ import annotations

import os
import sys

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.user_cache import user_cache

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there, every user has a home")


def test_what_is_remembered_lies_where_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.path.join(os.sep, "somewhere"))
    if sys.platform == "linux":
        assert user_cache().as_posix() == "/somewhere/evenfall"


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose system does not know the user that it runs as."""
    import pwd  # which Windows has not

    def nobody(_: int) -> object:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(EvenfallError, match="this user has no home directory") as caught:
        user_cache()
    assert caught.value.exit_code == Exit.UNKNOWN
