from __future__ import annotations

from evenfall.supply_chain.versions import same_version


def test_versions_are_compared_by_pep_440_and_other_texts_as_they_are() -> None:
    assert same_version("1.0", "1")
    assert not same_version("1.0", "1.0+local")
    assert same_version("unversioned", "unversioned")
    assert not same_version("unversioned", "1")
