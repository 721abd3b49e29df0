"""One real step of each stage on the device in use: the published shapes, random weights, the engines' own parts.

Each stage is built, run and dropped as the pipeline does it, one at a time under `memory.measured`, so the peaks are
those of a render. Times are of warm steps, put together for a video of so many seconds; loading is not among them,
because random weights are made on the device and read from no disk.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from avatar.device import memory, need
from avatar.device.hardware import Profile
from avatar.device.smaller_steps import StepDown
from avatar.fit import configs
from avatar.fit.shapes import build, randomize
from avatar.limits import FRAME_RATE
from avatar.weights import loaders

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from transformers import PocketTTSAudioTokenizerModel, PocketTTSForConditionalGeneration
    from transformers.models.whisper.modeling_whisper import WhisperEncoder
    from TTS.tts.models.xtts import Xtts

LONGEST_CODES = 602  # audio codes of XTTS's longest sentence, 28 s
SHORT_CODES = 43  # 2 s: what a CPU is asked for
CODES_PER_S = 22_050 / 1024  # 21.5: a code stands for 1024 samples at 22,050 Hz
TEXT_TOKENS = 120  # of a long sentence
LATENTS = 100  # of Pocket TTS, 8 s
GENTLE = 2.0  # of the safety checker: cosines lie in -1..1, so it stops nothing

Smaller = dict[str, dict]  # values of configs to replace, by network: for tests


def measure(
    profile: Profile,
    seconds: float,
    tell: Callable[[str], None],
    smaller: Smaller | None = None,
    portrait_size: int = 512,
) -> dict:
    """{stage: {"peak_allocated_mib", "peak_reserved_mib", "build_s", "seconds", "parts"}} for a video of so many seconds.

    tell: is told what is measured next. Raises EnvironmentProblem when a stage does not fit.
    """
    results = {}
    pocket_alone = loaders.is_without_xtts()
    works = (partial(portrait, size=portrait_size), pocket_voice if pocket_alone else voice, lips)
    for needed, work in zip(need.stages(profile, pocket_alone), works, strict=True):
        name = f"{needed.stage} ({needed.model})"
        tell(name)
        need_bytes = None if smaller else needed.total
        with memory.measured(name, need_bytes, memory.device(profile), profile) as usage:
            parts = work(profile, seconds, smaller or {})
            gc.collect()
        results[needed.stage] = usage.as_facts() | parts
    return results


def portrait(profile: Profile, seconds: float, smaller: Smaller, size: int = 512) -> dict:
    """Stable Diffusion's pipeline: one denoising step, then two; the difference is what each of the others takes."""
    started = time.perf_counter()
    networks = [_network(name, profile, smaller) for name in need.PORTRAIT]
    pipeline = drawing_pipeline(*networks, tiled=profile.vae_tiling)
    build_s = time.perf_counter() - started
    _draw(pipeline, size, 1)  # the first use of each kernel takes longer
    one_s, two_s = (_timed(_draw, pipeline, size, steps) for steps in (1, 2))
    step_s = max(two_s - one_s, 0.0)
    parts = {"step_s": step_s, "rest_s": max(one_s - step_s, 0.0)}
    return _result(build_s, one_s + (profile.portrait_steps - 1) * step_s, parts)


def drawing_pipeline(unet, vae, text_encoder, checker, tiled: bool):
    """diffusers' pipeline as the engine uses it, without a tokenizer: it is given random words."""
    from avatar.fit.network_calls import TILE
    from avatar.portrait.diffusion.model import Networks, assembled, quiet_libraries

    quiet_libraries()
    checker.concept_embeds_weights.fill_(GENTLE)
    checker.special_care_embeds_weights.fill_(GENTLE)
    networks = Networks(unet, vae, text_encoder, checker)
    pipeline = assembled(networks, None, configs.SCHEDULER, configs.FEATURE_EXTRACTOR)
    vae.use_tiling = tiled
    vae.tile_sample_min_size, vae.tile_latent_min_size = TILE, TILE // pipeline.vae_scale_factor
    return pipeline


