from __future__ import annotations

import zipfile

from tests.made_project import Made, copy, on_one_python

pytestmark = on_one_python

HOOK = """\
import os
import time
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        made = Path(self.directory, "made.py")
        made.parent.mkdir(exist_ok=True)
        made.write_text(f"WHEN = {time.time()}\\n", encoding="utf-8")
        masked = os.umask(0)
        os.umask(masked)
        build_data["force_include"][str(made)] = "src/lantern/made.py" if self.target_name == "sdist" else "lantern/made.py"
        build_data["extra_metadata"] = {}
        if masked == 0o077 and self.target_name == "wheel":
            build_data["force_include"][str(Path(self.root, "README.md"))] = "lantern/private.md"
"""

ZIPPED = """\
import tarfile
import zipfile
from pathlib import Path

from hatchling.build import *
from hatchling.build import build_sdist as tarred


def build_sdist(directory, settings=None):
    made = Path(directory, tarred(directory, settings))
    with tarfile.open(made) as tar, zipfile.ZipFile(made.with_name("lantern-1.0.zip"), "w") as archive:
        for member in tar.getmembers():
            if member.isfile():
                archive.writestr(member.name, tar.extractfile(member).read())
    made.unlink()
    return "lantern-1.0.zip"
"""


def use(project: Made, requires: str, backend: str) -> None:
    project.replace("pyproject.toml", 'requires = ["hatchling"]', f"requires = [{requires}]")
    project.replace("pyproject.toml", "hatchling.build", backend)


def build(project: Made) -> tuple[int, str]:
    done = project.nox("-s", "build")
    return done.returncode, done.stdout


def test_everything_that_is_wrong_with_the_distributions_is_named(project: Made) -> None:
    use(project, '"setuptools"', "setuptools.build_meta")
    project.replace("pyproject.toml", 'readme = "README.md"', 'readme = { text = "x", content-type = "text/lantern" }')
    project.write("src/lantern/one.py", "SAME = 1\n")
    project.write("src/lantern/other.py", "SAME = 1\n")
    project.write("forgotten.dat", "tracked, and not in the sdist\n")
    project.commit()
    code, said = build(project)
    assert code == 1
    (reason,) = (line for line in said.splitlines() if "Session build aborted" in line)
    assert "lantern-1.0-py3-none-any.whl: lantern-1.0.dist-info/METADATA: " in reason
    assert "lantern-1.0.tar.gz: lantern-1.0/PKG-INFO: " in reason
    assert "; twine check failed; check-wheel-contents failed; check-sdist failed" in reason


def test_a_build_that_depends_on_when_and_where_it_runs_is_found_and_the_member_named(project: Made) -> None:
    project.write("hatch_build.py", HOOK)
    project.replace("pyproject.toml", "[tool.isort]", "[tool.hatch.build.hooks.custom]\n\n[tool.isort]")
    project.commit()
    code, said = build(project)
    assert code == 1
    assert "a second build of lantern-1.0.tar.gz differs: lantern-1.0/src/lantern/made.py has other contents" in said
    assert (
        "a second build of lantern-1.0-py3-none-any.whl differs: lantern/private.md is only in one of the two" in said
    )
    assert 'reproducible = "contents"' not in said, "that would not help"


def test_setuptools_gives_the_same_contents_and_the_session_says_how_to_ask_for_no_more(project: Made) -> None:
    use(project, '"setuptools"', "setuptools.build_meta")
    project.write("MANIFEST.in", "include *.lock *.py *.toml *.txt .gitignore .pre-commit-config.yaml\ngraft .github\n")
    project.commit()
    code, said = build(project)
    assert code == 1
    assert "a second build of lantern-1.0.tar.gz differs: lantern-1.0/PKG-INFO has another time, mode or owner" in said
    assert 'reproducible = "contents" compares what is inside' in said

    project.replace(
        "pyproject.toml", "[tool.evenfall]", '[tool.evenfall.build]\nreproducible = "contents"\n\n[tool.evenfall]'
    )
    project.commit()
    code, said = build(project)
    assert code == 0, said


def test_an_archive_with_the_time_of_its_making_has_the_same_contents(project: Made) -> None:
    """As pdm-backend writes its sdist."""
    use(project, '"pdm-backend"', "pdm.backend")
    project.replace(
        "pyproject.toml",
        "[tool.isort]",
        "[tool.pdm.build]\nsource-includes = "
        '["*.lock", "*.py", "*.txt", ".gitignore", ".pre-commit-config.yaml", ".github/**/*", "tests/"]\n\n[tool.isort]',
    )
    project.commit()
    code, said = build(project)
    assert code == 1
    assert "a second build of lantern-1.0.tar.gz differs: the archive itself" in said
    assert 'reproducible = "contents" compares what is inside' in said

    project.replace(
        "pyproject.toml", "[tool.evenfall]", '[tool.evenfall.build]\nreproducible = "contents"\n\n[tool.evenfall]'
    )
    project.commit()
    code, said = build(project)
    assert code == 0, said


def test_a_version_from_a_tag_is_the_same_in_both_builds_of_a_shallow_checkout(project: Made) -> None:
    """As on a runner: one commit deep, on no branch. Before any tag there is a version too."""
    use(project, '"hatchling", "hatch-vcs"', "hatchling.build")
    project.replace("pyproject.toml", 'version = "1.0"', 'dynamic = ["version"]')
    project.replace("pyproject.toml", "[tool.isort]", '[tool.hatch.version]\nsource = "vcs"\n\n[tool.isort]')
    project.commit()
    project.git("tag", "v2.5")
    checkout = project.root.with_name("checkout")
    project.git("clone", "--quiet", "--depth=1", "--branch=v2.5", project.root.as_uri(), str(checkout))
    code, said = build(Made(checkout))
    assert code == 0, said
    assert (checkout / "dist/lantern-2.5.tar.gz").is_file()


def test_what_a_backend_says_of_a_failure_is_told(project: Made) -> None:
    project.replace("pyproject.toml", 'readme = "README.md"', 'readme = "READMEE.md"')
    project.commit()
    code, said = build(project)
    assert (code, "READMEE.md" in said) == (1, True), said


def test_a_project_without_any_commit_builds_twice_alike(project: Made, template: Made) -> None:
    new = copy(template, project.root.with_name("new"))
    new.git("update-ref", "-d", "HEAD")
    code, said = build(new)
    assert code == 0, said


def test_anything_but_a_wheel_and_an_sdist_is_an_error(project: Made) -> None:
    use(project, '"hatchling"', 'backend"\nbackend-path = ["."]\n#')
    project.write("backend.py", ZIPPED)
    project.git("add", "--all")
    code, said = build(project)
    assert code == 1
    assert "dist: expected one wheel and one sdist, found lantern-1.0-py3-none-any.whl\n  next: uv build" in said


def test_what_git_does_not_track_is_not_built(project: Made) -> None:
    """A runner has no such file either."""
    project.write("src/lantern/forgotten.py", "OIL = 1\n")
    done = project.nox("-s", "build")
    assert done.returncode == 0, done.stdout
    (wheel,) = (project.root / "dist").glob("*.whl")
    assert "lantern/forgotten.py" not in zipfile.ZipFile(wheel).namelist()
    project.git("add", "src/lantern/forgotten.py")
    assert project.nox("-s", "build").returncode == 0
    assert "lantern/forgotten.py" in zipfile.ZipFile(wheel).namelist()
