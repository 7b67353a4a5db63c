from __future__ import annotations

import pytest

from evenfall.adopt.adoption import Adoption
from tests.sample_project import SampleProject


@pytest.mark.integration
def test_a_file_with_crlf_keeps_it_when_uv_changes_it(bare: SampleProject, adoption: Adoption) -> None:
    for path in ("pyproject.toml", "uv.lock"):
        bare.write(path, bare.read(path).replace("\n", "\r\n"))
    adoption.uv("add", "--quiet", "--no-sync", "--group", "more", "six")
    adoption.set_settings({"extras": ["a"]})
    adoption.append("new.toml", "a = 1\n")
    adoption.append("new.toml", "b = 1\n")
    for path in ("pyproject.toml", "uv.lock"):
        text = adoption.read(path)
        assert "six" in text
        assert text.count("\r\n") == text.count("\n") > 20
    assert adoption.read("new.toml") == "a = 1\n\nb = 1\n"
    assert adoption.written == {"pyproject.toml", "uv.lock", "new.toml"}
