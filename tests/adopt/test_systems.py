from __future__ import annotations

from evenfall.adopt.adoption import Adoption
from evenfall.adopt.systems import record_systems
from tests.adopt.own_ci import CI, FOLDER
from tests.sample_project import SampleProject

SYSTEMS = '[tool.evenfall]\nsystems = ["ubuntu-latest"]\n'


def workflow(labels: str, on: str = "push", command: str = "pytest") -> str:
    return (
        f"on: {on}\njobs: {{a: {{runs-on: '${{{{ matrix.os }}}}', strategy: {{matrix: {{os: [{labels}]}}}}, "
        f"steps: [{{run: {command}}}]}}}}\n"
    )


def systems(bare: SampleProject) -> tuple[str, ...]:
    return Adoption(root=bare.root, scratch=bare.root, header="").project.pyproject.settings.systems


def test_the_tests_run_on_the_systems_of_the_projects_own_tests(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(CI, workflow("ubuntu-24.04-arm, macos-13, self-hosted"))
    bare.write(f"{FOLDER}/lint.yml", workflow("windows-latest", command="mypy"))
    bare.write(f"{FOLDER}/nightly.yml", workflow("windows-latest", on="schedule"))
    record_systems(adoption)
    assert systems(bare) == ("ubuntu-24.04-arm", "macos-13", "self-hosted")
    assert adoption.notes == []


def test_a_runner_with_several_labels_is_noted(bare: SampleProject, adoption: Adoption) -> None:
    bare.write(CI, workflow("[self-hosted, gpu], ubuntu-latest"))
    record_systems(adoption)
    assert systems(bare) == ("ubuntu-latest",)
    several, others = adoption.notes
    assert "self-hosted + gpu" in several
    assert '"macos-latest"' in others


def test_without_own_tests_they_run_on_linux_and_others_are_offered(bare: SampleProject, adoption: Adoption) -> None:
    record_systems(adoption)
    assert systems(bare) == ("ubuntu-latest",)
    assert len(adoption.notes) == 1


def test_a_setting_stays(bare: SampleProject, adoption: Adoption) -> None:
    bare.write("pyproject.toml", f"{bare.read('pyproject.toml')}\n{SYSTEMS}")
    bare.write(CI, workflow("macos-13"))
    record_systems(adoption)
    assert systems(bare) == ("ubuntu-latest",)
    assert adoption.notes == []
