"""Graphics cards by name: memory as the driver shows it, and compute capability. Standard library only.

Memory: what nvidia-smi prints, which is less than what is sold (a T4 is sold with 16 GB and shows 15,360 MiB). A source is
the public page that shows the output; SEEN stands for outputs in public repositories, found by the figure beside the
name. A card with GDDR memory shows a sixteenth less where its ECC is on. Compute capability: NVIDIA's lists,
developer.nvidia.com/cuda-gpus and /cuda-legacy-gpus (A10G: as A10; a laptop's: as the desktop card of its number).
"""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple

from avatar.errors import EnvironmentProblem, RequestError
from avatar.invocation import to_type

SEEN = "nvidia-smi outputs in public repositories"
MODAL = "https://github.com/modal-labs/modal-client/pull/2797"


class Card(NamedTuple):
    name: str
    gb: int  # as sold
    vram_mib: int  # as the driver shows it
    capability: str  # CUDA's compute capability, like "8.6"
    source: str  # of vram_mib

    @property
    def label(self) -> str:
        return f"{self.name} {self.gb}GB"


CARDS = (
    Card("GeForce RTX 5090", 32, 32_607, "12.0", "https://github.com/noonghunna/club-3090/issues/1261"),
    Card("GeForce RTX 5090 Laptop", 24, 24_463, "12.0", SEEN),
    Card("GeForce RTX 5080", 16, 16_303, "12.0", SEEN),
    Card("GeForce RTX 5070", 12, 12_227, "12.0", "https://github.com/shkhln/libc6-shim/issues/14"),
    Card("GeForce RTX 4090", 24, 24_564, "8.9", "https://github.com/RLinf/RLinf/issues/255"),
    Card("GeForce RTX 4090 Laptop", 16, 16_376, "8.9", SEEN),
    Card("GeForce RTX 4080 Super", 16, 16_376, "8.9", SEEN),
    Card("GeForce RTX 4080", 16, 16_376, "8.9", SEEN),
    Card("GeForce RTX 4080 Laptop", 12, 12_282, "8.9", SEEN),
    Card("GeForce RTX 4070", 12, 12_282, "8.9", "https://github.com/Frogging-Family/nvidia-all/pull/212"),
    Card("GeForce RTX 4070 Laptop", 8, 8_188, "8.9", SEEN),
    Card("GeForce RTX 4060 Ti", 8, 8_188, "8.9", SEEN),
    Card("GeForce RTX 4060", 8, 8_188, "8.9", SEEN),
    Card("GeForce RTX 3090", 24, 24_576, "8.6", "https://github.com/noonghunna/club-3090/issues/1128"),
    Card("GeForce RTX 3080", 10, 10_240, "8.6", SEEN),
    Card("GeForce RTX 3080 Laptop", 16, 16_384, "8.6", SEEN),
    Card("GeForce RTX 3080 Laptop", 8, 8_192, "8.6", SEEN),
    Card("GeForce RTX 3070", 8, 8_192, "8.6", SEEN),
    Card("GeForce RTX 3070 Laptop", 8, 8_192, "8.6", SEEN),
    Card("GeForce RTX 3060 Ti", 8, 8_192, "8.6", SEEN),
    Card("GeForce RTX 3060", 12, 12_288, "8.6", "https://github.com/geerlingguy/raspberry-pi-pcie-devices/issues/790"),
    Card("GeForce RTX 2080 Ti", 11, 11_264, "7.5", SEEN),
    Card("GeForce RTX 2060", 6, 6_144, "7.5", SEEN),
    Card("GeForce GTX 1080 Ti", 11, 11_264, "6.1", SEEN),
    Card("Quadro RTX 4000", 8, 8_192, "7.5", "https://github.com/akash-network/provider-configs/pull/12"),
    Card("RTX A4000", 16, 16_376, "8.6", SEEN),
    Card("RTX A5000", 24, 24_564, "8.6", "https://github.com/akash-network/provider-configs/pull/83"),
    Card("RTX A6000", 48, 49_140, "8.6", SEEN),
    Card("RTX 6000 Ada", 48, 49_140, "8.9", SEEN),
    Card("RTX PRO 6000", 96, 97_887, "12.0", SEEN),
    Card("Tesla V100", 16, 16_160, "7.0", SEEN),
    Card("Tesla T4", 16, 15_360, "7.5", MODAL),
    Card("A10", 24, 23_028, "8.6", MODAL),
    Card("A10G", 24, 23_028, "8.6", "https://github.com/NVIDIA/DCGM/issues/232"),
    Card("A40", 48, 46_068, "8.6", SEEN),
    Card("L4", 24, 23_034, "8.9", MODAL),
    Card("L40", 48, 46_068, "8.9", SEEN),
    Card("L40S", 48, 46_068, "8.9", MODAL),
    Card("A100", 40, 40_960, "8.0", MODAL),
    Card("A100", 80, 81_920, "8.0", MODAL),
    Card("H100", 80, 81_559, "9.0", "https://github.com/wilicc/gpu-burn/issues/114"),
    Card("H100 NVL", 94, 95_830, "9.0", SEEN),
    Card("H200", 141, 143_771, "9.0", SEEN),
    Card("B200", 180, 183_359, "10.0", "https://github.com/NVIDIA/TensorRT-LLM/issues/10278"),
)

