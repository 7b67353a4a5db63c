"""`evenfall run` as a command: its results, its exit codes, its screens, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sample_project import SampleProject, copy, measured
from tests.terminal import in_terminal
from tests.torture.cases import NOXFILE

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="sandboxes need Linux"),
    pytest.mark.integration,
]

PASSING = """\
@evenfall.session
def lit(session):
    "Light it."
    print("it is bright")


"""
FAILING = """\
@evenfall.session
def dark(session):
    print("no oil")
    session.error("the lamp is empty")


"""


def declare(project: SampleProject, sessions: str) -> SampleProject:
    """Commit a noxfile with these sessions."""
    project.write(
        "noxfile.py",
        NOXFILE.format(session=sessions).replace("import evenfall\n", "import os, pathlib\nimport evenfall\n"),
    )
    project.commit()
    return project


@pytest.mark.every_python
def test_passed_jobs_are_listed_in_the_table(project: SampleProject) -> None:
    declare(project, PASSING)
    done = project.evenfall("run")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^lit  passed +\d+\.\d s$", done.stdout, re.MULTILINE)
    assert re.search(
        r"^1 job in \d+\.\d s, \d+\.\d s in sequence \(\d+\.\d s of it for sandboxes\)$", done.stdout, re.MULTILINE
    )
    assert done.stderr.endswith("1 passed\n  next: git push\n")
    assert "it is bright" not in done.stderr


def test_the_output_of_a_failed_job_is_shown_completely_and_kept(project: SampleProject) -> None:
    declare(project, PASSING + FAILING)
    done = project.command("run")
    assert done.returncode == 1
    assert "──── dark ────\n" in done.stderr
    assert "no oil" in done.stderr
    assert re.search(r"failed dark in .* s: the lamp is empty", done.stderr)
    assert done.stderr.endswith("failed: dark\n  next: nox -s dark\n")
    logged = project.command("run", "--log", "dark")
    assert (logged.returncode, "no oil" in logged.stdout) == (0, True)
    assert "it is bright" in project.command("run", "--log", "lit").stdout


def test_the_log_of_a_job_that_has_not_run_is_a_usage_error(project: SampleProject) -> None:
    done = project.command("run", "--log", "nothing")
    assert done.returncode == 2
    assert "'nothing': no job of that name has run here yet" in done.stderr


@pytest.mark.parametrize(("handler", "code"), [("SIG_IGN", 0), ("SIG_DFL", 3)])
def test_a_hangup_signal_stops_the_run_unless_it_is_ignored(handler: str, code: int) -> None:
    """`nohup evenfall run &` ignores SIGHUP."""
    script = f"""
import os, signal
signal.signal(signal.SIGHUP, signal.{handler})
from evenfall.cli.signals import stop_on_signals
stop_on_signals()
try:
    os.kill(os.getpid(), signal.SIGHUP)
except KeyboardInterrupt:
    raise SystemExit(3)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == code, done.stderr


