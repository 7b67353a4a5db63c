"""The coverage data of each job: one visible file, named after the job, the system and the code, which the coverage gate combines."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
from pathlib import Path

import msgspec
import nox

from evenfall.errors import EvenfallError
from evenfall.git.tracked import tracked_files
from evenfall.pipeline.model import SYSTEM, platform_of
from evenfall.sessions.installed_project import InstalledProject
from evenfall.text import and_more

FOLDER = "coverage-data"

_PRINT_CONFIG = """
import coverage, json, sys
configured = coverage.Coverage()
def value(name):
    try:
        return configured.get_option("run:" + name)
    except coverage.CoverageException:  # an option that this version does not know
        return None
print(json.dumps({name: value(name) for name in sys.argv[1:] if value(name)}))
"""

_PRINT_EXECUTED = """
import coverage, json, sys
data = coverage.CoverageData(sys.argv[1])
data.read()
print(json.dumps(sorted(file for file in data.measured_files() if data.lines(file))))
"""

# Add modules that no test imported, with nothing executed. Coverage itself finds only those in packages with an __init__.py.
_ADD_MODULES = """
import coverage, json, os, sys
data = coverage.CoverageData(sys.argv[1])
data.read()
known = {os.path.realpath(file) for file in data.measured_files()}
for file in json.load(open(sys.argv[2], encoding="utf-8")):
    if os.path.realpath(file) not in known:
        data.touch_file(file)
"""


class CoverageConfig(msgspec.Struct, frozen=True):
    """The project's `[run]` settings, as coverage itself reads them; empty if this version of coverage does not know an option."""

    source: tuple[str, ...] = ()
    source_pkgs: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    patch: tuple[str, ...] = ()
    relative_files: bool = False


def code_digest(root: Path) -> str:
    """Return a digest of every tracked Python file as it is now. Line endings and symbolic links give the same digest on every system."""
    digest = hashlib.sha256()
    for name in sorted(name for name in tracked_files(root) if name.endswith(".py")):
        content = hashlib.sha256(_content(root / name).replace(b"\r\n", b"\n"))
        digest.update(os.fsencode(name) + b"\0" + content.digest())
    return digest.hexdigest()[:16]


def _content(file: Path) -> bytes:
    """Return the target of a link as its content, because a system without links stores the target in a plain file."""
    return os.fsencode(file.readlink().as_posix()) if file.is_symlink() else file.read_bytes()


def new_data_file(job: str, digest: str) -> Path:
    """Return the path for the data of a job, and remove the job's earlier data. On GitHub its name contains the runner."""
    system = os.environ.get(SYSTEM, sys.platform)
    for old in Path(FOLDER).glob(_data_file(job, system, "*").name):
        old.unlink()
    return _data_file(job, system, digest)


def find_data(job: str, label: str, digest: str) -> Path | None:
    """Return the data of a job for this code, from the runner with that label or from a machine with the same system."""
    files = (_data_file(job, system, digest) for system in (label, platform_of(label)))
    return next((file for file in files if file.is_file()), None)


def stale_data(digest: str) -> tuple[str, ...]:
    """Return the names of the data files that were measured with other code."""
    return tuple(file.name for file in sorted(Path(FOLDER).glob("*.dat")) if not file.stem.endswith(f"@{digest}"))


def _data_file(job: str, system: str, digest: str) -> Path:
    """Return the path of a job's data. It is not a hidden file, because GitHub's artifacts omit hidden files."""
    job, system = (re.sub(r"[^A-Za-z0-9._-]", "_", part) for part in (job, system))
    return Path(FOLDER, f"{job}@{system}@{digest}.dat")


def read_config(session: nox.Session) -> CoverageConfig:
    """Ask the project's coverage for its effective configuration."""
    fields = CoverageConfig.__struct_fields__
    output = session.run("python", "-c", _PRINT_CONFIG, *fields, silent=True, log=False, external="error")
    return msgspec.json.decode(str(output), type=CoverageConfig)


