"""The project's own workflows that stay: how they differ from the sessions, and whether they still work after the adoption."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping

from evenfall.adopt.adoption import Adoption, KeptFile
from evenfall.adopt.duplicates import duplicates_note
from evenfall.adopt.publication import PublishingWorkflow
from evenfall.errors import EvenfallError
from evenfall.input_file import mapping_at
from evenfall.pipeline.gates import WORKFLOWS
from evenfall.pipeline.marker import read_text
from evenfall.pipeline.own_workflows import file_name_in, own_workflows
from evenfall.pipeline.workflow_file import called_workflows, jobs_of, read_workflow, triggers_of, workflow_name


def find_kept_workflows(adoption: Adoption, publishing: Mapping[str, PublishingWorkflow]) -> Iterator[KeptFile]:
    """Yield the project's workflows that stay, with what they publish or repeat; `publishing` are those that publish it, by path."""
    described = {kept.path for kept in adoption.kept}
    for path in _kept(adoption):
        if path in publishing:
            yield KeptFile(path=path, difference=_publication(adoption, publishing[path]))
        elif path not in described and adoption.checks:
            note = duplicates_note(adoption.scratch, path, adoption.checks)
            yield KeptFile(path=path, difference=note or "none of its jobs only repeats sessions of Evenfall")


def _publication(adoption: Adoption, workflow: PublishingWorkflow) -> str:
    """Return what a kept workflow does in a project with or without Evenfall's release, and what the user can do about it."""
    if not adoption.release:
        return f"{workflow.statement}; to use Evenfall's release instead: evenfall init --release"
    name, cd = workflow.path.rpartition("/")[2], file_name_in(adoption.scratch, "cd")
    does_more = len(jobs_of(read_workflow(adoption.root / workflow.path))) > len(workflow.jobs)
    disable = "" if does_more else f" or run gh workflow disable {shlex.quote(name)}"
    return (
        f"{workflow.statement}, and so does {cd}; delete that job{disable}, "
        f"and change the trusted publisher on PyPI from {name} to {cd}"
    )


def check_kept_workflows(adoption: Adoption) -> None:
    """Raise `EvenfallError` (usage) if a workflow that stays needs a workflow or an action that would be replaced."""
    kept = _kept(adoption)
    replaced = [path for path in own_workflows(adoption.root) if path not in kept]
    for path in kept:
        _check_calls(adoption, path, replaced)


def _check_calls(adoption: Adoption, path: str, replaced: Iterable[str]) -> None:
    """Raise `EvenfallError` (usage) if a kept workflow needs the old version of one that is replaced."""
    workflow = read_workflow(adoption.root / path)
    called = [target for target in called_workflows(workflow) if target in replaced]
    for target in called:
        if "workflow_call" not in triggers_of(read_workflow(adoption.scratch / target)):
            raise EvenfallError(
                f"{path}: calls {target}, which would be replaced by a workflow that can't be called",
                hint=f"evenfall init without --replace {shlex.quote(target)}; "
                f"or git mv {shlex.quote(target)} {WORKFLOWS}/checks.yml, and call that file",
            )
    names = mapping_at(triggers_of(workflow), "workflow_run").get("workflows", [])
    for target in replaced:
        old, new = (workflow_name(folder, target) for folder in (adoption.root, adoption.scratch))
        if old in names and new not in names:
            raise EvenfallError(
                f"{path}: starts after the workflow {old!r} ({target}), which would be replaced by {new!r}",
                hint=f"evenfall init without --replace {shlex.quote(target)}; or change workflow_run in {path} to {new!r}",
            )
    for action in (name.rpartition("/")[0] for name in adoption.replace if not name.startswith(WORKFLOWS)):
        if re.search(rf"uses:\s*['\"]?\./{re.escape(action)}/?['\"]?\s", f"{read_text(adoption.root / path)}\n"):
            raise EvenfallError(
                f"{path}: uses ./{action}, which would be replaced by an action that only installs Nox",
                hint=f"evenfall init without --replace for the files in {action}",
            )


def _kept(adoption: Adoption) -> tuple[str, ...]:
    """Return the paths of the project's workflows that the adoption does not replace."""
    return tuple(path for path in own_workflows(adoption.scratch) if (adoption.root / path).is_file())
