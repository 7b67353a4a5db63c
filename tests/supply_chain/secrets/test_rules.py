"""`evenfall secrets` with the real scanner on real repositories."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from evenfall.errors import EvenfallError
from evenfall.project.settings import BaselineEntry
from evenfall.supply_chain.secrets.baseline import accept
from tests.made_project import Made, on_one_python
from tests.supply_chain.fake import fake

pytestmark = on_one_python

PYPROJECT = '[project]\nname = "lantern"\n\n[build-system]\nrequires = ["hatchling"]\n'
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="such file names can't be on Windows")
GITHUB = fake("github")


@pytest.fixture
def repository(tmp_path: Path) -> Made:
    made = Made(tmp_path / "lantern")
    made.write("pyproject.toml", PYPROJECT)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("a lantern")
    return made


def found(made: Made, *arguments: str, values: tuple[str, ...] = (GITHUB,)) -> list[dict[str, Any]]:
    """What is found, as JSON; nothing that is printed holds one of the secrets."""
    done = made.evenfall("secrets", "--json", *arguments)
    assert not [value for value in values if value in done.stdout + done.stderr]
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    assert done.returncode == (1 if findings else 0), done.stderr
    return findings


def places(findings: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    return [(finding["path"], finding["line"], finding["where"]) for finding in findings]


def refusal(made: Made, *arguments: str, code: int, env: dict[str, str] | None = None) -> str:
    done = made.evenfall("secrets", *arguments, env=env)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert GITHUB not in done.stderr
    return done.stderr


def test_four_secrets_are_found_and_none_is_printed(repository: Made) -> None:
    """An AWS key pair and a GitHub token that are gone, a private key deleted three commits ago, an index token at HEAD."""
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
        ("aws-access-token", "aws.ini", 2, "only in history"),
        ("github-pat", "ci.env", 1, "only in history"),
        ("private-key", "deploy.pem", 1, "only in history"),
        ("pypi-upload-token", "publish.sh", 2, "in history, and still there"),
    }
    (key,) = [finding for finding in findings if finding["path"] == "deploy.pem"]
    assert key["commit"] == repository.git("log", "--format=%H", "--grep=add deploy").strip()[:10]
    assert key["date"] == repository.git("log", "-1", "--format=%cs", "--grep=add deploy").strip()

    done = repository.evenfall("secrets")
    assert done.returncode == 1
    assert not [value for value in parts if value in done.stdout + done.stderr]
    assert f"{key['path']}:1: error [secret] private-key: " in done.stdout
    assert f"It is only in history, since {key['commit']} of {key['date']}." in done.stdout
    assert (
        "  next: rotate it; to clean the history then: git filter-repo --replace-text EXPRESSIONS\n"
        f"  if it is none: evenfall secrets --accept {key['fingerprint']} --reason '...'\n"
    ) in done.stdout
    assert (
        "betterleaks: reading 8 commits and the working tree\nbetterleaks: 4 secrets, 0 of them accepted" in done.stderr
    )


def test_a_clean_repository_passes_in_silence(repository: Made) -> None:
    done = repository.evenfall("secrets")
    assert (done.returncode, done.stdout) == (0, "")


def test_this_repository_passes(tmp_path: Path) -> None:
    """A clone of it, for what lies around here is not of it; what is being worked on is."""
    here = Made(Path(__file__).parents[2])
    if here.git("rev-parse", "--is-shallow-repository").strip() == "true":
        pytest.skip("this checkout has no history")
    done = here.evenfall("secrets")
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_not_committed_yet_is_found_and_what_git_ignores_is_not(repository: Made) -> None:
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
    assert findings[0]["fix"].startswith("take it out before it is committed")
    assert repository.git("status", "--porcelain", "--ignored") == before
    assert repository.git("count-objects") == objects


def test_one_secret_in_one_file_is_one_finding_however_often_it_moves(repository: Made) -> None:
    repository.write("a.py", f"TOKEN = '{GITHUB}'\n")
    repository.commit("first")
    first = repository.git("rev-parse", "HEAD")
    repository.write("a.py", f"\n\nTOKEN = '{GITHUB}'\n")
    repository.commit("moved")
    repository.write("a.py", f"\nTOKEN = '{GITHUB}'\nAGAIN = '{GITHUB}'\n")
    (finding,) = found(repository)
    assert places([finding]) == [("a.py", 2, "in history, and still there")]
    assert finding["commit"] == first[:10]
    assert finding["fix"].startswith(
        "rotate it, and take it out of the file; to clean the history then: git filter-repo"
    )


def test_a_secret_that_git_would_not_show_is_found(repository: Made) -> None:
    """In a file that is binary or called so, in a renamed one, only in a merge, beside a comment, in a commit's message."""
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
        ("binary.dat", "in history, and still there"),
        ("hidden.txt", "in history, and still there"),
        ("before.txt", "only in history"),
        ("after.txt", "in history, and still there"),
        ("allowed.txt", "in history, and still there"),
        ("merged.txt", "only in history"),
        ("commit message", "only in history"),
    }
    (message,) = [finding for finding in findings if finding["path"] == "commit message"]
    assert message["line"] is None
    assert "git filter-repo --replace-message EXPRESSIONS" in message["fix"]


