"""Small real projects that pass with plain Nox on the developer's machine and fail in CI, one for each kind of difference.

A case changes the project of `tests.sample_project`: tracked and untracked files, the developer's HOME and variables, and a session
that Nox, tox and GitHub can run.
"""

from __future__ import annotations

import http.server
import os
import re
import socketserver
import sys
import threading
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from uv import find_uv_bin

from evenfall.project.interpreters import find_interpreter
from tests.sample_project import FILES, PYPROJECT, PYTHON, SampleProject

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
"""A pattern that matches nothing."""


def run_plain_nox(project: SampleProject, case: Case, environ: Mapping[str, str]) -> None:
    """Run the sessions as the developer does; they pass."""
    done = project.nox("-s", *case.sessions, env=environ)
    assert done.returncode == 0, done.stdout


@dataclass(frozen=True, kw_only=True)
class Case:
    """One difference.

    `message` is a pattern of the message with which `evenfall run` names the difference, and `exit_code` the run's exit code: 0 if
    it names the difference but does not fail. `undetected` is the reason why Evenfall does not detect it. `failure` is a pattern of
    the output if the session fails because of the difference, and only then, under every tool.

    `plain_session` is the session for plain Nox and `tox` the configuration of tox, if they are not the same session. `home`,
    `environ`, `terminal` and the command of the `shell` are the developer's. `earlier` are the files at the time of an earlier run
    of the sessions. `before_commit` and `after_commit` change the project before and after its last commit. `like` is the case whose
    cause is found in the same way; the tests run only that one, and the benchmark both.
    """

    title: str
    message: str
    failure: str = NEVER
    exit_code: int = 1
    session: str = CHECK
    plain_session: str = ""
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
    undetected: str = ""
    like: str = ""
    before_commit: Callable[[SampleProject], object] = lambda _: None
    after_commit: Callable[[SampleProject], object] = lambda _: None

    def make(
        self, project: SampleProject, run: Callable[[SampleProject, Case, Mapping[str, str]], object] = run_plain_nox
    ) -> SampleProject:
        """Change a copy of the made project into this case, with the developer's HOME next to it. `run` makes the earlier run."""
        home = project.root.with_name("home")
        home.mkdir()
        for path, text in self.home.items():
            file = SampleProject(home).write(path, text.replace("$HOME", os.fspath(home)))
            file.chmod(0o755 if text.startswith("#!") else 0o644)
        project.write("tox.ini", self.tox)
        for path, text in self.tracked.items():
            project.write(path, text)
        self.write_plain_noxfile(project)
        self.before_commit(project)
        if self.earlier:
            for path, text in self.earlier.items():
                project.write(path, text)
            run(project, self, self.variables(project))
            for path in self.earlier:
                if path in self.tracked:
                    project.write(path, self.tracked[path])
                else:
                    (project.root / path).unlink()
        project.write("noxfile.py", NOXFILE.format(session=self.session))
        project.commit()
        for path, text in self.untracked.items():
            project.write(path, text)
        self.after_commit(project)
        return project

    def variables(self, project: SampleProject) -> dict[str, str]:
        """Return the developer's environment variables."""
        home = os.fspath(project.root.with_name("home"))
        path = os.pathsep.join([os.path.dirname(os.fsdecode(find_uv_bin())), os.environ["PATH"]])
        usual = {
            "http_proxy": _proxy(),
            "HOME": home,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PATH": path,
            **_shared_folders(),
        }
        more = {name: value.replace("$HOME", home).replace("$PATH", path) for name, value in self.environ.items()}
        return usual | more

    def in_shell(self, *command: str) -> tuple[str, ...]:
        """Return a command that runs in the developer's shell."""
        return ("sh", "-c", f'{self.shell}; exec "$@"', "sh", *command) if self.shell else command

    def write_plain_noxfile(self, project: SampleProject) -> None:
        """Write the noxfile of a developer who does not use Evenfall."""
        plain = self.plain_session or self.session.replace("@evenfall.session", "@nox.session")
        plain = re.sub(r"systems=\([^)]*\)", "", plain)
        project.write("noxfile.py", NOXFILE.format(session=plain).replace("import evenfall\n", ""))


