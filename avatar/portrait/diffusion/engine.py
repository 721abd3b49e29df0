"""The full stack's portrait: drawn from a prompt by Stable Diffusion 1.5, then checked as a given picture is.

A drawing that the safety checker stops, or that shows no face which can be animated, is not used, and the next seed
is drawn. Neither check can be switched off.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self, cast

import numpy as np

from avatar.device import memory
from avatar.device.libraries import DIFFUSERS, FACES, TORCH
from avatar.device.smaller_steps import StepDown
from avatar.device.threads import torch_threads
from avatar.engines import Told, WantedPicture
from avatar.errors import EnvironmentProblem, InputError, RequestError
from avatar.limits import MOST_TRIES, SEEDS
from avatar.portrait.diffusion import model
from avatar.portrait.diffusion import prompt as diffusion_prompt
from avatar.portrait.diffusion.safety import SafetyWatch
from avatar.portrait.framing import Portrait
from avatar.portrait.given_picture import GivenPortrait
from avatar.progress import Progress
from avatar.weights import store, strict

if TYPE_CHECKING:
    import torch
    from diffusers.pipelines.stable_diffusion.pipeline_output import StableDiffusionPipelineOutput
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

    from avatar.device.hardware import Profile

SIZE = 512  # pixels a side: what Stable Diffusion 1.5 was trained at
SMALLEST, LARGEST = 256, 1024  # pixels a side
USUAL = range(448, 769)  # pixels a side; smaller, faces melt, and larger, there are several: a note says so
MOST_STEPS = 150
GUIDANCE = 7.5  # how far the prompt pulls (classifier-free guidance, Ho and Salimans 2022); diffusers' default
TILE = 256  # pixels a side of the VAE's tiles, for a device on which its decoder does not fit

NEEDS = "portrait (Stable Diffusion 1.5)"  # who needs the memory, in messages

FLAGGED = "the safety checker stopped it"


@dataclass(frozen=True)
class Wish:
    """What one picture is drawn from, besides its seed."""

    prompt: str
    negative_prompt: str
    size: int  # pixels a side
    steps: int  # of denoising


class DiffusionPortrait:
    """Holds the model on the device; `load` makes one. Takes of what is wanted all but path and face."""

    name: ClassVar[str] = "stable-diffusion-1.5"
    version: ClassVar[str] = "1"
    models: ClassVar[tuple[str, ...]] = (model.MODEL,)  # in models.lock
    libraries: ClassVar[tuple[str, ...]] = tuple(sorted({*TORCH, *DIFFUSERS, *FACES}))
    code: ClassVar[tuple[str, ...]] = ("portrait/diffusion", *GivenPortrait.code)
    uses: ClassVar[tuple[str, ...]] = ("device", "dtype", "portrait_steps", "vae_tiling")

    def __init__(self, pipeline: StableDiffusionPipeline, given: GivenPortrait, profile: Profile, usage: memory.Usage):
        self.notes: list[str] = []
        self._pipeline = pipeline
        self._safety = SafetyWatch(pipeline)
        self._given = given
        self._profile = profile
        self._dtype = pipeline.unet.dtype
        self._usage = usage

    @classmethod
    @contextmanager
    def load(cls, profile: Profile | None = None, threads: int = 2) -> Iterator[Self]:
        """The engine with its model on the profile's device, until the block ends.

        threads: of the CPU, because sums differ in their last digits with the number of threads. Raises
        EnvironmentProblem for missing or wrong weights, and for too small a device.
        """
        import torch

        profile = profile or memory.profile()
        files = store.require(model.MODEL)
        device, dtype = memory.device(profile), getattr(torch, profile.dtype)
        networks = model.build(files)
        need_bytes = model.need_bytes(networks, SIZE, dtype, profile.vae_tiling)
        with torch_threads(threads), memory.measured(NEEDS, need_bytes, device, profile) as usage:
            networks.fill(files, device, dtype)
            with GivenPortrait.load() as given:
                engine = cls(model.pipeline(networks, files), given, profile, usage)
                del networks
                try:
                    yield engine
                finally:
                    del engine._pipeline, engine._safety
        engine.notes += usage.notes

    @staticmethod
    def check(wanted: WantedPicture) -> None:
        """Refuse what cannot be drawn, before a model loads. Raises RequestError."""
        diffusion_prompt.check_words(wanted.prompt or "", "the prompt")
        if wanted.negative_prompt:
            diffusion_prompt.check_words(wanted.negative_prompt, "the negative prompt")
        if wanted.size % 8 or not SMALLEST <= wanted.size <= LARGEST:
            raise RequestError(
                f"a picture of {wanted.size} pixels cannot be drawn: a multiple of 8 from {SMALLEST} to {LARGEST} can, "
                f"{SIZE} is best."
            )
        if wanted.steps is not None and not 1 <= wanted.steps <= MOST_STEPS:
            raise RequestError(f"{wanted.steps} steps cannot be taken: 1 to {MOST_STEPS} can, 20 to 40 are usual.")
        if not 1 <= wanted.tries <= MOST_TRIES:
            raise RequestError(f"{wanted.tries} tries cannot be made: 1 to {MOST_TRIES} can.")

    def picture(self, wanted: WantedPicture, told: Told, progress: Progress) -> Portrait:
        """The portrait of the person that the prompt describes; the same wanted one is drawn the same.

        The seed, 0 to 2**32 - 1, is of the first drawing; each further one takes the next. progress: is
        told of each that was not used. Raises RequestError as `check` does, InputError when no drawing could be used,
        EnvironmentProblem when the device has too little memory.
        """
        self.check(wanted)
        self._begin_anew()
        wish = self._wish(wanted, told.notes)
        tiles = StepDown(
            tile_sizes(wanted.size, self._profile.vae_tiling), "pixels a side in the VAE's decoder", self._profile
        )
        tiles.notes = told.notes
        rejected: dict[int, str] = {}
        told.facts |= self._facts() | asdict(wish) | {"guidance": GUIDANCE, "rejected_seeds": rejected}
        for seed in ((wanted.seed + number) % SEEDS for number in range(wanted.tries)):
            try:
                portrait = self.framed(self.drawing(wish, seed, tiles, told.notes), wanted.size)
            except Rejected as reason:
                rejected[seed] = str(reason)
                progress.say(f"seed {seed}: {reason}")
                continue
            told.facts |= {"seed": seed, "memory": self._usage.as_facts()}
            if rejected:
                told.notes.append(f"no usable face from {listed(rejected)}; this one is from seed {seed}.")
            return portrait
        raise InputError(nothing_usable(rejected), mend={"seed": "N"})

    def _begin_anew(self) -> None:
        """Back to the type that was loaded, after a picture that half precision was not enough for.

        A number in half precision is the same again after single precision; so are the bytes of the next picture.
        """
        self._pipeline.to(self._dtype)

    def _facts(self) -> dict:
        return {
            "weights": store.facts(model.MODEL),
            "dtype": str(self._dtype).removeprefix("torch."),
            "sampler": type(self._pipeline.scheduler).__name__,
        }

    def drawing(self, wish: Wish, seed: int, tiles: StepDown, notes: list[str]) -> np.ndarray:
        """A drawing, uint8 (size, size, 3) RGB; `tiles` are the sizes that the VAE may decode at once.

        Where half precision gives numbers beyond its range, this and the following drawings are made in single
        precision, which notes are told. Raises Rejected when the safety checker stopped it.
        """
        import torch

        picture = tiles.run(lambda tile: self._drawn(wish, seed, tile, notes))
        if not np.isfinite(picture).all() and self._pipeline.unet.dtype != torch.float32:
            notes.append(f"seed {seed}: half precision ran over; drawn in single precision.")
            picture = tiles.run(lambda tile: self._drawn_in_float32(wish, seed, tile, notes))
        if not np.isfinite(picture).all():
            raise EnvironmentProblem(
                f"Stable Diffusion drew no colours from seed {seed}: its weights may be damaged. {strict.mend()}."
            )
        return np.round(picture * 255).astype(np.uint8)

    def framed(self, picture: np.ndarray, size: int) -> Portrait:
        """The portrait in a picture, uint8 (height, width, 3) RGB, found exactly as in a picture that a user gives:
        from a file. Raises Rejected for one that could not be given either."""
        from PIL import Image

        with tempfile.TemporaryDirectory(prefix="avatar-") as folder:
            file = Path(folder, "drawing.png")
            Image.fromarray(picture).save(file)
            try:
                return self._given.picture(WantedPicture(file, size=size), Told(), Progress())
            except InputError as error:
                raise Rejected(re.split("[:;]", str(error))[0]) from error  # what follows is advice on given pictures

    def _wish(self, wanted: WantedPicture, notes: list[str]) -> Wish:
        """The words as the encoder will read them, with notes on what is not as asked."""
        tokenizer, size = self._pipeline.tokenizer, wanted.size
        words, left_out = diffusion_prompt.wanted(wanted.prompt or "", tokenizer)
        unwanted, also_left_out = diffusion_prompt.unwanted(wanted.negative_prompt, tokenizer)
        for name, rest in (("prompt", left_out), ("negative prompt", also_left_out)):
            if rest:
                notes.append(
                    f"the {name} is longer than Stable Diffusion reads ({tokenizer.model_max_length} tokens with what "
                    f"is added to it); left out: {rest!r}."
                )
        if size not in USUAL:
            harm = "faces melt" if size < SIZE else "several people appear"
            notes.append(f"Stable Diffusion 1.5 was trained at {SIZE} pixels; at {size} {harm} more often.")
        return Wish(words, unwanted, size, wanted.steps or self._profile.portrait_steps)

    def _drawn(self, wish: Wish, seed: int, tile: int, notes: list[str]) -> np.ndarray:
        """A drawing, float32 (size, size, 3) in 0..1, decoded in tiles of `tile` pixels where it is larger than that.

        The black picture that diffusers puts in the place of one that the safety checker stopped is never used.
        """
        pipeline = self._pipeline
        pipeline.vae.use_tiling = tile < wish.size
        # diffusers takes what the VAE was trained at, 512 pixels: too large to save anything at 512.
        pipeline.vae.tile_sample_min_size = tile
        pipeline.vae.tile_latent_min_size = tile // pipeline.vae_scale_factor
        with np.errstate(invalid="ignore"):  # numbers that are not finite are dealt with in `drawing`
            result = pipeline(
                wish.prompt,
                negative_prompt=wish.negative_prompt,
                width=wish.size,
                height=wish.size,
                num_inference_steps=wish.steps,
                guidance_scale=GUIDANCE,
                latents=self._noise(wish.size, seed),
                output_type="np",
            )
        drawn = cast("StableDiffusionPipelineOutput", result)  # a tuple only where that is asked for
        if self._safety.stopped(pipeline, drawn, seed, notes):
            raise Rejected(FLAGGED)
        return np.asarray(drawn.images[0])

    def _drawn_in_float32(self, wish: Wish, seed: int, tile: int, notes: list[str]) -> np.ndarray:
        """As `_drawn`, with the networks in float32 until the next picture, for which memory may be too small."""
        import torch

        self._pipeline.to(torch.float32)
        return self._drawn(wish, seed, tile, notes)

    def _noise(self, size: int, seed: int) -> torch.Tensor:
        """What a drawing begins with: (1, channels, size / 8, size / 8) in the UNet's type, on the CPU.

        Made on the CPU and in float32, so that a seed means the same picture on every device and in both types: PyTorch
        draws other numbers for float16 from the same seed, and coarser ones.
        """
        import torch

        unet, side = self._pipeline.unet, size // self._pipeline.vae_scale_factor
        generator = torch.Generator("cpu").manual_seed(seed)
        return torch.randn(1, unet.config.in_channels, side, side, generator=generator).to(unet.dtype)


class Rejected(Exception):
    """Why a drawing is not used."""


def tile_sizes(size: int, tiled: bool) -> tuple[int, ...]:
    """What the VAE decodes at once, in pixels a side: the whole picture, and tiles where there is too little memory."""
    return tuple(tile for tile in (size, TILE) if tile == min(size, TILE) or not tiled)


def listed(seeds: dict[int, str]) -> str:
    """'seed 7', or 'seeds 7 to 9'."""
    first, *_, last = [*seeds, *seeds]
    return f"seed {first}" if first == last else f"seeds {first} to {last}"


def nothing_usable(rejected: dict[int, str]) -> str:
    """Why there is no portrait after all the seeds, and what to change."""
    reasons = Counter(rejected.values())
    count = f"{len(rejected)} seed{'s' if len(rejected) > 1 else ''}"
    if set(reasons) == {FLAGGED}:
        return (
            f"the safety checker stopped every picture of {count} ({listed(rejected)}); describe a clothed person in "
            "other words, or try another seed."
        )
    told = ", ".join(f"{number} x {reason}" for reason, number in reasons.most_common())
    return (
        f"no face after {count} ({listed(rejected)}: {told}); describe one person rather than a scene, try another "
        "seed, more steps or more tries, or give a picture."
    )
