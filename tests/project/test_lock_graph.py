from __future__ import annotations

from pathlib import Path

import pytest

from evenfall.errors import EvenfallError
from evenfall.project.lock_graph import MAX_CANDIDATES, MAX_PATH_LENGTH, LockGraph
from evenfall.project.lockfile import read_lockfile
from evenfall.project.project import read_project
from tests.sample_project import SampleProject

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


def required(root: Path, text: str) -> dict[str, tuple[str, str]]:
    (root / "uv.lock").write_text(text, encoding="utf-8")
    found = LockGraph(read_lockfile(root / "uv.lock")).third_party()
    return {f"{each.package.name} {each.package.version}": (each.scope, each.required_by) for each in found}


def test_dependencies_and_extras_have_runtime_scope(tmp_path: Path) -> None:
    found = required(tmp_path, LOCK)
    assert found["olive 1"] == ("runtime", "lantern > oil > olive")
    assert found["glass 2"] == ("runtime", "lantern > glass")
    assert found["crypt 1"] == ("runtime", "lantern[web] > server > crypt")
    assert found["socket 1"] == ("runtime", "lantern[web] > server > socket")


def test_packages_that_only_a_group_needs_have_dev_scope(tmp_path: Path) -> None:
    found = required(tmp_path, LOCK)
    assert found["hook 1"] == ("dev", "lantern (group test) > probe > hook")
    assert found["glass 1"] == ("dev", "lantern (group test) > glass")


def test_a_package_that_is_no_longer_required_has_no_path(tmp_path: Path) -> None:
    assert required(tmp_path, LOCK)["left-behind 1"] == ("dev", "")


def test_the_project_is_not_third_party(tmp_path: Path) -> None:
    assert not any(name.startswith("lantern") for name in required(tmp_path, LOCK))


@pytest.mark.parametrize("name", ['"oil"', '"glass", version = "2"'])
def test_an_edge_to_a_package_that_is_not_locked_is_an_error_with_its_line(tmp_path: Path, name: str) -> None:
    broken = LOCK.replace("name = " + name, "name = " + name.replace('"', '"nix-', 1), 1)
    with pytest.raises(EvenfallError, match=r"uv.lock:3: lantern needs nix-\w+( 2)?, which is not locked"):
        required(tmp_path, broken)


def test_a_long_path_shows_its_last_packages_behind_an_ellipsis(tmp_path: Path) -> None:
    chain = (
        f'[[package]]\nname = "p{n}"\nversion = "1"\ndependencies = [{{ name = "p{n + 1}" }}]\n' for n in range(2000)
    )
    start = '[[package]]\nname = "lamp"\nsource = { virtual = "." }\ndependencies = [{ name = "p0" }]\n'
    end = '[[package]]\nname = "p2000"\nversion = "1"\n'
    (tmp_path / "uv.lock").write_text("\n".join(["version = 1", start, *chain, end]), encoding="utf-8")
    found = LockGraph(read_lockfile(tmp_path / "uv.lock")).third_party()
    assert found[MAX_PATH_LENGTH - 2].path == ("lamp", *(f"p{n}" for n in range(MAX_PATH_LENGTH - 1)))
    assert found[-1].path == ("…", *(f"p{n}" for n in range(2001 - MAX_PATH_LENGTH, 2001)))


def test_an_edge_to_one_of_many_packages_of_a_name_needs_a_version(tmp_path: Path) -> None:
    start = '[[package]]\nname = "lamp"\nsource = { virtual = "." }\ndependencies = [{ name = "p"%s }]\n'
    many = [f'[[package]]\nname = "p"\nversion = "{n}"\n' for n in range(MAX_CANDIDATES + 1)]
    (tmp_path / "uv.lock").write_text("\n".join(["version = 1", start % ', version = "7"', *many]), encoding="utf-8")
    assert LockGraph(read_lockfile(tmp_path / "uv.lock")).third_party()[7].path == ("lamp", "p")
    (tmp_path / "uv.lock").write_text("\n".join(["version = 1", start % "", *many]), encoding="utf-8")
    with pytest.raises(EvenfallError, match=r"^uv\.lock:2: lamp needs p, which is locked 101 times"):
        LockGraph(read_lockfile(tmp_path / "uv.lock")).third_party()


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


