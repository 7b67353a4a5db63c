"""`docs/RELEASING.md`: how a version of this project is released, and what to do if a step fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evenfall.generate.events import RELEASE_WORKFLOW
from evenfall.package_index.address import shown_address
from evenfall.pipeline.gates import file_name, title
from evenfall.pipeline.marker import MARKDOWN_MARKER
from evenfall.pipeline.model import Pipeline, Session
from evenfall.project.project import Project
from evenfall.project.uv_settings import private_index
from evenfall.report.github_actions import escape_markdown

RELEASING = "docs/RELEASING.md"
_MODULE = "evenfall.sessions.release"
_PUBLIC = {"pypi": ("PyPI", "https://pypi.org"), "testpypi": ("TestPyPI", "https://test.pypi.org")}
"""The name and the address of each index, unless `[[tool.uv.index]]` has an index of that name to publish to."""


def has_release_sessions(pipeline: Pipeline) -> bool:
    """Return whether the noxfile calls `evenfall.release_sessions()`."""
    return any(session.module == _MODULE for session in pipeline.sessions)


def releasing_text(project: Project, pipeline: Pipeline) -> str:
    """Return the text of the file for a pipeline with the sessions of a release."""
    release = project.pyproject.settings.release
    by_tag = release.trigger == "tag"
    sections = (
        _INTRODUCTION.format(name=project.pyproject.name),
        *(_set_up(project, pipeline, pipeline.by_name[f"publish-{index}"]) for index in _PUBLIC),
        _version(project),
        _REHEARSAL.format(
            version="$(uv version --short)" if project.pyproject.version else "1.2.3",
            tag=' --tag="v$VERSION"' if project.pyproject.version_from_tag else "",
            workflow=title(RELEASE_WORKFLOW, pipeline),
            file=file_name(RELEASE_WORKFLOW, pipeline),
        ),
        _TAG,
        (_PUSH if by_tag else _DRAFT).format(workflow=title(RELEASE_WORKFLOW, pipeline)),
        "".join(_jobs(pipeline, "a pushed tag" if by_tag else "a published release")),
        _RESULT.format(page=_page(project, "pypi")),
        _FAILURES.format(remove=_REMOVE_TAG if by_tag else _REMOVE_RELEASE, differ="" if by_tag else _FILES_DIFFER),
    )
    return MARKDOWN_MARKER + "\n".join(sections)


def _set_up(project: Project, pipeline: Pipeline, publish: Session) -> str:
    """Return what must be done once before the first release to the index of a session."""
    index, secret = publish.facts.environment, publish.facts.secrets[0]
    name, host = _PUBLIC[index]
    if _other_url(project, index):
        return _SET_UP_OTHER.format(index=index, page=_page(project, index), secret=secret)
    owner, repository = _repository(project)
    return _SET_UP.format(
        index=index,
        name=name,
        form=f"{host}/manage/project/{project.name}/settings/publishing/",
        first_form=f"{host}/manage/account/publishing/",
        project=project.pyproject.name,
        owner=owner,
        repository=repository,
        workflow=file_name(RELEASE_WORKFLOW, pipeline),
        secret=secret,
    )


def _other_url(project: Project, name: str) -> str:
    """Return the URL of an index that the project itself defines, or an empty string."""
    index = private_index(project.root, name)
    return index.url if index else ""


def _page(project: Project, index: str) -> str:
    """Return a link to the project on an index. `pyproject.toml` can contain any text as the URL of an index."""
    url = shown_address(_other_url(project, index)) or f"{_PUBLIC[index][1]}/project/{project.name}/"
    return f"<{url}>" if re.fullmatch(r"https?://[^\s<>`]+", url) else escape_markdown(url)


def _repository(project: Project) -> tuple[str, str]:
    """Return the owner and the name of the repository by `[project.urls]`, because each clone can have another origin."""
    for url in project.pyproject.metadata.urls.values():
        if match := re.fullmatch(r"https://github\.com/([\w-]+)/([\w.-]+?)(?:\.git)?/?", url, re.ASCII):
            return f"`{match[1]}`", f"`{match[2]}`"
    return "the owner of this repository on GitHub", "the name of this repository on GitHub"


def _version(project: Project) -> str:
    """Return how the new version and its section of the changelog get into the default branch."""
    changelog = project.pyproject.settings.release.changelog
    path = "the changelog, if there is one" if changelog is None else changelog
    section = "" if changelog == "" else f"Add the section of the version to {escape_markdown(path)}. "
    if project.pyproject.version:
        how = _VERSION_IN_PYPROJECT
    elif project.pyproject.version_from_tag:
        how = "The version comes from the tag.\n"
    else:
        how = "Change the version in the file from which the build backend reads it.\n"
    return f"## Release\n\n### 1. Version\n\n{how}\n{section}Merge everything into the default branch, and check that commit out.\n"


def _jobs(pipeline: Pipeline, release: str) -> Iterator[str]:
    """Yield the lines of a table with the jobs of the workflow."""
    yield "| Job | Runs on | Does |\n| --- | --- | --- |\n"
    for session in pipeline.in_workflow(RELEASE_WORKFLOW):
        number = len(session.jobs) * len(session.facts.systems)
        name = f"`{session.name}`" + (f" ({number} jobs)" if number > 1 else "")
        events = session.facts.events
        event = "every run" if not events else "a manual run" if events == ("workflow_dispatch",) else release
        yield f"| {name} | {event} | {escape_markdown(session.description)} |\n"


_INTRODUCTION = """\
# Releasing {name}

