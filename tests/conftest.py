from __future__ import annotations

from pathlib import Path

import pytest

from tests.made import Made, copy, make


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A project that every test may copy and none may change."""
    return make(tmp_path_factory.mktemp("template") / "lantern")


@pytest.fixture
def project(template: Made, tmp_path: Path) -> Made:
    """A small real project, with all derived files current and committed."""
    return copy(template, tmp_path / "lantern")
