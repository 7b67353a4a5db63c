"""`.pre-commit-config.yaml` as frozen values, and the hooks in it whose tool is not the lock's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from evenfall.errors import EvenfallError
from evenfall.project.lockfile import Lockfile

HOOKS = ".pre-commit-config.yaml"

# Hooks that bring a tool of their own, which the lock may hold in another version.
_TOOLS = {
    "astral-sh/ruff-pre-commit": "ruff",
    "charliermarsh/ruff-pre-commit": "ruff",
    "pre-commit/mirrors-mypy": "mypy",
    "pycqa/isort": "isort",
}


class Hook(msgspec.Struct, frozen=True):
    """One hook; `stages` are empty where its configuration names none."""

    id: str = ""
    entry: str = ""
    stages: tuple[str, ...] = ()


class HookRepository(msgspec.Struct, frozen=True):
    """Where hooks come from; `rev` is the tag, also where the file holds its commit, as `pre-commit autoupdate --freeze` writes it."""

    repo: str = ""
    rev: str = ""
    hooks: tuple[Hook, ...] = ()


class _File(msgspec.Struct, frozen=True):
    repos: tuple[HookRepository, ...] = ()
    default_stages: tuple[str, ...] = ()


def read_hooks(root: Path) -> tuple[HookRepository, ...]:
    """The hooks of the project in `root`; none where it has no such file. Raises `EvenfallError` (usage) where that can't be read."""
    path = root / HOOKS
    if not path.is_file():
        return ()
    try:
        text = path.read_text(encoding="utf-8")
        parsed = msgspec.convert(YAML(typ="safe", pure=True).load(text), _File)
    except (YAMLError, UnicodeDecodeError, RecursionError, msgspec.ValidationError) as error:
        raise EvenfallError(
            f"{HOOKS}: not pre-commit's configuration: {error}", hint="pre-commit validate-config"
        ) from error
    frozen = dict(re.findall(r"rev:\s*['\"]?([0-9a-f]{40})['\"]?\s*# frozen: (\S+)", text))
    return tuple(_completed(each, frozen, parsed.default_stages) for each in parsed.repos)


def _completed(repository: HookRepository, frozen: dict[str, str], stages: tuple[str, ...]) -> HookRepository:
    hooks = tuple(msgspec.structs.replace(hook, stages=hook.stages or stages) for hook in repository.hooks)
    return msgspec.structs.replace(repository, rev=frozen.get(repository.rev, repository.rev), hooks=hooks)


def beside_the_lock(repositories: tuple[HookRepository, ...], lock: Lockfile) -> Iterator[str]:
    """A line for each hook that runs another version of a tool than the lock holds."""
    for repository in repositories:
        tool = _TOOLS.get("/".join(repository.repo.removesuffix(".git").lower().split("/")[-2:]))
        package = lock.find(tool) if tool else None
        if tool and package and package.version and repository.rev.lstrip("v") != package.version:
            yield (
                f"its hook runs {tool} {repository.rev}, the lock holds {package.version}; "
                f"a local hook with `uv run {tool}` runs the lock's"
            )
