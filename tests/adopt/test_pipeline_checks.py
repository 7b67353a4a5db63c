from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.pipeline_checks import PipelineChecks
from evenfall.adopt.program import programs
from evenfall.adopt.purpose import purpose_of_action
from tests.adopt.own_ci import PYPROJECT, checks, standard
from tests.generate.pipelines import session
from tests.sample_project import SampleProject

HOOKS = """\
repos:
  - repo: https://github.com/astral-sh/ruff-pre-commit
    hooks: [{id: ruff}, {id: codespell}]
  - repo: local
    hooks: [{id: types, entry: uv run pyright}]
"""


def covered(made: PipelineChecks, command: str) -> bool:
    (program,) = programs(command)
    return made.covers(program)


@pytest.mark.parametrize(
    ("command", "is_covered"),
    [
        ("pytest", True),
        ("pytest -v -n auto --cov=lantern --cov-report xml tests --color yes -k fast -m 'not slow'", True),
        ("pytest --runslow", False),
        ("pytest -W error", False),
        ("pytest --pyargs lantern", False),
        ("pytest --doctest-modules", False),
        ("python -m unittest", True),
        ("coverage run tests.py", False),
        ("diff-cover coverage.xml --fail-under 100", False),
        ("uvx cibuildwheel", False),
        ("auditwheel repair x.whl", False),
        ("pytest -c other.ini", False),
        ("pytest -o xfail_strict=true", False),
        ("pytest -p lantern.plugin", False),
        ("pytest -p no:cacheprovider", True),
        ("pytest --override-ini=a=b", False),
        ("pytest --rootdir tests", False),
        ("pytest --import-mode=importlib", False),
        ("mypy src", True),
        ("ruff check .", True),
        ("ruff format --check", False),
        ("codespell", True),
        ("pyright", True),
        ("pylint src", False),
        ("coverage report", True),
        ("pre-commit run", True),
        ("uv build", True),
        ("pip-audit", True),
        ("pip install .", True),
        ("uv publish", True),
        ("mkdocs build", False),
        ("mytool", False),
        ("apt-get install x", False),
    ],
)
def test_what_the_standard_sessions_do(tmp_path: Path, command: str, is_covered: bool) -> None:
    SampleProject(tmp_path).write(".pre-commit-config.yaml", HOOKS)
    assert covered(checks(tmp_path), command) is is_covered


@pytest.mark.parametrize(
    ("files", "command", "others"),
    [
        ({"pytest.ini": "[pytest]\naddopts = -m 'not slow' --doctest-modules\n"}, "pytest -m slow", ["-m 'slow'"]),
        ({"pytest.ini": "[pytest]\naddopts = -m 'not slow' --doctest-modules\n"}, "pytest --doctest-modules", []),
        ({"tox.ini": "[pytest]\ntestpaths = tests\n"}, "pytest tests/unit tests/a.py::test checks", ["checks"]),
        ({"setup.cfg": "[tool:pytest]\ntestpaths = .\n"}, "pytest checks", []),
        ({"pytest.toml": '[pytest]\ntestpaths = ["tests"]\n'}, "pytest checks $X", ["checks"]),
        ({}, "pytest checks", []),
        ({}, "pytest --cov --doctest-modules", ["--doctest-modules"]),
        ({"pytest.ini": "[pytest]\naddopts = -c x.ini\n"}, "pytest -c x.ini -p x", ["-p x"]),
        (
            {"pytest.ini": "[pytest]\ntestpaths = tests\n"},
            "python -m unittest discover -s integration",
            ["integration"],
        ),
        (
            {"pytest.ini": "[pytest]\ntestpaths = tests\n"},
            "python -m unittest -v -k x tests.unit other.unit",
            ["other/unit"],
        ),
        ({"pytest.ini": "[pytest]\ntestpaths = tests\n"}, "python -m unittest discover --start-directory=tests", []),
        ({"pytest.toml": "["}, "pytest checks", []),
    ],
)
def test_arguments_of_pytest_that_run_other_tests(
    tmp_path: Path, files: dict[str, str], command: str, others: list[str]
) -> None:
    for path, text in files.items():
        SampleProject(tmp_path).write(path, text)
    (program,) = programs(command)
    assert checks(tmp_path).other_tests(program) == others


def test_the_configuration_of_pytest_can_be_in_pyproject(tmp_path: Path) -> None:
    made = checks(tmp_path, settings='[tool.pytest.ini_options]\ntestpaths = ["tests"]\n')
    (program,) = programs("pytest checks")
    assert made.other_tests(program) == ["checks"]


def test_sessions_of_the_project_count_by_the_programs_that_they_run(tmp_path: Path) -> None:
    noxfile = 'import evenfall\n@evenfall.session\ndef docs(session):\n    session.run("mkdocs", "build")\n    session.run("pylint")\n'
    SampleProject(tmp_path).write("noxfile.py", noxfile)
    made = checks(tmp_path, "build", own=(session("docs", systems=("ubuntu-24.04",)),))
    assert covered(made, "mkdocs build")
    assert not covered(made, "mkdocs build --strict")
    assert not covered(made, "pytest")
    assert covered(made, "pylint")
    assert (made.runs_tests, made.runs_linters, made.systems) == (False, True, ("ubuntu-latest", "ubuntu-24.04"))
    assert made.names == {"build", "docs"}