def test_no_configuration_of_git_or_the_scanner_hides_a_secret(repository: Made, tmp_path: Path) -> None:
    """With each of these lines a scanner that reads what `git log` shows the user finds nothing and says that all is well."""
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
    nothing = Made(tmp_path).write("nothing.toml", "title = 'nothing'\n")
    env = {
        "BETTERLEAKS_CONFIG": os.fspath(nothing),
        "GIT_CONFIG_PARAMETERS": "'log.date=raw'",
        "GIT_EXTERNAL_DIFF": "false",
    }
    done = repository.evenfall("secrets", env=env)
    assert done.returncode == 1
    assert "a.py:1: error [secret] github-pat" in done.stdout


def test_every_name_that_a_file_can_have_is_named_and_no_terminal_obeys_it(repository: Made) -> None:
    names = ["with space.txt", "new\nline.txt", 'quo"te.txt', "ü.txt", "\x1b[2J.txt", "-dash.txt", "it's.txt"]
    for seed, name in enumerate(names):
        repository.write(name, fake("github", seed))
    Path(os.fsdecode(os.fsencode(repository.root) + b"/b\xff.txt")).write_text(fake("github", 20), encoding="utf-8")
    repository.commit()
    repository.git("rm", "--quiet", "--", "it's.txt")
    findings = found(repository, values=tuple(fake("github", seed) for seed in range(21)))
    assert {finding["path"] for finding in findings} == {*names, "b\ufffd.txt"}
    said = repository.evenfall("secrets").stdout
    assert "\x1b" not in said
    assert {line.partition(": error")[0] for line in said.splitlines() if ": error [secret]" in line} == {
        "with space.txt:1",
        r"new\nline.txt:1",
        'quo"te.txt:1',
        "ü.txt:1",
        r"\x1b[2J.txt:1",
        "-dash.txt:1",
        "it's.txt:1",
        "b\ufffd.txt:1",
    }


def test_a_submodule_is_a_repository_of_its_own(repository: Made, tmp_path: Path) -> None:
    inner = Made(tmp_path / "inner")
    inner.write("pyproject.toml", PYPROJECT)
    inner.write("a.py", f"TOKEN = '{GITHUB}'\n")
    inner.git("init", "--quiet")
    inner.commit()
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", os.fspath(inner.root), "inner")
    repository.commit()
    assert found(repository) == []
    assert places(found(Made(repository.root / "inner"))) == [("a.py", 1, "in history, and still there")]


def test_a_project_below_the_top_is_told_of_the_whole_repository(repository: Made) -> None:
    repository.write("deep/pyproject.toml", PYPROJECT)
    repository.write("other/a.py", f"TOKEN = '{GITHUB}'\n")
    repository.commit()
    assert [finding["path"] for finding in found(Made(repository.root / "deep"))] == ["other/a.py"]


