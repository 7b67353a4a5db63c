"""Render a plan and what `apply` did: as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from evenfall.findings import Finding, Location
from evenfall.github.apply import Application, SettingResult
from evenfall.github.live import Unreadable
from evenfall.github.plan import Plan
from evenfall.github.setting import Difference, Setting
from evenfall.github_api.errors import token_hint
from evenfall.report.output import findings_as_text, report_as_json
from evenfall.text import one_line, plural, printable

APPLY = "evenfall github apply"
_LOCATION = Location(path="pyproject.toml", key="tool.evenfall.github")


def plan_text(plan: Plan) -> str:
    """Return what `apply` would change, what is to do by hand and what can't be read, and a last line with their numbers."""
    changes = [each for each in plan.settings if any(not part.by_hand for part in each.differences)]
    blocks = [_block(each.setting, [part for part in each.differences if not part.by_hand]) for each in changes]
    by_hand = _by_hand_lines((each.setting, each.differences) for each in plan.settings)
    unreadable = [(each.setting, each.unreadable) for each in plan.settings if each.unreadable]
    summary = (
        f"{plan.repository}: {_numbers(len(changes), len(by_hand), len(unreadable)) or 'all settings are as wanted'}"
    )
    return _joined(
        blocks,
        _section("To do by hand:", by_hand),
        _section("Inconclusive:", _grouped(unreadable)),
        _notes(plan.notes),
        [summary + (f"\n  next: {APPLY}" if changes else "")],
    )