An index never takes two files of the same name. So a release is first rehearsed, and then published once.

## Set-up

Do this once.
"""

_SET_UP = """\
### {name}

1. On GitHub, create the environment `{index}` (Settings → Environments). Required reviewers can approve each upload.
2. On {name}, add a trusted publisher for GitHub on the page <{form}>.
   If {name} does not have the project yet, use <{first_form}> with the project name `{project}`.

   - Owner: {owner}
   - Repository name: {repository}
   - Workflow name: `{workflow}`
   - Environment name: `{index}`

Without a trusted publisher, create an API token with the scope of this project on {name}, and store it on GitHub as the secret
`{secret}` (Settings → Secrets and variables → Actions).
"""

_SET_UP_OTHER = """\
### The index {index}

1. On GitHub, create the environment `{index}` (Settings → Environments). Required reviewers can approve each upload.
2. Store a token that can upload to {page} as the secret `{secret}` (Settings → Secrets and variables → Actions).
"""

_VERSION_IN_PYPROJECT = """\
```console
$ uv version --bump minor
```

The command changes `pyproject.toml` and `uv.lock`. `patch`, `major` and `rc` are other values of `--bump`.
"""

_REHEARSAL = """\
### 2. Rehearsal

```console
$ VERSION={version}
$ evenfall release rehearse{tag}
```

The last command runs the whole release on this machine, against an index of its own. If it finds a problem, correct it and start
again. Nothing was tagged, pushed or uploaded.

To rehearse on GitHub too, start the workflow {workflow} manually, on the Actions page or with `gh workflow run {file}`. It builds a
development version of its own, publishes it to TestPyPI, and verifies it there.
"""

_TAG = """\
### 3. Tag

The tag is `v` and the version, without any change: `v1.2.3`, `v1.2.3rc1`.

```console
$ git tag -a "v$VERSION" -m "Release v$VERSION"
$ evenfall release version
```
"""

_DRAFT = """\
### 4. Publication

```console
$ git push origin "v$VERSION"
$ evenfall release build
$ evenfall release draft
```

The last command creates a draft of the GitHub release with the built files. Read the draft on GitHub, then press *Publish release*.
This starts the workflow {workflow}, which publishes exactly these files. A release that a workflow publishes with its default token starts
no other workflow.
"""

_PUSH = """\
### 4. Publication

```console
$ git push origin "v$VERSION"
```

This starts the workflow {workflow}. It publishes the GitHub release last, when the index offers the files.
"""

_RESULT = """\
When all jobs have passed, the release is on {page}. The summary of the run lists the files, their
hashes and links.
"""

_REMOVE_RELEASE = """\
$ gh release delete "v$VERSION" --cleanup-tag
$ git tag -d "v$VERSION\""""

_REMOVE_TAG = """\
$ git push origin --delete "v$VERSION"
$ git tag -d "v$VERSION\""""

_FILES_DIFFER = """\
**The commit does not give the files of the release** (`release-build`). They are from another commit, from changed files, or from
another version of the build backend. If the release is immutable already, release the next version. Otherwise make it anew:

```console
$ git checkout "v$VERSION"
$ gh release delete "v$VERSION"
$ evenfall release build
$ evenfall release draft
```

"""

_FAILURES = """\
## If a job fails

Nothing is uploaded before a job `publish-…` runs. *Re-run failed jobs* uses the files of the first attempt, and an upload of the
same bytes again succeeds. GitHub keeps these files for 7 days; after that, use *Re-run all jobs*.

**Tag and version differ** (`release-version`). Remove the tag, then start again at step 1:

```console
{remove}
```

**The tag was used by an immutable release** (`release-version`, or a rejected push). GitHub never accepts such a tag again, even if
the release is deleted. Release the next version.

**The version is on the index already** (`release-version`, `publish-…`). An index refuses other bytes under the name of a file that
it has or had. Release the next version.

**The index has had files of this version for more than 14 days** (`release-version`, `publish-…`). PyPI takes no more files for it.
Release the next version.

**Invalid metadata, README or archive** (`release-build`). `evenfall release build` shows the problem on your machine. Nothing is
uploaded: correct the problem, remove the tag as above, and start again at step 1. If the release is immutable already, release the
next version.

{differ}**One system fails to install** (`release-install`). The name of the job has the Python and the system. Nothing is uploaded:
continue as for invalid metadata. If the runner was at fault, use *Re-run failed jobs*.

**Authentication** (`publish-…`). Check that the secret exists, that the token has the scope of this project, and that it is valid
on this index. Then use *Re-run failed jobs*.

**`invalid-publisher`** (`publish-…`). The trusted publisher on the index differs from this workflow. Compare owner, repository,
workflow and environment with the set-up above, then use *Re-run failed jobs*.

**The upload was interrupted** (`publish-…`). Use *Re-run failed jobs*; it uploads only the missing files.

**The index does not offer the files yet** (`verify-…`). Look at the status page of the index, then use *Re-run failed jobs*.

**Published, but not installable** (`verify-…`). Yank the version on the index, which hides it from new installations. Do not delete
it, because its file names can't be used again. Correct the problem, and release the next version.
"""
