from __future__ import annotations

import pytest

from evenfall.errors import Exit
from evenfall.github.apply import Application, SettingResult
from evenfall.github.live import Unreadable
from evenfall.github.mergeability import merge_rules
from evenfall.github.plan import Plan, SettingPlan, plan_notes
from evenfall.github.report import application_json, application_text, check_text, plan_json, plan_text
from evenfall.github.setting import Difference
from evenfall.github.settings.merge import AUTO_MERGE
from evenfall.github.settings.secrets import SECRETS
from evenfall.github.settings.security import SECRET_SCANNING
from tests.github.test_wanted import wanted

CHANGE = Difference(what="", live="off", wanted="on")
TASK = Difference(what="secret KEY", live="missing", wanted="there", by_hand="Create it: gh secret set KEY")
DENIED = Unreadable(reason="GitHub refuses it\x1b[2J", permission="administration: read")
PLAN = Plan(
    repository="lamp-makers/lamp",
    settings=(
        SettingPlan(setting=AUTO_MERGE, differences=(CHANGE,)),
        SettingPlan(setting=SECRETS, differences=(TASK,)),
        SettingPlan(setting=SECRET_SCANNING, unreadable=DENIED),
    ),
    notes=("a note",),
)
DONE = Application(
    repository="lamp-makers/lamp",
    results=(
        SettingResult(setting=AUTO_MERGE, changed=(CHANGE,)),
        SettingResult(setting=SECRETS, by_hand=(TASK,)),
        SettingResult(setting=SECRET_SCANNING, failure="GitHub rejects it\n  next: correct it"),
        SettingResult(setting=AUTO_MERGE, failure="GitHub answered 500"),
        SettingResult(setting=SECRET_SCANNING, unreadable=DENIED),
    ),
    notes=("a note",),
)


def test_a_plan_says_what_would_change_what_to_do_and_what_is_unreadable() -> None:
    assert (
        plan_text(PLAN)
        == """\
Auto-merge: off, must be on

To do by hand:
  secret KEY: missing, must be there. Create it: gh secret set KEY (Settings → Secrets and variables → Actions)

Inconclusive:
  unreadable with this token: Secret scanning; set GH_TOKEN or GITHUB_TOKEN to a token with the permission administration: read of \
this repository

note: a note

lamp-makers/lamp: 1 setting to change, 1 to do by hand, 1 inconclusive
  next: evenfall github apply"""
    )


def test_a_check_gives_findings_with_their_reasons() -> None:
    text = check_text(PLAN)
    assert "error [settings/auto-merge] Auto-merge: off, must be on, because auto-merge.yml merges" in text
    assert text.endswith("settings of lamp-makers/lamp: failed")
    unreadable = Plan(repository="lamp-makers/lamp", settings=PLAN.settings[2:])
    assert check_text(unreadable).endswith("settings of lamp-makers/lamp: inconclusive")
    assert unreadable.exit_code == Exit.UNKNOWN


def test_a_plan_without_differences_says_so() -> None:
    nothing = Plan(repository="lamp-makers/lamp", settings=())
    assert plan_text(nothing) == "lamp-makers/lamp: all settings are as wanted"
    assert check_text(nothing) == "settings of lamp-makers/lamp: passed"


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ('profile = "solo", owners = ["@ann"], omit = ["grouped-security-updates"]', []),
        ('profile = "solo", owners = ["@ann"]', ["GitHub's API does not have"]),
        (
            'profile = "team", owners = ["@lamp/crew"], auto-merge = false',
            ["This assumes", "A pull request by Dependabot can never", "GitHub's API does not have"],
        ),
    ],
)
def test_a_plan_notes_what_it_assumes_and_what_is_accepted(text: str, notes: list[str]) -> None:
    settings = wanted(f"github = {{ {text} }}\n")
    found = [*plan_notes(settings, merge_rules(settings))]
    assert len(found) == len(notes)
    assert all(note.startswith(start) for note, start in zip(found, notes, strict=True))


def test_the_json_of_a_plan_has_each_setting() -> None:
    report = plan_json(PLAN)
    assert (report["exit_code"], report["notes"]) == (1, ["a note"])
    assert [finding["code"] for finding in report["findings"]] == ["settings/auto-merge", "settings/secrets"]
    assert [(each["key"], len(each["differences"]), bool(each["unreadable"])) for each in report["settings"]] == [
        ("auto-merge", 1, False),
        ("secrets", 1, False),
        ("secret-scanning", 0, True),
    ]


def test_apply_ends_with_what_remains_to_be_done() -> None:
    text = application_text(DONE)
    assert "Auto-merge: off → on" in text
    assert (
        'Secret scanning: failed\n  GitHub rejects it\n    next: correct it\n    or omit = ["secret-scanning"]' in text
    )
    assert text.endswith("lamp-makers/lamp: 1 setting changed, 2 failed, 1 inconclusive, 1 to do by hand")
    assert application_text(Application(repository="a/b", results=())) == "a/b: nothing changed"


def test_the_json_of_apply_has_what_was_changed_and_what_remains() -> None:
    report = application_json(DONE)
    assert [each["key"] for each in report["changed"]] == ["auto-merge"]
    assert [finding["code"] for finding in report["findings"]] == [
        "settings/secrets",
        "settings/secret-scanning",
        "settings/auto-merge",
    ]
    assert len(report["inconclusive"]) == 1
