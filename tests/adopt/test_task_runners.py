from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.adopt.program import programs
from evenfall.adopt.task_runners import tasks_of
from tests.sample_project import SampleProject

FILES = {
    "Makefile": (
        "PYTEST ?= pytest\nFLAGS := -x $(MORE)\nMORE = -q\n.PHONY: test\nall: test lint\ntest: \n\t@$(PYTEST) $(FLAGS) \\\n\t\ttests\n"
        "lint: all\n\t-ruff check $(MISSING)\n\t$(MAKE) -C docs html\n\techo $$HOME\n"
    ),
    "docs/Makefile": "%: Makefile\n\tsphinx-build -M $@ .\n",
    "justfile": "where := 'src'\n\n@default: check\n\ncheck arg='x': (types)\n    @ruff check {{where}} {{ other() }}\ntypes:\n    mypy\n",
    "scripts/test.sh": "#!/usr/bin/env bash\npytest\n",
    "scripts/plain.sh": "mypy\n",
    "scripts/check.py": "#!/usr/bin/env python\n",
    "tasks.py": "@task\ndef a_b(c):\n    c.run('mypy && ls')\n\n@task(pre=[a_b])\ndef all(c):\n    c.run('ty')\n",
    "hatch.toml": '[envs.docs.scripts]\nbuild = "mkdocs build"\n',
    "pyproject.toml": """\
[tool.hatch.envs.types.scripts]
check = ["format", "mypy {args:src}", ""]
format = "black ."
[tool.poe.tasks]
lint = [{cmd = "ruff check"}, {ref = "types"}, 3]
types = "mypy"
all.sequence = ["lint", "types"]
odd = {shell = ""}
[tool.taskipy.tasks]
test = {cmd = "pytest", help = "tests"}
[tool.pdm.scripts]
unit = "pytest -x"
[tool.pixi.tasks]
docs = "mkdocs build"
[tool.pixi.feature.test.tasks]
test = { cmd = "pytest", depends-on = ["x"] }
""",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = SampleProject(tmp_path_factory.mktemp("tasks"))
    for path, text in FILES.items():
        made.write(path, text)
    return made.root


def scripts(root: Path, command: str) -> list[str] | None:
    (program,) = programs(command)
    tasks = tasks_of(program, root, {})
    return None if tasks is None else [task.script.replace("  \t\t", " ") for task in tasks]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("make", ["pytest -x -q tests\nruff check $? || true\nmake -C docs html\necho $HOME"]),
        ("make test PYTEST=nose", ["nose -x -q tests"]),
        ("make -C docs html", ["sphinx-build -M html ."]),
        ("make missing", [""]),
        ("make -C ../.. html", [""]),
        ("just", ["mypy\nruff check src $?"]),
        ("just types", ["mypy"]),
        ("just missing", [""]),
        ("bash scripts/plain.sh -x", ["mypy\n"]),
        ("./scripts/test.sh", ["#!/usr/bin/env bash\npytest\n"]),
        ("./scripts/check.py", None),
        ("bash ../outside.sh", None),
        ("hatch run types:check", ["black .\nmypy src"]),
        ("hatch run missing:check", [""]),
        ("hatch run types:mypy src", ["mypy src"]),
        ("hatch run pytest -x", ["pytest -x"]),
        ("hatch test -a tests", ["pytest tests"]),
        ("hatch fmt --check", ["ruff check\nruff format --check"]),
        ("hatch build", ["uv build"]),
        ("poe lint", ["ruff check\nmypy"]),
        ("uv run poe all", ["ruff check\nmypy"]),
        ("poe odd", [""]),
        ("poe", [""]),
        ("task test", ["pytest"]),
        ("pdm run unit", ["pytest -x"]),
        ("pdm run pytest", None),
        ("pixi run test", ["pytest"]),
        ("pixi run docs", ["mkdocs build"]),
        ("inv a_b", ["mypy && ls"]),
        ("invoke all -x", ["mypy && ls\nty"]),
        ("inv missing", [""]),
        ("tox -e py", [""]),
        ("nox -s x", [""]),
        ("pytest", None),
        ("nox --list", []),
        ("nox -s x -- --list", [""]),
        ("tox -q list", []),
        ("tox run --notest", []),
        ("tox -e list", [""]),
        ("make -n test", []),
        ("just --list", []),
        ("uv run noxfile.py", [""]),
    ],
)
def test_the_scripts_of_tasks(root: Path, command: str, expected: list[str] | None) -> None:
    assert scripts(root, command) == expected


def test_the_environments_of_hatch_can_be_in_a_file_of_their_own(tmp_path: Path) -> None:
    SampleProject(tmp_path).write("hatch.toml", FILES["hatch.toml"])
    assert scripts(tmp_path, "hatch run docs:build") == ["mkdocs build"]


def test_a_task_runner_without_a_configuration_has_no_script(tmp_path: Path) -> None:
    for command in ("make", "just x", "hatch run a:b", "poe x"):
        assert scripts(tmp_path, command) == [""], command
