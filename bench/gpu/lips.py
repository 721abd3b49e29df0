"""The lips on a device: MuseTalk's engine with random weights of the published shapes, end to end and by part."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import torch

from avatar.device import memory, need
from avatar.device.hardware import Profile
from avatar.device.smaller_steps import StepDown, is_out_of_memory
from avatar.engines import Told
from avatar.errors import EnvironmentProblem, InputError
from avatar.fit import configs, steps
from avatar.lips.musetalk.audio_windows import SAMPLE_RATE
from avatar.lips.musetalk.engine import MuseTalkLips
from avatar.lips.musetalk.graph import Graphs
from avatar.lips.musetalk.options import Options
from avatar.media.encoder import choose
from avatar.media.ffmpeg import encode_frames
from avatar.portrait.framing import Portrait
from avatar.voice.speech import Speech
from bench.gpu.meter import peaks, release, repeated, seconds, synchronize
from bench.gpu.roof import share

RATE = steps.FRAME_RATE
LANDMARKS = Path(__file__).with_name("landmarks.npy")  # of the bundled portrait, float32 (478, 3), for 512 x 512


def engine_of(models, batch: int, cuda_graphs: bool) -> MuseTalkLips:
    """The engine with models that are there already. A batch that does not fit is an error here, not a smaller one."""
    usage = memory.Usage("lips", memory.describe(models.device))
    return MuseTalkLips(models, StepDown((batch,), what="frames a step"), usage, cuda_graphs)


def frames_of(engine: MuseTalkLips, portrait: Portrait, video_s: float, told: Told) -> Iterator[np.ndarray]:
    """The frames of so many seconds, every one of them drawn."""
    return engine.frames(portrait, noise(video_s), RATE, 0, Options(rest_in_silence=False), told)


def measure(
    device: torch.device,
    dtype: torch.dtype,
    batches: tuple[int, ...],
    video_s: float,
    least_s: float,
    roof: dict,
    encodes: bool,
    smaller: steps.Smaller,
) -> dict:
    """Load, then each batch; video_s: of the video that is drawn; least_s: for the timing of a part."""
    before = release(device)
    with peaks(device) as load:
        started = time.perf_counter()
        models = steps.random_models(device, dtype, smaller)
        synchronize(device)
        build_s = time.perf_counter() - started
    portrait, portrait_is = a_portrait()
    result = {
        "dtype": str(dtype).removeprefix("torch."),
        "load": load,
        "build_s": round(build_s, 3),
        "portrait": portrait_is,
        "video_s": video_s,
        "once": once(models, least_s),
        "batches": {},
    }
    for batch in batches:
        release(device)
        result["batches"][str(batch)] = one_batch(models, portrait, batch, video_s, least_s, roof, encodes, smaller)
    result["notes"] = models.notes  # of a fall back to float32, which makes other figures
    del models
    after = release(device)
    result["left_mib"] = None if after is None else after - before
    return result


def once(models, least_s: float) -> dict:
    """Seconds of what is done once: Whisper over 30 s of sound, and the VAE's encoder for a source frame."""
    sound, crops = noise(30).samples, torch.zeros(2, 3, 256, 256)
    works = {"hear_30_s": lambda: models.ear.states(sound), "encode_source_frame": lambda: models.encode(crops)}
    return {f"{name}_s": round(repeated(models.device, work, least_s), 4) for name, work in works.items()}


def one_batch(models, portrait, batch, video_s, least_s, roof, encodes: bool, smaller: steps.Smaller) -> dict:
    """Peaks and speed at one batch; {"completes": False, "why": ...} where it does not fit the card.

    On a card "graphed" holds the same again with CUDA graphs, and their steady speed as a share of that without.
    """
    result = one_way(models, portrait, batch, video_s, least_s, roof, encodes, smaller, cuda_graphs=False)
    if models.device.type == "cuda" and result["completes"]:
        release(models.device)
        graphed = one_way(models, portrait, batch, video_s, least_s, roof, encodes, smaller, cuda_graphs=True)
        if graphed["completes"]:
            before, after = (each["drawing"]["steady_frames_per_s"] for each in (result, graphed))
            graphed["times_as_fast"] = round(after / before, 3)
        result["graphed"] = graphed
    return result


