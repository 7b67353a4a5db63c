from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from evenfall.errors import Exit
from evenfall.findings import Severity
from evenfall.release import archives, build_rules
from evenfall.release.distributions import Distributions, FailedCheck, Reproducibility
from evenfall.release.manifest import ReleaseFile
from evenfall.release.package_build import BuildError
from evenfall.release.wheel_contents import MissingFiles
from tests.release.distributions import write_sdist, write_wheel


def build(folder: Path, *, name: str = "lamp", version: str = "1.0", stated: str = 'version = "1.0"') -> Distributions:
    """Return the files of a build, and a project that states the version."""
    (folder / "pyproject.toml").write_text(f'[project]\nname = "lamp"\n{stated}\n')
    return Distributions(
        source=folder, wheel=write_wheel(folder, name, version), sdist=write_sdist(folder, name, version)
    )


def test_pointers_of_git_lfs_in_the_wheel_are_an_error(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n"
    with zipfile.ZipFile(tmp_path / "lamp-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("lamp/model.bin", pointer)
        archive.writestr("lamp/__init__.py", "")
    pointers = archives.lfs_pointers(tmp_path / "lamp-1.0-py3-none-any.whl")
    assert [(found.code, found.location.path) for found in build_rules.lfs_findings(pointers)] == [
        ("release-lfs", "lamp/model.bin")
    ]
    assert not list(build_rules.lfs_findings(()))


def test_a_clean_source_has_no_finding() -> None:
    assert list(build_rules.source_findings((), ())) == []


def test_uncommitted_files_are_an_error_and_submodules_a_warning() -> None:
    uncommitted, submodule = build_rules.source_findings(("lamp.py",), ("vendored",))
    assert (uncommitted.code, uncommitted.severity) == ("release-uncommitted", Severity.ERROR)
    assert (submodule.code, submodule.severity) == ("release-submodule", Severity.WARNING)


def test_a_failed_build_is_a_finding_that_names_what_was_built() -> None:
    finding = build_rules.build_finding(BuildError("wheel", "Traceback\nOSError: README.md"))
    assert finding.code == "release-build-wheel"
    assert "OSError: README.md" in finding.reason


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "Building wheel...\nTraceback\nOSError: no oil\nerror: Failed to build\n  cause: exit status 1",
            "OSError: no oil",
        ),
        (
            "Building wheel...\nerror: Failed to build\n  cause: No solution found",
            "Failed to build cause: No solution found",
        ),
        ("", ""),
    ],
)
def test_the_reason_of_a_failed_build_is_the_error_of_the_backend_or_else_of_uv(output: str, reason: str) -> None:
    finding = build_rules.build_finding(BuildError("wheel", output))
    assert finding.reason == f"the wheel can't be built from the sdist: {reason}"


@pytest.mark.parametrize(
    "output",
    [
        "cause: Failed to fetch: http",
        "because the network was disabled",
        "error: No interpreter found for 3",
        "cause: https://x could not be queried due to",
    ],
)
def test_a_build_without_the_network_is_inconclusive(output: str) -> None:
    assert BuildError("sdist", output).exit_code == Exit.UNKNOWN


def test_normalized_file_names_are_fine(tmp_path: Path) -> None:
    built = build(tmp_path, name="lamp_oil")
    assert list(build_rules.name_findings("lamp-oil", built)) == []


@pytest.mark.parametrize("name", ["Lamp_Oil", "lamp.oil", "lamp__oil"])
def test_other_file_names_are_findings(tmp_path: Path, name: str) -> None:
    found = list(build_rules.name_findings("lamp-oil", build(tmp_path, name=name)))
    assert [finding.code for finding in found] == ["release-file-name", "release-file-name"]


def test_a_version_that_is_not_normalized_is_no_normalized_file_name(tmp_path: Path) -> None:
    built = build(tmp_path, version="1.0.0-rc1")
    assert [finding.code for finding in build_rules.name_findings("lamp", built)] == ["release-file-name"] * 2
    assert build_rules.version_of(built.sdist) == "1.0.0rc1"


@pytest.mark.parametrize("stated", ['version = "1.0"', 'version = "1.0.0"', 'dynamic = ["version"]'])
def test_the_built_version_may_be_spelled_in_another_way(tmp_path: Path, stated: str) -> None:
    built = build(tmp_path, version="1.0" if stated != 'version = "1.0.0"' else "1.0.0", stated=stated)
    assert list(build_rules.version_findings(built, "")) == []


