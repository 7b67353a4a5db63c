"""What a program or an action of a workflow is for: tests, linters, documentation, or only to set up the job."""

from __future__ import annotations

import re
from enum import StrEnum

from evenfall.adopt.program import Program
from evenfall.project.lint_command import find_tool


class Purpose(StrEnum):
    """What a step of a workflow is for."""

    TESTS = "tests"
    DOCTESTS = "doctests"
    LINT = "lint"
    HOOKS = "hooks"
    COVERAGE = "coverage"
    COVERAGE_UPLOAD = "coverage upload"
    DOCUMENTATION = "documentation"
    BENCHMARK = "benchmark"
    BUILD = "build"
    AUDIT = "audit"
    WORKFLOWS = "workflows"
    SECRETS = "secrets"
    SYSTEM_PACKAGES = "system packages"
    PACKAGE_INDEX = "package index"
    PUBLICATION = "publication"
    SET_UP = "set up"
    UNKNOWN = "unknown"


_PROGRAMS = {
    Purpose.TESTS: (
        "pytest py.test unittest nosetests nose2 stestr trial ward behave robot testify green zope-testrunner nbmake"
    ),
    Purpose.HOOKS: "pre-commit prek",
    Purpose.COVERAGE: "coverage covdefaults diff-cover octocov",
    Purpose.COVERAGE_UPLOAD: "codecov coveralls codecovcli",
    Purpose.DOCUMENTATION: "sphinx-build mkdocs zensical pdoc jupyter-book sphinx sphinx-apidoc mike quarto doxygen lychee",
    Purpose.BENCHMARK: "asv pyperf codspeed airspeed-velocity",
    Purpose.BUILD: (
        "build pyproject-build twine check-wheel-contents check-sdist flit cibuildwheel auditwheel delvewheel "
        "abi3audit pyroma maturin"
    ),
    Purpose.AUDIT: "pip-audit safety osv-scanner",
    Purpose.WORKFLOWS: "zizmor actionlint",
    Purpose.SECRETS: "gitleaks trufflehog detect-secrets betterleaks",
    Purpose.PUBLICATION: "semantic-release release-please goreleaser web-ext",
    Purpose.SYSTEM_PACKAGES: "apt-get apt brew choco yum dnf apk winget pacman scoop",
    Purpose.LINT: (
        "pytype pyre refurb darglint xenon radon semgrep gitlint cz commitizen ssort unimport fixit pylama "
        "prospector cspell markdownlint markdownlint-cli2 taplo tach shellcheck licensecheck pip-licenses "
        "towncrier scriv vermin pyupgrade eslint prettier autopep8 isort black flake8 ruff mypy pylint pyright "
        "codespell stubtest griffe curlylint add-trailing-comma absolufy-imports tombi pyproject-fmt ec "
        "editorconfig-checker hadolint check-jsonschema sp-repo-review repo-review basedpyright ty pyrefly zuban "
        "flake8-nb nbqa flynt tryceratops wemake-python-styleguide pip-check-reqs import-linter lint-imports yesqa "
        "blacken-docs check-python-versions pydocstringformatter numpydoc license-check licenseheaders pyanalyze "
        "mypy-primer attw"
    ),
    Purpose.SET_UP: (
        "pip pip3 uv pipx poetry pdm pipenv rye conda mamba micromamba pixi virtualenv venv ensurepip cd echo "
        "printf export set unset ls cat mkdir rm cp mv touch chmod chown which where whereis type pwd sleep true "
        "false exit test [ [[ if then else elif fi for do done while until case esac { } : source . git env date "
        "uname df free nproc sysctl ulimit head tail sort uniq wc tee tr cut column xargs dirname basename "
        "realpath readlink find tar unzip zip gunzip pushd popd alias shopt return read eval local declare "
        "Get-ChildItem Write-Host Write-Output tree hostname whoami id lsb-release lscpu ldd update-alternatives "
        "locale-gen fc-list tarfile zipfile compileall sed awk grep egrep jq yq nvm pyenv asdf mise corepack break "
        "continue trap wait printenv sw-vers hatchling setuptools pip-tools pip-compile pip-sync site sysconfig "
        "sw_vers cargo-binstall rustup cmake rustc deactivate activate"
    ),
}
_SHELL_WORDS = frozenset(
    {"alias", "break", "eval", "exit", "export", "local", "read", "set", "source", "test", "trap", "type", "wait"}
)
"""What a shell runs itself, and a launcher such as `uv run` does not."""
_CONDITIONS = frozenset({"elif", "if", "until", "while"})
_BY_PROGRAM = {name: purpose for purpose, names in _PROGRAMS.items() for name in names.split()}

