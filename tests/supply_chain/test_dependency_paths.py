from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.project.current_lock import read_project_lock
from evenfall.project.lockfile import read_lockfile
from evenfall.supply_chain.dependency_paths import LONGEST, MOST, third_party

LOCK = """\
version = 1

[[package]]
name = "lantern"
source = { editable = "." }
dependencies = [{ name = "oil" }, { name = "glass", version = "2", source = { registry = "https://example.org/simple" } }]

[package.optional-dependencies]
web = [{ name = "server", extra = ["tls"] }]

[package.dev-dependencies]
test = [{ name = "probe" }, { name = "glass", version = "1" }]

[[package]]
name = "oil"
version = "1"
dependencies = [{ name = "olive" }]

[[package]]
name = "olive"
version = "1"
dependencies = [{ name = "Oil" }]

[[package]]
name = "glass"
version = "1"

[[package]]
name = "glass"
version = "2"
source = { registry = "https://example.org/simple" }

[[package]]
name = "server"
version = "1"
dependencies = [{ name = "server", extra = ["base"] }]

[package.optional-dependencies]
tls = [{ name = "crypt" }]
base = [{ name = "socket" }]

[[package]]
name = "crypt"
version = "1"

[[package]]
name = "socket"
version = "1"

[[package]]
name = "probe"
version = "1"
dependencies = [{ name = "olive" }, { name = "hook" }]

[[package]]
name = "hook"
version = "1"

[[package]]
name = "left-behind"
version = "1"
"""


def reached(root: Path, text: str) -> dict[str, tuple[str, str]]:
    (root / "uv.lock").write_text(text, encoding="utf-8")
    found = third_party(read_lockfile(root / "uv.lock"))
    return {f"{each.package.name} {each.package.version}": (each.scope, each.label) for each in found}


def test_what_ships_comes_by_dependencies_and_extras(tmp_path: Path) -> None:
    ways = reached(tmp_path, LOCK)
    assert ways["olive 1"] == ("runtime", "lantern > oil > olive")
    assert ways["glass 2"] == ("runtime", "lantern > glass")
    assert ways["crypt 1"] == ("runtime", "lantern[web] > server > crypt")
    assert ways["socket 1"] == ("runtime", "lantern[web] > server > socket")


def test_what_only_a_group_brings_helps_to_develop(tmp_path: Path) -> None:
    ways = reached(tmp_path, LOCK)
    assert ways["hook 1"] == ("dev", "lantern (group test) > probe > hook")
    assert ways["glass 1"] == ("dev", "lantern (group test) > glass")


def test_what_nothing_needs_is_still_there(tmp_path: Path) -> None:
    assert reached(tmp_path, LOCK)["left-behind 1"] == ("dev", "")


def test_what_is_built_here_is_no_third_party(tmp_path: Path) -> None:
    assert not any(name.startswith("lantern") for name in reached(tmp_path, LOCK))


@pytest.mark.parametrize("name", ['"oil"', '"glass", version = "2"'])
def test_an_edge_to_nothing_is_an_error_with_its_line(tmp_path: Path, name: str) -> None:
    broken = LOCK.replace("name = " + name, "name = " + name.replace('"', '"nix-', 1), 1)
    with pytest.raises(EvenfallError, match=r"uv.lock:3: lantern needs nix-\w+( 2)?, which the lock does not hold"):
        reached(tmp_path, broken)


def test_long_ways_share_their_begin(tmp_path: Path) -> None:
    chain = (
        f'[[package]]\nname = "p{n}"\nversion = "1"\ndependencies = [{{ name = "p{n + 1}" }}]\n' for n in range(2000)
    )
    start = '[[package]]\nname = "lamp"\nsource = { virtual = "." }\ndependencies = [{ name = "p0" }]\n'
    end = '[[package]]\nname = "p2000"\nversion = "1"\n'
    (tmp_path / "uv.lock").write_text("\n".join(["version = 1", start, *chain, end]), encoding="utf-8")
    found = third_party(read_lockfile(tmp_path / "uv.lock"))
    assert found[LONGEST - 2].way == ("lamp", *(f"p{n}" for n in range(LONGEST - 1)))
    assert found[-1].way == ("…", *(f"p{n}" for n in range(2001 - LONGEST, 2001)))
    assert all(after.step and after.step.before is before.step for before, after in pairwise(found))


def test_of_many_packages_of_one_name_an_edge_says_which(tmp_path: Path) -> None:
    start = '[[package]]\nname = "lamp"\nsource = { virtual = "." }\ndependencies = [{ name = "p"%s }]\n'
    many = [f'[[package]]\nname = "p"\nversion = "{n}"\n' for n in range(MOST + 1)]
    (tmp_path / "uv.lock").write_text("\n".join(["version = 1", start % ', version = "7"', *many]), encoding="utf-8")
    assert third_party(read_lockfile(tmp_path / "uv.lock"))[7].way == ("lamp", "p")
    (tmp_path / "uv.lock").write_text("\n".join(["version = 1", start % "", *many]), encoding="utf-8")
    with pytest.raises(EvenfallError, match=r"^uv\.lock:2: lamp needs p, which the lock holds 101 times"):
        third_party(read_lockfile(tmp_path / "uv.lock"))


