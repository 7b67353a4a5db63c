from __future__ import annotations

from evenfall.project.settings import Exemption, LicensePolicy
from evenfall.supply_chain.licenses import report
from evenfall.supply_chain.licenses.rules import LicenseCheck, apply_policy
from evenfall.supply_chain.metadata.package_metadata import MissingMetadata, PackageMetadata
from tests.supply_chain.licenses.test_rules import known, reached


def made(settings: LicensePolicy | None = None) -> LicenseCheck:
    packages = [reached("oil"), reached("glass"), reached("mirror"), reached("wick")]
    metadata: list[PackageMetadata | MissingMetadata] = [
        known("MIT"),
        known("GPL-3.0-only"),
        MissingMetadata("gone"),
        known("LicenseRef-Odd"),
    ]
    exempt = LicensePolicy(exempt=(Exemption(package="wick", version="1.0", reason="we asked |them|"),))
    return apply_policy(packages, metadata, settings or exempt)


def test_the_table_has_a_line_a_package_and_then_what_is_wrong() -> None:
    lines = report.text(made()).splitlines()
    assert lines[:5] == [
        "package  version  license         from                result",
        "oil      1.0      MIT             License-Expression  allowed",
        "glass    1.0      GPL-3.0-only    License-Expression  denied",
        "mirror   1.0      unknown         none                inconclusive",
        "wick     1.0      LicenseRef-Odd  License-Expression  exempt: we asked |them|",
    ]
    assert lines[6].startswith("uv.lock:7: error [license-denied] glass 1.0")
    assert lines[-3:] == [
        "mirror 1.0: not found out: gone",
        "",
        "4 packages: 1 allowed, 1 denied, 1 inconclusive, 1 exempt",
    ]


def test_a_long_expression_does_not_push_the_others_away() -> None:
    long = " AND ".join(["MIT", "Zlib", "0BSD", "ISC", "Apache-2.0", "BSD-3-Clause", "CC0-1.0"])
    lines = report.text(
        apply_policy([reached("oil"), reached("glass")], [known("MIT"), known(long)], LicensePolicy())
    ).splitlines()
    assert f"  {long}  " in lines[2]
    assert len(lines[1]) < len(lines[2])


def test_nothing_locked_is_a_line() -> None:
    assert report.text(apply_policy([], [], LicensePolicy())) == "0 packages\n"


def test_what_a_package_says_can_not_command_a_terminal() -> None:
    evil = PackageMetadata(name="x", version="1", license="\x1b[2J no license")
    assert "\x1b" not in report.text(apply_policy([reached("oil")], [evil], LicensePolicy()))


def test_programs_get_all_of_it() -> None:
    values = report.as_json(made(), 1)
    assert values["exit_code"] == 1
    assert values["packages"][1] == {
        "package": "glass",
        "version": "1.0",
        "line": 7,
        "scope": "runtime",
        "required_by": ("lantern", "oil", "glass"),
        "license": "GPL-3.0-only",
        "source": "License-Expression",
        "evidence": "License-Expression: GPL-3.0-only",
        "result": "denied",
        "reason": "",
    }
    assert values["packages"][2]["license"] is None
    assert values["packages"][3]["reason"] == "we asked |them|"
    assert values["inconclusive"] == [{"package": "mirror", "version": "1.0", "reason": "gone"}]
    assert [finding["code"] for finding in values["findings"]] == ["license-denied"]


def test_the_summary_shows_what_is_special_and_folds_the_rest() -> None:
    shown, _, folded = report.as_markdown(made()).partition("<details>")
    assert "glass" in shown
    assert "lantern &gt; oil &gt; glass" in shown
    assert "| oil |" not in shown
    assert "| oil |" in folded
    assert "we asked \\|them\\|" in shown, "a bar in a reason is no column"


def test_where_all_is_allowed_the_summary_is_short() -> None:
    shown = report.as_markdown(apply_policy([reached("oil")], [known("MIT")], LicensePolicy())).partition("<details>")[
        0
    ]
    assert shown == "## evenfall licenses\n\n1 package: 1 allowed\n\n"
