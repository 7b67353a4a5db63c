"""What a project has already: which of its groups are for tests, linters and documentation, and what coverage it has."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Set
from configparser import ConfigParser, Error
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from packaging.utils import canonicalize_name

from evenfall.errors import EvenfallError
from evenfall.project.project import USUAL_GROUPS, Project
from evenfall.project.pyproject import NAME, read_toml

TESTERS = frozenset({"pytest", "coverage"})
LINTERS = frozenset({"isort", "ruff", "mypy", "import-linter", "pre-commit"})
WRITERS = frozenset({"sphinx", "mkdocs", "mkdocs-material", "zensical"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Groups by purpose, and extras that the tests need, by what they hold."""

    tests: tuple[str, ...]
    lint: tuple[str, ...]
    docs: tuple[str, ...]
    extras: tuple[str, ...]
    codecov: str = "off"

    def tables(self, project: Project) -> tuple[str, ...]:
        """The tables of `[tool.evenfall]` that say what the groups' names alone would not; none where they do."""
        named = (("tests", self.tests), ("lint", self.lint), ("docs", self.docs))
        unusual = [
            f"{purpose} = {array(groups)}" for purpose, groups in named if groups and groups != project.groups(purpose)
        ]
        extras = f"[tool.evenfall]\nextras = {array(self.extras)}\n" if self.extras else ""
        groups = "\n".join(["[tool.evenfall.groups]", *unusual, ""]) if unusual else ""
        codecov = f'[tool.evenfall.coverage]\ncodecov = "{self.codecov}"\n' if self.codecov != "off" else ""
        return tuple(table for table in (extras, groups, codecov) if table)


def learn(project: Project) -> Learned:
    """Look into the groups and extras that `uv.lock` holds for the project, and how its own workflows install it."""
    root = project.lock.find(project.name)
    if root is None:
        raise EvenfallError(f"uv.lock: it does not hold the project {project.name!r}", hint="uv lock")
    groups = {
        group: frozenset(canonicalize_name(edge.name) for edge in edges)
        for group, edges in root.dev_dependencies.items()
    }
    extras = {
        extra: frozenset(canonicalize_name(edge.name) for edge in edges)
        for extra, edges in root.optional_dependencies.items()
    }
    chosen = tuple(extra for extra, names in extras.items() if names & TESTERS) if not _any(groups, TESTERS) else ()
    return Learned(
        tests=_holding(groups, TESTERS, "tests"),
        lint=_holding(groups, LINTERS, "lint"),
        docs=_holding(groups, WRITERS, "docs"),
        extras=tuple(extras) if any("--all-extras" in text for text in automation(project.root)) else chosen,
        codecov=uploads_to_codecov(project.root),
    )


def _any(groups: Mapping[str, Set[str]], wanted: Set[str]) -> bool:
    return any(names & wanted for names in groups.values())


def _holding(groups: Mapping[str, Set[str]], wanted: Set[str], purpose: str) -> tuple[str, ...]:
    """The groups that hold what is wanted: those with a usual name if they hold any, so that `dev` does not bring everything."""
    holding = tuple(group for group, names in groups.items() if names & wanted)
    if purpose == "lint":
        return holding
    usual = tuple(group for group in holding if group.lower() in USUAL_GROUPS[purpose])
    return usual or holding[:1]


def automation(root: Path) -> tuple[str, ...]:
    """The texts in which a project says what it installs and runs."""
    files = [
        *root.glob(".github/workflows/*.y*ml"),
        *(root / name for name in ("tox.ini", "noxfile.py", "Makefile", "justfile")),
    ]
    return tuple(file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())


def uploads_to_codecov(root: Path) -> str:
    """Whether a workflow uploads to Codecov, and how it proves who it is: as `[tool.evenfall.coverage] codecov` says it."""
    uploading = [text for text in automation(root) if "codecov/codecov-action@" in text]
    if not uploading:
        return "off"
    return "oidc" if any("use_oidc: true" in text for text in uploading) else "token"


def measured_coverage(root: Path) -> tuple[Fraction, str] | None:
    """Today's coverage in percent and where it was read: a report that lies there, else the configured `fail_under`."""
    for read, name in ((_from_json, "coverage.json"), (_from_xml, "coverage.xml")):
        if (root / name).is_file() and (percent := read(root / name)) is not None:
            return percent, name
    return _configured(root)


def _from_json(path: Path) -> Fraction | None:
    try:
        totals = json.loads(path.read_text(encoding="utf-8"))["totals"]
        executed = totals["covered_lines"] + totals.get("covered_branches", 0)
        return Fraction(100 * executed, totals["num_statements"] + totals.get("num_branches", 0))
    except (ValueError, LookupError, TypeError, ZeroDivisionError):
        return None


def _from_xml(path: Path) -> Fraction | None:
    head = re.search(r"<coverage\b[^>]*>", path.read_text(encoding="utf-8", errors="replace"))
    try:
        found = ElementTree.fromstring(head[0].replace("/>", ">").replace(">", "/>")).attrib if head else {}  # noqa: S314
        executed = int(found["lines-covered"]) + int(found["branches-covered"])
        return Fraction(100 * executed, int(found["lines-valid"]) + int(found["branches-valid"]))
    except (ElementTree.ParseError, LookupError, ValueError, ZeroDivisionError):
        return None


def _configured(root: Path) -> tuple[Fraction, str] | None:
    table = read_toml(root / NAME).get("tool", {}).get("coverage", {}).get("report", {})
    found = [(table.get("fail_under"), NAME)]
    for name, section in ((".coveragerc", "report"), ("setup.cfg", "coverage:report"), ("tox.ini", "coverage:report")):
        parser = ConfigParser(interpolation=None, strict=False)
        try:
            parser.read(root / name, encoding="utf-8")
        except (Error, UnicodeDecodeError):
            continue
        found.append((parser.get(section, "fail_under", fallback=None), name))
    for value, name in found:
        if value is not None and re.fullmatch(r"\d+(\.\d+)?", str(value)) and Fraction(str(value)) <= 100:
            return Fraction(str(value)), f"fail_under in {name}"
    return None


def array(values: tuple[str, ...]) -> str:
    """A TOML array of strings."""
    return "[" + ", ".join(json.dumps(value) for value in values) + "]"
