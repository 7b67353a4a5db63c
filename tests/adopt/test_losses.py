"""What would be lost with a hand-written workflow; each case is one that many projects have."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.losses import Kind, find_losses
from evenfall.adopt.publication import publishing_workflows
from tests.adopt.own_ci import CI, checks
from tests.sample_project import SampleProject


def losses(
    root: Path, text: str, *, settings: str = "", release: bool = False, path: str = CI
) -> list[tuple[str, str, str]]:
    """The losses in a project whose pipeline has all standard sessions, without the triggers of a push."""
    SampleProject(root).write(path, text)
    (file,) = find_losses(root, {path: CI}, (), checks(root, settings=settings, release=release))
    found = [(loss.kind.value, loss.what, ", ".join(loss.jobs)) for loss in file.losses]
    return [loss for loss in found if loss[1] != "push to every branch and tag"]


def job(steps: str, more: str = "") -> str:
    lines = "".join(f"      {line}\n" for line in steps.splitlines())
    return f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n{more}    steps:\n{lines}"


def test_a_workflow_that_publishes_on_a_tag(tmp_path: Path) -> None:
    text = (
        "on: {push: {branches: [main], tags: ['v*']}}\njobs:\n  tests: {runs-on: ubuntu-latest, steps: [{run: pytest}]}\n"
        "  upload:\n    runs-on: ubuntu-latest\n    permissions: {id-token: write}\n    environment: pypi\n"
        "    steps: [{uses: pypa/gh-action-pypi-publish@release/v1}]\n"
    )
    assert losses(tmp_path, text) == [
        ("publication", "pypa/gh-action-pypi-publish", "upload"),
        ("trigger", "push of the tags v*", ""),
        ("permission", "id-token: write", "upload"),
    ]
    assert losses(tmp_path, text, release=True) == [("trigger", "push of the tags v*", "")]
    assert [*publishing_workflows(tmp_path)] == [CI]


def test_pypy_macos_and_a_newer_python(tmp_path: Path) -> None:
    matrix = "    strategy: {matrix: {os: [windows-latest, macos-13], py: ['3.12', pypy3.11, 3.14-dev]}}\n"
    text = job(
        "- {uses: actions/setup-python@v6, with: {python-version: '${{ matrix.py }}'}}\n- {run: pytest}", matrix
    ).replace("ubuntu-latest", "${{ matrix.os }}")
    assert losses(tmp_path, text) == [
        ("system", "macos-13", "a"),
        ("Python", "pypy3.11", "a"),
        ("Python", "3.14", "a"),
    ]


def test_a_job_that_the_pipeline_knows_nothing_of(tmp_path: Path) -> None:
    assert losses(tmp_path, job("- {run: mkdocs build}\n- {uses: actions/github-script@v8}")) == [
        ("job", "a: mkdocs build", "a"),
        ("documentation", "mkdocs build", "a"),
        ("not understood", "actions/github-script", "a"),
    ]


def test_everything_beside_the_tests(tmp_path: Path) -> None:
    steps = """\
