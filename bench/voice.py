"""XTTS-v2 on a CPU: where a sentence's time goes, and what an audio code asks of the host. No weights are needed.

usage: ./run --full python bench/voice.py [--codes 43] [--rounds 2] [-o bench/results/voice.json]

Two models with random numbers, made as the engine makes its own:

* `sentence`: the published shapes in float32. Seconds by part, and of a code early and late; the best of the rounds.
  A CPU is bound by the weights' way from memory: no figure for a card.
* `code`: all 30 layers, 64 channels wide, so that computing costs next to nothing. What is left is what the host does
  for each code, and that bounds a card too: operations (each a kernel of its own on a GPU, or several), the host's waits
  for the device, tensors made on the host, and milliseconds.

All times are CPU time of one thread, so what other programs take of the machine does not count.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from avatar.fit import steps
from bench import machine
from bench.preview import cpu_name

ROOT = Path(__file__).resolve().parent.parent
CPU = torch.device("cpu")
NARROW = {"gpt_n_model_channels": 64, "decoder_input_dim": 64}
# What reads a value of the device's, for which the host waits.
WAITS = ("_local_scalar_dense", "nonzero", "masked_select", "_unique2", "equal")
# What makes or names memory and computes nothing.
NO_KERNEL = ("empty", "empty_like", "empty_strided", "detach", "detach_", "lift_fresh", "_unsafe_view")


class Operations(TorchDispatchMode):
    """Counts what reaches the device, composite operations taken apart; `next` begins a new count."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = [Counter()]

    def next(self) -> None:
        self.counts.append(Counter())

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        with self:
            parts = operation.decompose(*args, **kwargs)
        if parts is not NotImplemented:
            return parts
        self.counts[-1][self.kind(operation)] += 1
        return operation(*args, **kwargs)

    @staticmethod
    def kind(operation) -> str:
        name = operation.overloadpacket.__name__
        if name in WAITS:
            return "waits"
        return "no_kernel" if operation.is_view or name in NO_KERNEL else "operations"


class HostTensors(TorchFunctionMode):
    """Counts tensors that are made of Python's numbers on the host, each to be copied to the device and waited for."""

    def __init__(self, operations: Operations) -> None:
        super().__init__()
        self._operations = operations

    def __torch_function__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        if (
            function in (torch.tensor, torch.as_tensor, torch.from_numpy) and made.numel()
        ):  # of an empty one none is sent
            self._operations.counts[-1]["host_tensors"] += 1
        return made


def counted(model, codes: int) -> list[Counter]:
    """One count a forward of the GPT while it makes a sentence: the prompt with its code first, then one a code.

    Each reaches to the next forward, so the sampling of the code is in it. The last one is left out: it is followed by
    what is done once a sentence.
    """
    operations = Operations()
    hooks = [
        model.gpt.gpt_inference.register_forward_pre_hook(lambda *_: operations.next()),
        model.gpt.register_forward_pre_hook(lambda *_: operations.next()),
    ]
    with HostTensors(operations), operations:
        steps._speak(model, codes)
    for hook in hooks:
        hook.remove()
    return operations.counts[1:-2]


def one_code(dtype: torch.dtype, rounds: int) -> dict:
    """What the host does for a code of all 30 layers."""
    model = steps.speaking_model(dtype, CPU, NARROW)
    counts = counted(model, 6)
    first, last = counts[1], counts[-1]
    return {
        "operations": first["operations"],
        "views": first["no_kernel"],
        "waits": first["waits"],
        "host_tensors": first["host_tensors"],
        "the_same_at_each_position": first == last,
        "prompt": {"waits": counts[0]["waits"], "operations": counts[0]["operations"]},
        "host_ms": round(min(code_ms(model) for _ in range(rounds + 1)), 2),
    }


def code_ms(model, codes: int = 40) -> float:
    """CPU milliseconds of a code, the median."""
    marks = []
    hook = model.gpt.gpt_inference.register_forward_pre_hook(lambda *_: marks.append(time.process_time()))
    steps._speak(model, codes)
    hook.remove()
    return 1000 * statistics.median(after - before for before, after in itertools.pairwise(marks[1:]))


def sentence(codes: int, rounds: int, smaller: dict | None = None) -> dict:
    """CPU seconds of a sentence's parts in the published shapes."""
    model = steps.speaking_model(torch.float32, CPU, smaller)
    steps._speak(model, 4)
    runs = [timed(model, codes) for _ in range(rounds)]
    best = {part: min(run[part] for run in runs) for part in runs[0]}
    parts = {name: best[name] for name in ("prepare", "prompt", "codes", "latents", "decoder")}
    return {
        "codes": codes,
        "prompt_positions": 32 + steps.TEXT_TOKENS + 3,
        "cpu_s": {name: round(value, 4) for name, value in parts.items()},
        "share": {name: round(value / sum(parts.values()), 3) for name, value in parts.items()},
        "early_code_cpu_s": round(best["early"], 4),
        "late_code_cpu_s": round(best["late"], 4),
        "cpu_s_per_second_of_sound": round(sum(parts.values()) / (codes / steps.CODES_PER_S), 2),
    }


def timed(model, codes: int) -> dict[str, float]:
    """CPU seconds by part, and the fastest code of the first and of the last third."""
    marks: dict[str, list[float]] = {"gpt_inference": [], "gpt": [], "hifigan_decoder": []}
    parts = {"gpt_inference": model.gpt.gpt_inference, "gpt": model.gpt, "hifigan_decoder": model.hifigan_decoder}
    hooks = [
        part.register_forward_pre_hook(lambda *_, name=name: marks[name].append(time.process_time()))
        for name, part in parts.items()
    ]
    started = time.process_time()
    steps._speak(model, codes)
    ended = time.process_time()
    for hook in hooks:
        hook.remove()
    forwards, (latents,), (decoder,) = marks.values()
    each = [after - before for before, after in itertools.pairwise(forwards[1:])]
    third = len(each) // 3
    return {
        "prepare": forwards[0] - started, "prompt": forwards[1] - forwards[0], "codes": latents - forwards[1],
        "latents": decoder - latents, "decoder": ended - decoder, "early": min(each[:third]), "late": min(each[-third:]),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codes", type=int, default=steps.SHORT_CODES, help="audio codes to speak; 21.5 a second")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/voice.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    command = f"./run --full python bench/voice.py --codes {options.codes} --rounds {options.rounds}"
    result = {
        **machine.origin(command, on_gpu=False, thorough=False),
        "machine": {"cpu_count": os.cpu_count(), "processor": cpu_name()},
        "threads": torch.get_num_threads(),
        "code": {str(dtype).removeprefix("torch."): one_code(dtype, options.rounds)
                 for dtype in (torch.float32, torch.float16)},
        "sentence": sentence(options.codes, options.rounds),
        "load_after": round(os.getloadavg()[0], 2),
    }  # fmt: skip
    text = json.dumps(result, indent=1) + "\n"
    print(text, end="")
    options.output.write_text(text)


if __name__ == "__main__":
    main()
