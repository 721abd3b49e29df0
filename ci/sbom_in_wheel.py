"""hatchling's build hook: the bill of materials goes into the wheel, under .dist-info/sboms (PEP 770).

Only ci/release sets AVATAR_SBOM, to the file that it has just made with the full environment and its tools. A wheel
that is built from a checkout or an sdist, by pip or by anything else, has neither and carries none.
"""

from __future__ import annotations

import os

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SbomHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict) -> None:
        if sbom := os.environ.get("AVATAR_SBOM"):
            build_data["sbom_files"].append(sbom)
