"""`evenfall init` on real projects, with Evenfall from a wheel of this repository."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from evenfall.pipeline.marker import MARKER
from evenfall.project.project import read_project
from tests.conftest import ADOPTED
from tests.sample_project import FILES, PYTHON, SampleProject, measured
from tests.terminal import in_terminal

pytestmark = pytest.mark.integration

CI = ".github/workflows/ci.yml"
CD = ".github/workflows/cd.yml"
OTHER = ".github/workflows/release.yml"
HOOK = ".git/hooks/pre-push"
TEST = "tests/test_lantern.py"

RELEASE = """\
name: release
on: workflow_dispatch
permissions: {}
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - run: echo release
"""


def init(made: SampleProject, wheel: Path, *options: str) -> CompletedProcess[str]:
    return made.command("init", "--source", str(wheel), *options)


def files(made: SampleProject) -> dict[str, bytes]:
    return {
        str(file): file.read_bytes() for file in made.root.rglob("*") if file.is_file() and ".git" not in file.parts
    }


def changes(output: str) -> dict[str, str]:
    """The files that init reports, each as `wrote` or `changed`."""
    lines = [line.split() for line in output.splitlines()]
    return {words[1]: words[0] for words in lines if len(words) == 2 and words[0] in {"wrote", "changed"}}


@pytest.fixture
def publishing(bare: SampleProject) -> SampleProject:
    """A project with two workflows that publish it. CI runs its linters already."""
    steps = ", ".join(f"{{run: {command}}}" for command in ("mkdocs build", "ruff check", "uv publish"))
    bare.write(CI, f"name: CI\non: push\njobs: {{all: {{runs-on: ubuntu-latest, steps: [{steps}]}}}}\n")
    bare.write(OTHER, RELEASE.replace("echo release", "twine upload dist/*"))
    bare.commit("workflows")
    return bare


def test_an_adopted_project_passes_its_sessions_and_a_second_run_changes_nothing(
    bare: SampleProject, wheel: Path
) -> None:
    bare.write(CI, "name: mine\non: push\njobs: {}\n")
    bare.write(OTHER, RELEASE)
    bare.commit("workflows")
    bare.write("notes.txt", "untracked, and no file of the adoption")
    done = init(bare, wheel, "--yes", "--diff", "--pre-push", "--replace", CI)
    assert done.returncode == 0, done.stderr
    changed = {CI, ".gitignore"}
    assert changes(done.stderr) == {
        path: "changed" if path in changed else "wrote" for path in (*ADOPTED, ".gitattributes", ".gitignore", HOOK)
    }
    shown = {line.removeprefix("+++ b/") for line in done.stdout.splitlines() if line.startswith("+++ b/")}
    assert shown == {*ADOPTED, ".gitattributes", ".gitignore", HOOK} - {"noxfile.py.lock"}
    assert "noxfile.py.lock: 0 lines -> " in done.stdout
    assert "-name: mine" in done.stdout, "a replaced file is shown as a diff"
    assert "+evenfall.standard_sessions(" in done.stdout, "a new file is shown as a diff"
    assert f"\nkeep     {OTHER}\n" in done.stdout
    added = " ".join(sorted({*ADOPTED, ".gitattributes", ".gitignore"}))
    assert done.stderr.endswith(f"\n  next: git add {added} && git commit, then: uv run noxfile.py\n")
    assert os.access(bare.root / HOOK, os.X_OK)
    before = files(bare)
    again = init(bare, wheel, "--yes")
    assert (again.returncode, changes(again.stderr)) == (0, {}), again.stderr
    assert f"\nnothing to do: everything is in place\n  next: git add {added} && " in again.stderr
    assert files(bare) == before
    bare.git("add", *added.split())
    bare.git("commit", "--quiet", "-m", "the two commands of the last line")
    assert bare.git("status", "--porcelain") == "?? notes.txt\n"
    sessions = bare.nox("-s", "workflows")
    assert sessions.returncode == 0, sessions.stdout


def test_an_empty_folder_becomes_a_project_whose_sessions_pass(tmp_path: Path, wheel: Path) -> None:
    made = SampleProject(tmp_path / "my-lamp")
    made.root.mkdir()
    done = init(made, wheel, "--yes", "--pre-push")
    assert done.returncode == 0, done.stderr
    assert os.access(made.root / HOOK, os.X_OK)
    made.commit("a lamp")
    tests = f"tests-{read_project(made.root).pythons[0]}"
    run = made.uv("run", "--locked", "noxfile.py", "-s", tests, "lint", "precommit", "build")
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_flat_setuptools_project_with_its_tools_in_an_extra_and_its_own_style_passes_its_sessions(
    bare: SampleProject, wheel: Path
) -> None:
    shutil.move(bare.root / "src" / "lantern", bare.root / "lantern")
    bare.build_with("setuptools.build_meta", "setuptools")
    bare.replace(
        "pyproject.toml",
        '[dependency-groups]\ntest = ["coverage", "pytest"]\nlint = [',
        '[project.optional-dependencies]\ndev = ["coverage", "pytest", "mypy", ',
    )
    bare.replace("pyproject.toml", 'quote-style = "double"', 'quote-style = "single"')
    tables = '[tool.setuptools]\npackages = ["lantern"]\n\n[tool.coverage.report]\nfail_under = 83\n\n[tool.mypy]\nstrict = true\n\n'
    bare.replace("pyproject.toml", "[tool.isort]", f"{tables}[tool.isort]")
    for path, file in (("src/lantern/__init__.py", "lantern/__init__.py"), (TEST, TEST)):
        bare.write(file, FILES[path].replace('"', "'"))
    bare.lock()
    bare.git("branch", "--move", "master")
    bare.commit("flat, with all tools in one extra")
    done = init(bare, wheel, "--yes")
    assert done.returncode == 0, done.stderr
    assert "lint does not pass" not in done.stdout, "its adoption runs the session lint"
    assert "egg-info" not in done.stdout, "files that only the build leaves are not in the plan"
    project = read_project(bare.root)
    assert project.pyproject.settings.build.reproducible == "contents"
    assert project.pyproject.settings.extras == ("dev",)
    assert project.pyproject.groups == (), "the extra has every tool"
    assert "branches: [master]" in bare.read(CI)
    assert bare.read("coverage_target.txt") == "83.0\n"
    noxfile = bare.read("noxfile.py")
    assert "evenfall.standard_sessions(" in noxfile
    assert "if __name__ == '__main__':" in noxfile
    bare.commit()
    sessions = bare.nox("-s", "build")
    assert sessions.returncode == 0, sessions.stdout


def test_a_folder_with_files_but_no_project_is_rejected(tmp_path: Path, wheel: Path) -> None:
    made = SampleProject(tmp_path)
    made.write("notes.txt", "mine\n")
    done = init(made, wheel, "--yes")
    assert done.returncode == 2
    assert "no pyproject.toml" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_a_source_that_does_not_exist_is_rejected_before_anything_else(tmp_path: Path) -> None:
    done = SampleProject(tmp_path).command("init", "--yes", "--source", "nope.whl")
    assert done.returncode == 2
    assert done.stderr.startswith("evenfall: --source nope.whl: not found\n  next: ")
    assert [*tmp_path.iterdir()] == []


def test_a_project_outside_git_is_rejected(tmp_path: Path, wheel: Path) -> None:
    made = SampleProject(tmp_path)
    made.write("pyproject.toml", FILES["pyproject.toml"])
    done = init(made, wheel, "--yes")
    assert done.returncode == 2
    assert "next: git init" in done.stderr


def test_an_empty_folder_inside_a_repository_is_rejected(bare: SampleProject, wheel: Path) -> None:
    inner = SampleProject(bare.root / "inner")
    inner.root.mkdir()
    done = init(inner, wheel, "--yes")
    assert done.returncode == 2
    assert "it is empty, and inside the git repository" in done.stderr
    assert [*inner.root.iterdir()] == []


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (f"Python :: {PYTHON}", "Python :: 3.8", "requires-python"),
        ('name = "lantern"', "name = 3", "project.name"),
        ("[tool.isort]", '[tool.uv.sources]\noil = { path = "../oil", editable = true }\n\n[tool.isort]', "../oil"),
    ],
)
def test_metadata_that_disagree_are_rejected_and_nothing_is_written(
    bare: SampleProject, wheel: Path, old: str, new: str, key: str
) -> None:
    bare.replace("pyproject.toml", old, new)
    before = files(bare)
    done = init(bare, wheel, "--yes")
    assert done.returncode == 2, done.stderr
    assert key in done.stderr
    assert files(bare) == before


def test_an_evenfall_that_uv_can_not_install_could_not_find_out(bare: SampleProject, tmp_path: Path) -> None:
    broken = tmp_path / "evenfall-1-py3-none-any.whl"
    broken.write_bytes(b"not a wheel")
    before = files(bare)
    done = init(bare, broken, "--yes")
    assert done.returncode == 3
    assert "uv lock" in done.stderr
    assert files(bare) == before


def test_another_hook_is_rejected_before_anything_is_written(bare: SampleProject, wheel: Path) -> None:
    bare.write(HOOK, "#!/bin/sh\nmake check\n")
    before = files(bare)
    done = init(bare, wheel, "--yes", "--pre-push")
    assert done.returncode == 2
    assert files(bare) == before


def test_an_adopted_project_gets_only_the_hook(project: SampleProject) -> None:
    hook = project.root / HOOK
    dry = project.command("init", "--pre-push", "--dry-run", "--diff")
    assert (dry.returncode, hook.exists()) == (0, False)
    assert f"+++ b/{HOOK}" in dry.stdout
    as_json = project.command("init", "--pre-push", "--json")
    assert (as_json.returncode, hook.exists()) == (0, False)
    assert json.loads(as_json.stdout)["create"] == [HOOK]
    asking = project.command("init", "--pre-push")
    assert (asking.returncode, hook.exists()) == (2, False), "there is no terminal to ask on"
    before = files(project)
    done = project.command("init", "--pre-push", "--yes")
    assert (done.returncode, os.access(hook, os.X_OK)) == (0, True)
    assert changes(done.stderr) == {HOOK: "wrote"}
    again = project.command("init", "--pre-push", "--yes")
    assert (again.returncode, changes(again.stderr)) == (0, {})
    assert files(project) == before
    with_source = project.command("init", "--pre-push", "--source", "nope.whl")
    assert with_source.returncode == 2, "the source is not ignored"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize(("answers", "code", "written"), [("x\nn\n", 1, False), ("d\nYES\n", 0, True)])
def test_on_a_terminal_it_asks_before_it_writes(project: SampleProject, answers: str, code: int, written: bool) -> None:
    command = (sys.executable, "-m", "evenfall", "init", "--pre-push")
    exit_code, output = in_terminal(project, *command, env=measured(), typed=answers)
    assert exit_code == code, output
    assert (project.root / HOOK).exists() is written
    assert (f"+++ b/{HOOK}" in output) is written, "the difference is shown on request"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_on_a_terminal_it_asks_for_each_file_that_a_generated_one_could_replace(
    publishing: SampleProject, wheel: Path
) -> None:
    """With a release, one that publishes can be replaced."""
    command = (sys.executable, "-m", "evenfall", "init", "--source", str(wheel), "--release")
    exit_code, output = in_terminal(publishing, *command, env=measured(), typed="r\ny\n")
    assert exit_code == 0, output
    assert f"{CI} is yours and stays. [k]eep, [r]eplace" in output
    assert publishing.read(CI).startswith(MARKER)
    before, _, after = output.partition("is yours and stays")
    assert "lost documentation: mkdocs build" in before, "what would be lost is shown before the question"
    assert "lost documentation: mkdocs build" in after
    expected = {CI: "changed", CD: "wrote", ".github/workflows/security.yml": "wrote", "docs/RELEASING.md": "wrote"}
    assert expected.items() <= changes(after).items()
    assert ")\nevenfall.release_sessions()\n" in publishing.read("noxfile.py")
    assert "and so does cd.yml; delete that job" in " ".join(after.split())


def test_a_workflow_that_publishes_is_not_replaced_without_a_release(publishing: SampleProject, wheel: Path) -> None:
    """The commands run in a subfolder."""
    (publishing.root / "deep").mkdir()
    deep = SampleProject(publishing.root / "deep")
    done = init(deep, wheel, "--yes", "--replace", CI)
    assert done.returncode == 2, "the folder is empty"
    deep.write("notes.txt", "")
    before = files(publishing)
    done = init(deep, wheel, "--yes", "--pre-push", "--replace", CI)
    assert done.returncode == 2
    assert f"the project is in {publishing.root}\n" in done.stderr
    assert f"\nreplace  {CI}\n" in done.stdout, "the plan is shown"
    assert f"{CI} would be replaced, and it publishes the project (uv publish)" in done.stderr
    assert files(publishing) == before
    assert not (publishing.root / HOOK).exists()


def test_without_a_terminal_there_is_no_work_before_the_refusal(bare: SampleProject, wheel: Path) -> None:
    done = init(bare, wheel)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == "evenfall: evenfall init: there is no terminal to ask on\n  next: evenfall init --dry-run, or --yes\n"
    )
