"""Differences of the machine itself: all are planted at once, and each is a check that passes only with it.

The checks of a group are one session, which runs them all and fails if one does.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import coverage.tracer
import psutil

from evenfall.run.isolation import Isolation
from tests.run import denied
from tests.sample_project import SampleProject
from tests.torture.cases import NOXFILE

MARK = f"wax-{uuid.uuid4().hex[:12]}"
"""A name that no other file, process or socket of this machine has."""

KEY = uuid.uuid4().int & 0x7FFFFFFF
FOLDERS = ("/home", "/mnt", "/srv", "/usr/local", "/opt", "/run", "/var/tmp", "/dev/shm", "/var/lib")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference: `check` is a program that passes only with it, and `cause` a pattern of the message that names it.

    `visible` is the reason why a job without namespaces has it, too.
    """

    title: str
    check: str
    group: str
    cause: str
    visible: str = ""


_MACHINE = (
    "CI does not have the files outside HOME, the processes, the user, the host name or the sockets of this machine"
)
_STAT = "Landlock restricts reading, not `stat`"


def _file(folder: str) -> Difference:
    path = f"{folder}/{MARK}"
    is_shared = folder in {"/var/tmp", "/dev/shm"}
    return Difference(
        title=f"A file in `{folder}`",
        check=f"open({path!r})",
        group="folders" if folder in FOLDERS[:5] else "more_folders",
        cause=f"{path} exists on this machine, but not on a runner",
        visible="jobs and other programs share this folder" if is_shared else "",
    )