def _draw(pipeline, size: int, steps: int) -> None:
    from avatar.portrait.diffusion.engine import GUIDANCE

    words = torch.arange(2 * 77, device=pipeline.device).reshape(2, 77) % 500
    wanted, unwanted = pipeline.text_encoder(words).last_hidden_state.chunk(2)
    pipeline(
        prompt_embeds=wanted, negative_prompt_embeds=unwanted, width=size, height=size, num_inference_steps=steps,
        guidance_scale=GUIDANCE, generator=torch.Generator("cpu").manual_seed(7), output_type="np",
    )  # fmt: skip


def voice(profile: Profile, seconds: float, smaller: Smaller) -> dict:
    """XTTS's own `inference`: its longest sentence on a GPU, two seconds on a CPU."""
    from avatar.voice.xtts.checkpoint import gpt_of

    device = memory.device(profile)
    started = time.perf_counter()
    model = speaking_model(getattr(torch, profile.voice_dtype), device, smaller.get("xtts"))
    build_s = time.perf_counter() - started
    codes = min(LONGEST_CODES if device.type == "cuda" else SHORT_CODES, gpt_of(model).max_gen_mel_tokens)
    _speak(model, 8)
    took_s = _timed(_speak, model, codes)
    real_time_factor = took_s / (codes / CODES_PER_S)
    return _result(build_s, seconds * real_time_factor, {"codes": codes, "real_time_factor": real_time_factor})


def speaking_model(gpt_dtype: torch.dtype, device: torch.device, smaller: dict | None = None) -> Xtts:
    """XTTS-v2 as the engine has it after loading; it never stops by itself, and its text is random."""
    from avatar.device.quiet import quiet_transformers
    from avatar.voice.xtts.checkpoint import gpt_of, set_gpt_dtype
    from avatar.voice.xtts.graph import code_by_code

    model = cast("Xtts", build("xtts", smaller))  # what is of that name
    gpt = gpt_of(model)
    randomize(gpt, device, gpt_dtype)
    randomize(model.hifigan_decoder, device, torch.float32)
    gpt.mel_head.bias[model.args.gpt_stop_audio_token] = -1e4
    with quiet_transformers():
        gpt.init_gpt_for_inference(kv_cache=True)
    gpt.train(False)
    set_gpt_dtype(model, gpt_dtype)
    model.to(device)
    if device.type == "cuda":
        code_by_code(gpt, recorded=memory.cuda_graphs(), notes=[])
    words = RandomText(model.args.gpt_number_text_tokens)
    model.tokenizer = words  # pyright: ignore[reportAttributeAccessIssue]  # all of a tokenizer that speaking asks for
    return model


class RandomText:
    """In the place of XTTS's tokenizer, whose vocabulary is one of the files that are not here."""

    def __init__(self, size: int) -> None:
        self._size = size

    def encode(self, text: str, lang: str) -> list[int]:
        return [number % self._size for number in range(TEXT_TOKENS)]


def _speak(model, codes: int) -> None:
    from avatar.device.quiet import quiet_transformers

    gpt = model.gpt
    manner = torch.zeros(1, 32, gpt.model_dim, device=model.device, dtype=gpt.mel_head.weight.dtype)
    timbre = torch.zeros(1, 512, 1, device=model.device)
    torch.manual_seed(7)
    with quiet_transformers():
        model.inference("", "en", manner, timbre, max_new_tokens=codes)


def pocket_voice(profile: Profile, seconds: float, smaller: Smaller) -> dict:
    """Pocket TTS's own generation and decoding: eight seconds of random words, in nobody's voice."""
    started = time.perf_counter()
    speech, codec = pocket_networks(memory.device(profile), smaller)
    build_s = time.perf_counter() - started
    _speak_latents(speech, codec, 8)
    took_s = _timed(_speak_latents, speech, codec, LATENTS)
    real_time_factor = took_s / (LATENTS / speech.config.frame_rate)
    return _result(build_s, seconds * real_time_factor, {"latents": LATENTS, "real_time_factor": real_time_factor})


def pocket_networks(
    device: torch.device, smaller: Smaller
) -> tuple[PocketTTSForConditionalGeneration, PocketTTSAudioTokenizerModel]:
    """What speaks, and its codec, as the engine has them after loading."""
    networks = [randomize(build(name, smaller.get(name)), device, torch.float32) for name in need.POCKET]
    return cast("tuple[PocketTTSForConditionalGeneration, PocketTTSAudioTokenizerModel]", networks)  # of these names


