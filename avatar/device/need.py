"""How much memory each stage needs, by arithmetic: weights, what is alive beside them, and stated allowances.

Standard library only: the engines ask before they load, `avatar fit` asks in any environment.

    need.lips(batch=16, dtype="float16").total    bytes

What is alive comes from table.json, counted on the networks themselves (`calls`). Between two rows of a batch or a
size the next larger row counts.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from avatar.device.hardware import MIB, Profile

TABLE = Path(__file__).parent / "table.json"
ITEM_BYTES = {"float16": 2, "float32": 4}
PARAMETERS = {  # as published file sizes confirm; `shapes` counts the same in the networks
    "sd-unet": 859_520_964,
    "sd-vae": 83_653_863,
    "clip-text": 123_060_480,
    "safety-checker": 303_981_588,
    "xtts-gpt": 441_018_563,
    "xtts-decoder": 25_856_300,  # and the speaker encoder; float32 always
    "pocket-speech": 89_449_537,
    "pocket-codec": 20_054_337,
    "musetalk-unet": 849_947_844,
    "ft-mse-vae": 83_653_863,
    "whisper-encoder": 8_208_384,
}
PORTRAIT = ("sd-unet", "sd-vae", "clip-text", "safety-checker")
LIPS = ("musetalk-unet", "ft-mse-vae", "whisper-encoder")
POCKET = ("pocket-speech", "pocket-codec")

# Allowances: nothing of these can be counted from shapes. cuBLAS keeps 8 MiB (32 on Hopper;
# PyTorch, CUDA semantics, "cuBLAS workspaces"), cuDNN what its fastest kernel asks for, beyond the copies that the table
# counts. A CUDA context with PyTorch's kernels is not the allocator's; 300 to 500 MiB are commonly seen.
LIBRARIES_BYTES = 128 * MIB
CONTEXT_BYTES = 512 * MIB
HOST_PROCESS_BYTES = 1024 * MIB  # Python with the model libraries, 720 to 790 MiB as measured, and pictures
# Kept on the device between steps of the lips: two 30 s segments of sound (1500 steps, 5 layers, 384 numbers), and the
# latents (8 x 32 x 32) of 750 frames of a clip.
KEPT_NUMBERS = 2 * 1500 * 5 * 384 + 750 * 8 * 32 * 32
# Pocket TTS: the last layers of its codec over a part of the sound (27 latents of 1,920 samples, 64 channels, three such
# tensors at once), and keys and values of its longest sentence after its longest reference (6 layers, 660 positions).
POCKET_LIVE_BYTES = 4 * (3 * 64 * 27 * 1_920 + 2 * 6 * 1024 * 660)
SPOKEN_NUMBERS = 2 * 30 * 1082 * 1024  # keys and values of XTTS's longest sentence, which a card holds all along

Way = tuple[str, str, int, int]  # a call of a network: their names, the batch, the side of a picture in pixels


@dataclass(frozen=True)
class Need:
    """Bytes of one stage at its worst moment. floor: weights and live tensors, less than which nothing can be."""

    stage: str
    model: str
    weights: int
    live: int  # tensors alive beside the weights
    copies: int  # more, where convolutions copy to another memory layout
    worst: str  # the call that decides
    allowance: int  # workspaces of libraries, and the CUDA context or the host process

    @property
    def floor(self) -> int:
        return self.weights + self.live

    @property
    def allocated(self) -> int:
        """What PyTorch's allocator may reach: without the CUDA context and the host process."""
        return self.floor + self.copies + LIBRARIES_BYTES

    @property
    def total(self) -> int:
        return self.floor + self.copies + self.allowance


def stages(profile: Profile, pocket_alone: bool = False) -> tuple[Need, Need, Need]:
    """Portrait, voice and lips as a profile runs them, at the sizes that `avatar pipeline run` takes. pocket_alone: without
    XTTS-v2."""
    on_gpu = profile.device == "cuda"
    return (
        portrait(profile.dtype, tiled=profile.vae_tiling, on_gpu=on_gpu),
        pocket(on_gpu) if pocket_alone else voice(profile.voice_dtype, on_gpu=on_gpu),
        lips(profile.lips_batch, profile.dtype, on_gpu=on_gpu),
    )


