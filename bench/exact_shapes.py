"""The full stack's networks in their published shapes: are they the published ones, and what is alive in them?

    ./run --full python bench/exact_shapes.py              count every network's parameters, without memory
    ./run --full python bench/exact_shapes.py --real ft-mse-vae   fill some with random numbers, in float32
    ./run --full python bench/exact_shapes.py --table      follow every call of `avatar/fit/network_calls.py`, write its table

The figures expected are those that published file sizes confirm to the byte (docs/models.md tells which). A config
whose file can be written again is compared with its sha256 in avatar/weights/models.lock too. Prints one JSON object a
network; exits with 1 when a count or a digest differs.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from importlib.metadata import version

import torch

from avatar.device import need
from avatar.fit import shapes
from avatar.jobs.job import peak_memory_mib, reset_peak_memory
from avatar.weights import lock

COMMAND = "./run --full python bench/exact_shapes.py --table"
LIBRARIES = ("torch", "diffusers", "transformers", "coqui-tts")


def config_is_locked(name: str) -> bool:
    """Whether a network's config, written as diffusers writes it, has the sha256 that the lock names."""
    model, path = shapes.SHAPES[name].locked
    files = lock.read(lock.BUILT_IN).model(model).files
    return any(file.path == path and file.sha256 == shapes.config_sha256(name) for file in files)


def measure(name: str, real: bool) -> dict:
    """Build one network and count it; in real memory, tell what that took."""
    reset_peak_memory()
    started = time.monotonic()
    network = shapes.build(name)
    counted = shapes.count(network)
    result = {"network": name, "parameters": counted, "right": counted == shapes.SHAPES[name].parameters}
    if shapes.SHAPES[name].locked:
        result["config_is_locked"] = config_is_locked(name)
    if real:
        shapes.randomize(network, torch.device("cpu"), torch.float32)
        result |= {
            "seconds": round(time.monotonic() - started, 1),
            "mib": sum(tensor.nbytes for tensor in network.state_dict().values()) >> 20,
            "peak_mib": peak_memory_mib(),
        }
    del network
    gc.collect()
    return result


def write_table() -> None:
    from avatar.fit import network_calls

    header = {"command": COMMAND, "versions": {name: version(name) for name in LIBRARIES}}
    rows = ",\n".join(json.dumps(row) for row in network_calls.table())
    need.TABLE.write_text(f'{json.dumps(header)[:-1]}, "calls": [\n{rows}\n]}}\n')
    print(need.TABLE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = ", ".join(shapes.SHAPES)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of: {known}; all if none is named")
    parser.add_argument("--real", action="store_true", help="in real memory, float32")
    parser.add_argument("--table", action="store_true", help="write the table of what is alive in each call")
    arguments = parser.parse_args()
    if unknown := set(arguments.networks) - set(shapes.SHAPES):
        parser.error(f"unknown: {', '.join(unknown)}")
    torch.set_num_threads(2)
    if arguments.table:
        write_table()
        return 0
    all_right = True
    for name in arguments.networks or shapes.SHAPES:
        result = measure(name, arguments.real)
        print(json.dumps(result), flush=True)
        all_right &= result["right"] and result.get("config_is_locked", True)
    return 0 if all_right else 1


if __name__ == "__main__":
    sys.exit(main())
