"""`evenfall secrets` as a process, with the real scanner and real repositories."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sample_project import SampleProject
from tests.supply_chain.fake import fake

pytestmark = pytest.mark.integration

PYPROJECT = '[project]\nname = "lantern"\n\n[build-system]\nrequires = ["hatchling"]\n'
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="such file names can't be on Windows")
GITHUB = fake("github")


@pytest.fixture
def repository(tmp_path: Path) -> SampleProject:
    made = SampleProject(tmp_path / "lantern")
    made.write("pyproject.toml", PYPROJECT)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("a lantern")
    return made


def found(made: SampleProject, *arguments: str, values: tuple[str, ...] = (GITHUB,)) -> list[dict[str, Any]]:
    """Return the findings; check the exit code, and that no secret is printed."""
    done = made.command("secrets", "--json", *arguments)
    assert not [value for value in values if value in done.stdout + done.stderr]
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    assert done.returncode == ("error" in {finding["severity"] for finding in findings}), done.stderr
    return findings


def places(findings: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    return [(finding["path"], finding["line"], finding["where"]) for finding in findings]


def refusal(made: SampleProject, *arguments: str, code: int, env: dict[str, str] | None = None) -> str:
    done = made.command("secrets", *arguments, env=env)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert GITHUB not in done.stderr
    return done.stderr


def test_secrets_are_found_in_the_history_and_the_files_and_never_printed(repository: SampleProject) -> None:
    """A deleted AWS key pair, a deleted GitHub token, a private key that was deleted three commits ago, and an index token at HEAD."""
    values = tuple(fake(kind) for kind in ("aws id", "aws key", "github", "private key", "pypi"))
    pair = f"[default]\naws_access_key_id = {values[0]}\naws_secret_access_key = {values[1]}\n"
    for path, text in (("aws.ini", pair), ("ci.env", f"TOKEN={values[2]}\n"), ("deploy.pem", values[3])):
        repository.write(path, text)
        repository.commit(f"add {path}")
    repository.git("rm", "--quiet", "aws.ini", "ci.env", "deploy.pem")
    for message in ("remove them", "one", "two"):
        repository.commit(message)
    repository.write("publish.sh", f"# publish\nexport TOKEN={values[4]}\n")
    repository.commit("publish")
    parts = (*values, *values[3].splitlines()[1:-1])

    findings = found(repository, values=parts)
    assert {(finding["rule"], finding["path"], finding["line"], finding["where"]) for finding in findings} == {
        ("aws-access-token", "aws.ini", 2, "only in the history"),
        ("github-pat", "ci.env", 1, "only in the history"),
        ("private-key", "deploy.pem", 1, "only in the history"),
        ("pypi-upload-token", "publish.sh", 2, "in the history and in the current files"),
    }
    (key,) = [finding for finding in findings if finding["path"] == "deploy.pem"]
    assert key["commit"] == repository.git("log", "--format=%H", "--grep=add deploy").strip()[:10]
    assert key["date"] == repository.git("log", "-1", "--format=%cs", "--grep=add deploy").strip()

    done = repository.command("secrets")
    assert done.returncode == 1
    assert not [value for value in parts if value in done.stdout + done.stderr]
    assert f"{key['path']}:1: error [secret] private-key: " in done.stdout
    assert f"  next: {key['fix']}\n" in done.stdout
    assert "betterleaks: 4 secrets: 4 errors, 0 warnings, 0 in the baseline" in done.stderr


def test_a_repository_without_secrets_passes_and_prints_no_report(repository: SampleProject) -> None:
    done = repository.command("secrets")
    assert (done.returncode, done.stdout) == (0, "")


def test_uncommitted_secrets_are_found_except_in_ignored_files(repository: SampleProject) -> None:
    repository.write(".gitignore", ".env\n")
    repository.write("settings.py", "A = 1\n")
    repository.write("staged.py", "B = 1\n")
    repository.commit()
    repository.write(".env", f"TOKEN={fake('github', 2)}\n")
    repository.write("untracked.py", f"\nTOKEN = '{fake('github', 3)}'\n")
    repository.write("settings.py", f"A = 1\nTOKEN = '{fake('github', 4)}'\n")
    repository.write("staged.py", f"TOKEN = '{fake('github', 5)}'\n")
    repository.git("add", "staged.py")
    repository.write("staged.py", "B = 1\n")
    before = repository.git("status", "--porcelain", "--ignored")
    objects = repository.git("count-objects")
    findings = found(repository, values=tuple(fake("github", seed) for seed in range(2, 6)))
    assert places(findings) == [
        ("settings.py", 2, "not committed yet"),
        ("staged.py", 1, "not committed yet"),
        ("untracked.py", 2, "not committed yet"),
    ]
    assert {finding["commit"] for finding in findings} == {""}
    assert repository.git("status", "--porcelain", "--ignored") == before
    assert repository.git("count-objects") == objects


def test_one_secret_in_one_file_is_one_finding_even_if_it_moves(repository: SampleProject) -> None:
    repository.write("a.py", f"TOKEN = '{GITHUB}'\n")
    repository.commit("first")
    first = repository.git("rev-parse", "HEAD")
    repository.write("a.py", f"\n\nTOKEN = '{GITHUB}'\n")
    repository.commit("moved")
    repository.write("a.py", f"\nTOKEN = '{GITHUB}'\nAGAIN = '{GITHUB}'\n")
    (finding,) = found(repository)
    assert places([finding]) == [("a.py", 2, "in the history and in the current files")]
    assert finding["commit"] == first[:10]


def test_secrets_are_found_where_git_log_does_not_show_them(repository: SampleProject) -> None:
    """In a binary file, a file that attributes call binary, a renamed file, a merge, next to an allow comment, and in a commit message."""
    repository.write(".gitattributes", "hidden.txt -diff\n")
    repository.write("hidden.txt", fake("github", 2))
    repository.write("binary.dat", f"\0 {fake('github', 7)} \0")
    repository.write("before.txt", fake("github", 3))
    repository.write("allowed.txt", f"{fake('github', 4)}  # gitleaks:allow betterleaks:allow\n")
    repository.write(".betterleaksignore", "")
    repository.commit()
    repository.git("mv", "before.txt", "after.txt")
    repository.commit(f"with {fake('github', 5)}")
    repository.git("checkout", "--quiet", "-b", "side", "HEAD~")
    repository.write("side.txt", "side\n")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-commit", "--no-ff", "side")
    repository.write("merged.txt", fake("github", 6))
    repository.commit()
    repository.git("rm", "--quiet", "merged.txt")
    repository.commit()
    findings = found(repository, values=tuple(fake("github", seed) for seed in range(2, 8)))
    assert {(finding["path"], finding["where"]) for finding in findings} == {
        ("binary.dat", "in the history and in the current files"),
        ("hidden.txt", "in the history and in the current files"),
        ("before.txt", "only in the history"),
        ("after.txt", "in the history and in the current files"),
        ("allowed.txt", "in the history and in the current files"),
        ("merged.txt", "only in the history"),
        ("commit message", "only in the history"),
    }
    (message,) = [finding for finding in findings if finding["path"] == "commit message"]
    assert message["line"] is None


def test_secrets_in_utf_16_and_utf_32_are_found_in_the_files_and_in_a_branch_that_removed_them_before_its_merge(
    repository: SampleProject,
) -> None:
    encodings = ("utf-16", "utf-16-be", "utf-16-le", "utf-32")
    values = tuple(fake("github", seed) for seed in range(4))

    def write(value: str, encoding: str) -> None:
        text = f"ä first line\r\nTOKEN = '{value}'\r\n"
        Path(repository.root, f"it's {encoding} [ü].reg").write_bytes(text.encode(encoding))

    repository.git("checkout", "--quiet", "-b", "side")
    for value, encoding in zip(values[:3], encodings, strict=False):
        write(value, encoding)
    repository.commit("add them")
    repository.git("rm", "--quiet", "-r", "--", "*utf-16*")
    repository.commit("remove them")
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--no-edit", "side")
    write(values[3], encodings[3])
    for number in range(100):
        Path(repository.root, f"a{number}.txt").write_bytes("more files than a command names".encode("utf-16"))
    assert places(found(repository, values=values)) == [
        ("it's utf-32 [ü].reg", 2, "not committed yet"),
        *((f"it's {encoding} [ü].reg", 2, "only in the history") for encoding in encodings[:3]),
    ]


def test_no_configuration_of_git_or_the_scanner_hides_a_secret(repository: SampleProject, tmp_path: Path) -> None:
    """With each of these settings a scanner that reads the user's `git log` finds nothing."""
    repository.write("a.py", f"TOKEN = '{GITHUB}'\n")
    repository.commit()
    for line in (
        "color.ui=always",
        "diff.noprefix=true",
        "diff.external=/bin/false",
        "diff.orderFile=none",
        "format.pretty=oneline",
    ):
        repository.git("config", *line.split("="))
    nothing = SampleProject(tmp_path).write("nothing.toml", "title = 'nothing'\n")
    env = {
        "BETTERLEAKS_CONFIG": os.fspath(nothing),
        "GIT_CONFIG_PARAMETERS": "'log.date=raw'",
        "GIT_EXTERNAL_DIFF": "false",
    }
    done = repository.command("secrets", env=env)
    assert done.returncode == 1
    assert "a.py:1: error [secret] github-pat" in done.stdout


