from __future__ import annotations

import pytest

from evenfall.errors import Exit
from evenfall.findings import Severity
from evenfall.project.lock_graph import RequiredPackage, Scope
from evenfall.project.lock_source import PackageSource
from evenfall.project.lockfile import LockedPackage
from evenfall.project.settings import Exemption, LicensePolicy
from evenfall.supply_chain.licenses.rules import LicenseReport, apply_policy
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata

DEFAULT = LicensePolicy()


def required(
    name: str, *, scope: Scope = "runtime", version: str | None = "1.0", source: PackageSource | None = None
) -> RequiredPackage:
    path = ("lantern", "oil", name) if scope == "runtime" else ("lantern (group test)", name)
    package = LockedPackage(name=name, version=version, line=7, source=source or PackageSource())
    return RequiredPackage(package=package, scope=scope, path=path)


def licensed(expression: str) -> PackageMetadata:
    return PackageMetadata(name="x", version="3.1", license_expression=expression)


def check(
    *packages: tuple[RequiredPackage, PackageMetadata | MissingMetadata], policy: LicensePolicy = DEFAULT
) -> LicenseReport:
    return apply_policy([package for package, _ in packages], [metadata for _, metadata in packages], policy)


GPL = licensed("GPL-3.0-only")
ODD = licensed("LicenseRef-Odd")
MISSING = MissingMetadata("the index is unreachable")


def exempting(*exemptions: tuple[str, str]) -> LicensePolicy:
    entries = (Exemption(package=name, version=version, reason="reviewed") for name, version in exemptions)
    return LicensePolicy(exempt=tuple(entries))


def codes(report: LicenseReport) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in report.findings]


def test_an_allowed_package_has_a_row_and_no_finding() -> None:
    report = check((required("oil"), licensed("MIT")))
    assert [(row.name, row.version, row.expression, row.result) for row in report.rows] == [
        ("oil", "1.0", "MIT", "allowed")
    ]
    assert (report.findings, report.inconclusive, report.exit_code) == ((), (), Exit.FINE)


def test_a_denied_package_is_an_error_with_its_line_path_and_fixes() -> None:
    report = check((required("glass"), GPL))
    assert report.exit_code == Exit.FINDINGS
    (finding,) = report.findings
    assert str(finding) == (
        "uv.lock:7: error [license-denied] glass 1.0: GPL-3.0-only is denied (License-Expression: GPL-3.0-only); "
        "required by: lantern > oil > glass (runtime)\n"
        "  next: remove oil, which requires it; or in pyproject.toml: [tool.evenfall.licenses] "
        'exempt = [{package = "glass", version = "1.0", reason = "…"}]'
    )


def test_the_fix_for_a_direct_dependency_is_to_remove_it() -> None:
    (finding,) = check((required("glass", scope="dev"), GPL)).findings
    assert finding.fix.startswith("remove it; or")


def test_a_package_that_nothing_requires_is_checked() -> None:
    package = RequiredPackage(package=LockedPackage(name="glass", version="1.0"), scope="dev")
    (finding,) = check((package, GPL)).findings
    assert "required by: no package any more (dev)" in finding.reason


def test_an_unknown_license_is_an_error_or_a_warning_as_the_policy_states() -> None:
    for metadata in (ODD, licensed("")):
        assert codes(check((required("wick"), metadata))) == [("license-unknown", Severity.ERROR)]
    warning = check((required("wick"), ODD), policy=LicensePolicy(unknown="warn"))
    assert codes(warning) == [("license-unknown", Severity.WARNING)]
    assert warning.exit_code == Exit.FINE


def test_an_unknown_license_of_a_package_from_a_folder_is_a_note() -> None:
    folder = PackageSource(directory="vendor/wick")
    assert codes(check((required("wick", source=folder), ODD))) == [("license-unknown", Severity.NOTE)]
    assert codes(check((required("wick", source=folder), GPL))) == [("license-denied", Severity.ERROR)]


def test_development_packages_only_warn_unless_the_policy_says_otherwise() -> None:
    dev = ((required("glass", scope="dev"), GPL), (required("wick", scope="dev"), ODD))
    assert [severity for _, severity in codes(check(*dev, policy=LicensePolicy(dev="fail")))] == [Severity.ERROR] * 2
    with_runtime = check(*dev, (required("glass"), GPL))
    assert [severity for _, severity in codes(with_runtime)] == [Severity.WARNING, Severity.WARNING, Severity.ERROR]


def test_a_package_without_metadata_is_inconclusive_and_no_finding() -> None:
    report = check((required("mirror"), MISSING))
    assert [(row.name, row.reason) for row in report.inconclusive] == [("mirror", "the index is unreachable")]
    assert (report.findings, report.exit_code) == ((), Exit.UNKNOWN)


def test_a_finding_takes_precedence_over_an_inconclusive_package() -> None:
    report = check((required("mirror"), MISSING), (required("glass"), GPL))
    assert codes(report) == [("license-denied", Severity.ERROR)]
    assert (len(report.inconclusive), report.exit_code) == (1, Exit.FINDINGS)


def test_an_inconclusive_development_package_is_a_warning_if_a_denied_one_is() -> None:
    report = check((required("mirror", scope="dev"), MISSING), policy=LicensePolicy(dev="warn"))
    assert (report.inconclusive, report.exit_code) == ((), Exit.FINE)
    assert codes(report) == [("license-inconclusive", Severity.WARNING)]


def test_an_exemption_is_for_one_version_with_any_result_but_allowed() -> None:
    report = check(
        (required("glass"), GPL),
        (required("wick"), ODD),
        (required("mirror"), MISSING),
        policy=exempting(("Glass", "1"), ("wick", "1.0"), ("mirror", "1.0")),
    )
    assert [row.result for row in report.rows] == ["exempt"] * 3
    assert (report.findings, report.inconclusive) == ((), ())


