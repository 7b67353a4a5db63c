"""The causes of a failure are found from the job's output and the differences from the user's machine."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from evenfall.run.diagnosis.causes import find_causes
from evenfall.run.diagnosis.evidence import Evidence
from evenfall.run.process import HEAD, TAIL, JobOutput
from evenfall.run.sandbox import Sandbox, sandbox_paths
from tests.run.conftest import snapshot_of
from tests.sample_project import SampleProject

UTC = {"TZ": "UTC", "LANG": "C.UTF-8"}


class FailedJob:
    """A job that failed in an empty checkout of the lamp, and the user's HOME."""

    def __init__(self, lamp: SampleProject, folder: Path) -> None:
        self.lamp = lamp
        self.folder = folder
        self.shared: tuple[Path, ...] = ()
        self.home = folder / "home"
        self.home.mkdir()
        outside = sandbox_paths(folder / "sandbox", folder / "tmp", "lamp")
        inside = sandbox_paths(Path("/home/runner"), Path("/tmp"), "lamp")
        self.sandbox = Sandbox(folder=folder / "own", commit="", outside=outside, inside=inside)
        self.checkout = self.sandbox.checkout
        self.checkout.mkdir(parents=True)

    def causes(self, output: str, environ: Mapping[str, str] | None = None, *artifacts: str) -> list[str]:
        """Return the causes for an output of the job."""
        (self.folder / "log").write_text(output)
        return self.causes_of_log(environ, *artifacts)

    def causes_of_log(self, environ: Mapping[str, str] | None = None, *artifacts: str) -> list[str]:
        store = Path(tempfile.mkdtemp(dir=self.folder))
        evidence = Evidence(
            log=self.folder / "log",
            snapshot=snapshot_of(self.lamp, store),
            sandbox=self.sandbox,
            environ={"HOME": os.fspath(self.home), **UTC, **(environ or {})},
            restored_artifacts=artifacts,
            closed_ports=frozenset([54321]),
            shared=self.shared,
        )
        return find_causes(evidence)


@pytest.fixture
def job(lamp: SampleProject, tmp_path: Path) -> FailedJob:
    folder = tmp_path / "job"
    folder.mkdir()
    return FailedJob(lamp, folder)


@pytest.mark.parametrize(
    "output",
    [
        "ModuleNotFoundError: No module named 'helper'",
        "ModuleNotFoundError: No module named 'lamp.helper'",
        "ImportError: cannot import name 'helper' from 'lamp'",
        "FileNotFoundError: [Errno 2] No such file or directory: 'helper.py'",
        "can't open file '/somewhere/helper.py': [Errno 2]",
    ],
)
def test_an_untracked_file_is_named_with_the_command_that_adds_it(job: FailedJob, output: str) -> None:
    job.lamp.write("helper.py", "")
    first, *_ = job.causes(output)
    assert first == "helper.py exists locally but is untracked, so CI does not have it (git add helper.py)"


def test_the_file_name_is_quoted_in_the_command_that_adds_it(job: FailedJob) -> None:
    job.lamp.write("a $(b).py", "")
    cause, *_ = job.causes("FileNotFoundError: 'a $(b).py'")
    assert "(git add 'a $(b).py')" in cause


def test_an_ignored_file_is_named_with_the_advice_to_declare_an_artifact(job: FailedJob) -> None:
    job.lamp.write("wax.log", "")
    assert job.causes("No such file: wax.log") == [
        "wax.log exists locally but is ignored by git, so CI does not have it"
        " (or declare it as an artifact of the session that makes it)"
    ]


@pytest.mark.parametrize(
    "output", ["my-helper.py", "helper.pyc", "nothing of it", "helper", "No module named 'helper2'"]
)
def test_a_file_that_the_output_does_not_name_is_no_cause(job: FailedJob, output: str) -> None:
    job.lamp.write("helper.py", "")
    assert not any("helper.py" in line for line in job.causes(output))


@pytest.mark.parametrize(
    ("path", "output", "named"),
    [
        ("data", "FileNotFoundError: No such file or directory: 'data'", True),
        ("data/", "open('data/oil.json')", True),
        ("deep/data", "deep/data: no such file", True),
        ("data", "all data is lost; metadata/ too", False),
        ("deep/data", "deep/database", False),
    ],
)
def test_a_file_name_that_is_an_ordinary_word_is_recognized_only_as_a_path(
    job: FailedJob, path: str, output: str, named: bool
) -> None:
    job.lamp.write(f"{path}oil.json" if path.endswith("/") else path, "")
    if path == "deep/data":
        job.lamp.write("deep/tracked", "")
        job.lamp.git("add", "deep/tracked")
    assert any(line.startswith(f"{path} exists locally") for line in job.causes(output)) is named


