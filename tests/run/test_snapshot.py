"""A snapshot is what git would hand a runner, and taking it leaves no trace."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.project.git import git
from evenfall.project.repository import check_git, find_repository, quoted
from evenfall.run.sandbox import make_sandbox
from evenfall.run.snapshot import Snapshot, Source, take_snapshot
from evenfall.run.untracked import find_ignored
from tests.made_project import Made

NOW = Source()
STAGED = Source(kind="staged")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A repository with one commit, in a folder whose name tries everything."""
    made = Made(tmp_path / "a 'quoted' \"na:me\"\nof two lines")
    made.write("page.txt", "one\n")
    made.write("tool.sh", "#!/bin/sh\n").chmod(0o755)
    made.write("deep/er/file.txt", "deep\n")
    (made.root / "link").symlink_to("page.txt")
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("first")
    return made


def taken(made: Made, source: Source = NOW, *, folder: Path | None = None) -> Snapshot:
    store = made.root.with_name("store")
    store.mkdir()
    return take_snapshot(find_repository(folder or made.root), source, store)


def files(made: Made, snapshot: Snapshot) -> dict[str, str]:
    """What a sandbox of it holds."""
    sandbox = make_sandbox(made.root.with_name("sandbox"), snapshot)
    found = (
        path for path in sorted(sandbox.checkout.rglob("*")) if ".git" not in path.relative_to(sandbox.checkout).parts
    )
    return {path.relative_to(sandbox.checkout).as_posix(): path.read_text() for path in found if path.is_file()}


