"""Planning an adoption: its stages change a scratch copy, and the differences from the project are the plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath

from evenfall.adopt.adoption import Adoption, AdoptionPlan
from evenfall.adopt.build import record_build
from evenfall.adopt.collected_tests import compare_collected_tests
from evenfall.adopt.current_coverage import write_coverage_target
from evenfall.adopt.detect import detect
from evenfall.adopt.generated_files import generate
from evenfall.adopt.github import write_github_settings
from evenfall.adopt.lint import announce_failures, write_lint_commands
from evenfall.adopt.new_project import start_project
from evenfall.adopt.noxfile import write_noxfile
from evenfall.adopt.own_coverage import record_coverage_options
from evenfall.adopt.pre_push import plan_hook
from evenfall.adopt.prerequisites import (
    add_tools,
    check_pythons,
    check_readable,
    find_kept_hooks,
    unignore_files,
    write_gitattributes,
    write_gitignore,
)
from evenfall.adopt.publication import publishing_workflows
from evenfall.adopt.release import describe_release
from evenfall.adopt.sdist import record_sdist
from evenfall.adopt.settings import record_systems, write_settings
from evenfall.adopt.source import ci_warning, script_header
from evenfall.adopt.style import format_pyproject
from evenfall.adopt.work_tree import check_no_links, copied_files
from evenfall.adopt.workflow_retention import check_kept_workflows, find_kept_workflows
from evenfall.adopt.workspace import check_workspace
from evenfall.git.project_copy import scratch_copy
from evenfall.git.repository import find_repository, is_top
from evenfall.pipeline.build_source import check_local_sources
from evenfall.pipeline.script_environment import script_python


def plan_adoption(
    root: Path,
    *,
    is_new: bool = False,
    source: str = "",
    pre_push: bool = False,
    release: bool = False,
    replace: tuple[str, ...] = (),
    progress: Callable[[str], object] = print,
) -> AdoptionPlan:
    """Return the plan to adopt Evenfall in `root`, with `release` to release with it, and with `pre_push` to install the hook.

    `replace` are the hand-written files that generated ones replace; all others stay.

    It changes nothing in `root`, the root of a project, or with `is_new` an empty folder. Raises `EvenfallError`: a file is a symbolic
    link, the project's metadata disagree, `source` does not exist, there is another hook, a publication would stop, or
    uv takes a package from outside of the repository (usage); uv can't lock (unknown).
    """
    check_no_links(root)
    check_readable(root)
    header, warning = script_header(source, root), ci_warning(source, root)
    with scratch_copy(root, copied_files(root, source)) as scratch:
        hook = plan_hook(find_repository(root if is_top(root) else scratch)) if pre_push else None
        adoption = Adoption(
            root=root,
            scratch=scratch,
            header=header,
            source=source,
            release=release,
            replace=tuple(dict.fromkeys(PurePath(path).as_posix() for path in replace)),
            notes=[warning] if warning else [],
        )
        unignore_files(adoption)
        if is_new:
            progress("starting a new project")
            start_project(adoption)
        _read_project(adoption, progress)
        _write_inputs(adoption, progress, is_new=is_new)
        _generate_files(adoption, progress)
        return adoption.plan(hook)


def _read_project(adoption: Adoption, progress: Callable[[str], object]) -> None:
    """Lock the project, and record the settings that follow from it, its workflows, its tests and its builds."""
    progress("reading the project and its lock")
    check_local_sources(adoption.scratch, adoption.project.pyproject.uv_source_paths)
    check_pythons(adoption.project)
    adoption.uv("lock", "--quiet")
    check_workspace(adoption)
    write_settings(adoption, detect(adoption.project))
    record_systems(adoption)
    write_github_settings(adoption)
    progress("collecting the tests")
    compare_collected_tests(adoption)
    progress("building the sdist")
    record_build(adoption)


def _write_inputs(adoption: Adoption, progress: Callable[[str], object], *, is_new: bool) -> None:
    """Write what the sessions need: their tools, their commands, the coverage target and the noxfile."""
    progress("locking the tools that the sessions need")
    add_tools(adoption)
    write_lint_commands(adoption)
    record_coverage_options(adoption)
    write_coverage_target(adoption, is_new=is_new)
    write_gitignore(adoption)
    write_gitattributes(adoption)
    progress("writing the noxfile and locking it")
    write_noxfile(adoption)


def _generate_files(adoption: Adoption, progress: Callable[[str], object]) -> None:
    """Generate the workflows with the locked Evenfall, and note what the user must know about the files that stay."""
    progress("generating the workflows")
    python = script_python(adoption.scratch)
    publishing = publishing_workflows(adoption.root)
    generate(adoption, python)
    adoption.record_generated()
    check_kept_workflows(adoption)
    describe_release(adoption, publishing)
    record_sdist(adoption, python)
    format_pyproject(adoption)
    announce_failures(adoption, python)
    adoption.kept += [*find_kept_workflows(adoption, publishing), *find_kept_hooks(adoption)]
