"""LSE-C and LSE-D: the cepstra, the network and the search, each on a case whose answer is known."""

from __future__ import annotations

import math
import os
import pickle
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avatar.errors import EnvironmentProblem
from avatar.media.ffmpeg import encode_frames, ffmpeg_program, mux
from avatar.portrait.framing import Portrait
from avatar.portrait.given_picture import bundled_portrait
from avatar.quality import mfcc, syncnet
from testing.tiny import syncnet as checkpoint

torch = pytest.importorskip("torch")

from avatar.quality import syncnet_network  # noqa: E402


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return checkpoint.write(tmp_path_factory.mktemp("syncnet"))


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return bundled_portrait()


# ---------------------------------------------------------------- the cepstra


def test_the_cepstra_are_those_of_python_speech_features():
    """Computed once with python_speech_features 0.6 of the same integers: python_speech_features.mfcc(sound, 16000)."""
    n = np.arange(1000)
    sound = ((n * n * 37 + n * 101) % 20011 - 10005).astype(np.int16)
    expected = [
        [23.270101, -35.697108, -6.656683, -7.278656, -2.571729, -9.393973, -10.449045, -6.166677, -0.53478, 1.306733,
         -1.528303, -2.091159, 0.843046],
        [23.154016, -32.634959, -9.438635, -9.814825, -5.788884, -7.752626, -1.051979, 0.583096, -0.32204, -0.193789,
         0.845506, -4.122677, -2.618565],
        [23.272551, -35.658418, -5.394873, -9.734963, -1.073618, -3.594195, 3.001346, -4.35357, -5.663442, -2.587674,
         3.118955, 3.792166, 4.446056],
    ]  # fmt: skip
    assert mfcc.mfcc(sound)[[0, 3, 4]] == pytest.approx(np.array(expected), abs=1e-6)
    assert mfcc.mfcc(sound[:100])[0, [0, 1, 12]] == pytest.approx([21.707787, -31.733516, 2.876782], abs=1e-6)
    assert mfcc.mfcc(np.zeros(1000, np.int16))[4] == pytest.approx([-36.043653] + [0] * 12, abs=1e-6)


@pytest.mark.parametrize(("samples", "steps"), [(1, 1), (400, 1), (401, 2), (560, 2), (561, 3), (16_000, 99)])
def test_the_last_step_is_filled_up(samples, steps):
    assert mfcc.mfcc(np.ones(samples, np.int16)).shape == (steps, 13)


# ---------------------------------------------------------------- the network


def published_shapes() -> dict[str, tuple[int, ...]]:
    """The tensors of syncnet_v2.model, from SyncNetModel.py of github.com/joonson/syncnet_python (commit 6efbb1c3)."""
    towers = {
        "netcnnaud": {0: (64, 1, 3, 3), 4: (192, 64, 3, 3), 8: (384, 192, 3, 3), 11: (256, 384, 3, 3),
                      14: (256, 256, 3, 3), 18: (512, 256, 5, 4)},
        "netcnnlip": {0: (96, 3, 5, 7, 7), 4: (256, 96, 1, 5, 5), 8: (256, 256, 1, 3, 3), 11: (256, 256, 1, 3, 3),
                      14: (256, 256, 1, 3, 3), 18: (512, 256, 1, 6, 6)},
        "netfcaud": {0: (512, 512), 3: (1024, 512)},
        "netfclip": {0: (512, 512), 3: (1024, 512)},
    }  # fmt: skip
    shapes = {}
    for tower, layers in towers.items():
        for number, shape in layers.items():
            shapes |= {f"{tower}.{number}.weight": shape, f"{tower}.{number}.bias": shape[:1]}
            if shape[0] != 1024:
                norm = f"{tower}.{number + 1}"
                shapes |= {f"{norm}.{name}": shape[:1] for name in ("weight", "bias", "running_mean", "running_var")}
    return shapes


def test_the_network_has_the_tensors_of_the_published_one(weights):
    shapes = published_shapes()
    state = syncnet_network.load(weights).state_dict()
    assert {key: tuple(value.shape) for key, value in state.items() if "num_batches" not in key} == shapes
    assert len(shapes) == 88 and 4 * sum(map(math.prod, shapes.values())) == 54_561_024
    assert abs(weights.stat().st_size - checkpoint.model().needed_bytes) < 1000, (
        "the names of 88 storages differ in length, nothing else"
    )


def test_a_stretch_of_pictures_is_seen_as_each_five_on_their_own(weights):
    network = syncnet_network.load(weights)
    random = np.random.default_rng(0)
    pictures = torch.from_numpy(random.integers(0, 256, (8, 224, 224, 3)).astype(np.float32))
    with torch.inference_mode():
        together = network.see(pictures)
        alone = torch.cat([network.see(pictures[first : first + 5]) for first in range(4)])
        heard = network.hear(torch.from_numpy(random.normal(0, 10, (3, 13, 20)).astype(np.float32)))
    assert together.shape == (4, 1024) and heard.shape == (3, 1024)
    assert torch.allclose(together, alone, atol=1e-4) and together.std(dim=0).max() > 1e-3


