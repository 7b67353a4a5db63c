from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.job_facts import JobFacts
from evenfall.adopt.workflow_facts import read_facts
from tests.adopt.own_ci import CI, FOLDER
from tests.sample_project import SampleProject


@pytest.fixture
def made(tmp_path: Path) -> SampleProject:
    return SampleProject(tmp_path)


def facts(made: SampleProject, text: str) -> dict[str, JobFacts]:
    made.write(CI, text)
    return {job.name: job for job in read_facts(made.root, CI)}


def only(made: SampleProject, steps: str, more: str = "") -> JobFacts:
    """What a job with these steps does."""
    job = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n{more}    steps:\n"
    return facts(made, job + "".join(f"      {line}\n" for line in steps.splitlines()))["a"]


def test_every_run_of_a_matrix_counts_with_its_system_and_python(made: SampleProject) -> None:
    job = facts(
        made,
        """\
on: push
jobs:
  tests:
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [Ubuntu-latest, macos-13]
        python: ["3.9", pypy-3.10, 3.14-dev, 3.13t]
        exclude: [{os: macos-13, python: 3.13t}]
        include:
          - {os: [self-hosted, linux], python: "3.x"}
    steps:
      - uses: actions/setup-python@v6
        with: {python-version: "${{ matrix.python }}"}
      - run: pytest
""",
    )["tests"]
    assert job.systems == ("ubuntu-latest", "macos-13", "self-hosted + linux")
    assert len(job.runners) == 8
    assert [*job.pythons] == ["3.9", "pypy3.10", "3.14", "3.13t"]
    assert job.runs_tests
    assert not job.not_understood


def test_what_is_only_known_in_a_run_is_named(made: SampleProject) -> None:
    job = facts(
        made,
        """\
on: push
jobs:
  tests:
    runs-on: ${{ matrix.os }}
    strategy: {matrix: "${{ fromJSON(needs.plan.outputs.matrix) }}"}
    steps:
      - {uses: astral-sh/setup-uv@v7, with: {python-version: "${{ matrix.python }}"}}
      - {run: 'pytest ${{ github.event.inputs.args }}'}
""",
    )["tests"]
    assert [*job.not_understood] == [
        "its matrix: ${{ fromJSON(needs.plan.outputs.matrix) }}",
        "its runner: ${{ matrix.os }}",
        "its Python: ${{ matrix.python }}",
    ]
    assert [*job.programs] == ["pytest $?"]


def test_a_workflow_that_two_jobs_call_is_read_with_the_inputs_of_each(made: SampleProject) -> None:
    made.write(
        f"{FOLDER}/called.yml",
        """\
on:
  workflow_call:
    inputs:
      python: {type: string, default: "3.12"}
      command: {type: string}
jobs:
  run:
    runs-on: ubuntu-latest
    steps:
      - {uses: actions/setup-python@v6, with: {python-version: "${{ inputs.python }}"}}
      - {run: "${{ inputs.command }}"}
      - {uses: ./.github/workflows/missing.yml}
  again: {uses: ./.github/workflows/called.yml}
""",
    )
    jobs = facts(
        made,
        """\
on: push
jobs:
  tests: {uses: ./.github/workflows/called.yml, with: {python: "3.13", command: pytest}}
  lint: {uses: ./.github/workflows/called.yml, with: {command: mypy src}, secrets: inherit}
  other: {uses: owner/repo/.github/workflows/x.yml@v1, with: {token: "${{ secrets.TOKEN }}"}, secrets: inherit}
""",
    )
    assert {name: ([*job.pythons], [*job.programs]) for name, job in jobs.items() if job.programs} == {
        "tests / run": (["3.13"], ["pytest"]),
        "lint / run": (["3.12"], ["mypy src"]),
    }
    assert "the workflow ./.github/workflows/called.yml, which it calls" in jobs["tests / again"].not_understood
    assert [*jobs["other"].not_understood] == ["the workflow owner/repo/.github/workflows/x.yml@v1, which it calls"]
    assert [*jobs["other"].secrets] == ["TOKEN", "all (secrets: inherit)"]