def test_a_clone_without_all_objects_can_not_tell(repository: Made, tmp_path: Path) -> None:
    repository.write("a.py", f"TOKEN = '{GITHUB}'\n")
    repository.commit()
    repository.git("rm", "--quiet", "a.py")
    repository.commit()
    repository.git("config", "uploadpack.allowFilter", "true")
    repository.git("clone", "--quiet", "--filter=blob:none", repository.root.as_uri(), os.fspath(tmp_path / "partial"))
    partial = Made(tmp_path / "partial")
    said = refusal(partial, code=3)
    assert "betterleaks: it ended with 1 before it had read all of the history, so there may be secrets" in said
    assert "in a partial clone: git fetch --refetch --no-filter" in said
    partial.git("fetch", "--quiet", "--refetch", "--no-filter")
    assert [finding["path"] for finding in found(partial)] == ["a.py"]


def test_no_repository_and_a_bare_one_are_said_to_be_so(repository: Made, tmp_path: Path) -> None:
    outside = Made(tmp_path / "outside")
    outside.write("pyproject.toml", PYPROJECT)
    said = refusal(outside, code=2, env={"GIT_CEILING_DIRECTORIES": os.fspath(tmp_path)})
    assert "outside: not a git repository\n  next: git init" in said
    repository.git("clone", "--quiet", "--bare", os.fspath(repository.root), os.fspath(tmp_path / "bare.git"))
    bare = Made(tmp_path / "bare.git")
    bare.write("pyproject.toml", PYPROJECT)
    assert "a bare repository has no work tree\n  next: clone it" in refusal(bare, code=2)


def test_a_secret_is_accepted_with_a_reason_and_an_entry_without_one_is_a_finding(repository: Made) -> None:
    repository.write("docs/example.md", f"TOKEN={GITHUB}\n")
    repository.write("real.py", f"TOKEN = '{fake('github', 2)}'\n")
    repository.commit()
    example, real = found(repository)
    (left,) = found(repository, "--accept", example["fingerprint"], "--reason", 'the "example" of the docs, ü')
    assert left == real
    assert repository.read("pyproject.toml") == (
        f"{PYPROJECT}\n# github-pat in docs/example.md\n[[tool.evenfall.secrets.baseline]]\n"
        f'fingerprint = "{example["fingerprint"]}"\nreason = "the \\"example\\" of the docs, ü"\n'
    )
    assert found(repository) == [real]
    repository.write("docs/example.md", f"\n\nTOKEN={GITHUB}\n")
    repository.commit("moved, and still accepted")
    assert found(repository) == [real]
    repository.write("docs/copy.md", f"TOKEN={GITHUB}\n")
    assert [finding["path"] for finding in found(repository)] == ["docs/copy.md", "real.py"], (
        "in another file it is another one"
    )


def test_two_are_accepted_at_once_and_line_ends_stay(repository: Made) -> None:
    (repository.root / "pyproject.toml").write_bytes(PYPROJECT.replace("\n", "\r\n").encode())
    repository.write("a.py", f"TOKEN = '{GITHUB}'\nOTHER = '{fake('github', 2)}'\n")
    first, second = (finding["fingerprint"] for finding in found(repository))
    assert found(repository, "--accept", first, "--accept", second, "--accept", first, "--reason", "examples") == []
    text = (repository.root / "pyproject.toml").read_bytes()
    assert text.count(b"[[tool.evenfall.secrets.baseline]]\r\n") == 2
    assert text.count(b"\n") == text.count(b"\r\n")


@pytest.mark.parametrize("pyproject", ['[project]\nname = "lantern"\nversion = "1"\n', "[tool.ruff]\n"])
def test_a_project_that_builds_nothing_has_secrets_too(repository: Made, pyproject: str) -> None:
    repository.write("pyproject.toml", pyproject)
    repository.write("a.py", f"TOKEN = '{GITHUB}'\n")
    (finding,) = found(repository)
    assert found(repository, "--accept", finding["fingerprint"], "--reason", "an example") == []


