"""The search for secrets: `find_secrets` scans the history and the work tree and adds to the baseline on request; `rules` decides."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evenfall.errors import EvenfallError
from evenfall.git.commit_history import commit_history
from evenfall.git.repository import find_repository
from evenfall.project.pyproject import NAME, read_pyproject
from evenfall.project.root import find_locked_root
from evenfall.project.tools import scripts_folder
from evenfall.project.user_cache import user_cache
from evenfall.report.output import print_progress
from evenfall.supply_chain.secrets.baseline import OPTION, append_entries, new_entries
from evenfall.supply_chain.secrets.rules import Secret, SecretsReport, evaluate, group_matches, outside_baseline
from evenfall.supply_chain.secrets.scanner import PROGRAM, find_scanner, scan
from evenfall.text import and_more, one_line, plural


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsRequest:
    """The project in or above `folder`, and the options of `evenfall secrets`."""

    folder: Path
    add_to_baseline: tuple[str, ...] = ()
    reason: str = ""


def find_secrets(request: SecretsRequest) -> SecretsReport:
    """Find secrets in all commits that HEAD reaches and in the work tree, and add the requested ones to the baseline.

    Raises `EvenfallError`: wrong settings or options, or no repository (usage); no scanner, a shallow clone, or a scan that did
    not complete (unknown).
    """
    if request.reason and not request.add_to_baseline:
        raise EvenfallError(f"--reason: it needs {OPTION}", hint=f"evenfall secrets {OPTION} FINGERPRINT --reason TEXT")
    root = find_locked_root(request.folder)
    settings = read_pyproject(root / NAME).settings.secrets
    secrets, not_read = _scan_repository(root)
    if request.add_to_baseline:
        added = new_entries(outside_baseline(secrets, settings.baseline), request.add_to_baseline, request.reason)
        append_entries(root / NAME, added, secrets)
        print_progress(f"added {plural(len(added), 'entry')} to the baseline in {NAME}")
        settings = msgspec.structs.replace(settings, baseline=(*settings.baseline, *added))
    return evaluate(secrets, settings, not_read)


def _scan_repository(root: Path) -> tuple[tuple[Secret, ...], tuple[str, ...]]:
    """Return the secrets, and the paths that are not read."""
    repository = find_repository(root)
    scanner = find_scanner(scripts_folder(), user_cache(), sys.version_info[:2])
    with commit_history(repository) as history:
        print_progress(f"{PROGRAM}: reading {plural(len(history.commits), 'commit')} and the work tree")
        for path in history.nested_repositories:
            print_progress(f"{PROGRAM}: not read: {one_line(path)} is a repository; run evenfall secrets there")
        matches, archives = scan(scanner, history.folder, history.tips)
        if archives:
            names = one_line(and_more(archives))
            print_progress(f"{PROGRAM}: not read: {names}: archives; unpack them and run {PROGRAM} dir FOLDER")
        return group_matches(matches, history), (*history.nested_repositories, *archives)