DIFFERENCES: Mapping[str, Difference] = {
    **{folder.strip("/").replace("/", "-"): _file(folder) for folder in FOLDERS},
    "unix socket": Difference(
        title="A Unix socket of a service",
        check=f"import socket\nsocket.socket(socket.AF_UNIX).connect('/run/{MARK}.socket')",
        group="more_folders",
        cause=rf"/run/{MARK}\.socket exists on this machine, but not on a runner",
        visible="Landlock does not restrict connections to Unix sockets",
    ),
    "beside": Difference(
        title="A folder beside the checkout",
        check="open('../neighbor/wax.txt')",
        group="beside",
        cause="/neighbor/wax.txt is outside your checkout",
    ),
    "parent": Difference(
        title="A `pytest.ini` above the checkout",
        check="open('../pytest.ini')",
        group="beside",
        cause="/pytest.ini is outside your checkout",
    ),
    "skip-worktree": Difference(
        title="A change that git does not compare (`skip-worktree`)",
        check="assert open('settings.txt').read() == 'mine', 'settings.txt'",
        group="beside",
        cause="the committed version is taken: settings.txt",
    ),
    "variable": Difference(
        title="A variable that no runner has (`XDG_DATA_HOME`)",
        check="import os\nos.environ['XDG_DATA_HOME']",
        group="beside",
        cause="XDG_DATA_HOME is set in your shell",
    ),
    "commits": Difference(
        title="An earlier commit",
        check="import subprocess\nsubprocess.run(['git', 'rev-parse', 'HEAD~1'], check=True)",
        group="history",
        cause="a runner's checkout has one commit and no tags",
    ),
    "branches": Difference(
        title="Another branch",
        check="import subprocess\nsubprocess.run(['git', 'rev-parse', '--verify', 'spare^{commit}', '--'], check=True)",
        group="history",
        cause="a runner's checkout has one commit and no tags",
    ),
    "ssh": Difference(
        title="The origin is an address of SSH",
        check="import subprocess\nout = subprocess.check_output(['git', 'remote', 'get-url', 'origin'])\nassert out.startswith(b'git@')",
        group="origin",
        cause=r"a runner's origin is https://github\.com/.* \(yours: git@github\.com:",
    ),
    "event": Difference(
        title="No event of GitHub",
        check="import os\nassert 'GITHUB_EVENT_PATH' not in os.environ",
        group="event",
        cause="the variable CI is set in CI but not in your shell",
    ),
    "host": Difference(
        title="The host name",
        check=f"import socket\nassert socket.gethostname() == {socket.gethostname()!r}",
        group="machine",
        cause=_MACHINE,
        visible="it needs a namespace",
    ),
    "stat": Difference(
        title="A file that is there, but not read",
        check=f"import os\nassert os.path.exists('/opt/{MARK}')",
        group="machine",
        cause=_MACHINE,
        visible=_STAT,
    ),
    "list": Difference(
        title="The list of a folder",
        check=f"import os\nassert '{MARK}' in os.listdir('/opt')",
        group="machine",
        cause=_MACHINE,
        visible="Landlock would also deny the lists of all folders above",
    ),
    "process": Difference(
        title="Another process",
        check=f"import pathlib\nfound = [p.read_bytes() for p in pathlib.Path('/proc').glob('[0-9]*/cmdline')]\n"
        f"assert any(b'{MARK[:-1]}' b'{MARK[-1]}' in each for each in found)",
        group="machine",
        cause=_MACHINE,
        visible="it needs a namespace",
    ),
    "user": Difference(
        title="The user's number",
        check=f"import os\nassert os.getuid() == {psutil.Process().uids().real if sys.platform != 'win32' else 0}",
        group="machine",
        cause=_MACHINE,
        visible="it needs a namespace",
    ),
    "name": Difference(
        title="The user's name",
        check=f"import os, pwd\nassert pwd.getpwuid(os.getuid()).pw_name == {psutil.Process().username()!r}",
        group="machine",
        cause=_MACHINE,
        visible="it needs a namespace",
    ),
    "abstract": Difference(
        title="An abstract Unix socket",
        check=f"import socket\nsocket.socket(socket.AF_UNIX).connect('\\0{MARK}')",
        group="machine",
        cause=f"{_MACHINE}|CI has no service of your machine",
    ),
    "agent": Difference(
        title="The user's SSH agent",
        check="import os, sys\nif not os.path.exists(os.environ.get('SSH_AUTH_SOCK', '')):\n"
        "    raise Exception('Could not open a connection to your authentication agent.')",
        group="variables",
        cause="SSH_AUTH_SOCK: your own SSH agent, which CI does not have",
    ),
    "display": Difference(
        title="The user's display",
        check="import os\nif not os.environ.get('DISPLAY'):\n    raise Exception('no display name and no $DISPLAY environment variable')",
        group="variables",
        cause="DISPLAY: your own display, which CI does not have",
    ),
    "library": Difference(
        title="A library that only a variable makes available (`LD_LIBRARY_PATH`)",
        check="import ctypes\nctypes.CDLL('libwick.so')",
        group="variables",
        cause="LD_LIBRARY_PATH: your own libraries, which CI does not have",
    ),
    "identity": Difference(
        title="The user's name in git comes from variables",
        check="import subprocess, tempfile\nfolder = tempfile.mkdtemp()\n"
        "subprocess.run(['git', 'init', '--quiet'], cwd=folder, check=True)\n"
        "subprocess.run(['git', 'commit', '--quiet', '--allow-empty', '-m', 'x'], cwd=folder, check=True)",
        group="variables",
        cause="GIT_AUTHOR_EMAIL, GIT_AUTHOR_NAME, .*: your own identity in git, which CI does not have",
    ),
    "signature": Difference(
        title="HOME: a key of GPG",
        check="import pathlib\nif not pathlib.Path.home().joinpath('.gnupg/pubring.kbx').exists():\n"
        "    raise Exception('gpg: signing failed: No secret key')",
        group="work_tree",
        cause=r"~/\.gnupg: your own keys of GPG, which CI does not have",
    ),
    "alias": Difference(
        title="HOME: an alias of git",
        check="import subprocess\nsubprocess.run(['git', 'wick'], check=True)",
        group="work_tree",
        cause=r"git's alias\.wick: your own aliases of git, which CI does not have",
    ),
    "remote": Difference(
        title="Another remote than `origin`",
        check="import subprocess\nsubprocess.run(['git', 'remote', 'get-url', 'upstream'], check=True)",
        group="work_tree",
        cause="your repository has the remote upstream; a runner's checkout has only origin",
    ),
    "metadata": Difference(
        title="Metadata that an editable installation left in the work tree (`*.egg-info`)",
        check="import importlib.metadata, sys\nsys.path.insert(0, 'src')\nimportlib.metadata.version('lantern-wick')",
        group="work_tree",
        cause=r"src/lantern_wick\.egg-info/ exists locally but is ignored by git",
    ),
    "extension": Difference(
        title="A compiled extension in the work tree",
        check="import sys\nsys.path.insert(0, 'src')\nimport lantern.tracer",
        group="work_tree",
        cause=r"src/lantern/tracer\.\S+\.so exists locally but is ignored by git",
    ),
    "memory": Difference(
        title="Shared memory (System V)",
        check=f"import ctypes\nassert ctypes.CDLL(None).shmget({KEY}, 0, 0) >= 0",
        group="machine",
        cause=_MACHINE,
        visible="it needs a namespace",
    ),
}

