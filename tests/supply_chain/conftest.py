from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.supply_chain.osv import Loopback, serving


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server that answers what a test gives it."""
    with serving() as found:
        yield found
