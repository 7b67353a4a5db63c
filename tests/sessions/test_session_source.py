from __future__ import annotations

from evenfall.project.project import read_project
from evenfall.sessions.session_source import session_source
from evenfall.sessions.standard import SESSION_NAMES
from tests.made_project import Made

MAIN = 'if __name__ == "__main__":'


def test_standard_sessions_pasted_into_the_noxfile_are_the_same_pipeline_and_can_be_changed(project: Made) -> None:
    pasted = "\n\n".join(session_source(name, read_project(project.root)) for name in SESSION_NAMES)
    listed = project.nox("-l").stdout
    project.replace("noxfile.py", "evenfall.standard_sessions()\n", pasted.replace('"ruff format"', '"my own name"'))
    project.write(
        "noxfile.py",
        project.read("noxfile.py").replace(MAIN, f"evenfall.standard_sessions(omit={SESSION_NAMES})\n\n{MAIN}"),
    )
    assert project.nox("-l").stdout == listed
    assert project.evenfall("generate", "--check").returncode == 0
    project.write("tests/untidy.py", 'ONE  = "one"\n')
    done = project.nox("-s", "lint")
    assert done.returncode == 1
    assert (
        "failed: ruff check, isort, my own name\n  next: nox -s lint -- --fix" in done.stdout
    )  # the paste repeats an import
    assert project.nox("-s", "lint", "--", "--fix").returncode == 0
