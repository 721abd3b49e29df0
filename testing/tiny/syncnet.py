"""SyncNet in its published shapes (it is small: 55 MB), with random weights, in PyTorch's format before 1.6."""

from __future__ import annotations

from pathlib import Path

from avatar.quality.syncnet import FILE, MODEL
from avatar.weights import lock


def model() -> lock.Model:
    return lock.read(lock.BUILT_IN).model(MODEL)


def write(models_folder: Path, change=None) -> Path:
    """Write the checkpoint under `models_folder`. change: alters the state dict in place before it is saved."""
    import torch

    from avatar.quality.syncnet_network import SyncNet

    file = models_folder / model().repo / FILE
    file.parent.mkdir(parents=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(25)
        tensors = {key: value for key, value in SyncNet().state_dict().items() if "num_batches" not in key}
    if change:
        change(tensors)
    torch.save(tensors, file, _use_new_zipfile_serialization=False, pickle_protocol=2)
    return file