def test_actions_of_the_repository_are_read_and_others_are_listed(made: SampleProject) -> None:
    made.write(
        ".github/actions/run/action.yaml",
        """\
inputs: {command: {default: mypy}, empty: }
runs:
  using: composite
  steps:
    - {run: "${{ inputs.command }} ${{ inputs.empty }}", shell: bash}
    - {uses: ./.github/actions/run}
""",
    )
    made.write(".github/actions/image/action.yml", "runs: {using: docker}\n")
    job = only(
        made,
        """\
- {uses: ./.github/actions/run, with: {command: pytest}}
- {uses: ./.github/actions/image}
- {uses: ./.github/actions/missing}
- {uses: ../outside}
- {uses: owner/action@v1, with: {x: 1}}
- {uses: owner/action@v1, with: {x: 1}}
- {uses: CodSpeedHQ/action@v4, with: {run: pytest --codspeed}}
- {uses: actions/upload-artifact@v4, with: {path: site}}
- {uses: pypa/cibuildwheel@v3}
- {name: nothing}
- text
""",
    )
    assert [*job.programs] == ["pytest", "mypy", "pytest --codspeed"]
    assert [action.name for action in job.actions] == [
        "../outside",
        "owner/action",
        "CodSpeedHQ/action",
        "actions/upload-artifact",
        "pypa/cibuildwheel",
    ]
    assert [*job.artifacts] == ["site"]
    assert [*job.not_understood] == [
        "the action ./.github/actions/run",
        "the action ./.github/actions/image",
        "the action ./.github/actions/missing",
        "the wheels that pypa/cibuildwheel builds and tests",
    ]


def test_scripts_run_in_their_folder_with_their_variables(made: SampleProject) -> None:
    made.write("sub/Makefile", "check:\n\tmypy\n")
    made.write("tox.ini", "[tox]\n[testenv]\ncommands = pytest {posargs}\n")
    job = only(
        made,
        """\
- {run: make check}
- {run: make check, working-directory: .}
- {run: make check, working-directory: "/etc"}
- {run: 'tox -e py$(echo $VERSION | tr -d .)', working-directory: ., env: {VERSION: "3.12", UV_PYTHON: pypy3.11}}
- {run: 'tox -e ${NAME}', working-directory: ., shell: bash, env: {NAME: "${{ github.ref }}"}}
- {run: print(1), shell: python}
- run: |
    check() {
      echo
    }
    check
- {run: 'if: [', if: false}
- {run: 'uv python install 3.10 3.9', if: "${{ github.ref == 'x' }}"}
- {run: 'uv venv --python 3.8'}
""",
        "    defaults: {run: {working-directory: sub}}\n    env: {GLOBAL: 1}\n",
    )
    assert "mypy" in job.programs
    assert "pytest" in job.programs
    assert [*job.not_understood] == ["`make check`", "a script of python: print(1)"]
    assert [*job.pythons] == ["pypy3.11", "3.12", "3.10", "3.9", "3.8"]
    assert [*job.variables] == ["GLOBAL", "VERSION", "UV_PYTHON", "NAME"]
    assert "check" not in job.programs


def test_the_shell_of_all_steps_can_be_python(made: SampleProject) -> None:
    job = only(made, "- {run: import os}", "    defaults: {run: {shell: python}}\n")
    assert [*job.not_understood] == ["a script of python: import os"]


def test_services_containers_secrets_and_permissions(made: SampleProject) -> None:
    jobs = facts(
        made,
        """\
on: push
permissions: write-all
env: {TOKEN: "x"}
jobs:
  a:
    runs-on: {group: big, labels: [linux, x64]}
    container: {image: "python:${{ inputs.x }}"}
    services: {db: {image: postgres:16}, cache: redis}
    permissions: {id-token: write, contents: read}
    env: {PASSWORD: "${{ secrets.PASSWORD }}", G: "${{ secrets['OTHER'] }}", T: "${{ secrets.GITHUB_TOKEN }}"}
    steps: []
  b: {runs-on: {group: big}, container: alpine, steps: [{uses: actions/checkout@v4}]}
  c: {runs-on: ubuntu-latest}
  d: text
  e: {if: false, runs-on: ubuntu-latest, steps: [{run: pytest}]}
""",
    )
    a, b, c, d = (jobs[name] for name in "abcd")
    assert (a.systems, [*a.containers], [*a.services]) == (
        ("linux + x64",),
        ["python:${{ inputs.x }}"],
        ["db (postgres:16)", "cache (redis)"],
    )
    assert ([*a.secrets], [*a.permissions], [*a.variables][:2]) == (
        ["PASSWORD", "OTHER"],
        ["id-token: write"],
        ["TOKEN", "PASSWORD"],
    )
    assert (b.systems, [*b.containers], [*b.permissions]) == (("group big",), ["alpine"], ["everything: write"])
    assert ([*c.not_understood], [*d.not_understood]) == (["a job without steps"], ["a job that is not a mapping"])
    assert "e" not in jobs


