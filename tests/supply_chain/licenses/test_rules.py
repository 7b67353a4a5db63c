from __future__ import annotations

from evenfall.findings import Severity
from evenfall.project.lock_graph import RequiredPackage, Scope
from evenfall.project.lockfile import LockedPackage
from evenfall.project.settings import Exemption, LicensePolicy
from evenfall.supply_chain.licenses.rules import LicenseCheck, apply_policy
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata

DEFAULT = LicensePolicy()


def reached(name: str, *, scope: Scope = "runtime", version: str | None = "1.0", line: int = 7) -> RequiredPackage:
    path = ("lantern", "oil", name) if scope == "runtime" else ("lantern (group test)", name)
    return RequiredPackage(package=LockedPackage(name=name, version=version, line=line), scope=scope, path=path)


def known(license: str) -> PackageMetadata:
    return PackageMetadata(name="x", version="3.1", license_expression=license)


def review(
    *packages: tuple[RequiredPackage, PackageMetadata | MissingMetadata], settings: LicensePolicy = DEFAULT
) -> LicenseCheck:
    return apply_policy([each for each, _ in packages], [metadata for _, metadata in packages], settings)


GPL = (reached("glass"), known("GPL-3.0-only"))
ODD = (reached("wick"), known("LicenseRef-Odd"))
GONE = (reached("mirror"), MissingMetadata("the index is away"))


def test_what_is_allowed_gives_a_row_and_no_finding() -> None:
    found = review((reached("oil"), known("MIT")))
    assert [(row.name, row.version, row.expression, row.result) for row in found.rows] == [
        ("oil", "1.0", "MIT", "allowed")
    ]
    assert (found.findings, found.inconclusive) == ((), ())


def test_what_is_denied_fails_at_its_line_and_says_how_it_came_there_and_what_to_do() -> None:
    (finding,) = review(GPL).findings
    assert str(finding) == (
        "uv.lock:7: error [license-denied] glass 1.0: GPL-3.0-only is not allowed (License-Expression: GPL-3.0-only); "
        "required by: lantern > oil > glass (runtime)\n"
        "  next: do without oil, which brings it; or in pyproject.toml: [tool.evenfall.licenses] "
        'exempt = [{package = "glass", version = "1.0", reason = "…"}]'
    )


def test_what_the_project_itself_asks_for_is_not_brought_by_another() -> None:
    (finding,) = review((reached("glass", scope="dev"), known("GPL-3.0-only"))).findings
    assert finding.fix.startswith("do without it; or")


def test_what_nothing_needs_any_more_says_so() -> None:
    package = RequiredPackage(package=LockedPackage(name="glass", version="1.0"), scope="dev")
    assert "required by: no package any more (dev)" in review((package, known("GPL-3.0-only"))).findings[0].reason


def test_an_unknown_license_fails_or_warns_as_the_policy_has_it() -> None:
    (finding,) = review(ODD).findings
    assert (finding.code, finding.severity) == ("license-unknown", Severity.ERROR)
    assert "wick 1.0: LicenseRef-Odd is not known to be allowed" in finding.reason
    (finding,) = review(ODD, settings=LicensePolicy(unknown="warn")).findings
    assert finding.severity is Severity.WARNING
    (finding,) = review((reached("wick"), known(""))).findings
    assert "wick 1.0: its license is unknown (its metadata name no license)" in finding.reason


def test_what_does_not_ship_can_be_left_to_warn() -> None:
    tools = ((reached("glass", scope="dev"), GPL[1]), (reached("wick", scope="dev"), ODD[1]))
    assert [finding.severity for finding in review(*tools).findings] == [Severity.ERROR] * 2
    warned = review(*tools, GPL, settings=LicensePolicy(dev="warn")).findings
    assert [finding.severity for finding in warned] == [Severity.WARNING, Severity.WARNING, Severity.ERROR]


def test_what_could_not_be_found_out_is_no_finding_but_inconclusive() -> None:
    found = review(GONE, GPL)
    assert [(row.name, row.reason) for row in found.inconclusive] == [("mirror", "the index is away")]
    assert [finding.code for finding in found.findings] == ["license-denied"]


def test_where_the_worst_would_be_a_warning_what_was_not_found_out_is_one() -> None:
    found = review((reached("mirror", scope="dev"), GONE[1]), settings=LicensePolicy(dev="warn"))
    assert found.inconclusive == ()
    (finding,) = found.findings
    assert (finding.code, finding.severity) == ("license-inconclusive", Severity.WARNING)
    assert "mirror 1.0: its license could not be found out (the index is away)" in finding.reason


def exempting(*entries: tuple[str, str]) -> LicensePolicy:
    return LicensePolicy(
        exempt=tuple(Exemption(package=name, version=version, reason="looked at") for name, version in entries)
    )


def test_an_exemption_is_for_one_version_and_for_all_that_is_not_allowed() -> None:
    found = review(GPL, ODD, GONE, settings=exempting(("Glass", "1"), ("wick", "1.0"), ("mirror", "1.0")))
    assert [row.result for row in found.rows] == ["exempt"] * 3
    assert (found.findings, found.inconclusive) == ((), ())


def test_an_exemption_that_nothing_needs_is_a_finding() -> None:
    found = review(
        (reached("oil"), known("MIT")), GPL, settings=exempting(("oil", "1.0"), ("glass", "0.9"), ("chimney", "1"))
    )
    said = [
        str(finding).partition("\n")[0].replace("error [license-exemption-unused] ", "") for finding in found.findings
    ]
    assert said[1:] == [
        "pyproject.toml: tool.evenfall.licenses.exempt[0]: oil 1.0: it needs no exemption, its license is allowed",
        "pyproject.toml: tool.evenfall.licenses.exempt[1]: glass 0.9: uv.lock holds version 1.0",
        "pyproject.toml: tool.evenfall.licenses.exempt[2]: chimney 1: uv.lock does not hold it",
    ]


def test_a_package_without_a_version_in_the_lock_has_the_one_that_is_installed() -> None:
    row = review((reached("glass", version=None), known("GPL-3.0-only")), settings=exempting(("glass", "3.1"))).rows[0]
    assert (row.version, row.result) == ("3.1", "exempt")
