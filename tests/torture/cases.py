"""Why it passes here and fails there: one small real project a difference, which passes with plain Nox in its work tree.

A case is a change to the project of `tests.made_project`: files that git tracks or does not, a HOME, variables, and a session that
Nox, tox and GitHub run alike.
"""

from __future__ import annotations

import os
import re
import socketserver
import sys
import threading
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from uv import find_uv_bin

from evenfall.project.interpreters import find_interpreter
from tests.made_project import FILES, PYPROJECT, PYTHON, Made

CHECK = """\
@evenfall.session
def check(session):
    session.run("python", "check.py")
"""

NOXFILE = """\
# /// script
# requires-python = ">=3.11"
# dependencies = ["nox", "uv"]
# ///
import evenfall
import nox

{session}
if __name__ == "__main__":
    nox.main()
"""

TOX = """\
[tox]
env_list = check
no_package = true

[testenv]
skip_install = true
commands = python check.py
"""


NEVER = r"(?!)"


def plain_nox(project: Made, case: Case, own: Mapping[str, str]) -> None:
    """The developer runs the session, and it passes."""
    done = project.nox("-s", *case.sessions, env=own)
    assert done.returncode == 0, done.stdout


@dataclass(frozen=True, kw_only=True)
class Case:
    """`says` is a pattern of what `evenfall run` must say; `result` its exit code: 0 where the difference is named only.

    `missed` is why Evenfall does not notice it. `fails` is a pattern of what is printed where the session fails, by whatever
    tool, for the planted reason and no other. `plain` is the session as a user of plain Nox writes it, where that is another;
    `tox` likewise. `home`, `environ`, `terminal` and what the `shell` was told are the developer's own. `earlier` are files as
    they were when the developer ran the session before. `prepare` does what files can't say, before the last commit;
    `afterwards` after it.
    """

    title: str
    says: str
    fails: str = NEVER
    result: int = 1
    session: str = CHECK
    plain: str = ""
    tox: str = TOX
    sessions: tuple[str, ...] = ("check",)
    arguments: tuple[str, ...] = ()
    earlier: Mapping[str, str] = field(default_factory=dict)
    tracked: Mapping[str, str] = field(default_factory=dict)
    untracked: Mapping[str, str] = field(default_factory=dict)
    home: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    terminal: bool = False
    shell: str = ""
    missed: str = ""
    prepare: Callable[[Made], object] = lambda _: None
    afterwards: Callable[[Made], object] = lambda _: None

    def make(self, project: Made, run: Callable[[Made, Case, Mapping[str, str]], object] = plain_nox) -> Made:
        """Change a copy of the made project into this one, with the developer's HOME beside it; `run` is what ran earlier."""
        home = project.root.with_name("home")
        home.mkdir()
        for path, text in self.home.items():
            file = Made(home).write(path, text.replace("$HOME", os.fspath(home)))
            file.chmod(0o755 if text.startswith("#!") else 0o644)
        project.write("tox.ini", self.tox)
        for path, text in self.tracked.items():
            project.write(path, text)
        self.plainly(project)
        self.prepare(project)
        if self.earlier:
            for path, text in self.earlier.items():
                project.write(path, text)
            run(project, self, self.own(project))
            for path in self.earlier:
                if path in self.tracked:
                    project.write(path, self.tracked[path])
                else:
                    (project.root / path).unlink()
        project.write("noxfile.py", NOXFILE.format(session=self.session))
        project.commit()
        for path, text in self.untracked.items():
            project.write(path, text)
        self.afterwards(project)
        return project

    def own(self, project: Made) -> dict[str, str]:
        """The developer's variables."""
        home = os.fspath(project.root.with_name("home"))
        path = os.pathsep.join([os.path.dirname(os.fsdecode(find_uv_bin())), os.environ["PATH"]])
        own = {"HOME": home, "LANG": "C.UTF-8", "TZ": "UTC", "PATH": path, **_shared()}
        more = {name: value.replace("$HOME", home).replace("$PATH", path) for name, value in self.environ.items()}
        return own | more

    def typed(self, *command: str) -> tuple[str, ...]:
        """A command as the developer's shell runs it."""
        return ("sh", "-c", f'{self.shell}; exec "$@"', "sh", *command) if self.shell else command

    def plainly(self, project: Made) -> None:
        """Write the noxfile of someone who knows nothing of Evenfall."""
        plain = self.plain or self.session.replace("@evenfall.session", "@nox.session")
        plain = re.sub(r"systems=\([^)]*\)", "", plain)
        project.write("noxfile.py", NOXFILE.format(session=plain).replace("import evenfall\n", ""))