def everything(folder: Path) -> dict[str, tuple[int, str]]:
    """Each file's mode and digest."""
    return {
        os.fspath(path.relative_to(folder)): (path.lstat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_tracked_files_are_taken_as_they_are_and_untracked_ones_are_named(made: Made) -> None:
    made.write("page.txt", "two\n")
    made.write("new.txt", "")
    (made.root / "deep/er/file.txt").unlink()
    snapshot = taken(made)
    assert [(each.path, each.why) for each in snapshot.left_out] == [("new.txt", "untracked")]
    assert files(made, snapshot) == {"page.txt": "two\n", "tool.sh": "#!/bin/sh\n", "link": "two\n"}


def test_modes_and_links_are_exact_and_a_clean_tree_is_that_of_head(made: Made) -> None:
    snapshot = taken(made)
    assert snapshot.tree == made.git("rev-parse", "HEAD^{tree}").strip()
    assert snapshot.head == made.git("rev-parse", "HEAD").strip()
    sandbox = make_sandbox(made.root.with_name("sandbox"), snapshot)
    assert os.access(sandbox.checkout / "tool.sh", os.X_OK)
    assert not os.access(sandbox.checkout / "page.txt", os.X_OK)
    assert (sandbox.checkout / "link").readlink() == Path("page.txt")


def test_a_sandbox_is_a_checkout_on_no_branch_that_git_finds_clean_without_a_look_into_its_files(made: Made) -> None:
    url = r"https://example.org/a \"b\" #c; d\e.git"
    made.git("config", "remote.origin.url", url)
    snapshot = taken(made)
    sandbox = Made(make_sandbox(made.root.with_name("sandbox"), snapshot).checkout)
    assert (
        sandbox.git("for-each-ref", "--format=%(objectname) %(refname)")
        == f"{snapshot.commit} refs/remotes/pull/1/merge\n"
    )
    assert sandbox.git("rev-parse", "HEAD", "--abbrev-ref", "HEAD").split() == [snapshot.commit, "HEAD"]
    assert sandbox.git("rev-list", "--all").split() == [snapshot.commit]
    assert sandbox.git("config", "--get", "remote.origin.url") == f"{url}\n"
    assert sandbox.git("diff-files") == ""  # by the index alone: it would name what only looks changed
    assert sandbox.git("status", "--porcelain", "--ignored") == ""


def test_the_same_tree_gives_the_same_commit_in_another_repository(made: Made, tmp_path: Path) -> None:
    other = Made(tmp_path / "other" / "repo")
    other.root.parent.mkdir()
    made.git("clone", "--quiet", os.fspath(made.root), os.fspath(other.root))
    other.commit("and more history")
    assert taken(made).commit == taken(other).commit


def test_an_edit_of_the_same_size_in_the_same_second_is_seen(made: Made) -> None:
    for number in range(5):
        made.write("page.txt", f"{number}{number}{number}\n")
        made.git("add", "page.txt")
        made.write("page.txt", f"{number}-{number}\n")
        store = made.root.with_name(f"store-{number}")
        store.mkdir()
        snapshot = take_snapshot(find_repository(made.root), NOW, store)
        shown = git(made.root, "show", f"{snapshot.tree}:page.txt", env=_objects(snapshot))
        assert shown == f"{number}-{number}\n"


def _objects(snapshot: Snapshot) -> dict[str, str]:
    return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted(snapshot.store)}


def test_staged_is_what_a_commit_would_hold_and_names_what_has_changed_since(made: Made) -> None:
    made.write("page.txt", "staged\n")
    made.git("add", "page.txt")
    made.write("page.txt", "changed\n")
    made.write("intended.txt", "x")
    made.git("add", "--intent-to-add", "intended.txt")
    snapshot = taken(made, STAGED)
    assert {each.path: each.why for each in snapshot.left_out} == {
        "page.txt": "changed since it was staged",
        "intended.txt": "only intended to be added",
    }
    found = files(made, snapshot)
    assert found["page.txt"] == "staged\n"
    assert "intended.txt" not in found


def test_what_is_intended_to_be_added_is_taken_and_named(made: Made) -> None:
    made.write("intended.txt", "x")
    made.git("add", "--intent-to-add", "intended.txt")
    snapshot = taken(made)
    assert [each.why for each in snapshot.left_out] == ["only intended to be added; taken as it is"]
    assert files(made, snapshot)["intended.txt"] == "x"


def test_what_git_was_told_not_to_look_at_is_named(made: Made) -> None:
    made.git("update-index", "--assume-unchanged", "page.txt")
    made.git("update-index", "--skip-worktree", "tool.sh")
    made.write("page.txt", "not seen\n")
    snapshot = taken(made)
    assert {each.path: each.why.partition(" is set")[0] for each in snapshot.left_out} == {
        "page.txt": "assume-unchanged",
        "tool.sh": "skip-worktree",
    }
    assert files(made, snapshot)["page.txt"] == "one\n"


def test_a_changed_submodule_is_named(made: Made, tmp_path: Path) -> None:
    inner = Made(tmp_path / "inner")
    inner.write("inner.txt", "")
    inner.git("init", "--quiet", "--initial-branch=main")
    inner.commit("inner")
    made.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", os.fspath(inner.root), "part")
    made.commit("with a part")
    made.write("part/inner.txt", "changed")
    snapshot = taken(made)
    assert [(each.path, each.why) for each in snapshot.left_out] == [("part", "a submodule with changes of its own")]
    assert (make_sandbox(made.root.with_name("sandbox"), snapshot).checkout / "part").is_dir()


def test_a_commit_is_taken_whatever_lies_in_the_work_tree(made: Made) -> None:
    made.write("page.txt", "two\n")
    made.commit("second")
    made.write("page.txt", "three\n")
    snapshot = taken(made, Source(kind="commit", revision="HEAD~1"))
    assert snapshot.left_out == ()
    assert files(made, snapshot)["page.txt"] == "one\n"


def test_onto_a_base_is_the_merge_of_both_without_touching_a_branch(made: Made) -> None:
    made.git("checkout", "--quiet", "-b", "topic")
    made.write("topic.txt", "topic\n")
    made.commit("topic")
    made.git("checkout", "--quiet", "main")
    made.write("base.txt", "base\n")
    made.commit("base")
    made.git("checkout", "--quiet", "topic")
    made.write("topic.txt", "not committed\n")
    before = everything(made.root / ".git")
    found = files(made, taken(made, Source(onto="main")))
    assert (found["topic.txt"], found["base.txt"]) == ("not committed\n", "base\n")
    assert everything(made.root / ".git") == before


def test_files_that_conflict_with_the_base_are_named(made: Made) -> None:
    made.git("checkout", "--quiet", "-b", "topic")
    made.write("page.txt", "topic\n")
    made.commit("topic")
    made.git("checkout", "--quiet", "main")
    made.write("page.txt", "base\n")
    made.commit("base")
    with pytest.raises(EvenfallError, match=r"onto topic: these files conflict: page\.txt\n  next: git merge topic"):
        taken(made, Source(onto="topic"))


@pytest.mark.parametrize(
    "source", [Source(kind="commit", revision="nowhere"), Source(onto="nowhere"), Source(onto="--help")]
)
def test_a_revision_that_does_not_exist_is_named(made: Made, source: Source) -> None:
    with pytest.raises(EvenfallError, match="no commit of that name") as caught:
        taken(made, source)
    assert caught.value.exit_code is Exit.USAGE


def test_unmerged_paths_are_an_error_that_names_them(made: Made) -> None:
    made.git("checkout", "--quiet", "-b", "topic")
    made.write("page.txt", "topic\n")
    made.commit("topic")
    made.git("checkout", "--quiet", "main")
    made.write("page.txt", "main\n")
    made.commit("main")
    made.run("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "merge", "topic")
    with pytest.raises(EvenfallError, match=r"unmerged: page\.txt"):
        taken(made)


def test_line_ends_are_hashed_with_the_users_configuration_and_checked_out_with_none(made: Made) -> None:
    made.git("config", "core.autocrlf", "true")
    made.write("page.txt", "two\r\n")
    snapshot = taken(made)
    sandbox = make_sandbox(made.root.with_name("sandbox"), snapshot)
    assert (sandbox.checkout / "page.txt").read_bytes() == b"two\n"


def test_a_filter_cleans_what_is_taken_and_smudges_nothing(made: Made) -> None:
    made.write(".gitattributes", "*.big filter=fold\n")
    made.git("config", "filter.fold.clean", "tr a-z A-Z")
    made.git("config", "filter.fold.smudge", "tr A-Z a-z")
    made.write("one.big", "content\n")
    made.git("add", "--all")
    assert files(made, taken(made))["one.big"] == "CONTENT\n"


@pytest.mark.parametrize(
    "settings", [{}, {"core.splitIndex": "true"}, {"core.untrackedCache": "true"}, {"index.version": "4"}]
)
def test_taking_it_leaves_the_repository_byte_for_byte_as_it_was(made: Made, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        made.git("config", name, value)
    made.write("page.txt", "two\n")
    made.git("add", "page.txt")
    made.write("page.txt", "three\n")
    before = everything(made.root)
    assert files(made, taken(made))["page.txt"] == "three\n"
    assert everything(made.root) == before


def test_a_subdirectory_a_linked_worktree_and_a_detached_head_are_all_the_same(made: Made, tmp_path: Path) -> None:
    made.git("worktree", "add", "--quiet", "--detach", os.fspath(tmp_path / "linked"))
    linked = Made(tmp_path / "linked")
    linked.write("page.txt", "linked\n")
    snapshot = taken(linked, folder=linked.root / "deep/er")
    assert snapshot.repository.top == linked.root
    assert files(linked, snapshot)["page.txt"] == "linked\n"


def test_a_branch_without_a_commit_has_its_files(tmp_path: Path) -> None:
    made = Made(tmp_path / "unborn")
    made.write("page.txt", "first\n")
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("add", "--all")
    assert files(made, taken(made)) == {"page.txt": "first\n"}


def test_a_shallow_clone_is_enough_and_its_history_ends_where_it_ends(made: Made, tmp_path: Path) -> None:
    made.write("page.txt", "two\n")
    made.commit("second")
    clone = Made(tmp_path / "clones/shallow")
    clone.root.parent.mkdir()
    made.git("clone", "--quiet", "--depth=1", f"file://{_as_url(made.root)}", os.fspath(clone.root))
    snapshot = taken(clone)
    assert snapshot.repository.is_shallow
    sandbox = make_sandbox(clone.root.with_name("sandbox"), snapshot, history=True)
    assert Made(sandbox.checkout).git("log", "--format=%s").split() == ["second"]


def _as_url(path: Path) -> str:
    from urllib.parse import quote

    return quote(os.fspath(path))


def test_a_partial_clone_gets_what_it_lacks_into_the_runs_own_folder(made: Made, tmp_path: Path) -> None:
    made.git("config", "uploadpack.allowFilter", "true")
    clone = Made(tmp_path / "clones/partial")
    clone.root.parent.mkdir()
    url = f"file://{_as_url(made.root)}"
    made.git("clone", "--quiet", "--filter=blob:none", "--no-checkout", url, os.fspath(clone.root))
    before = everything(clone.root)
    snapshot = taken(clone, Source(kind="commit", revision="HEAD"))
    assert files(clone, snapshot)["page.txt"] == "one\n"
    assert everything(clone.root) == before


def test_a_repository_that_borrows_objects_is_read_through(made: Made, tmp_path: Path) -> None:
    lender, clone = Made(tmp_path / "clones/lender"), Made(tmp_path / "clones/borrowing")
    lender.root.parent.mkdir()
    made.git("clone", "--quiet", os.fspath(made.root), os.fspath(lender.root))
    lender.git("clone", "--quiet", "--shared", os.fspath(lender.root), os.fspath(clone.root))
    snapshot = taken(clone)
    assert snapshot.repository.alternates == (lender.root / ".git/objects",)
    assert files(clone, snapshot)["page.txt"] == "one\n"


def test_in_a_hook_the_index_that_is_being_committed_counts(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    made.write("page.txt", "two\n")
    made.git("add", "page.txt")
    index = made.root / ".git/next-index-1.lock"
    (made.root / ".git/index").rename(index)
    made.git("read-tree", "HEAD")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index-1.lock")
    monkeypatch.chdir(made.root)
    assert files(made, taken(made, STAGED))["page.txt"] == "two\n"


def test_another_repositorys_hook_does_not_reach_in(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Made(tmp_path / "other")
    other.write("other.txt", "")
    other.git("init", "--quiet", "--initial-branch=main")
    other.commit("other")
    monkeypatch.setenv("GIT_DIR", os.fspath(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", os.fspath(other.root / ".git/index"))
    assert "page.txt" in files(made, taken(made))


@pytest.mark.parametrize("bare", [True, False])
def test_a_bare_and_an_empty_repository_are_errors_that_say_so(tmp_path: Path, bare: bool) -> None:
    made = Made(tmp_path / "empty")
    made.root.mkdir()
    made.git("init", "--quiet", *(["--bare"] if bare else []))
    says = "a bare repository has no work tree" if bare else "git tracks no file here"
    with pytest.raises(EvenfallError, match=says) as caught:
        taken(made)
    assert caught.value.exit_code is Exit.USAGE


def test_a_repository_whose_last_file_was_removed_tracks_none(made: Made) -> None:
    made.git("rm", "--quiet", "-r", ".")
    with pytest.raises(EvenfallError, match="git tracks no file here"):
        taken(made)


def test_an_older_git_is_told_which_option_needs_which() -> None:
    with pytest.raises(EvenfallError, match=r"git \d+\.\d+: --onto needs git 99\.0 or newer"):
        check_git((99, 0), "--onto")


def test_a_git_without_a_version_could_not_be_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\necho no number\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", os.fspath(tmp_path), prepend=os.pathsep)
    with pytest.raises(EvenfallError, match="its version can't be read") as caught:
        check_git((2, 31), "evenfall run")
    assert caught.value.exit_code is Exit.UNKNOWN


def test_what_is_ignored_is_found_when_asked_for(made: Made) -> None:
    made.write(".gitignore", "*.log\nbuild/\n")
    made.write("a.log", "")
    made.write("build/x", "")
    assert {each.path for each in find_ignored(find_repository(made.root))} == {"a.log", "build/"}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://me:secret@github.com/owner/lamp.git", "lamp"),
        ("https://me:p@secret@github.com/owner/lamp.git", "lamp"),
        ("git@github.com:owner/lamp.git", "lamp"),
        ("/some/where/lamp/", "lamp"),
        ("", "folder"),
        ("https://example.org/..", "folder"),
    ],
)
def test_a_checkout_lies_in_a_folder_of_the_repositorys_name(tmp_path: Path, url: str, name: str) -> None:
    made = Made(tmp_path / "folder")
    made.root.mkdir()
    made.git("init", "--quiet")
    if url:
        made.git("remote", "add", "origin", url)
    repository = find_repository(made.root)
    assert repository.name == name
    assert "secret" not in repository.origin


def test_folders_that_conflict_with_the_base_are_a_conflict_though_git_names_no_file(made: Made) -> None:
    """One side has split a folder in two, the other has put a file into it."""
    for name in "ab":
        made.write(f"z/{name}.txt", f"{name}\n" * 9)
    made.commit("z")
    made.git("checkout", "--quiet", "-b", "topic")
    made.write("z/new.txt", "new\n")
    made.commit("new")
    made.git("checkout", "--quiet", "main")
    for name, folder in (("a", "y"), ("b", "w")):
        (made.root / folder).mkdir()
        made.git("mv", f"z/{name}.txt", f"{folder}/{name}.txt")
    made.commit("split")
    with pytest.raises(EvenfallError, match=r"onto topic: it conflicts\n  next: git merge topic"):
        taken(made, Source(onto="topic"))


@pytest.mark.parametrize(
    ("source", "edited", "is_head"),
    [
        (NOW, False, True),
        (NOW, True, False),
        (Source(kind="staged"), True, True),
        (Source(kind="commit", revision="HEAD"), True, True),
        (Source(kind="commit", revision="HEAD~1"), True, False),
    ],
)
def test_it_is_known_whether_a_push_would_push_it(made: Made, source: Source, edited: bool, is_head: bool) -> None:
    made.write("page.txt", "second\n")
    made.commit("second")
    if edited:
        made.write("page.txt", "third\n")
    assert taken(made, source).is_head is is_head


def test_no_configuration_of_this_user_or_machine_reaches_a_checkout(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the user's attributes nor what the environment or the command line of a push configures."""
    home = Made(tmp_path / "home")
    home.write(".config/git/attributes", "*.txt text eol=crlf\n")
    hook = home.write("hooks/post-checkout", f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    for name, value in {
        "HOME": home.root,
        "XDG_CONFIG_HOME": home.root / ".config",
        "GIT_CONFIG_COUNT": 2,
        "GIT_CONFIG_KEY_0": "core.hooksPath",
        "GIT_CONFIG_VALUE_0": hook.parent,
        "GIT_CONFIG_KEY_1": "core.autocrlf",
        "GIT_CONFIG_VALUE_1": "true",
        "GIT_CONFIG_PARAMETERS": f"'core.hooksPath={hook.parent}'",
    }.items():
        monkeypatch.setenv(name, str(value))
    sandbox = make_sandbox(made.root.with_name("sandbox"), taken(made))
    assert b"\r" not in (sandbox.checkout / "page.txt").read_bytes()
    assert not (tmp_path / "ran").exists()


def test_no_hook_of_the_users_runs_while_it_is_taken(made: Made, tmp_path: Path) -> None:
    hook = made.write(".git/hooks/post-index-change", f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    made.write("page.txt", "two\n")
    taken(made)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["home", "tmp", "github", "judge"])
def test_a_repository_may_be_called_as_a_folder_of_its_sandbox(made: Made, name: str) -> None:
    made.git("remote", "add", "origin", f"https://github.com/owner/{name}")
    sandbox = make_sandbox(made.root.with_name("sandbox"), taken(made))
    assert sandbox.checkout.name == name
    assert [*sandbox.home.iterdir(), *sandbox.temporary.iterdir()] == []
    assert "page.txt" not in {path.name for path in sandbox.files.iterdir()}


def test_tags_may_have_names_of_any_bytes(made: Made) -> None:
    tag = b"v1-\xe9-\xe2\x80\xa8end"
    subprocess.run(["git", "tag", tag], cwd=made.root, check=True)
    sandbox = make_sandbox(made.root.with_name("sandbox"), taken(made), history=True)
    assert subprocess.run(["git", "tag"], cwd=sandbox.checkout, capture_output=True, check=True).stdout == tag + b"\n"