WORKSPACE = """\
version = 1

[[package]]
name = "lantern"
source = { editable = "." }
dependencies = [{ name = "oil" }]

[package.dev-dependencies]
dev = [{ name = "stand" }]

[[package]]
name = "stand"
source = { editable = "stand" }
dependencies = [{ name = "iron" }]

[[package]]
name = "oil"
version = "1"

[[package]]
name = "iron"
version = "1"
"""


def test_what_a_folder_needs_that_only_a_group_brings_does_not_ship(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(WORKSPACE)
    found = {each.package.name: each for each in third_party(read_lockfile(tmp_path / "uv.lock"))}
    assert (found["oil"].scope, found["iron"].scope) == ("runtime", "dev")
    assert found["iron"].label == "lantern (group dev) > stand > iron"


def test_every_member_of_a_workspace_ships(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(f'{WORKSPACE}\n[manifest]\nmembers = ["lantern", "Stand"]\n')
    found = {each.package.name: each for each in third_party(read_lockfile(tmp_path / "uv.lock"))}
    assert (found["iron"].scope, found["iron"].label) == ("runtime", "stand > iron")


def test_groups_of_no_project_bring_what_they_ask_for(tmp_path: Path) -> None:
    oil = '[[package]]\nname = "oil"\nversion = "1"\n\n[package.optional-dependencies]\nfine = [{ name = "iron" }]\n'
    iron = '[[package]]\nname = "iron"\nversion = "1"\n'
    asked = (
        '{ name = "oil", extras = ["fine"], specifier = "==1" }, { name = "old", marker = "python_version < \'3\'" }'
    )
    groups = f"[manifest.dependency-groups]\ndev = [{asked}]\n"
    (tmp_path / "uv.lock").write_text("\n".join(["version = 1", oil, iron, groups]))
    found = third_party(read_project_lock(tmp_path / "uv.lock"))
    assert [(each.scope, each.label) for each in found] == [
        ("dev", "(group dev) > oil"),
        ("dev", "(group dev) > oil > iron"),
    ]


@pytest.mark.parametrize("written", ["./", "", "./.", "docs/..", ".\\\\"])
def test_the_project_is_the_project_however_its_folder_is_written(tmp_path: Path, written: str) -> None:
    """uv installs from such a lock, and what the project needs is no less shipped by it."""
    (tmp_path / "uv.lock").write_text(LOCK.replace('editable = "."', f'editable = "{written}"'), encoding="utf-8")
    scopes = {each.package.name: each.scope for each in third_party(read_project_lock(tmp_path / "uv.lock"))}
    assert (scopes["oil"], scopes["probe"]) == ("runtime", "dev")


def test_a_lock_whose_only_folder_is_another_one_is_not_whole(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(LOCK.replace('editable = "."', 'editable = "vendor"'), encoding="utf-8")
    with pytest.raises(EvenfallError, match="it holds no project of its own"):
        read_project_lock(tmp_path / "uv.lock")


CONFLICT = """\
version = 1
conflicts = [[{ package = "lantern", extra = "fast" }, { package = "lantern", group = "dev" }]]

[[package]]
name = "lantern"
source = { editable = "." }
dependencies = [{ name = "wick" }]

[package.optional-dependencies]
fast = [{ name = "oil", version = "3" }]

[package.dev-dependencies]
dev = [{ name = "lamp", version = "1" }]

[[package]]
name = "wick"
version = "1"
dependencies = [
    { name = "lamp", version = "1", marker = "extra == 'group-7-lantern-dev'" },
    { name = "lamp", version = "3", marker = "extra == 'extra-7-lantern-fast' or extra != 'group-7-lantern-dev'" },
    { name = "oil", version = "1", marker = "extra == 'group-7-lantern-dev'" },
    { name = "oil", version = "3", marker = "extra == 'extra-7-lantern-fast' or extra != 'group-7-lantern-dev'" },
]

[[package]]
name = "lamp"
version = "1"

[[package]]
name = "lamp"
version = "3"

[[package]]
name = "oil"
version = "1"

[[package]]
name = "oil"
version = "3"
"""


def test_what_is_needed_only_beside_a_conflicting_group_does_not_ship(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(CONFLICT, encoding="utf-8")
    found = {
        (each.package.name, each.package.version): each for each in third_party(read_lockfile(tmp_path / "uv.lock"))
    }
    assert {what: each.scope for what, each in found.items()} == {
        ("wick", "1"): "runtime",
        ("lamp", "1"): "dev",
        ("lamp", "3"): "runtime",
        ("oil", "1"): "dev",
        ("oil", "3"): "runtime",
    }
    assert found["lamp", "1"].label == "lantern (group dev) > lamp"
    assert found["oil", "1"].label == "lantern > wick > oil", "which it does while the group is asked for"
