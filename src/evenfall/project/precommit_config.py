"""Parse `.pre-commit-config.yaml` or `prek.toml`, and find hooks that run another version of a tool than the lock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import tomli

from evenfall.errors import EvenfallError
from evenfall.input_file import has_entry, read_utf8
from evenfall.project.lockfile import Lockfile

HOOKS = ".pre-commit-config.yaml"
PREK = "prek.toml"
"""https://prek.j178.dev/configuration/"""

# Hook repositories that install a tool of their own, and the tool's package.
_TOOLS = {
    "astral-sh/ruff-pre-commit": "ruff",
    "charliermarsh/ruff-pre-commit": "ruff",
    "pre-commit/mirrors-mypy": "mypy",
    "psf/black": "black",
    "psf/black-pre-commit-mirror": "black",
    "pycqa/isort": "isort",
}


class Hook(msgspec.Struct, frozen=True):
    """A hook. `stages` are empty if the configuration names none."""

    id: str = ""
    entry: str = ""
    args: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


class HookRepository(msgspec.Struct, frozen=True):
    """A repository of hooks. `rev` is the tag, even if the file has its commit, as `pre-commit autoupdate --freeze` writes it."""

    repo: str = ""
    rev: str = ""
    hooks: tuple[Hook, ...] = ()


class _File(msgspec.Struct, frozen=True):
    repos: tuple[HookRepository, ...] = ()
    default_stages: tuple[str, ...] = ()


def find_hooks_file(root: Path) -> str | None:
    """Return the name of the file with the project's hooks: the one that prek reads before that of pre-commit; None without one."""
    return next((name for name in (PREK, HOOKS) if has_entry(root / name)), None)


def read_hooks(root: Path) -> tuple[HookRepository, ...]:
    """Return the hooks of the project in `root`, none if it has no such file. Raises `EvenfallError` (usage) if the file is invalid."""
    name = find_hooks_file(root)
    if name is None:
        return ()
    from ruamel.yaml import YAML  # slow to import, and not needed when a noxfile is loaded
    from ruamel.yaml.error import YAMLError

    program = "prek" if name == PREK else "pre-commit"
    text = read_utf8(root / name, missing="evenfall init")
    try:
        content = tomli.loads(text) if name == PREK else YAML(typ="safe", pure=True).load(text)
        parsed = msgspec.convert(content, _File)
    except (YAMLError, ValueError, RecursionError) as error:
        raise EvenfallError(
            f"{name}: not a configuration of {program}: {error}", hint=f"{program} validate-config"
        ) from error
    frozen = dict(re.findall(r"rev['\"]?\s*[:=]\s*['\"]?([0-9a-f]{40})['\"]?\s*# frozen: (\S+)", text))
    return tuple(_with_defaults(each, frozen, parsed.default_stages) for each in parsed.repos)


def _with_defaults(repository: HookRepository, frozen: dict[str, str], stages: tuple[str, ...]) -> HookRepository:
    hooks = tuple(msgspec.structs.replace(hook, stages=hook.stages or stages) for hook in repository.hooks)
    return msgspec.structs.replace(repository, rev=frozen.get(repository.rev, repository.rev), hooks=hooks)


def hook_versions(repositories: Iterable[HookRepository]) -> Iterator[tuple[str, str]]:
    """Yield the tools that repositories of hooks install, and their tags."""
    for repository in repositories:
        if tool := _TOOLS.get("/".join(repository.repo.removesuffix(".git").lower().split("/")[-2:])):
            yield tool, repository.rev


def hooks_unlike_lock(repositories: Iterable[HookRepository], lock: Lockfile) -> Iterator[str]:
    """Yield a message for each repository whose hooks run another version of a tool than the locked one."""
    for tool, tag in hook_versions(repositories):
        package = lock.find(tool)
        if package and package.version and tag.lstrip("v") != package.version:
            yield (
                f"its hook runs {tool} {tag}, but {package.version} is locked; "
                f"a local hook with `uv run {tool}` runs the locked version"
            )
