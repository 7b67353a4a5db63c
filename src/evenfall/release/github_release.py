"""The release on GitHub: a draft with all files, which a person or the workflow publishes.

Everything is attached before the publication, because an immutable release takes no more files.
https://docs.github.com/en/repositories/releasing-projects-on-github/about-releases
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.version import Version

from evenfall.errors import EvenfallError, Exit
from evenfall.findings import Finding, Location, exit_code_for
from evenfall.github_api.errors import RejectedError
from evenfall.release import manifest as manifests
from evenfall.release.github_releases import GitHub, GitHubRelease, is_used_up
from evenfall.release.manifest import Manifest, read_manifest, sha256_of
from evenfall.release.version_fix import tag_commands
from evenfall.report.output import findings_as_text, report_as_json
from evenfall.text import one_line, printable

NEXT_VERSION = "uv version --bump patch and commit, or for a version from a tag, make the next tag"
STARTS_NO_WORKFLOW = (
    "a release that is published with the default token of a workflow starts no workflow; "
    "one that a person or another token publishes does"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRequest:
    """The folder of a release, and the repository on GitHub that gets it.

    `notes` are the text of a new release in Markdown. With `publish` the draft is published. `trigger` is what starts the publication to
    PyPI, as in `[tool.evenfall.release]`.
    """

    folder: Path
    github: GitHub
    progress: Callable[[str], object]
    notes: str = ""
    publish: bool = False
    trigger: str = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftReport:
    """What was done. `url` is the page of the release, which is empty if there is none.

    `uploaded` and `kept` are the names of its files. `next_steps` are commands, or what to do in the browser.
    """

    tag: str
    url: str = ""
    is_published: bool = False
    uploaded: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command."""
        return exit_code_for(self.findings)


def draft(request: DraftRequest) -> DraftReport:
    """Create the draft of the release on GitHub with all files, or complete an existing one, and publish it if the request says so.

    Files of a draft that the release does not have are left alone, and so are the text and the title of an existing draft. Raises
    `EvenfallError` as `read_manifest` and `GitHub` do, and (usage) if the folder is not for PyPI.
    """
    manifest = read_manifest(request.folder)
    if manifest.index != "pypi":
        raise EvenfallError(
            f"{request.folder}: these files are for {manifest.index}, and a GitHub release is for those of PyPI",
            hint="evenfall release build --index=pypi",
        )
    report = DraftReport(tag=f"v{manifest.version}")
    if published := request.github.published_release(report.tag):
        return _published_before(request, manifest, report, published)
    tagged = request.github.tagged_commit(report.tag)
    if tagged and tagged != manifest.commit:
        return replace(report, findings=(_tag_differs(report.tag, tagged, manifest),))
    try:
        release = _find_or_create(request, manifest, report.tag)
        report = _upload_files(request, manifest, release, report)
        if request.publish:
            return _publish(request, manifest, release, report)
    except RejectedError as error:
        if not is_used_up(error):
            raise
        return replace(report, findings=(_tag_used_up(report.tag),))
    return replace(report, notes=_notes(request), next_steps=_next_steps(request, manifest, report, bool(tagged)))


def _find_or_create(request: DraftRequest, manifest: Manifest, tag: str) -> GitHubRelease:
    release = request.github.draft_release(tag)
    if release is None:
        request.progress(f"creating the draft of {tag} in {request.github.repository}")
        prerelease = Version(manifest.version).is_prerelease
        return request.github.create_draft(tag=tag, commit=manifest.commit, notes=request.notes, prerelease=prerelease)
    if release.target_commitish != manifest.commit:
        # The draft is from an earlier build. Without a tag, its publication would tag that commit.
        return request.github.update(release, target_commitish=manifest.commit)
    return release


def _upload_files(
    request: DraftRequest, manifest: Manifest, release: GitHubRelease, report: DraftReport
) -> DraftReport:
    """Upload the files that the release does not have with the same bytes, instead of those with the same name."""
    uploaded, kept = [], []
    digests = {asset.digest for asset in release.assets}
    named = {asset.name: asset for asset in release.assets}
    for name, digest in _digests(request.folder, manifest).items():
        if digest in digests:
            kept.append(name)
            continue
        request.progress(f"uploading {name}")
        if name in named:
            request.github.delete(named[name])
        asset = request.github.upload(release, name, (request.folder / name).read_bytes())
        if asset.digest not in {None, digest}:
            reason = f"{name}: GitHub received other bytes than those of the file ({asset.digest})"
            raise EvenfallError(reason, hint="evenfall release draft, which uploads it again", exit_code=Exit.UNKNOWN)
        uploaded.append(name)
    return replace(report, url=release.html_url, uploaded=tuple(uploaded), kept=tuple(kept))