@pytest.mark.parametrize("name", ["conftest.py", "__init__.py"])
def test_a_file_with_a_common_name_is_no_cause(job: FailedJob, name: str) -> None:
    job.lamp.write(f"deep/{name}", "")
    job.lamp.write("deep/tracked", "")
    job.lamp.git("add", "deep/tracked")
    assert job.causes(f"deep/{name}:3: error") == []


def test_a_file_that_the_session_made_in_its_checkout_is_no_cause(job: FailedJob) -> None:
    job.lamp.write("wax.log", "")
    (job.checkout / "wax.log").touch()
    assert job.causes("wax.log:1: it melts") == []


def test_a_module_in_no_dependency_group_is_named(job: FailedJob) -> None:
    assert job.causes("No module named 'wick.fibre'") == [
        "wick is in no dependency group of this session: uv add --group … wick"
    ]


@pytest.mark.parametrize(
    ("path", "module"),
    [("src/lantern/spare.py", "lantern.spare"), ("lantern.py", "lantern"), ("lamps/oil.py", "lamps.oil")],
)
def test_a_module_of_the_project_that_the_wheel_lacks_is_named(job: FailedJob, path: str, module: str) -> None:
    job.lamp.write(path, "")
    job.lamp.commit()
    name = module.partition(".")[0]
    assert job.causes(f"No module named '{module}'") == [
        f"{name} is in the work tree, but the wheel lacks it or a part of it: the session imports the installed project"
    ]


def test_a_module_that_the_work_tree_does_not_have_either_is_no_cause(job: FailedJob) -> None:
    job.lamp.write("src/lantern/__init__.py", "")
    job.lamp.commit()
    assert job.causes("No module named 'lantern.units'") == []


@pytest.mark.parametrize("path", ["lantern.py", "deep/lantern.py"])
def test_an_untracked_module_is_named_once(job: FailedJob, path: str) -> None:
    job.lamp.write("deep/tracked", "")
    job.lamp.git("add", "deep/tracked")
    job.lamp.write(path, "")
    (line,) = job.causes("No module named 'lantern'")
    assert line.startswith(f"{path} exists locally")


def test_a_variable_of_the_users_shell_is_named(job: FailedJob) -> None:
    own = {"LANTERN_KEY": "brass", "OIL": "1", "USER": "me", "HTTPS_PROXY": "p", "LANTERN": "x"}
    output = "KeyError: 'LANTERN_KEY', OIL, USER, HTTPS_PROXY, MY_LANTERN"
    assert job.causes(output, own) == [
        'LANTERN_KEY is set in your shell but not in CI (pass_env=("LANTERN_KEY",) passes it on here)'
    ]


def test_paths_in_the_users_checkout_and_home_are_named_if_access_was_denied(job: FailedJob) -> None:
    checkout, home = job.lamp.root, job.home
    (home / ".rc").touch()
    output = f"PermissionError: [Errno 13] Permission denied: '{checkout}/page.txt'\n'{home}/.rc': Permission denied"
    assert job.causes(output) == [
        f"{checkout}/page.txt is in your checkout, which CI does not have",
        f"{home}/.rc is in your HOME, which CI does not have",
    ]
    assert job.causes(f"{checkout}/page.txt:1: a style error") == []
    assert job.causes(f"Executable `{home}/.rc` not found") == [f"{home}/.rc is in your HOME, which CI does not have"]


def test_a_path_in_a_folder_that_the_job_had_is_no_cause(job: FailedJob) -> None:
    for name in ("cache/hook", "rc"):
        (job.home / name).parent.mkdir(exist_ok=True)
        (job.home / name).touch()
    output = "".join(f"{job.home / name}: line 1: /x: No such file or directory\n" for name in ("cache/hook", "rc"))
    job.shared = (job.home / "cache",)
    assert job.causes(output) == [f"{job.home}/rc is in your HOME, which CI does not have"]
    assert job.causes(output.splitlines()[0]) == []