@pytest.mark.parametrize(
    ("own", "command", "is_covered"),
    [
        ('"pytest", "tests/unit"', "pytest -v tests/unit", True),
        ('"pytest", "tests/unit"', "pytest tests/integration", False),
        ('"pytest", "tests/unit"', "pytest", False),
        ('"pytest", "-v"', "pytest tests/unit", True),
        ('"pytest", "-v"', "pytest --runslow", False),
        ('"pylint", "src"', "pylint tests", False),
    ],
)
def test_a_session_of_the_project_covers_only_its_own_arguments(
    tmp_path: Path, own: str, command: str, is_covered: bool
) -> None:
    SampleProject(tmp_path).write(
        "noxfile.py", f"import nox\n@nox.session\ndef own(session):\n    session.run({own})\n"
    )
    assert covered(checks(tmp_path, "build", own=(session("own"),)), command) is is_covered


@pytest.mark.parametrize(
    ("facts", "runs"), [({}, True), ({"workflows": ("cd",)}, False), ({"events": ("weekly",)}, False)]
)
def test_only_sessions_that_run_for_a_change_count_as_tests_and_linters(
    tmp_path: Path, facts: dict[str, tuple[str, ...]], runs: bool
) -> None:
    text = 'import nox\n@nox.session\ndef own(session):\n    session.run("pytest")\n    session.run("pylint")\n'
    SampleProject(tmp_path).write("noxfile.py", text)
    made = checks(tmp_path, "build", own=(session("own", **facts),))
    assert (made.runs_tests, made.runs_linters) == (runs, runs)


def test_a_linter_that_checks_some_paths_does_not_cover_others(tmp_path: Path) -> None:
    made = checks(tmp_path, commands='["mypy src", "ruff check"]')
    commands = ("mypy src/lantern", "mypy tests", "mypy", "ruff check tests")
    assert [covered(made, command) for command in commands] == [True, False, False, True]


def test_a_pipeline_without_linters_and_tests(tmp_path: Path) -> None:
    SampleProject(tmp_path).write(".pre-commit-config.yaml", "{[")
    made = checks(tmp_path, "build")
    assert (made.runs_tests, made.runs_linters) == (False, False)
    assert not covered(made, "mypy src")
    assert checks(tmp_path, "precommit").runs_linters


def test_the_linters_without_commands_are_the_configured_ones(tmp_path: Path) -> None:
    made = SampleProject(tmp_path)
    checks(tmp_path)
    made.write("pyproject.toml", PYPROJECT + '[dependency-groups]\nlint = ["mypy"]\n[tool.mypy]\nstrict = true\n')
    made.write(
        "uv.lock",
        'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "lantern"\nversion = "1.0"\nsource = { editable = "." }\n'
        '[package.dev-dependencies]\nlint = [{ name = "mypy" }]\n[[package]]\nname = "mypy"\nversion = "1"\n'
        'source = { registry = "https://pypi.org/simple" }\n',
    )
    from evenfall.adopt.pipeline_checks import pipeline_checks
    from evenfall.project.project import read_project
    from tests.adopt.own_ci import pipeline

    assert pipeline_checks(tmp_path, read_project(tmp_path), pipeline("lint"), release=False).linters[0].name == "mypy"


@pytest.mark.parametrize(
    ("action", "is_covered"),
    [
        ("actions/checkout", True),
        ("github/codeql-action/analyze", True),
        ("actions/dependency-review-action", False),
        ("hynek/build-and-inspect-python-package", True),
        ("pypa/cibuildwheel", False),
        ("codecov/codecov-action", False),
        ("codecov/test-results-action", False),
        ("astral-sh/ruff-action", True),
        ("psf/black", False),
        ("pre-commit/action", True),
        ("owner/other", False),
    ],
)
def test_what_the_sessions_do_of_actions(tmp_path: Path, action: str, is_covered: bool) -> None:
    assert checks(tmp_path).covers_action(action, purpose_of_action(action)) is is_covered


def test_an_upload_and_system_packages_can_be_set_up(tmp_path: Path) -> None:
    SampleProject(tmp_path).write(".github/actions/prepare/action.yml", "runs: {}\n")
    made = checks(tmp_path, settings='[tool.evenfall.coverage]\ncodecov = "oidc"\n')
    assert covered(made, "apt-get install x")
    assert made.covers_action("codecov/codecov-action", purpose_of_action("codecov/codecov-action"))
    assert not made.covers_action("codecov/test-results-action", purpose_of_action("codecov/test-results-action"))


def test_a_standard_session_of_a_member_counts_as_tests(tmp_path: Path) -> None:
    assert checks(tmp_path, "build", own=(standard("tests", pythons=("3.13",)),)).pythons == ("3.13",)
