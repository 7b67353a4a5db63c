from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.supply_chain.sbom import reading
from evenfall.supply_chain.sbom.reading import parse_document, read_document


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no CycloneDX JSON: "),
        (b"\xff\xfe", "no CycloneDX JSON: "),
        (b"[]", "no CycloneDX JSON: Expected `object`, got `array`"),
        (b"{}", "missing required field `bomFormat`"),
        (b'{"bomFormat": "SPDX"}', "its bomFormat is 'SPDX'"),
        (b'{"bomFormat": "CycloneDX", "components": [{"name": 1}]}', r"at `\$\.components\[0\]\.name`"),
        (b'{"bomFormat": "CycloneDX", "x": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}", "no CycloneDX JSON: "),
    ],
)
def test_what_is_no_document_is_said_so(tmp_path: Path, raw: bytes, reason: str) -> None:
    (tmp_path / "old.json").write_bytes(raw)
    with pytest.raises(EvenfallError, match=reason) as caught:
        read_document(tmp_path / "old.json")
    assert caught.value.exit_code == Exit.USAGE
    assert str(caught.value).startswith(str(tmp_path / "old.json"))


def test_a_file_that_is_not_there_or_too_large(tmp_path: Path) -> None:
    for place in (tmp_path / "none.json", tmp_path):
        with pytest.raises(EvenfallError, match="it can't be read: "):
            read_document(place)
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(reading.LIMIT + 1)
    with pytest.raises(EvenfallError, match="it has more than 64 MiB"):
        read_document(huge)


def test_a_document_without_metadata_has_no_facts() -> None:
    assert parse_document(b'{"bomFormat": "CycloneDX"}', "it").fact("evenfall:covers") == ""
