"""Every shape of a lock that uv writes, in every command that reads a lock."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import Exit
from tests.sample_project import SampleProject
from tests.supply_chain.index import metadata, zipped
from tests.supply_chain.osv import record, write_zip

pytestmark = pytest.mark.integration

PROJECT = '[project]\nname = "{name}"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{needs}]\n'
BUILD = '[build-system]\nrequires = ["uv_build>=0.9,<1"]\nbuild-backend = "uv_build"\n'
WORKSPACE = '[tool.uv.workspace]\nmembers = ["parts/*"]\n'
GROUPS = '[dependency-groups]\ndev = ["wick==1"]\n'
STAND = PROJECT.format(name="stand", needs='"oil==1"') + '[project.optional-dependencies]\nbig = ["wick==1"]\n'
EXEMPT = "[tool.evenfall.licenses]\nexempt = [{ package = 'spark', version = '1', reason = 'of the project' }]\n"


def project(*needs: str) -> str:
    return PROJECT.format(name="lantern", needs=", ".join(f'"{each}"' for each in needs))


def script(*lines: str) -> str:
    return "".join(f"# {line}\n" for line in ("/// script", 'requires-python = ">=3.11"', *lines, "///"))


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The files of a project or a script, and the scopes of all packages that its lock has except the root."""

    files: dict[str, str]
    scopes: dict[str, str]
    root: str = "lantern"
    script: str = ""
    local: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