_COMMANDS = (
    (Purpose.BUILD, r"(?:uv|poetry|hatch|pdm|flit|rye)\b.* build\b|python \S*setup\.py.*(?:sdist|bdist_wheel)"),
    (Purpose.AUDIT, r"uv audit\b"),
    (Purpose.SET_UP, r"uv lock\b.*--check\b"),  # the first thing that each session does is `uv sync --locked`
    (Purpose.LINT, r"(?:poetry|pdm|uv) (?:check|lock\b.*--check)"),
    (Purpose.LINT, r"git diff\b.* --(?:exit-code|quiet|check)\b|(?:test|\[\[?) .*\$\(git (?:status|diff|ls-files)\b"),
    (Purpose.PACKAGE_INDEX, r"(?:uv|poetry|hatch|pdm|flit|rye|twine|maturin)\b.* (?:publish|upload)\b"),
    (Purpose.PUBLICATION, r"gh release (?:create|upload|edit)|docker push|(?:npm|cargo) publish"),
    (Purpose.TESTS, r"coverage run|(?:python )?\S*manage\.py test\b|django-admin test|(?:python )?\S*setup\.py test\b"),
    (Purpose.COVERAGE_UPLOAD, r"(?:curl|bash)\b.*codecov"),
    # `command -v`, an assignment in PowerShell, and a version that is only printed
    (Purpose.SET_UP, r"gh auth|python(?: -V+)?$|\S+ (?:--version|-V|--help)$|-\w|\S+ = |python \S*setup\.py"),
)
"""The commands whose purpose depends on more than the program."""

