"""What others publish of comparable work: their figures on their machines, none of them measured here.

They count different things (most without reading, blending and encoding), so they give the order of magnitude, and no
row of ours is ever computed from them.
"""

from __future__ import annotations

# (what, on what, figure, where it is published)
FIGURES = (
    ("MuseTalk, live", "RTX 3080 Ti / 3090 / 4090", "42 / 45 / 72 frames/s", "github.com/lipku/LiveTalking, README"),
    ("MuseTalk, with saving the frames", "A100", "33 frames/s (50 without)", "github.com/TMElyralab/MuseTalk/issues/377"),
    ("MuseTalk, a user's measurement", "RTX 4090", "15 to 20 frames/s", "github.com/TMElyralab/MuseTalk/issues/248"),
    ("Wav2Lip at 256 pixels, live", "RTX 3060 / 3080 Ti", "60 / 120 frames/s", "github.com/lipku/LiveTalking, README"),
    ("LatentSync", "A100", "4.4 frames/s, 11.7 GB", "the paper on EfficientSync, table 1"),
    ("EfficientSync", "A100", "166 frames/s, 0.7 GB", "the paper on EfficientSync, table 1"),
    ("OpenAvatarChat's avatar on a CPU", "Core i9-13980HX", "30 frames/s", "github.com/HumanAIGC-Engineering/OpenAvatarChat"),
    ("Stable Diffusion 1.5, 512 pixels, half precision", "A100 / RTX 3090", "21.7 / 22.6 steps/s",
     "diffusers' documentation, torch2.0.md"),
)  # fmt: skip


def table() -> list[str]:
    """Markdown."""
    return [
        "### Published by others, not measured here",
        "",
        "| what | on what | figure | source |",
        "|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in FIGURES),
    ]
