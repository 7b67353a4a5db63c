"""`evenfall run` as a user meets it: on a terminal, in a log, as JSON; and what it says when it can't."""

from __future__ import annotations

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

from tests.made_project import Made, copy, on_one_python
from tests.terminal import in_terminal
from tests.torture.cases import NOXFILE

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are those of a Linux"),
    on_one_python,
]

PASSES = """\
@evenfall.session
def lit(session):
    "Light it."
    print("it is bright")


"""
FAILS = """\
@evenfall.session
def dark(session):
    print("no oil")
    session.error("the lamp is empty")


"""


def declare(project: Made, sessions: str) -> Made:
    """A noxfile with these sessions, committed."""
    project.write(
        "noxfile.py",
        NOXFILE.format(session=sessions).replace("import evenfall\n", "import os, pathlib\nimport evenfall\n"),
    )
    project.commit()
    return project


def test_all_jobs_pass_and_the_table_says_so(project: Made) -> None:
    declare(project, PASSES)
    done = project.evenfall("run")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^lit  passed +\d+\.\d s$", done.stdout, re.MULTILINE)
    assert re.search(
        r"^1 jobs in \d+\.\d s, \d+\.\d s in sequence \(\d+\.\d s of it for sandboxes\)$", done.stdout, re.MULTILINE
    )
    assert done.stderr.endswith("1 passed\n  next: git push\n")
    assert "it is bright" not in done.stderr


def test_what_a_failing_job_printed_is_shown_whole_and_kept_for_later(project: Made) -> None:
    declare(project, PASSES + FAILS)
    done = project.evenfall("run")
    assert done.returncode == 1
    assert "──── dark ────\n" in done.stderr
    assert "no oil" in done.stderr
    assert re.search(r"failed dark in .* s: the lamp is empty", done.stderr)
    assert done.stderr.endswith("failed: dark\n  next: evenfall run --log dark\n")
    logged = project.evenfall("run", "--log", "dark")
    assert (logged.returncode, "no oil" in logged.stdout) == (0, True)
    assert "it is bright" in project.evenfall("run", "--log", "lit").stdout


def test_a_job_that_has_not_run_yet_has_no_log(project: Made) -> None:
    done = project.evenfall("run", "--log", "nothing")
    assert done.returncode == 2
    assert "'nothing': no job of that name has run here yet\n  next: evenfall run\n" in done.stderr


@pytest.mark.parametrize("option", ["--commit", "--onto", "--log"])
def test_an_option_without_a_value_is_no_other_option(project: Made, option: str) -> None:
    """As a hook gives it whose variable is not set: the work tree is not what was meant."""
    done = project.evenfall("run", option, "")
    assert done.returncode == 2
    assert f"Invalid value for '{option}': it is empty." in done.stderr


