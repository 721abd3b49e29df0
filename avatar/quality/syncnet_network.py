"""SyncNet v2: what the mouth says and what is heard, as points of one space (Chung and Zisserman, "Out of time", 2016).

Layers, sizes and names are those of the published checkpoint, as github.com/joonson/syncnet_python (MIT) builds it:
13,631,616 parameters and 8,640 running means and variances in 88 tensors. As float32 that is 54,561,024 of the file's
54,573,114 bytes, and the rest is what PyTorch's old format writes around 88 tensors.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from avatar.errors import EnvironmentProblem
from avatar.weights.strict import fill, mend

FRAMES = 5  # of 224 x 224 pixels, seen at a time: 0.2 s
STEPS = 20  # of the cepstra, heard at a time: the same 0.2 s
DIMENSIONS = 1024


class SyncNet(nn.Module):
    """Two towers of convolutions, each with a head of two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_layer(nn.Conv2d(1, 64, 3, padding=1)),
            nn.Identity(),  # a pooling over one value in the published network; it counts in the names
            *_layer(nn.Conv2d(64, 192, 3, padding=1)),
            nn.MaxPool2d(3, stride=(1, 2)),
            *_layer(nn.Conv2d(192, 384, 3, padding=1)),
            *_layer(nn.Conv2d(384, 256, 3, padding=1)),
            *_layer(nn.Conv2d(256, 256, 3, padding=1)),
            nn.MaxPool2d(3, stride=2),
            *_layer(nn.Conv2d(256, 512, (5, 4))),
        )
        self.netcnnlip = nn.Sequential(
            *_layer(nn.Conv3d(3, 96, (FRAMES, 7, 7), stride=(1, 2, 2))),
            nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2)),
            *_layer(nn.Conv3d(96, 256, (1, 5, 5), stride=(1, 2, 2), padding=(0, 1, 1))),
            nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1)),
            *_layer(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))),
            *_layer(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))),
            *_layer(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))),
            nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2)),
            *_layer(nn.Conv3d(256, 512, (1, 6, 6))),
        )
        self.netfcaud, self.netfclip = _head(), _head()

    def hear(self, cepstra: torch.Tensor) -> torch.Tensor:
        """float32 (n, 1024) of float32 (n, 13, 20): each the cepstra of 0.2 s."""
        return self.netfcaud(self.netcnnaud(cepstra[:, None]).flatten(1))

    def see(self, faces: torch.Tensor) -> torch.Tensor:
        """float32 (n - 4, 1024) of float32 (n, 224, 224, 3) BGR, 0 to 255: one for every five frames in a row.

        Only the first layer looks across frames, and without padding. So a stretch of them gives the same as each
        five on their own.
        """
        seen = self.netcnnlip(faces.permute(3, 0, 1, 2)[None])  # (1, 512, n - 4, 1, 1)
        return self.netfclip(seen[0, :, :, 0, 0].T)


def _layer(convolution: nn.Conv2d | nn.Conv3d) -> tuple[nn.Module, ...]:
    norm = nn.BatchNorm2d if isinstance(convolution, nn.Conv2d) else nn.BatchNorm3d
    return convolution, norm(convolution.out_channels), nn.ReLU(inplace=True)


def _head() -> nn.Sequential:
    return nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(inplace=True), nn.Linear(512, DIMENSIONS))


def load(file: Path) -> SyncNet:
    """The network with the weights of a file whose digest was checked before, float32 on the CPU, for inference.

    Only tensors are unpickled (weights_only). Raises EnvironmentProblem when they are not those of this network.
    """
    try:
        tensors = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to mean
        raise EnvironmentProblem(f"cannot read the tensors of {file} ({error}). {mend()}.") from error
    if not isinstance(tensors, dict) or not all(isinstance(value, torch.Tensor) for value in tensors.values()):
        raise EnvironmentProblem(f"{file} is no flat dict of tensors. {mend()}.")
    with torch.device("meta"):
        network = SyncNet()
    for key in network.state_dict():
        if key.endswith("num_batches_tracked"):  # counts of training, which no old PyTorch wrote and nothing here reads
            tensors.setdefault(key, torch.tensor(0))
    return fill(network, dict(tensors), file, torch.device("cpu"), torch.float32)
