from __future__ import annotations

import io
import json

from rich.console import Console

from evenfall.adopt.adoption import AdoptionPlan, FileChange, KeptFile
from evenfall.adopt.job_counts import JobCount, JobCounts
from evenfall.adopt.losses import FileLosses, Kind, Loss
from evenfall.adopt.report import as_json, plan_screen, print_diff
from evenfall.report.output import json_text

CI = ".github/workflows/ci.yml"
OTHER = ".github/workflows/a-workflow-with-a-very-long-name.yml"
LOSSES = (
    Loss(kind=Kind.JOB, what="tests"),
    Loss(kind=Kind.JOB, what="docs"),
    Loss(kind=Kind.TRIGGER, what="push to tags v*"),
)
PLAN = AdoptionPlan(
    changes=(
        FileChange(path=CI, old="a\n", new="b\n"),
        FileChange(path="noxfile.py", old=None, new="a\nb\n"),
        FileChange(path="noxfile.py.lock", old="a\nb\n", new="a\nc\nd\n"),
        FileChange(
            path="pyproject.toml",
            old="[tool.x]\n",
            new="[tool.x]\n[tool.evenfall]\na = 1\n[dependency-groups]\nx = []\n",
        ),
        FileChange(path="old.yml", old="x\n", new=None),
        FileChange(path="empty", old=None, new=""),
        FileChange(path="other.txt", old="\x1b[1m\r\n", new="\x1b[2m\r\n"),
    ),
    losses=(
        FileLosses(path=CI, generated=CI, is_replaced=True, losses=LOSSES),
        FileLosses(path="old.yml", generated="new.yml", is_replaced=True, losses=()),
        FileLosses(path=OTHER, generated=CI, is_replaced=False, losses=LOSSES),
    ),
    refusals=("CI has no tests",),
    jobs=JobCounts(
        before=(JobCount(path=OTHER, runners=("macos-latest",)),),
        after=(JobCount(path=OTHER, runners=("macos-latest",)), JobCount(path=CI, runners=("ubuntu-latest",) * 3)),
    ),
    kept=(
        KeptFile(path=OTHER, difference="it publishes"),
        KeptFile(path=OTHER, difference="it does more, which takes many words"),
    ),
    notes=("a note of many words, which does not fit in one line of a narrow window",),
    dirty=("pyproject.toml",),
)


def test_a_plan_has_a_line_or_more_for_each_file_and_fits_the_width() -> None:
    text = plan_screen(PLAN, width=60).plain
    assert max(len(line) for line in text.splitlines() if OTHER not in line) <= 60
    assert [*map(str.split, text.splitlines())] == [
        *map(
            str.split,
            f"""\
replace  {CI}
         lost job: tests, docs
         lost trigger: push to tags v*
create   noxfile.py                 the checks, here and in CI (+2)
change   noxfile.py.lock            the tools' versions (+2 -1)
change   pyproject.toml
         +4 in tool.evenfall, dependency-groups
         has changes of yours, which are not committed
remove   old.yml                    nothing is lost
create   empty
change   other.txt                  +1 -1
keep     {OTHER}
         it publishes
         it does more, which takes many words

loss     CI has no tests

jobs     1 job for a change before, 4 after; in a private
         repository, they cost at least 10 minutes before
         and 13 after (macOS counts tenfold, Windows
         twofold)

note     a note of many words, which does not fit in one
         line of a narrow window""".splitlines(),
        )
    ]


def test_a_removed_file_that_no_other_replaces_is_explained() -> None:
    plan = AdoptionPlan(changes=(FileChange(path="x", old="x", new=None),))
    assert plan_screen(plan, width=80).plain == "remove   x  no session needs it any longer"
    assert plan_screen(AdoptionPlan(), width=80).plain == ""


def test_a_difference_has_no_control_characters_of_a_file() -> None:
    console = Console(file=io.StringIO(), width=20)
    print_diff(console, PLAN)
    output = console.file.getvalue()  # type: ignore[attr-defined]
    assert "noxfile.py.lock: 2 lines -> 3 lines, written by uv lock\n" in output
    assert "empty: an empty file\n" in output
    assert "-\\x1b[1m\n+\\x1b[2m\n" in output
    assert "\r" not in output


def test_a_plan_as_json() -> None:
    values = json.loads(json_text(as_json(PLAN)))
    assert (values["create"], values["remove"]) == (["noxfile.py", "empty"], ["old.yml"])
    assert values["change"] == [CI, "noxfile.py.lock", "pyproject.toml", "other.txt"]
    assert values["losses"][0]["losses"][2] == {"kind": "trigger", "what": "push to tags v*", "jobs": []}
    assert values["jobs"]["after"] == [
        {"path": OTHER, "jobs": 1, "minutes": 10},
        {"path": CI, "jobs": 3, "minutes": 3},
    ]