SHAPES = {
    "virtual root": Shape(
        files={"pyproject.toml": WORKSPACE + GROUPS, "parts/stand/pyproject.toml": STAND},
        scopes={"stand 1": "required", "oil 1": "required", "wick 1": "optional"},
        root="uv-workspace",
        members=("stand",),
    ),
    "root with members": Shape(
        files={"pyproject.toml": project() + WORKSPACE, "parts/stand/pyproject.toml": STAND},
        scopes={"stand 1": "excluded", "oil 1": "excluded", "wick 1": "excluded"},
        members=("stand",),
    ),
    "conflicting members": Shape(
        files={
            "pyproject.toml": f"{WORKSPACE}[tool.uv]\nconflicts = [[{{ package = 'stand' }}, {{ package = 'foot' }}]]\n",
            "parts/stand/pyproject.toml": STAND,
            "parts/foot/pyproject.toml": PROJECT.format(name="foot", needs='"oil==2"'),
        },
        scopes={
            "stand 1": "required",
            "foot 1": "required",
            "oil 1": "required",
            "oil 2": "required",
            "wick 1": "optional",
        },
        root="uv-workspace",
        members=("foot", "stand"),
    ),
    "groups only": Shape(files={"pyproject.toml": GROUPS}, scopes={"wick 1": "excluded"}, root="uv-workspace"),
    "older groups only": Shape(
        files={"pyproject.toml": f"{WORKSPACE}[tool.uv]\ndev-dependencies = ['wick==1']\n"},
        scopes={"wick 1": "excluded"},
        root="uv-workspace",
    ),
    "not a package": Shape(
        files={"pyproject.toml": f"{project('oil==1')}[tool.uv]\npackage = false\n"}, scopes={"oil 1": "required"}
    ),
    "dynamic version": Shape(
        files={
            "pyproject.toml": project("oil==1").replace('version = "1"', 'dynamic = ["version"]')
            + "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
            "backend.py": (
                "def prepare_metadata_for_build_editable(folder, settings=None):\n    import os\n"
                "    os.mkdir(f'{folder}/lantern-3.dist-info')\n"
                "    with open(f'{folder}/lantern-3.dist-info/METADATA', 'w') as file:\n"
                "        file.write('Metadata-Version: 2.4\\nName: lantern\\nVersion: 3\\nRequires-Dist: oil==1\\n"
                "Requires-Python: >=3.11\\n')\n    return 'lantern-3.dist-info'\n"
                "prepare_metadata_for_build_wheel = prepare_metadata_for_build_editable\n"
            ),
        },
        scopes={"oil 1": "required"},
    ),
    "extras and groups that include themselves": Shape(
        files={
            "pyproject.toml": f"{project()}[project.optional-dependencies]\nfine = ['oil==1']\nall = ['lantern[fine]']\n"
            "[dependency-groups]\nTest_Group = [{ include-group = 'lint' }]\nlint = ['lantern[all]', 'wick==1']\n"
        },
        scopes={"oil 1": "optional", "wick 1": "excluded"},
    ),
    "conflicting extras and groups": Shape(
        files={
            "pyproject.toml": f"{project()}[project.optional-dependencies]\nold = ['oil==1']\nnew = ['oil==2']\n"
            "[dependency-groups]\na = ['wick==1']\nb = ['wick==2']\n[tool.uv]\nconflicts = ["
            "[{ extra = 'old' }, { extra = 'new' }], [{ group = 'a' }, { group = 'b' }]]\n"
        },
        scopes={"oil 1": "optional", "oil 2": "optional", "wick 1": "excluded", "wick 2": "excluded"},
    ),
    "several versions": Shape(
        files={
            "pyproject.toml": project("oil==1; sys_platform == 'win32'", "oil==2; sys_platform != 'win32'")
            + "[tool.uv]\noverride-dependencies = ['wick==2']\nconstraint-dependencies = ['wick<3']\n"
        },
        scopes={"oil 1": "required", "oil 2": "required"},
    ),
    "git, path, folder": Shape(
        files={
            "pyproject.toml": f"{project('oil', 'wick', 'stand', 'foot')}[tool.uv.sources]\n"
            "oil = { path = 'WHEELS/oil-1-py3-none-any.whl' }\nwick = { git = 'file://GIT' }\n"
            "stand = { path = 'stand', editable = true }\nfoot = { path = 'foot', package = false }\n",
            "stand/pyproject.toml": PROJECT.format(name="stand", needs="") + BUILD,
            "foot/pyproject.toml": PROJECT.format(name="foot", needs=""),
        },
        scopes={"oil 1": "required", "wick 1": "required", "stand 1": "required", "foot 1": "required"},
        local=("stand", "foot"),
    ),
    "script": Shape(
        files={"tools/my tool.py": script('dependencies = ["oil==1", "wick==1; python_version < \'3\'"]')},
        scopes={"oil 1": "required"},
        root="my tool.py",
        script="tools/my tool.py",
    ),
    "script that needs the project around it": Shape(
        files={
            "pyproject.toml": project("oil==1") + BUILD + EXEMPT,
            "s.py": script('dependencies = ["lantern", "wick==1"]', "[tool.uv.sources]", 'lantern = { path = "." }'),
        },
        scopes={"lantern 1": "required", "oil 1": "required", "wick 1": "required"},
        root="s.py",
        script="s.py",
        local=("lantern",),
    ),
    "script without requirements": Shape(files={"s.py": script()}, scopes={}, root="s.py", script="s.py"),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wheels of oil and wick, a git repository of wick, advisories, and the caches of a user."""
    folder = tmp_path_factory.mktemp("shared")
    for name in ("oil", "wick"):
        for version in "12":
            texts = {"METADATA": metadata(name, version), "WHEEL": "Wheel-Version: 1.0\n", "RECORD": ""}
            files = {f"{name}-{version}.dist-info/{file}": text.encode() for file, text in texts.items()}
            (folder / f"{name}-{version}-py3-none-any.whl").write_bytes(zipped(files))
    write_zip(folder / "osv.zip", record("PYSEC-1", "oil", versions=["1"]))
    wick = SampleProject(folder / "wick")
    wick.write("pyproject.toml", PROJECT.format(name="wick", needs=""))
    wick.git("init", "--quiet")
    wick.commit()
    return folder


@dataclass(frozen=True)
class Locked:
    """A project with the lock that uv wrote for a shape."""

    made: SampleProject
    shape: Shape
    shared: Path

    def table(self, *arguments: str, codes: tuple[Exit, ...] = (Exit.FINE,)) -> Any:
        """Return the JSON that a command prints, or what it writes."""
        option = (f"--script={self.shape.script}",) if self.shape.script else ()
        variables = {"XDG_CACHE_HOME": str(self.shared / "cache"), "UV_PYTHON": sys.executable}
        done = self.made.command(*arguments, *option, env=variables)
        assert done.returncode in codes, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def locked(request: pytest.FixtureRequest, tmp_path: Path, shared: Path) -> Locked:
    shape: Shape = SHAPES[request.param]
    made = SampleProject(tmp_path / "lamps")
    index = f"[[tool.uv.index]]\nurl = '{shared.as_posix()}'\nformat = 'flat'\ndefault = true\n"
    for path, text in shape.files.items():
        own = text.replace("WHEELS", shared.as_posix()).replace("GIT", (shared / "wick").as_posix())
        if path == shape.script:
            own = own.replace("# ///\n", "".join(f"# {line}\n" for line in index.splitlines()) + "# ///\n")
        made.write(path, own + index if path == "pyproject.toml" else own)
    option = ("--script", shape.script) if shape.script else ()
    done = made.uv("lock", "--quiet", "--offline", *option, env={"UV_PYTHON": sys.executable})
    assert done.returncode == 0, done.stderr
    made.git("init", "--quiet")
    return Locked(made, shape, shared)


@pytest.mark.parametrize("locked", SHAPES, indirect=True)
def test_every_command_reads_every_shape_of_a_lock(locked: Locked) -> None:
    database, shape = f"--database={locked.shared / 'osv.zip'}", locked.shape
    own = {*shape.members, *shape.local}
    third_party = {each for each in shape.scopes if each.partition(" ")[0] not in own}

    document = locked.table("sbom", "--offline")
    components = document.get("components", [])
    assert {f"{each['name']} {each['version']}": each["scope"] for each in components} == shape.scopes
    assert document["metadata"]["component"]["name"] == shape.root
    assert reached(document) == {each["bom-ref"] for each in (document["metadata"]["component"], *components)}

    audit = locked.table("audit", "--json", database, codes=(Exit.FINE, Exit.FINDINGS))
    assert audit["audited"] == len(third_party) + len({*shape.local} - {"lantern"})
    assert {each["package"] for each in audit["vulnerabilities"]} == {"oil"} & {
        each[:-2] for each in third_party if each[-1] == "1"
    }

    licenses = locked.table("licenses", "--json", "--offline", codes=(Exit.FINE, Exit.UNKNOWN))
    assert {each["package"] for each in licenses["packages"]} == {each[:-2] for each in third_party} | {*shape.local}

    review = locked.table("review", "--json", "--offline", database, codes=(Exit.FINE, Exit.FINDINGS, Exit.UNKNOWN))
    assert {each["package"] for each in review["changes"]} == {each[:-2] for each in third_party}
    lock = f"{shape.script}.lock" if shape.script else "uv.lock"
    assert {each["path"] for table in (audit, licenses, review) for each in table.get("findings", ())} <= {lock}


@pytest.mark.parametrize("locked", ["script"], indirect=True)
def test_the_command_for_a_script_in_another_folder_has_its_path(locked: Locked) -> None:
    made, name = locked.made, locked.shape.script
    made.replace(name, "oil==1", "oil==2")
    done = made.command("licenses", f"--script={name}", "--offline", env={"UV_PYTHON": sys.executable})
    assert done.returncode == Exit.USAGE
    assert done.stderr.startswith(f"evenfall: {name}.lock: out of date")
    assert done.stderr.endswith(f"\n  next: uv lock --script '{name}'\n")
    for arguments in (("sbom", "--script=none.py"), ("audit", f"--script={name}", "--only=dev")):
        assert made.command(*arguments).returncode == Exit.USAGE


def reached(document: dict[str, Any]) -> set[str]:
    """Return the references that can be reached from the root."""
    edges = {each["ref"]: each.get("dependsOn", []) for each in document["dependencies"]}
    found: set[str] = set()
    waiting = [document["metadata"]["component"]["bom-ref"]]
    while waiting:
        ref = waiting.pop()
        if ref not in found:
            found.add(ref)
            waiting += edges[ref]
    return found