def check_text(plan: Plan) -> str:
    """Return the differences as findings, what can't be read, and a last line with the result."""
    unreadable = [(each.setting, each.unreadable) for each in plan.settings if each.unreadable]
    result = {0: "passed", 1: "failed"}.get(plan.exit_code, "inconclusive")
    findings = _findings(plan)
    return _joined(
        [findings_as_text(findings)] if findings else [],
        _section("Inconclusive:", _grouped(unreadable)),
        _notes(plan.notes),
        [f"settings of {plan.repository}: {result}"],
    )


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the values that `--json` prints for a plan."""
    return report_as_json(
        plan.exit_code,
        _findings(plan),
        inconclusive=_unreadable_lines((each.setting, each.unreadable) for each in plan.settings),
        notes=plan.notes,
        repository=plan.repository,
        settings=[
            {**_differences_json(each.setting, each.differences), "unreadable": each.unreadable}
            for each in plan.settings
        ],
    )


def application_text(application: Application) -> str:
    """Return what was changed, what failed, what could not be read, and what is still to do by hand, with where."""
    results = application.results
    changed = [each for each in results if each.changed]
    failed = [each for each in results if each.failure]
    unreadable = [(each.setting, each.unreadable) for each in results if each.unreadable]
    by_hand = _by_hand_lines((each.setting, each.by_hand) for each in results)
    numbers = [
        f"{plural(len(changed), 'setting')} changed" if changed else "nothing changed",
        *([f"{len(failed)} failed"] if failed else []),
        *([f"{len(unreadable)} inconclusive"] if unreadable else []),
        *([f"{len(by_hand)} to do by hand"] if by_hand else []),
    ]
    return _joined(
        [_block(each.setting, each.changed, done=True) for each in changed],
        [_failure(each) for each in failed],
        _section("Inconclusive:", _grouped(unreadable)),
        _section("To do by hand:", by_hand),
        _notes(application.notes),
        [f"{application.repository}: {', '.join(numbers)}"],
    )


def application_json(application: Application) -> dict[str, Any]:
    """Return the values that `--json` prints for what `apply` did. The findings are those that remain."""
    results = application.results
    remaining = [
        *(_finding(each.setting, part) for each in results for part in each.by_hand),
        *(_failure_finding(each) for each in results if each.failure),
    ]
    return report_as_json(
        application.exit_code,
        remaining,
        inconclusive=_unreadable_lines((each.setting, each.unreadable) for each in results),
        notes=application.notes,
        repository=application.repository,
        changed=[_differences_json(each.setting, each.changed) for each in results if each.changed],
    )


def _joined(*blocks: list[str]) -> str:
    return printable("\n\n".join(block for group in blocks for block in group))


def _section(title: str, lines: list[str]) -> list[str]:
    return ["\n".join([title, *(f"  {line}" for line in lines)])] if lines else []


def _block(setting: Setting[Any], differences: Sequence[Difference], *, done: bool = False) -> str:
    lines = [one_line(_done(part) if done else str(part)) for part in differences]
    parts = [part.what for part in differences]
    return (
        f"{setting.title}: {lines[0]}"
        if parts == [""]
        else "\n".join([setting.title, *(f"  {line}" for line in lines)])
    )


def _done(part: Difference) -> str:
    return f"{part.what and f'{part.what}: '}{part.live} → {part.wanted}"


def _failure(result: SettingResult) -> str:
    lines = result.failure.splitlines()
    if result.setting.feature:
        lines.append(f'  or omit = ["{result.setting.feature}"], if the plan of the owner does not have it')
    return "\n".join([f"{result.setting.title}: failed", *(f"  {line}" for line in lines)])


def _by_hand_lines(settings: Iterable[tuple[Setting[Any], Iterable[Difference]]]) -> list[str]:
    return [
        one_line(f"{'' if part.what else f'{setting.title}: '}{part}. {part.by_hand} ({setting.where})")
        for setting, differences in settings
        for part in differences
        if part.by_hand
    ]


def _grouped(settings: Sequence[tuple[Setting[Any], Unreadable]]) -> list[str]:
    """Return one line for each permission that the token lacks, and one for each other reason."""
    titles: dict[str, list[str]] = {}
    for setting, unreadable in settings:
        titles.setdefault(unreadable.permission and token_hint(unreadable.permission), []).append(setting.title)
    others = _unreadable_lines(each for each in settings if not each[1].permission)
    return [
        f"unreadable with this token: {', '.join(names)}; {hint}" for hint, names in titles.items() if hint
    ] + others


def _unreadable_lines(settings: Iterable[tuple[Setting[Any], Unreadable | None]]) -> list[str]:
    return [
        one_line(
            f"{setting.title}: unreadable with this token: {unreadable.reason}; {token_hint(unreadable.permission)}"
        )
        if unreadable.permission
        else one_line(f"{setting.title}: unreadable: {unreadable.reason}")
        for setting, unreadable in settings
        if unreadable
    ]


def _notes(notes: Iterable[str]) -> list[str]:
    return ["\n".join(f"note: {one_line(note)}" for note in notes)] if notes else []


def _numbers(changes: int, by_hand: int, unreadable: int) -> str:
    parts = [
        *([f"{plural(changes, 'setting')} to change"] if changes else []),
        *([f"{by_hand} to do by hand"] if by_hand else []),
        *([f"{unreadable} inconclusive"] if unreadable else []),
    ]
    return ", ".join(parts)


def _findings(plan: Plan) -> list[Finding]:
    return [_finding(each.setting, part) for each in plan.settings for part in each.differences]


def _finding(setting: Setting[Any], part: Difference) -> Finding:
    fix = f"{part.by_hand} ({setting.where})" if part.by_hand else APPLY
    reason = f"{setting.title}: {part}, because {setting.why}"
    return Finding(code=f"settings/{setting.key}", location=_LOCATION, reason=one_line(reason), fix=one_line(fix))


def _failure_finding(result: SettingResult) -> Finding:
    reason = one_line(f"{result.setting.title}: {result.failure}")
    return Finding(code=f"settings/{result.setting.key}", location=_LOCATION, reason=reason, fix=APPLY)


def _differences_json(setting: Setting[Any], differences: Iterable[Difference]) -> dict[str, Any]:
    return {"key": setting.key, "title": setting.title, "where": setting.where, "differences": [*differences]}
