from __future__ import annotations

import pytest

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.noxfile import write_noxfile
from evenfall.adopt.release import RELEASE, describe_release, has_release, with_release
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


def test_the_line_is_added_below_the_standard_sessions() -> None:
    text = with_release(NOXFILE)
    assert text == NOXFILE.replace("\n)\n", f"\n)\n{RELEASE}\n")
    assert (has_release(NOXFILE), has_release(text)) == (False, True)


@pytest.mark.parametrize(
    "noxfile", ["if True:\n    evenfall.standard_sessions()\n", "evenfall.standard_sessions(\n", "\0"]
)
def test_a_noxfile_without_standard_sessions_at_its_top_level_gets_no_line(noxfile: str) -> None:
    assert with_release(noxfile) == ""


@pytest.mark.integration
def test_a_release_is_written_into_a_new_noxfile(bare: SampleProject, adoption: Adoption) -> None:
    adoption.release = True
    assert write_noxfile(adoption)
    assert f'evenfall.standard_sessions(omit=["precommit"])\n{RELEASE}\n\nif ' in bare.read("noxfile.py")


@pytest.mark.integration
def test_a_release_is_written_into_an_existing_noxfile_once(bare: SampleProject, adoption: Adoption) -> None:
    adoption.release, adoption.source = True, "wheels"
    bare.write("noxfile.py", NOXFILE)
    assert write_noxfile(adoption)
    assert bare.read("noxfile.py") == with_release(NOXFILE)
    assert adoption.notes == [], "the header has the requested source"

    bare.replace("noxfile.py", '["nox"]', '["nox", "uv"]')
    complete = bare.read("noxfile.py")
    adoption.release = False
    assert write_noxfile(adoption)
    assert bare.read("noxfile.py") == complete
    assert adoption.release, "the noxfile has one"
    (note,) = adoption.notes
    assert "--source wheels" in note


def test_the_user_adds_the_line_where_it_can_not_be_written(bare: SampleProject, adoption: Adoption) -> None:
    adoption.release = True
    bare.write("noxfile.py", NOXFILE.replace("evenfall.standard_sessions(", "print("))
    assert not write_noxfile(adoption)
    assert RELEASE in adoption.missing
    bare.write("noxfile.py", "import nox\n")
    assert not write_noxfile(adoption)
    assert f"evenfall.standard_sessions()\n{RELEASE}\n" in adoption.missing


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
    bare.write("noxfile.py", with_release(NOXFILE))
    assert described(adoption) == ""
