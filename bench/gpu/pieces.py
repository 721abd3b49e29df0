"""What bench/gpu/measure.py measures, piece by piece in the order of its worth: a run that ends early has the best of it.

Lips at the first two batches, the caps, loading, portrait and both voices, the other batches, and at last whether the
environment is the locked one to the byte. Each piece puts its figures into the result by itself.
"""

from __future__ import annotations

import argparse
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial

import torch

from avatar.device import memory
from bench import machine
from bench.gpu import lips, meter, roof, stages
from bench.tiny_shapes import TINY

CAPS_GIB = (6, 10, 8)
LEAST_S = 1.0  # of timing a part, so that a card's clock is steady


class Run:
    """options: of bench/gpu/measure.py; parts: those of its that can be measured here; result: is filled."""

    def __init__(self, options: argparse.Namespace, parts: list[str], encodes: bool, result: dict) -> None:
        self.options, self.parts, self.encodes, self.result = options, parts, encodes, result
        self.on_gpu = options.device == "cuda"
        self.device = memory.card() if self.on_gpu else torch.device("cpu")
        self.smaller = TINY if options.tiny else {}
        self.portrait_size = 64 if options.tiny else 512
        self.least_s = 0.01 if options.tiny else LEAST_S
        self.held_before_mib = machine.used_mib() if self.on_gpu else None
        self.vram_gib = torch.cuda.get_device_properties(0).total_memory / 2**30 if self.on_gpu else 0
        self.profile = stages.profile_of(self.vram_gib)  # of portrait and voices; the lips' batch is swept
        if not self.on_gpu:
            torch.set_num_threads(1)  # tiny networks are quicker so, beside other work by far
        result |= {"profile": self.profile.name, "roof": {}, "stages": {}, "caps_gib": {}}

    def pieces(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """(name, work) of each, in order."""
        first, rest = self.options.batches[:2], self.options.batches[2:]
        caps = [cap for cap in CAPS_GIB if cap <= self.vram_gib] if self.on_gpu else CAPS_GIB[:1]
        yield "roof", self.roof
        if "lips" in self.parts:
            yield from ((f"lips, batch {batch}", partial(self.lips, (batch,))) for batch in first)
        if self.parts:
            yield from ((f"capped to {cap} GiB", partial(self.cap, cap)) for cap in caps)
        if "lips" in self.parts:
            yield "lips from the disk", self.load_from_disk
        yield from ((stage, partial(self.stage, stage)) for stage in stages.TIMED if stage in self.parts)
        if "lips" in self.parts and rest:
            yield f"lips, batch {', '.join(map(str, rest))}", partial(self.lips, rest)
        if not self.options.tiny:
            yield "environment", self.environment

    def do(self, name: str, work: Callable[[], None]) -> None:
        """One piece. What it raises is noted in the result and does not stop the others."""
        meter.release(self.device)
        try:
            with stages.in_force(self.profile):
                work()
        except Exception as error:
            self.result["failed"][name] = {
                "error": stages.described(error),
                "traceback": traceback.format_exc().splitlines(),
            }

    # ---------------------------------------------------------------- the pieces

    def roof(self) -> None:
        side, copied = (128, 1 << 20) if self.options.tiny else (8192, 1 << 30)
        self.result["roof"] = roof.measure(self.device, side, copied, self.least_s)

    def lips(self, batches: tuple[int, ...]) -> None:
        made = lips.measure(
            self.device, self._dtype(), batches, self.options.seconds, self.least_s, self.result["roof"], self.encodes,
            self.smaller,
        )  # fmt: skip
        known = self.result["stages"].setdefault("lips", made)
        known["batches"] |= made["batches"]
        known["notes"] = list(dict.fromkeys([*known["notes"], *made["notes"]]))
        known["left_mib"] = max(known["left_mib"], made["left_mib"]) if self.on_gpu else None

    def stage(self, name: str) -> None:
        self.result["stages"][name] = stages.measure(name, self.profile, self.smaller, self.portrait_size)

    def cap(self, cap_gib: int) -> None:
        """With the card made smaller. CUDA's context counts against the cap: what is held while no tensor is."""
        context_mib = max(0, (machine.used_mib() or 0) - (self.held_before_mib or 0)) if self.on_gpu else 0
        profile = stages.profile_of(cap_gib) if self.on_gpu else self.profile
        self.result["caps_gib"][str(cap_gib)] = stages.run_capped(
            cap_gib, self.parts, context_mib, self.smaller, self.portrait_size, profile
        )

    def load_from_disk(self) -> None:
        self.result["load_from_disk"] = lips.load_from_disk(self.device, self._dtype(), self.smaller)

    def environment(self) -> None:
        """Every byte compared with the locks (half a minute, more on a cold disk); foreign stays foreign."""
        if self.result["environment"] == "pinned":
            self.result["environment"], self.result["environment_why"] = machine.environment(thorough=True)

    def _dtype(self) -> torch.dtype:
        return memory.dtype_for(self.device)


def measure(run: Run, within_s: float, tell: Callable[[str], None], save: Callable[[], None]) -> None:
    """All pieces, each saved when it is done. None is begun more than within_s seconds after the first."""
    started = time.monotonic()
    pieces, result = dict(run.pieces()), run.result
    result |= {"failed": {}, "not_done": list(pieces)}
    for name, work in pieces.items():
        if time.monotonic() - started > within_s:
            tell(f"{within_s:g} s are over")
            break
        tell(name)
        run.do(name, work)
        result["not_done"].remove(name)
        result["took_s"] = round(time.monotonic() - started, 1)
        save()
