"""The best kind of isolation is found by trying it, and the others work where the kernel denies it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evenfall.run import landlock
from evenfall.run.isolation import Isolation, probe_isolation, setting_that_denies
from tests.run import denied
from tests.run.contexts import KINDS
from tests.sample_project import SampleProject
from tests.torture.cases import NOXFILE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has namespaces and Landlock")
needs_namespaces = pytest.mark.skipif(Isolation.NAMESPACES not in KINDS, reason="no namespaces here")

PROBE = """
import sys
from pathlib import Path
from evenfall.run.isolation import probe_isolation

found = probe_isolation(Path(sys.argv[1]))
print(found.kind.value, found.reason, found.line, sep="\\n")
"""


@pytest.mark.skipif(
    os.environ.get("GITHUB_RUN_ID", "1") == "1", reason="not on GitHub, or in a sandbox, whose run has the number 1"
)
def test_a_runner_has_all_kinds_of_isolation_so_that_no_test_of_one_is_skipped() -> None:
    assert {*Isolation} == KINDS, "see .github/actions/prepare"


@needs_namespaces
def test_namespaces_are_the_best_isolation_and_need_no_remark(tmp_path: Path) -> None:
    found = probe_isolation(tmp_path)
    assert (found.kind, found.reason, found.line) == (Isolation.NAMESPACES, "", "")


@pytest.mark.parametrize(
    ("names", "kind", "reason"),
    [
        ("unshare", "Landlock", "user namespaces: Operation not permitted"),
        ("mount", "Landlock", "mount /: Operation not permitted"),
        ("unshare,landlock", "none", "user namespaces: Operation not permitted"),
    ],
)
def test_what_stays_visible_is_said_where_the_kernel_denies_a_better_isolation(
    tmp_path: Path, names: str, kind: str, reason: str
) -> None:
    if not landlock.is_supported():
        pytest.skip("this kernel has no Landlock")
    command = (sys.executable, denied.__file__, names, sys.executable, "-c", PROBE, tmp_path)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found, found_reason, line = done.stdout.splitlines()
    assert (found, found_reason) == (kind, reason)
    assert f"({reason}; this process has a seccomp filter, as in a container)" in line


@needs_namespaces
def test_the_command_that_the_line_names_allows_namespaces(tmp_path: Path) -> None:
    def probe(*values: str) -> list[str]:
        """Probe in a user namespace with these values of its own setting, one after the other."""
        setting = "".join(f"echo {value} > /proc/sys/user/max_user_namespaces; " for value in values)
        folder = tmp_path / str(len(values))
        folder.mkdir()
        command = ("unshare", "-Ur", "sh", "-c", f'{setting}exec "$@"', "sh", sys.executable, "-c", PROBE, folder)
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    kind, _, line = probe("0")
    found = re.search(
        r"user\.max_user_namespaces is 0, and this allows them: sudo sysctl -w user\.max_user_namespaces=(\d+)\)", line
    )
    assert found
    assert kind != "namespaces"
    assert probe("0", found[1])[0] == "namespaces"


@pytest.mark.parametrize(
    ("files", "reason", "setting"),
    [
        (
            {"kernel/apparmor_restrict_unprivileged_userns": "1\n"},
            "",
            "kernel.apparmor_restrict_unprivileged_userns is 1",
        ),
        ({"kernel/unprivileged_userns_clone": "0\n"}, "", "kernel.unprivileged_userns_clone is 0"),
        ({"user/max_user_namespaces": "0\n"}, "", "user.max_user_namespaces is 0"),
        ({"user/max_user_namespaces": "9\n"}, "mount /x/proc", "a container hides parts of /proc"),
        ({}, "", ""),
    ],
)
def test_a_known_setting_that_denies_namespaces_is_named(
    tmp_path: Path, files: dict[str, str], reason: str, setting: str
) -> None:
    proc = SampleProject(tmp_path)
    proc.write("self/status", "CapEff:\t0000000000000000\nSeccomp:\t0\n")
    for name, text in files.items():
        proc.write(f"sys/{name}", text)
    assert setting_that_denies(reason, tmp_path).removeprefix("; ").startswith(setting)
    proc.write("self/status", "CapEff:\t000001ffffffffff\nSeccomp:\t0\n")
    assert bool(setting_that_denies(reason, tmp_path)) == bool(setting and not any("kernel" in name for name in files))
    assert not setting_that_denies(reason, tmp_path / "absent")  # as on macOS


SESSION = """\
with open("loaded.txt", "a") as file:
    file.write("once")


@evenfall.session(artifacts=("wick/",), venv_backend="none")
def light(session):
    os.mkdir("wick")
    open("wick/lit", "w").close()
    for folder in ("/var/tmp", "/dev/shm", tempfile.gettempdir(), os.environ["HOME"], os.environ["RUNNER_TEMP"]):
        name = os.path.join(folder, "lantern-{mark}")
        open(name, "w").close()
        os.unlink(name)
    for folder in (os.getcwd(), os.environ["HOME"]):
        path = os.path.join(folder, "lantern.socket")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path if {has_file_system} else os.path.relpath(path))
        os.unlink(path)
    os.rename("src", "moved")
    os.link("noxfile.py", os.path.join(os.environ["HOME"], "linked"))
    os.rename(os.path.join(os.environ["HOME"], "linked"), os.path.join(tempfile.gettempdir(), "linked"))
    session.run("gh", external=True)
    assert os.environ["XDG_CONFIG_HOME"] and os.environ["ImageOS"]
    if {has_file_system}:
        open("/tmp/lantern-{mark}", "x").close()
    os.mkdir("wax")
    os.rename("loaded.txt", "wax/loaded.txt")


@evenfall.session(requires=("light",), venv_backend="none")
def check(session):
    assert os.path.isfile("wick/lit")
    if {has_file_system}:
        open("/tmp/lantern-{mark}", "x").close()
    assert open("loaded.txt").read() == "once", "the noxfile was also loaded in the checkout that all jobs share"
    session.run("sh", "-c", "cat {secret} 2>/dev/null && exit 1 || exit 0", external=True)
"""


@pytest.mark.integration
@pytest.mark.parametrize("names", ["", "unshare", "unshare,landlock"])
def test_jobs_have_their_folders_and_artifacts_with_each_kind_of_isolation(project: SampleProject, names: str) -> None:
    home = project.root.with_name("home")
    secret = SampleProject(home).write("secret.txt", "wax")
    shown = secret if "landlock" not in names else "/nowhere"
    SampleProject(home).write("bin/gh", "#!/bin/sh\n").chmod(0o755)
    has_file_system = not names and Isolation.NAMESPACES in KINDS
    session = SESSION.format(mark=project.root.parent.name, secret=shown, has_file_system=has_file_system)
    noxfile = NOXFILE.format(session=session).replace(
        "import evenfall\n", "import os, socket, tempfile\nimport evenfall\n"
    )
    project.write("noxfile.py", noxfile)
    project.commit()
    path = os.pathsep.join((str(home / "bin"), os.environ["PATH"]))
    environ = {"HOME": str(home), "PATH": path, "UV_CACHE_DIR": project.uv("cache", "dir").stdout.strip()}
    command = (sys.executable, "-m", "evenfall", "run", "check")
    done = project.run(*((sys.executable, denied.__file__, names) if names else ()), *command, env=environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("no namespaces" in done.stderr) == (not has_file_system)