def portrait(dtype: str, size: int = 512, tiled: bool = False, on_gpu: bool = True, weights: int | None = None) -> Need:
    """Stable Diffusion 1.5 drawing size x size pixels. weights: bytes, where other networks than upstream's load."""
    ways = [
        ("sd-unet", "step", 2, size),
        ("sd-vae", "decode in tiles" if tiled else "decode", 1, size),
        ("clip-text", "read", 1, 0),
        ("safety-checker", "look", 1, 0),
    ]
    return _need("portrait", "Stable Diffusion 1.5", _weights(PORTRAIT, dtype, weights), 0, ways, dtype, on_gpu)


def voice(gpt_dtype: str, on_gpu: bool = True, weights: int | None = None) -> Need:
    """XTTS-v2 speaking its longest sentence. gpt_dtype: of the GPT; the decoder is float32 always."""
    ways = [("xtts", call, 1, 0) for call in ("speak", "latents", "decode")]
    bytes_of_weights = PARAMETERS["xtts-gpt"] * ITEM_BYTES[gpt_dtype] + 4 * PARAMETERS["xtts-decoder"]
    kept = SPOKEN_NUMBERS * ITEM_BYTES[gpt_dtype] if on_gpu else 0
    return _need("voice", "XTTS-v2", bytes_of_weights if weights is None else weights, kept, ways, gpt_dtype, on_gpu)


def pocket(on_gpu: bool = True, weights: int | None = None) -> Need:
    """Pocket TTS speaking its longest sentence, in float32 wherever it runs. weights: bytes, where others load."""
    numbers = 4 * sum(PARAMETERS[name] for name in POCKET)
    allowance = LIBRARIES_BYTES + (CONTEXT_BYTES if on_gpu else HOST_PROCESS_BYTES)
    return Need("voice", "Pocket TTS", numbers if weights is None else weights, POCKET_LIVE_BYTES, 0,
                "pocket speak", allowance)  # fmt: skip


def lips(batch: int, dtype: str, on_gpu: bool = True, weights: int | None = None) -> Need:
    """MuseTalk 1.5 drawing `batch` frames at once.

    In half precision on a card the kernels between its convolutions keep channels last, so that none copies its input:
    3,484 MiB for 16 frames, without the context; an H200 took 3,533.
    """
    ways = [
        ("musetalk-unet", "predict", batch, 0),
        ("ft-mse-vae", "decode", batch, 0),
        ("ft-mse-vae", "encode", 2, 0),
        ("whisper-encoder", "hear", 1, 0),
    ]
    kept = KEPT_NUMBERS * ITEM_BYTES[dtype]
    copied = not (on_gpu and dtype == "float16")
    return _need("lips", "MuseTalk 1.5", _weights(LIPS, dtype, weights), kept, ways, dtype, on_gpu, copied)


def _weights(networks: tuple[str, ...], dtype: str, given: int | None) -> int:
    return sum(PARAMETERS[name] for name in networks) * ITEM_BYTES[dtype] if given is None else given


def _need(
    stage: str, model: str, weights: int, kept: int, ways: list[Way], dtype: str, on_gpu: bool, copied: bool = True
) -> Need:
    """ways: the calls of a stage, one after the other; the largest of them counts. copied: whether convolutions copy."""
    rows = [_row(*way, dtype) for way in ways]
    live = max(row["live"] for row in rows)
    worst = max(rows, key=lambda row: row["with_copies" if copied else "live"])
    allowance = LIBRARIES_BYTES + (CONTEXT_BYTES if on_gpu else HOST_PROCESS_BYTES)
    copies = worst["with_copies"] - live if copied else 0
    return Need(stage, model, weights, kept + live, copies, f"{worst['network']} {worst['call']}", allowance)


def _row(network: str, call: str, batch: int, size: int, dtype: str) -> dict:
    """The smallest row that is no smaller than asked for; beyond the largest, that one by the number of pixels."""
    rows = [row for row in _table() if (row["network"], row["call"], row["dtype"]) == (network, call, dtype)]
    fitting = [row for row in rows if row["batch"] >= batch and row["size"] >= size]
    if fitting:
        return min(fitting, key=lambda row: (row["batch"], row["size"]))
    largest = max(rows, key=lambda row: (row["batch"], row["size"]))
    factor = max(1, batch / largest["batch"]) * max(1, size / largest["size"]) ** 2
    return largest | {name: round(largest[name] * factor) for name in ("live", "with_copies")}


@functools.cache
def _table() -> list[dict]:
    return json.loads(TABLE.read_text())["calls"]
