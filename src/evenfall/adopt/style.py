"""The style of what adoption writes: the project's own formatters, and comments for its type checkers in the noxfile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.lint_evidence import LintEvidence, find_lint_evidence
from evenfall.pipeline.model import NOXFILE
from evenfall.project.lint_command import LintCommand
from evenfall.project.linters import default_linters, mypy_names_its_targets
from evenfall.project.precommit_config import hook_versions, read_hooks
from evenfall.project.project import Project
from evenfall.project.pyproject import NAME
from evenfall.project.uv import run_uv

# In the order in which they must run, with the options that change a file and are silent about the rest.
_FORMATTERS = (
    ("ruff check", "ruff", ("check", "--fix", "--exit-zero", "--quiet")),
    ("isort", "isort", ("--quiet",)),
    ("ruff format", "ruff", ("format", "--quiet")),
    ("black", "black", ("--quiet",)),
)
_TOML_FORMATTERS = {
    "pyproject-fmt": ("pyproject-fmt", ()),
    "tombi-format": ("tombi", ("format",)),
    "toml-sort-fix": ("toml-sort", ("--in-place",)),
}
"""The hooks that format `pyproject.toml`, with their package and its options."""

# Comments for the whole file: https://mypy.readthedocs.io/en/stable/inline_config.html,
# https://microsoft.github.io/pyright/#/comments, https://docs.astral.sh/ty/suppression/, https://pyrefly.org/en/docs/error-suppressions/
_COMMENTS = {
    "mypy": '# mypy: disable-error-code="import-not-found"',
    "pyright": "# pyright: basic, reportMissingImports=false",
    "basedpyright": "# pyright: basic, reportMissingImports=false",
    "ty check": "# ty: ignore[unresolved-import]",
    "pyrefly check": "# pyrefly: ignore-errors",
}
_REASON = "# Type checkers do not find the packages of this script's own environment."


def format_noxfile(adoption: Adoption) -> None:
    """Format the noxfile with the project's own formatters in their locked versions, or else in those of its hooks."""
    project, evidence = adoption.project, find_lint_evidence(adoption.root)
    used = {*evidence.hooks, *(found.command.name for found in evidence.commands)}
    used |= {linter.parsed.name for linter in default_linters(project)} if evidence.is_empty else set()
    versions = dict(hook_versions(read_hooks(adoption.scratch)))
    for name, package, options in _FORMATTERS:
        locked = project.lock.find(package)
        version = locked.version if locked else versions.get(package, "").lstrip("v")
        if name in used and version:
            run_uv(adoption.scratch, "tool", "run", "--quiet", f"{package}@{version}", *options, NOXFILE)


def format_pyproject(adoption: Adoption) -> None:
    """Format `pyproject.toml` as the project's hooks do, if adoption changed it."""
    if NAME not in adoption.written:
        return
    for repository in read_hooks(adoption.scratch):
        for hook in repository.hooks:
            package, options = _TOML_FORMATTERS.get(hook.id, ("", ()))
            if package:
                tool = f"{package}@{repository.rev.lstrip('v')}"
                run_uv(adoption.scratch, "tool", "run", "--quiet", tool, *options, *hook.args, NAME)
                adoption.record(NAME)


def add_type_comments(adoption: Adoption) -> None:
    """Add comments below the script header of the noxfile for the type checkers that read it and don't find Nox and Evenfall."""
    comments = dict.fromkeys(_comments(adoption.project, find_lint_evidence(adoption.root)))
    header, end, code = adoption.read(NOXFILE).partition("# ///\n")
    missing = [comment for comment in comments if comment not in code]
    if end and missing:
        adoption.write(NOXFILE, header + end + "".join(f"{line}\n" for line in (_REASON, *missing)) + code)


def _comments(project: Project, evidence: LintEvidence) -> Iterator[str]:
    commands = [found.command for found in evidence.commands]
    commands += [linter.parsed for linter in default_linters(project)] if evidence.is_empty else []
    for name, comment in _COMMENTS.items():
        if name in evidence.hooks or any(each.name == name and _reads_noxfile(each, project) for each in commands):
            yield comment


def _reads_noxfile(command: LintCommand, project: Project) -> bool:
    """Return whether a type checker reads the noxfile: by its paths, or if it has none, by its configuration."""
    words: Sequence[str] = command.shell.words[len(command.name.split()) :]
    paths = [
        word for word in words if not word.startswith("-") and not word.endswith((".toml", ".json", ".ini", ".cfg"))
    ]
    if command.shell.folder != ".":
        return False
    if paths:
        return any(path in {".", "./", NOXFILE} or "*" in path for path in paths)
    if command.name == "mypy":
        return not mypy_names_its_targets(project)
    return not {"include", "project-includes"} & project.pyproject.tool_keys(command.name.split()[0])
