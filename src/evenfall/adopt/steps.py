"""Adoption, step by step, in a scratch copy: what differs afterwards is the plan, and nothing else is touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evenfall.adopt import kept as keeping
from evenfall.adopt import texts
from evenfall.adopt.learn import Learned, array, learn, measured_coverage
from evenfall.adopt.plan import Kept, Plan, changes_between
from evenfall.adopt.scratch import is_repository, scratch_copy
from evenfall.adopt.source import absent_on_runners, script_header
from evenfall.derive import check_top
from evenfall.errors import EvenfallError, Exit
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.script import SCRIPT_LOCK, script_python
from evenfall.project import USUAL_GROUPS, Project, coverage_target, lint_and_test_groups, lockfile, read_project
from evenfall.project.git import git
from evenfall.project.hooks import HOOKS
from evenfall.project.pyproject import NAME
from evenfall.project.uv import uv

LINTERS = ("isort", "ruff", "mypy", "import-linter")
WRITE_THE_TIME = ("setuptools", "pdm")
"""Build backends, by the first part of their name, that write into an sdist when it was made, whatever SOURCE_DATE_EPOCH says."""
IGNORED = (".nox/", "audit-report/", "coverage-data/", "coverage-report/", "dist/", "sbom/")


@dataclass(kw_only=True)
class Adoption:
    """One adoption on its way: the user's folder, the scratch copy, the noxfile's header, and what is to be said at the end."""

    root: Path
    scratch: Path
    header: str
    kept: list[Kept] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: str = ""

    def write(self, path: str, text: str) -> None:
        """Write a file of the scratch copy and let git know it, as it would be after the next commit."""
        file = self.scratch / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        git(self.scratch, "add", "--force", "--", path)

    def append(self, path: str, text: str) -> None:
        """Add lines at the end of a file."""
        file = self.scratch / path
        before = file.read_text(encoding="utf-8") if file.is_file() else ""
        gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
        self.write(path, before + (gap if path.endswith(".toml") else gap[1:]) + text)

    @property
    def project(self) -> Project:
        """The project as it is in the scratch copy by now."""
        return read_project(self.scratch)


def plan_adoption(root: Path, *, source: str = "", progress: Callable[[str], object] = print) -> Plan:
    """Everything that adopting Evenfall in `root` would change.

    `root` is the top of a git repository with a uv project, or an empty folder. Raises `EvenfallError`: it is neither, its
    metadata disagree, `source` is not there (usage); uv can't lock (unknown).
    """
    is_new = _check_folder(root)
    header = script_header(source, root)
    absent = absent_on_runners(source, root)
    with scratch_copy(root) as scratch:
        check_not_ignored(scratch)
        adoption = Adoption(root=root, scratch=scratch, header=header, notes=[absent] if absent else [])
        if is_new:
            progress("starting a new project")
            start_project(adoption)
        progress("reading the project and its lock")
        adoption.project.pythons  # noqa: B018 - raises where the metadata disagree
        uv(scratch, "lock", "--quiet")
        learned = learn(adoption.project)
        write_settings(adoption, learned)
        progress("adding what the sessions need and the lock has not")
        add_tools(adoption)
        write_coverage_target(adoption, is_new=is_new)
        write_hooks(adoption)
        write_ignored(adoption)
        progress("writing the noxfile and locking it")
        if write_noxfile(adoption):
            python = script_python(scratch)
            progress("deriving the workflows")
            derive(adoption, python)
            git(scratch, "add", "--all")
            record_sdist(adoption, python)
        adoption.kept += keeping.kept_files(root, scratch)
        git(scratch, "add", "--all")
        changes = changes_between(root, scratch)
    return Plan(changes=changes, kept=tuple(adoption.kept), notes=tuple(adoption.notes), missing=adoption.missing)


def _check_folder(root: Path) -> bool:
    """Whether a new project must be started. Raises `EvenfallError` (usage) where there is something else than a project."""
    there = [entry.name for entry in root.iterdir() if entry.name != ".git"]
    if there and NAME not in there:
        raise EvenfallError(
            f"{root}: no {NAME}, and the folder is not empty", hint="uv init --package, then evenfall init"
        )
    if there or any(is_repository(folder) for folder in (root, *root.parents)):
        check_top(root)
    return not there


def check_not_ignored(scratch: Path) -> None:
    """Raises `EvenfallError` (usage) where git would keep from a runner what every session needs."""
    needed = (lockfile.NAME, NOXFILE, SCRIPT_LOCK, coverage_target.NAME, HOOKS, ".github/workflows/ci.yml")
    done = subprocess.run(
        ["git", "check-ignore", "-z", "--verbose", "--stdin"],
        cwd=scratch,
        input="\0".join(needed),
        capture_output=True,
        encoding="utf-8",
    )
    fields = iter(done.stdout.split("\0")[:-1])
    for file, line, pattern, path in zip(fields, fields, fields, fields, strict=True):
        if not pattern.startswith("!"):  # the pattern that decides may be one that takes the file back in
            raise EvenfallError(
                f"{path}: git ignores it ({file}:{line}:{pattern}), so no runner would have it",
                hint="remove that line, then evenfall init",
            )


def start_project(adoption: Adoption) -> None:
    """What `uv init` starts, with the groups that the sessions need and a first test."""
    scratch = adoption.scratch
    uv(
        scratch,
        "init",
        "--quiet",
        "--lib",
        "--build-backend",
        "hatch",
        "--no-pin-python",
        "--no-workspace",
        "--vcs",
        "none",
    )
    uv(scratch, "add", "--quiet", "--no-sync", "--group", "test", "pytest", "coverage")
    uv(scratch, "add", "--quiet", "--no-sync", "--group", "lint", "isort", "mypy", "pre-commit", "ruff")
    name = adoption.project.pyproject.name
    module = adoption.project.name.replace("-", "_")
    adoption.append(NAME, texts.FIRST_TOOLS.lstrip())
    adoption.write(f"tests/test_{module}.py", texts.FIRST_TEST.format(module=module, name=name))
    adoption.append("README.md", f"# {name}\n")
    adoption.append(".gitignore", "__pycache__/\n.*_cache/\n.venv/\n")


def write_settings(adoption: Adoption, learned: Learned) -> None:
    """`[tool.evenfall]`, where it is not there yet, with what can't be seen from names alone."""
    if "evenfall" in adoption.project.pyproject.tools:
        return
    tables = list(learned.tables(adoption.project))
    branch = default_branch(adoption.root)
    if branch != "main":
        line = f"default-branch = {array((branch,))[1:-1]}\n"
        tables = [tables[0] + line, *tables[1:]] if learned.extras else [f"[tool.evenfall]\n{line}", *tables]
    backend = adoption.project.pyproject.build_backend.partition(".")[0]
    if backend in WRITE_THE_TIME:
        tables.append(f'[tool.evenfall.build]\nreproducible = "contents" # {backend} writes the time into its sdist\n')
    if tables:
        adoption.append(NAME, "\n".join(tables))


