from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

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


def test_rfc3987_syntax_stays_available_if_another_module_uses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("rfc3987_syntax")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    validate(sbom_document(inputs(tmp_path)))
    assert sys.modules[module.__name__] is module


def test_a_validation_does_not_import_rfc3987_syntax(tmp_path: Path) -> None:
    """Its import takes more than a second. Another test may have imported it into this process."""
    (tmp_path / "sbom.json").write_text(sbom_document(inputs(tmp_path)), encoding="utf-8")
    program = (
        "import pathlib, sys; from evenfall.supply_chain.sbom.validate import validate; "
        "validate(pathlib.Path('sbom.json').read_text(encoding='utf-8')); assert 'rfc3987_syntax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-P", "-c", program], cwd=tmp_path, check=True)