def test_a_denied_permission_elsewhere_is_no_cause(job: FailedJob) -> None:
    assert job.causes("PermissionError: '/etc/shadow'", {"HOME": "/"}) == []


def test_a_file_of_the_users_home_is_named(job: FailedJob) -> None:
    (job.home / ".lanternrc").touch()
    output = "".join(f"No such file: '/home/runner/{name}'\n" for name in (".lanternrc", ".other"))
    assert job.causes(output) == ["~/.lanternrc exists in your HOME; in CI, HOME is empty"]


@pytest.mark.parametrize(
    "output",
    [
        "nox > Program snuffer not found.",
        "sh: 1: snuffer: not found",
        "bash: line 1: snuffer: command not found",
        "FileNotFoundError: [Errno 2] No such file or directory: 'snuffer'",
    ],
)
def test_a_program_of_the_users_path_is_named(job: FailedJob, tmp_path: Path, output: str) -> None:
    program = tmp_path / "bin/snuffer"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    cause = f"snuffer is on your PATH ({program}) but neither locked nor on a runner's PATH"
    assert job.causes(output, {"PATH": os.fspath(program.parent)}) == [cause]
    assert cause not in job.causes(output, {"PATH": os.fspath(tmp_path)})


def test_a_service_of_the_machine_that_refused_a_connection_is_named(job: FailedJob) -> None:
    refused = 'connection to server at "127.0.0.1", port 54321 failed: Permission denied'
    assert job.causes(refused) == ["CI has no service of your machine (a service on 54321)"]
    assert job.causes("port 54321 failed: timeout") == []
    assert job.causes(refused.replace("54321", "5432")) == []


def test_a_file_that_is_executable_only_locally_is_named(job: FailedJob) -> None:
    job.lamp.write("tool.sh", "#!/bin/sh\n")
    job.lamp.commit()
    assert job.causes("sh: 1: ./tool.sh: Permission denied") == []
    (job.lamp.root / "tool.sh").chmod(0o755)
    assert job.causes("sh: 1: ./tool.sh: Permission denied") == [
        "tool.sh is executable locally but not in the commit: git update-index --chmod=+x tool.sh"
    ]


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        ("fatal: No names found, cannot describe anything.", "one commit and no tags"),
        ("fatal: ambiguous argument 'HEAD~1': unknown revision", "one commit and no tags"),
        ("error: The lockfile at `uv.lock`\nneeds to be updated", "uv.lock is out of date"),
    ],
)
def test_errors_of_git_and_uv_are_recognized(job: FailedJob, output: str, cause: str) -> None:
    (line,) = job.causes(output)
    assert cause in line


