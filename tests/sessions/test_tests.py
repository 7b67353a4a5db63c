from tests.made import PYTHON, Made


def test_every_ci_session_passes_on_a_sound_project(project: Made) -> None:
    done = project.nox()
    assert done.returncode == 0, done.stdout
    assert f"* tests-{PYTHON}: success" in done.stdout
    assert "* coverage: success" in done.stdout
