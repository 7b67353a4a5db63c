from __future__ import annotations

from tests.sample_project import SampleProject


def test_a_first_release_is_checked_without_the_network(project: SampleProject) -> None:
    done = project.command("release", "version", "--offline")
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'git tag -a "v1.0" -m "Release v1.0"' in done.stdout
