"""The generated files of an adoption, and the hand-written files of their names: they are kept, or replaced if the user wants it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from evenfall.adopt.adoption import Adoption, KeptFile
from evenfall.adopt.duplicates import duplicates_note
from evenfall.adopt.job_counts import job_counts
from evenfall.adopt.losses import find_losses
from evenfall.adopt.pipeline_checks import PipelineChecks, pipeline_checks
from evenfall.adopt.refusals import refusals
from evenfall.errors import EvenfallError
from evenfall.generate.files import existing_files
from evenfall.generate.hand_written import hand_written, kept_reason, own_files
from evenfall.git.tracked import differs_from_head
from evenfall.pipeline.gates import WORKFLOWS, file_name
from evenfall.pipeline.load import read_pipeline
from evenfall.pipeline.model import Pipeline
from evenfall.pipeline.own_workflows import same_name
from evenfall.pipeline.script_environment import run_locked_evenfall


def generate(adoption: Adoption, python: Path) -> None:
    """Generate the files in the scratch copy with the Evenfall of `python`, and record what would be lost with files in their place.

    Raises `EvenfallError` (usage) if the user wants to replace a file that no generated one would replace.
    """
    scratch = adoption.scratch
    pipeline = read_pipeline(scratch, python=os.fspath(python))
    own = own_files(adoption.project, pipeline, release=adoption.release)
    _check_replaced(adoption.replace, own)
    checks = pipeline_checks(scratch, adoption.project, pipeline, release=adoption.release)
    adoption.checks = checks
    adoption.losses = find_losses(adoption.root, own, adoption.replace, checks)
    adoption.refusals += refusals(adoption.root, adoption.losses, checks)
    adoption.jobs = job_counts(adoption.root, pipeline, adoption.replace)
    for path in adoption.replace:
        adoption.remove(path)
        if differs_from_head(adoption.root, path):
            adoption.notes.append(f"the current version of {path}, which is replaced, is not committed")
    generated = tuple(existing_files(scratch))
    run_locked_evenfall(python, scratch, "generate", "--delete")
    adoption.record(*(path for path in generated if not (scratch / path).exists()))
    adoption.kept += [*_other_names(pipeline, checks, scratch), *_given_way(adoption)]


def _check_replaced(replace: tuple[str, ...], own: Mapping[str, str]) -> None:
    for path in replace:
        if path not in own:
            raise EvenfallError(
                f"--replace {path}: no generated file would replace it",
                hint=f"give one of {', '.join(own)}" if own else "evenfall init without --replace",
            )


def _other_names(pipeline: Pipeline, checks: PipelineChecks, root: Path) -> list[KeptFile]:
    """Return the hand-written workflows that stay, because of which a generated one has another name, and what both do."""
    return [
        KeptFile(
            path=path,
            difference="; ".join(
                part
                for part in (
                    f"the workflow of Evenfall is {WORKFLOWS}/{file_name(workflow, pipeline)}"
                    f" (to replace yours: --replace {shlex.quote(path)})",
                    duplicates_note(root, path, checks),
                )
                if part
            ),
        )
        for workflow in pipeline.renamed
        for path in same_name(workflow, root)
    ]


def _given_way(adoption: Adoption) -> list[KeptFile]:
    """Return the hand-written files that stay, because of which a file is not generated."""
    own = hand_written(adoption.project, release=adoption.release)
    return [KeptFile(path=path, difference=kept_reason(generated, path)) for generated, path in own.items()]