def test_every_path_is_reported_and_no_control_character_reaches_the_terminal(repository: SampleProject) -> None:
    names = ["with space.txt", "new\nline.txt", 'quo"te.txt', "ü.txt", "\x1b[2J.txt", "-dash.txt", "it's.txt"]
    for seed, name in enumerate(names):
        repository.write(name, fake("github", seed))
    Path(os.fsdecode(os.fsencode(repository.root) + b"/b\xff.txt")).write_text(fake("github", 20), encoding="utf-8")
    repository.commit()
    repository.git("rm", "--quiet", "--", "it's.txt")
    findings = found(repository, values=tuple(fake("github", seed) for seed in range(21)))
    assert {finding["path"] for finding in findings} == {*names, "b\ufffd.txt"}
    output = repository.command("secrets").stdout
    assert "\x1b" not in output
    assert {line.partition(": error")[0] for line in output.splitlines() if ": error [secret]" in line} == {
        "with space.txt:1",
        r"new\nline.txt:1",
        'quo"te.txt:1',
        "ü.txt:1",
        r"\x1b[2J.txt:1",
        "-dash.txt:1",
        "it's.txt:1",
        "b\ufffd.txt:1",
    }


def test_the_history_of_a_submodule_is_scanned_only_in_the_submodule(repository: SampleProject, tmp_path: Path) -> None:
    inner = SampleProject(tmp_path / "inner")
    inner.write("pyproject.toml", PYPROJECT)
    inner.write("a.py", f"TOKEN = '{GITHUB}'\n")
    inner.git("init", "--quiet")
    inner.commit()
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", os.fspath(inner.root), "inner")
    repository.commit()
    assert found(repository) == []
    assert places(found(SampleProject(repository.root / "inner"))) == [
        ("a.py", 1, "in the history and in the current files")
    ]


