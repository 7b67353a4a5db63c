"""Where the state of the pipeline, of the security checks and of the releases can be seen."""

from __future__ import annotations

from evenfall.generate.guide.markdown import bullets, console, paragraphs
from evenfall.generate.guide.source import GuideSource


def monitoring(source: GuideSource) -> str:
    """Return the text of the section "Monitoring"."""
    workflows = source.workflows
    return paragraphs(
        bullets(
            (
                "**Runs**: the Actions page; each run has a summary with the results of its jobs.",
                "**Security**: the Security tab, with the alerts of code scanning, secret scanning and Dependabot.",
                "**Scheduled runs**: GitHub notifies the person who last changed the schedule. In a public repository, it disables the "
                "schedule after 60 days without a commit."
                if "security" in workflows
                else "",
                "**Coverage**: the summary of the job `coverage`, and its artifact `coverage-report`."
                if source.has_standard("coverage")
                else "",
                "**Coverage over time**: <https://app.codecov.io>."
                if source.settings.coverage.codecov != "off"
                else "",
                f"**Releases**: the last job of the workflow {source.title('cd')} installs the release from the index, and its summary "
                "lists the files."
                if source.has_release
                else "",
                "**This machine**: `evenfall` prints the state of the project and the next command.",
            )
        ),
        console(
            (
                *(f"gh run list --workflow={source.file_name(workflow)} --limit=5" for workflow in workflows),
                *((f"gh workflow enable {source.file_name('security')}",) if "security" in workflows else ()),
                "evenfall",
            )
        ),
    )
