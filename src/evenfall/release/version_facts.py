"""The facts that decide whether a version can be released, gathered from the project, git, the index and GitHub."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version

from evenfall.errors import EvenfallError, Exit
from evenfall.git.commits import find_commit
from evenfall.git.repository import Repository, find_repository, path_from_top
from evenfall.git.tags import tagged_commits, tags_before
from evenfall.git.tracked import uncommitted_files, untracked_files
from evenfall.github_api.repository import github_repository
from evenfall.package_index.page import IndexFile, version_of_file
from evenfall.project import lockfile
from evenfall.project.project import read_project
from evenfall.project.root import find_locked_root
from evenfall.release.changelog import Changelog, read_changelog
from evenfall.release.github_tag import GitHubTag, find_github_tag
from evenfall.release.index import SimpleIndex, index_urls
from evenfall.release.manifest import IndexName
from evenfall.release.project_version import Source, find_version, version_source

FETCH_HISTORY = (
    "git fetch --unshallow --tags; on GitHub: history=True of the session, or fetch-depth: 0 of actions/checkout"
)
"""What makes a shallow clone complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRequest:
    """Check the version of the project in `root` for an index; `tag` is the tag to release, empty if it is not known yet.

    With `offline`, neither the index nor GitHub is asked.
    """

    root: Path
    index: IndexName
    tag: str = ""
    offline: bool = False
    progress: Callable[[str], object] = str


@dataclass(frozen=True, slots=True, kw_only=True)
class GitFacts:
    """The state of the repository. `folder` is the path from its root to the project, with a slash at its end.

    `tags` are all tags with their commits, and `earlier` those of HEAD and of the commits before it.
    """

    folder: str = ""
    head: str
    tags: Mapping[str, str]
    earlier: Mapping[str, str]
    is_shallow: bool = False
    uncommitted: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFacts:
    """The files of the project on an index by version, or None if the index does not have the project.

    `unknown` is the reason if the index could not be asked, and `hint` the next command then.
    """

    name: IndexName
    is_public: bool = True
    versions: Mapping[Version, tuple[IndexFile, ...]] | None = None
    unknown: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """Everything that decides whether a version can be released.

    `tag` is the tag to release, empty if it is not known. `locked` is the version in the lock at `lock`, or None if the lock does not
    state it. `changelog_setting` is the configured path, and `changelog` the file, or None if there is none.
    """

    version: Version
    source: Source
    tag: str
    classifiers: tuple[str, ...] = ()
    lock: str = lockfile.NAME
    locked: str | None = None
    changelog_setting: str | None = None
    changelog: Changelog | None = None
    git: GitFacts
    index: IndexFacts
    github: GitHubTag = field(default_factory=GitHubTag)
    now: datetime.datetime

    @property
    def expected_tag(self) -> str:
        """The tag of the version, with the version in its normal form (PEP 440)."""
        return f"v{self.version}"


def gather_facts(request: VersionRequest) -> VersionFacts:
    """Return the facts about the version of a project.

    Raises `EvenfallError` (usage) if the project, its lock or its repository can't be read, and as `find_version` does.
    """
    root, pyproject = request.root, read_project(request.root).pyproject
    repository = find_repository(root)
    git = _git_facts(root, repository)
    if pyproject.version_from_tag and git.is_shallow and not request.tag and git.head not in git.tags.values():
        raise EvenfallError(
            f"{repository.top}: a shallow clone without a tag of HEAD, so the build can't compute the version from the last tag",
            hint=FETCH_HISTORY,
            exit_code=Exit.UNKNOWN,
        )
    version = find_version(root, pyproject, tag=request.tag, progress=request.progress)
    lock_root = find_locked_root(root)
    lock = lockfile.read_lockfile(lock_root / lockfile.NAME)
    package = lock.find(pyproject.name)
    setting = pyproject.settings.release.changelog
    return VersionFacts(
        version=version,
        source=version_source(pyproject),
        tag=request.tag,
        classifiers=pyproject.classifiers,
        lock=f"{path_from_top(lock_root)}{lockfile.NAME}",
        locked=package.version if package else None,
        changelog_setting=setting,
        changelog=read_changelog(root, setting, pyproject.name),
        git=git,
        index=_index_facts(pyproject.name, request),
        github=_github_facts(repository, f"v{version}", request),
        now=datetime.datetime.now(datetime.UTC),
    )


def _git_facts(root: Path, repository: Repository) -> GitFacts:
    head = find_commit(root, "HEAD")
    if not head:
        raise EvenfallError(f"{repository.top}: no commit yet", hint='git add --all && git commit -m "first commit"')
    return GitFacts(
        folder=path_from_top(root),
        head=head,
        tags=tagged_commits(root),
        earlier=tags_before(root, head),
        is_shallow=repository.is_shallow,
        uncommitted=uncommitted_files(root),
        untracked=untracked_files(repository.top),
    )


def _index_facts(project: str, request: VersionRequest) -> IndexFacts:
    urls = index_urls(request.root, request.index)
    public = urls.is_public
    if request.offline:
        return IndexFacts(name=request.index, is_public=public, unknown="--offline")
    request.progress(f"asking {urls.name} for the files of {project}")
    try:
        files = SimpleIndex(urls).files(project)
    except EvenfallError as error:
        if error.exit_code != Exit.UNKNOWN:
            raise
        reason = error.message.removeprefix("inconclusive: ")
        return IndexFacts(name=request.index, is_public=public, unknown=reason, hint=error.hint)
    versions: dict[Version, tuple[IndexFile, ...]] = {}
    for file in files or ():
        if (version := version_of_file(file.name)) is not None:
            versions[version] = (*versions.get(version, ()), file)
    return IndexFacts(name=request.index, is_public=public, versions=None if files is None else versions)


def _github_facts(repository: Repository, tag: str, request: VersionRequest) -> GitHubTag:
    """Return what GitHub knows about the tag. A workflow run that the tag itself has started does not ask: GitHub has accepted the tag."""
    if request.index == "testpypi" or os.environ.get("GITHUB_REF") == f"refs/tags/{tag}":
        return GitHubTag()
    if request.offline:
        return GitHubTag(unknown="--offline")
    request.progress(f"asking GitHub for the tag {tag}")
    return find_github_tag(github_repository(repository.origin, os.environ), tag)
