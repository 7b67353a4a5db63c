"""Atomic writing: a file is replaced as a whole or stays as it was, and several files are replaced together or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


@contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """Yield a path to write to; the file replaces `path` when the block ends, and is removed if the block raises.

    The yielded path is in a temporary folder on the same file system, which is removed with everything in it. The mode of
    the old file is kept. A symbolic link is replaced, not followed. Folders above `path` are created. Raises `OSError`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".evenfall-", dir=path.parent) as folder:
        part = Path(folder, path.name)
        yield part
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace the content of a file, text as UTF-8 without changing its line ends; see `replacement`."""
    with replacement(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def replace_files(contents: Mapping[Path, bytes | None], *, executables: Collection[Path] = ()) -> None:
    """Replace the contents of files, and remove those whose content is `None`: all of them, or none if that fails or is interrupted.

    Modes, symbolic links and folders are as for `replacement`; `executables` are those that become executable.
    Raises `OSError` with the path, and with a note for each file that could not be restored.
    """
    done: list[tuple[Path, Path]] = []
    with ExitStack() as stack:
        new_folders = [folder for path in contents for folder in path.parents if not folder.exists()]
        try:
            parts = {
                path: stack.enter_context(_prepared(path, content, path in executables))
                for path, content in contents.items()
            }
            for path, (part, backup) in parts.items():
                done.append((path, backup))
                _apply(path, part if contents[path] is not None else None)
        except BaseException as error:
            for path in _restore(done):
                error.add_note(f"{path} could not be restored")
            stack.close()
            for folder in sorted(new_folders, reverse=True):
                with suppress(OSError):  # another program has put a file there
                    folder.rmdir()
            raise


@contextmanager
def _prepared(path: Path, content: bytes | None, is_executable: bool) -> Iterator[tuple[Path, Path]]:
    """Yield the paths of the new file and of a copy of the old one, which are beside the file until the block ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".evenfall-", dir=path.parent) as folder:
            part, backup = Path(folder, "new"), Path(folder, "old")
            if path.is_symlink() or path.exists():
                shutil.copy2(path, backup, follow_symlinks=False)
            if content is not None:
                part.write_bytes(content)
                if path.exists():
                    shutil.copymode(path, part)
                if is_executable:
                    part.chmod(0o755)
            yield part, backup
    except OSError as error:
        error.filename = path
        raise


def _apply(path: Path, part: Path | None) -> None:
    try:
        if part:
            part.replace(path)
        else:
            path.unlink()
    except OSError as error:
        error.filename = path
        raise


def _restore(done: list[tuple[Path, Path]]) -> Iterator[Path]:
    """Restore files from their copies, or remove new ones; yield those for which this fails."""
    for path, backup in reversed(done):
        try:
            if backup.is_symlink() or backup.exists():
                backup.replace(path)
            else:
                path.unlink(missing_ok=True)
        except OSError:
            yield path
