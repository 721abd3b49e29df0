"""Threads that blend: frames a second alone, beside a thread that launches the networks, and in the engine as it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from bench.gpu.foreign.levers import Card
from bench.gpu.foreign.networks import AS_BUILT, FIRST, LAST, set_way

COUNTS = (1, 2, 4, 8)


def a_blender() -> Callable[[], Callable[[], None]]:
    """Makes blenders: each call of one blends a face into the portrait, with a tone of its own."""
    from avatar.lips.musetalk.blend import fit_to_box, paste
    from avatar.lips.musetalk.options import Options
    from avatar.lips.musetalk.prepared import prepare
    from avatar.lips.musetalk.tone import ToneFollower
    from bench.gpu import lips

    portrait, _ = lips.a_portrait()
    ready = prepare(portrait.picture, portrait.landmarks, Options())
    face = np.random.default_rng(1).integers(0, 255, (256, 256, 3), np.uint8)

    def make() -> Callable[[], None]:
        tone = ToneFollower()

        def blend() -> None:
            drawn = fit_to_box(face, ready.box, ready.mask.top)
            drawn = tone.corrected(drawn, ready.ring, ready.skin, ready.box)
            paste(portrait.picture, drawn, ready.box, ready.mask, 1.0)

        return blend

    return make


@contextmanager
def at_work(count: int, make: Callable[[], Callable[[], None]]) -> Iterator[list[int]]:
    """So many threads that blend until the block ends; how many frames each has blended."""
    stop, blended = threading.Event(), [0] * count

    def run(number: int, blend: Callable[[], None]) -> None:
        while not stop.is_set():
            blend()
            blended[number] += 1

    running = [threading.Thread(target=run, args=(number, make())) for number in range(count)]
    for thread in running:
        thread.start()
    try:
        yield blended
    finally:
        stop.set()
        for thread in running:
            thread.join()


@torch.inference_mode()
def threads(card: Card) -> dict:
    """{"4 threads, beside launching": frames/s blended, and the milliseconds that a batch takes meanwhile}."""
    batch, make = card.batches[0], a_blender()
    works = card.works(batch)

    def draw() -> float:
        card.synchronize()
        started = time.perf_counter()
        for work in works.values():
            work()
        card.synchronize()
        return time.perf_counter() - started

    draw()
    made = {"batch": batch}
    for count in COUNTS:
        for beside in (False, True):
            took, started = [], time.perf_counter()
            with at_work(count, make) as blended:
                while (spent := time.perf_counter() - started) < 2 * card.least_s:
                    if beside:
                        took.append(draw())
                    else:
                        time.sleep(card.least_s / 10)
            row = {"blended_per_s": round(sum(blended) / spent, 1)}
            if took:
                row |= {
                    "batch_ms": round(1e3 * float(np.median(took)), 2),
                    "drawn_per_s": round(batch * len(took) / sum(took), 1),
                }
            made[f"{count} threads" + (", beside launching" if beside else "")] = row
    return made


def end_to_end(card: Card) -> dict:
    """The engine's own frames, thrown away, with CUDA graphs on a card: by batch, kernels and threads that blend."""
    from avatar.lips.musetalk import blending
    from bench.gpu import lips

    made, before = {}, blending.MOST_THREADS
    portrait, _ = lips.a_portrait()
    try:
        for way in (AS_BUILT, LAST):
            set_way(card, way)
            for batch in card.batches:
                for count in COUNTS:
                    blending.MOST_THREADS = count
                    seconds = 8.0 if card.cuda else 0.4
                    drawn = lips.draw(card.models, portrait, batch, seconds, card.cuda)
                    made[f"{way}, batch {batch}, {count} threads"] = drawn
                    card.release()
    finally:
        blending.MOST_THREADS = before
        set_way(card, AS_BUILT if card.cuda else FIRST)
    return made
