from __future__ import annotations

import pytest

from evenfall.adopt.adoption import Adoption
from tests.sample_project import SampleProject

HEADER = """\
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox"] # without evenfall, which the environment of the tests has
# ///
"""


@pytest.fixture
def adoption(bare: SampleProject) -> Adoption:
    """The adoption of a project that is its own scratch copy."""
    return Adoption(root=bare.root, scratch=bare.root, header=HEADER)