def test_a_byte_order_mark_stays_where_it_is(repository: Made) -> None:
    (repository.root / "pyproject.toml").write_bytes(b"\xef\xbb\xbf" + PYPROJECT.encode())
    repository.write("a.py", f"TOKEN = '{GITHUB}'\n")
    (finding,) = found(repository)
    assert found(repository, "--accept", finding["fingerprint"], "--reason", "an example") == []
    assert (repository.root / "pyproject.toml").read_bytes().count(b"\xef\xbb\xbf") == 1


@POSIX
def test_a_full_disk_takes_nothing_of_what_was_there(tmp_path: Path) -> None:
    import resource

    file = tmp_path / "pyproject.toml"
    file.write_text(PYPROJECT, encoding="utf-8")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        with pytest.raises(EvenfallError, match="can't be written: File too large"):
            accept(file, [BaselineEntry(fingerprint="0" * 20, reason="an example")], [])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_text(encoding="utf-8") == PYPROJECT
    assert [each.name for each in tmp_path.iterdir()] == ["pyproject.toml"]


def test_a_secret_in_the_name_of_its_file_is_not_printed_either(repository: Made) -> None:
    repository.write(f"keys/{GITHUB}.env", f"TOKEN={GITHUB}\n")
    assert [finding["path"] for finding in found(repository)] == ["keys/REDACTED.env"]


def test_no_secret_is_printed_in_the_name_of_a_file_that_holds_another(repository: Made) -> None:
    other, letters = fake("github", 2), "q" * 9 + "wmzrtplkj"
    repository.write(f"{other}/{letters}.env", f"TOKEN={GITHUB}\n")
    repository.write("b.env", f"TOKEN={other}\npassword = '{letters}'\n")
    findings = found(repository, values=(GITHUB, other, letters))
    assert {finding["path"] for finding in findings} == {"REDACTED/REDACTED.env", "b.env"}
    name = next(finding["fingerprint"] for finding in findings if finding["path"] != "b.env")
    found(repository, "--accept", name, "--reason", "an example", values=(GITHUB, other, letters))
    assert "# github-pat in REDACTED/REDACTED.env" in repository.read("pyproject.toml")


def test_repositories_that_lie_inside_are_named_and_the_rest_is_read(repository: Made) -> None:
    for inner in ("empty", "full"):
        (repository.root / inner).mkdir()
        Made(repository.root / inner).git("init", "--quiet")
    Made(repository.root / "full").write("a.env", f"TOKEN={GITHUB}\n")
    Made(repository.root / "full").commit("a secret")
    repository.write("b.env", f"TOKEN={GITHUB}\n")
    assert [place[0] for place in places(found(repository))] == ["b.env"]
    said = repository.evenfall("secrets").stderr
    assert "betterleaks: not read: empty/: a repository of its own; run it there\n" in said
    assert "betterleaks: not read: full/: a repository of its own; run it there\n" in said


def test_a_short_secret_is_taken_out_of_the_name_of_its_own_file_alone(repository: Made) -> None:
    short = "src/" + "v1.x"
    repository.write("b.sh", f'password = "{short}"\n')
    repository.write(f"{short}/api.py", f"TOKEN = '{GITHUB}'\n")
    findings = found(repository, "--accept", f"github-pat:{short}/*", "--reason", "an example")
    assert [finding["path"] for finding in findings] == ["b.sh"]


def test_a_mere_word_changes_no_name_of_a_rule_or_a_file(repository: Made) -> None:
    word = "password"
    repository.write(f"docs/{word}.rst", f'{word} = "{word}"\n')
    (finding,) = found(repository)
    assert (finding["rule"], finding["path"]) == ("generic-password", "docs/password.rst")
    assert "hardcoded password literal" in finding["reason"]


