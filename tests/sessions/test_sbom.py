from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project import read_project
from evenfall.sessions.embedded import embedding_problems, make_sbom
from evenfall.sessions.sbom import declare
from tests.made_project import Made, on_one_python

HOOK = """\
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Sbom(BuildHookInterface):
    def initialize(self, version, build_data):
        if version == "standard" and Path(self.root, "lantern.cdx.json").is_file():
            build_data["sbom_files"].append("lantern.cdx.json")
"""


def test_all_groups_are_installed_so_that_all_can_be_compared(project: Made) -> None:
    declared = declare(read_project(project.root))
    assert declared["groups"] == ("test", "lint")
    assert declared["artifacts"] == ("sbom/",)


def test_groups_that_exclude_each_other_are_left_to_the_index(project: Made) -> None:
    project.replace("pyproject.toml", "[dependency-groups]", '[dependency-groups]\nold = ["pytest<8"]')
    conflict = '\n[tool.uv]\nconflicts = [[{ group = "old" }, { group = "test" }]]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + conflict)
    assert declare(read_project(project.root))["groups"] == ("lint", "test")


@on_one_python
def test_the_session_leaves_a_document_that_holds_all_that_is_installed(project: Made) -> None:
    done = project.nox("-s", "sbom")
    assert done.returncode == 0, done.stdout
    table = json.loads(project.read("sbom/sbom.cdx.json"))
    assert {"pytest", "ruff"} <= {each["name"] for each in table["components"]}
    first = project.read("sbom/sbom.cdx.json")
    assert project.nox("-R", "-s", "sbom").returncode == 0
    assert project.read("sbom/sbom.cdx.json") == first, "two runs give the same bytes"
    done = project.nox("-R", "-s", "sbom", "--", "--offline")
    assert done.returncode == 1
    assert "sbom takes nothing, not '--offline'" in done.stdout


@on_one_python
def test_the_build_puts_what_the_wheel_needs_into_it(project: Made) -> None:
    asked = '[tool.evenfall.build]\nsbom = "lantern.cdx.json"\n\n[tool.isort]'
    project.replace("pyproject.toml", "[tool.isort]", asked)
    project.write(".gitignore", project.read(".gitignore") + "/lantern.cdx.json\n")
    project.commit()
    done = project.nox("-s", "build")
    assert done.returncode == 1
    assert "lantern-1.0-py3-none-any.whl holds no .dist-info/sboms/lantern.cdx.json: " in done.stdout

    hook = '[tool.hatch.build.targets.sdist]\nartifacts = ["/lantern.cdx.json"]\n\n'
    hook += "[tool.hatch.build.targets.wheel.hooks.custom]\n\n[tool.isort]"
    project.replace("pyproject.toml", "[tool.isort]", hook)
    project.replace("pyproject.toml", 'requires = ["hatchling"]', 'requires = ["hatchling>=1.33"]')
    project.write("hatch_build.py", HOOK)
    project.commit()
    done = project.nox("-R", "-s", "build")
    assert done.returncode == 0, done.stdout
    (wheel,) = (project.root / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        table = json.loads(archive.read("lantern-1.0.dist-info/sboms/lantern.cdx.json"))
    assert table["metadata"]["component"]["purl"] == "pkg:pypi/lantern@1.0"
    assert "components" not in table, "it needs nothing at run time"
    assert not (project.root / "lantern.cdx.json").exists()

    project.replace("pyproject.toml", 'requires = ["hatchling>=1.33"]', 'requires = ["hatchling>=1.33", "hatch-vcs"]')
    project.replace("pyproject.toml", 'version = "1.0"', 'dynamic = ["version"]')
    project.replace("pyproject.toml", "[tool.isort]", '[tool.hatch.version]\nsource = "vcs"\n\n[tool.isort]')
    project.uv("lock", "--quiet")
    project.commit()
    project.git("tag", "v2.5")
    done = project.nox("-R", "-s", "build")
    assert done.returncode == 0, done.stdout
    (wheel,) = (project.root / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        table = json.loads(archive.read("lantern-2.5.dist-info/sboms/lantern.cdx.json"))
    assert table["metadata"]["component"]["purl"] == "pkg:pypi/lantern@2.5", "a version that only a build knows"

    fixed = project.read("pyproject.toml").replace(
        "hooks.custom]", 'x]\n\n[tool.hatch.build.targets.wheel]\nsbom-files = ["lantern.cdx.json"]'
    )
    project.write("pyproject.toml", fixed)
    done = project.nox("-R", "-s", "build")
    assert done.returncode == 0, f"a backend may not build without the document: {done.stdout}"

    asks = 'dynamic = ["version"]\ndependencies = ["humanize>=4"]'
    project.replace("pyproject.toml", 'dynamic = ["version"]', asks)
    done = project.nox("-R", "-s", "build")
    assert done.returncode == 1
    assert "asks for humanize>=4, of which the lock does not know" in done.stdout


def test_a_wheel_with_another_document_is_named(tmp_path: Path) -> None:
    wheel = tmp_path / "lantern-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("lantern-1.0.dist-info/sboms/x.json", b"old")
    assert embedding_problems(wheel, "x.json", b"old") == []
    (problem,) = embedding_problems(wheel, "x.json", b"new")
    assert problem.startswith("lantern-1.0-py3-none-any.whl holds another .dist-info/sboms/x.json: ")


LOCK = """\
version = 1

[[package]]
name = "lantern"
source = { editable = "." }
dependencies = [{ name = "oil" }]

[[package]]
name = "oil"
version = "1"
source = { path = "oil-1-py3-none-any.whl" }
"""


def test_a_document_that_cant_be_made_is_no_build(project: Made) -> None:
    project.write("pyproject.toml", '[project]\nname = "lantern"\nversion = "1.0"\n')
    project.write("uv.lock", LOCK)
    with pytest.raises(EvenfallError, match="inconclusive: evenfall sbom ended with 3") as caught:
        make_sbom(project.root, "x.json", "0")
    assert caught.value.exit_code == Exit.UNKNOWN
    project.write("uv.lock", "")
    with pytest.raises(EvenfallError, match=r"^evenfall sbom ended with 2") as caught:
        make_sbom(project.root, "x.json", "0")
    assert caught.value.exit_code == Exit.USAGE