WORD = re.compile(r"\d+\s*gi?b\b|[rg]tx|\d+|ti\b|[a-z]+\d*[a-z]*")
SERIES = {"nvidia", "geforce", "tesla", "quadro", "rtx", "gtx"}  # a model's number says the same
VARIANTS = {"ti", "super", "laptop", "max", "nvl", "ada", "pro", "d"}  # of another card than the plain name


def find(name: str) -> Card:
    """The card of a name, however loosely it is written: '3080', 'rtx3080 10gb', 'NVIDIA A100-SXM4-80GB'.

    Raises RequestError, which names near ones, for a card that is not in the table or a name that several have.
    """
    words = words_of(name)
    sizes = {word for word in words if word.endswith("gb")}
    found = [
        card
        for card in CARDS
        if (known := words_of(card.name)) - SERIES <= words
        and words & VARIANTS <= known
        and sizes <= {f"{card.gb}gb"}
        and not (words & {"rtx", "gtx"}) - known
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise RequestError(f"{name!r} may be the {' or the '.join(card.label for card in found)}; name one of them.")
    near = nearest(name)
    said = f"near it: {', '.join(near)}" if near else "docs/fit.md lists those that are"
    raise RequestError(
        f"the card {name!r} is not in the table ({said}); ask by its memory, '{to_type('fit --vram GIB')}', or on its host "
        f"'{to_type('fit')}', which asks the card."
    )


def nearest(name: str) -> list[str]:
    """Up to four labels that look like the name, those with its number first."""
    words = words_of(name) - SERIES
    same_number = [card.label for card in CARDS if (words - VARIANTS) & words_of(card.name)]
    labels = {card.label.lower().removeprefix("geforce "): card.label for card in CARDS}
    alike = difflib.get_close_matches(name.lower(), labels, n=4, cutoff=0.6)
    return list(dict.fromkeys([*same_number, *(labels[label] for label in alike)]))[:4]


def words_of(name: str) -> set[str]:
    """'NVIDIA RTX3080 10 GB' -> {nvidia, rtx, 3080, 10gb}; a laptop's card is listed as "Mobile" by lspci."""
    return {re.sub(r"\s*gi?b$", "gb", word) for word in WORD.findall(name.lower().replace("mobile", "laptop"))}


def refuse_unsupported(name: str, capability: str) -> None:
    """Raises EnvironmentProblem for a card that the locked PyTorch has no code for. capability: like "8.6"."""
    from avatar.environment import driver

    if not driver.has_code_for(capability):
        raise EnvironmentProblem(
            f"the {name} is of compute capability {capability} (sm_{capability.replace('.', '')}), for which the locked "
            f"PyTorch has no code (it has: {', '.join(driver.ARCHITECTURES)}); the preview stack needs no GPU."
        )
