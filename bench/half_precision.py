"""Do random weights of the published shapes stay finite in half precision? The largest number in each network, on a CPU.

usage: ./run --full python bench/half_precision.py [NETWORK ...]     (writes bench/results/half-precision.json)

A network that overflows makes the engines fall back to float32, and every figure of a card would be of the wrong thing.
So each is built as bench/gpu/measure.py builds it and run once: in float32 over inputs of full size, where each module's inputs
and outputs and the products of queries and keys are looked at, and in float16, over a smaller picture, because CPUs
multiply halves slowly.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


import torch

from avatar.fit import shapes, steps
from bench import machine

ROOT = Path(__file__).resolve().parent.parent
CPU = torch.device("cpu")
LARGEST_HALF = torch.finfo(torch.float16).max  # 65,504
NETWORKS = (
    "musetalk-unet", "ft-mse-vae", "whisper-encoder", "sd-unet", "sd-vae", "clip-text", "safety-checker", "xtts",
)  # fmt: skip
CODES = 8  # of XTTS's GPT: a third of a second


def run(name: str, dtype: torch.dtype, side: int) -> dict:
    """One pass of a network. side: of the latents, whose pictures are eight times as wide.

    {"largest": of any module's inputs and outputs, "in": that module, "scores": the largest product of a query and a
    key before it is scaled, "finite": whether all that it gives is}.
    """
    network = steps.speaking_model(dtype, CPU) if name == "xtts" else shapes.randomize(shapes.build(name), CPU, dtype)
    if name == "xtts":
        network.gpt.mel_head.bias[network.args.gpt_stop_audio_token] = 0  # barred by -10,000, which is no activation
    with torch.inference_mode(), watched(network) as seen:
        made = call(name, network, dtype, side)
    finite = all(bool(torch.isfinite(each).all()) for each in tensors(made))
    scores = seen.pop(SCORES, 0.0)
    place, largest = max(seen.items(), key=lambda item: item[1])
    return {"largest": round(largest, 1), "in": place, "scores": round(scores, 1), "finite": finite}


def call(name: str, network: torch.nn.Module, dtype: torch.dtype, side: int) -> object:
    """The network's answer to noise of the size and spread that the engines give it."""
    generator = torch.Generator().manual_seed(1)

    def noise(*shape: int, spread: float = 1.0) -> torch.Tensor:
        return (spread * torch.randn(shape, generator=generator)).to(dtype)

    if name.endswith("unet"):
        channels, words, width = (8, 50, 384) if name == "musetalk-unet" else (4, 77, 768)
        latents, read = noise(1, channels, side, side), noise(1, words, width)
        return network(latents, torch.tensor([0]), encoder_hidden_states=read).sample
    if name.endswith("vae"):
        picture, latents = noise(1, 3, 8 * side, 8 * side).clamp(-1, 1), noise(1, 4, side, side, spread=1 / 0.18215)
        return network.encode(picture).latent_dist.mode(), network.decode(latents).sample
    if name == "whisper-encoder":
        return network(noise(1, 80, 3000), output_hidden_states=True).hidden_states
    if name == "clip-text":
        return network(torch.arange(77)[None]).last_hidden_state
    if name == "safety-checker":
        return network.visual_projection(network.vision_model(noise(1, 3, 224, 224))[1])
    steps._speak(network, CODES)
    return ()  # it draws from what it gives, and cannot where that is not finite


# ---------------------------------------------------------------- looking inside

SCORES = "queries times keys"


@contextmanager
def watched(network: torch.nn.Module):
    """{module: the largest absolute value of what goes in and comes out}, and of queries times keys. inf for a NaN."""
    seen: dict[str, float] = {}
    attention = torch.nn.functional.scaled_dot_product_attention

    def note(place: str, values: list[torch.Tensor]) -> None:
        for each in values:
            if each.is_floating_point() and each.numel():
                most = float(each.abs().max().float().nan_to_num(nan=torch.inf, posinf=torch.inf))
                seen[place] = max(seen.get(place, 0.0), most)

    def noting(query: torch.Tensor, key: torch.Tensor, *others, **named) -> torch.Tensor:
        note(SCORES, [query.float() @ key.float().transpose(-1, -2)])
        return attention(query, key, *others, **named)

    hooks = [
        module.register_forward_hook(lambda _, given, made, name=name: note(name, tensors((given, made))))
        for name, module in network.named_modules()
    ]
    torch.nn.functional.scaled_dot_product_attention = noting
    try:
        yield seen
    finally:
        torch.nn.functional.scaled_dot_product_attention = attention
        for hook in hooks:
            hook.remove()


def tensors(made: object) -> list[torch.Tensor]:
    """All tensors in what a module takes or gives."""
    if isinstance(made, torch.Tensor):
        return [made]
    values = made.values() if isinstance(made, dict) else made if isinstance(made, tuple | list) else ()
    return [tensor for each in values for tensor in tensors(each)]


def main() -> int:
    chosen = sys.argv[1:] or NETWORKS
    if unknown := set(chosen) - set(NETWORKS):
        print(f"bench/half_precision.py: unknown: {', '.join(sorted(unknown))}; known: {', '.join(NETWORKS)}")
        return 2
    torch.set_num_threads(1)  # other work may run beside
    networks = {}
    for name in chosen:
        started = time.perf_counter()
        networks[name] = {"float32": run(name, torch.float32, 32)}
        if name != "xtts":  # in halves it was not done on a CPU after eight minutes
            small = 8 if name.endswith("unet") else 4  # latents; a UNet halves its three times
            networks[name]["float16"] = run(name, torch.float16, small)
        print(f"{name}: {networks[name]}, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    result = {
        "command": " ".join(["./run --full python bench/half_precision.py", *sys.argv[1:]]),
        "date": time.strftime("%Y-%m-%d"),
        **machine.commit(),
        "most": LARGEST_HALF,
        "networks": networks,
    }
    print(json.dumps(result, indent=1))
    if set(chosen) == set(NETWORKS):
        (ROOT / "bench/results/half-precision.json").write_text(json.dumps(result, indent=1) + "\n")
    overflown = [name for name, each in networks.items() for one in each.values() if not one["finite"]]
    return 1 if overflown else 0


if __name__ == "__main__":
    sys.exit(main())
