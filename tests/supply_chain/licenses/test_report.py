from __future__ import annotations

from evenfall.project.settings import Exemption, LicensePolicy
from evenfall.supply_chain.licenses.report import as_json, as_markdown, text
from evenfall.supply_chain.licenses.rules import LicenseReport
from evenfall.supply_chain.metadata.package_metadata import PackageMetadata
from tests.supply_chain.licenses.test_rules import GPL, MISSING, ODD, check, licensed, required


def sample() -> LicenseReport:
    """Return a report with a package for each result."""
    return check(
        (required("oil"), licensed("MIT")),
        (required("glass"), GPL),
        (required("mirror"), MISSING),
        (required("wick"), ODD),
        policy=LicensePolicy(exempt=(Exemption(package="wick", version="1.0", reason="we asked |them|"),)),
    )


def test_the_text_is_a_table_the_findings_and_the_counts() -> None:
    lines = text(sample(), verbose=True).splitlines()
    assert lines[:5] == [
        "package  version  license         field               result",
        "oil      1.0      MIT             License-Expression  allowed",
        "glass    1.0      GPL-3.0-only    License-Expression  denied",
        "mirror   1.0      unknown         none                inconclusive",
        "wick     1.0      LicenseRef-Odd  License-Expression  exempt: we asked |them|",
    ]
    assert lines[6].startswith("uv.lock:7: error [license-denied] glass 1.0")
    assert lines[-3:] == [
        "uv.lock:7: mirror 1.0: inconclusive: the index is unreachable; required by: lantern > oil > mirror (runtime)",
        "",
        "4 packages: 1 allowed, 1 denied, 1 inconclusive, 1 exempt",
    ]


def test_without_verbose_the_table_has_the_packages_that_are_not_allowed() -> None:
    lines = text(sample(), verbose=False).splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["package", "glass", "mirror", "wick"]
    assert lines[-1] == "4 packages: 1 allowed, 1 denied, 1 inconclusive, 1 exempt; --verbose lists all of them"


def test_a_long_expression_sticks_out_of_its_column() -> None:
    long = " AND ".join(["MIT", "Zlib", "0BSD", "ISC", "Apache-2.0", "BSD-3-Clause", "CC0-1.0"])
    lines = text(
        check((required("oil"), licensed("MIT")), (required("glass"), licensed(long))), verbose=True
    ).splitlines()
    assert f"  {long}  " in lines[2]
    assert len(lines[1]) < len(lines[2])


def test_an_empty_lock_has_counts_only() -> None:
    assert text(check(), verbose=False) == "0 packages"


def test_metadata_cannot_send_control_characters_to_a_terminal() -> None:
    hostile = PackageMetadata(name="x", version="1", license="\x1b[2J no license")
    assert "\x1b" not in text(check((required("oil"), hostile)), verbose=True)


def test_the_json_has_the_whole_report() -> None:
    values = as_json(sample())
    assert values["exit_code"] == 1
    assert values["packages"][1] == {
        "package": "glass",
        "version": "1.0",
        "line": 7,
        "scope": "runtime",
        "required_by": ("lantern", "oil", "glass"),
        "license": "GPL-3.0-only",
        "field": "License-Expression",
        "evidence": "License-Expression: GPL-3.0-only",
        "result": "denied",
        "reason": "",
    }
    assert values["packages"][2]["license"] is None
    assert values["packages"][3]["reason"] == "we asked |them|"
    assert values["inconclusive"] == [{"package": "mirror", "version": "1.0", "reason": "the index is unreachable"}]
    assert [finding["code"] for finding in values["findings"]] == ["license-denied"]


def test_the_markdown_shows_packages_that_are_not_allowed_and_collapses_the_table_of_all() -> None:
    shown, _, collapsed = as_markdown(sample()).partition("<details>")
    assert "| glass |" in shown
    assert "lantern &gt; oil &gt; glass" in shown
    assert "| oil |" not in shown
    assert "| oil |" in collapsed
    assert "we asked \\|them\\|" in shown, "a vertical bar in a reason is not a column"


def test_the_markdown_is_short_if_every_package_is_allowed() -> None:
    shown = as_markdown(check((required("oil"), licensed("MIT")))).partition("<details>")[0]
    assert shown == "## evenfall licenses\n\n1 package: 1 allowed\n\n"