def _shared() -> dict[str, str]:
    """What a developer's other HOME still has of this machine: uv's cache and pyenv's interpreters."""
    home = Path.home()
    return {
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", os.fspath(home / ".cache/uv")),
        "PYENV_ROOT": os.environ.get("PYENV_ROOT", os.fspath(home / ".pyenv")),
    }


def _tagged(project: Made) -> None:
    project.git("tag", "v1.0")


def _diverged(project: Made) -> None:
    """main goes on and renames what the branch still calls."""
    project.write("check.py", "import helper\nhelper.old()\n")
    project.write("helper.py", "def old():\n    pass\n")
    project.commit("helper")
    project.git("branch", "topic")
    project.write("helper.py", "def new():\n    pass\n")
    project.write("check.py", "import helper\nhelper.new()\n")
    project.commit("rename")
    project.git("checkout", "--quiet", "topic")
    project.write("more.py", "import helper\nhelper.old()\n")


def _line_ends(project: Made) -> None:
    project.git("config", "core.autocrlf", "true")


def _checked_out_anew(project: Made) -> None:
    """As the HOME says, which the project's commits here do not ask."""
    (project.root / "page.txt").unlink()
    project.git("checkout", "--", "page.txt")
    project.git("config", "--unset", "core.autocrlf")


def _executable_here(project: Made) -> None:
    project.git("config", "core.fileMode", "false")
    (project.root / "tool.sh").chmod(0o755)


def _with_submodule(project: Made) -> None:
    wick = Made(project.root.with_name("home") / "wick")
    wick.write("wick.py", "")
    wick.git("init", "--quiet")
    wick.commit()
    project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", os.fspath(wick.root), "vendor")


def _through_a_filter(project: Made) -> None:
    """What `git lfs install` writes into the developer's HOME, but for the time of the commit."""
    project.git("config", "filter.lfs.clean", "echo version 1 #")
    project.git("config", "filter.lfs.smudge", "echo light #")


def _through_the_homes_filter(project: Made) -> None:
    project.git("config", "--remove-section", "filter.lfs")


def _flagged(project: Made) -> None:
    project.git("update-index", "--assume-unchanged", "settings.txt")
    project.write("settings.txt", "mine\n")


def _linked(project: Made) -> None:
    (project.root / "wax.txt").symlink_to(project.root.with_name("home") / "wax.txt")


SERVERS: list[socketserver.TCPServer] = []
"""They end with the process."""


def _served(project: Made) -> None:
    SERVERS.append(socketserver.ThreadingTCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler))
    threading.Thread(target=SERVERS[-1].serve_forever, daemon=True).start()
    project.write("check.py", f"import socket\nsocket.create_connection({SERVERS[-1].server_address!r}).close()\n")


def _folder_of(python: str) -> str:
    found = find_interpreter(python)
    return f"{found.parent}{os.pathsep}" if found else ""


def _in_order_of_seed_0(project: Made) -> None:
    names = [*"abcdefghijklmnop"]
    done = project.run(sys.executable, "-c", f"print([*set({names})])", env={"PYTHONHASHSEED": "0"})
    project.write("check.py", f"assert [*set({names})] == {done.stdout}")


