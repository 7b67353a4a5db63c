"""What a lockfile is for: a project, a workspace, or a script. The one entry of the commands that read locks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.input_file import has_entry
from evenfall.project import lockfile
from evenfall.project.current_lock import check_lock, read_current_lock
from evenfall.project.lockfile import Lockfile
from evenfall.project.project import find_locked_root, find_root
from evenfall.project.pyproject import NAME, read_pyproject
from evenfall.project.settings import Settings
from evenfall.text import and_more


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSubject:
    """The project or workspace in the folder `root`, or the script of that name there (PEP 723).

    `settings` are those of the `pyproject.toml` in `settings_root`, which for a script is that of the project around it, if there is one.
    """

    root: Path
    script: str = ""
    settings_root: Path
    settings: Settings

    @property
    def lock_name(self) -> str:
        """The name of the lockfile, which is in `root`."""
        return f"{self.script}.lock" if self.script else lockfile.NAME

    @property
    def option(self) -> str:
        """The option of Evenfall's and uv's commands that names the script, empty for a project."""
        return f" --script {self.script}" if self.script else ""

    def read_lock(self) -> Lockfile:
        """Return the lock, which is current. Raises `EvenfallError` as `read_current_lock` does."""
        return read_current_lock(self.root / self.lock_name)

    def check(self, lock: Lockfile) -> None:
        """Check that the lock, which is parsed already, is current. Raises `EvenfallError` as `read_current_lock` does."""
        check_lock(self.root, lock)


def find_lock_subject(folder: Path, script: Path | None = None) -> LockSubject:
    """Return the project or workspace whose lock applies to `folder`, or a script, whose path may be relative to `folder`.

    Raises `EvenfallError` (usage): there is no project, or its settings are wrong.
    """
    start = (folder / script).resolve().parent if script else folder
    has_project = any(has_entry(parent / NAME) for parent in (start, *start.parents))
    if not script:
        _require_project_lock(folder, find_locked_root(folder) if has_project else None)
    settings_root = find_locked_root(start) if has_project else start
    return LockSubject(
        root=start if script else settings_root,
        script=script.name if script else "",
        settings_root=settings_root,
        settings=read_pyproject(settings_root / NAME).settings if has_project else Settings(),
    )


def _require_project_lock(folder: Path, root: Path | None) -> None:
    """Raise `EvenfallError` (usage) for a folder that has only locks of scripts."""
    if root and has_entry(root / lockfile.NAME):
        return
    scripts = [path.name for path in sorted(folder.iterdir()) if has_entry(folder / f"{path.name}.lock")]
    if scripts:
        raise EvenfallError(
            f"{lockfile.NAME}: not found, but {and_more(scripts)} has a lock of its own",
            hint=f"name the script: --script {scripts[0]}",
        )
    find_root(folder)