def remove(tensors: dict) -> None:
    del tensors["netfclip.3.bias"]


def add(tensors: dict) -> None:
    tensors["netfclip.4.bias"] = torch.zeros(3)


def transpose(tensors: dict) -> None:
    tensors["netfcaud.3.weight"] = tensors["netfcaud.3.weight"].T.contiguous()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (remove, r"lacks netfclip\.3\.bias"),
        (add, r"has the unknown netfclip\.4\.bias"),
        (transpose, r"in another shape netfcaud\.3\.weight \(512, 1024\) for \(1024, 512\)"),
    ],
)
def test_another_network_is_refused_by_name(tmp_path, change, said):
    with pytest.raises(EnvironmentProblem, match=said):
        syncnet_network.load(checkpoint.write(tmp_path, change))


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_a_pickle_that_runs_code_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bomb.model").write_bytes(pickle.dumps(Bomb(), protocol=2))
    torch.save([1, 2], "list.model")
    with pytest.raises(EnvironmentProblem, match="cannot read the tensors"):
        syncnet_network.load(Path("bomb.model"))
    with pytest.raises(EnvironmentProblem, match="no flat dict"):
        syncnet_network.load(Path("list.model"))
    assert not Path("exploded").exists()


# ---------------------------------------------------------------- the search


@pytest.mark.parametrize("late", [-15, -3, 0, 7, 15])
def test_a_known_shift_is_found(late):
    """What is seen was heard `late` frames before."""
    heard = np.random.default_rng(1).normal(size=(200, 64))
    seen = np.roll(heard, late, axis=0) + 0.01
    apart = syncnet.distances(seen.astype(np.float32), heard.astype(np.float32))
    assert apart.shape == (31,) and syncnet.FARTHEST - np.argmin(apart) == late
    assert apart.min() < 1.5 and np.median(apart) > 9


def test_confidence_is_the_median_less_the_smallest_distance():
    apart = np.full(31, 9.0)
    apart[12], apart[20:] = 4.0, 30.0
    assert syncnet.figures(apart) == {"confidence": 5.0, "distance": 4.0, "offset_frames": 3}


def test_beyond_its_ends_the_sound_is_zero():
    seen = heard = np.array([[3.0], [5.0]])
    apart = syncnet.distances(seen, heard)
    assert apart[15] == 0 and apart[0] == apart[30] == 4  # (3 + 5) / 2
    assert apart[14] == (3 + 2) / 2 and apart[16] == (2 + 5) / 2


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"confidence": 3.0, "offset_frames": 2}, []),
        ({"confidence": 2.9, "offset_frames": 0}, ["SyncNet's confidence (LSE-C) is 2.90, 3 is the least"]),
        ({"confidence": 6.0, "offset_frames": 3}, ["by SyncNet the mouth moves 3 frames after the sound, 2 is the most"]),
        ({"confidence": 6.0, "offset_frames": -3}, ["by SyncNet the mouth moves 3 frames before the sound, 2 is the most"]),
    ],
)  # fmt: skip
def test_the_limits(found, said):
    assert syncnet.failures(found) == said


# ---------------------------------------------------------------- a network whose answer is known


FRAMES, RATE = 100, 25
NOISE = np.random.default_rng(2).uniform(-1, 1, FRAMES * syncnet.SAMPLES_A_FRAME)
LOUDEST, E_FOLDS = 12_000, 3.0  # of the sound; e-folds of its energy for a step from dark to light
DARKEST = 0.6


def light(times: np.ndarray) -> np.ndarray:
    """0..1 at times in frames: what the picture shows as brightness and the sound as loudness."""
    random, level = np.random.default_rng(4), np.zeros(len(times))
    for centre in np.cumsum(random.uniform(6, 13, 12)):
        level = np.maximum(level, random.uniform(0.5, 1) * np.exp(-(((times - centre) / 2.5) ** 2)))
    return level