def _shared_folders() -> dict[str, str]:
    """Return the variables with which the developer's HOME uses uv's cache and pyenv's interpreters of this machine."""
    home = Path.home()
    return {
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", os.fspath(home / ".cache/uv")),
        "PYENV_ROOT": os.environ.get("PYENV_ROOT", os.fspath(home / ".pyenv")),
    }


def _add_tag(project: SampleProject) -> None:
    project.git("tag", "v1.0")


def _diverge_from_main(project: SampleProject) -> None:
    """Rename a function on main that the branch still calls."""
    project.write("check.py", "import helper\nhelper.old()\n")
    project.write("helper.py", "def old():\n    pass\n")
    project.commit("helper")
    project.git("branch", "topic")
    project.write("helper.py", "def new():\n    pass\n")
    project.write("check.py", "import helper\nhelper.new()\n")
    project.commit("rename")
    project.git("checkout", "--quiet", "topic")
    project.write("more.py", "import helper\nhelper.old()\n")


def _set_autocrlf(project: SampleProject) -> None:
    project.git("config", "core.autocrlf", "true")


def _check_out_again(project: SampleProject) -> None:
    """Check a file out with the configuration of HOME, which the commits of these tests do not use."""
    (project.root / "page.txt").unlink()
    project.git("checkout", "--", "page.txt")
    project.git("config", "--unset", "core.autocrlf")


def _make_executable_locally(project: SampleProject) -> None:
    project.git("config", "core.fileMode", "false")
    (project.root / "tool.sh").chmod(0o755)


def _add_submodule(project: SampleProject) -> None:
    wick = SampleProject(project.root.with_name("home") / "wick")
    wick.write("wick.py", "")
    wick.git("init", "--quiet")
    wick.commit()
    project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", os.fspath(wick.root), "vendor")


def _add_filter(project: SampleProject) -> None:
    """Configure the filter that `git lfs install` writes into HOME, because the commits of these tests do not use HOME."""
    project.git("config", "filter.lfs.clean", "echo version 1 #")
    project.git("config", "filter.lfs.smudge", "echo light #")


def _remove_filter(project: SampleProject) -> None:
    project.git("config", "--remove-section", "filter.lfs")


def _assume_unchanged(project: SampleProject) -> None:
    project.git("update-index", "--assume-unchanged", "settings.txt")
    project.write("settings.txt", "mine\n")


def _add_link(project: SampleProject) -> None:
    (project.root / "wax.txt").symlink_to(project.root.with_name("home") / "wax.txt")


SERVERS: list[socketserver.TCPServer] = []
"""The servers end with this process."""


def _start_server(project: SampleProject) -> None:
    SERVERS.append(socketserver.ThreadingTCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler))
    threading.Thread(target=SERVERS[-1].serve_forever, daemon=True).start()
    project.write("check.py", f"import socket\nsocket.create_connection({SERVERS[-1].server_address!r}).close()\n")


class _Repositories(http.server.SimpleHTTPRequestHandler):
    """A proxy under which the path of a URL, whatever its host, is that of a file of this machine."""

    def translate_path(self, path: str) -> str:
        return urlsplit(path).path

    def log_message(self, *_: object) -> None:
        pass


