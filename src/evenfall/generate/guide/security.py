"""How the project stays secure: dependency management with its commands and policies, secrets and their rotation, the SBOM."""

from __future__ import annotations

from collections.abc import Iterator

from evenfall.generate.guide.markdown import bullets, code, codes, console, labeled, paragraphs, prose
from evenfall.generate.guide.source import GuideSource
from evenfall.github.wanted import SECRET_MAX_AGE_DAYS
from evenfall.project.coverage_target import NAME as COVERAGE_TARGET
from evenfall.project.coverage_target import read_coverage_target
from evenfall.project.settings import DEFAULT_DENY, Ignore
from evenfall.text import plural

_WORKFLOW = "security"
_COMMANDS = (
    "evenfall audit --update --all-scanners",
    "evenfall licenses",
    "evenfall review",
    "uv tree --outdated --depth=1",
    "uv lock --upgrade-package NAME",
)


def dependency_management(source: GuideSource) -> str:
    """Return the text of "Dependency management": who updates, what scans, which policies apply, and the commands to do it by hand."""
    sessions = [session for session in source.pipeline.in_workflow(_WORKFLOW) if not session.facts.side_effects]
    scans = [labeled(code(session.name), session.description) for session in sessions]
    hosted = [
        labeled(code(job.name), job.description) for job in source.pipeline.hosted_jobs if job.workflow == _WORKFLOW
    ]
    return paragraphs(
        "### Dependency management",
        _updates(source),
        "Scans of the workflow security:" if scans or hosted else "",
        bullets((*scans, *hosted)),
        "Policies (`pyproject.toml`):",
        bullets(_policies(source)),
        "By hand:",
        console(_COMMANDS),
    )


def _policies(source: GuideSource) -> Iterator[str]:
    settings = source.settings
    if source.has_standard("coverage"):
        yield f"coverage: at least {float(read_coverage_target(source.project.root)):g} % (`{COVERAGE_TARGET}`), over all jobs of the tests"
    if source.has_standard("tests") and settings.tests.pytest_args:
        yield f"tests: pytest runs with {code(' '.join(settings.tests.pytest_args))}"
    if source.has_standard("audit"):
        audit = settings.audit
        yield (
            f"audit: a vulnerability of severity {audit.fail_on} or higher fails; an unknown severity "
            f"{'fails' if audit.unknown == 'fail' else 'warns'}; advisories are at most {plural(audit.max_age_days, 'day')} old"
        )
        yield from map(_ignore, audit.ignore)
    if source.has_standard("licenses"):
        yield from _licenses(source)
    if source.has_standard("review"):
        yield f"review: a release that is less than {plural(settings.review.min_age_days, 'day')} old warns"
    if source.has_standard("secrets"):
        yield f"secrets: {plural(len(settings.secrets.baseline), 'entry')} in the baseline, each with its reason"
    if source.has_standard("build"):
        yield f"build: a second build must give the same {settings.build.reproducible}"


def _ignore(ignore: Ignore) -> str:
    package = f" of {code(ignore.package)}" if ignore.package else ""
    return f"audit: {code(ignore.id)}{package} is ignored until {ignore.expires}, by {prose(ignore.owner)}: {prose(ignore.reason)}"


def _licenses(source: GuideSource) -> Iterator[str]:
    policy = source.settings.licenses
    if policy.allow is not None:
        listed = f"only {codes(policy.allow)} are allowed"
    else:
        denied = DEFAULT_DENY if policy.deny is None else policy.deny
        listed = f"{codes(denied)} are denied" if denied else "no license is denied"
    if policy.exceptions:
        listed += f"; with {codes(policy.exceptions)} every license is allowed"
    unknown = f"an unknown license {'fails' if policy.unknown == 'fail' else 'warns'}"
    yield f"licenses: {listed}; {unknown}" + ("; development packages only warn" if policy.dev == "warn" else "")
    for exempt in policy.exempt:
        yield f"licenses: {' '.join(map(code, exempt.matches))} is exempt: {prose(exempt.reason)}"


def secret_management(source: GuideSource) -> str:
    """Return the text of "Secret management"."""
    ages = [f"{code(secret.name)}: after {plural(secret.max_age_days, 'day')}" for secret in source.wanted.secrets]
    scans = [name for name in ("secrets",) if source.has_standard(name)]
    hosted = [job.name for job in source.pipeline.hosted_jobs if job.local in scans]
    return paragraphs(
        "### Secret management",
        bullets(
            (
                "Never commit a secret. Workflows get secrets from GitHub, each job only its own.",
                "A trusted publisher needs no secret at all: prefer it to an API token.",
                f"Scans: {codes((*scans, *hosted))}, on every change and daily." if scans or hosted else "",
                "GitHub scans every push for secrets." if "secret-scanning" in source.wanted.features else "",
                "Push protection rejects a push with a secret." if "push-protection" in source.wanted.features else "",
            )
        ),
        f"Rotation: replace a secret after {SECRET_MAX_AGE_DAYS} days at the latest, and at once if it may be known to others. "
        + ("`evenfall github plan` checks the age of these:" if ages else ""),
        bullets(ages),
        "1. Create a new one at its issuer.\n2. Store it under the same name: it replaces the old one.\n"
        "3. Start the workflow that uses it.\n4. Revoke the old one at its issuer.",
        console(("gh secret list", "gh secret set NAME")),
    )


def sbom(source: GuideSource) -> str:
    """Return the text of "SBOM"."""
    artifact = (
        "The job `sbom` writes it on every change and keeps it as an artifact. " if source.has_standard("sbom") else ""
    )
    release = "Each release has its own. " if source.has_release else ""
    return paragraphs(
        "### SBOM (software bill of materials)",
        f"It lists the packages of `uv.lock` in CycloneDX format. {artifact}{release}By hand:",
        console(("evenfall sbom --output=sbom.cdx.json", "evenfall sbom --check --output=sbom.cdx.json")),
    )


def _updates(source: GuideSource) -> str:
    if source.has_own_automation:
        return "[Dependency automation](#dependency-automation) describes how packages are updated."
    if source.github.auto_merge:
        return "Dependabot opens pull requests, and auto-merge takes the safe ones, as described above. A person reviews the others."
    return "Dependabot opens pull requests, and a person reviews each one."
