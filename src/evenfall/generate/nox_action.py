"""`.github/actions/nox/action.yml`: puts the locked Nox on PATH. The only set-up that a job has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenfall.generate.pins import Pin
from evenfall.generate.yaml import block, dump, uses

ACTION = ".github/actions/nox/action.yml"


def nox_action(*, uv: str, prepare: bool, pins: Mapping[str, Pin]) -> str:
    """The text of the action: that uv, the project's own `prepare` action first where there is one, and the locked noxfile's Nox."""
    setup = uses(
        "astral-sh/setup-uv",
        pins,
        {
            "version": uv,
            "enable-cache": True,
            "cache-suffix": "${{ inputs.job }}",
            "cache-dependency-glob": block("uv.lock", "noxfile.py.lock"),
        },
    )
    steps: list[Any] = (
        [{"name": "Prepare the runner as this project asks", "uses": "./.github/actions/prepare"}] if prepare else []
    )
    steps += [
        setup,
        {
            "name": "Export what the noxfile's lock holds",
            "shell": "bash",
            "run": 'uv export --quiet --locked --script noxfile.py --output-file "$RUNNER_TEMP/nox.txt"',
        },
        {
            "name": "Install Nox and Evenfall as locked",
            "shell": "bash",
            "run": 'uv tool install --quiet --python ">=3.11" nox --with-requirements "$RUNNER_TEMP/nox.txt"',
        },
    ]
    return dump(
        {
            "name": "nox",
            "description": "Put the Nox that is locked with the noxfile on PATH",
            "inputs": {
                "job": {
                    "description": "What nox -s will run; caches are kept apart by it and by the system",
                    "required": True,
                }
            },
            "runs": {"using": "composite", "steps": steps},
        }
    )
