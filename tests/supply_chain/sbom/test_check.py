from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.supply_chain.sbom.check import read_document
from evenfall.supply_chain.sbom.document import sbom_document
from tests.supply_chain.sbom.sample import inputs


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"bomFormat": "SPDX"}',
        b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": 1}]}',
        b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "a", "purl": "a"}]}',
        b'{"bomFormat": "CycloneDX", "x": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}",
    ],
)
def test_a_file_that_is_not_a_valid_document_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sbom.cdx.json"
    path.write_bytes(content)
    with pytest.raises(EvenfallError, match="not a valid CycloneDX") as caught:
        read_document(path, "evenfall sbom")
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "evenfall sbom")
    assert caught.value.message.startswith(str(path))


def test_a_file_that_is_missing_or_a_folder_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(EvenfallError, match="can't be read"):
            read_document(path, "evenfall sbom")


def test_a_written_document_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sbom.cdx.json"
    path.write_text(sbom_document(inputs(tmp_path)), encoding="utf-8")
    assert len(read_document(path, "").components) == 6