@cache
def _proxy() -> str:
    SERVERS.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Repositories))
    threading.Thread(target=SERVERS[-1].serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{SERVERS[-1].server_address[1]}"


def _change_installed_hook(project: SampleProject) -> None:
    """Commit a hook that fails, and change it where pre-commit has installed it."""
    wick = SampleProject(project.root.with_name("home") / "wick")
    wick.write("wick.sh", "#!/bin/sh\nexit 1\n").chmod(0o755)
    wick.write(".pre-commit-hooks.yaml", "- {id: wick, name: wick, entry: ./wick.sh, language: script}\n")
    wick.git("init", "--quiet")
    wick.commit()
    wick.git("update-server-info")
    revision = wick.git("rev-parse", "HEAD").strip()
    hooks = f"repos:\n- repo: http://example.org{wick.root}/.git\n  rev: {revision}\n  hooks: [id: wick]\n"
    project.write(".pre-commit-config.yaml", hooks)
    project.git("add", ".")
    environ = {"HOME": os.fspath(wick.root.parent), "http_proxy": _proxy()}
    done = project.run(sys.executable, "-m", "pre_commit", "install-hooks", env=environ)
    assert done.returncode == 0, done.stdout
    for installed in wick.root.parent.glob(".cache/pre-commit/*/wick.sh"):
        installed.write_text("#!/bin/sh\n")


def _depend_on_folder_beside_checkout(project: SampleProject) -> None:
    wick = SampleProject(project.root.with_name("wick"))
    wick.write("pyproject.toml", PYPROJECT.replace('"lantern"', '"wick"').replace('readme = "README.md"\n', ""))
    wick.write("src/wick/__init__.py", "")
    dependencies = 'dependencies = ["wick"]\n[tool.uv.sources]\nwick = { path = "../wick" }\n[dependency-groups]'
    project.replace("pyproject.toml", "[dependency-groups]", dependencies)
    locked = project.uv("lock", "--quiet")
    assert locked.returncode == 0, locked.stderr


def _folder_of(python: str) -> str:
    found = find_interpreter(python)
    return f"{found.parent}{os.pathsep}" if found else ""


def _expect_order_of_seed_0(project: SampleProject) -> None:
    names = [*"abcdefghijklmnop"]
    done = project.run(sys.executable, "-c", f"print([*set({names})])", env={"PYTHONHASHSEED": "0"})
    project.write("check.py", f"assert [*set({names})] == {done.stdout}")


def _add_wheel(project: SampleProject) -> None:
    """Make the developer's own index: a folder with a wheel that no other index has."""
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
INSTALLED = '@evenfall.session(groups=())\ndef check(session):\n    session.run("python", "check.py")\n'


CASES: Mapping[str, Case] = {
    "untracked": Case(
        title="A module or data file is not committed",
        tracked={"check.py": "import helper\n"},
        untracked={"helper.py": ""},
        failure="No module named 'helper'",
        message=r"helper\.py exists locally but is untracked, so CI does not have it \(git add helper\.py\)",
    ),
    "ignored": Case(
        title="A file is ignored by git but imported or read",
        tracked={"check.py": 'open("data.json")\n', ".gitignore": ".nox/\n/data.json\n"},
        untracked={"data.json": "{}"},
        failure=r"No such file or directory: 'data\.json'",
        message=r"data\.json exists locally but is ignored by git",
    ),
    "variable": Case(
        title="A variable of the user's shell is read",
        tracked={"check.py": 'import os\nos.environ["LANTERN_KEY"]\n'},
        environ={"LANTERN_KEY": "brass"},
        failure="KeyError: 'LANTERN_KEY'",
        message="LANTERN_KEY is set in your shell",
    ),
    "undeclared": Case(
        title="A dependency is installed for the developer but declared nowhere",
        tracked={"check.py": "import wick\n"},
        home={"site/wick.py": ""},
        environ={"PYTHONPATH": "$HOME/site"},
        failure="No module named 'wick'",
        message="wick is in no dependency group of this session",
    ),
    "program": Case(
        title="A program is only on the developer's PATH",
        session='@evenfall.session\ndef check(session):\n    session.run("snuffer", external=True)\n',
        tox=TOX.replace("commands = python check.py", "allowlist_externals = snuffer\ncommands = snuffer"),
        home={"bin/snuffer": "#!/bin/sh\n"},
        environ={"PATH": "$HOME/bin:$PATH"},
        failure="snuffer not found",
        message=r"snuffer is on your PATH \(.*/bin/snuffer\)",
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
        failure="No module named 'wick'",
        message="wick is in no dependency group of this session",
    ),
    "lock": Case(
        title="`uv.lock` is out of date",
        session=INSTALLED,
        plain_session='@nox.session\ndef check(session):\n    session.run("uv", "run", "--quiet", "python", "check.py", external=True)\n',
        tox=TOX.replace("commands = python", "allowlist_externals = uv\ncommands = uv run --quiet python"),
        tracked={
            "check.py": "",
            "pyproject.toml": PYPROJECT.replace(
                "[dependency-groups]", 'dependencies = ["iniconfig"]\n[dependency-groups]', 1
            ),
        },
        failure="needs to be updated",
        message=r"uv\.lock is out of date: uv lock, and commit it",
    ),
    "interpreter": Case(
        title="A session runs another Python than its name says",
        session=f'@evenfall.session(python="{OTHER}")\ndef check(session):\n    session.run("python", "check.py")\n',
        plain_session=(
            f'@nox.session(python="{OTHER}", venv_backend="none")\ndef check(session):\n'
            f'    session.run({sys.executable!r}, "check.py", external=True)\n'
        ),
        tox=TOX.replace("env_list = check", f"env_list = {OTHER}").replace(
            "commands = python", f"allowlist_externals = *\ncommands = {sys.executable}"
        ),
        tracked={"check.py": f"import sys\nassert sys.version_info[1] != {OTHER[2:]}, sys.version\n"},
        environ={"PATH": f"{_folder_of(OTHER)}$PATH"},
        failure="AssertionError",
        message=rf"AssertionError: {OTHER}",
    ),
    "classifiers": Case(
        title="The classifiers and the matrix name different Pythons",
        tracked={
            "check.py": "",
            "pyproject.toml": PYPROJECT.replace(
                f'"Programming Language :: Python :: {PYTHON}"',
                f'"Programming Language :: Python :: {PYTHON}", "Programming Language :: Python :: 3.9"',
            ),
        },
        exit_code=2,
        failure=r"names Python 3\.9",
        message=r"project\.classifiers names Python 3\.9, which project\.requires-python .* excludes",
    ),
    "zone": Case(
        title="Time zone",
        tracked={"check.py": "import time\nassert time.localtime(0).tm_hour == 19\n"},
        environ={"TZ": "America/New_York"},
        failure="AssertionError",
        message=r"CI has the time zone UTC \(yours: America/New_York\)",
    ),
    "locale": Case(
        title="Locale and encoding",
        like="zone",
        tracked={"check.py": "import locale\nassert locale.getencoding() != 'UTF-8'\n"},
        environ={"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        failure="AssertionError",
        message=r"CI has the locale C\.UTF-8 \(yours: POSIX\)",
    ),
    "terminal": Case(
        title="Terminal, its width and colors, an interactive stdin",
        tracked={"check.py": "import sys\nassert sys.stdin.isatty()\n"},
        terminal=True,
        failure="AssertionError",
        message="CI has no terminal",
    ),
    "width": Case(
        title="Variables of a terminal",
        like="zone",
        tracked={"check.py": "import shutil\nassert shutil.get_terminal_size().columns == 200\n"},
        environ={"COLUMNS": "200"},
        failure="AssertionError",
        message="COLUMNS is set in your shell",
    ),
    "home": Case(
        title="HOME: dotfiles, caches, credentials",
        tracked={"check.py": 'import pathlib\n(pathlib.Path.home() / ".lanternrc").read_text()\n'},
        home={".lanternrc": "oil = 1\n"},
        failure=r"No such file or directory: '.*/\.lanternrc'",
        message=r"~/\.lanternrc exists in your HOME; in CI, HOME is empty",
    ),
    "identity": Case(
        title="HOME: the user's name in git",
        tracked={
            "check.py": """\
import subprocess, tempfile
folder = tempfile.mkdtemp()
subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
subprocess.run(["git", "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=folder, check=True)
"""
        },
        home={".gitconfig": "[user]\nname = A\nemail = a@example.org\n[core]\nhooksPath = /dev/null\n"},
        failure="tell me who you are|auto-detect email|empty ident name",
        message=r"git's user\.name, git's user\.email: your own identity in git, which CI does not have",
    ),
    "line-ends": Case(
        title="HOME: git's `core.autocrlf`",
        tracked={
            "page.txt": "one\ntwo\n",
            "check.py": 'assert open("page.txt", "rb").read() == b"one\\r\\ntwo\\r\\n"\n',
        },
        home={".gitconfig": "[core]\nautocrlf = true\n"},
        before_commit=_set_autocrlf,
        after_commit=_check_out_again,
        failure="AssertionError",
        message=r"CI has line ends as committed \(your core\.autocrlf is true\)",
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
        failure=r"No such file or directory: 'wax\.txt'",
        message=r"wax\.txt exists locally but is ignored by git",
    ),
    "history": Case(
        title="Git history or tags that a shallow checkout does not have",
        tracked={"check.py": 'import subprocess\nsubprocess.run(["git", "describe", "--tags"], check=True)\n'},
        after_commit=_add_tag,
        failure="No names found",
        message=r"a runner's checkout has one commit and no tags; evenfall\.session\(history=True\)",
    ),
    "hook": Case(
        title="A hook runs another version of a tool than the lock has",
        tracked={
            "check.py": "",
            ".pre-commit-config.yaml": "repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: v0.0.1\n"
            "    hooks:\n      - id: ruff\n",
        },
        exit_code=0,
        message=r"\.pre-commit-config\.yaml: its hook runs ruff v0\.0\.1, but",
    ),
    "repairs": Case(
        title="The local command fixes the files that the workflow checks",
        tracked={"check.py": 'open("page.txt", "w").write("tidy\\n")\n', "page.txt": "untidy\n"},
        exit_code=0,
        message=r"it changed tracked files: page\.txt",
    ),
    "case": Case(
        title="Paths that differ only by case or contain characters that Windows forbids",
        session=CHECK.replace("session\n", 'session(systems=("ubuntu-latest", "windows-latest"))\n', 1),
        tracked={
            "check.py": "",
            "notes/Ideas.md": "# Lantern\n",
            "notes/ideas.md": "# Lantern\n",
            "notes/what?.md": "# Lantern\n",
        },
        exit_code=0,
        message=r"(?s)notes/Ideas\.md and notes/ideas\.md differ only by case.*Windows can't check these out: 'notes/what\?\.md'",
    ),
    "order": Case(
        title="Tests that pass only in one order",
        like="zone",
        before_commit=_expect_order_of_seed_0,
        environ={"PYTHONHASHSEED": "0"},
        failure="AssertionError",
        message="PYTHONHASHSEED is set in your shell",
    ),
    "index": Case(
        title="An index that only the developer's machine can reach",
        session=INSTALL,
        tox=TOX_INSTALL,
        before_commit=_add_wheel,
        environ={"UV_FIND_LINKS": "$HOME/wheels"},
        failure="evenfall-wick.*not found",
        message="UV_FIND_LINKS.*: your own configuration of indexes or credentials",
    ),
    "configuration": Case(
        title="A private index in the user's own uv configuration",
        like="index",
        session=INSTALL,
        tox=TOX_INSTALL,
        home={".config/uv/uv.toml": '[pip]\nfind-links = ["$HOME/wheels"]\n'},
        before_commit=_add_wheel,
        failure="evenfall-wick.*not found",
        message=r"~/\.config/uv/uv\.toml.*: your own configuration of indexes or credentials",
    ),
    "import-path": Case(
        title="The tests import the source tree, not the installed project",
        session=INSTALLED,
        plain_session='@nox.session\ndef check(session):\n    session.run("python", "check.py", env={"PYTHONPATH": "src"})\n',
        tox=TOX.replace("commands", "set_env = PYTHONPATH = src\ncommands"),
        tracked={
            "check.py": "import lantern.spare\n",
            "src/lantern/spare.py": "",
            "pyproject.toml": PYPROJECT.replace("source-include", 'wheel-exclude = ["spare.py"]\nsource-include'),
        },
        failure=r"No module named 'lantern\.spare'",
        message="lantern is in the work tree, but the wheel lacks it or a part of it",
    ),
    "merge": Case(
        title="CI tests the merge of a pull request with its base",
        session=CHECK.replace("check.py", "more.py"),
        arguments=("--onto", "main"),
        tox=TOX.replace("check.py", "more.py"),
        before_commit=_diverge_from_main,
        failure="has no attribute 'old'",
        message=r"(?s)merged onto main.*has no attribute 'old'",
    ),
    "stale-build": Case(
        title="The tests run an older build of the project",
        session=INSTALLED,
        plain_session=(
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
        failure="AssertionError: dim",
        message="AssertionError: dim",
    ),
    "executable": Case(
        title="The executable bit is not committed",
        session='@evenfall.session\ndef check(session):\n    session.run("sh", "-c", "./tool.sh", external=True)\n',
        tox=TOX.replace("commands = python check.py", "allowlist_externals = sh\ncommands = sh -c ./tool.sh"),
        tracked={"tool.sh": "#!/bin/sh\n"},
        before_commit=lambda project: project.git("config", "core.fileMode", "false"),
        after_commit=_make_executable_locally,
        failure=r"tool\.sh: .*[Pp]ermission denied",
        message=r"tool\.sh is executable locally but not in the commit: git update-index --chmod=\+x tool\.sh",
    ),
    "absolute": Case(
        title="A file of the checkout is read by its absolute path",
        before_commit=lambda project: project.write("check.py", f"open({os.fspath(project.root / 'README.md')!r})\n"),
        failure=r"(Permission denied|No such file or directory): '.*README\.md'",
        message=r"README\.md is in your checkout, which CI does not have",
    ),
    "excluded": Case(
        title="A file is ignored by the developer's own git configuration",
        tracked={"check.py": 'open("notes.txt")\n'},
        untracked={"notes.txt": ""},
        home={".config/git/ignore": "notes.txt\n"},
        failure=r"No such file or directory: 'notes\.txt'",
        message=r"notes\.txt exists locally but is ignored by git",
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
        failure="KeyError: 'LANTERN_KEY'",
        message=r"\.env exists locally but is ignored by git, so CI does not have the variable LANTERN_KEY",
    ),
    "empty-folder": Case(
        title="A folder is empty, so git does not track it",
        tracked={"check.py": 'import os\nos.listdir("logs")\n'},
        after_commit=lambda project: (project.root / "logs").mkdir(),
        failure="No such file or directory: 'logs'",
        message="logs/ exists locally but is empty",
    ),
    "submodule": Case(
        title="A submodule is checked out locally",
        tracked={"check.py": 'import sys\nsys.path.insert(0, "vendor")\nimport wick\n'},
        before_commit=_add_submodule,
        failure="No module named 'wick'",
        message=r"vendor is a submodule, which is empty in a runner's checkout",
    ),
    "filter": Case(
        title="A filter of the developer's git changes a file, such as Git LFS",
        tracked={
            ".gitattributes": "*.bin filter=lfs\n",
            "lamp.bin": "light\n",
            "check.py": 'assert open("lamp.bin").read() == "light\\n"\n',
        },
        home={".gitconfig": '[filter "lfs"]\nclean = "echo version 1 #"\nsmudge = "echo light #"\n'},
        before_commit=_add_filter,
        after_commit=_remove_filter,
        failure="AssertionError",
        message=r"git's filter lfs changes lamp\.bin locally",
    ),
    "flagged": Case(
        title="A change that git does not compare (`assume-unchanged`)",
        tracked={"settings.txt": "ours\n", "check.py": 'assert open("settings.txt").read() == "mine\\n"\n'},
        after_commit=_assume_unchanged,
        failure="AssertionError",
        message=r"assume-unchanged is set: the committed version is taken: settings\.txt",
    ),
    "link": Case(
        title="A symbolic link points outside the checkout",
        tracked={"check.py": 'open("wax.txt")\n'},
        home={"wax.txt": ""},
        before_commit=_add_link,
        failure="(Permission denied|No such file or directory): 'wax.txt'",
        message=r"wax\.txt is a link to .*/home/wax\.txt outside the checkout",
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
        failure="bad revision 'main'",
        message=r"init\.defaultBranch is main in your git configuration but not in CI",
    ),
    "branch": Case(
        title="HEAD is on a branch",
        tracked={"check.py": 'import subprocess\nsubprocess.run(["git", "symbolic-ref", "HEAD"], check=True)\n'},
        failure="ref HEAD is not a symbolic ref",
        message="a runner's checkout of a pull request is on no branch",
    ),
    "ci": Case(
        title="The code behaves differently if `CI` is set",
        tracked={"check.py": 'import os\nassert "CI" not in os.environ\n'},
        failure="AssertionError",
        message="the variable CI is set in CI but not in your shell",
    ),
    "temporary": Case(
        title="A file of an earlier run is in the temporary folder",
        tracked={"check.py": 'import os, tempfile\nopen(os.path.join(tempfile.gettempdir(), "wax.txt"))\n'},
        home={"tmp/wax.txt": ""},
        environ={"TMPDIR": "$HOME/tmp"},
        failure=r"No such file or directory: '.*/wax\.txt'",
        message=r"wax\.txt exists in your temporary folder; in CI, that folder is empty",
    ),
    "umask": Case(
        title="The shell's umask",
        tracked={"check.py": 'import os\nopen("wax.txt", "w")\nassert not os.stat("wax.txt").st_mode & 0o77\n'},
        shell="umask 077",
        failure="AssertionError",
        message=r"CI has the umask 022 \(yours: 077\)",
    ),
    "times": Case(
        title="The time of a file",
        tracked={"check.py": 'import os\nassert os.path.getmtime("page.txt") < 86400\n', "page.txt": ""},
        after_commit=lambda project: os.utime(project.root / "page.txt", (0, 0)),
        failure="AssertionError",
        message="git does not store the times of files",
    ),
    "mode": Case(
        title="The mode of a file, except its executable bit",
        like="times",
        tracked={"check.py": 'import os\nassert not os.stat("key.txt").st_mode & 0o77\n', "key.txt": ""},
        after_commit=lambda project: (project.root / "key.txt").chmod(0o600),
        failure="AssertionError",
        message="git stores only the executable bit of a file's mode",
    ),
    "artifact-mode": Case(
        title="The executable bit of an artifact",
        session=(
            '@evenfall.session(artifacts=("wick/",))\ndef light(session):\n    session.run("python", "light.py")\n\n\n'
            '@evenfall.session(requires=("light",))\ndef check(session):\n'
            '    session.run("sh", "-c", "wick/tool.sh", external=True)\n'
        ),
        plain_session=(
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
        failure=r"wick/tool\.sh: .*[Pp]ermission denied",
        message=r"wick/tool\.sh comes from an artifact, which does not keep the executable bit",
    ),
    "service": Case(
        title="A service that listens on the developer's machine",
        before_commit=_start_server,
        failure="ConnectionRefusedError|PermissionError",  # Landlock's error is another one
        message="CI has no service of your machine",
    ),
    "silent-history": Case(
        title="Git history that a program misses without an error",
        tracked={
            "check.py": """\
import subprocess
version = subprocess.check_output(["git", "describe", "--tags", "--always"], text=True)
assert version.startswith("v1.0"), version
"""
        },
        after_commit=_add_tag,
        failure="AssertionError",
        message=r"a runner's checkout has one commit and no tags; evenfall\.session\(history=True\)",
    ),
    "git-setting": Case(
        title="HOME: another setting of git",
        like="times",
        tracked={
            "check.py": """\
import subprocess
done = subprocess.run(["git", "diff", "--no-index", "/dev/null", "check.py"], capture_output=True, text=True)
assert "+++ check.py\\n" in done.stdout
"""
        },
        home={".gitconfig": "[diff]\nnoprefix = true\n[user]\nname = A\n"},
        failure="AssertionError",
        message=r"git's diff\.noprefix is 'true' in your own configuration, which CI does not have",
    ),
    "tool-configuration": Case(
        title="HOME: the configuration of a linter",
        like="times",
        session='@evenfall.session(groups=("lint",))\ndef check(session):\n    session.run("ruff", "check", "--no-cache", "check.py")\n',
        plain_session=(
            '@nox.session(venv_backend="none")\ndef check(session):\n'
            f'    session.run({sys.executable!r}, "-m", "ruff", "check", "--no-cache", "check.py", external=True)\n'
        ),
        tox=TOX.replace(
            "commands = python check.py",
            f"allowlist_externals = *\ncommands = {sys.executable} -m ruff check --no-cache check.py",
        ),
        tracked={
            "check.py": "import os\n",
            "pyproject.toml": re.sub(r"\[tool\.ruff[^\[]*", "", PYPROJECT),
        },
        home={".config/ruff/ruff.toml": 'lint.ignore = ["F401"]\n'},
        failure="F401",
        message=r"~/\.config/ruff/ruff\.toml exists in your HOME; in CI, HOME is empty",
    ),
    "output": Case(
        title="The output is a terminal",
        like="terminal",
        tracked={"check.py": "import os\nos.get_terminal_size(1)\n"},
        terminal=True,
        failure="Inappropriate ioctl for device",
        message="CI has no terminal, neither for input nor for output",
    ),
    "path-dependency": Case(
        title="A dependency is a folder outside the repository",
        session=CHECK.replace('"python"', '"uv", "run", "--quiet", "--locked", "python"').replace(
            'py")', 'py", external=True)'
        ),
        tox=TOX.replace("commands = python", "allowlist_externals = uv\ncommands = uv run --quiet --locked python"),
        tracked={"check.py": "import wick\n"},
        before_commit=_depend_on_folder_beside_checkout,
        failure="[Dd]istribution not found at: .*/wick",
        message=r"wick is in \.\./wick, outside the repository, so CI does not have it",
    ),
    "hook-home": Case(
        title="A hook that pre-commit has installed was changed",
        session=(
            '@evenfall.session(groups=("lint",))\ndef check(session):\n'
            '    session.run("pre-commit", "run", "--all-files")\n'
        ),
        plain_session=(
            '@nox.session(venv_backend="none")\ndef check(session):\n'
            f'    session.run({sys.executable!r}, "-m", "pre_commit", "run", "--all-files", external=True)\n'
        ),
        tox=TOX.replace(
            "commands = python check.py",
            f"allowlist_externals = *\npass_env = http_proxy\ncommands = {sys.executable} -m pre_commit run --all-files",
        ),
        before_commit=_change_installed_hook,
        failure="hook id: wick",
        message="CI installs hooks anew, unlike those in .*/home/.cache/pre-commit",
    ),
    "limits": Case(
        title="The shell's resource limits",
        tracked={"check.py": "import resource\nassert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 4000\n"},
        shell="ulimit -S -n 4000",
        failure="AssertionError",
        message="CI has other resource limits",
    ),
}
"""The cases by name. Their titles are in docs/reference/differences.md."""