def test_an_exemption_that_no_package_needs_is_an_error() -> None:
    policy = exempting(("oil", "1.0"), ("glass", "0.9"), ("chimney", "1"))
    report = check((required("oil"), licensed("MIT")), (required("glass"), GPL), policy=policy)
    unused = [finding for finding in report.findings if finding.code == "license-exemption-unused"]
    assert [(finding.location.key, finding.reason.partition(": ")[2]) for finding in unused] == [
        ("tool.evenfall.licenses.exempt[0]", "its license is allowed"),
        ("tool.evenfall.licenses.exempt[1]", "the locked version is 1.0"),
        ("tool.evenfall.licenses.exempt[2]", "the package is not locked"),
    ]


def test_one_exemption_accepts_a_license_of_several_packages_in_all_versions() -> None:
    gpus = [(required(name, version=version), ODD) for name, version in (("gpu-a", "1"), ("gpu-b", "2"))]
    (hint,) = {finding.fix.partition("exempt = ")[2] for finding in check(*gpus).findings}
    assert hint == '[{license = "LicenseRef-Odd", reason = "…"}]'
    accepted = Exemption(license="LicenseRef-Odd", reason="we accept its terms")
    report = check(*gpus, (required("glass"), GPL), policy=LicensePolicy(exempt=(accepted,)))
    assert [(row.result, row.exemptions) for row in report.rows] == [
        ("exempt", (accepted,)),
        ("exempt", (accepted,)),
        ("denied", ()),
    ]
    assert codes(report) == [("license-denied", Severity.ERROR)]


def test_an_exemption_of_the_package_is_proposed_if_its_license_is_any_proprietary_one() -> None:
    metadata = PackageMetadata(name="x", version="1", license="Proprietary")
    (finding,) = check((required("wick"), metadata)).findings
    assert finding.fix.endswith('exempt = [{package = "wick", version = "1.0", reason = "…"}]')


def test_a_license_can_be_accepted_for_development_packages_alone() -> None:
    accepted = Exemption(license="GPL-3.0", scope="dev", reason="a linter")
    policy = LicensePolicy(dev="fail", exempt=(accepted,))
    report = check((required("lint", scope="dev"), GPL), (required("glass"), GPL), policy=policy)
    assert [row.result for row in report.rows] == ["exempt", "denied"]
    (finding,) = check((required("wick", scope="dev"), ODD)).findings
    assert finding.fix.endswith('exempt = [{license = "LicenseRef-Odd", scope = "dev", reason = "…"}]')


def test_a_license_can_be_accepted_for_one_package_in_all_versions() -> None:
    policy = LicensePolicy(exempt=(Exemption(package="wick", license="LicenseRef-Odd", reason="x"),))
    report = check((required("wick", version="7"), ODD), (required("lamp"), ODD), policy=policy)
    assert [row.result for row in report.rows] == ["exempt", "unknown"]


def test_all_licenses_that_apply_together_must_be_accepted_and_no_others() -> None:
    odd, even, other = (Exemption(license=f"LicenseRef-{name}", reason=name) for name in ("Odd", "Even", "Other"))
    both = (required("wick"), licensed("LicenseRef-Odd AND LicenseRef-Even"))
    assert [row.result for row in check(both, policy=LicensePolicy(exempt=(odd,))).rows] == ["unknown"]
    report = check(both, policy=LicensePolicy(exempt=(odd, other, even)))
    assert report.rows[0].exemptions == (odd, even)
    (finding,) = report.findings
    assert (finding.code, finding.location.key) == ("license-exemption-unused", "tool.evenfall.licenses.exempt[1]")
    assert finding.reason == "unused exemption of LicenseRef-Other: no package that it applies to needs it"


@pytest.mark.parametrize(
    ("expression", "accepted", "keys"),
    [
        ("LicenseRef-Odd AND LicenseRef-Even", None, 'package = "wick", version = "1.0"'),
        ("LicenseRef-Odd AND LicenseRef-Even", "LicenseRef-Even", 'license = "LicenseRef-Odd"'),
        ("LicenseRef-Odd OR LicenseRef-Even", None, 'license = "LicenseRef-Even"'),
        ("LicenseRef-Odd AND LicenseRef-any-GPL", None, 'package = "wick", version = "1.0"'),
    ],
)
def test_an_exemption_of_a_license_is_proposed_if_it_is_enough(
    expression: str, accepted: str | None, keys: str
) -> None:
    exempt = (Exemption(license=accepted, reason="x"),) if accepted else ()
    findings = check((required("wick"), licensed(expression)), policy=LicensePolicy(exempt=exempt)).findings
    assert findings[0].fix.endswith(f'exempt = [{{{keys}, reason = "…"}}]')


def test_a_folder_without_a_version_and_a_license_can_state_its_license() -> None:
    folder = PackageSource(editable="vendor/wick")
    metadata = PackageMetadata(name="wick", version="")
    (finding,) = check((required("wick", version=None, source=folder), metadata)).findings
    assert finding.reason.startswith("wick: its license is unknown")
    assert finding.fix == 'remove oil, which requires it; or in vendor/wick/pyproject.toml: [project] license = "…"'


def test_an_exemption_from_every_license_of_a_package_needs_its_version() -> None:
    for package, version in (("wick", None), (None, "1"), (None, None)):
        with pytest.raises(ValueError, match="expected license, or package and version"):
            Exemption(package=package, version=version, reason="x")


def test_a_package_without_a_version_in_the_lock_has_the_version_of_its_metadata() -> None:
    report = check((required("glass", version=None), GPL), policy=exempting(("glass", "3.1")))
    assert [(row.version, row.result) for row in report.rows] == [("3.1", "exempt")]