def test_dependencies_of_a_folder_that_only_a_group_needs_have_dev_scope(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(WORKSPACE)
    found = {each.package.name: each for each in LockGraph(read_lockfile(tmp_path / "uv.lock")).third_party()}
    assert (found["oil"].scope, found["iron"].scope) == ("runtime", "dev")
    assert found["iron"].required_by == "lantern (group dev) > stand > iron"


def test_the_dependencies_of_a_project_include_local_folders_but_not_the_project(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(WORKSPACE)
    names = [each.package.name for each in LockGraph(read_lockfile(tmp_path / "uv.lock")).dependencies()]
    assert names == ["stand", "oil", "iron"]


def test_every_member_of_a_workspace_has_runtime_dependencies(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(f'{WORKSPACE}\n[manifest]\nmembers = ["lantern", "Stand"]\n')
    found = {each.package.name: each for each in LockGraph(read_lockfile(tmp_path / "uv.lock")).third_party()}
    assert (found["iron"].scope, found["iron"].required_by) == ("runtime", "stand > iron")


def test_groups_of_a_folder_without_a_project_are_dev_scope(tmp_path: Path) -> None:
    oil = '[[package]]\nname = "oil"\nversion = "1"\n\n[package.optional-dependencies]\nfine = [{ name = "iron" }]\n'
    iron = '[[package]]\nname = "iron"\nversion = "1"\n'
    asked = (
        '{ name = "oil", extras = ["fine"], specifier = "==1" }, { name = "old", marker = "python_version < \'3\'" }'
    )
    groups = f"[manifest.dependency-groups]\ndev = [{asked}]\n"
    (tmp_path / "uv.lock").write_text("\n".join(["version = 1", oil, iron, groups]))
    found = LockGraph(read_lockfile(tmp_path / "uv.lock")).third_party()
    assert [(each.scope, each.required_by) for each in found] == [
        ("dev", "(group dev) > oil"),
        ("dev", "(group dev) > oil > iron"),
    ]


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


def test_versions_that_only_a_conflicting_group_needs_have_dev_scope(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(CONFLICT, encoding="utf-8")
    found = {
        (each.package.name, each.package.version): each
        for each in LockGraph(read_lockfile(tmp_path / "uv.lock")).third_party()
    }
    assert {key: each.scope for key, each in found.items()} == {
        ("wick", "1"): "runtime",
        ("lamp", "1"): "dev",
        ("lamp", "3"): "runtime",
        ("oil", "1"): "dev",
        ("oil", "3"): "runtime",
    }
    assert found["lamp", "1"].required_by == "lantern (group dev) > lamp"
    assert found["oil", "1"].required_by == "lantern > wick > oil", "because wick needs it while the group is requested"


GROUPS = """\
version = 1

[[package]]
name = "lantern"
source = { editable = "." }
dependencies = [{ name = "oil" }]

[package.optional-dependencies]
spark-less = [{ name = "flint" }]

[package.dev-dependencies]
test-all = [{ name = "wick", extra = ["waxed"] }, { name = "flint" }]

[[package]]
name = "oil"
version = "1"

[[package]]
name = "wick"
version = "1.0"
dependencies = [{ name = "thread", version = "1", marker = "sys_platform == 'x'" }, { name = "thread", version = "2" }]

[package.optional-dependencies]
waxed = [{ name = "Wax" }]
dry = [{ name = "sand" }]

[[package]]
name = "thread"
version = "1"
dependencies = [{ name = "wool" }]

[[package]]
name = "thread"
version = "2"
dependencies = [{ name = "wick" }]

[[package]]
name = "flint"
version = "1"

[[package]]
name = "wax"
version = "1"

[[package]]
name = "wool"
version = "1"
"""


@pytest.mark.parametrize(
    ("groups", "extras", "names"),
    [
        (("Test_All",), (), {"wick", "wax", "thread", "wool", "flint"}),
        ((), ("spark_less", "none"), {"flint"}),
        (("docs",), (), set()),
    ],
    ids=["a group with its packages' extras, in every locked version", "an extra", "a group that is not locked"],
)
def test_groups_and_extras_install_the_packages_that_they_reach(
    tmp_path: Path, groups: tuple[str, ...], extras: tuple[str, ...], names: set[str]
) -> None:
    (tmp_path / "uv.lock").write_text(GROUPS, encoding="utf-8")
    graph = LockGraph(read_lockfile(tmp_path / "uv.lock"))
    assert graph.installed_names(["Lantern"], groups, extras) == names


def test_a_project_that_is_not_locked_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(GROUPS, encoding="utf-8")
    graph = LockGraph(read_lockfile(tmp_path / "uv.lock"))
    for name in ("candle", "oil"):
        with pytest.raises(EvenfallError, match=rf"^uv\.lock: the project '{name}' is not in it"):
            graph.find_project(name)


@pytest.mark.integration
def test_the_names_of_a_lock_that_uv_wrote(project: SampleProject) -> None:
    assert {"pytest", "pluggy", "coverage"} <= read_project(project.root).locked_names(("test",))
