from __future__ import annotations

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.noxfile import write_noxfile
from evenfall.adopt.release import RELEASE, describe_release, has_release
from evenfall.project.precommit_config import HOOKS
from tests.adopt.conftest import HEADER
from tests.sample_project import SampleProject

NOXFILE = f"""\
{HEADER}import evenfall
import nox

evenfall.standard_sessions(
    omit=["lint"],
)


if __name__ == "__main__":
    nox.main()
"""

WITH_RELEASE = NOXFILE.replace("\n)\n", f"\n)\n{RELEASE}\n")


def test_whether_a_noxfile_has_a_release() -> None:
    assert (has_release(NOXFILE), has_release(WITH_RELEASE)) == (False, True)


@pytest.mark.integration
def test_a_release_is_written_into_a_new_noxfile(bare: SampleProject, adoption: Adoption) -> None:
    adoption.release = True
    (bare.root / HOOKS).unlink(missing_ok=True)
    write_noxfile(adoption)
    assert f'evenfall.standard_sessions(omit=["precommit"])\n{RELEASE}\n\nif ' in bare.read("noxfile.py")


def described(adoption: Adoption, *publishing: str) -> str:
    adoption.notes = []
    describe_release(adoption, publishing)
    return "".join(adoption.notes)


def test_a_release_is_offered_to_a_new_pipeline_that_may_be_public_and_is_not_published(
    bare: SampleProject, adoption: Adoption
) -> None:
    assert "evenfall init --release" in described(adoption)
    assert described(adoption, "release.yml") == ""
    bare.write("noxfile.py", NOXFILE)
    assert described(adoption) == "", "the pipeline is not new"
    (bare.root / "noxfile.py").unlink()
    bare.replace("pyproject.toml", "classifiers = [", 'classifiers = ["Private :: Do Not Upload", ')
    assert described(adoption) == ""


def test_the_page_of_the_trusted_publisher_is_noted_with_a_new_release(bare: SampleProject, adoption: Adoption) -> None:
    adoption.release = True
    assert described(adoption).endswith("https://pypi.org/manage/account/publishing/")
    assert described(adoption, "release.yml").endswith("https://pypi.org/manage/project/lantern/settings/publishing/")
    bare.write("noxfile.py", WITH_RELEASE)
    assert described(adoption) == ""