_ACTIONS = (
    (
        Purpose.COVERAGE_UPLOAD,
        r"codecov/|coverallsapp/|qltysh/qlty-action/coverage|codacy/codacy-coverage|orgoro/coverage|deepsourcelabs/",
    ),
    (Purpose.HOOKS, r"pre-commit/action|j178/prek-action|tox-dev/action-pre-commit-uv|pre-commit-ci/"),
    (Purpose.BENCHMARK, r"codspeedhq/|benchmark-action/"),
    (Purpose.WORKFLOWS, r"zizmorcore/|woodruffw/zizmor|rhysd/actionlint|raven-actions/actionlint"),
    (Purpose.AUDIT, r"pypa/gh-action-pip-audit|actions/dependency-review-action|google/osv-scanner|pyupio/safety"),
    (Purpose.SECRETS, r"gitleaks/|trufflesecurity/"),
    (
        Purpose.BUILD,
        r"pypa/cibuildwheel|hynek/build-and-inspect-python-package|pyo3/maturin-action",
    ),
    (
        Purpose.DOCUMENTATION,
        r"actions/(?:deploy-pages|upload-pages-artifact|configure-pages|jekyll)|peaceiris/|jamesives/|lycheeverse/",
    ),
    (
        Purpose.COVERAGE,
        r"py-cov-action/|ewjoachim/python-coverage|irongut/codecoveragesummary|insightsengineering/coverage-action",
    ),
    (
        Purpose.LINT,
        r"astral-sh/ruff-action|chartboost/ruff-action|psf/black|isort/|jakebailey/pyright-action|crate-ci/typos|codespell-project/"
        r"|py-actions/flake8|reviewdog/|fsfe/reuse-action|github/super-linter|super-linter/|ludeeus/|davidanson/markdownlint"
        r"|streetsidesoftware/|ibiqlik/|hadolint/|scientific-python/repo-review|editorconfig-checker/",
    ),
    (Purpose.PACKAGE_INDEX, r"pypa/gh-action-pypi-publish|jrubics/poetry-publish"),
    (
        Purpose.PUBLICATION,
        r"softprops/action-gh-release|ncipollo/release-action|actions/create-release|actions/upload-release-asset"
        r"|docker/build-push-action|googleapis/release-please|google-github-actions/release-please|python-semantic-release/|snapcore/"
        r"|scientific-python/upload-nightly|aio-libs/create-release",
    ),
    (
        Purpose.SET_UP,
        r"actions/(?:checkout|setup-[\w-]+|cache[\w/]*|upload-artifact[\w/]*|download-artifact[\w/]*|create-github-app-token)"
        r"|astral-sh/setup-uv|yezz123/setup-uv|pdm-project/setup-pdm|abatilo/actions-poetry|snok/install-poetry|install-pinned/|taiki-e/"
        r"|extractions/setup-just|conda-incubator/|mamba-org/|prefix-dev/|step-security/harden-runner|wntrblm/nox|excitedleigh/setup-nox"
        r"|re-actors/(?:alls-green|cache-python-deps|checkout-python-sdist)|deadsnakes/|quansight-labs/setup-python|py-actions/py-dependency"
        r"|jaxxstorm/|docker/(?:setup|login)[\w-]+|awalsh128/|tlambert03/setup|egor-tensin/|ilammy/msvc|pypa/hatch|seanmiddleditch/"
        r"|eifinger/setup-rye|jdx/mise-action|dtolnay/rust-toolchain|moonrepo/setup|swatinem/rust-cache|mozilla-actions/sccache"
        r"|dorny/paths-filter|tj-actions/changed-files|styfle/cancel|hynek/setup-cached-uv|glotzerlab/|maxim-lobanov/|easimon/|jlumbroso/"
        r"|shogo82148/actions-setup|supercharge/|ankane/setup|goto-bus-stop/setup-zig|mlugg/setup-zig|ikalnytskyi/action-setup-postgres"
        r"|graalvm/setup|krdlab/|hecrj/|arduino/setup-protoc|r-lib/actions/setup|t1m0thyj/|graphviz|tox-dev/action-setup",
    ),
)


def purpose_of(program: Program) -> Purpose:
    """Return what a program is for. A program that is not known may be anything."""
    name, words = program.name, (program.name, *program.arguments)
    if any(word.startswith("--doctest") or word == "doctest" for word in words) or name == "xdoctest":
        return (
            Purpose.DOCTESTS if name in {"pytest", "sphinx-build", "doctest", "xdoctest", "python"} else _known(program)
        )
    if name == "pytest" and any(
        word.startswith(("--benchmark", "--codspeed")) and "disable" not in word for word in words
    ):
        return Purpose.BENCHMARK
    if find_tool(words):
        return Purpose.HOOKS if name in {"pre-commit", "prek"} else Purpose.LINT
    return _known(program)


def _known(program: Program) -> Purpose:
    if program.launchers[1:2] == ("run",) and program.name in _SHELL_WORDS:
        return Purpose.UNKNOWN  # a script that the project declares
    keywords = {*program.command.keywords}
    if "!" in keywords and not keywords & _CONDITIONS and re.match(r"(?:e?grep|rg|git grep)\b", program.text):
        return Purpose.LINT
    for purpose, pattern in _COMMANDS:
        if re.match(pattern, program.text):
            return purpose
    return _BY_PROGRAM.get(program.name, Purpose.UNKNOWN)


def is_linter(name: str) -> bool:
    """Return whether a program of this name is a linter or a type checker."""
    return _BY_PROGRAM.get(name) is Purpose.LINT or find_tool((name,)) is not None


def purpose_of_action(action: str) -> Purpose:
    """Return what an action such as `actions/checkout@v4` is for."""
    return next((purpose for purpose, pattern in _ACTIONS if re.match(pattern, action.lower())), Purpose.UNKNOWN)
