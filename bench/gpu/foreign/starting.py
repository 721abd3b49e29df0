"""What the threads do until the first frame is there, and after it: samples of where each stands, every millisecond."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.gpu.foreign.levers import Card

if TYPE_CHECKING:
    from avatar.lips.musetalk.engine import MuseTalkLips
    from avatar.portrait.framing import Portrait


def line_of(frame) -> str:
    """The innermost line of ours, and the innermost of all where that is another's."""
    inner, ours = frame, frame
    while ours is not None and "/avatar/" not in ours.f_code.co_filename:
        ours = ours.f_back
    told = [] if ours is None else [f"{ours.f_code.co_filename.rpartition('/avatar/')[2]}:{ours.f_lineno}"]
    if inner is not ours:
        told.append("/".join(inner.f_code.co_filename.split("/")[-2:]) + f":{inner.f_code.co_name}")
    return " < ".join(reversed(told))


@contextmanager
def sampled(every_s: float = 0.001) -> Iterator[dict[str, Counter]]:
    """{thread: lines} of all threads until the block ends."""
    stop, found = threading.Event(), {}

    def sample() -> None:
        while not stop.wait(every_s):
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if ident != threading.get_ident():
                    found.setdefault(f"{names.get(ident, '?')} {ident % 1000}", Counter())[line_of(frame)] += 1

    sampler = threading.Thread(target=sample, name="sampler")
    sampler.start()
    try:
        yield found
    finally:
        stop.set()
        sampler.join()


def shares(found: dict[str, Counter], seconds: float) -> dict:
    """Seconds by thread and line, the longest first; less than 15 ms is left out."""
    made = {}
    for name, lines in found.items():
        total = sum(lines.values()) or 1
        rows = [(line, round(seconds * count / total, 3)) for line, count in lines.most_common(14)]
        made[name] = {line: spent for line, spent in rows if spent > 0.015}
    return made


def measure(card: Card) -> dict:
    """The engine's frames, thrown away, in one way after the other; a second video of the same engine at last."""
    import torch

    from bench.gpu import lips

    made = {}
    portrait, _ = lips.a_portrait()
    kept = torch.backends.cuda.cudnn_sdp_enabled()
    try:
        for attention in (True, False, True, False):
            torch.backends.cuda.enable_cudnn_sdp(attention)
            engine = lips.engine_of(card.models, card.batches[0], card.cuda)
            for video in ("first", "second"):
                name = f"{'cuDNN' if attention else 'other'} attention, {video} video"
                made[f"{name}, again" if name in made else name] = one_video(card, engine, portrait)
            del engine
            card.release()
    finally:
        torch.backends.cuda.enable_cudnn_sdp(kept)
    return made


def one_video(card: Card, engine: MuseTalkLips, portrait: Portrait) -> dict:
    from avatar.engines import Told
    from bench.gpu import lips

    frames = lips.frames_of(engine, portrait, 12.0 if card.cuda else 0.4, Told())
    started = time.perf_counter()
    with sampled() as until_first:
        next(frames)
    first = time.perf_counter()
    with sampled() as later:
        count = sum(1 for _ in frames)
    ended = time.perf_counter()
    return {
        "first_frame_s": round(first - started, 3),
        "steady_frames_per_s": round(count / (ended - first), 1),
        "until_first": shares(until_first, first - started),
        "later": shares(later, ended - first),
    }
