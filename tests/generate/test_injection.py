"""Names, versions and settings are untrusted: an accepted value keeps its meaning in YAML, in expressions and in shell commands."""

from __future__ import annotations

import re
import shlex
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from evenfall.errors import EvenfallError
from evenfall.generate.nox_action import nox_action
from evenfall.generate.pins import TABLE, read_pins
from evenfall.generate.workflow import GATE, workflow_text
from evenfall.generate.yaml import dump
from evenfall.pipeline import names
from evenfall.pipeline.model import Pipeline, Session
from evenfall.project.settings import Settings, read_settings
from tests.generate.pipelines import generated, parsed, session

# All of Unicode that UTF-8 can encode; and short texts that often mix accepted and hostile characters.
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
NEARLY_PLAIN = st.text("a1v._-/ " * 3 + ",=()'\"`$\\{}#:;&|<>*!~\n\r\t\x85\u2028”", max_size=6)
PLAIN = st.from_regex(names._WORD, fullmatch=True)
LABEL = st.from_regex(names._LABEL, fullmatch=True)
PATH = st.from_regex(names._PATH, fullmatch=True)
JOB = st.from_regex(names._JOB, fullmatch=True)
VARIABLE = st.from_regex(names._VARIABLE, fullmatch=True)


@st.composite
def sessions(draw: st.DrawFn, name: str, before: list[str]) -> Session:
    """Return a session with values that a declaration accepts."""
    return session(
        name,
        *draw(st.lists(JOB, min_size=1, max_size=3, unique=True)),
        requires=tuple(draw(st.lists(st.sampled_from(before), unique=True))) if before else (),
        systems=tuple(draw(st.lists(LABEL, min_size=1, max_size=2, unique=True))),
        artifacts=tuple(draw(st.lists(PATH, max_size=2))),
        timeout=draw(st.integers(1, 360)),
        permissions=tuple(draw(st.dictionaries(PLAIN, PLAIN, max_size=2)).items()),
        environment=draw(LABEL | st.just("")),
        secrets=tuple(draw(st.lists(VARIABLE, max_size=2, unique=True))),
        history=draw(st.booleans()),
    )


@st.composite
def pipelines(draw: st.DrawFn) -> tuple[Session, ...]:
    named = draw(st.lists(PLAIN.filter(lambda name: name.lower() != GATE), min_size=1, max_size=3, unique_by=str.lower))
    return tuple(draw(sessions(name, named[:number])) for number, name in enumerate(named))


@settings(max_examples=15)  # a parser in pure Python reads each workflow
@given(pipelines())
def test_a_workflow_has_exactly_the_declared_values(declared: tuple[Session, ...]) -> None:
    text = workflow_text(Pipeline(sessions=declared), "ci", Settings(), {})
    workflow = parsed(text)
    assert list(workflow) == ["name", "on", "concurrency", "permissions", "env", "jobs"]
    assert list(workflow["jobs"]) == [*(each.name for each in declared), GATE]
    secrets = {f"secrets.{secret}" for each in declared for secret in each.facts.secrets}
    assert set(re.findall(r"\$\{\{ (.*?) \}\}", text)) <= secrets | {
        "github.workflow",
        "github.event_name == 'pull_request' && github.ref || github.run_id",
        "github.event_name == 'pull_request'",
        "matrix.job",
        "matrix.system",
        "toJSON(needs)",
        "job.status == 'success' && 'error' || 'ignore'",
    }
    for each in declared:
        check_job(workflow["jobs"][each.name], each)
    assert workflow["jobs"][GATE]["needs"] == [each.name for each in declared]
    conditions = [f"needs.{each.name}.result != 'success'" for each in declared]
    assert workflow["jobs"][GATE]["steps"] == [
        {
            "name": "Fail if a job failed, was cancelled or was skipped",
            "if": " || ".join(conditions),
            "env": {"RESULTS": "${{ toJSON(needs) }}"},
            "run": 'echo "$RESULTS"; exit 1',
        }
    ]