def test_another_version_than_the_stated_one_is_a_finding_for_each_file(tmp_path: Path) -> None:
    built = build(tmp_path, version="1.1")
    assert [finding.code for finding in build_rules.version_findings(built, "")] == ["release-built-version"] * 2


def test_another_version_than_the_development_version_is_a_finding(tmp_path: Path) -> None:
    found = build_rules.version_findings(build(tmp_path), "1.0.1.dev7")
    assert [finding.code for finding in found] == ["release-built-version"] * 2


def test_two_files_with_different_versions_are_a_finding(tmp_path: Path) -> None:
    built = build(tmp_path, stated='dynamic = ["version"]')
    shutil.copy(write_sdist(tmp_path, version="1.1"), built.sdist)
    (finding,) = build_rules.version_findings(built, "")
    assert finding.location.path == built.sdist.name


def test_no_index_takes_a_local_version(tmp_path: Path) -> None:
    built = build(tmp_path, version="1.0+oil", stated='dynamic = ["version"]')
    (finding,) = build_rules.version_findings(built, "")
    assert finding.code == "release-local-version"


def test_invalid_metadata_is_a_finding(tmp_path: Path) -> None:
    found = list(build_rules.metadata_findings(build(tmp_path, version="one")))
    assert [finding.code for finding in found] == ["release-metadata", "release-metadata"]
    assert build_rules.version_of(tmp_path / "lamp-one.tar.gz") == "one"


def test_missing_files_are_errors_unless_they_may_be_left_out_on_purpose() -> None:
    missing = MissingFiles(imported={"a.py": "b.py"}, typing_markers=("py.typed",), others=("c.py",))
    found = list(build_rules.missing_file_findings(missing))
    assert {finding.code for finding in found} == {"release-missing-file"}
    assert [(finding.location.path, finding.severity) for finding in found] == [
        ("a.py", Severity.ERROR),
        ("py.typed", Severity.ERROR),
        ("c.py", Severity.WARNING),
    ]
    assert list(build_rules.missing_file_findings(MissingFiles())) == []


@pytest.mark.parametrize(
    ("tool", "code", "severity"),
    [
        ("twine check", "release-readme", Severity.ERROR),
        ("check-wheel-contents", "release-wheel", Severity.WARNING),
        ("check-sdist", "release-sdist", Severity.WARNING),
    ],
)
def test_a_failed_check_is_a_finding_with_its_output(tool: str, code: str, severity: Severity) -> None:
    finding = build_rules.check_finding(FailedCheck(tool=tool, output="line 4:\n  unknown directive"))
    assert (finding.code, finding.severity) == (code, severity)
    assert "line 4: unknown directive" in finding.reason


@pytest.mark.parametrize(
    ("lists", "text"),
    [
        ("SDist only:\n  .gitignore\n\n\nGit only:\n", "SDist only: .gitignore"),
        ("SDist only:\n\n\nGit only:\n  README.md\n  docs.md", "Git only: README.md docs.md"),
        ("SDist only:\n  a.py\n\n\nGit only:\n  b.py", "SDist only: a.py Git only: b.py"),
    ],
)
def test_an_empty_list_of_check_sdist_is_left_out(lists: str, text: str) -> None:
    finding = build_rules.check_finding(FailedCheck(tool="check-sdist", output=f"SDist does not match git\n\n{lists}"))
    assert finding.reason == f"check-sdist: SDist does not match git {text}"


@pytest.mark.parametrize("same_contents", [True, False])
def test_each_different_file_is_one_finding(same_contents: bool) -> None:
    second = Reproducibility(differences={"a.whl": ["x", "y", "z", "w"], "a.tar.gz": []}, same_contents=same_contents)
    (finding,) = build_rules.reproducibility_findings(second)
    assert (finding.code, finding.location.path) == ("release-not-reproducible", "a.whl")
    assert ('reproducible = "contents"' in finding.fix) is same_contents


@pytest.mark.parametrize(("size", "codes"), [(100 * 1024**2, []), (100 * 1024**2 + 1, ["release-file-size"])])
def test_a_file_above_the_limit_of_the_index_is_a_warning(size: int, codes: list[str]) -> None:
    file = ReleaseFile(name="lamp-1.0.tar.gz", kind="sdist", size=size, sha256="a" * 64)
    assert [finding.code for finding in build_rules.size_findings((file,))] == codes
