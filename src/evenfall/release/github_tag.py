"""What GitHub knows about a tag: its commit, its release, and whether a deleted immutable release has used it up."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evenfall.errors import EvenfallError
from evenfall.github_api.repository import GitHubRepository
from evenfall.release.github_releases import GitHub


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubTag:
    """A tag on GitHub. `commit` is empty if GitHub does not have the tag, and `is_immutable` is whether its release is.

    `is_used_up` is whether GitHub has rejected the tag in the last month because an immutable release had it. GitHub records only
    rejected pushes, so a tag without a push since the deletion of its release is not known. `unknown` is what prevented an answer.
    """

    commit: str = ""
    is_immutable: bool = False
    is_used_up: bool = False
    unknown: str = ""


def find_github_tag(repository: GitHubRepository | None, tag: str) -> GitHubTag:
    """Return what GitHub knows about a tag of a repository, which is None if the project is not on GitHub."""
    if repository is None:
        return GitHubTag(unknown="the remote origin is not on GitHub")
    if not repository.token:
        return GitHubTag(unknown="GH_TOKEN and GITHUB_TOKEN have no token, and neither has gh")
    found = GitHubTag()
    try:
        with GitHub(repository) as github:
            found = GitHubTag(commit=github.tagged_commit(tag))
            if not found.commit:
                return GitHubTag(is_used_up=github.has_used_up(tag))
            release = github.published_release(tag)
            return replace(found, is_immutable=release is not None and release.immutable)
    except EvenfallError as error:
        return replace(found, unknown=error.message.removeprefix("inconclusive: "))
