from __future__ import annotations

import pytest

from evenfall.adopt.program import programs
from evenfall.adopt.purpose import Purpose, is_linter, purpose_of, purpose_of_action


@pytest.mark.parametrize(
    ("command", "purpose"),
    [
        ("pytest -x", Purpose.TESTS),
        ("python -m unittest", Purpose.TESTS),
        ("coverage run tests.py", Purpose.TESTS),
        ("python manage.py test", Purpose.TESTS),
        ("python setup.py test", Purpose.TESTS),
        ("pytest --doctest-modules", Purpose.DOCTESTS),
        ("python -m doctest README.md", Purpose.DOCTESTS),
        ("sphinx-build -b doctest docs out", Purpose.DOCTESTS),
        ("xdoctest src", Purpose.DOCTESTS),
        ("make-doctest doctest", Purpose.UNKNOWN),
        ("pytest --benchmark-only", Purpose.BENCHMARK),
        ("pytest --benchmark-disable", Purpose.TESTS),
        ("mypy src", Purpose.LINT),
        ("poetry check", Purpose.LINT),
        ("poetry lock --check", Purpose.LINT),
        ("uv lock --check", Purpose.SET_UP),
        ("git diff --exit-code", Purpose.LINT),
        ("git diff main", Purpose.SET_UP),
        ('test -z "$(git status --porcelain)"', Purpose.LINT),
        ('[[ -z "$(git diff)" ]]', Purpose.LINT),
        ("! grep -rn print src", Purpose.LINT),
        ("! git grep -n print", Purpose.LINT),
        ("! ls", Purpose.SET_UP),
        ("if ! grep -rn print src", Purpose.SET_UP),
        ("uv run test", Purpose.UNKNOWN),
        ("uv run pip install x", Purpose.SET_UP),
        ("pre-commit run", Purpose.HOOKS),
        ("coverage report", Purpose.COVERAGE),
        ("codecov", Purpose.COVERAGE_UPLOAD),
        ("curl https://codecov.io/bash", Purpose.COVERAGE_UPLOAD),
        ("mkdocs build", Purpose.DOCUMENTATION),
        ("asv run", Purpose.BENCHMARK),
        ("uv build", Purpose.BUILD),
        ("python setup.py sdist", Purpose.BUILD),
        ("uv audit", Purpose.AUDIT),
        ("pip-audit", Purpose.AUDIT),
        ("zizmor .", Purpose.WORKFLOWS),
        ("gitleaks", Purpose.SECRETS),
        ("sudo apt-get install x", Purpose.SYSTEM_PACKAGES),
        ("uv publish", Purpose.PACKAGE_INDEX),
        ("twine upload dist/*", Purpose.PACKAGE_INDEX),
        ("gh release create v1", Purpose.PUBLICATION),
        ("docker push x", Purpose.PUBLICATION),
        ("gh auth login", Purpose.SET_UP),
        ("gh pr list", Purpose.UNKNOWN),
        ("pip install .", Purpose.SET_UP),
        ("python", Purpose.SET_UP),
        ("python -VV", Purpose.SET_UP),
        ("mytool --version", Purpose.SET_UP),
        ("command -v x", Purpose.SET_UP),
        ("[ -f x ]", Purpose.SET_UP),
        ("$env:X = 'a'", Purpose.SET_UP),
        ("python -c 'import a'", Purpose.UNKNOWN),
        ("mytool check", Purpose.UNKNOWN),
    ],
)
def test_the_purpose_of_a_command(command: str, purpose: Purpose) -> None:
    (program,) = programs(command)
    assert purpose_of(program) is purpose


@pytest.mark.parametrize(
    ("action", "purpose"),
    [
        ("actions/checkout", Purpose.SET_UP),
        ("codecov/codecov-action", Purpose.COVERAGE_UPLOAD),
        ("j178/prek-action", Purpose.HOOKS),
        ("astral-sh/ruff-action", Purpose.LINT),
        ("pypa/gh-action-pypi-publish", Purpose.PACKAGE_INDEX),
        ("softprops/action-gh-release", Purpose.PUBLICATION),
        ("pypa/cibuildwheel", Purpose.BUILD),
        ("ewjoachim/python-coverage-comment-action", Purpose.COVERAGE),
        ("CodSpeedHQ/action", Purpose.BENCHMARK),
        ("owner/other", Purpose.UNKNOWN),
    ],
)
def test_the_purpose_of_an_action(action: str, purpose: Purpose) -> None:
    assert purpose_of_action(action) is purpose


def test_linters_are_known_by_name() -> None:
    assert [name for name in ("mypy", "lint-imports", "towncrier", "pytest", "cp") if is_linter(name)] == [
        "mypy",
        "lint-imports",
        "towncrier",
    ]
