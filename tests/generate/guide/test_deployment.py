"""The guide follows the pipeline, the settings of GitHub and the policies. The whole text is in the golden file."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomlkit

from evenfall.generate.guide.deployment import deployment_text
from evenfall.generate.guide.repository import FEATURES
from evenfall.generate.guide.workflows import cron_words
from evenfall.github.settings.catalog import SETTINGS
from evenfall.pipeline.model import Action, HostedJob, Pipeline, Session, Trouble
from evenfall.project import github_settings
from tests.generate.guide.guides import TABLES, commands, guide, guide_source, section
from tests.generate.pipelines import session

CHECKS = Pipeline(sessions=(session("lint"), session("audit", workflows=("security",))))


def standard(name: str, **facts: Any) -> Session:
    return msgspec.structs.replace(session(name, **facts), module=f"evenfall.sessions.{name}")


def test_a_pipeline_without_release_and_secrets_has_a_short_guide(tmp_path: Path) -> None:
    text = guide(tmp_path, CHECKS)
    assert "RELEASING.md" not in text
    assert "None." in section(text, "### Required secrets")
    assert "No job uses an environment." in section(text, "### Environments")
    assert "### CD failures" not in text
    assert " \n" not in text


def test_the_contents_link_to_every_section(tmp_path: Path) -> None:
    text = guide(tmp_path, CHECKS)
    titles = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    links = [line for line in text.splitlines() if line.startswith("- [")]
    assert [link[3:].partition("]")[0] for link in links] == titles
    assert "- [CI/CD architecture](#cicd-architecture)" in links


def test_a_job_is_described_by_everything_that_it_declares(tmp_path: Path) -> None:
    paint = session(
        "paint",
        "paint-3.11",
        "paint-3.12",
        systems=("ubuntu-latest", "macos-latest"),
        timeout=1,
        permissions=(("pages", "write"),),
        environment="staging",
        secrets=("KEY",),
        artifacts=("site/",),
        history=True,
        events=("pull_request", "other"),
    )
    show = session("show", requires=("paint",))
    text = section(guide(tmp_path, Pipeline(sessions=(paint, show))), "### Workflow CI (`.github/workflows/ci.yml`)")
    assert "- **`paint` (4 jobs)**\n" in text
    for line in (
        "`ubuntu-latest`, `macos-latest`",
        "timeout: 1 minute",
        "only on a pull request, `other`",
        "artifacts: `site/`",
        "permissions: `contents: read`, `pages: write`",
        "environment: `staging`",
        "secrets: `KEY`",
        "full git history",
        "after: `paint`",
    ):
        assert f"  - {line}\n" in text
    assert "uploads the coverage" not in text


def test_a_hosted_job_names_its_actions_and_its_counterpart(tmp_path: Path) -> None:
    steps = (Action(uses="ossf/scorecard-action", inputs=(("results_file", "a.sarif"),)),)
    job = HostedJob(
        name="scorecard",
        local="lint",
        workflow="security",
        description="Rate.",
        steps=steps,
        events=("weekly", "manual"),
    )
    text = guide(tmp_path, msgspec.structs.replace(CHECKS, hosted_jobs=(job,)))
    described = section(text, "### Workflow security (`.github/workflows/security.yml`)")
    assert "  - inputs of `ossf/scorecard-action`: `results_file: a.sarif`\n" in described
    assert "  - only on every Monday at 03:00 UTC, a manual run on the default branch\n" in described
    assert "every Monday at 03:00 UTC; a manual run." in described
    assert "- `scorecard`: Rate." in section(text, "### Dependency management")
    assert "$ nox -s lint\n" in section(text, "#### `scorecard`")


def test_the_words_of_a_schedule_are_those_of_its_cron_line() -> None:
    assert cron_words("0 2 * * *") == "daily at 02:00 UTC"
    assert cron_words("30 13 * * 5") == "every Friday at 13:30 UTC"


@pytest.mark.parametrize("trigger", ["release", "tag"])
def test_the_release_starts_by_the_event_of_the_settings(tmp_path: Path, trigger: str) -> None:
    cd = Pipeline(
        sessions=(session("publish", workflows=("cd",), events=("push" if trigger == "tag" else "release",)),)
    )
    text = section(guide(tmp_path, cd, release={"trigger": trigger}), "### Workflow CD (`.github/workflows/cd.yml`)")
    words = "a pushed tag `v*`" if trigger == "tag" else "a published GitHub release"
    assert f"Runs on: {words}; a manual run." in text
    assert f"  - only on {words}\n" in text
    assert "One run at a time" in text


def test_a_secret_has_its_age_and_its_users(tmp_path: Path) -> None:
    sessions = (
        session("publish", secrets=("OIL", "GITHUB_TOKEN")),
        session("coverage", artifacts=("coverage-report/",)),
    )
    pipeline = Pipeline(sessions=sessions)
    text = guide(tmp_path, pipeline, github={"secrets": {"OIL": 90}}, coverage={"codecov": "token"})
    rows = section(text, "### Required secrets")
    assert "| `OIL` | yes | 90 days | `publish` |  |\n" in rows
    assert "| `CODECOV_TOKEN` | yes | 365 days | `coverage` | uploads the coverage" in rows
    assert "| `GITHUB_TOKEN`" not in rows
    assert "- `CODECOV_TOKEN` must exist for Dependabot, too" in rows
    assert "- `OIL`: after 90 days\n" in section(text, "### Secret management")
    assert "app.codecov.io" in section(text, "## Monitoring")


def test_an_index_of_the_project_itself_has_a_token_of_its_own(tmp_path: Path) -> None:
    index = [{"name": "pypi", "url": "https://x.org/simple", "publish-url": "https://x.org/up"}]
    (tmp_path / "pyproject.toml").write_text(tomlkit.dumps({"tool": {"uv": {"index": index}}}), encoding="utf-8")
    publish = session("publish-pypi", environment="pypi", secrets=("PYPI_API_TOKEN",))
    text = section(guide(tmp_path, Pipeline(sessions=(publish,))), "### Required secrets")
    assert "| uploads to the index `pypi` |\n" in text
    assert "pypi.org" not in text


def test_the_rules_are_those_of_the_settings(tmp_path: Path) -> None:
    team = section(guide(tmp_path, CHECKS), "### Branch protection rules")
    assert "- ✅ Required approvals: 1\n- ✅ Dismiss stale" in team
    assert "- ✅ Require review from Code Owners\n" in team
    assert "- `All CI checks pass`\n- `All security checks pass`\n" in team
    more = {
        "profile": "solo",
        "linear_history": False,
        "admins_bypass": True,
        "auto_merge": False,
        "merge_methods": ["rebase"],
    }
    kebab = {key.replace("_", "-"): value for key, value in more.items()}
    text = guide(tmp_path, CHECKS, github=kebab)
    solo = section(text, "### Branch protection rules")
    assert "- ✅ Required approvals: 0\n" in solo
    for rule in (
        "Require review from Code Owners",
        "Require linear history",
        "Allow squash merging",
        "Allow auto-merge",
    ):
        assert f"- ❌ {rule}\n" in solo
    assert "- ✅ Allow rebase merging\n" in solo
    assert "❌ No bypass" in solo
    assert "`auto-merge = false`" in section(text, "### Auto-merge")


def test_environments_have_their_reviewers_and_timers(tmp_path: Path) -> None:
    sessions = (session("publish", environment="pypi"), session("rehearse", environment="testpypi"))
    text = section(guide(tmp_path, Pipeline(sessions=sessions), github={"wait-minutes": 1}), "### Environments")
    assert (
        "- **`pypi`**\n  - used by `publish`\n  - required reviewers: `@night`, `@dawn`\n  - wait timer: 1 minute"
        in text
    )
    assert "  - only tags `v*` can deploy\n" in text
    assert (
        "- **`testpypi`**\n  - used by `rehearse`\n  - no required reviewers\n  - no wait timer\n  - every branch"
        in text
    )


def test_the_rules_of_an_environment_can_be_left_as_they_are(tmp_path: Path) -> None:
    publish = session("publish", environment="pypi", secrets=("OIL",))
    omit = {"omit": ["environment-protection"]}
    text = section(guide(tmp_path, Pipeline(sessions=(publish,)), github=omit), "### Environments")
    assert (
        "  - its rules are left as they are (`omit`)\n  - secrets, of the repository or of the environment: `OIL`\n"
        in text
    )
    assert "reviewers" not in text


def test_every_feature_has_a_name_and_an_omitted_one_is_named(tmp_path: Path) -> None:
    assert set(FEATURES) == set(github_settings.FEATURES)
    text = guide(tmp_path, CHECKS, github={"omit": ["push-protection", "secret-scanning"]})
    settings = section(text, "### Security settings")
    assert "✅ Push protection" not in settings
    assert "`push-protection`, `secret-scanning`" in settings
    assert "Push protection rejects" not in text


def test_a_feature_is_named_as_by_its_setting() -> None:
    for feature, text in FEATURES.items():
        titles = [setting.title for setting in SETTINGS if setting.feature == feature]
        assert text.startswith(tuple(titles)) or feature in ("grouped-security-updates", "environment-protection")


def test_the_settings_are_compared_by_a_job_or_here(tmp_path: Path) -> None:
    plain = section(guide(tmp_path, CHECKS), "## GitHub configuration")
    assert "compares the settings" not in plain
    local = msgspec.structs.replace(CHECKS, local=("settings",))
    assert "`nox -s settings` compares the settings" in section(guide(tmp_path, local), "## GitHub configuration")
    job = session("settings", workflows=("security",), secrets=("ADMIN_TOKEN",))
    text = guide(tmp_path, Pipeline(sessions=(*CHECKS.sessions, job)), github={"token-secret": "ADMIN_TOKEN"})
    assert "The job `settings` compares the settings" in section(text, "## GitHub configuration")
    assert "| `ADMIN_TOKEN` | yes | 365 days | `settings` | the settings of the repository" in text


def test_a_job_that_refreshes_the_tools_is_no_scan(tmp_path: Path) -> None:
    assert "No job updates it." in section(guide(tmp_path, CHECKS), "### The tools of the pipeline (`noxfile.py.lock`)")
    refresh = session("refresh-tools", workflows=("security",), side_effects=True)
    text = guide(tmp_path, Pipeline(sessions=(*CHECKS.sessions, refresh)))
    assert "The job `refresh-tools` proposes" in section(text, "### The tools of the pipeline (`noxfile.py.lock`)")
    assert "refresh-tools" not in section(text, "### Dependency management")


def test_the_guide_says_whose_pull_requests_can_be_merged(tmp_path: Path) -> None:
    text = section(guide(tmp_path, CHECKS, github={"profile": "solo"}), "### Branch protection rules")
    assert "- A pull request by an owner can be merged.\n" in text
    text = section(guide(tmp_path, CHECKS, github={"owners": ["@night"]}), "### Branch protection rules")
    assert "- A pull request by an owner can never be merged.\n  - These settings exclude each other:\n    - " in text
    text = section(guide(tmp_path, CHECKS, github={"owners": ["@night/watch"]}), "### Branch protection rules")
    assert "- This assumes that @night/watch have" in text.replace("&#64;", "@")


def test_the_policies_are_those_of_the_standard_sessions(tmp_path: Path) -> None:
    (tmp_path / "coverage_target.txt").write_text("97.5\n", encoding="utf-8")
    names = ("tests", "coverage", "build", "audit", "licenses", "review", "secrets")
    pipeline = Pipeline(sessions=tuple(map(standard, names)))
    settings: dict[str, Any] = {
        "tests": {"pytest-args": ["-n", "auto"]},
        "audit": {
            "fail-on": "high",
            "unknown": "warn",
            "ignore": [
                {"id": "CVE-1", "reason": "*not* used", "owner": "me", "expires": "2030-01-02", "package": "lamp"}
            ],
        },
        "licenses": {
            "allow": ["MIT"],
            "exceptions": ["Classpath-exception-2.0"],
            "unknown": "warn",
            "dev": "warn",
            "exempt": [{"package": "oil", "version": "1", "reason": "asked"}],
        },
        "review": {"min-age-days": 1},
    }
    text = section(guide(tmp_path, pipeline, **settings), "### Dependency management")
    for line in (
        "coverage: at least 97.5 %",
        "tests: pytest runs with `-n auto`",
        "audit: a vulnerability of severity high or higher fails; an unknown severity warns",
        "audit: `CVE-1` of `lamp` is ignored until 2030-01-02, by me: ",
        "licenses: only `MIT` are allowed",
        "licenses: `oil` `1` is exempt: asked",
        "review: a release that is less than 1 day old warns",
        "secrets: 0 entries in the baseline",
        "build: a second build must give the same bytes",
    ):
        assert f"- {line}" in text
    own = section(
        guide(tmp_path, Pipeline(sessions=tuple(map(session, names))), **settings), "### Dependency management"
    )
    assert "licenses: " not in own, "sessions of the noxfile have no policies"


@pytest.mark.parametrize(
    ("policy", "expected"), [({}, "`AGPL-3.0`, `GPL-3.0` are denied"), ({"deny": []}, "no license is denied")]
)
def test_the_denied_licenses_are_the_default_or_those_of_the_policy(
    tmp_path: Path, policy: dict[str, Any], expected: str
) -> None:
    assert f"- licenses: {expected}" in guide(tmp_path, Pipeline(sessions=(standard("licenses"),)), licenses=policy)


def test_a_job_is_reproduced_here_unless_it_changes_something_elsewhere(tmp_path: Path) -> None:
    publish = session("publish", side_effects=True, troubleshooting=(Trouble("It `hangs`", "Wait.", ("gh run list",)),))
    sessions = (
        session("build"),
        publish,
        session("check", requires=("publish",)),
        session("last", requires=("check",)),
    )
    text = section(guide(tmp_path, Pipeline(sessions=sessions)), "### CI failures")
    assert "$ nox -s build\n$ evenfall run build\n" in text
    assert "$ nox -s publish" not in text
    assert "**It `hangs`.** Wait.\n\n```console\n$ gh run list\n```\n" in text
    assert text.count("It needs what `publish` has done") == 2


def test_names_from_the_repository_can_not_add_markup(tmp_path: Path) -> None:
    hostile = session("lint", troubleshooting=(Trouble("x\n# y", "<b>[z](https://x.org)", ("a\n```\n# b",)),))
    hostile = msgspec.structs.replace(hostile, description="<img> [x](y)\n\n# title")
    lines = guide(tmp_path, Pipeline(sessions=(hostile,))).splitlines()
    assert not [
        line
        for line in lines
        if line in ("# y", "# b", "# title") or "<b>" in line or "<img>" in line or "[x](y)" in line
    ]


def test_a_workflow_of_the_projects_own_is_described(tmp_path: Path) -> None:
    text = guide(tmp_path, Pipeline(sessions=(session("lamps", workflows=("lamp_oil",)),)))
    assert "### Workflow lamp\\_oil (`.github/workflows/lamp_oil.yml`)" in text
    assert "- **lamp\\_oil**: 1 job on a manual run\n" in text
    assert "### Lamp\\_oil failures" in text
    assert "Scheduled runs" not in text
    assert TABLES["project"]["name"] in text


def test_hand_written_files_are_named_in_place_of_generated_ones(tmp_path: Path) -> None:
    sessions = (standard("audit"), session("auto-merge", workflows=("auto-merge",)))
    source = guide_source(tmp_path, Pipeline(sessions=sessions))
    own = {
        ".github/dependabot.yml": "renovate.json",
        ".github/workflows/auto-merge.yml": "renovate.json",
        ".github/CODEOWNERS": "docs/CODEOWNERS",
    }
    text = deployment_text(replace(source, own=own), "")
    assert "Dependabot opens" not in text
    assert "updates by Dependabot" not in text
    assert "`renovate.json`" in section(text, "## Dependency automation")
    assert "@night" not in section(text, "### Code owners")
    assert "`docs/CODEOWNERS`" in section(text, "### Code owners")
    assert "auto-merge.yml" not in section(text, "## Monitoring")
    assert "Auto-merge failures" not in text


def test_workflows_beside_hand_written_ones_have_their_names_everywhere(tmp_path: Path) -> None:
    trouble = Trouble("It failed", "Start it again.", ("gh workflow run security.yml",))
    audit = session("audit", workflows=("security",), troubleshooting=(trouble,))
    pipeline = Pipeline(sessions=(session("lint"), audit), renamed=("ci", "security"))
    text = guide(tmp_path, pipeline)
    assert "### Workflow Evenfall CI (`.github/workflows/evenfall-ci.yml`)" in text
    assert "- `All Evenfall CI checks pass`\n- `All Evenfall security checks pass`\n" in text
    assert "### Evenfall CI failures" in text
    assert "gh workflow run evenfall-security.yml" in commands(text)
    assert "gh workflow enable evenfall-security.yml" in commands(text)
    assert "gh run list --workflow=evenfall-ci.yml --limit=5" in commands(text)
    assert not re.search(r"(?<!evenfall-)(?:ci|security)\.yml", text)
