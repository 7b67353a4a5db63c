"""A workspace for tests: a root that is no project, two packages, and an application."""

from __future__ import annotations

from pathlib import Path

from tests.sample_project import BUILD_SYSTEM, FILES, NOXFILE, PYTHON, SampleProject

ROOT = f"""\
[dependency-groups]
dev = ["coverage", "pytest"]
lint = ["mypy"]

[tool.uv.workspace]
members = ["packages/*", "apps/*"]
exclude = ["packages/draft"]

[tool.evenfall]
systems = ["ubuntu-latest"]

[tool.mypy]
strict = true
python_version = "{PYTHON}"
"""

PACKAGE = f"""\
[build-system]
{BUILD_SYSTEM}
[project]
name = "{{name}}"
version = "1.0"
description = "A part of a lantern."
readme = "README.md"
license = "MIT"
requires-python = "{{python}}"
dependencies = [{{dependencies}}]

[tool.uv.build-backend]
source-include = ["*"]
"""

MEMBERS = {
    "packages/lamp/pyproject.toml": PACKAGE.format(name="Lamp", python=f">={PYTHON},<3.99", dependencies='"oil"')
    + "[tool.uv.sources]\noil = { workspace = true }\n\n[tool.pytest.ini_options]\ntestpaths = ['tests']\n",
    "packages/lamp/README.md": "# Lamp\n",
    "packages/lamp/src/lamp/__init__.py": (
        "from oil import burn\n\n\ndef light(oil: int) -> str:\n"
        '    if burn(oil):\n        return "bright"\n    return "dark"\n'
    ),
    "packages/lamp/src/lamp/py.typed": "",
    "packages/lamp/tests/test_lamp.py": (
        "from pathlib import Path\n\nfrom lamp import light\n\n\ndef test_dark() -> None:\n"
        '    assert light(0) == "dark"\n    assert Path("src").is_dir(), "the current folder is that of the member"\n'
    ),
    "packages/oil/pyproject.toml": PACKAGE.format(name="oil", python=f">=3.9,<={PYTHON}.99", dependencies=""),
    "packages/oil/README.md": "# Oil\n",
    "packages/oil/src/oil/__init__.py": "def burn(oil: int) -> bool:\n    if oil:\n        return True\n    return False\n",
    "packages/oil/src/oil/py.typed": "",
    "packages/oil/tests/test_oil.py": "from oil import burn\n\n\ndef test_burn() -> None:\n    assert burn(1)\n",
    "packages/draft/pyproject.toml": '[project]\nname = "draft"\n',
    "apps/kiosk/pyproject.toml": (
        f'[project]\nname = "kiosk"\nversion = "0"\nrequires-python = ">={PYTHON}"\ndependencies = ["lamp"]\n\n'
        "[tool.uv]\npackage = false\n\n[tool.uv.sources]\nlamp = { workspace = true }\n"
    ),
    "apps/kiosk/kiosk.py": "import lamp\n\n\ndef sell() -> str:\n    return lamp.light(1)\n",
}
"""The application has no tests."""


def make(root: Path) -> SampleProject:
    """Return a workspace with both locks and all generated files, committed."""
    made = SampleProject(root)
    files = {".gitignore": FILES[".gitignore"], "coverage_target.txt": "75.0\n", "noxfile.py": NOXFILE}
    for path, text in {**files, "pyproject.toml": ROOT, **MEMBERS}.items():
        made.write(path, text)
    made.git("init", "--quiet", "--initial-branch=main")
    made.lock()
    done = made.uv("lock", "--quiet", "--script", "noxfile.py")
    assert done.returncode == 0, done.stderr
    made.commit("a workspace")
    done = made.evenfall("generate")
    assert done.returncode == 0, done.stderr
    made.commit("its workflows")
    return made