def measured_folders(config: CoverageConfig, installed: InstalledProject) -> tuple[str, ...]:
    """Return the folders of the source tree to measure: the project's packages, and folders that it configures, such as `tests`."""
    root = Path.cwd()
    packages = [path for path in installed.source_paths(root).values() if not path.endswith(".py")]
    configured = [os.path.normpath(name).replace(os.sep, "/") for name in (*config.source, *config.source_pkgs)]
    folders = [
        name
        for name in configured
        if (root / name).is_dir()
        and name != "."
        and not name.startswith(("..", "/"))
        and not any(f"{path}/".startswith(f"{name}/") for path in packages)
    ]
    return tuple(dict.fromkeys([*packages, *folders]))


def sources(config: CoverageConfig, installed: InstalledProject) -> str:
    """Return the value of coverage's `--source`: the installed modules, and the source tree, to notice tests that execute it.

    Raises `EvenfallError` (usage) if a path contains a comma, because coverage would split it there.
    """
    site = Path(installed.site)
    paths = [
        *(str(site / package) for package in installed.packages),
        *installed.modules,
        *measured_folders(config, installed),
    ]
    if with_comma := [path for path in paths if "," in path]:
        raise EvenfallError(
            f"{with_comma[0]}: coverage can't measure a path with a comma", hint="rename the folder that has the comma"
        )
    return ",".join(paths)


def combine(session: nox.Session, raw: Path, data_file: Path, installed: InstalledProject) -> None:
    """Combine the data of all processes of one job, with unchanged paths, and add installed modules that no test imported.

    The names of the processes' files begin with `raw`.
    """
    data_file.parent.mkdir(exist_ok=True)
    session.run("coverage", "combine", "--quiet", "--rcfile=", f"--data-file={raw}", str(raw.parent), external="error")
    shutil.move(raw, data_file)
    modules = session.env_dir / "modules.json"  # a command line would be too short for the names of a large project
    names = [str(Path(installed.site, file)) for file in installed.importable]
    modules.write_text(json.dumps(names), encoding="utf-8")
    session.run("python", "-c", _ADD_MODULES, str(data_file), str(modules), log=False, external="error")


def check_outside_source_tree(session: nox.Session, data_file: Path, installed: InstalledProject) -> None:
    """Raise `EvenfallError` (usage), and remove the data, if the tests executed the source of a package instead of the installed package.

    Tests may load single modules by their path: the session only names these.
    """
    root, site = Path.cwd(), Path(installed.site)
    output = session.run("python", "-c", _PRINT_EXECUTED, str(data_file), silent=True, log=False, external="error")
    executed = {Path(root, file) for file in json.loads(str(output))}
    sources = installed.source_files(root)
    for name in installed.source_paths(root):
        files = [file for file in sources if file == name or file.startswith(f"{name}/")]
        if not (in_tree := [path for file in files if root / (path := sources[file]) in executed]):
            continue
        if not any(site / file in executed for file in files):
            data_file.unlink()
            raise EvenfallError(
                f"{and_more(in_tree, 1)}: the tests executed the source tree, not the installed package",
                hint="remove code that loads files by path, such as spec_from_file_location",
            )
        session.log(f"the tests also executed files of the source tree by their path: {and_more(in_tree)}")


def write_path_rules(folder: Path, config: CoverageConfig, installed: InstalledProject) -> Path:
    """Write a coverage configuration that maps the paths of every job, on any system, to the source tree. Return its path.

    Coverage uses the first rule whose result exists; a module that the build generates is read from this environment.
    https://coverage.readthedocs.io/en/latest/config.html#paths
    """
    root = Path.cwd()
    site = os.path.relpath(installed.site, root)
    paths = sorted(installed.source_paths(root).items(), reverse=True)  # a folder comes before the package around it
    rules = [
        (os.path.dirname(path) or ".", "*/site-packages") if name.endswith(".py") else (path, f"*/site-packages/{name}")
        for name, path in paths
    ]
    rules += [(site, "*/site-packages")]
    folders = measured_folders(config, installed)
    rules += [(path, f"*/{root.name}/{path}") for path in folders] + [(path, f"*/{path}") for path in folders]
    lines = [f"rule{number} =\n    {result}\n    {pattern}\n" for number, (result, pattern) in enumerate(rules)]
    file = folder / "paths.ini"
    run = f"[run]\nrelative_files = {str(config.relative_files).lower()}\n"
    file.write_text(f"{run}[paths]\n{''.join(lines)}", encoding="utf-8")
    return file