@pytest.mark.parametrize(("ignored", "ends"), [(True, False), (False, True)])
def test_a_run_that_was_told_to_outlive_its_terminal_does(ignored: bool, ends: bool) -> None:
    """As `nohup evenfall run &` is."""
    script = f"""
import os, signal
signal.signal(signal.SIGHUP, signal.{"SIG_IGN" if ignored else "SIG_DFL"})
from evenfall.cli.run import end_as_interrupted
end_as_interrupted()
try:
    os.kill(os.getpid(), signal.SIGHUP)
except KeyboardInterrupt:
    raise SystemExit(3)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == (3 if ends else 0), done.stderr


def test_what_is_not_committed_is_to_be_committed_before_the_push(project: Made) -> None:
    declare(project, PASSES)
    project.write("README.md", "brighter\n")
    done = project.evenfall("run")
    assert done.stderr.endswith("1 passed\n  next: git commit --all, then git push\n")


def test_json_is_the_whole_of_stdout(project: Made) -> None:
    declare(project, PASSES + FAILS)
    done = project.evenfall("run", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == told["exit_code"] == 1
    assert {job["name"]: (job["result"], job["reason"]) for job in told["jobs"]} == {
        "lit": ("passed", ""),
        "dark": ("failed", "the lamp is empty"),
    }
    assert told["tree"] == project.git("rev-parse", "HEAD^{tree}").strip()
    assert all(job["seconds"] > 0 for job in told["jobs"])


def test_what_requires_a_failed_job_does_not_run_and_what_skips_itself_passes_as_in_ci(project: Made) -> None:
    declare(
        project,
        FAILS
        + '@evenfall.session(requires=["dark"])\ndef after(session):\n    print("never")\n\n\n'
        + '@evenfall.session(requires=["after"])\ndef last(session):\n    print("never")\n\n\n'
        + '@evenfall.session\ndef idle(session):\n    session.skip("it is day")\n',
    )
    done = project.evenfall("run")
    assert done.returncode == 1
    assert "inconclusive after: not run: dark, which it requires, failed" in done.stderr
    assert "inconclusive last: not run: dark, which it requires, failed" in done.stderr
    assert re.search(r"passed idle in .* s: it skipped itself: it is day", done.stderr)


def test_a_session_that_cannot_know_is_inconclusive_and_so_is_the_run(project: Made) -> None:
    declare(
        project,
        PASSES + '@evenfall.session\ndef gate(session):\n    session.skip("inconclusive: one job is missing")\n',
    )
    done = project.evenfall("run")
    assert done.returncode == 3
    assert re.search(r"inconclusive gate in .* s: one job is missing", done.stderr)
    assert done.stderr.endswith("inconclusive: gate: CI may say no\n  next: evenfall run --log gate\n")


def test_artifacts_travel_as_declared_and_nothing_else_does(project: Made) -> None:
    declare(
        project,
        '@evenfall.session(artifacts=["wax/"])\n@nox.parametrize("colour", ["red", "blue"])\ndef pour(session, colour):\n'
        '    pathlib.Path("wax").mkdir()\n    tool = pathlib.Path("wax", colour)\n    tool.write_text("#!/bin/sh")\n'
        '    tool.chmod(0o755)\n    pathlib.Path("spilt").touch()\n\n\n'
        '@evenfall.session(requires=["pour"])\ndef burn(session):\n'
        '    assert sorted(os.listdir("wax")) == ["blue", "red"]\n    assert not os.path.exists("spilt")\n'
        '    assert not os.access("wax/red", os.X_OK)\n',
    )
    done = project.evenfall("run", "burn")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("passed pour(colour=") == 2


def test_a_declared_artifact_that_is_not_left_fails_the_job_as_it_does_in_ci(project: Made) -> None:
    declare(project, PASSES.replace("session\n", 'session(artifacts=["wax/"])\n', 1))
    done = project.evenfall("run")
    assert done.returncode == 1
    assert re.search(r"failed lit in .* s: it declares wax/ and left nothing there", done.stderr)


def test_what_this_machine_cannot_run_is_skipped_with_the_reason(project: Made) -> None:
    declare(
        project,
        PASSES.replace("session\n", 'session(systems=["ubuntu-latest", "macos-latest", "windows-latest"])\n', 1)
        + '@evenfall.session(side_effects=True)\ndef publish(session):\n    pathlib.Path("/published").touch()\n\n\n'
        + '@evenfall.session(requires=["publish"])\ndef announce(session):\n    print("never")\n\n\n'
        + '@evenfall.session(python="3.98")\ndef future(session):\n    print("never")\n\n\n'
        + 'evenfall.hosted_job("codeql", local="lit", workflow="ci", steps=[("github/codeql-action/init", {})])\n',
    )
    done = project.evenfall("run")
    assert done.returncode == 0, done.stderr
    assert "skipped: lit @ macos-latest: it runs on macOS\n" in done.stdout
    assert "skipped: lit @ windows-latest: it runs on Windows\n" in done.stdout
    assert "skipped: publish: it changes the world outside\n" in done.stdout
    assert "skipped: announce: what it requires can't run on this machine: publish\n" in done.stdout
    assert "skipped: future: Python 3.98 is not on this machine, and uv could not bring it\n" in done.stdout
    assert "skipped: codeql: only GitHub runs it; here: evenfall run lit\n" in done.stdout
    named = project.evenfall("run", "future")
    assert named.returncode == 3
    assert named.stderr.endswith("1 skipped: nothing could run here\n")


def test_the_first_failure_ends_the_run_where_that_is_asked_for(project: Made) -> None:
    waits = '@evenfall.session\ndef waits(session):\n    session.run("sleep", "600", external=True)\n\n\n'
    declare(project, waits + FAILS + PASSES.replace("def lit", "def later"))
    done = project.evenfall("run", "-x", "-j", "2")
    assert done.returncode == 1
    assert "inconclusive waits: stopped, for another failed first" in done.stderr
    assert "inconclusive later: not run: another failed first (-x)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("lti",), "'lti' is not a session; did you mean 'lit'?\n  next: nox -l lists the sessions"),
        (("lit @ macos-latest",), "'lit @ macos-latest': lit runs on ubuntu-latest"),
        (("mine",), "'mine' is local only: it is a plain nox.session"),
        (("theirs",), "'theirs' is a job that only GitHub can do\n  next: nox -s lit, its counterpart here"),
        (("--commit", "nowhere"), "'nowhere': no commit of that name"),
        (("--onto", "nowhere"), "'nowhere': no commit of that name"),
        (("--staged", "--commit", "HEAD"), "--staged and --commit name two different things to run"),
        (("-j", "0"), "0 is not in the range"),
    ],
)
def test_a_wrong_name_or_option_is_told_with_what_to_do(project: Made, arguments: tuple[str, ...], says: str) -> None:
    theirs = "evenfall.hosted_job('theirs', local='lit', steps=[('actions/checkout', {})])\n"
    declare(project, PASSES + "@nox.session\ndef mine(session):\n    pass\n\n\n" + theirs)
    done = project.evenfall("run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


@pytest.mark.parametrize("name", ["noxfile.py", "noxfile.py.lock"])
def test_a_noxfile_that_git_does_not_track_is_not_in_ci_either(project: Made, name: str) -> None:
    project.git("rm", "--quiet", "--cached", name)
    done = project.evenfall("run")
    assert done.returncode == 2
    assert f"{name}: it is not in the snapshot, for git does not track it\n  next: git add {name}" in done.stderr


def test_a_commit_from_before_the_adoption_has_no_pipeline(project: Made) -> None:
    declare(project, PASSES)
    project.git("rm", "--quiet", "noxfile.py")
    project.commit("without")
    project.git("revert", "--no-edit", "HEAD")
    done = project.evenfall("run", "--commit", "HEAD~1")
    assert done.returncode == 2
    assert "noxfile.py: it is not in the snapshot" in done.stderr


def test_without_git_it_cannot_be_found_out(project: Made, tmp_path: Path) -> None:
    done = project.evenfall("run", env={"PATH": os.fspath(tmp_path)})
    assert done.returncode == 3
    assert "git: not found on PATH\n  next: install git" in done.stderr


def test_it_runs_from_a_folder_below_and_tells_what_a_sandbox_has_not(project: Made) -> None:
    project.write(".github/actions/prepare/action.yml", "name: prepare\n")
    declare(
        project,
        PASSES.replace("session\n", 'session(secrets=["LAMP_KEY"], pass_env=["LAMP_OIL", "LAMP_WICK"])\n', 1)
        + 'assert "LAMP_KEY" not in os.environ\n',
    )
    done = Made(project.root / "src").evenfall("run", "--verbose", env={"LAMP_OIL": "olive", "LAMP_KEY": "brass"})
    assert done.returncode == 0, done.stderr
    assert ".github/actions/prepare is not run here" in done.stderr
    assert "lit gets no secrets here (LAMP_KEY)" in done.stderr
    assert "lit is given LAMP_OIL of your shell's, which a runner has not" in done.stderr
    assert re.search(r"dropped: .*LAMP_KEY", done.stderr)


def test_a_session_with_history_sees_tags_and_one_without_sees_one_commit(project: Made) -> None:
    log = 'session.run("git", "log", "--format=%s", external=True, silent=True).split("\\n")'
    declare(
        project,
        f"@evenfall.session(history=True)\ndef past(session):\n    assert len({log}) > 2\n"
        '    session.run("git", "describe", "--tags", "--exact-match", external=True)\n\n\n'
        f"@evenfall.session\ndef present(session):\n    assert len({log}) == 2\n",
    )
    project.git("tag", "v1.0")
    done = project.evenfall("run")
    assert done.returncode == 0, done.stderr


def test_a_snapshot_whose_lock_is_another_gets_the_nox_that_it_locks(adopted: Made) -> None:
    adopted.write("noxfile.py", adopted.read("noxfile.py").replace("evenfall.standard_sessions()\n", PASSES))
    adopted.commit("the lock as a runner sees it")
    adopted.write("noxfile.py.lock", adopted.read("noxfile.py.lock") + "\n")
    done = adopted.evenfall("run", "--commit", "HEAD")
    assert done.returncode == 0, done.stderr
    adopted.write("noxfile.py", adopted.read("noxfile.py").replace('"nox==2026.10.20"', '"nox>=2026.10.20"'))
    adopted.commit("and now it is stale")
    adopted.write("noxfile.py.lock", adopted.read("noxfile.py.lock") + "\n")
    done = adopted.evenfall("run", "--commit", "HEAD")
    assert done.returncode == 2, done.stderr
    assert "noxfile.py.lock: what it locks can't be installed" in done.stderr


def test_a_failed_jobs_sandbox_is_kept_to_look_into_where_that_is_asked_for(project: Made) -> None:
    declare(project, FAILS.replace('print("no oil")', 'pathlib.Path("found.txt").touch()'))
    done = project.evenfall("run", "--keep")
    entering = re.search(r"its sandbox is kept: (\S+)", done.stderr)
    assert entering, done.stderr
    try:
        looked = subprocess.run(
            [entering[1]], input="ls; echo $CI $GITHUB_WORKSPACE", capture_output=True, text=True, check=True
        )
        assert "found.txt" in looked.stdout
        assert f"true {Path(entering[1]).parent / 'work/lantern'}" in looked.stdout
    finally:
        shutil.rmtree(Path(entering[1]).parents[1])


def test_on_a_terminal_a_board_shows_what_runs(project: Made) -> None:
    declare(
        project,
        PASSES.replace('print("it is bright")', 'session.run("sh", "-c", "echo a last line; sleep 1", external=True)')
        + FAILS,
    )
    environ = {"TERM": "xterm-256color", "COLUMNS": "60"}
    code, shown = in_terminal(project, sys.executable, "-m", "evenfall", "run", "-j", "1", env=environ)
    assert code == 1, shown
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(r"lit +\d s +a last line", plain)
    assert "1 waiting" in plain
    assert "no oil" in plain
    assert re.search(r"failed dark in .* s: the lamp is empty", plain)


def test_in_github_actions_a_failure_is_annotated(project: Made) -> None:
    declare(project, FAILS)
    done = project.evenfall("run", env={"GITHUB_ACTIONS": "true"})
    assert re.search(r"^::error title=dark::the lamp is empty%0A", done.stderr, re.MULTILINE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_everything_that_was_started(project: Made, tmp_path: Path, number: signal.Signals) -> None:
    begun, sandboxes = tmp_path / "marks/begun", tmp_path / "sandboxes"
    begun.parent.mkdir()
    sandboxes.mkdir()
    declare(
        project,
        "@evenfall.session\ndef long(session):\n    command = "
        f"\"setsid sh -c 'touch {begun}; exec sleep 600' & trap : TERM INT; touch {begun}; sleep 600\"\n"
        '    session.run("sh", "-c", command, external=True)\n',
    )
    child = subprocess.Popen(
        [sys.executable, "-m", "evenfall", "run"],
        cwd=project.root,
        env=project.environ({"TMPDIR": os.fspath(sandboxes)}),
        stderr=subprocess.PIPE,
        text=True,
    )
    while not begun.exists():
        assert child.poll() is None, child.communicate()[1]
        time.sleep(0.05)
    child.send_signal(number)
    said = child.communicate()[1]
    assert child.returncode == 130
    assert "interrupted" in said
    assert not any(os.fspath(sandboxes) in name for name in working_folders())
    assert [path.name for path in (sandboxes / f"evenfall-{os.getuid()}").iterdir()] == ["lock"]


def test_a_second_interrupt_waits_until_the_jobs_have_ended() -> None:
    script = """
import os, signal, time
from evenfall.run.mirror import undisturbed
with undisturbed():
    os.kill(os.getpid(), signal.SIGINT)
    print("goes on", flush=True)
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(9)
except KeyboardInterrupt:
    print("ends")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "goes on\nends\n"


def working_folders() -> list[str]:
    """Where the processes of this machine are."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            found.append(os.readlink(entry))  # noqa: PTH115 - a folder that is gone has a name that no path has
        except OSError:
            continue
    return found


def test_two_runs_at_once_do_not_disturb_each_other(project: Made, tmp_path: Path) -> None:
    declare(project, PASSES.replace('print("it is bright")', 'session.run("sleep", "1", external=True)'))
    other = copy(project, tmp_path / "other")
    command = [sys.executable, "-m", "evenfall", "run"]
    runs = [
        subprocess.Popen(command, cwd=each.root, env=each.environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for each in (project, project, other)
    ]
    for run in runs:
        said = run.communicate()[0]
        assert run.returncode == 0, said