def test_a_project_in_a_subfolder_scans_the_complete_repository(repository: SampleProject) -> None:
    repository.write("deep/pyproject.toml", PYPROJECT)
    repository.write("other/a.py", f"TOKEN = '{GITHUB}'\n")
    repository.commit()
    assert [finding["path"] for finding in found(SampleProject(repository.root / "deep"))] == ["other/a.py"]


def test_a_clone_without_all_objects_is_inconclusive(repository: SampleProject, tmp_path: Path) -> None:
    repository.write("a.py", f"TOKEN = '{GITHUB}'\n")
    repository.commit()
    repository.git("rm", "--quiet", "a.py")
    repository.commit()
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.git("clone", "--quiet", "--filter=blob:none", repository.root.as_uri(), os.fspath(tmp_path / "partial"))
    partial = SampleProject(tmp_path / "partial")
    assert "in a partial clone: git fetch --refetch --no-filter" in refusal(partial, code=3)
    partial.git("fetch", "--quiet", "--refetch", "--no-filter")
    assert [finding["path"] for finding in found(partial)] == ["a.py"]


def test_a_folder_without_a_repository_and_a_bare_repository_are_wrong_usage(
    repository: SampleProject, tmp_path: Path
) -> None:
    outside = SampleProject(tmp_path / "outside")
    outside.write("pyproject.toml", PYPROJECT)
    assert "next: git init" in refusal(outside, code=2, env={"GIT_CEILING_DIRECTORIES": os.fspath(tmp_path)})
    repository.git("clone", "--quiet", "--bare", os.fspath(repository.root), os.fspath(tmp_path / "bare.git"))
    bare = SampleProject(tmp_path / "bare.git")
    bare.write("pyproject.toml", PYPROJECT)
    assert "a bare repository has no work tree" in refusal(bare, code=2)


