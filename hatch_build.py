"""Puts the software bill of materials into the wheel (PEP 770) where there is one: the session `build` makes it."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SBOM = "sbom.cdx.json"


class Sbom(BuildHookInterface):  # type: ignore[type-arg]
    """`sbom-files` in `pyproject.toml` would make every build fail that comes from a checkout alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """An editable install is no wheel that anybody gets."""
        if version == "standard" and Path(self.root, SBOM).is_file():
            build_data["sbom_files"].append(SBOM)