def _with_wheel(project: Made) -> None:
    """An index of the developer's own: a folder with a wheel that is nowhere else."""
    folder = project.root.with_name("home") / "wheels"
    folder.mkdir()
    info = "evenfall_wick-1.0.dist-info"
    with zipfile.ZipFile(folder / "evenfall_wick-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: evenfall-wick\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


INSTALL = """\
@evenfall.session
def check(session):
    session.run_install("uv", "pip", "install", "--offline", "evenfall-wick", external=True)
"""
TOX_INSTALL = TOX.replace(
    "commands = python check.py", "allowlist_externals = uv\ncommands = uv pip install --offline evenfall-wick"
)
OTHER = "3.12" if PYTHON == "3.11" else "3.11"
SHIPPED = '@evenfall.session(groups=())\ndef check(session):\n    session.run("python", "check.py")\n'


CASES: Mapping[str, Case] = {
    "untracked": Case(
        title="A module or data file is not committed",
        tracked={"check.py": "import helper\n"},
        untracked={"helper.py": ""},
        fails="No module named 'helper'",
        says=r"helper\.py exists locally but is untracked, so CI does not have it \(git add helper\.py\)",
    ),
    "ignored": Case(
        title="A file is ignored by git but imported or read",
        tracked={"check.py": 'open("data.json")\n', ".gitignore": ".nox/\n/data.json\n"},
        untracked={"data.json": "{}"},
        fails=r"No such file or directory: 'data\.json'",
        says=r"data\.json exists locally but is ignored by git",
    ),
    "variable": Case(
        title="A variable of the user's shell is read",
        tracked={"check.py": 'import os\nos.environ["LANTERN_KEY"]\n'},
        environ={"LANTERN_KEY": "brass"},
        fails="KeyError: 'LANTERN_KEY'",
        says="LANTERN_KEY is set in your shell",
    ),
    "undeclared": Case(
        title="A dependency is in the developer's environment, and declared nowhere",
        tracked={"check.py": "import wick\n"},
        home={"site/wick.py": ""},
        environ={"PYTHONPATH": "$HOME/site"},
        fails="No module named 'wick'",
        says="wick is in no dependency group of this session",
    ),
    "program": Case(
        title="A program is on the developer's PATH only",
        session='@evenfall.session\ndef check(session):\n    session.run("snuffer", external=True)\n',
        tox=TOX.replace("commands = python check.py", "allowlist_externals = snuffer\ncommands = snuffer"),
        home={"bin/snuffer": "#!/bin/sh\n"},
        environ={"PATH": "$HOME/bin:$PATH"},
        fails="snuffer not found",
        says=r"snuffer is on your PATH \(.*/bin/snuffer\)",
    ),
    "reused": Case(
        title="A package stays in a reused environment after it was removed from the lock",
        session=(
            "@evenfall.session(reuse_venv=True)\ndef check(session):\n"
            '    session.install("-r", "requirements.txt")\n    session.run("python", "check.py")\n'
        ),
        tox=TOX.replace("skip_install = true", "skip_install = true\ndeps = -r requirements.txt"),
        earlier={"requirements.txt": "./packages/wick\n"},
        tracked={
            "check.py": "import wick\n",
            "requirements.txt": "",
            "packages/wick/pyproject.toml": PYPROJECT.replace('"lantern"', '"wick"').replace(
                'readme = "README.md"\n', ""
            ),
            "packages/wick/src/wick/__init__.py": "",
        },
        fails="No module named 'wick'",
        says="wick is in no dependency group of this session",
    ),
    "lock": Case(
        title="`uv.lock` is not what `pyproject.toml` asks for",
        session=SHIPPED,
        plain='@nox.session\ndef check(session):\n    session.run("uv", "run", "--quiet", "python", "check.py", external=True)\n',
        tox=TOX.replace("commands = python", "allowlist_externals = uv\ncommands = uv run --quiet python"),
        tracked={
            "check.py": "",
            "pyproject.toml": PYPROJECT.replace(
                "[dependency-groups]", 'dependencies = ["iniconfig"]\n[dependency-groups]', 1
            ),
        },
        fails="needs to be updated",
        says=r"uv\.lock is out of date: uv lock, and commit it",
    ),
    "interpreter": Case(
        title="The session's name says one Python, another one runs",
        session=f'@evenfall.session(python="{OTHER}")\ndef check(session):\n    session.run("python", "check.py")\n',
        plain=(
            f'@nox.session(python="{OTHER}", venv_backend="none")\ndef check(session):\n'
            f'    session.run({sys.executable!r}, "check.py", external=True)\n'
        ),
        tox=TOX.replace("env_list = check", f"env_list = {OTHER}").replace(
            "commands = python", f"allowlist_externals = *\ncommands = {sys.executable}"
        ),
        tracked={"check.py": f"import sys\nassert sys.version_info[1] != {OTHER[2:]}, sys.version\n"},
        environ={"PATH": f"{_folder_of(OTHER)}$PATH"},
        fails="AssertionError",
        says=rf"AssertionError: {OTHER}",
    ),
    "classifiers": Case(
        title="A Python of the classifiers is not in the matrix, or the other way round",
        tracked={
            "check.py": "",
            "pyproject.toml": PYPROJECT.replace(
                f'"Programming Language :: Python :: {PYTHON}"',
                f'"Programming Language :: Python :: {PYTHON}", "Programming Language :: Python :: 3.9"',
            ),
        },
        result=2,
        fails=r"names Python 3\.9",
        says=r"project\.classifiers names Python 3\.9, which project\.requires-python .* refuses",
    ),
    "zone": Case(
        title="Time zone",
        tracked={"check.py": "import time\nassert time.localtime(0).tm_hour == 19\n"},
        environ={"TZ": "America/New_York"},
        fails="AssertionError",
        says=r"CI has the time zone UTC \(yours: America/New_York\)",
    ),
    "locale": Case(
        title="Locale and encoding",
        tracked={"check.py": "import locale\nassert locale.getencoding() != 'UTF-8'\n"},
        environ={"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        fails="AssertionError",
        says=r"the locale C\.UTF-8 \(yours: POSIX\)",
    ),
    "terminal": Case(
        title="Terminal, its width, colours, an interactive stdin",
        tracked={"check.py": "import sys\nassert sys.stdin.isatty()\n"},
        terminal=True,
        fails="AssertionError",
        says="no terminal",
    ),
    "width": Case(
        title="Variables of a terminal",
        tracked={"check.py": "import shutil\nassert shutil.get_terminal_size().columns == 200\n"},
        environ={"COLUMNS": "200"},
        fails="AssertionError",
        says="does not have your variables .*COLUMNS",
    ),
    "home": Case(
        title="HOME: dotfiles, caches, credentials",
        tracked={"check.py": 'import pathlib\n(pathlib.Path.home() / ".lanternrc").read_text()\n'},
        home={".lanternrc": "oil = 1\n"},
        fails=r"No such file or directory: '.*/\.lanternrc'",
        says=r"~/\.lanternrc exists in your HOME; in CI, HOME is empty",
    ),
    "identity": Case(
        title="HOME: who the user is to git",
        tracked={
            "check.py": """\
import subprocess, tempfile
folder = tempfile.mkdtemp()
subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
subprocess.run(["git", "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=folder, check=True)
"""
        },
        home={".gitconfig": "[user]\nname = A\nemail = a@example.org\n[core]\nhooksPath = /dev/null\n"},
        fails="tell me who you are|auto-detect email|empty ident name",
        says=r"user\.name and user\.email are set in your git configuration but not in CI",
    ),
    "line-ends": Case(
        title="HOME: git's `core.autocrlf`",
        tracked={
            "page.txt": "one\ntwo\n",
            "check.py": 'assert open("page.txt", "rb").read() == b"one\\r\\ntwo\\r\\n"\n',
        },
        home={".gitconfig": "[core]\nautocrlf = true\n"},
        prepare=_line_ends,
        afterwards=_checked_out_anew,
        fails="AssertionError",
        says=r"line ends as committed \(your core\.autocrlf is true\)",
    ),
    "artifact": Case(
        title="A file left by another session, or by an earlier run",
        session=(
            '@evenfall.session\ndef light(session):\n    session.run("python", "-c", "open(\'wax.txt\', \'w\')")\n\n\n'
            '@evenfall.session\ndef check(session):\n    session.run("python", "check.py")\n'
        ),
        tox=TOX.replace("env_list = check", "env_list = light, check")
        + "\n[testenv:light]\ncommands = python -c \"open('wax.txt', 'w')\"\n",
        sessions=("light", "check"),
        tracked={"check.py": 'open("wax.txt")\n', ".gitignore": ".nox/\n/wax.txt\n"},
        untracked={"wax.txt": ""},
        fails=r"No such file or directory: 'wax\.txt'",
        says=r"wax\.txt exists locally but is ignored by git",
    ),
    "history": Case(
        title="Git history or tags that a shallow checkout has not",
        tracked={"check.py": 'import subprocess\nsubprocess.run(["git", "describe", "--tags"], check=True)\n'},
        afterwards=_tagged,
        fails="No names found",
        says=r"a runner's checkout has one commit and no tags; evenfall\.session\(history=True\)",
    ),
    "hook": Case(
        title="The hook's tool version is not the lock's",
        tracked={
            "check.py": "",
            ".pre-commit-config.yaml": "repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: v0.0.1\n"
            "    hooks:\n      - id: ruff\n",
        },
        result=0,
        says=r"\.pre-commit-config\.yaml: its hook runs ruff v0\.0\.1, the lock holds",
    ),
    "repairs": Case(
        title="The local command repairs what the workflow would check",
        tracked={"check.py": 'open("page.txt", "w").write("tidy\\n")\n', "page.txt": "untidy\n"},
        result=0,
        says=r"it changed tracked files: page\.txt",
    ),
    "case": Case(
        title="The case of a path; characters that another system refuses",
        session=CHECK.replace("session\n", 'session(systems=("ubuntu-latest", "windows-latest"))\n', 1),
        tracked={
            "check.py": "",
            "notes/Ideas.md": "# Lantern\n",
            "notes/ideas.md": "# Lantern\n",
            "notes/what?.md": "# Lantern\n",
        },
        result=0,
        says=r"(?s)notes/Ideas\.md and notes/ideas\.md differ only by case.*Windows can't check these out: 'notes/what\?\.md'",
    ),
    "order": Case(
        title="Tests that pass in one order only",
        prepare=_in_order_of_seed_0,
        environ={"PYTHONHASHSEED": "0"},
        fails="AssertionError",
        says="does not have your variables .*PYTHONHASHSEED",
    ),
    "index": Case(
        title="An index that can be reached from here only",
        session=INSTALL,
        tox=TOX_INSTALL,
        prepare=_with_wheel,
        environ={"UV_FIND_LINKS": "$HOME/wheels"},
        fails="evenfall-wick.*not found",
        says="UV_FIND_LINKS.*: your own configuration of indexes or credentials",
    ),
    "configuration": Case(
        title="A private index in the user's own uv configuration",
        session=INSTALL,
        tox=TOX_INSTALL,
        home={".config/uv/uv.toml": '[pip]\nfind-links = ["$HOME/wheels"]\n'},
        prepare=_with_wheel,
        fails="evenfall-wick.*not found",
        says=r"~/\.config/uv/uv\.toml.*: your own configuration of indexes or credentials",
    ),
    "import-path": Case(
        title="The tests import the source tree, not what is shipped",
        session=SHIPPED,
        plain='@nox.session\ndef check(session):\n    session.run("python", "check.py", env={"PYTHONPATH": "src"})\n',
        tox=TOX.replace("commands", "set_env = PYTHONPATH = src\ncommands"),
        tracked={
            "check.py": "import lantern.spare\n",
            "src/lantern/spare.py": "",
            "pyproject.toml": PYPROJECT
            + '\n[tool.hatch.build.targets.wheel]\nexclude = ["spare.py"]\npackages = ["src/lantern"]\n',
        },
        fails=r"No module named 'lantern\.spare'",
        says="lantern is in the work tree, but the wheel lacks it or a part of it",
    ),
    "merge": Case(
        title="CI tests the merge of a pull request with its base",
        session=CHECK.replace("check.py", "more.py"),
        arguments=("--onto", "main"),
        tox=TOX.replace("check.py", "more.py"),
        prepare=_diverged,
        fails="has no attribute 'old'",
        says=r"(?s)merged onto main.*has no attribute 'old'",
    ),
    "stale-build": Case(
        title="An older build of the project is tested than the source beside it",
        session=SHIPPED,
        plain=(
            '@nox.session(reuse_venv=True, venv_backend="uv")\ndef check(session):\n'
            '    session.run_install("uv", "sync", "--quiet", "--locked", "--no-editable", "--no-default-groups", external=True)\n'
            '    session.run("python", "check.py")\n'
        ),
        tox=TOX.replace("skip_install = true", "runner = uv-venv-lock-runner\npackage = wheel").replace(
            "no_package = true\n", ""
        ),
        earlier={"src/lantern/__init__.py": FILES["src/lantern/__init__.py"]},
        tracked={
            "check.py": 'import lantern\nassert lantern.lit(1) == "bright", lantern.lit(1)\n',
            "src/lantern/__init__.py": FILES["src/lantern/__init__.py"].replace('"bright"', '"dim"'),
        },
        fails="AssertionError: dim",
        says="AssertionError: dim",
    ),
    "executable": Case(
        title="The executable bit is not committed",
        session='@evenfall.session\ndef check(session):\n    session.run("sh", "-c", "./tool.sh", external=True)\n',
        tox=TOX.replace("commands = python check.py", "allowlist_externals = sh\ncommands = sh -c ./tool.sh"),
        tracked={"tool.sh": "#!/bin/sh\n"},
        prepare=lambda project: project.git("config", "core.fileMode", "false"),
        afterwards=_executable_here,
        fails=r"tool\.sh: .*[Pp]ermission denied",
        says=r"tool\.sh is executable locally but not in the commit: git update-index --chmod=\+x tool\.sh",
    ),
    "absolute": Case(
        title="A file of the checkout is read by its absolute path",
        prepare=lambda project: project.write("check.py", f"open({os.fspath(project.root / 'README.md')!r})\n"),
        fails=r"Permission denied: '.*README\.md'",
        says=r"README\.md is in your checkout, which CI does not have",
    ),
    "excluded": Case(
        title="A file is ignored by the developer's own git configuration",
        tracked={"check.py": 'open("notes.txt")\n'},
        untracked={"notes.txt": ""},
        home={".config/git/ignore": "notes.txt\n"},
        fails=r"No such file or directory: 'notes\.txt'",
        says=r"notes\.txt exists locally but is ignored by git",
    ),
    "dotenv": Case(
        title="Variables come from an ignored `.env`",
        tracked={
            "check.py": """\
import os, pathlib
file = pathlib.Path(".env")
for line in file.read_text().splitlines() if file.is_file() else ():
    os.environ.setdefault(*line.split("=", 1))
os.environ["LANTERN_KEY"]
""",
            ".gitignore": ".nox/\n/.env\n",
        },
        untracked={".env": "LANTERN_KEY=brass\n"},
        fails="KeyError: 'LANTERN_KEY'",
        says=r"\.env exists locally but is ignored by git, so CI does not have the variable LANTERN_KEY",
    ),
    "empty-folder": Case(
        title="A folder is empty, so git does not track it",
        tracked={"check.py": 'import os\nos.listdir("logs")\n'},
        afterwards=lambda project: (project.root / "logs").mkdir(),
        fails="No such file or directory: 'logs'",
        says="logs/ exists locally but is empty",
    ),
    "submodule": Case(
        title="A submodule is checked out here",
        tracked={"check.py": 'import sys\nsys.path.insert(0, "vendor")\nimport wick\n'},
        prepare=_with_submodule,
        fails="No module named 'wick'",
        says=r"vendor is a submodule, which is empty in a runner's checkout",
    ),
    "filter": Case(
        title="A file comes through a filter of the developer's git, like Git LFS",
        tracked={
            ".gitattributes": "*.bin filter=lfs\n",
            "lamp.bin": "light\n",
            "check.py": 'assert open("lamp.bin").read() == "light\\n"\n',
        },
        home={".gitconfig": '[filter "lfs"]\nclean = "echo version 1 #"\nsmudge = "echo light #"\n'},
        prepare=_through_a_filter,
        afterwards=_through_the_homes_filter,
        fails="AssertionError",
        says=r"git's filter lfs changes lamp\.bin locally",
    ),
    "flagged": Case(
        title="A change that git was told not to look at",
        tracked={"settings.txt": "ours\n", "check.py": 'assert open("settings.txt").read() == "mine\\n"\n'},
        afterwards=_flagged,
        fails="AssertionError",
        says=r"assume-unchanged is set: the committed version is taken: settings\.txt",
    ),
    "link": Case(
        title="A symbolic link leads out of the checkout",
        tracked={"check.py": 'open("wax.txt")\n'},
        home={"wax.txt": ""},
        prepare=_linked,
        fails="(Permission denied|No such file or directory): 'wax.txt'",
        says=r"wax\.txt is a link to .*/home/wax\.txt outside the checkout",
    ),
    "default-branch": Case(
        title="HOME: git's `init.defaultBranch`",
        tracked={
            "check.py": """\
import subprocess, tempfile
folder = tempfile.mkdtemp()
git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
subprocess.run([*git, "init", "--quiet"], cwd=folder, check=True)
subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=folder, check=True)
subprocess.run([*git, "rev-parse", "main", "--"], cwd=folder, check=True)
"""
        },
        home={".gitconfig": "[init]\ndefaultBranch = main\n"},
        fails="bad revision 'main'",
        says=r"init\.defaultBranch is main in your git configuration but not in CI",
    ),
    "branch": Case(
        title="HEAD is on a branch",
        tracked={"check.py": 'import subprocess\nsubprocess.run(["git", "symbolic-ref", "HEAD"], check=True)\n'},
        fails="ref HEAD is not a symbolic ref",
        says="a runner's checkout of a pull request is on no branch",
    ),
    "ci": Case(
        title="Something goes another way where `CI` is set",
        tracked={"check.py": 'import os\nassert "CI" not in os.environ\n'},
        fails="AssertionError",
        says="the variable CI is set in CI but not in your shell",
    ),
    "temporary": Case(
        title="A file of an earlier run lies in the folder for temporary ones",
        tracked={"check.py": 'import os, tempfile\nopen(os.path.join(tempfile.gettempdir(), "wax.txt"))\n'},
        home={"tmp/wax.txt": ""},
        environ={"TMPDIR": "$HOME/tmp"},
        fails=r"No such file or directory: '.*/wax\.txt'",
        says=r"wax\.txt exists in your temporary folder; in CI, that folder is empty",
    ),
    "umask": Case(
        title="The shell's umask",
        tracked={"check.py": 'import os\nopen("wax.txt", "w")\nassert not os.stat("wax.txt").st_mode & 0o77\n'},
        shell="umask 077",
        fails="AssertionError",
        says=r"umask 022 \(yours: 077\)",
    ),
    "times": Case(
        title="The time of a file",
        tracked={"check.py": 'import os\nassert os.path.getmtime("page.txt") < 86400\n', "page.txt": ""},
        afterwards=lambda project: os.utime(project.root / "page.txt", (0, 0)),
        fails="AssertionError",
        says="git does not store the times of files",
    ),
    "mode": Case(
        title="The mode of a file, but for its executable bit",
        tracked={"check.py": 'import os\nassert not os.stat("key.txt").st_mode & 0o77\n', "key.txt": ""},
        afterwards=lambda project: (project.root / "key.txt").chmod(0o600),
        fails="AssertionError",
        says="git stores only the executable bit of a file's mode",
    ),
    "artifact-mode": Case(
        title="The executable bit of an artifact",
        session=(
            '@evenfall.session(artifacts=("wick/",))\ndef light(session):\n    session.run("python", "light.py")\n\n\n'
            '@evenfall.session(requires=("light",))\ndef check(session):\n'
            '    session.run("sh", "-c", "wick/tool.sh", external=True)\n'
        ),
        plain=(
            '@nox.session\ndef light(session):\n    session.run("python", "light.py")\n\n\n'
            '@nox.session(requires=("light",))\ndef check(session):\n'
            '    session.run("sh", "-c", "wick/tool.sh", external=True)\n'
        ),
        tox=TOX.replace("env_list = check", "env_list = light, check").replace(
            "commands = python check.py", "allowlist_externals = sh\ncommands = sh -c wick/tool.sh"
        )
        + "\n[testenv:light]\ncommands = python light.py\n",
        sessions=("light", "check"),
        tracked={
            "light.py": 'import os\nos.makedirs("wick", exist_ok=True)\n'
            'open("wick/tool.sh", "w").write("#!/bin/sh\\n")\nos.chmod("wick/tool.sh", 0o755)\n',
            ".gitignore": ".nox/\n/wick/\n",
        },
        fails=r"wick/tool\.sh: .*[Pp]ermission denied",
        says=r"wick/tool\.sh comes from an artifact, which does not keep the executable bit",
    ),
    "service": Case(
        title="A service that listens on the developer's machine",
        prepare=_served,
        result=0,
        fails="ConnectionRefusedError",
        says=NEVER,
        missed="a sandbox is on the machine's own network",
    ),
}
"""By name; the text of each is what the documentation says of it."""