def default_branch(root: Path) -> str:
    """What the remote calls its default branch, else the branch at hand where it is one of the usual two."""
    for reference in ("refs/remotes/origin/HEAD", "HEAD"):
        try:
            name = git(root, "symbolic-ref", "--quiet", "--short", reference).strip().removeprefix("origin/")
        except EvenfallError:
            continue
        if reference != "HEAD" or name in {"main", "master"}:
            return name
    return "main"


def add_tools(adoption: Adoption) -> None:
    """Lock what the sessions call and the project has not: pytest and coverage with its tests, pre-commit with its linters."""
    project = adoption.project
    for purpose, group, tools in (("tests", "test", ("pytest", "coverage")), ("lint", "lint", ("pre-commit",))):
        groups = project.groups(purpose)
        # The tests run with their own groups alone, so what another group brings is not there.
        installed = groups if purpose == "tests" else lint_and_test_groups(project)
        found = project.lock.reached_from(project.name, installed, project.pyproject.settings.extras)
        lacking = [tool for tool in tools if tool not in found]
        if purpose == "tests" and lacking and not groups:
            adoption.notes.append(
                f"there was no group for tests; what they import beside {project.name} must be in it: uv add --group {group} …"
            )
        if lacking:
            uv(adoption.scratch, "add", "--quiet", "--no-sync", "--group", groups[0] if groups else group, *lacking)
            project = adoption.project


