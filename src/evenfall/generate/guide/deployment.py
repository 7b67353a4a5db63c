"""`docs/DEPLOYMENT.md`: what the pipeline runs, how the repository is set up, and what to do if something fails."""

from __future__ import annotations

import re

from evenfall.generate.guide.by_hand import by_hand_section
from evenfall.generate.guide.dependencies import dependency_automation
from evenfall.generate.guide.markdown import bullets, paragraphs, prose
from evenfall.generate.guide.monitoring import monitoring
from evenfall.generate.guide.repository import (
    branch_protection,
    code_owners,
    environments,
    introduction,
    required_secrets,
    security_settings,
)
from evenfall.generate.guide.security import dependency_management, sbom, secret_management
from evenfall.generate.guide.source import GuideSource
from evenfall.generate.guide.troubleshooting import troubleshooting
from evenfall.generate.guide.workflows import overview, workflows
from evenfall.pipeline.marker import MARKDOWN_MARKER

DEPLOYMENT = "docs/DEPLOYMENT.md"


def deployment_text(source: GuideSource, by_hand: str) -> str:
    """Return the text of the guide. `by_hand` is the text between the markers of the section that the maintainer writes."""
    configuration = (introduction, required_secrets, branch_protection, environments, code_owners, security_settings)
    sections = {
        "Overview": overview(source),
        "CI/CD architecture": workflows(source),
        "Dependency automation": dependency_automation(source),
        "GitHub configuration": paragraphs(*(part(source) for part in configuration)),
        "Security": paragraphs(*(part(source) for part in (dependency_management, secret_management, sbom))),
        "Troubleshooting": troubleshooting(source),
        "Monitoring": monitoring(source),
        "Notes": paragraphs(_NOTES, by_hand_section(by_hand)),
    }
    release = "How a version is released: [RELEASING.md](RELEASING.md)." if source.has_release else ""
    return MARKDOWN_MARKER + paragraphs(
        f"# Deployment guide of {prose(source.project.title)}",
        f"This guide describes the checks, the releases and the settings of this repository. {release}",
        bullets(f"[{title}](#{_anchor(title)})" for title in sections),
        *(part for title, text in sections.items() for part in (f"## {title}", text)),
    )


def _anchor(title: str) -> str:
    """Return the anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


_NOTES = """\
The maintainers write this section by hand. `evenfall generate` keeps what is between the two comments."""
