"""Why a job fails here though it passes at home, told from what it printed."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from evenfall.run.diagnosis.causes import causes
from evenfall.run.process import HEAD, TAIL, Output
from tests.made_project import Made
from tests.run.conftest import snapshot_of

UTC = {"TZ": "UTC", "LANG": "C.UTF-8"}


class Failing:
    """A job that failed in a checkout of the lamp that holds no file that git does not track."""

    def __init__(self, lamp: Made, folder: Path) -> None:
        self.lamp = lamp
        self.folder = folder
        self.checkout = folder / "checkout"
        self.home = folder / "home"
        self.checkout.mkdir()
        self.home.mkdir()

    def told(self, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
        """What explains this output."""
        printed = self.folder / "log"
        printed.write_text(text)
        return self.told_of(printed, environ)

    def told_of(self, printed: Path, environ: Mapping[str, str] | None = None) -> list[str]:
        own = {"HOME": os.fspath(self.home), **UTC, **(environ or {})}
        store = Path(tempfile.mkdtemp(dir=self.folder))
        return causes(printed, snapshot_of(self.lamp, store), self.checkout, own)


@pytest.fixture
def failing(lamp: Made, tmp_path: Path) -> Failing:
    folder = tmp_path / "failing"
    folder.mkdir()
    return Failing(lamp, folder)


NOTHING = "a runner has no terminal, an empty HOME, only what git tracks; and none of your variables TZ"


@pytest.mark.parametrize(
    "printed",
    [
        "ModuleNotFoundError: No module named 'helper'",
        "ModuleNotFoundError: No module named 'lamp.helper'",
        "ImportError: cannot import name 'helper' from 'lamp'",
        "FileNotFoundError: [Errno 2] No such file or directory: 'helper.py'",
        "can't open file '/somewhere/helper.py': [Errno 2]",
    ],
)
def test_a_file_that_is_not_committed_is_named_with_the_command_that_adds_it(failing: Failing, printed: str) -> None:
    failing.lamp.write("helper.py", "")
    first, *_ = failing.told(printed)
    assert first == "helper.py lies here, but it is untracked: a runner has it not (git add helper.py)"


def test_the_command_that_adds_a_file_takes_any_name_as_one_word(failing: Failing) -> None:
    failing.lamp.write("a $(b).py", "")
    cause, *_ = failing.told("FileNotFoundError: 'a $(b).py'")
    assert "(git add 'a $(b).py')" in cause


def test_a_file_that_git_ignores_may_be_an_artifact(failing: Failing) -> None:
    failing.lamp.write("wax.log", "")
    assert failing.told("No such file: wax.log") == [
        "wax.log lies here, but it is ignored by git: a runner has it not"
        " (or take it as an artifact of the session that makes it)"
    ]


@pytest.mark.parametrize(
    "printed", ["my-helper.py", "helper.pyc", "nothing of it", "helper", "No module named 'helper2'"]
)
def test_a_file_that_is_not_named_is_no_cause(failing: Failing, printed: str) -> None:
    failing.lamp.write("helper.py", "")
    assert not any("helper.py lies here" in line for line in failing.told(printed))


@pytest.mark.parametrize(
    ("path", "printed", "named"),
    [
        ("data", "FileNotFoundError: No such file or directory: 'data'", True),
        ("data/", "open('data/oil.json')", True),
        ("deep/data", "deep/data: no such file", True),
        ("data", "all data is lost; metadata/ too", False),
        ("deep/data", "deep/database", False),
    ],
)
def test_a_name_that_is_a_word_too_is_told_where_it_stands_as_a_path(
    failing: Failing, path: str, printed: str, named: bool
) -> None:
    failing.lamp.write(f"{path}oil.json" if path.endswith("/") else path, "")
    if path == "deep/data":
        failing.lamp.write("deep/tracked", "")
        failing.lamp.git("add", "deep/tracked")
    assert any(f"{path} lies here" in line for line in failing.told(printed)) is named


@pytest.mark.parametrize("name", ["conftest.py", "__init__.py"])
def test_a_file_of_a_name_that_many_have_is_no_cause(failing: Failing, name: str) -> None:
    failing.lamp.write(f"deep/{name}", "")
    failing.lamp.write("deep/tracked", "")
    failing.lamp.git("add", "deep/tracked")
    assert failing.told(f"deep/{name}:3: error") == [NOTHING]


def test_what_the_session_has_made_in_its_own_checkout_is_no_cause(failing: Failing) -> None:
    failing.lamp.write("wax.log", "")
    (failing.checkout / "wax.log").touch()
    assert failing.told("wax.log:1: it melts") == [NOTHING]


def test_a_module_that_no_group_brings_is_told(failing: Failing) -> None:
    assert failing.told("No module named 'wick.fibre'") == [
        "wick is in the environment of no group that this session names: uv add --group … wick"
    ]


@pytest.mark.parametrize("path", ["src/lantern/__init__.py", "lantern.py"])
def test_a_module_that_the_wheel_does_not_ship_is_told(failing: Failing, path: str) -> None:
    failing.lamp.write(path, "")
    failing.lamp.commit()
    assert failing.told("No module named 'lantern.spare'") == [
        "lantern lies in the tree, and what is installed has not all of it: a test finds only what the wheel ships"
    ]


@pytest.mark.parametrize("path", ["lantern.py", "deep/lantern.py"])
def test_a_module_that_is_not_committed_is_not_told_twice(failing: Failing, path: str) -> None:
    failing.lamp.write("deep/tracked", "")
    failing.lamp.git("add", "deep/tracked")
    failing.lamp.write(path, "")
    (line,) = failing.told("No module named 'lantern'")
    assert line.startswith(f"{path} lies here")


def test_a_variable_of_the_users_shell_is_told(failing: Failing) -> None:
    own = {"LANTERN_KEY": "brass", "OIL": "1", "USER": "me", "HTTPS_PROXY": "p", "LANTERN": "x"}
    printed = "KeyError: 'LANTERN_KEY', OIL, USER, HTTPS_PROXY, MY_LANTERN"
    assert failing.told(printed, own) == [
        'LANTERN_KEY is set in your shell, and a runner has it not (pass_env=("LANTERN_KEY",) hands it over here)'
    ]


def test_the_users_own_checkout_and_home_are_told_where_they_were_looked_for(failing: Failing) -> None:
    checkout, home = failing.lamp.root, failing.home
    printed = f"PermissionError: [Errno 13] Permission denied: '{checkout}/page.txt'\n'{home}/.rc': Permission denied"
    assert failing.told(printed) == [
        f"{checkout}/page.txt lies in your checkout, which a runner has not",
        f"{home}/.rc lies in your HOME, which a runner has not",
    ]
    assert failing.told(f"{checkout}/page.txt:1: a style error") == [NOTHING]


def test_a_permission_that_is_denied_elsewhere_is_no_cause(failing: Failing) -> None:
    assert failing.told("PermissionError: '/etc/shadow'", {"HOME": "/"}) == [NOTHING]


def test_a_file_that_is_only_in_the_users_home_is_told(failing: Failing) -> None:
    (failing.home / ".lanternrc").touch()
    printed = "".join(
        f"No such file: '/var/tmp/evenfall-0/1a2b3c/0/home/{name}'\n" for name in (".lanternrc", ".other")
    )
    assert failing.told(printed) == ["~/.lanternrc lies in your HOME, and a runner's is empty"]


@pytest.mark.parametrize(
    "printed",
    [
        "nox > Program snuffer not found.",
        "sh: 1: snuffer: not found",
        "bash: line 1: snuffer: command not found",
        "FileNotFoundError: [Errno 2] No such file or directory: 'snuffer'",
    ],
)
def test_a_program_of_the_users_path_is_told(failing: Failing, tmp_path: Path, printed: str) -> None:
    program = tmp_path / "bin/snuffer"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    told = f"snuffer is on your PATH ({program}), and not among what the lock or a runner has"
    assert failing.told(printed, {"PATH": os.fspath(program.parent)}) == [told]
    assert told not in failing.told(printed, {"PATH": os.fspath(tmp_path)})


def test_a_file_that_is_executable_here_alone_is_told(failing: Failing) -> None:
    failing.lamp.write("tool.sh", "#!/bin/sh\n")
    failing.lamp.commit()
    assert failing.told("sh: 1: ./tool.sh: Permission denied") == [NOTHING]
    (failing.lamp.root / "tool.sh").chmod(0o755)
    assert failing.told("sh: 1: ./tool.sh: Permission denied") == [
        "tool.sh may be executed here, but is not committed so: git update-index --chmod=+x tool.sh"
    ]


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("*** Please tell me who you are.", "user.name and user.email are in your git configuration"),
        ("fatal: empty ident name (for <x>)", "user.name and user.email are in your git configuration"),
        ("fatal: No names found, cannot describe anything.", "one commit and no tags"),
        ("fatal: ambiguous argument 'HEAD~1': unknown revision", "one commit and no tags"),
        ("error: The lockfile at `uv.lock`\nneeds to be updated", "uv.lock is not what pyproject.toml asks for"),
    ],
)
def test_what_git_and_uv_say_in_their_own_words_is_understood(failing: Failing, printed: str, told: str) -> None:
    (line,) = failing.told(printed)
    assert told in line


def test_a_package_that_only_the_users_index_has_is_told_with_what_names_it(failing: Failing) -> None:
    (failing.home / ".netrc").touch()
    own = {"UV_INDEX_URL": "https://example.org", "PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}
    for printed in ("wick was not found in the package registry", "HTTP status client error (401 Unauthorized)"):
        assert failing.told(printed, own) == [
            "~/.netrc, PIP_NO_INDEX, UV_INDEX_URL: your own configuration names indexes or credentials, and a runner has none"
        ]


def test_a_package_that_is_nowhere_is_no_matter_of_the_users_index(failing: Failing) -> None:
    assert failing.told("wick was not found in the package registry") == [NOTHING]


def test_where_nothing_names_a_cause_what_differs_anyway_is_listed(failing: Failing) -> None:
    failing.lamp.git("config", "core.autocrlf", "true")
    own = {"TZ": "America/New_York", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "0", "COLUMNS": "80"}
    own |= {f"MY_{number}": "" for number in range(8)}
    (line,) = failing.told("assert 1 == 2", own)
    assert line == (
        "a runner has the time zone UTC (yours: America/New_York), the locale C.UTF-8 (yours: de_DE.UTF-8), "
        "line ends as committed (your core.autocrlf is true), no terminal, an empty HOME, only what git tracks; "
        "and none of your variables PYTHONHASHSEED, COLUMNS, LC_ALL, TZ, MY_0, MY_1, MY_2, MY_3 and 4 more"
    )


def test_without_variables_zone_and_locale_are_the_systems(failing: Failing) -> None:
    (line,) = failing.told("assert 1 == 2", {"TZ": "", "LANG": ""})
    assert "the locale C.UTF-8 (yours: C)" in line
    assert ("the time zone" in line) == (time.strftime("%Z") != "UTC")


def test_no_more_than_six_causes_are_told(failing: Failing) -> None:
    assert len(failing.told("".join(f"No module named 'wick{number}'\n" for number in range(9)))) == 6


def test_the_last_words_of_the_longest_output_are_read(failing: Failing) -> None:
    output = Output(failing.folder / "log", lambda _: None)
    words = b"No module named 'wick'\n"
    for _ in range((HEAD + TAIL) // 65536 + 1):
        output.take(b"x" * 65536)
    output.take(b"x" * (65536 - len(words)) + words)
    output.close()
    (line,) = failing.told_of(failing.folder / "log")
    assert line.startswith("wick is in the environment of no group")


def test_an_ignored_file_of_variables_is_told_with_the_one_that_is_missed(failing: Failing) -> None:
    failing.lamp.write(".env", "# of the lamp\nexport WICK=1\nOIL_LAMP = brass\n")
    failing.lamp.write(".gitignore", ".env\n")
    told = ".env lies here, but it is ignored by git: it sets OIL_LAMP, and a runner has it not"
    assert failing.told("KeyError: 'OIL_LAMP'") == [told]
    assert failing.told("KeyError: 'OIL'") == [NOTHING]


def test_that_ci_is_set_is_told_to_who_has_it_not(failing: Failing) -> None:
    told = "CI is set on a runner, and not in your shell"
    assert failing.told("assert 'CI' not in os.environ") == [told]
    assert failing.told("CI passes") == [NOTHING]
    assert told not in failing.told("assert 'CI' not in os.environ", {"CI": "1"})


def test_an_empty_folder_is_told_and_one_that_the_sandbox_has_is_not(failing: Failing) -> None:
    for name in ("logs", "there"):
        (failing.lamp.root / name).mkdir()
    (failing.checkout / "there").mkdir()
    (line,) = failing.told("No such file or directory: 'logs/today.txt', 'there/today.txt', '/logs', '../logs'")
    assert line.startswith("logs/ lies here, but it is empty")


def test_a_link_is_told_where_it_leads_out_of_the_checkout(failing: Failing) -> None:
    for name, target in (("out", failing.home), ("in", failing.lamp.root)):
        (failing.lamp.root / name).symlink_to(target)
    failing.lamp.commit()
    assert failing.told("'out' and 'in'") == [
        f"out is a link to {failing.home}, outside the checkout: a runner has it not"
    ]


def test_a_file_that_lost_its_mode_in_an_artifact_is_told_as_such(failing: Failing) -> None:
    printed = failing.folder / "log"
    printed.write_text("sh: 1: wick/tool.sh: Permission denied")
    snapshot = snapshot_of(failing.lamp, Path(tempfile.mkdtemp(dir=failing.folder)))
    environ = {"HOME": os.fspath(failing.home), **UTC}
    (line,) = causes(printed, snapshot, failing.checkout, environ, ("wick/",))
    assert line.startswith("wick/tool.sh comes from an artifact")
    assert causes(printed, snapshot, failing.checkout, environ, ("other/",)) == [NOTHING]


def test_a_word_in_quotes_that_can_be_no_path_is_none(failing: Failing) -> None:
    printed = f"'{'ä' * 250}' " + "".join(f"'{number}' " for number in range(9999))
    assert failing.told(printed) == [NOTHING]


def test_a_folder_named_env_and_a_file_that_is_nowhere_are_no_causes(failing: Failing) -> None:
    failing.lamp.write(".gitignore", ".env/\n")
    failing.lamp.write(".env/pyvenv.cfg", "home = /usr/bin\n")
    told = failing.told("KeyError: 'LAMP_OIL' in /var/tmp/evenfall-0/abc/0/tmp/lamp-of-nobody.txt")
    assert not any(".env" in line or "lamp-of-nobody" in line for line in told)


def test_a_submodule_that_nothing_names_is_no_cause(failing: Failing) -> None:
    commit = failing.lamp.git("rev-parse", "HEAD").strip()
    failing.lamp.git("update-index", "--add", "--cacheinfo", f"160000,{commit},part")
    assert not any("part" in line for line in failing.told("ValueError: 'wick'"))
    assert any(line.startswith("part is a repository of its own") for line in failing.told("no file 'part/wick.py'"))