def test_a_version_can_be_in_a_file_or_free_threaded(made: SampleProject) -> None:
    made.write(".python-version", "3.12.1\npypy3.10\n")
    job = only(
        made,
        """\
- {uses: actions/setup-python@v6, with: {python-version-file: .python-version}}
- {uses: actions/setup-python@v6, with: {python-version-file: pyproject.toml}}
- {uses: actions/setup-python@v6, with: {python-version: "3.14", freethreaded: true}}
- {uses: actions/setup-python@v6, with: {python-version: "graalpy-24\\n3.13"}}
""",
    )
    assert [*job.pythons] == ["3.12", "pypy3.10", "3.14t", "graalpy24", "3.13"]


def test_tasks_that_call_themselves_end(made: SampleProject) -> None:
    made.write("run.sh", "#!/bin/sh\n./run.sh\n")
    job = only(made, "- {run: ./run.sh}")
    assert [*job.programs] == ["./run.sh"]


def test_matrices_that_multiply_end(made: SampleProject) -> None:
    matrix = f"strategy: {{matrix: {{a: {[*range(200)]}}}}}"
    made.write(f"{FOLDER}/called.yml", f"on: workflow_call\njobs: {{a: {{runs-on: x, {matrix}, steps: []}}}}\n")
    jobs = facts(made, f"on: push\njobs: {{a: {{uses: ./{FOLDER}/called.yml, {matrix}}}}}\n")
    assert len(jobs["a / a"].runners) == 2000
    assert [*jobs["a"].not_understood] == ["more than 2000 runs"]


@pytest.mark.parametrize("text", ["{[", "jobs: 1\n", "name: nothing\n", "on: push\njobs: {}\n"])
def test_a_file_that_is_no_workflow_is_not_understood(made: SampleProject, text: str) -> None:
    (job,) = facts(made, text).values()
    assert [*job.not_understood] == ["the file, which is not a valid workflow with jobs"]


def test_an_empty_file_has_no_jobs(made: SampleProject) -> None:
    assert facts(made, "\n") == {}


@pytest.mark.parametrize(
    ("steps", "more"),
    [
        ("- {if: \"env.TOKEN != ''\", env: {TOKEN: '${{ secrets.T }}'}, run: pytest}", ""),
        ("- run: echo A=1 >> $GITHUB_ENV\n- {if: env.A == '1', run: pytest}", ""),
        ("- run: echo A=1 >> $GITHUB_ENV\n- {if: env.A == '1', run: pytest}", "    env: {A: 0, B: 1}\n"),
        ("- {if: matrix.py == 3.10, run: pytest}", "    strategy: {matrix: {py: ['3.10']}}\n"),
        ("- {if: matrix.x == false, run: pytest}", "    strategy: {matrix: {py: ['3.10']}}\n"),
        ("- {if: \"contains(matrix.*, 'x')\", run: pytest}", "    strategy: {matrix: {a: [x]}}\n"),
        ("- {if: Matrix.A == 'X', run: pytest}", "    strategy: {matrix: {a: [x]}}\n"),
        ("- {if: inputs.slow, run: pytest}", ""),
    ],
)
def test_a_step_whose_condition_can_be_true_is_read(made: SampleProject, steps: str, more: str) -> None:
    assert only(made, steps, more).runs_tests


@pytest.mark.parametrize("steps", ["&a [*a]", "&a {x: *a}"])
def test_a_workflow_with_an_alias_in_its_own_anchor_is_not_valid(made: SampleProject, steps: str) -> None:
    assert facts(made, f"on: push\njobs: {{a: {{steps: {steps}}}}}\n")[""].not_understood


def test_the_inputs_of_an_action_are_texts_and_those_of_a_workflow_without_callers_are_not_known(
    made: SampleProject,
) -> None:
    made.write(
        "a/action.yml",
        "inputs: {slow: {default: false}}\nruns: {using: composite, steps: [{if: inputs.slow, run: pytest}]}\n",
    )
    assert only(made, "- uses: ./a").runs_tests
    dispatched = "on: {workflow_dispatch: {inputs: {slow: {default: false}}}}\njobs:\n  a:\n    steps: [{if: inputs.slow, run: mypy}]\n"
    assert [*facts(made, dispatched)["a"].programs] == ["mypy"]
