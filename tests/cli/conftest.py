from __future__ import annotations

from tests.supply.conftest import loopback

__all__ = ["loopback"]
