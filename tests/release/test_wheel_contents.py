from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from evenfall.release.wheel_contents import MissingFiles, importable_files, imported_modules, missing_files
from tests.release.wheels import make_wheel

TRACKED = (
    "pyproject.toml",
    "src/lamp/__init__.py",
    "src/lamp/oil.py",
    "src/lamp/py.typed",
    "src/lamp/wick/__init__.py",
    "src/lamp/wick/cotton.py",
    "tests/test_lamp.py",
)


def wheel(paths: Iterable[str] = TRACKED, **code: str) -> dict[str, bytes]:
    """A wheel of the files below src, with the code of some modules of the package."""
    installed = [path.removeprefix("src/") for path in paths if path.startswith("src/")]
    return {path: code.get(path.removeprefix("lamp/").removesuffix(".py"), "").encode() for path in installed}


def without(*names: str) -> list[str]:
    return [path for path in TRACKED if not path.startswith(tuple(f"src/lamp/{name}" for name in names))]


def test_a_complete_wheel_lacks_nothing() -> None:
    assert missing_files(wheel(), TRACKED) == MissingFiles()


def test_a_module_that_the_code_of_the_wheel_imports_is_missing_with_its_user() -> None:
    made = wheel(without("oil.py"), __init__="from .oil import burn")
    assert missing_files(made, TRACKED) == MissingFiles(imported={"src/lamp/oil.py": "lamp/__init__.py"})


def test_a_package_is_missing_with_everything_that_is_imported_from_it() -> None:
    made = wheel(without("wick"), __init__="import lamp.wick.cotton")
    assert dict(missing_files(made, TRACKED).imported) == {
        "src/lamp/wick/__init__.py": "lamp/__init__.py",
        "src/lamp/wick/cotton.py": "lamp/__init__.py",
    }


def test_a_module_that_nothing_imports_may_be_left_out_on_purpose() -> None:
    assert missing_files(wheel(without("wick/cotton")), TRACKED) == MissingFiles(others=("src/lamp/wick/cotton.py",))


def test_a_typing_marker_is_missing_if_the_wheel_has_modules_of_its_folder() -> None:
    assert missing_files(wheel(without("py.typed")), TRACKED) == MissingFiles(typing_markers=("src/lamp/py.typed",))
    vendored = (*TRACKED, "src/lamp/vendored/py.typed")
    assert missing_files(wheel(), vendored) == MissingFiles()


def test_compiled_and_platform_specific_modules_are_in_the_wheel() -> None:
    made = {f"lamp-1.0.data/platlib/{path}": content for path, content in wheel(without("oil.py")).items()}
    made["lamp/oil.cpython-313-x86_64-linux-gnu.so"] = b""
    assert missing_files(made, TRACKED) == MissingFiles()


def test_a_copy_of_a_package_elsewhere_in_the_project_is_not_the_package() -> None:
    copies = [f"tests/data/{path}" for path in TRACKED] + ["tests/data/src/lamp/only_here.py"]
    assert missing_files(wheel(), (*copies, *TRACKED)) == MissingFiles()


def test_single_modules_and_other_top_level_packages_are_left_alone() -> None:
    made = {"lamp.py": b"import conftest", "wick/__init__.py": b""}
    assert missing_files(made, ("lamp.py", "wick/__init__.py", "conftest.py", "tests/oil.py")) == MissingFiles()


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("import a.b", {"a", "a.b"}),
        ("from a import b, c", {"a", "a.b", "a.c"}),
        ("from . import b", {"lamp", "lamp.wick", "lamp.wick.b"}),
        ("from ..oil import b", {"lamp", "lamp.oil", "lamp.oil.b"}),
        ("class A:\n    import a", {"a"}),
        ("if os.name == 'nt':\n    import a", {"a"}),
        (
            "try:\n    import a\nexcept ImportError:\n    import b\nelse:\n    import c\nfinally:\n    import d",
            {"c", "d"},
        ),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", {"b"}),
        ("if typing.TYPE_CHECKING:\n    import a", set()),
        ("if __name__ == '__main__':\n    import a", set()),
        ("def f():\n    import a", set()),
        ("async def f():\n    import a", set()),
        ("import {{ cookiecutter.name }}", set()),
        ("\0", set()),
    ],
)
def test_only_imports_that_happen_with_the_module_count(code: str, modules: set[str]) -> None:
    assert imported_modules("lamp/wick/__init__.py", code.encode()) == modules


def test_the_importable_files_of_a_wheel(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path,
        {
            "lamp/__init__.py": "",
            "lamp/data.txt": "",
            "lamp/_oil.cpython-311-x86_64-linux-gnu.so": "",
            "lamp/__pycache__/x.pyc": "",
            "lamp-1.0.data/purelib/wick.py": "",
            "lamp-1.0.data/scripts/lamp": "",
        },
    )
    assert importable_files(wheel) == {"lamp/__init__.py", "lamp/data.txt", "lamp/_oil.so", "wick.py"}
