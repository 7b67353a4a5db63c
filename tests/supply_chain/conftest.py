from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.supply_chain.osv import Loopback, serving


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server on loopback with the responses that a test sets."""
    with serving() as server:
        yield server
