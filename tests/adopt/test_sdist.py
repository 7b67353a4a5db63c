from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.build import record_build
from evenfall.adopt.sdist import record_sdist
from evenfall.git.project_copy import scratch_copy
from tests.sample_project import BUILD_SYSTEM, PYTHON, SampleProject


@pytest.fixture
def adoption(project: SampleProject) -> Iterator[Adoption]:
    """An adoption in a project whose sdist lacks some tracked files, and whose build backend writes the time."""
    project.write("notes/one.txt", "1\n")
    project.write("notes/two.txt", "2\n")
    project.write("scrap.txt", "3\n")
    project.build_with("pdm.backend", "pdm-backend")
    project.commit("notes")
    project.write("untracked.txt", "4\n")
    source = project.write("wheels/evenfall.whl", "tracked after the adoption\n")
    with scratch_copy(project.root) as scratch:
        yield Adoption(root=project.root, scratch=scratch, header="", source=str(source))


@pytest.mark.integration
def test_the_current_differences_are_recorded_and_pass_the_session_build(
    project: SampleProject, adoption: Adoption
) -> None:
    record_build(adoption)
    record_sdist(adoption, Path(sys.executable))
    project.write("pyproject.toml", adoption.read("pyproject.toml"))
    tool = tomllib.loads(project.read("pyproject.toml"))["tool"]
    assert tool["evenfall"]["build"] == {"reproducible": "contents"}
    table = tool["check-sdist"]
    assert {"/notes/", "/scrap.txt", "/wheels/"} <= set(table["git-only"])
    assert "/untracked.txt" not in table["git-only"]
    (project.root / "untracked.txt").unlink()
    project.commit()
    build = project.nox("-s", "build")
    assert build.returncode == 0, build.stdout


@pytest.mark.integration
def test_an_existing_configuration_of_check_sdist_stays(project: SampleProject, adoption: Adoption) -> None:
    project.write("pyproject.toml", project.read("pyproject.toml") + "\n[tool.check-sdist]\ngit-only = []\n")
    before = project.read("pyproject.toml")
    adoption.scratch.joinpath("pyproject.toml").write_text(before)
    record_sdist(adoption, Path(sys.executable))
    assert adoption.read("pyproject.toml") == before


@pytest.mark.integration
@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("", "project.readme is missing, or the file is empty, so the session build warns, and a release fails"),
        ("Lantern\n=======\n\n.. lamp::\n", "the session build fails, because twine check does: ERROR"),
    ],
)
def test_a_readme_that_an_index_does_not_show_is_noted(project: SampleProject, content: str, note: str) -> None:
    project.write("README.rst", content)
    project.replace("pyproject.toml", "README.md", "README.rst")
    project.git("rm", "--quiet", "README.md")
    project.commit()
    adoption = Adoption(root=project.root, scratch=project.root, header="")
    record_sdist(adoption, Path(sys.executable))
    assert [text[: len(note)] for text in adoption.notes] == [note]


@pytest.mark.integration
def test_each_package_of_a_workspace_is_built(project: SampleProject) -> None:
    metadata = f'version = "1"\nreadme = "README.md"\nrequires-python = ">={PYTHON}"\n'
    project.write("README.md", "")
    for name, more in (("oil", f"[build-system]\n{BUILD_SYSTEM}"), ("plan", "")):
        project.write(f"packages/{name}/pyproject.toml", f'[project]\nname = "{name}"\n{metadata}{more}')
        project.write(f"packages/{name}/README.md", "")
        project.write(f"packages/{name}/src/{name}/__init__.py", "")
    project.replace(
        "pyproject.toml",
        "[tool.uv.build-backend]",
        '[tool.uv.workspace]\nmembers = ["packages/*"]\n\n[tool.uv.build-backend]',
    )
    project.lock()
    project.commit()
    project.write("packages/oil/untracked.txt", "")
    project.write("packages/oil/staged.txt", "")
    project.git("add", "packages/oil/staged.txt")
    adoption = Adoption(root=project.root, scratch=project.root, header="")
    record_build(adoption)
    record_sdist(adoption, Path(sys.executable))
    assert [note.partition(" ")[0] for note in adoption.notes] == [".:", "packages/oil:"]
    assert tomllib.loads(project.read("packages/oil/pyproject.toml"))["tool"]["check-sdist"] == {
        "git-only": ["/staged.txt"]
    }
    (project.root / "packages/oil/untracked.txt").unlink()
    project.commit()
    build = project.nox("-s", "build")
    assert build.returncode == 0, build.stdout
    names = {path.name.partition("-")[0] for path in (project.root / "dist").iterdir() if path.suffix == ".whl"}
    assert names == {"lantern", "oil"}


@pytest.mark.integration
def test_a_folder_inside_another_one_is_one_pattern(project: SampleProject) -> None:
    """A new page in the folder must not need a new pattern."""
    for path in ("docs/en/a.md", "docs/en/more/b.md", "docs/logo.svg"):
        project.write(path, "")
    project.commit()
    project.replace("pyproject.toml", '"tests/**"]', '"tests/**", "docs/logo.svg"]')
    adoption = Adoption(root=project.root, scratch=project.root, header="")
    record_sdist(adoption, Path(sys.executable))
    table = tomllib.loads(project.read("pyproject.toml"))["tool"]["check-sdist"]
    assert [path for path in table["git-only"] if path.startswith("/docs")] == ["/docs/en/"]


@pytest.mark.integration
def test_a_failed_comparison_is_noted(project: SampleProject) -> None:
    project.build_with("hatchling.missing", "hatchling")
    project.commit("broken build")
    adoption = Adoption(root=project.root, scratch=project.root, header="")
    record_build(adoption)
    record_sdist(adoption, Path(sys.executable))
    assert adoption.notes == ["the sdist can't be built, so the session build fails; uv build shows the reason"]
    assert "check-sdist" not in adoption.project.pyproject.tools


@pytest.mark.integration
def test_nothing_is_recorded_if_the_sdist_equals_git(project: SampleProject) -> None:
    before = project.read("pyproject.toml")
    record_sdist(Adoption(root=project.root, scratch=project.root, header=""), Path(sys.executable))
    assert project.read("pyproject.toml") == before