def test_the_users_own_index_configuration_is_named_if_a_package_is_not_found(job: FailedJob) -> None:
    (job.home / ".netrc").touch()
    own = {"UV_INDEX_URL": "https://example.org", "PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}
    for output in ("wick was not found in the package registry", "HTTP status client error (401 Unauthorized)"):
        assert job.causes(output, own) == [
            "~/.netrc, PIP_NO_INDEX, UV_INDEX_URL: your own configuration of indexes or credentials, which CI does not have"
        ]


def test_without_an_own_index_a_missing_package_is_no_cause(job: FailedJob) -> None:
    assert job.causes("wick was not found in the package registry") == []


def test_at_most_six_causes_are_listed(job: FailedJob) -> None:
    assert len(job.causes("".join(f"No module named 'wick{number}'\n" for number in range(9)))) == 6


def test_the_end_of_the_longest_output_is_read(job: FailedJob) -> None:
    output = JobOutput(job.folder / "log", lambda _: None)
    words = b"No module named 'wick'\n"
    for _ in range((HEAD + TAIL) // 65536 + 1):
        output.add(b"x" * 65536)
    output.add(b"x" * (65536 - len(words)) + words)
    output.close()
    (line,) = job.causes_of_log()
    assert line.startswith("wick is in no dependency group")


def test_an_ignored_env_file_is_named_with_the_missing_variable(job: FailedJob) -> None:
    job.lamp.write(".env", "# of the lamp\nexport WICK=1\nOIL_LAMP = brass\n")
    job.lamp.write(".gitignore", ".env\n")
    cause = ".env exists locally but is ignored by git, so CI does not have the variable OIL_LAMP"
    assert job.causes("KeyError: 'OIL_LAMP'") == [cause]
    assert job.causes("KeyError: 'OIL'") == []


def test_an_empty_folder_is_named_unless_the_sandbox_has_it(job: FailedJob) -> None:
    for name in ("logs", "there"):
        (job.lamp.root / name).mkdir()
    (job.checkout / "there").mkdir()
    (line,) = job.causes("No such file or directory: 'logs/today.txt', 'there/today.txt', '/logs', '../logs'")
    assert line.startswith("logs/ exists locally but is empty")


def test_a_link_to_a_path_outside_the_checkout_is_named(job: FailedJob) -> None:
    for name, target in (("out", job.home), ("in", job.lamp.root)):
        (job.lamp.root / name).symlink_to(target)
    job.lamp.commit()
    assert job.causes("'out' and 'in'") == [f"out is a link to {job.home} outside the checkout, so CI does not have it"]


def test_a_file_of_an_artifact_that_lost_its_executable_bit_is_named(job: FailedJob) -> None:
    output = "sh: 1: wick/tool.sh: Permission denied"
    (line,) = job.causes(output, None, "wick/")
    assert line.startswith("wick/tool.sh comes from an artifact")
    assert job.causes(output, None, "other/") == []


def test_quoted_words_that_cannot_be_paths_are_ignored(job: FailedJob) -> None:
    output = f"'{'ä' * 250}' " + "".join(f"'{number}' " for number in range(9999))
    assert job.causes(output) == []


def test_a_folder_named_env_and_a_missing_temporary_file_are_no_causes(job: FailedJob) -> None:
    job.lamp.write(".gitignore", ".env/\n")
    job.lamp.write(".env/pyvenv.cfg", "home = /usr/bin\n")
    causes = job.causes("KeyError: 'LAMP_OIL' in /tmp/missing.txt")
    assert not any(".env" in line or "missing.txt" in line for line in causes)


def test_a_submodule_is_named_only_if_the_output_names_it(job: FailedJob) -> None:
    commit = job.lamp.git("rev-parse", "HEAD").strip()
    job.lamp.git("update-index", "--add", "--cacheinfo", f"160000,{commit},part")
    assert not any("part" in line for line in job.causes("ValueError: 'wick'"))
    assert any(line.startswith("part is a submodule") for line in job.causes("no file 'part/wick.py'"))


def test_a_file_of_the_users_temporary_folder_is_named(job: FailedJob, tmp_path: Path) -> None:
    (tmp_path / "wax.txt").touch()
    output = "No such file or directory: '/tmp/wax.txt'"
    assert job.causes(output, {"TMPDIR": os.fspath(tmp_path)}) == [
        "wax.txt exists in your temporary folder; in CI, that folder is empty"
    ]


def test_a_file_that_a_filter_changes_is_named(job: FailedJob) -> None:
    job.lamp.write(".gitattributes", "*.bin filter=lfs\n")
    job.lamp.write("lamp.bin", "light\n")
    (job.checkout / "lamp.bin").touch()
    assert job.causes("assert open('lamp.bin').read() == 'light'") == [
        "git's filter lfs changes lamp.bin locally; a runner's checkout has the committed content"
    ]


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        ("fatal: ref HEAD is not a symbolic ref", "a runner's checkout of a pull request is on no branch"),
    ],
)
def test_properties_of_a_checkout_are_named(job: FailedJob, output: str, cause: str) -> None:
    (line,) = job.causes(output)
    assert line.startswith(cause)


def test_the_users_default_branch_is_named(job: FailedJob) -> None:
    job.lamp.git("config", "init.defaultBranch", "trunk")
    assert any(cause.startswith("init.defaultBranch is trunk") for cause in job.causes("fatal: bad revision 'trunk'"))


def test_a_path_of_this_machine_that_could_not_be_read_is_named(job: FailedJob, tmp_path: Path) -> None:
    (tmp_path / "wax.txt").touch()
    job.lamp.write("../neighbor.txt", "")
    error = "No such file or directory: '{}'"
    neighbor = job.lamp.root.with_name("neighbor.txt")
    causes = job.causes(error.format("../neighbor.txt"))
    assert causes == [f"{neighbor} is outside your checkout, so CI does not have it"]
    for output in (error.format("/root/../opt"), "Executable `/opt` not found"):
        assert job.causes(output) == ["/opt exists on this machine, but not on a runner"]
    for path in ("/nowhere/wax.txt", "/etc/shadow", "/usr/bin/env", "../missing.txt"):
        assert job.causes(error.format(path)) == []


