from __future__ import annotations

import os

from evenfall.sessions.run_command import with_interpreter


def test_the_interpreter_of_a_session_is_the_last_one_that_uv_finds() -> None:
    found = with_interpreter({"PATH": "first", "HOME": "/home/me"}, ["last"])
    assert found == {"PATH": f"first{os.pathsep}last", "HOME": "/home/me"}
    assert with_interpreter({}, []) == {"PATH": os.defpath}
