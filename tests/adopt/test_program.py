from __future__ import annotations

import pytest

from evenfall.adopt.program import programs


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("uv run --group test python -m pytest -x", ["pytest -x"]),
        ("python -m coverage run -m pytest tests", ["pytest tests"]),
        ("python -Im pytest && python3.12 -W error --module unittest discover", ["pytest", "unittest discover"]),
        ("uvx --from 'ruff==1' ruff@0.9 check .", ["ruff check ."]),
        ("if [ -f x ]; then\n  .venv/bin/pytest -q\nfi", ["[ -f x ]", "pytest -q"]),
        ("timeout 5m .venv\\Scripts\\mypy.exe src", ["mypy src"]),
        ("timeout 5m tox -e py", ["tox -e py"]),
        ("python -c 'import a'\npython script.py", ["python -c import a", "python script.py"]),
        ('python -c "\nimport a\n"\nmypy', ["python -c  import a ", "mypy"]),
        ("coverage run script.py", ["coverage run script.py"]),
        ("poetry run python -m import_linter", ["import-linter"]),
        ("cat > a <<EOF\nrm -rf x\nEOF\nmypy", ["cat", "mypy"]),
        ("bash scripts/test.sh; ./scripts/test.sh", ["bash scripts/test.sh", "./scripts/test.sh"]),
        ("echo 'open", ["echo 'open"]),
        ("uv run", ["uv run"]),
        ("X=1 # nothing\ncd docs", []),
        ("'$?' run -m pytest", ["pytest"]),
    ],
)
def test_the_programs_of_a_script(script: str, expected: list[str]) -> None:
    assert [program.text for program in programs(script)] == expected


def test_a_program_knows_the_python_of_its_launcher_and_its_subcommand() -> None:
    (program,) = programs("uv run -p 3.13 --no-sync ruff --quiet check .")
    assert (program.python, program.subcommand, program.launchers) == (
        "3.13",
        "check",
        ("uv", "run", "-p", "3.13", "--no-sync"),
    )
    (other,) = programs("uv run --python=3.12 pytest")
    assert (other.python, other.subcommand) == ("3.12", "")