def test_all_of_a_rule_in_some_files_is_accepted_at_once(repository: Made) -> None:
    for path in ("docs/a.md", "docs/sub/b.md", "docs.md", "src/docs/a.py"):
        repository.write(path, f"TOKEN={GITHUB}\n")
    repository.write("docs/key.pem", fake("private key"))
    left = found(repository, "--accept", "github-pat:docs/*", "--reason", "examples of the tutorial")
    assert [finding["path"] for finding in left] == ["docs.md", "docs/key.pem", "src/docs/a.py"]
    assert repository.read("pyproject.toml") == (
        f'{PYPROJECT}\n[[tool.evenfall.secrets.baseline]]\nrule = "github-pat"\npath = "docs/*"\n'
        'reason = "examples of the tutorial"\n'
    )
    repository.write("docs/c.md", f"TOKEN={fake('github', 2)}\n")
    assert found(repository) == left, "a new example needs no new entry"
    name = next(finding["fingerprint"] for finding in left if finding["path"] == "docs.md")
    assert len(found(repository, "--accept", name, "--reason", "another")) == len(left) - 1
    for path in ("docs/a.md", "docs/sub/b.md", "docs/c.md"):
        (repository.root / path).unlink()
    (unused,) = (finding for finding in found(repository) if finding["code"] == "secret-accepted-unused")
    assert unused["reason"].startswith("github-pat:docs/* accepts no secret that is found here")


def test_what_a_pattern_accepts_needs_no_entry_of_its_own(repository: Made) -> None:
    repository.write("docs/a.md", f"TOKEN={GITHUB}\n")
    (finding,) = found(repository)
    for chosen in ((finding["fingerprint"], "github-pat:docs/*"), ("github-pat:docs/*", finding["fingerprint"])):
        arguments = ("--accept", chosen[0], "--accept", chosen[1], "--reason", "examples")
        assert f"--accept {chosen[1]}: no finding that is not accepted already" in refusal(
            repository, *arguments, code=2
        )
    assert repository.read("pyproject.toml") == PYPROJECT
    entry = f'[[tool.evenfall.secrets.baseline]]\nfingerprint = "{finding["fingerprint"]}"\nreason = "an example"\n'
    assert found(repository, "--accept", "github-pat:docs/*", "--reason", "examples") == []
    repository.write("pyproject.toml", f"{repository.read('pyproject.toml')}\n{entry}")
    (unused,) = found(repository)
    assert unused["key"] == "tool.evenfall.secrets.baseline[1]"
    assert unused["reason"].endswith("or only what another accepts already")


@POSIX
def test_where_there_are_many_they_are_counted_by_kind_and_folder(repository: Made) -> None:
    repository.write("x\nbetterleaks has read all\n/a.env", f"TOKEN={GITHUB}\n")
    for number in range(6):
        repository.write(f"docs/{number}.md", f"TOKEN={fake('github', number)}\n")
        repository.write(f"tests/{number}.py", f"TOKEN = '{fake('github', number)}'\n")
    repository.write("deploy.pem", fake("private key"))
    told = repository.evenfall("secrets").stderr
    assert told.endswith(
        "accepted\n  13 github-pat: 6 in docs, 6 in tests, 1 in x betterleaks has read all\n  1 private-key: 1 in deploy.pem\n"
    )