def test_a_finding_in_the_baseline_passes_even_if_its_line_moves_but_not_in_another_file(
    repository: SampleProject,
) -> None:
    repository.write("docs/example.md", f"TOKEN={GITHUB}\n")
    repository.write("real.py", f"TOKEN = '{fake('github', 2)}'\n")
    repository.commit()
    example, real = found(repository)
    assert found(repository, "--add-to-baseline", example["fingerprint"], "--reason", "an example") == [real]
    assert found(repository) == [real]
    repository.write("docs/example.md", f"\n\nTOKEN={GITHUB}\n")
    repository.commit("moved")
    assert found(repository) == [real]
    repository.write("docs/copy.md", f"TOKEN={GITHUB}\n")
    assert [finding["path"] for finding in found(repository)] == ["docs/copy.md", "real.py"]


@pytest.mark.parametrize("pyproject", ['[project]\nname = "lantern"\nversion = "1"\n', "[tool.ruff]\n"])
def test_a_project_without_a_build_system_is_scanned(repository: SampleProject, pyproject: str) -> None:
    repository.write("pyproject.toml", pyproject)
    repository.write("a.py", f"TOKEN = '{GITHUB}'\n")
    (finding,) = found(repository)
    assert found(repository, "--add-to-baseline", finding["fingerprint"], "--reason", "an example") == []


def test_a_secret_is_not_printed_in_the_name_of_its_file(repository: SampleProject) -> None:
    repository.write(f"keys/{GITHUB}.env", f"TOKEN={GITHUB}\n")
    assert [finding["path"] for finding in found(repository)] == ["keys/REDACTED.env"]


def test_a_secret_is_not_printed_in_the_name_of_a_file_with_another_secret(repository: SampleProject) -> None:
    other, letters = fake("github", 2), "q" * 9 + "wmzrtplkj"
    repository.write(f"{other}/{letters}.env", f"TOKEN={GITHUB}\n")
    repository.write("b.env", f"TOKEN={other}\npassword = '{letters}'\n")
    findings = found(repository, values=(GITHUB, other, letters))
    assert {finding["path"] for finding in findings} == {"REDACTED/REDACTED.env", "b.env"}
    name = next(finding["fingerprint"] for finding in findings if finding["path"] != "b.env")
    found(repository, "--add-to-baseline", name, "--reason", "an example", values=(GITHUB, other, letters))
    assert "# github-pat in REDACTED/REDACTED.env" in repository.read("pyproject.toml")


def test_a_short_secret_is_redacted_only_in_the_name_of_its_own_file(repository: SampleProject) -> None:
    short = "src/" + "v1.x"
    repository.write("b.sh", f'password = "{short}"\n')
    repository.write(f"{short}/api.py", f"TOKEN = '{GITHUB}'\n")
    findings = found(repository, "--add-to-baseline", f"github-pat:{short}/*", "--reason", "an example")
    assert [finding["path"] for finding in findings] == ["b.sh"]