def _locked(project: Project) -> frozenset[str]:
    """What sessions find: the groups for linters and tests, and the extras that `[tool.evenfall]` names."""
    return project.lock.reached_from(project.name, lint_and_test_groups(project), project.pyproject.settings.extras)


def write_coverage_target(adoption: Adoption, *, is_new: bool) -> None:
    """Today's measured coverage, so that it can only rise; all of it for a new project; nothing asked where nothing is known."""
    if (adoption.scratch / coverage_target.NAME).exists():
        coverage_target.read_coverage_target(adoption.scratch)
        return
    found = measured_coverage(adoption.root) if not is_new else None
    if is_new:
        adoption.write(coverage_target.NAME, "100.0\n")
    elif found is None:
        adoption.write(coverage_target.NAME, "0.0\n")
        adoption.notes.append(
            f"{coverage_target.NAME} starts at 0.0: no measured coverage lies here; nox -s coverage says to what it can be raised"
        )
    else:
        tenths = found[0] * 10 // 1
        adoption.write(coverage_target.NAME, f"{tenths // 10}.{tenths % 10}\n")
        adoption.notes.append(f"{coverage_target.NAME} is today's coverage, from {found[1]}")


def write_hooks(adoption: Adoption) -> None:
    """Hooks that run the lock's tools, where the project has no hooks yet."""
    if (adoption.scratch / HOOKS).exists():
        return
    project = adoption.project
    root = project.lock.find(project.name)
    extras, groups = (root.optional_dependencies, root.dev_dependencies) if root else ({}, {})
    held = [(f"--extra {extra}", extras.get(extra, ())) for extra in project.pyproject.settings.extras]
    held += [(f"--group {group}", edges) for group, edges in groups.items()]
    where = {edge.name: option for option, edges in held for edge in edges if edge.name in texts.COMMANDS}
    if where:
        adoption.write(HOOKS, texts.hooks(where))


def write_ignored(adoption: Adoption) -> None:
    """What sessions leave is not to be committed."""
    lacking = []
    for folder in IGNORED:
        done = subprocess.run(["git", "check-ignore", "--quiet", f"{folder}x"], cwd=adoption.scratch)
        lacking += [] if done.returncode == 0 else [f"/{folder}\n"]
    if lacking:
        adoption.append(".gitignore", "".join(lacking))


def write_noxfile(adoption: Adoption) -> bool:
    """The noxfile and its lock; an existing one is kept. Whether there is one now that can be read."""
    project = adoption.project
    path = adoption.scratch / NOXFILE
    if path.exists():
        adoption.missing = keeping.noxfile_lacks(path, adoption.header)
        if adoption.missing:
            return False
    else:
        if unused := _groups_of_no_session(project):
            adoption.notes.append(
                f"no session installs {', '.join(unused)}; a group that tests need is named in [tool.evenfall.groups] tests"
            )
        adoption.write(
            NOXFILE,
            texts.noxfile(header=adoption.header, name=project.pyproject.name, omit=_left_out(adoption)),
        )
        _in_their_style(adoption)
    uv(adoption.scratch, "lock", "--quiet", "--script", NOXFILE)
    git(adoption.scratch, "add", "--force", "--", SCRIPT_LOCK)
    return True


def _groups_of_no_session(project: Project) -> tuple[str, ...]:
    """The project's groups that are for none of the purposes that Evenfall knows."""
    used = {group for purpose in USUAL_GROUPS for group in project.groups(purpose)}
    return tuple(group for group in project.pyproject.groups if group not in used)


