from __future__ import annotations

from tests.supply_chain.conftest import loopback

__all__ = ["loopback"]