CHECK = """\
import runpy, sys, traceback

failed = False
for name in sys.argv[1:]:
    try:
        runpy.run_path(f"checks/{name}.py")
    except Exception:
        failed = True
        print(name, "differs", flush=True)
        traceback.print_exc()
    else:
        print(name, "is equal", flush=True)
sys.exit(failed)
"""
SESSION = """\
@evenfall.session(venv_backend="none")
def {group}(session):
    session.run({python!r}, "check.py", *{names!r}, external=True)


"""


def groups() -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, difference in DIFFERENCES.items():
        found.setdefault(difference.group, []).append(name)
    return found


def write_checks(project: SampleProject) -> None:
    """Commit a session for each group, and make the differences of the repository and of its surroundings."""
    sessions = [SESSION.format(group=group, python="python", names=names) for group, names in groups().items()]
    project.write("noxfile.py", NOXFILE.format(session="".join(sessions)))
    project.write("check.py", CHECK)
    for name, difference in DIFFERENCES.items():
        project.write(f"checks/{name}.py", f"{difference.check}\n")
    project.write("settings.txt", "ours")
    project.write(".gitignore", f"{project.read('.gitignore')}*.egg-info/\n*.so\n")
    project.commit()
    project.git("branch", "spare")
    project.git("commit", "--quiet", "--amend", "-m", "another one")
    project.git("remote", "add", "origin", "git@github.com:lamp/lantern.git")
    project.git("update-index", "--skip-worktree", "settings.txt")
    project.write("settings.txt", "mine")
    project.write("../neighbor/wax.txt", "")
    project.write("../pytest.ini", "")
    project.git("remote", "add", "upstream", "https://github.com/lamp/lantern")
    shutil.copy(coverage.tracer.__file__, project.root / "src/lantern")
    project.write("src/lantern_wick.egg-info/PKG-INFO", "Metadata-Version: 2.1\nName: lantern-wick\nVersion: 1.0\n")


@contextlib.contextmanager
def planted() -> Iterator[None]:
    """Plant the differences of the machine; they end with the block."""
    with contextlib.ExitStack() as stack:
        for path in (Path(folder, MARK) for folder in FOLDERS):
            path.touch()
            stack.callback(path.unlink)
        listening = stack.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(f"/run/{MARK}.socket")
        stack.callback(Path(f"/run/{MARK}.socket").unlink)
        listening.listen()
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0{MARK}")
        abstract.listen()
        libc = ctypes.CDLL(None)
        memory = libc.shmget(KEY, 4096, 0o1600)
        stack.callback(libc.shmctl, memory, 0, None)
        process = stack.enter_context(subprocess.Popen([sys.executable, "-c", "input()", MARK], stdin=subprocess.PIPE))
        stack.callback(process.kill)
        yield


def measure(project: SampleProject, kind: Isolation, *sessions: str) -> dict[str, tuple[bool, bool]]:
    """Return of each difference whether `evenfall run` detects it and whether it names its cause; plain Nox passes with all.

    The sessions are the names of groups; all by default.
    """
    home = SampleProject(project.root.with_name("home"))
    home.root.mkdir(exist_ok=True)
    home.write(".gitconfig", "[alias]\nwick = status\n")
    for name in (".gnupg/pubring.kbx", "agent", "lib/libwick.so"):
        home.write(name, "")
    shutil.copy(coverage.tracer.__file__, home.root / "lib/libwick.so")
    cache = os.environ.get("UV_CACHE_DIR") or os.fspath(Path.home() / ".cache/uv")
    environ = {
        "HOME": os.fspath(home.root),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "XDG_DATA_HOME": "/wax",
        "UV_CACHE_DIR": cache,
        "SSH_AUTH_SOCK": os.fspath(home.root / "agent"),
        "DISPLAY": ":7",
        "LD_LIBRARY_PATH": os.fspath(home.root / "lib"),
        **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    start = (sys.executable, denied.__file__, "unshare") if kind is Isolation.LANDLOCK else ()
    with planted():
        plain = project.nox(env=environ)
        assert plain.returncode == 0, plain.stdout
        run = project.run(*start, sys.executable, "-m", "evenfall", "run", "--json", *sessions, env=environ)
    results = {each["job"]: each for each in json.loads(run.stdout)["results"]}
    found = {}
    for name, difference in DIFFERENCES.items():
        if (result := results.get(difference.group)) is None:
            continue
        causes = "\n".join([*result["causes"], *(line for line in run.stderr.splitlines() if "-worktree" in line)])
        is_detected = result["result"] == "failed" and re.search(f"(?m)^ *{name} differs$", run.stderr) is not None
        found[name] = (is_detected, re.search(difference.cause, causes) is not None)
    return found