def check_job(job: dict[str, Any], declared: Session) -> None:
    facts = declared.facts
    jobs = tuple(job.name for job in declared.jobs)
    matrix = job.get("strategy", {}).get("matrix", {"job": [job["name"]], "system": [job["runs-on"]]})
    assert matrix == {"job": [*jobs], "system": [*facts.systems]}
    assert job["permissions"] == {"contents": "read", **dict(facts.permissions)}
    assert job.get("environment", "") == facts.environment
    assert job["timeout-minutes"] == facts.timeout
    assert tuple(job.get("needs", ())) == declared.requires
    (run,) = [step for step in job["steps"] if "run" in step]
    secrets = {secret: f"${{{{ secrets.{secret} }}}}" for secret in facts.secrets}
    assert run["env"] == {"EVENFALL_SYSTEM": job["runs-on"], **secrets}
    for name in jobs:
        line = run["run"].replace("${{ matrix.job }}", name)
        assert not set("$`\\\n") & set(line)
        assert shlex.split(line) == ["nox", "--no-dependencies", "-s", name]
    assert [step["with"]["path"] for step in job["steps"] if "upload" in step.get("uses", "")] == [*facts.artifacts]


@given(NEARLY_PLAIN)
def test_the_name_of_a_job_is_rejected_or_is_one_word_of_its_command(name: str) -> None:
    try:
        names.check_job(name, None)
    except EvenfallError:
        return
    steps = generated(session("paint", name))["jobs"]["paint"]["steps"]
    (run,) = [step["run"] for step in steps if "run" in step]
    assert not set("$`\\\n") & set(run)
    assert shlex.split(run) == ["nox", "--no-dependencies", "-s", name]


@given(
    st.fixed_dictionaries({"default-branch": NEARLY_PLAIN, "systems": st.lists(NEARLY_PLAIN, min_size=1, max_size=2)})
)
def test_settings_are_rejected_or_keep_their_meaning(table: dict[str, Any]) -> None:
    try:
        accepted = read_settings(table, path="pyproject.toml")
    except EvenfallError:
        return
    workflow = generated(session("lint", systems=accepted.systems), settings=accepted)
    assert workflow["on"]["push"] == {"branches": [table["default-branch"]]}
    job = workflow["jobs"]["lint"]
    assert job.get("strategy", {"matrix": {"system": [job["runs-on"]]}})["matrix"]["system"] == table["systems"]


@settings(max_examples=50)
@given(
    st.recursive(
        TEXT | NEARLY_PLAIN | st.booleans() | st.integers() | st.none(),
        lambda inner: st.dictionaries(TEXT, inner) | st.lists(inner),
    )
)
def test_every_value_round_trips(value: Any) -> None:
    assert parsed(dump({"value": value})) == {"value": value}


@given(TEXT)
def test_a_locked_version_of_any_text_is_only_an_input(version: str) -> None:
    steps = parsed(nox_action(uv=version, prepare=False, pins={}))["runs"]["steps"]
    assert steps[0]["with"]["version"] == version
    assert [step["run"] for step in steps if "run" in step] == [
        'uv export --quiet --locked --script noxfile.py --output-file "$RUNNER_TEMP/nox.txt"',
        'uv tool install --quiet --python ">=3.11" nox --with-requirements "$RUNNER_TEMP/nox.txt"',
    ]


@given(NEARLY_PLAIN | TEXT)
def test_the_comment_of_a_committed_pin_is_only_a_comment(version: str) -> None:
    action = "astral-sh/setup-uv"
    pins = read_pins(f"- uses: {action}@{'a' * 40} # v{version}\n")
    steps = parsed(nox_action(uv="1", prepare=False, pins=pins))["runs"]["steps"]
    assert steps[0]["uses"] == f"{action}@{pins.get(action, TABLE[action]).sha}"
    assert [*steps[0], len(steps)] == ["uses", "with", 3]
