"""Run Nox and record the commands of its sessions: `PYTHON nox_commands.py FILE [OPTION...]`, with the Python of the noxfile.

It records the commands that Nox logs, one line of JSON for each, because the log lacks their variables and their working folder.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Command(TypedDict):
    """A command of a job.

    `folder` is its working folder, and `environ` are the variables that its session adds. `may_fail` is whether the session goes on
    if it fails, and `end` the time at its end in seconds.
    """

    job: str
    words: Sequence[str]
    folder: str
    environ: Mapping[str, str]
    may_fail: bool
    end: float


def main() -> None:
    import nox
    import nox.command

    file, *sys.argv[1:] = sys.argv[1:]
    run = nox.command.run

    def run_and_record(args: Sequence[str], *, env: Mapping[str, str | None] | None = None, **options: Any) -> Any:
        may_fail = set(options.get("success_codes") or [0]) != {0}
        try:
            return run(args, env=env, **options)
        except nox.command.CommandFailed:
            may_fail = True
            raise
        finally:
            if env and "NOX_CURRENT_SESSION" in env and options.get("log", True):
                command = Command(
                    job=str(env["NOX_CURRENT_SESSION"]),
                    words=[nox.command.which(args[0], options.get("paths")), *map(os.fspath, args[1:])],
                    folder=os.getcwd(),
                    environ={name: value for name, value in env.items() if value not in {None, os.environ.get(name)}},
                    may_fail=may_fail,
                    end=time.time(),
                )
                with open(file, "a", encoding="utf-8") as record:
                    record.write(f"{json.dumps(command)}\n")

    nox.command.run = run_and_record  # type: ignore[assignment]
    nox.main()


if __name__ == "__main__":
    main()
