"""The audit of a project's lock: `run_audit` collects the inputs and writes the requested report files; `rules` decides."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from evenfall.errors import EvenfallError
from evenfall.git.repository import path_from_top
from evenfall.pipeline.model import NOXFILE
from evenfall.pipeline.script_environment import SCRIPT_LOCK
from evenfall.project.lock_graph import Scope
from evenfall.project.lock_subject import LockSubject, find_lock_subject
from evenfall.project.lockfile import Lockfile, read_lockfile
from evenfall.project.user_cache import user_cache
from evenfall.report.output import json_text, print_progress, write_output_file
from evenfall.supply_chain.audit.advisory_index import AdvisoryIndex, open_index
from evenfall.supply_chain.audit.download import AdvisorySource, parse_source
from evenfall.supply_chain.audit.packages import AuditedPackage, audited_packages, unaudited_packages
from evenfall.supply_chain.audit.project_status import index_statuses
from evenfall.supply_chain.audit.report import as_json, as_sarif
from evenfall.supply_chain.audit.rules import AuditInputs, AuditReport, evaluate
from evenfall.supply_chain.audit.scanner_result import ScannerResult
from evenfall.supply_chain.metadata.release_status import find_statuses, unknown_statuses


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """The project in or above `folder`, or a script, and the options of `evenfall audit`.

    Without `network` no index is asked for the status of packages.
    """

    folder: Path
    script: Path | None = None
    database: str = ""
    update: bool = False
    only: Scope | None = None
    all_scanners: bool = False
    network: bool = True
    json_file: Path | None = None
    sarif_file: Path | None = None


def run_audit(request: AuditRequest) -> AuditReport:
    """Audit the lock of the project and that of the noxfile, or the one of a script; write the report files, and return the report.

    Raises `EvenfallError`: wrong settings, a broken or stale lock, or a report file that can't be written (usage); no
    advisories (unknown).
    """
    now = datetime.datetime.now(datetime.UTC)
    subject = find_lock_subject(request.folder, request.script)
    policy = subject.settings.audit
    locks = _read_locks(subject, request.only)
    every_package = tuple(package for lock in locks for package in audited_packages(lock))
    packages = tuple(each for each in every_package if request.only in {None, each.required.scope})
    unaudited = tuple(package for lock in locks for package in unaudited_packages(lock))
    database = (request.database, request.folder) if request.database else (policy.database, subject.settings_root)
    with closing(load_index(parse_source(*database), now, update=request.update)) as index:
        advisories = index.advisories({package.name for package in packages})
    locked = [package.required.package for package in packages]
    statuses = find_statuses(locked, subject.folder, network=request.network)
    report = evaluate(
        AuditInputs(
            packages=packages,
            unaudited=unaudited,
            advisories=advisories,
            origin=index.origin,
            statuses=tuple(index_statuses(packages, statuses)),
            unknown_statuses=unknown_statuses(locked, statuses),
            scanners=tuple(_run_scanners(subject, locks, packages)) if request.all_scanners else (),
            policy=policy,
            now=now,
            is_partial=request.only is not None or bool(subject.script),
            every_package=every_package,
        )
    )
    if request.json_file:
        write_output_file(request.json_file, json_text(as_json(report)) + "\n")
    if request.sarif_file:
        write_output_file(request.sarif_file, json_text(as_sarif(report, path_from_top(subject.root))) + "\n")
    return report


def _read_locks(subject: LockSubject, only: Scope | None) -> list[Lockfile]:
    """Return the lock of the project or the script, and that of the noxfile, if there is one and `only` does not exclude it."""
    locks = [subject.read_lock()]
    has_lock = (subject.root / SCRIPT_LOCK).is_file()
    if only == "tools" and not (has_lock or (subject.root / NOXFILE).is_file()):
        raise EvenfallError(
            f"--only tools: {SCRIPT_LOCK} is not there, because {subject.root} has no {NOXFILE}", hint="evenfall audit"
        )
    if not subject.script and (only == "tools" or (only is None and has_lock)):
        locks.append(read_lockfile(subject.root / SCRIPT_LOCK))
    return locks


def _run_scanners(
    subject: LockSubject, locks: Iterable[Lockfile], packages: Sequence[AuditedPackage]
) -> Iterator[ScannerResult]:
    from evenfall.supply_chain.audit.safety import run_safety  # not needed by a plain audit
    from evenfall.supply_chain.audit.uv_audit import run_uv_audit

    for lock in locks:
        yield run_uv_audit(subject.root, subject.settings.audit.osv_api, lock.script)
    yield run_safety(packages)


def load_index(source: AdvisorySource, now: datetime.datetime, *, update: bool = False) -> AdvisoryIndex:
    """Return the index of a source; build it if it does not exist or `update` is set.

    Raises `EvenfallError` (unknown) as `build_index` does.
    """
    folder = user_cache() / "advisories"
    index = None if update else open_index(source, folder)
    if index is None:
        from evenfall.supply_chain.audit.osv_export import build_index  # slow to import, and rarely needed

        print_progress(f"advisories: reading {source.printed}")
        index = build_index(source, folder, now)
    return index