def test_the_command_can_be_imported_on_windows_to_say_that_it_is_not_available() -> None:
    script = """\
import ctypes, sys
sys.modules |= {"fcntl": None, "resource": None}
def load(name, **_):
    raise TypeError("argument of type 'NoneType' is not iterable")
ctypes.CDLL = load
import evenfall.cli.run
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_interrupt_does_not_stop_a_run_in_the_background_of_a_script(project: SampleProject) -> None:
    """A shell without job control starts `evenfall run &` with SIGINT ignored, but the session can be interrupted as in CI."""
    declare(project, PASSING.replace('print("it is bright")', 'session.run("sh", "-c", "kill -INT $$", external=True)'))
    done = project.run("sh", "-c", f"trap '' INT; {sys.executable} -m evenfall run & kill -INT $!; wait $!")
    assert done.returncode == 1, done.stderr
    assert "failed lit" in done.stderr


def test_the_next_step_of_uncommitted_changes_is_a_commit(project: SampleProject) -> None:
    declare(project, PASSING)
    project.write("README.md", "brighter\n")
    done = project.command("run")
    assert done.stderr.endswith("1 passed\n  next: git commit --all, then git push\n")


def test_json_is_all_of_stdout(project: SampleProject) -> None:
    declare(project, PASSING + FAILING)
    done = project.evenfall("run", "--json", env=measured())
    run = json.loads(done.stdout)
    assert done.returncode == run["exit_code"] == 1
    assert {each["job"]: (each["result"], each["reason"]) for each in run["results"]} == {
        "lit": ("passed", ""),
        "dark": ("failed", "the lamp is empty"),
    }
    assert run["tree"] == project.git("rev-parse", "HEAD^{tree}").strip()
    assert all(each["seconds"] > 0 for each in run["results"])


def test_jobs_that_require_a_failed_job_do_not_run_and_a_session_that_skips_itself_passes(
    project: SampleProject,
) -> None:
    declare(
        project,
        FAILING
        + '@evenfall.session(requires=["dark"])\ndef after(session):\n    print("never")\n\n\n'
        + '@evenfall.session(requires=["after"])\ndef last(session):\n    print("never")\n\n\n'
        + '@evenfall.session\ndef idle(session):\n    session.skip("it is day")\n',
    )
    done = project.command("run")
    assert done.returncode == 1
    assert "inconclusive after: not run: it requires dark, which failed" in done.stderr
    assert "inconclusive last: not run: it requires dark, which failed" in done.stderr
    assert re.search(r"passed idle in .* s: it skipped itself: it is day", done.stderr)


def test_an_inconclusive_session_makes_the_run_inconclusive(project: SampleProject) -> None:
    declare(
        project,
        PASSING
        + '@evenfall.session\ndef gate(session):\n    session.skip("inconclusive: one job is missing")\n\n\n'
        + '@evenfall.session(requires=["gate"])\ndef after(session):\n    print("never")\n',
    )
    done = project.command("run")
    assert done.returncode == 3
    assert re.search(r"inconclusive gate in .* s: one job is missing", done.stderr)
    assert "inconclusive after: not run: it requires gate, which is inconclusive" in done.stderr
    assert done.stderr.endswith("inconclusive: gate, after: CI may fail\n  next: evenfall run --log gate\n")


def test_only_declared_artifacts_reach_other_jobs(project: SampleProject) -> None:
    """The noxfile writes a file whenever it is read, which reaches no job either."""
    declare(
        project,
        'pathlib.Path(f"read-{os.getpid()}").touch()\n\n'
        '@evenfall.session(artifacts=["wax/"])\n@nox.parametrize("colour", ["red", "blue"])\ndef pour(session, colour):\n'
        '    pathlib.Path("wax").mkdir()\n    tool = pathlib.Path("wax", colour)\n    tool.write_text("#!/bin/sh")\n'
        '    tool.chmod(0o755)\n    pathlib.Path("spilt").touch()\n\n\n'
        '@evenfall.session(requires=["pour"])\ndef burn(session):\n'
        '    assert sorted(os.listdir("wax")) == ["blue", "red"]\n    assert not os.path.exists("spilt")\n'
        '    assert len(list(pathlib.Path().glob("read-*"))) == 1\n'
        '    assert not os.access("wax/red", os.X_OK)\n',
    )
    done = project.command("run", "burn")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("passed pour(colour=") == 2
    assert done.stderr.endswith("next: evenfall run, which runs every job of the workflow ci\n")


def test_a_missing_artifact_fails_the_job(project: SampleProject) -> None:
    declare(project, PASSING.replace("session\n", 'session(artifacts=["wax/"])\n', 1))
    done = project.command("run")
    assert done.returncode == 1
    assert re.search(r"failed lit in .* s: no file matches the declared artifact wax/", done.stderr)


def test_jobs_that_this_machine_cannot_run_are_skipped_with_the_reason(project: SampleProject) -> None:
    declare(
        project,
        PASSING.replace("session\n", 'session(systems=["ubuntu-latest", "macos-latest", "windows-latest"])\n', 1)
        + '@evenfall.session(side_effects=True)\ndef publish(session):\n    pathlib.Path("/published").touch()\n\n\n'
        + '@evenfall.session(requires=["publish"])\ndef announce(session):\n    print("never")\n\n\n'
        + '@evenfall.session(python="3.98")\ndef future(session):\n    print("never")\n\n\n'
        + 'evenfall.hosted_job("codeql", local="lit", workflow="ci", steps=[("github/codeql-action/init", {})])\n',
    )
    done = project.command("run")
    assert done.returncode == 0, done.stderr
    assert "skipped: lit @ macos-latest: it runs on macOS\n" in done.stdout
    assert "skipped: lit @ windows-latest: it runs on Windows\n" in done.stdout
    assert "skipped: publish: it has side effects\n" in done.stdout
    assert "skipped: announce: it requires publish, which can't run on this machine\n" in done.stdout
    assert "skipped: future: Python 3.98 is not installed and could not be downloaded\n" in done.stdout
    assert "skipped: codeql: only GitHub can run it; run here: evenfall run lit\n" in done.stdout
    named = project.command("run", "future")
    assert named.returncode == 3
    assert named.stderr.endswith("1 skipped: no job can run on this machine\n")


def test_exitfirst_stops_the_run_at_the_first_failure(project: SampleProject) -> None:
    waits = '@evenfall.session\ndef waits(session):\n    session.run("sleep", "600", external=True)\n\n\n'
    declare(project, waits + FAILING + PASSING.replace("def lit", "def later"))
    done = project.command("run", "-x", "-j", "2")
    assert done.returncode == 1
    assert "inconclusive waits: stopped: another job failed first (-x)" in done.stderr
    assert "later" not in done.stderr.partition("started")[2]
    assert "not started: later: another job failed first (-x)\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lti",), "did you mean 'lit'?"),
        (("lit @ macos-latest",), "'lit @ macos-latest': lit runs on ubuntu-latest"),
        (("mine",), "'mine'"),
        (("theirs",), "next: nox -s lit"),
        (("--commit", "nowhere"), "'nowhere': no commit of that name"),
        (("--onto", "nowhere"), "'nowhere': no commit of that name"),
        (("--staged", "--commit", "HEAD"), "--staged and --commit exclude each other"),
        (("-j", "0"), "0 is not in the range"),
    ],
)
def test_a_wrong_name_or_option_is_a_usage_error_with_the_next_command(
    project: SampleProject, arguments: tuple[str, ...], message: str
) -> None:
    theirs = "evenfall.hosted_job('theirs', local='lit', steps=[('actions/checkout', {})])\n"
    declare(project, PASSING + "@nox.session\ndef mine(session):\n    pass\n\n\n" + theirs)
    done = project.command("run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_project_without_a_noxfile_is_a_usage_error(project: SampleProject) -> None:
    (project.root / "noxfile.py").unlink()
    project.commit()
    done = project.command("run")
    assert done.returncode == 2
    assert "next: evenfall init" in done.stderr


@pytest.mark.parametrize("name", ["noxfile.py", "noxfile.py.lock"])
def test_an_untracked_noxfile_or_lock_is_a_usage_error(project: SampleProject, name: str) -> None:
    project.git("rm", "--quiet", "--cached", name)
    done = project.command("run")
    assert done.returncode == 2
    assert f"{name}: not in the snapshot, because git does not track it\n  next: git add {name}" in done.stderr


def test_a_commit_without_a_noxfile_is_a_usage_error(project: SampleProject) -> None:
    declare(project, PASSING)
    project.git("rm", "--quiet", "noxfile.py")
    project.commit("without")
    project.git("revert", "--no-edit", "HEAD")
    done = project.command("run", "--commit", "HEAD~1")
    assert done.returncode == 2
    assert "noxfile.py: not found in commit HEAD~1" in done.stderr


def test_checkouts_are_kept_for_the_next_run_until_they_are_removed(project: SampleProject, tmp_path: Path) -> None:
    for number in range(500):
        project.write(f"data/{number}.txt", "")
    declare(project, PASSING.replace("session\n", "session(history=True)\n", 1))
    cache = {"XDG_CACHE_HOME": os.fspath(tmp_path), "UV_CACHE_DIR": project.uv("cache", "dir").stdout.strip()}
    inodes = []
    for _ in range(2):
        assert project.command("run", env=cache).returncode == 0
        kept = (tmp_path / "evenfall/checkouts").glob("*/files/data/0.txt")
        inodes.append({path.stat().st_ino for path in kept})
    assert inodes[0] == inodes[1]
    assert inodes[0]
    for name in ("environments", "hooks"):
        (tmp_path / f"evenfall/{name}/1").mkdir(parents=True, exist_ok=True)
    done = project.command("run", "--prune", env=cache)
    assert done.returncode == 0
    assert re.fullmatch(r"removed \d+ folders of checkouts, environments and hooks\n", done.stdout)
    assert not [*(tmp_path / "evenfall").glob("[ceh]*s/*/")]


def test_without_git_the_exit_code_is_unknown(project: SampleProject, tmp_path: Path) -> None:
    done = project.command("run", env={"PATH": os.fspath(tmp_path)})
    assert done.returncode == 3
    assert "git: not found on PATH\n  next: install git" in done.stderr


def test_it_runs_from_a_subfolder_and_notes_the_differences_from_ci(project: SampleProject) -> None:
    project.write(".github/actions/prepare/action.yml", "name: prepare\n")
    declare(
        project,
        PASSING.replace("session\n", 'session(secrets=["LAMP_KEY"], pass_env=["LAMP_OIL", "LAMP_WICK"])\n', 1)
        + 'assert "LAMP_KEY" not in os.environ\n',
    )
    done = SampleProject(project.root / "src").command(
        "run", "--verbose", env={"LAMP_OIL": "olive", "LAMP_KEY": "brass"}
    )
    assert done.returncode == 0, done.stderr
    assert ".github/actions/prepare does not run here" in done.stderr
    assert "lit gets no secrets here (LAMP_KEY)" in done.stderr
    assert "lit gets LAMP_OIL from your shell, which CI does not have" in done.stderr
    assert re.search(r"dropped variables: .*LAMP_KEY", done.stderr)


def test_a_session_with_history_has_all_commits_and_tags(project: SampleProject) -> None:
    log = 'session.run("git", "log", "--format=%s", external=True, silent=True).split("\\n")'
    declare(
        project,
        f"@evenfall.session(history=True)\ndef past(session):\n    assert len({log}) > 2\n"
        '    session.run("git", "describe", "--tags", "--exact-match", external=True)\n\n\n'
        f"@evenfall.session\ndef present(session):\n    assert len({log}) == 2\n",
    )
    project.git("tag", "v1.0")
    done = project.command("run")
    assert done.returncode == 0, done.stderr


def test_a_snapshot_with_another_lock_uses_the_nox_of_that_lock(adopted: SampleProject) -> None:
    adopted.write("noxfile.py", adopted.read("noxfile.py").replace("evenfall.standard_sessions()\n", PASSING))
    adopted.commit("the lock as a runner sees it")
    adopted.write("noxfile.py.lock", adopted.read("noxfile.py.lock") + "\n")
    done = adopted.command("run", "--commit", "HEAD")
    assert done.returncode == 0, done.stderr
    adopted.write("noxfile.py", adopted.read("noxfile.py").replace('"nox==2026.10.20"', '"nox>=2026.10.20"'))
    adopted.commit("and now it is stale")
    adopted.write("noxfile.py.lock", adopted.read("noxfile.py.lock") + "\n")
    done = adopted.command("run", "--commit", "HEAD")
    assert done.returncode == 2, done.stderr
    assert "noxfile.py.lock" in done.stderr


def test_keep_keeps_the_sandbox_of_a_failed_job(project: SampleProject) -> None:
    declare(project, FAILING.replace('print("no oil")', 'pathlib.Path("found.txt").touch()'))
    done = project.command("run", "--keep")
    shell = re.search(r"open a shell in it: (\S+)", done.stderr)
    assert shell, done.stderr
    try:
        entered = subprocess.run(
            [shell[1]], input="ls; echo $CI $GITHUB_WORKSPACE", capture_output=True, text=True, check=True
        )
        assert "found.txt" in entered.stdout
        assert re.search("(?m)^true .*/work/lantern/lantern$", entered.stdout)
    finally:
        shutil.rmtree(Path(shell[1]).parents[1])


def test_on_a_terminal_the_running_jobs_are_shown(project: SampleProject) -> None:
    declare(
        project,
        PASSING.replace('print("it is bright")', 'session.run("sh", "-c", "echo a last line; sleep 1", external=True)')
        + FAILING,
    )
    environ = {"TERM": "xterm-256color", "COLUMNS": "60", **measured()}
    code, shown = in_terminal(project, sys.executable, "-m", "evenfall", "run", "-j", "1", env=environ)
    assert code == 1, shown
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(r"lit +\d s +a last line", plain)
    assert "0/2 jobs" in plain
    assert "no oil" in plain
    assert re.search(r"failed dark in .* s: the lamp is empty", plain)


def test_in_github_actions_a_failure_is_annotated(project: SampleProject) -> None:
    declare(project, FAILING)
    done = project.command("run", env={"GITHUB_ACTIONS": "true"})
    assert re.search(r"^::error title=dark::the lamp is empty$", done.stderr, re.MULTILINE)


@pytest.mark.every_python
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_every_process(project: SampleProject, tmp_path: Path, number: signal.Signals) -> None:
    seconds = f"7{os.getpid()}"
    declare(
        project,
        "@evenfall.session\ndef long(session):\n"
        f'    command = "setsid sleep {seconds} & trap : TERM INT; sleep {seconds}"\n'
        '    session.run("sh", "-c", command, external=True)\n',
    )
    cache = {"XDG_CACHE_HOME": os.fspath(tmp_path), "UV_CACHE_DIR": project.uv("cache", "dir").stdout.strip()}
    child = subprocess.Popen(
        [sys.executable, "-m", "evenfall", "run"],
        cwd=project.root,
        env=project.environ({**cache, **measured()}),
        stderr=subprocess.PIPE,
        text=True,
    )
    while len(commands_with(seconds)) < 2:
        assert child.poll() is None, child.communicate()[1]
        time.sleep(0.05)
    child.send_signal(number)
    errors = child.communicate(timeout=60)[1]
    assert child.returncode == 130
    assert "interrupted" in errors
    assert commands_with(seconds) == []
    assert [path.name for path in (tmp_path / "evenfall/runs").iterdir()] == ["lock"]


def commands_with(argument: str) -> list[str]:
    """Return the commands of all processes that have an argument."""
    commands = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            commands.append((entry / "cmdline").read_text())
    return [command for command in commands if f"\0{argument}\0" in command]


def test_a_second_interrupt_is_ignored_while_the_jobs_end() -> None:
    script = """
import os, signal, time
from evenfall.run.executor import stop_signals_ignored
with stop_signals_ignored():
    os.kill(os.getpid(), signal.SIGINT)
    print("continues", flush=True)
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(9)
except KeyboardInterrupt:
    print("ends")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "continues\nends\n"


def test_two_runs_at_once_do_not_disturb_each_other(project: SampleProject, tmp_path: Path) -> None:
    declare(project, PASSING.replace('print("it is bright")', 'session.run("sleep", "1", external=True)'))
    other = copy(project, tmp_path / "other")
    command = [sys.executable, "-m", "evenfall", "run"]
    runs = [
        subprocess.Popen(command, cwd=each.root, env=each.environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for each in (project, project, other)
    ]
    for run in runs:
        output = run.communicate()[0]
        assert run.returncode == 0, output
