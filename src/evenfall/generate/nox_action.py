"""`.github/actions/nox/action.yml`: install the locked Nox. It is the only set-up step that a job has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenfall.generate.pins import Pin
from evenfall.generate.yaml import block, dump, uses


def nox_action(*, uv: str, prepare: bool, pins: Mapping[str, Pin]) -> str:
    """Return the text of the action, which installs uv in version `uv`, and Nox and Evenfall as the noxfile's lock pins them.

    With `prepare`, its first step is the project's own action `prepare`.
    """
    setup = uses(
        "astral-sh/setup-uv",
        pins,
        {
            "version": uv,
            "enable-cache": "${{ inputs.cache }}",
            "cache-suffix": "${{ inputs.job }}",
            "cache-dependency-glob": block("uv.lock", "noxfile.py.lock"),
        },
    )
    steps: list[Any] = (
        [{"name": "Run the project's own set-up", "uses": "./.github/actions/prepare"}] if prepare else []
    )
    steps += [
        setup,
        {
            "name": "Export the noxfile's lock",
            "shell": "bash",
            "run": 'uv export --quiet --locked --script noxfile.py --output-file "$RUNNER_TEMP/nox.txt"',
        },
        {
            "name": "Install the locked Nox and Evenfall",
            "shell": "bash",
            "run": 'uv tool install --quiet --python ">=3.11" nox --with-requirements "$RUNNER_TEMP/nox.txt"',
        },
    ]
    return dump(
        {
            "name": "nox",
            "description": "Install the Nox that the noxfile's lock pins",
            "inputs": {
                "job": {"description": "The job that nox -s runs; each job has a cache of its own", "required": True},
                "cache": {"description": "Whether uv's cache is restored and saved", "default": "true"},
            },
            "runs": {"using": "composite", "steps": steps},
        }
    )