def _left_out(adoption: Adoption) -> Sequence[str]:
    """Standard sessions that have nothing to run in this project yet."""
    left_out = []
    if not _locked(adoption.project) & set(LINTERS):
        left_out.append("lint")
        adoption.notes.append(
            "no linter is locked, so the lint session is left out; uv add --group lint ruff, then remove it from omit="
        )
    if not (adoption.scratch / HOOKS).exists():
        left_out.append("precommit")
        adoption.notes.append(f"there is no {HOOKS} and no tool for a hook, so the precommit session is left out")
    return left_out


def _in_their_style(adoption: Adoption) -> None:
    """Let the project's own formatters, in their locked versions, have a go at the new noxfile; what they can't do is theirs to say."""
    lock = adoption.project.lock
    for tool, commands in {
        "ruff": (("check", "--fix", "--quiet", "--exit-zero"), ("format", "--quiet")),
        "isort": (("--quiet",),),
    }.items():
        package = lock.find(tool)
        if package is None or tool not in adoption.project.pyproject.tools:
            continue
        for command in commands:
            uv(adoption.scratch, "tool", "run", "--quiet", f"{tool}@{package.version}", *command, NOXFILE)


def derive(adoption: Adoption, python: Path) -> None:
    """Derive in the scratch copy, where what was written by hand stands aside; what takes the place of such a file is said."""
    root, scratch = adoption.root, adoption.scratch
    by_hand = {path: (scratch / path).read_bytes() for path in keeping.not_derived(scratch)}
    for path in by_hand:
        (scratch / path).unlink()
    _evenfall(python, scratch, "derive")
    for path, content in by_hand.items():
        if (scratch / path).exists():
            adoption.notes.append(keeping.replaced(root, path))
        else:
            (scratch / path).write_bytes(content)


def _evenfall(python: Path, root: Path, *arguments: str) -> None:
    """Run the Evenfall that the noxfile's lock names, in the scratch copy. Raises its error as our own."""
    environ = {**os.environ, "NOX_SCRIPT_MODE": "none"}
    done = subprocess.run(
        [python, "-P", "-m", "evenfall", *arguments],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        message, _, hint = done.stderr.strip().removeprefix("evenfall: ").rpartition("\n  next: ")
        raise EvenfallError(
            message or hint or f"evenfall {arguments[0]} ended with {done.returncode}",
            hint=hint if message else "",
            exit_code=Exit(done.returncode) if done.returncode in [*Exit] else Exit.UNKNOWN,
        )


def record_sdist(adoption: Adoption, python: Path) -> None:
    """Write down what the sdist leaves out today, so that the build session notices what it leaves out tomorrow."""
    if "check-sdist" in adoption.project.pyproject.tools:
        return
    done = subprocess.run(
        [python, "-m", "check_sdist", "--installer", "uv"],
        cwd=adoption.scratch,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    only = {title: _listed(done.stdout, title) for title in ("SDist only:", "Git only:")}
    if not any(only.values()):
        return
    keys = {"SDist only:": "sdist-only", "Git only:": "git-only"}
    lines = [f"{keys[title]} = {array(_folded(names, adoption.scratch))}\n" for title, names in only.items() if names]
    adoption.append(NAME, "# What the sdist and git differ in on purpose\n[tool.check-sdist]\n" + "".join(lines))


def _listed(text: str, title: str) -> list[str]:
    """The indented lines below a title in what check-sdist prints."""
    lines = text.partition(f"{title}\n")[2].partition("\n\n")[0].splitlines()
    return [line.strip() for line in lines if line.strip()]


def _folded(names: list[str], root: Path) -> tuple[str, ...]:
    """Whole folders by their name, where nothing in them is shipped."""
    tracked = git(root, "ls-files", "-z").split("\0")
    patterns: dict[str, None] = {}
    for name in names:
        folder = name.partition("/")[0]
        whole = "/" in name and all(other in names for other in tracked if other.startswith(f"{folder}/"))
        patterns[f"/{folder}/" if whole else f"/{name}"] = None
    return tuple(patterns)