def test_a_unix_socket_of_this_machine_is_named_by_the_program_that_connects_to_it(job: FailedJob) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, socket.socket(socket.AF_UNIX) as listening:
        path = f"{folder}/wax"
        listening.bind(path)
        text = f"connect('{path}')\nconnect('/etc')\n"
        assert job.causes(f"{text}FileNotFoundError: [Errno 2]") == [
            f"{path} exists on this machine, but not on a runner"
        ]
        assert job.causes(text) == []


def test_a_package_from_a_folder_outside_the_repository_is_a_cause(job: FailedJob) -> None:
    package = '[[package]]\nname = "{0}"\nversion = "1"\nsource = {{ directory = "{1}" }}\n'
    packages = package.format("wick", "../wick") + package.format("oil", "oil")
    job.lamp.write("uv.lock", f'version = 1\nrequires-python = ">=3.11"\n{packages}')
    message = "error: Distribution not found at: file:///home/runner/work/lamp/"
    assert job.causes(f"{message}wick") == ["wick is in ../wick, outside the repository, so CI does not have it"]
    assert job.causes(f"{message}oil") == job.causes(f"{message}candlewick2") == []


@pytest.mark.parametrize(
    ("output", "environ", "own"),
    [
        (
            "*** Please tell me who you are.",
            {"GIT_AUTHOR_NAME": "A", "EMAIL": "a@b"},
            "EMAIL, GIT_AUTHOR_NAME, git's user.name",
        ),
        ("fatal: empty ident name (for <x>)", {}, "git's user.name"),
        (
            "fatal: could not read Username for 'https://github.com'",
            {},
            "~/.ssh/id_wick, git's url.https://example.org/.insteadof",
        ),
        (
            "git@github.com: Permission denied (publickey).",
            {"SSH_AUTH_SOCK": "/s"},
            "~/.ssh/id_wick, SSH_AUTH_SOCK, git's url.https://example.org/.insteadof",
        ),
        ("git: 'wick' is not a git command. See 'git --help'.", {}, "git's alias.wick"),
        ("libwick.so: cannot open shared object file", {"LD_LIBRARY_PATH": "/l"}, "LD_LIBRARY_PATH"),
    ],
)
def test_the_users_configuration_that_a_message_asks_for_is_named(
    job: FailedJob, output: str, environ: dict[str, str], own: str
) -> None:
    SampleProject(job.home).write(".ssh/id_wick", "")
    job.lamp.git("config", "alias.wick", "status")
    job.lamp.git("config", "user.name", "A")
    job.lamp.git("config", "url.https://moon@example.org/.insteadOf", "https://github.com/")
    (line,) = job.causes(output, environ)
    assert line.startswith(f"{own}: your own ")


def test_a_message_that_asks_for_what_the_user_does_not_have_either_has_no_cause(job: FailedJob) -> None:
    assert job.causes("gpg: signing failed: No secret key") == []


def test_another_remote_of_the_users_repository_is_named(job: FailedJob) -> None:
    job.lamp.git("remote", "add", "upstream", "https://example.org/lamp")
    cause = "your repository has the remote upstream; a runner's checkout has only origin"
    assert job.causes("error: No such remote 'upstream'") == [cause]
    assert job.causes("fatal: 'upstream' does not appear to be a git repository") == [cause]
    assert job.causes("error: No such remote 'other'") == []


@pytest.mark.parametrize(
    ("path", "output"),
    [
        (
            "lamp_oil.egg-info/",
            "importlib.metadata.PackageNotFoundError: No package metadata was found for lamp-oil",
        ),
        ("wick.cpython-311-x86_64-linux-gnu.so", "ModuleNotFoundError: No module named 'lamp.wick'"),
    ],
)
def test_what_a_build_left_in_the_work_tree_is_named(job: FailedJob, path: str, output: str) -> None:
    job.lamp.write(f"{path}PKG-INFO" if path.endswith("/") else path, "")
    assert job.causes(output)[0].startswith(f"{path} exists locally but is untracked")


def test_a_terminal_that_a_program_did_not_find_is_named(job: FailedJob) -> None:
    cause = "CI has no terminal, neither for input nor for output"
    assert job.causes("OSError: [Errno 25] Inappropriate ioctl for device") == [cause]
