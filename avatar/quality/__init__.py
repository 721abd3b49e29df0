"""`avatar check`: what a given recording, picture or video measures, and whether it will do."""

from __future__ import annotations

from avatar.quality.files import check_file, lines

__all__ = ["check_file", "lines"]
