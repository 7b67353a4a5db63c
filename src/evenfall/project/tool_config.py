"""Find out whether a project configures a tool: by a table in `pyproject.toml`, a configuration file, or a pre-commit hook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from evenfall.project.precommit_config import Hook, read_hooks
from evenfall.project.project import Project
from evenfall.project.pyproject import NAME
from evenfall.project.toml import top_level_keys


def has_configuration(project: Project, *places: str) -> bool:
    """Return whether one of some files exists; `name.cfg:section` requires a section, and `pyproject.toml:name` is `[tool.NAME]`.

    Raises `EvenfallError` (usage) for an invalid `.toml` file.
    """
    return any(_has(project, place) for place in places)


def _has(project: Project, place: str) -> bool:
    name, _, section = place.partition(":")
    path = project.root / name
    if name == NAME:
        return section in project.pyproject.tools
    if not section or not path.is_file():
        return path.is_file()
    sections = top_level_keys(path) if path.suffix == ".toml" else ini_sections(path)
    return any(name == section or name.startswith(f"{section}:") for name in sections)


def ruff_settings(project: Project) -> frozenset[str]:
    """Return the keys at the top of the configuration of Ruff.

    https://docs.astral.sh/ruff/configuration/#config-file-discovery. Raises `EvenfallError` (usage) for an invalid `.toml` file.
    """
    files = (project.root / name for name in (".ruff.toml", "ruff.toml"))
    own = next((file for file in files if file.is_file()), None)
    return top_level_keys(own) if own else project.pyproject.tool_keys("ruff")


def ini_sections(path: Path) -> Mapping[str, Mapping[str, str]]:
    """Return the sections of an INI file. A missing or invalid file has none, because its own tool reports the error."""
    from configparser import ConfigParser, Error  # slow to import, and not needed when a noxfile is loaded

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8") if path.is_file() else "")
    except (Error, UnicodeDecodeError):
        return {}
    return {name: parser[name] for name in parser.sections()}


class LaterHooks(msgspec.Struct, frozen=True):
    """The ids of the hooks that do not run at a commit: those that run before a push, and those that run at neither stage."""

    push: tuple[str, ...]
    unused: tuple[str, ...]


def later_hooks(project: Project) -> LaterHooks:
    """Return the hooks that do not run at a commit, by the project's configuration, without the stages that a hook's repository sets.

    Raises `EvenfallError` (usage) as `read_hooks` does.
    """
    staged = [hook for hook in _hooks(project.root) if hook.stages]
    later = [hook for hook in staged if not {"pre-commit", "commit"}.intersection(hook.stages)]
    push = dict.fromkeys(hook.id for hook in later if {"pre-push", "push"}.intersection(hook.stages))
    return LaterHooks(push=(*push,), unused=tuple(hook.id for hook in later if hook.id not in push))


def hook_runs(project: Project, *ids: str, command: str) -> bool:
    """Return whether a pre-commit hook has one of these ids or calls this command. Raises `EvenfallError` (usage) as `read_hooks` does."""
    return any(hook.id in ids or command in " ".join(hook.entry.split()) for hook in _hooks(project.root))


def _hooks(root: Path) -> Iterator[Hook]:
    return (hook for repository in read_hooks(root) for hook in repository.hooks)
