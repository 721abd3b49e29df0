"""What a step of the lips asks of the host: operations that launch a kernel, and Python's time for them. No card needed.

usage: ./run --full python bench/launches.py

launches: operations of a forward of the published shapes that compute or copy (views and memory are not counted), on
PyTorch's fake tensors of device cuda:0; attention counts as one. host_ms: one CPU thread through the published depth in
the thinnest widths, where arithmetic takes next to nothing; a card's driver takes its own time for each launch beside.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from avatar.fit import shapes

THIN = {
    "musetalk-unet": {
        "block_out_channels": [8, 16, 16, 16], "norm_num_groups": 4, "attention_head_dim": 1, "cross_attention_dim": 8,
    },
    "ft-mse-vae": {"block_out_channels": [4, 4, 4, 4], "norm_num_groups": 4},
}  # fmt: skip
VIEWS = {
    "_unsafe_view", "alias", "as_strided", "detach", "empty", "expand", "lift_fresh", "permute", "select", "slice",
    "split", "squeeze", "t", "transpose", "unsqueeze", "view",
}  # fmt: skip


class Launches(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        name = operation.overloadpacket.__name__
        self.count += operation.namespace == "aten" and name not in VIEWS
        return operation(*arguments, **(keywords or {}))


class OneAttention(TorchFunctionMode):
    """Fake tensors take attention apart; on a card it is one kernel."""

    def __torch_function__(self, function, types, arguments=(), keywords=None):
        if function is torch.nn.functional.scaled_dot_product_attention:
            return torch.mul(arguments[0], 1)
        return function(*arguments, **(keywords or {}))


def calls(unet, vae, batch: int, side: int, tokens: int, device: torch.device, dtype: torch.dtype) -> dict:
    """A call of each network; side: of the latents."""
    step = torch.zeros(1, dtype=torch.long, device=device)
    latents = torch.zeros(batch, 8, side, side, device=device, dtype=dtype)
    sound = torch.zeros(batch, tokens, unet.config.cross_attention_dim, device=device, dtype=dtype)
    pictures = torch.zeros(2, 3, 8 * side, 8 * side, device=device, dtype=dtype)
    return {
        "unet": lambda: unet(latents, step, encoder_hidden_states=sound).sample,
        "vae_decoder": lambda: vae.decode(latents[:, :4]).sample,
        "vae_encoder": lambda: vae.encode(pictures).latent_dist.mode(),
    }


def launches() -> dict[str, int]:
    device, dtype = torch.device("cuda", 0), torch.float16
    networks = [shapes.build(name) for name in THIN]
    sizes = [{name: each.shape for name, each in network.named_parameters()} for network in networks]
    counted = {}
    with FakeTensorMode(), torch.no_grad():
        for network, known in zip(networks, sizes, strict=True):
            made = {name: torch.empty(size, device=device, dtype=dtype) for name, size in known.items()}
            channels_last = {
                name: each.contiguous(memory_format=torch.channels_last) if each.dim() == 4 else each
                for name, each in made.items()
            }
            network.load_state_dict(channels_last, assign=True)
        for name, call in calls(*networks, 8, 32, 50, device, dtype).items():
            with Launches() as seen, OneAttention():
                call()
            counted[name] = seen.count
    return counted


def host_ms() -> dict[str, float]:
    torch.set_num_threads(1)
    cpu = torch.device("cpu")
    networks = [shapes.randomize(shapes.build(name, thin), cpu, torch.float32) for name, thin in THIN.items()]
    with torch.inference_mode():
        return {name: least_ms(call) for name, call in calls(*networks, 1, 8, 2, cpu, torch.float32).items()}


def least_ms(call: Callable[[], object], times: int = 30) -> float:
    took = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        took.append(time.perf_counter() - started)
    return round(1000 * min(took), 2)


if __name__ == "__main__":
    print(json.dumps({"launches": launches(), "host_ms": host_ms()}, indent=1))