def test_a_placeholder_with_low_confidence_is_a_warning_that_the_policy_can_make_an_error(
    repository: SampleProject,
) -> None:
    repository.write(".env.example", "DATABASE_URL=postgres://user:password@localhost:5432/db\n")
    repository.write("compose.env", "POSTGRES_PASSWORD: postgres\n")
    findings = found(repository)
    assert [(each["path"], each["severity"], each["confidence"]) for each in findings] == [
        (".env.example", "warning", "low"),
        ("compose.env", "warning", "low"),
    ]
    repository.write("compose.env", "URL: postgresql://postgres:postgres@127.0.0.1/test\n")
    findings = found(repository)
    assert [(each["path"], each["severity"], each["confidence"]) for each in findings] == [
        (".env.example", "warning", "low"),
        ("compose.env", "error", "medium"),
    ]
    repository.write("pyproject.toml", f"{PYPROJECT}\n[tool.evenfall.secrets]\nlow-confidence = 'fail'\n")
    assert [each["severity"] for each in found(repository)] == ["error", "error"]


def test_a_secret_that_is_a_word_changes_no_rule_name_and_no_path(repository: SampleProject) -> None:
    word = "password"
    repository.write(f"docs/{word}.rst", f'{word} = "{word}"\n')
    (finding,) = found(repository)
    assert (finding["rule"], finding["path"]) == ("generic-password", "docs/password.rst")
    assert "hardcoded password literal" in finding["reason"]


def test_nested_repositories_and_archives_are_named_and_the_other_files_are_scanned(repository: SampleProject) -> None:
    for inner in ("empty", "full"):
        (repository.root / inner).mkdir()
        SampleProject(repository.root / inner).git("init", "--quiet")
    SampleProject(repository.root / "full").write("a.env", f"TOKEN={GITHUB}\n")
    SampleProject(repository.root / "full").commit("a secret")
    repository.write("b.env", f"TOKEN={GITHUB}\n")
    names = [f"{GITHUB}.zip", "data.tar.gz", "report.DOCX"]
    for name in names:
        repository.write(name, "PK")
    done = repository.command("secrets", "--json")
    printed = json.loads(done.stdout)
    assert [finding["path"] for finding in printed["findings"]] == ["b.env"]
    assert printed["not_read"] == ["empty/", "full/", "REDACTED.zip", *names[1:]]
    assert "betterleaks: not read: REDACTED.zip, data.tar.gz, report.DOCX: archives; " in done.stderr
    assert "betterleaks: not read: empty/ is a repository" in done.stderr
    assert "betterleaks: not read: full/ is a repository" in done.stderr


def test_a_rule_and_a_pattern_in_the_baseline_cover_future_findings(repository: SampleProject) -> None:
    for path in ("docs/a.md", "docs/sub/b.md", "docs.md", "src/docs/a.py"):
        repository.write(path, f"TOKEN={GITHUB}\n")
    repository.write("docs/key.pem", fake("private key"))
    others = found(repository, "--add-to-baseline", "github-pat:docs/*", "--reason", "examples of the tutorial")
    assert [finding["path"] for finding in others] == ["docs.md", "docs/key.pem", "src/docs/a.py"]
    repository.write("docs/c.md", f"TOKEN={fake('github', 2)}\n")
    assert found(repository) == others


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--add-to-baseline", "0" * 20, "--reason", "x"), f"--add-to-baseline {'0' * 20}: "),
        (("--reason", "x"), "--reason: "),
    ],
)
def test_wrong_options_for_the_baseline_change_no_file(
    repository: SampleProject, arguments: tuple[str, ...], message: str
) -> None:
    assert message in refusal(repository, *arguments, code=2)
    assert repository.read("pyproject.toml") == PYPROJECT


def test_an_entry_without_a_reason_is_wrong_configuration(repository: SampleProject) -> None:
    entry = f'[[tool.evenfall.secrets.baseline]]\nfingerprint = "{"0" * 20}"\n'
    repository.write("pyproject.toml", f"{PYPROJECT}\n{entry}")
    assert "pyproject.toml: tool.evenfall.secrets.baseline[0]: " in refusal(repository, code=2)