def _speak_latents(speech: PocketTTSForConditionalGeneration, codec: PocketTTSAudioTokenizerModel, count: int) -> None:
    from avatar.voice.pocket.generation import spoken
    from avatar.voice.pocket.sound import decoded

    heard, words = torch.zeros(count, codec.config.latent_dim), list(range(TEXT_TOKENS // 3))
    with torch.inference_mode():
        decoded(codec, spoken(speech, heard, words, after=count, most=count, seed=7))


def lips(profile: Profile, seconds: float, smaller: Smaller) -> dict:
    """MuseTalk's Drawing over the bundled portrait and noise for a voice: from the first of four batches to the third.

    A batch is given to the device before the one before it is read, so two are under way when the first comes out, and
    the last takes no time.
    """
    started = time.perf_counter()
    models = random_models(memory.device(profile), getattr(torch, profile.dtype), smaller)
    build_s = time.perf_counter() - started
    batch = profile.lips_batch
    marks = [time.perf_counter() for _ in _frames(models, profile, batches=4)]
    frames_per_s = 2 * batch / (marks[3 * batch - 1] - marks[batch - 1])
    made = _result(build_s, seconds * FRAME_RATE / frames_per_s, {"frames_per_s": frames_per_s})
    return made | {"notes": models.notes}  # of float32, or no graphs: other figures


def random_models(device: torch.device, dtype: torch.dtype, smaller: Smaller):
    """MuseTalk's `Models` with random numbers in the place of the files."""
    from avatar.lips.musetalk.models import Models

    networks = [randomize(build(name, smaller.get(name)), device, dtype) for name in need.LIPS]
    unet, vae, encoder = cast("tuple[UNet2DConditionModel, AutoencoderKL, WhisperEncoder]", networks)  # of these names
    return Models(unet, vae, encoder, device)


def _frames(models, profile: Profile, batches: int) -> Iterator[np.ndarray]:
    """Frames as the engine yields them: faces of a batch on the device, each blended into its picture."""
    from avatar.lips.musetalk.audio_features import AudioFeatures
    from avatar.lips.musetalk.blending import Blending, blending_threads
    from avatar.lips.musetalk.drawing import Drawing
    from avatar.lips.musetalk.graph import Graphs
    from avatar.lips.musetalk.options import Options
    from avatar.lips.musetalk.plan import plan_frames
    from avatar.lips.musetalk.source import opened
    from avatar.portrait.given_picture import bundled_portrait

    batch = profile.lips_batch
    options, rate, count = Options(rest_in_silence=False), Fraction(FRAME_RATE), batch * batches
    samples = np.random.default_rng(7).uniform(-0.5, 0.5, 16_000 * count // FRAME_RATE).astype(np.float32)
    steps = StepDown((batch,), "frames a step", profile)
    graphs = Graphs(models.notes) if models.device.type == "cuda" and memory.cuda_graphs() else None
    with opened(bundled_portrait(), rate, count) as source:
        plan = plan_frames(source, samples, rate, count, options)
        drawing = Drawing(models, source, AudioFeatures(models.ear, samples), plan, rate, options, steps, graphs)
        drawn = drawing.faces(drawing.batches())
        yield from Blending(source, plan, drawing.prepared).pictures(drawn, blending_threads())


def _network(name: str, profile: Profile, smaller: Smaller) -> torch.nn.Module:
    return randomize(build(name, smaller.get(name)), memory.device(profile), getattr(torch, profile.dtype))


def _timed(work: Callable, *arguments: object) -> float:
    """Seconds that a call took on the device, until all of it was done."""
    _finish()
    started = time.perf_counter()
    work(*arguments)
    _finish()
    return time.perf_counter() - started


def _finish() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _result(build_s: float, seconds: float, parts: dict) -> dict:
    rounded = {name: round(value, 4) for name, value in parts.items()}
    return {"build_s": round(build_s, 2), "seconds": round(seconds, 2), "parts": rounded}
