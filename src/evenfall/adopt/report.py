"""The plan of an adoption on the screen, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import tomli
from rich.console import Console
from rich.text import Text

from evenfall.adopt.adoption import AdoptionPlan, FileChange
from evenfall.adopt.job_counts import JobCounts
from evenfall.adopt.losses import FileLosses
from evenfall.generate.codeowners import CODEOWNERS
from evenfall.generate.dependabot import DEPENDABOT
from evenfall.generate.guide.deployment import DEPLOYMENT
from evenfall.generate.releasing import RELEASING
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project import coverage_target, lockfile
from evenfall.project.precommit_config import HOOKS
from evenfall.project.pyproject import NAME
from evenfall.text import one_line, plural, printable

_STYLES = {"create": "green", "change": "yellow", "replace": "bold red", "remove": "bold red", "keep": "dim"}
_PURPOSES = {
    NOXFILE: "the checks, here and in CI",
    SCRIPT_LOCK: "the tools' versions",
    NAME: "the project",
    lockfile.NAME: "the packages' versions",
    coverage_target.NAME: "the required coverage",
    ".gitignore": "what the sessions write",
    ".gitattributes": "generated files",
}
_KINDS = {
    HOOKS: "the linters before each commit",
    "/action.yml": "installs Nox in CI",
    "ci.yml": "the checks of a push",
    "security.yml": "the dependencies' checks",
    "cd.yml": "publishes a release",
    "auto-merge.yml": "merges updates",
    DEPENDABOT: "updates the dependencies",
    CODEOWNERS: "who reviews",
    DEPLOYMENT: "the settings on GitHub",
    RELEASING: "how to release",
    "hooks/pre-push": "runs evenfall run before a push",
}
"""What the files are for, by path, and by the end of the path."""
_INDENT = 9
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def plan_screen(plan: AdoptionPlan, *, width: int) -> Text:
    """Return the plan in lines that fit the width: the files with reasons, what is lost, and the notes."""
    files = [*_changed_files(plan), *_kept_files(plan)]
    short = (len(path) for _, path, reasons in files if len(reasons) == 1 and len(path) <= width // 2)
    column = max(short, default=0)
    blocks = [[_file(*file, column=column, width=width) for file in files]]
    blocks.append([_labeled("loss", reason, "bold red", width) for reason in plan.refusals])
    blocks.append([_labeled("jobs", _jobs(plan.jobs), "", width)] if plan.jobs.after else [])
    blocks.append([_labeled("note", note, "yellow", width) for note in plan.notes])
    return Text("\n\n").join(Text("\n").join(block) for block in blocks if block)


def _changed_files(plan: AdoptionPlan) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield the action, the path and the reasons of each file that changes."""
    losses = {file.path: file for file in plan.losses if file.is_replaced}
    generated = {file.generated: file for file in plan.losses if file.is_replaced}
    for change in plan.all_changes:
        lost = losses.get(change.path) or generated.get(change.path)
        if change.new is None:
            yield "remove", change.path, lost_lines(lost) if lost else ("no session needs it any longer",)
        elif lost and change.old is not None:
            yield "replace", change.path, lost_lines(lost)
        else:
            dirty = ("has changes of yours, which are not committed",) if change.path in plan.dirty else ()
            yield "create" if change.old is None else "change", change.path, (_reason(change), *dirty)


def _kept_files(plan: AdoptionPlan) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    differences: dict[str, list[str]] = {}
    for kept in plan.kept:
        differences.setdefault(kept.path, []).append(kept.difference)
    for path, lines in differences.items():
        yield "keep", path, tuple(lines)


def _reason(change: FileChange) -> str:
    """Return what a file is for, or what a change adds to it, and how many lines change."""
    if change.path == NAME and change.old is not None:
        return f"{change.size} in {', '.join(_changed_tables(change))}"
    purpose = _PURPOSES.get(change.path) or next(
        (text for end, text in _KINDS.items() if change.path.endswith(end)), ""
    )
    return f"{purpose} ({change.size})" if purpose and change.size else purpose or change.size


def _changed_tables(change: FileChange) -> Iterator[str]:
    """Yield the names of the tables of `pyproject.toml` that a change adds or changes, such as `tool.evenfall`."""
    old, new = (tomli.loads((text or "").removeprefix("\ufeff")) for text in (change.old, change.new))
    for table, value in new.items():
        keys = value if table == "tool" else {}
        yield from (f"{table}.{key}" for key in keys if keys[key] != old.get(table, {}).get(key))
        if not keys and value != old.get(table):
            yield table


def lost_lines(file: FileLosses) -> tuple[str, ...]:
    """Return what is lost with a file, one line for each kind."""
    kinds: dict[str, list[str]] = {}
    for loss in file.losses:
        kinds.setdefault(str(loss.kind), []).append(loss.what)
    return tuple(f"lost {kind}: {', '.join(names)}" for kind, names in kinds.items()) or ("nothing is lost",)


def _jobs(counts: JobCounts) -> str:
    """Return the number of jobs of a change before and after, and what they cost."""
    (before, cost_before), (after, cost_after) = (
        (sum(count.jobs for count in part), sum(count.minutes for count in part))
        for part in (counts.before, counts.after)
    )
    cost = f"{cost_before} minutes before and {cost_after} after (macOS counts tenfold, Windows twofold)"
    return f"{plural(before, 'job')} for a change before, {after} after; in a private repository, they cost at least {cost}"


def _file(action: str, path: str, reasons: Sequence[str], *, column: int, width: int) -> Text:
    """Return the lines of a file: with a short reason beside its path, or with the reasons below."""
    name = one_line(path)
    beside = f"{name:<{column}}  {one_line(reasons[0])}"
    if len(reasons) == 1 and len(name) <= column and _INDENT + len(beside) <= width:
        return _labeled(action, beside, _STYLES[action], width)
    lines = [_labeled(action, name, _STYLES[action], width), *(_labeled("", reason, "", width) for reason in reasons)]
    return Text("\n").join(lines)


def _labeled(label: str, text: str, style: str, width: int) -> Text:
    """Return a label and a text, wrapped beside it."""
    lines = textwrap.wrap(printable(text), max(width - _INDENT, 20), break_long_words=False, break_on_hyphens=False)
    return Text.assemble((f"{label:<{_INDENT}}", style), f"\n{'':<{_INDENT}}".join(lines))


def print_diff(console: Console, plan: AdoptionPlan) -> None:
    """Print the changes as unified diffs; of a lockfile, only the number of lines."""
    for change in plan.all_changes:
        for line in change.preview.splitlines():
            style = "bold" if line.startswith(("+++ ", "--- ")) else _DIFF_STYLES.get(line[:1], "")
            console.print(Text(printable(line.rstrip("\r")), style=style), soft_wrap=True)


def as_json(plan: AdoptionPlan) -> dict[str, Any]:
    """Return what `--json` prints."""
    return {
        "create": [change.path for change in plan.all_changes if change.old is None],
        "change": [change.path for change in plan.all_changes if change.old is not None and change.new is not None],
        "remove": [change.path for change in plan.all_changes if change.new is None],
        "keep": [{"path": kept.path, "reason": kept.difference} for kept in plan.kept],
        "losses": plan.losses,
        "refusals": plan.refusals,
        "jobs": {
            when: [{"path": count.path, "jobs": count.jobs, "minutes": count.minutes} for count in counts]
            for when, counts in (("before", plan.jobs.before), ("after", plan.jobs.after))
        },
        "notes": plan.notes,
        "dirty": plan.dirty,
    }