def test_an_entry_that_accepts_nothing_fails(repository: Made) -> None:
    repository.write("a.py", f"TOKEN = '{GITHUB}'\n")
    (finding,) = found(repository)
    entry = f'[[tool.evenfall.secrets.baseline]]\nfingerprint = "{finding["fingerprint"]}"\nreason = "an example"\n'
    other = entry.replace(finding["fingerprint"], "0" * 20)
    repository.write("pyproject.toml", f"{PYPROJECT}\n{entry}\n{other}\n{entry}")
    unused = found(repository)
    assert [(each["code"], each["path"], each["key"]) for each in unused] == [
        ("secret-accepted-unused", "pyproject.toml", f"tool.evenfall.secrets.baseline[{place}]") for place in (1, 2)
    ]
    assert unused[0]["fix"] == "remove the entry from pyproject.toml"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--accept", "0" * 20, "--reason", "x"),
            f"--accept {'0' * 20}: no finding that is not accepted already is meant by it\n  next: evenfall secrets lists them",
        ),
        (("--accept", "github-pat:docs/*", "--reason", "x"), "no finding that is not accepted already is meant by it"),
        (("--accept", "jwt:a.py", "--reason", "x"), "no finding that is not accepted already is meant by it"),
        (
            ("--accept", "github-pat:*", "--reason", "x"),
            "--accept github-pat:*: neither a fingerprint nor RULE:PATTERN",
        ),
        (("--accept", "github-pat:", "--reason", "x"), "--accept github-pat:: neither a fingerprint nor RULE:PATTERN"),
        (("--accept", "a.py", "--reason", "x"), "a pattern is like 'jwt:docs/*'"),
        (("--reason", "x"), "--reason: there is nothing to accept\n  next: evenfall secrets --accept FINGERPRINT"),
        (("--accept", "FOUND"), "--reason '': it must say in one line why"),
        (("--accept", "FOUND", "--reason", " "), "--reason ' ': it must say in one line why"),
        (("--accept", "FOUND", "--reason", "a\nb"), r"--reason 'a\nb': it must say in one line why"),
    ],
)
def test_acceptance_that_says_nothing_is_refused(repository: Made, arguments: tuple[str, ...], said: str) -> None:
    repository.write("a.py", f"TOKEN = '{GITHUB}'\n")
    (finding,) = found(repository)
    chosen = tuple(finding["fingerprint"] if word == "FOUND" else word for word in arguments)
    assert said in refusal(repository, *chosen, code=2)
    assert repository.read("pyproject.toml") == PYPROJECT


def test_an_entry_is_not_written_where_it_would_break_the_file(repository: Made) -> None:
    text = f"{PYPROJECT}\n[tool.evenfall.secrets]\nbaseline = []\n"
    repository.write("pyproject.toml", text)
    repository.write("a.py", f"TOKEN = '{GITHUB}'\n")
    (finding,) = found(repository)
    said = refusal(repository, "--accept", finding["fingerprint"], "--reason", "an example", code=2)
    assert "an entry can't be added at its end, where tool.evenfall.secrets.baseline is written in another form" in said
    assert f'next: add by hand: {{ fingerprint = "{finding["fingerprint"]}", reason = "an example" }}' in said
    assert repository.read("pyproject.toml") == text


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            'fingerprint = "x"\nreason = "y"',
            "tool.evenfall.secrets.baseline[0].fingerprint: Expected `str` matching regex",
        ),
        (
            'rule = "jwt"\nreason = "y"',
            "tool.evenfall.secrets.baseline[0]: it is either a fingerprint, or a rule and a path",
        ),
        (
            f'fingerprint = "{"0" * 20}"\nrule = "jwt"\npath = "docs/*"\nreason = "y"',
            "tool.evenfall.secrets.baseline[0]: it is either a fingerprint, or a rule and a path",
        ),
        ('reason = "y"', "tool.evenfall.secrets.baseline[0]: it is either a fingerprint, or a rule and a path"),
        (
            'rule = "jwt"\npath = "*"\nreason = "y"',
            "tool.evenfall.secrets.baseline[0].path: Expected `str` matching regex",
        ),
        (f'fingerprint = "{"0" * 20}"', "tool.evenfall.secrets.baseline[0]: Object missing required field `reason`"),
        (
            f'fingerprint = "{"0" * 20}"\nreason = " "',
            "tool.evenfall.secrets.baseline[0].reason: Expected `str` matching regex",
        ),
        (
            f'fingerprint = "{"0" * 20}"\nreason = "x"\nreasons = "y"',
            "tool.evenfall.secrets.baseline[0]: unknown key 'reasons'; did you mean 'reason'?",
        ),
    ],
)
def test_an_entry_without_a_reason_is_an_error_that_names_the_key(repository: Made, entry: str, said: str) -> None:
    repository.write("pyproject.toml", f"{PYPROJECT}\n[[tool.evenfall.secrets.baseline]]\n{entry}\n")
    assert said in refusal(repository, code=2)
