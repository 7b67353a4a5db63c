"""What is the user's own and stays as it is, and what it lacks beside Evenfall."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from evenfall.adopt.plan import Kept
from evenfall.errors import EvenfallError
from evenfall.generate.files import WORKFLOWS, read_text
from evenfall.generate.nox_action import ACTION
from evenfall.generate.yaml import MARKER
from evenfall.git.tracked import differs_from_head
from evenfall.project import lockfile
from evenfall.project.precommit_config import HOOKS, beside_the_lock, read_hooks


def kept_files(root: Path, scratch: Path) -> list[Kept]:
    """The user's own workflows and hooks that say something else than the noxfile does."""
    found = []
    for file in sorted((root / WORKFLOWS).glob("*.y*ml")):
        path = f"{WORKFLOWS}/{file.name}"
        generated = read_text(scratch / path).startswith(MARKER)
        text = file.read_text(encoding="utf-8", errors="replace")
        if not generated and not re.search(r"\bnox\b", text):
            found.append(
                Kept(
                    path=path,
                    lacks="its jobs run commands of their own, not sessions; ci.yml and security.yml run what the noxfile declares,"
                    " perhaps the same once more",
                )
            )
    return found + _hooks(scratch)


def not_generated(root: Path) -> list[str]:
    """The files that were written by hand where generated ones may come to lie."""
    paths = [ACTION, *(f"{WORKFLOWS}/{file.name}" for file in sorted((root / WORKFLOWS).glob("*.yml")))]
    return [path for path in paths if (text := read_text(root / path)) and not text.startswith(MARKER)]


def replaced(root: Path, path: str) -> str:
    """What is to be known of a file written by hand that a generated one replaces: whether git keeps it, and the jobs that it ran."""
    kept = "git has no copy of it as it is now" if differs_from_head(root, path) else "git keeps the old one"
    try:
        jobs = ", ".join(map(str, YAML(typ="safe").load(read_text(root / path))["jobs"]))
    except (YAMLError, LookupError, TypeError):
        jobs = ""
    return f"replaces {path}, written by hand ({kept})" + (f": its jobs {jobs}" if jobs else "")


def _hooks(scratch: Path) -> list[Kept]:
    """Hooks whose version is not the lock's."""
    try:
        lacks = [*beside_the_lock(read_hooks(scratch), lockfile.read_lockfile(scratch / lockfile.NAME))]
    except EvenfallError as error:
        lacks = [error.message.removeprefix(f"{HOOKS}: ")]
    return [Kept(path=HOOKS, lacks=each) for each in lacks]


def noxfile_lacks(noxfile: Path, header: str) -> str:
    """What an existing noxfile must have before a pipeline can be read from it, to be added by hand; empty where nothing is lacking."""
    text = noxfile.read_text(encoding="utf-8", errors="replace")
    lines = []
    if not re.search(r"(?m)^# /// script$", text) or "evenfall" not in text.partition("# ///\n")[0]:
        lines += ["at the top:", "", *header.splitlines(), ""]
    if not re.search(r"(?m)^\s*(import|from) evenfall\b", text):
        lines += ["below its imports:", "", "import evenfall", "", "evenfall.standard_sessions()", ""]
    if "nox.main()" not in text:
        lines += ["at the end:", "", 'if __name__ == "__main__":', "    nox.main()", ""]
    return "\n".join(lines)