- {run: sudo apt-get install graphviz}
- {run: uv run --resolution lowest-direct pytest}
- {run: pytest --runslow}
- {run: pytest --doctest-modules}
- {run: pylint src}
- {run: asv run}
- {run: 'python check.py'}
- {uses: codecov/codecov-action@v5, with: {flags: unit, token: "${{ secrets.CODECOV_TOKEN }}"}}
- {uses: actions/upload-artifact@v5, with: {path: site}}
- {uses: actions/upload-artifact@v5, with: {path: dist/}}"""
    more = (
        "    services: {db: postgres}\n    container: alpine\n    env: {DATABASE: x, FORCE_COLOR: 1, UV_RESOLUTION: lowest}\n"
        "    permissions: {contents: write}\n"
    )
    assert losses(tmp_path, job(steps, more)) == [
        ("tests", "pytest --runslow (the session tests runs pytest without --runslow)", "a"),
        ("tests", "with other packages: uv run --resolution lowest-direct pytest", "a"),
        ("check", "pylint src", "a"),
        ("doctests", "pytest --doctest-modules", "a"),
        ("benchmark", "asv run", "a"),
        ("coverage upload", "codecov/codecov-action, flags unit", "a"),
        ("service", "db (postgres)", "a"),
        ("container", "alpine", "a"),
        ("secret", "CODECOV_TOKEN", "a"),
        ("artifact", "site", "a"),
        ("permission", "contents: write", "a"),
        ("variable", "DATABASE", "a"),
        ("variable", "UV_RESOLUTION", "a"),
        ("system packages", "apt-get install graphviz", "a"),
        ("not understood", "`python check.py`", "a"),
    ]


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("make deploy", "uv publish"),
        ("tox -e deploy", "uv publish"),
        ("nox -s deploy", "uv publish"),
        ("./deploy.sh", "uv publish in ./deploy.sh"),
        ("bash deploy.sh", "uv publish"),
        ("bash ../deploy.sh", ""),
        ("bash build.sh", ""),
    ],
)
def test_a_task_that_publishes(tmp_path: Path, command: str, what: str) -> None:
    made = SampleProject(tmp_path)
    made.write("Makefile", "deploy:\n\tuv build\n\tuv publish\n")
    made.write("tox.ini", "[tox]\nenv_list = deploy\n[testenv:deploy]\ncommands =\n    uv build\n    uv publish\n")
    made.write("noxfile.py", 'import nox\n@nox.session\ndef deploy(session):\n    session.run("uv", "publish")\n')
    made.write("deploy.sh", "uv build\nuv publish\n")
    made.write("build.sh", "uv build\n")
    found = [loss for loss in losses(tmp_path, job(f"- {{run: {command}}}")) if loss[0] == "publication"]
    assert found == [("publication", what, "a")] * bool(what)
    assert [each.jobs for each in publishing_workflows(tmp_path).values()] == [("a",)] * bool(what)
    released = losses(tmp_path, job(f"- {{run: {command}}}"), release=True)
    assert [loss for loss in released if loss[0] == "publication"] == []


@pytest.mark.parametrize(
    ("step", "what"),
    [
        (
            "{run: twine upload --repository-url https://index.example dist/*}",
            "twine upload --repository-url https://index.example dist/*",
        ),
        ("{run: uv publish --index=internal}", "uv publish --index=internal"),
        ("{run: twine upload -r pypi dist/*}", ""),
        (
            "{uses: pypa/gh-action-pypi-publish@v1, with: {repository-url: https://index.example}}",
            "pypa/gh-action-pypi-publish to https://index.example",
        ),
        ("{run: twine upload dist/*, env: {TWINE_REPOSITORY_URL: x}}", "TWINE_REPOSITORY_URL"),
    ],
)
def test_a_release_to_pypi_does_not_upload_to_another_index(tmp_path: Path, step: str, what: str) -> None:
    found = losses(tmp_path, job(f"- {step}"), release=True)
    assert [loss[1] for loss in found if loss[0] == "publication"] == [what for _ in [what] if what]


@pytest.mark.parametrize(
    ("command", "is_lost"),
    [
        ("uv pip install 'django~=4.2'", True),
        ("pip install -c constraints.txt .", True),
        ("pip install -r requirements-min.txt", True),
        ("pip install -r requirements-dev.txt", False),
        ("pip install 'tox<5' 'pip==25.0'", False),
        ("pip install pytest", False),
    ],
)
def test_tests_with_other_versions_than_the_locked_ones(tmp_path: Path, command: str, is_lost: bool) -> None:
    words = command.replace("'", "")
    lost = [("tests", f"with other packages: {words}", "a")] if is_lost else []
    assert losses(tmp_path, job(f'- {{run: "{command} && pytest"}}')) == lost
    with_django = losses(tmp_path, job("- {run: uv run --with django==4.2 pytest}"))
    assert with_django == [("tests", "with other packages: uv run --with django==4.2 pytest", "a")]


def test_variables_that_choose_other_versions(tmp_path: Path) -> None:
    env = "    env: {PIP_PRE: 1, PIP_CONSTRAINT: x, UV_CONSTRAINT: x, TOX_OVERRIDE: x, PIP_NO_INPUT: 1}\n"
    names = ("PIP_PRE", "PIP_CONSTRAINT", "UV_CONSTRAINT", "TOX_OVERRIDE")
    assert losses(tmp_path, job("- {run: pytest}", env)) == [("variable", name, "a") for name in names]


def test_what_the_settings_cover_is_not_lost(tmp_path: Path) -> None:
    text = job(
        "- {run: pytest}\n- {uses: codecov/codecov-action@v5, env: {X: '${{ secrets.CODECOV_TOKEN }}'}}",
        "    permissions: {security-events: write}\n",
    )
    assert losses(tmp_path, text, settings='[tool.evenfall.coverage]\ncodecov = "token"\n') == []
    text = text.replace("security-events", "id-token").replace("${{ secrets.CODECOV_TOKEN }}", "")
    assert losses(tmp_path, text, settings='[tool.evenfall.coverage]\ncodecov = "oidc"\n') == []


def test_one_thing_in_several_jobs_is_one_loss(tmp_path: Path) -> None:
    text = "on: push\njobs:\n" + "".join(
        f"  {name}: {{runs-on: ubuntu-24.04, steps: [{{run: ruff check && ty check}}]}}\n" for name in "ab"
    )
    assert losses(tmp_path, text) == [("check", "ty check", "a, b")]


@pytest.mark.parametrize(("command", "is_lost"), [("mypy", True), ("pytest && mypy", True), ("pytest", False)])
def test_linters_on_several_pythons(tmp_path: Path, command: str, is_lost: bool) -> None:
    matrix = "    strategy: {matrix: {py: ['3.11', '3.12']}}\n"
    steps = (
        f"- {{uses: actions/setup-python@v6, with: {{python-version: '${{{{ matrix.py }}}}'}}}}\n- {{run: {command}}}"
    )
    what = "on Python 3.11, 3.12; other sessions than tests run on one Python"
    assert losses(tmp_path, job(steps, matrix)) == ([("check", what, "a")] if is_lost else [])


@pytest.mark.parametrize("text", ["{[", "jobs: 1\n"])
def test_an_invalid_workflow_is_not_understood(tmp_path: Path, text: str) -> None:
    assert losses(tmp_path, text) == [
        ("job", "the file, which is not a valid workflow with jobs", ""),
        ("not understood", "the file, which is not a valid workflow with jobs", ""),
    ]


def test_of_other_files_every_line_would_be_lost(tmp_path: Path) -> None:
    found = losses(tmp_path, "# owners\n\n* @octocat\n/docs @ada\n", path="CODEOWNERS")
    assert found == [(Kind.CONTENT, "* @octocat", ""), (Kind.CONTENT, "/docs @ada", "")]


def test_a_file_is_replaced_if_the_user_names_it(tmp_path: Path) -> None:
    SampleProject(tmp_path).write(CI, "on: push\njobs: {}\n")
    (file,) = find_losses(tmp_path, {CI: CI}, (CI,), checks(tmp_path))
    assert (file.path, file.generated, file.is_replaced) == (CI, CI, True)
