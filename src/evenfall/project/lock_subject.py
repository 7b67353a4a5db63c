"""What a lockfile is for: a project, a workspace, or a script. The one entry of the commands that read locks."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from evenfall.errors import EvenfallError
from evenfall.input_file import has_entry, read_file
from evenfall.project import lockfile
from evenfall.project.current_lock import check_lock, read_current_lock
from evenfall.project.lockfile import Lockfile
from evenfall.project.pyproject import NAME, read_pyproject
from evenfall.project.root import find_locked_root, find_root
from evenfall.project.settings import Settings
from evenfall.text import and_more

_OTHER_LOCKS = {
    **dict.fromkeys(("poetry.lock", "Pipfile.lock"), "uvx migrate-to-uv, which keeps the locked versions"),
    **dict.fromkeys(("pdm.lock", "pylock.toml"), "uv lock, which may lock other versions"),
}
"""The locks of other tools, and the commands that write `uv.lock` for their projects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSubject:
    """The project or workspace in the folder `root`, or a script (PEP 723), whose path is relative to `root`.

    `settings` are those of the `pyproject.toml` in `settings_root`: for a script the closest one, if it has any, or that of the project
    around the script.
    """

    root: Path
    script: str = ""
    settings_root: Path
    settings: Settings

    @property
    def lock_name(self) -> str:
        """The path of the lockfile, relative to `root`."""
        return f"{self.script}.lock" if self.script else lockfile.NAME

    @property
    def folder(self) -> Path:
        """The folder of the lockfile, to which the paths in it are relative."""
        return (self.root / self.lock_name).parent

    @property
    def option(self) -> str:
        """The option that names the script, with a space before it; empty for a project."""
        return f" --script {quote(self.script)}" if self.script else ""

    def read_lock(self) -> Lockfile:
        """Return the lock, which is current. Raises `EvenfallError` as `read_current_lock` does."""
        return read_current_lock(self.root, self.lock_name)

    def check(self, lock: Lockfile) -> None:
        """Check that the lock, which is parsed already, is current. Raises `EvenfallError` as `read_current_lock` does."""
        check_lock(self.root, lock)


def find_lock_subject(folder: Path, script: Path | None = None) -> LockSubject:
    """Return the project or workspace whose lock applies to `folder`, or a script, whose path may be relative to `folder`.

    Raises `EvenfallError` (usage): there is no project, the script has no header, or the settings are wrong.
    """
    start = (folder / script).resolve().parent if script else folder
    has_project = any(has_entry(parent / NAME) for parent in (start, *start.parents))
    settings_root = _settings_root(start, is_script=script is not None) if has_project else start
    settings = read_pyproject(settings_root / NAME).settings if has_project else Settings()
    if script:
        path = Path(os.path.relpath(folder / script, folder)).as_posix()
        _require_header(folder, path)
        return LockSubject(root=folder, script=path, settings_root=settings_root, settings=settings)
    if not has_entry(settings_root / lockfile.NAME):
        _require_lockable(folder, settings_root)
    return LockSubject(root=settings_root, settings_root=settings_root, settings=settings)


def _settings_root(start: Path, *, is_script: bool) -> Path:
    closest = find_root(start)
    return closest if is_script and "evenfall" in read_pyproject(closest / NAME).tools else find_locked_root(start)


def _require_header(folder: Path, script: str) -> None:
    """Raise `EvenfallError` for a file that is not a script with a header, because `uv lock` would write an empty lock for it."""
    content = read_file(folder / script, missing="name a script with a lock: --script FILE")
    if not re.search(rb"(?m)^# /// script\s*$", content):
        is_lock = script.endswith(".lock")
        hint = f"--script {quote(script.removesuffix('.lock'))}" if is_lock else f"uv init --script {quote(script)}"
        raise EvenfallError(f"{script}: no script header (PEP 723)", hint=hint)


def _require_lockable(folder: Path, root: Path) -> None:
    """Raise `EvenfallError` if `uv lock` in `root` would not lock the requirements: there is no project, or it is another tool's."""
    for name, command in _OTHER_LOCKS.items():
        if has_entry(root / name):
            raise EvenfallError(f"{lockfile.NAME}: not found in {root}, and {name} is not a lock of uv", hint=command)
    pyproject = read_pyproject(root / NAME) if has_entry(root / NAME) else None
    if pyproject and (pyproject.has_project or pyproject.is_workspace):
        return
    scripts = [path.name for path in sorted(folder.iterdir()) if has_entry(folder / f"{path.name}.lock")]
    if scripts:
        raise EvenfallError(
            f"{lockfile.NAME}: not found, but there are locks of scripts: {and_more(scripts)}",
            hint=f"name the script: --script {quote(scripts[0])}",
        )
    read_pyproject(find_root(folder) / NAME).check()
