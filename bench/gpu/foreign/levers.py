"""Where the time of the lips goes on a card, and what each lever is worth: layouts, norms, graphs, blending threads.

    python3 bench/gpu/foreign/levers.py --out FOLDER [--device cpu --tiny] [--only NAME,...] [--within SECONDS]

From the project's root, in any Python that bench/gpu/measure.py runs in. Each piece writes FOLDER/levers.json again when it is
done; what raises is noted, and the next goes on.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
os.environ.setdefault("AVATAR_HOME", "/tmp/avatar-home")

from avatar.device import memory  # before torch, for whose threads it sets something

import numpy as np  # isort: skip
import torch  # isort: skip

STARTED = time.monotonic()
LEAST_ROUNDS, MOST_ROUNDS = 3, 60


def tell(text: str) -> None:
    print(f"levers.py: {time.monotonic() - STARTED:.1f} s: {text}", file=sys.stderr, flush=True)


class Card:
    """The device, MuseTalk's networks on it with random weights in the published shapes, and how work is timed there."""

    def __init__(self, device: str, tiny: bool) -> None:
        from avatar.fit import steps
        from bench.tiny_shapes import TINY

        self.cuda = device == "cuda"
        self.device = memory.card() if self.cuda else torch.device("cpu")
        self.dtype = torch.float16 if self.cuda else torch.float32
        self.smaller = TINY if tiny else {}
        if not self.cuda:
            torch.set_num_threads(1)
        self.models = steps.random_models(self.device, self.dtype, self.smaller)
        self.batches = (16, 8) if self.cuda else (2,)
        self.least_s = 0.4 if self.cuda else 0.02

    def clock_mhz(self) -> int | None:
        """Of the multiprocessors now; None on a CPU, or where NVIDIA's library for it is not there."""
        try:
            return torch.cuda.clock_rate() if self.cuda else None
        except Exception:  # pynvml is not everywhere
            return None

    def synchronize(self) -> None:
        if self.cuda:
            torch.cuda.synchronize()

    def release(self) -> None:
        gc.collect()
        if self.cuda:
            torch.cuda.synchronize()
            torch.cuda.empty_cache()

    @torch.inference_mode()
    def timed_ms(self, work: Callable[[], object]) -> float:
        """One call: the median of rounds between events on a card, so that one hiccup says nothing."""
        work()
        work()
        self.synchronize()
        rounds, until = [], time.perf_counter() + self.least_s
        while (time.perf_counter() < until or len(rounds) < LEAST_ROUNDS) and len(rounds) < MOST_ROUNDS:
            rounds.append(self._round_ms(work))
        return round(float(np.median(rounds)), 4)

    def _round_ms(self, work: Callable[[], object]) -> float:
        if not self.cuda:
            started = time.perf_counter()
            work()
            return 1e3 * (time.perf_counter() - started)
        first, last = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        first.record()
        work()
        work()
        last.record()
        last.synchronize()
        return first.elapsed_time(last) / 2

    @torch.inference_mode()
    def launching_ms(self, work: Callable[[], object]) -> float:
        """The host's part of one call: the card is idle when it begins and is not waited for."""
        took = []
        for _ in range(5):
            self.synchronize()
            started = time.perf_counter()
            work()
            took.append(1e3 * (time.perf_counter() - started))
        self.synchronize()
        return round(min(took), 3)

    @torch.inference_mode()
    def graphed_ms(self, work: Callable[[], object]) -> float | None:
        """One replay of the call as a CUDA graph; None on a CPU."""
        if not self.cuda:
            return None
        side, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            work()
            work()
            with torch.cuda.graph(graph, stream=side):
                kept = work()
        torch.cuda.current_stream().wait_stream(side)
        took = self.timed_ms(graph.replay)
        del kept, graph
        self.release()
        return took

    def inputs(self, batch: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Latents (batch, 8, 32, 32), tokens (batch, 50, width) and faces' latents (batch, 4, 32, 32)."""
        draw = torch.Generator().manual_seed(batch)
        latents, tokens, faces = (
            torch.randn(batch, *shape, generator=draw).to(self.device)
            for shape in ((8, 32, 32), (50, self.models.unet.config.cross_attention_dim), (4, 32, 32))
        )
        return latents.to(self.dtype), tokens, faces.to(self.dtype)

    def works(self, batch: int) -> dict[str, Callable[[], object]]:
        latents, tokens, faces = self.inputs(batch)
        return {"unet": lambda: self.models.predict(latents, tokens), "decoder": lambda: self.models.decode(faces)}


def about(card: Card) -> dict:
    if not card.cuda:
        return {"torch": torch.__version__}
    from avatar.lips.musetalk import kernels

    properties = torch.cuda.get_device_properties(0)
    kernels.compiled.cache_clear()
    started = time.perf_counter()
    why_not = kernels.why_not()
    compiling_s = round(time.perf_counter() - started, 3)
    return {
        "kernels": why_not or "compiled", "compiling_s": compiling_s,
        "name": properties.name, "mib": properties.total_memory >> 20, "multiprocessors": properties.multi_processor_count,
        "torch": torch.__version__, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version(),
        "cores": len(os.sched_getaffinity(0)), "python": sys.version.split()[0],
    }  # fmt: skip


def main() -> int:
    from bench.gpu.foreign import blending, networks, starting, voice

    pieces = {
        "about": about, "starting": starting.measure, "one_code": voice.one_code, "sentences": voice.sentences, "pocket": voice.pocket, "end_to_end": blending.end_to_end,
        "networks": networks.ways, "where_time_goes": networks.where_time_goes, "portrait": networks.portrait,
        "blending_threads": blending.threads, "equal": networks.equal,
    }  # fmt: skip
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="tiny networks: tries the code")
    parser.add_argument("--only", default=",".join(pieces))
    parser.add_argument("--within", type=float, default=300, metavar="SECONDS", help="begin nothing after [300]")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    tell("the networks are made")
    card = Card(options.device, options.tiny)
    result: dict = {"seconds": {}, "failed": {}, "not_done": []}
    for name in options.only.split(","):
        if time.monotonic() - STARTED > options.within:
            result["not_done"].append(name)
            continue
        tell(name)
        started = time.monotonic()
        try:
            card.release()
            result[name] = pieces[name](card)
        except Exception as error:
            result["failed"][name] = traceback.format_exc().splitlines()[-6:]
            tell(f"{name} failed: {error!r}")
        result["seconds"][name] = round(time.monotonic() - started, 1)
        (options.out / "levers.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))
    return 1 if result["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
