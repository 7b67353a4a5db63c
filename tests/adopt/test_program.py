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
        ("cat <<< EOF\npytest", ["cat", "pytest"]),
        ("x=$((1 << 4))\npytest", ["1", "pytest"]),
        ("x=$((1 << N))\npytest", ["1", "pytest"]),
        ("cat <<N\npytest", ["cat", "pytest"]),
        (
            "python <<'EOF'\nx\nEOF\nuv run python3 <<-EOF | tee a\nx\n\tEOF\nmypy",
            ["python -", "python -", "tee a", "mypy"],
        ),
        ("cat > a.sh <<EOF\nx\nEOF\ncat <<EOF | bash\nx\nEOF", ["cat", "cat", "bash -"]),
        ("pip install x#egg=y # don't\npytest", ["pip install x#egg=y", "pytest"]),
        ("ls | xargs -n 1 -P 2 pytest; ls | xargs", ["ls", "pytest", "ls", "xargs"]),
        ('timeout "" pytest; timeout "$T" pytest', ["pytest", "pytest"]),
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


@pytest.mark.parametrize(
    ("command", "python"),
    [
        ("python3.9 -m pytest", "3.9"),
        ("pypy3 -m pytest", "pypy3"),
        ("/opt/python3.13t x.py", "3.13t"),
        ("python3 x.py", ""),
    ],
)
def test_a_program_knows_the_python_that_runs_it(command: str, python: str) -> None:
    assert next(programs(command)).python == python


@pytest.mark.parametrize(
    ("command", "words", "version"),
    [
        ("uv run --with mypy --locked mypy src", "mypy src", ""),
        ("uv run -m mypy src", "python -m mypy src", ""),
        ("uvx ruff@0.9.1 check", "ruff check", "0.9.1"),
        ("uvx ruff@latest check", "ruff check", ""),
        ("uvx --from ruff==0.9 ruff check", "ruff check", "0.9"),
        ("poetry run python -m import_linter", "python -m import_linter", ""),
        (".venv/bin/mypy src", "mypy src", ""),
        ("make lint", "make lint", ""),
    ],
)
def test_a_program_without_its_launcher_and_the_version_that_it_asks_for(
    command: str, words: str, version: str
) -> None:
    (program,) = programs(command)
    assert (program.words, program.version) == (tuple(words.split()), version)