def looks_and_listens(portrait: Portrait) -> syncnet_network.SyncNet:
    """SyncNet with weights made by hand: its first dimension is `light`, as brightness seen and as energy heard."""
    network = syncnet_network.SyncNet().eval().requires_grad_(False)
    for name, parameter in network.named_parameters():
        if "." in name and parameter.dim() > 1:
            parameter.zero_()
            middle = tuple(size // 2 for size in parameter.shape[2:])
            parameter[(0, 0, *middle)] = 1
        elif not name.endswith("weight"):
            parameter.zero_()
    network.netcnnlip[0].weight[0] = 1 / network.netcnnlip[0].weight[0].numel()
    network.netcnnlip[18].weight[0, 0] = 1 / 36
    network.netcnnaud[18].weight[0, 0] = 0
    network.netcnnaud[18].weight[0, 0, 0] = 1 / 4  # the row that holds the energy
    x, y, half = box_of(portrait)
    still = torch.from_numpy(np.stack([syncnet.crop(portrait.picture, x, y, half)] * 5)).float()
    lit = float(network.see(still)[0, 0])
    full = mfcc.mfcc((LOUDEST * NOISE).astype(np.int16))[:, 0].mean()
    eye, ear = network.netfclip[3], network.netfcaud[3]
    eye.weight[0, 0], eye.bias[0] = 1 / (lit * (1 - DARKEST)), -DARKEST / (1 - DARKEST)
    ear.weight[0, 0], ear.bias[0] = 1 / E_FOLDS, 1 - full / E_FOLDS
    return network


def box_of(portrait: Portrait) -> tuple[float, float, float]:
    low, high = portrait.landmarks[:, :2].min(axis=0), portrait.landmarks[:, :2].max(axis=0)
    return (*((low + high) / 2), max(high - low) / 2)


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([ffmpeg_program(), "-loglevel", "error", *arguments], check=True)


def with_sound(video: Path, folder: Path, late: int) -> Path:
    """The video with noise as loud as it is light, so many frames later."""
    import soundfile

    times = np.arange(len(NOISE)) / syncnet.SAMPLES_A_FRAME
    loud = LOUDEST * np.exp(E_FOLDS / 2 * (light(times - late) - 1))
    soundfile.write(folder / "sound.wav", (loud * NOISE).astype(np.int16), 16_000)
    mux(video, folder / "sound.wav", Fraction(FRAMES, RATE), folder / "video.mp4", {})
    return folder / "video.mp4"


@pytest.fixture(scope="module")
def blinking(portrait, tmp_path_factory) -> Path:
    """A video without sound of the portrait in changing light."""
    path = tmp_path_factory.mktemp("blinking") / "silent.mp4"
    levels = DARKEST + (1 - DARKEST) * light(np.arange(FRAMES) + 0.5)
    frames = [(portrait.picture * level).round().astype(np.uint8) for level in levels]
    encode_frames(frames, 512, 512, Fraction(RATE), path)
    return path


@pytest.mark.parametrize("late", [-6, 0, 4])
def test_sound_that_comes_late_is_found_through_files_crops_cepstra_and_network(portrait, blinking, tmp_path, late):
    found = syncnet.measure(with_sound(blinking, tmp_path, late), looks_and_listens(portrait))
    assert found["offset_frames"] == -late and found["windows"] in (FRAMES - 5, FRAMES - 6)
    assert found["distance"] < 0.2 and found["confidence"] > 0.1, found


@pytest.mark.parametrize("rate", ["50", "24"])
def test_another_frame_rate_becomes_25(portrait, blinking, tmp_path, rate):
    video = tmp_path / "other.mp4"
    ffmpeg("-i", with_sound(blinking, tmp_path, 4), "-vf", f"fps={rate}", "-c:a", "copy", video)
    found = syncnet.measure(video, looks_and_listens(portrait))
    assert found["offset_frames"] == -4 and found["windows"] in range(FRAMES - 7, FRAMES - 4)


@pytest.mark.parametrize(("delayed", "offset"), [("video", 5), ("sound", -5)])
def test_a_stream_that_starts_late_in_the_file_is_late(portrait, blinking, tmp_path, delayed, offset):
    whole = with_sound(blinking, tmp_path, 0)
    first, second = ("v", "a") if delayed == "video" else ("a", "v")
    ffmpeg("-itsoffset", "0.2", "-i", whole, "-i", whole, "-map", f"0:{first}", "-map", f"1:{second}", "-c", "copy",
           tmp_path / "late.mp4")  # fmt: skip
    assert syncnet.measure(tmp_path / "late.mp4", looks_and_listens(portrait))["offset_frames"] == offset


def test_the_crop_is_the_published_one():
    """A box 80 high around (100, 90): from 44 to 156 across and from 50 to 162 down, in BGR; grey beyond the picture."""
    rows, columns = np.mgrid[0:200, 0:200]
    frame = np.stack([columns, np.zeros_like(columns), rows], axis=-1).astype(np.uint8)
    face = syncnet.crop(frame, 100, 90, 40)
    assert face.shape == (224, 224, 3) and not face[..., 1].any()
    assert face[0, 0].tolist() == [50, 0, 44] and face[-1, -1].tolist() == [161, 0, 155]
    corner = syncnet.crop(frame, 0, 0, 40)
    assert (corner[0, 0] == 110).all() and corner[-1, -1].tolist() == [71, 0, 55]


def test_a_short_gap_is_bridged(portrait, tmp_path):
    frames = [portrait.picture] * 10 + [np.full_like(portrait.picture, 128)] * 20 + [portrait.picture] * 10
    encode_frames(frames, 512, 512, Fraction(RATE), tmp_path / "gap.mp4")
    boxes = syncnet.face_boxes(tmp_path / "gap.mp4")
    assert boxes.shape == (40, 3) and np.abs(boxes - box_of(portrait)).max() < 3
