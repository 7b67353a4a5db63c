"""What the sdist leaves out."""

from __future__ import annotations

import subprocess
from pathlib import Path

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.detect import array
from evenfall.git.tracked import tracked_files
from evenfall.project.pyproject import NAME


def record_sdist(adoption: Adoption, python: Path) -> None:
    """Write down what the sdist leaves out today, so that the build session notices what it leaves out tomorrow."""
    if "check-sdist" in adoption.project.pyproject.tools:
        return
    done = subprocess.run(
        [python, "-m", "check_sdist", "--installer", "uv"],
        cwd=adoption.scratch,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    only = {title: _listed(done.stdout, title) for title in ("SDist only:", "Git only:")}
    if not any(only.values()):
        return
    keys = {"SDist only:": "sdist-only", "Git only:": "git-only"}
    lines = [f"{keys[title]} = {array(_folded(names, adoption.scratch))}\n" for title, names in only.items() if names]
    adoption.append(NAME, "# What the sdist and git differ in on purpose\n[tool.check-sdist]\n" + "".join(lines))


def _listed(text: str, title: str) -> list[str]:
    """The indented lines below a title in what check-sdist prints."""
    lines = text.partition(f"{title}\n")[2].partition("\n\n")[0].splitlines()
    return [line.strip() for line in lines if line.strip()]


def _folded(names: list[str], root: Path) -> tuple[str, ...]:
    """Whole folders by their name, where nothing in them is shipped."""
    tracked = tracked_files(root)
    patterns: dict[str, None] = {}
    for name in names:
        folder = name.partition("/")[0]
        whole = "/" in name and all(other in names for other in tracked if other.startswith(f"{folder}/"))
        patterns[f"/{folder}/" if whole else f"/{name}"] = None
    return tuple(patterns)