def one_way(models, portrait, batch, video_s, least_s, roof, encodes, smaller, cuda_graphs: bool) -> dict:
    """A batch size with CUDA graphs or without. Where recording failed, `models.notes` says so."""
    device = models.device
    try:
        with peaks(device) as run:
            first_s = seconds(device, lambda: draw(models, portrait, batch, batch / RATE, cuda_graphs))
            drawn = draw(models, portrait, batch, video_s, cuda_graphs)
            parts = by_part(models, batch, least_s, cuda_graphs)
    except (RuntimeError, EnvironmentProblem) as error:
        if isinstance(error, RuntimeError) and not is_out_of_memory(error):
            raise
        return {"completes": False, "why": str(error).splitlines()[0]}
    result = {"completes": True, "run": run, "first_batch_s": round(first_s, 4), "drawing": drawn, "parts": parts}
    if not smaller:
        result["share_of_roof"] = {
            "unet": share("unet", parts["unet"], roof),
            "vae_decoder": share("vae_decoder", parts["vae_decoder"], roof),
        }
    if encodes:
        result["end_to_end"] = end_to_end(models, portrait, batch, video_s, cuda_graphs)
    return result


def draw(models, portrait: Portrait, batch: int, video_s: float, cuda_graphs: bool = False) -> dict:
    """The engine's own frames, thrown away: frames/s, and the seconds that it counts of its parts.

    steady: after the first frame, before which graphs are recorded.
    """
    told = Told()
    frames = frames_of(engine_of(models, batch, cuda_graphs), portrait, video_s, told)
    started = time.perf_counter()
    next(frames)
    first = time.perf_counter()
    later = sum(1 for _ in frames)
    ended = time.perf_counter()
    return {
        "frames": later + 1,
        "frames_per_s": round((later + 1) / (ended - started), 2),
        "first_frame_s": round(first - started, 4),
        "steady_frames_per_s": round(later / (ended - first), 2),
        "seconds": told.facts["seconds"],
    }


@torch.inference_mode()
def by_part(models, batch: int, least_s: float, cuda_graphs: bool) -> dict:
    """Frames/s of the UNet, and of the VAE's decoder until the faces are bytes on the device."""
    dtype, device = models.unet.dtype, models.device
    latents = torch.randn(batch, 8, 32, 32, device=device).to(dtype)
    tokens = torch.randn(batch, 50, models.unet.config.cross_attention_dim, device=device)
    faces = torch.randn(batch, 4, 32, 32, device=device).to(dtype)
    predict, decode = models.predict, models.decode
    if cuda_graphs:
        graphs = Graphs(models.notes)
        predict, decode = partial(graphs.run, models.predict, batch), partial(graphs.run, models.decode, batch)
    works = {"unet": lambda: predict(latents, tokens), "vae_decoder": lambda: decode(faces)}
    return {name: round(batch / repeated(device, work, least_s), 2) for name, work in works.items()}