def _digests(folder: Path, manifest: Manifest) -> Mapping[str, str]:
    """Return the digest of each file to attach, in GitHub's form, by name. The manifest itself is one of them."""
    digests = {file.name: file.sha256 for file in manifest.files}
    digests[manifests.NAME] = sha256_of(folder / manifests.NAME)
    return {name: f"sha256:{digest}" for name, digest in digests.items()}


def _publish(request: DraftRequest, manifest: Manifest, release: GitHubRelease, report: DraftReport) -> DraftReport:
    """Publish a draft that has every file. Raises `EvenfallError` (unknown) if somebody removed one in the meantime."""
    assets = request.github.reload(release).assets
    complete = {asset.digest or asset.name for asset in assets}
    missing = [name for name, digest in _digests(request.folder, manifest).items() if not {name, digest} & complete]
    if missing:
        raise EvenfallError(
            f"the draft of {report.tag} is not published, because it does not have these files: {', '.join(missing)}",
            hint="evenfall release draft --publish, which uploads them again",
            exit_code=Exit.UNKNOWN,
        )
    request.progress(f"publishing the release of {report.tag}")
    published = request.github.update(release, draft=False)
    return replace(report, url=published.html_url, is_published=True, notes=_notes(request))


def _published_before(
    request: DraftRequest, manifest: Manifest, report: DraftReport, release: GitHubRelease
) -> DraftReport:
    """Return the report about a release that is published already: a finding, unless it was to be published with just these files."""
    attached = {asset.digest for asset in release.assets}
    missing = [name for name, digest in _digests(request.folder, manifest).items() if digest not in attached]
    report = replace(report, url=release.html_url, is_published=True)
    if request.publish and not missing:
        kept = tuple(_digests(request.folder, manifest))
        return replace(report, kept=kept, notes=("the release was published before, with the same files",))
    immutable = " and immutable" if release.immutable else ""
    without = f", without these files: {', '.join(missing)}" if missing else ", with the same files"
    reason = f"the release is published{immutable} already{without}"
    fix = f"{NEXT_VERSION}, then evenfall release build" if missing else "evenfall release verify"
    return replace(report, findings=(_finding("release-already-published", report.tag, reason, fix),))


def _tag_differs(tag: str, tagged: str, manifest: Manifest) -> Finding:
    reason = f"the tag is on the commit {tagged}, but the files were built from {manifest.commit}"
    return _finding("release-tag-differs", tag, reason, f"git checkout {tag}, then evenfall release build")


def _tag_used_up(tag: str) -> Finding:
    reason = "an immutable release had this tag, and GitHub never accepts it again, even after that release is deleted"
    fix = f"{NEXT_VERSION}, then evenfall release build; delete the draft if there is one"
    return _finding("release-tag-used-up", tag, reason, fix)


def _finding(code: str, tag: str, reason: str, fix: str) -> Finding:
    return Finding(code=code, location=Location(path=manifests.NAME, key=tag), reason=reason, fix=fix)


def _notes(request: DraftRequest) -> tuple[str, ...]:
    return (STARTS_NO_WORKFLOW,) if request.trigger == "release" else ()


def _next_steps(request: DraftRequest, manifest: Manifest, report: DraftReport, tag_exists: bool) -> tuple[str, ...]:
    make, push = tag_commands(report.tag, manifest.commit)
    tag = () if tag_exists else (f"{make}  # unless you have the tag", push)
    if request.trigger == "tag":
        return (*tag, "the workflow cd publishes the release after it has verified the files on PyPI")
    return (*tag, f"review the draft and publish it, which starts the workflow cd: {report.url}")


def text(report: DraftReport) -> str:
    """Return the files, the findings, the notes, what to do next, and a last line with the address."""
    lines = [f"uploaded {name}" for name in report.uploaded] + [f"kept {name}" for name in report.kept]
    lines += [findings_as_text(report.findings)] if report.findings else []
    lines += [f"note: {one_line(note)}" for note in report.notes]
    lines += ["next:", *(f"  {step}" for step in report.next_steps)] if report.next_steps else []
    state = "published" if report.is_published else "draft"
    lines += [f"{report.tag}: {state}: {report.url}"] if report.url else []
    return printable("\n".join(lines))


def as_json(report: DraftReport) -> dict[str, Any]:
    """Return the values that `--json` prints."""
    return report_as_json(
        report.exit_code,
        report.findings,
        notes=report.notes,
        tag=report.tag,
        url=report.url,
        published=report.is_published,
        uploaded=report.uploaded,
        kept=report.kept,
        next=report.next_steps,
    )
