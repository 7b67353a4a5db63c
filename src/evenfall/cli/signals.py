"""Signals that end a command."""

from __future__ import annotations

import signal


def stop_on_signals() -> None:
    """Handle SIGTERM and SIGHUP like Ctrl-C, so that the processes that the command started are ended.

    A signal that is ignored, as with nohup(1), stays ignored.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
