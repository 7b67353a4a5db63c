from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.release.manifest import ReleaseFile
from evenfall.release.provenance import MAX_BYTES, Publisher, download_provenance, provenance_problems
from tests.release.provenance import provenance, subject
from tests.supply_chain.osv import Loopback

FILE = ReleaseFile(name="lamp-1.0-py3-none-any.whl", kind="wheel", size=1, sha256="a" * 64)
EXPECTED = Publisher(repositories=("ada/lamp", "lamp-makers/lamp"), environment="pypi")


def problems(content: bytes) -> list[str]:
    return provenance_problems(content, FILE, EXPECTED)


@pytest.mark.parametrize("environment", ["pypi", "", None])
def test_the_provenance_of_the_workflow_is_accepted(environment: str | None) -> None:
    assert problems(provenance(subject(FILE), environment=environment)) == []


def test_another_workflow_of_the_project_is_accepted_in_any_environment() -> None:
    content = provenance(subject(FILE), workflow="publish.yml", environment="release")
    assert len(problems(content)) == 1
    assert provenance_problems(content, FILE, replace(EXPECTED, workflows=("cd.yml", "publish.yml"))) == []


@pytest.mark.parametrize(
    ("publisher", "problem"),
    [
        ({"repository": "lamp-makers/other"}, "lamp-makers/other"),
        ({"workflow": "release.yml"}, "release.yml"),
        ({"environment": "testpypi"}, "testpypi"),
        ({"kind": "GitLab", "repository": "lamp-makers/lamp", "workflow_filepath": ".gitlab-ci.yml"}, "GitLab"),
        ({"kind": "Google", "email": "lamp@example.org"}, "Google"),
        ({"workflow": "x\nnote: fine"}, "x note: fine"),
    ],
)
def test_another_publisher_is_a_problem(publisher: dict[str, str], problem: str) -> None:
    (text,) = problems(provenance(subject(FILE), **publisher))
    assert problem in text


@pytest.mark.parametrize(
    "values",
    [
        {"name": "lamp-1.0.tar.gz"},
        {"digest": {"sha256": "b" * 64}},
        {"digest": {"md5": "b"}},
        {"digest": None},
    ],
)
def test_an_attestation_for_something_else_is_a_problem(values: dict[str, object]) -> None:
    assert len(problems(provenance(subject(FILE), subject(FILE, **values)))) == 1


def test_a_provenance_without_attestation_is_a_problem() -> None:
    assert len(problems(provenance())) == 1
    assert len(problems(b'{"version": 1, "attestation_bundles": []}')) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"<html>",
        provenance(subject(FILE), kind="new"),
        provenance(subject(FILE)).replace(json.dumps("version").encode(), b'"vers"'),
    ],
)
def test_an_invalid_provenance_is_inconclusive(content: bytes) -> None:
    with pytest.raises(EvenfallError) as caught:
        problems(content)
    assert caught.value.exit_code == Exit.UNKNOWN


def test_a_statement_that_is_not_json_is_inconclusive() -> None:
    content = json.loads(provenance(subject(FILE)))
    content["attestation_bundles"][0]["attestations"][0]["envelope"]["statement"] = "AAAA"
    with pytest.raises(EvenfallError) as caught:
        problems(json.dumps(content).encode())
    assert caught.value.exit_code == Exit.UNKNOWN


def test_without_pypi_attestations_the_provenance_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypi_attestations", None)  # an import fails then
    with pytest.raises(EvenfallError) as caught:
        problems(provenance(subject(FILE)))
    assert caught.value.exit_code == Exit.UNKNOWN


def test_a_provenance_is_downloaded(loopback: Loopback) -> None:
    assert download_provenance(loopback.page("/provenance", b"{}")) == b"{}"


@pytest.mark.parametrize(("content", "status"), [(b"", 404), (b" " * (MAX_BYTES + 1), 200)], ids=["missing", "large"])
def test_a_provenance_that_can_not_be_downloaded_is_inconclusive(
    loopback: Loopback, content: bytes, status: int
) -> None:
    with pytest.raises(EvenfallError) as caught:
        download_provenance(loopback.page("/provenance", content, status=status))
    assert caught.value.exit_code == Exit.UNKNOWN
