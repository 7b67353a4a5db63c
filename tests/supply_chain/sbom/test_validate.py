from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.supply_chain.sbom.document import sbom_document
from evenfall.supply_chain.sbom.validate import InvalidDocumentError, is_reference, validate
from tests.supply_chain.sbom.sample import inputs


@pytest.mark.parametrize(("valid", "invalid"), [('"required"', '"perhaps"'), ("https://files", "https://fi les")])
def test_an_invalid_value_is_a_bug_of_evenfall(tmp_path: Path, valid: str, invalid: str) -> None:
    document = sbom_document(inputs(tmp_path))
    assert validate(document) == document
    with pytest.raises(InvalidDocumentError):
        validate(document.replace(valid, invalid, 1))


def test_only_text_can_be_an_invalid_reference() -> None:
    assert is_reference(None)
    assert not is_reference("https://exa mple.org")