def end_to_end(models, portrait: Portrait, batch: int, video_s: float, cuda_graphs: bool) -> dict:
    """From speech and portrait to an mp4, and encoding the same frames alone."""
    side = portrait.picture.shape[0]
    encoder = choose("full", side, Fraction(RATE))
    drawn: list[np.ndarray] = []

    def kept(frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for frame in frames:
            drawn.append(frame)
            yield frame

    def encode(frames: Iterable[np.ndarray]) -> float:
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            encode_frames(frames, side, side, Fraction(RATE), Path(folder, "lips.mp4"), encoder.name)
        return time.perf_counter() - started

    wall_s = encode(kept(frames_of(engine_of(models, batch, cuda_graphs), portrait, video_s, Told())))
    return {
        "frames": len(drawn),
        "frames_per_s": round(len(drawn) / wall_s, 2),
        "encoder": encoder.name,
        "encoder_why": encoder.why,
        "encode_alone_frames_per_s": round(len(drawn) / encode(drawn), 2),
        "size": side,
    }


def noise(length_s: float) -> Speech:
    samples = np.random.default_rng(7).uniform(-0.5, 0.5, round(SAMPLE_RATE * length_s))
    return Speech(samples.astype(np.float32), SAMPLE_RATE)


def a_portrait() -> tuple[Portrait, str]:
    """The bundled portrait, framed; where MediaPipe is not installed, noise under the landmarks read from it before.

    What a picture shows changes neither memory nor speed; where its face is changes the size of what is blended.
    """
    try:
        from avatar.portrait.given_picture import bundled_portrait

        return bundled_portrait(), "bundled"
    except (ImportError, EnvironmentProblem, InputError):
        picture = np.random.default_rng(7).integers(0, 255, (512, 512, 3), np.uint8)
        return Portrait(picture, np.load(LANDMARKS, allow_pickle=False)), "noise, with the bundled portrait's landmarks"


def three_batches(profile: Profile, smaller: steps.Smaller) -> dict:
    """Load, and draw three batches of a profile: {"seconds"} of the drawing."""
    models = steps.random_models(memory.device(profile), getattr(torch, profile.dtype), smaller)
    portrait, _ = a_portrait()
    batch = profile.lips_batch
    return {"seconds": round(seconds(models.device, lambda: draw(models, portrait, batch, 3 * batch / RATE)), 3)}


# ---------------------------------------------------------------- from the disk


def load_from_disk(device: torch.device, dtype: torch.dtype, smaller: steps.Smaller) -> dict:
    """Seconds until the three networks are on the device, by the engine's loaders, from files of the published size.

    cold: after the system was told to forget the files; it may not, so this is the least that can be said. The files
    lie under TMPDIR.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, dtype, smaller)
        files = sorted(folder.glob("*.safetensors"))
        for file in files:
            forget(file)
        cold_s = seconds(device, lambda: load_files(folder, device, dtype))
        warm_s = seconds(device, lambda: load_files(folder, device, dtype))
        total = sum(file.stat().st_size for file in files)
    release(device)
    return {"bytes": total, "cold_s": round(cold_s, 3), "warm_s": round(warm_s, 3)}


def write_files(folder: Path, dtype: torch.dtype, smaller: steps.Smaller) -> None:
    from safetensors.torch import save_file

    from avatar.fit.shapes import build, randomize

    shapes = zip(need.LIPS, (configs.MUSETALK_UNET, configs.FT_MSE_VAE, configs.WHISPER), strict=True)
    for network, config in shapes:
        (folder / f"{network}.json").write_text(json.dumps(config | smaller.get(network, {})))
        tensors = randomize(build(network, smaller.get(network)), torch.device("cpu"), dtype).state_dict()
        prefix = "model.encoder." if network == "whisper-encoder" else ""
        kept = {prefix + key: tensor.contiguous() for key, tensor in tensors.items()}
        save_file(kept, folder / f"{network}.safetensors")


def load_files(folder: Path, device: torch.device, dtype: torch.dtype) -> None:
    from avatar.lips.musetalk import checkpoint

    loaders = (checkpoint.load_unet, checkpoint.load_vae, checkpoint.load_encoder)
    networks = [
        load(folder / f"{name}.json", folder / f"{name}.safetensors", device, dtype)
        for name, load in zip(need.LIPS, loaders, strict=True)
    ]
    del networks


def forget(file: Path) -> None:
    """Ask the system to drop a file's pages, so that it is read from the disk again."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
