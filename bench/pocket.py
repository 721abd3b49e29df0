"""Pocket TTS in the published shapes, with random weights: against Kyutai's own package, how fast, how much memory.

    pip install --no-deps --target FOLDER pocket-tts==4.0.1 sentencepiece==0.2.1 beartype==0.22.6
    ./run --full python bench/pocket.py --package FOLDER [-o bench/results/pocket.json]

The package is in no lock. Without --package the comparison is left out. Latents and sound are compared with the noise of
sampling at zero, as the two packages draw theirs in different orders.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from avatar.files import write_json
from bench import machine

ROOT = Path(__file__).resolve().parent.parent

SPOKEN_FRAMES = 100  # latents, 8 s of sound
REFERENCE_S = 10.0
TEXT = "This is a sentence of about fifty letters, or more."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, help="folder in which pocket-tts 4.0.1 is installed")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "bench/results/pocket.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = {**machine.origin("bench/pocket.py", on_gpu=False, thorough=False), **measured(Path(folder))}
        if options.package:
            result["against_kyutai"] = compared(Path(folder), options.package)
    write_json(options.output, result)
    print(json.dumps(result, indent=1))


def measured(folder: Path) -> dict:
    """Size, parameters, speed and memory of the engine itself."""
    from avatar.engines import Told
    from avatar.voice.kept import KeptSpeech
    from avatar.voice.piecewise import Task
    from avatar.voice.pocket import checkpoint
    from avatar.voice.pocket.engine import PocketVoice
    from avatar.voice.utterances import SAMPLE_RATE
    from avatar.weights import lock
    from testing import tiny

    # in a process of its own, whose memory is not the engine's
    write = "import sys; from pathlib import Path; from testing.tiny import pocket; pocket.write(Path(sys.argv[1]), sizes=pocket.Sizes())"
    subprocess.run([sys.executable, "-P", "-c", write, folder], check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    (model,) = (each for each in lock.read(lock.BUILT_IN).every if each.name == "pocket-en")
    tiny.write_lock(folder, (model,))
    os.environ |= tiny.environment(folder) | {"AVATAR_HOME": str(folder / "home")}
    published = next(file for file in model.files if file.path.endswith(checkpoint.WEIGHTS))
    reference = write_reference(folder / "reference.wav")
    began = time.perf_counter()
    with PocketVoice.load() as voice:
        loaded_s = time.perf_counter() - began
        began = time.perf_counter()
        speaker = voice._read_speaker(reference, Told())
        heard_s = time.perf_counter() - began
        numbers = sum(each.numel() for each in voice._models.speech.state_dict().values())
        numbers += sum(each.numel() for each in voice._models.codec.state_dict().values())
        # no end is heard: the sound has the length that is asked for
        voice._models.speech.eos_head.bias.data -= 1000
        task = Task(speaker, "en", 7, 1.0, [], KeptSpeech())
        runs = []
        for seed in range(5):
            began = time.perf_counter()
            samples, frames = voice._infer(voice._tokens(TEXT), 2, SPOKEN_FRAMES, task, seed)
            runs.append(len(samples) / SAMPLE_RATE / (time.perf_counter() - began))
        assert frames == SPOKEN_FRAMES
    return {
        "file_bytes": (folder / published.repo / published.path).stat().st_size,
        "published_bytes": published.size,
        "numbers": numbers,
        "load_s": round(loaded_s, 2),
        "reference_heard_s": round(heard_s, 2),
        "times_real_time": [round(each, 2) for each in runs],
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def compared(folder: Path, package: Path) -> dict:
    """The largest differences of latents and sound from those of Kyutai's package, with the same weights."""
    import torch

    from avatar.voice.pocket.engine import PocketVoice
    from avatar.voice.pocket.speaker import SAMPLE_RATE
    from testing.tiny import pocket

    sys.path.append(str(package))
    theirs = kyutai(folder / pocket.FOLDER / pocket.LANGUAGE / "model.safetensors")
    samples = torch.from_numpy(reference_sound()[: round(4 * SAMPLE_RATE)].astype(np.float32))
    samples = samples[: len(samples) // 1920 * 1920]
    with PocketVoice.load() as voice, torch.inference_mode():
        speech, codec = voice._models
        speech.eos_head.bias.data -= 1000
        heard = codec.encode(samples[None, None]).latents
        heard_by_theirs = theirs.mimi.encode_to_latent(samples[None, None])
        tokens = voice._tokens(TEXT)
        config = speech.config
        prompt = [config.audio_prompt_bos_token_id, *[config.audio_prompt_token_id] * heard.shape[1]]
        ids = torch.tensor([[*prompt, *tokens, config.audio_bos_token_id]])
        ours = speech.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), audio_prompt_latents=heard, do_sample=False,
            frames_after_eos=2, max_new_tokens=SPOKEN_FRAMES, return_dict_in_generate=True,
        ).audio_latents  # fmt: skip
        other = spoken_by_kyutai(theirs, heard, tokens)
        sound = codec.decode(ours).audio_values[0, 0]
        sound_of_other = decoded_by_kyutai(theirs, ours)
    return {
        "heard": largest(heard, heard_by_theirs),
        "latents": largest(ours, other),
        "sound": largest(sound, sound_of_other),
    }


def largest(ours, theirs) -> dict:
    """The largest difference, and the largest value that it is a difference of."""
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    return {"difference": float((ours - theirs).abs().max()), "of": float(theirs.abs().max())}


def kyutai(weights: Path):
    """Kyutai's model with these weights, in float32, with noise of size zero."""
    import pocket_tts
    import torch
    from pocket_tts.models.mimi import build_mimi
    from pocket_tts.models.tts_model import TTSModel, stamp_state_names
    from pocket_tts.modules import text_conditioner
    from pocket_tts.utils.config import load_config
    from safetensors.torch import load_file

    text_conditioner.build_tokenizer = lambda *_, **__: None  # ids come from our own tokenizer
    config = load_config(Path(pocket_tts.__file__).parent / "config" / "english.yaml")
    model = TTSModel._from_pydantic_config(config, 0.0, 1, None, 1000.0, None)
    width, latent = config.flow_lm.transformer.d_model, config.mimi.inner_dim
    model.flow_lm.speaker_proj_weight = torch.nn.Parameter(torch.zeros(width, latent))
    model.mimi = build_mimi(config.mimi)
    model.load_state_dict({key: each.float() for key, each in load_file(weights).items()}, strict=True)
    stamp_state_names(model)
    return model.eval()


def spoken_by_kyutai(model, heard, tokens):
    """Latents (1, SPOKEN_FRAMES, latent_dim), as its own loop makes them."""
    import torch
    from pocket_tts.models.tts_model import init_states

    flow = model.flow_lm
    state = init_states(flow, batch_size=1, sequence_length=heard.shape[1] + len(tokens) + SPOKEN_FRAMES + 8)
    voice = torch.nn.functional.linear(heard, flow.speaker_proj_weight)
    voice = torch.cat([flow.bos_before_voice, voice], dim=1)
    model._run_flow_lm_and_increment_step(model_state=state, audio_conditioning=voice)
    model._run_flow_lm_and_increment_step(model_state=state, text_tokens=torch.tensor([tokens]))
    latest = torch.full((1, 1, flow.ldim), math.nan)
    made = []
    for _ in range(SPOKEN_FRAMES):
        latest, _ = model._run_flow_lm_and_increment_step(model_state=state, backbone_input_latents=latest)
        made.append(latest)
    return torch.cat(made, dim=1) * flow.emb_std + flow.emb_mean


def decoded_by_kyutai(model, latents):
    """Sound (n,) of latents, as one stretch."""
    from pocket_tts.models.tts_model import init_states

    state = init_states(model.mimi, batch_size=1, sequence_length=16 * latents.shape[1] + 16)
    return model.mimi.decode_from_latent(latents, state)[0, 0]


def reference_sound() -> np.ndarray:
    """REFERENCE_S of a tone with overtones that swells like syllables."""
    time_s = np.arange(round(REFERENCE_S * 24_000)) / 24_000
    tone = sum(np.sin(2 * np.pi * 120.0 * number * time_s) / number for number in range(1, 9))
    return 0.2 * tone * np.clip(np.sin(2 * np.pi * 2.5 * time_s), 0.0, None)


def write_reference(path: Path) -> Path:
    import soundfile

    soundfile.write(path, reference_sound().astype(np.float32), 24_000)
    return path


if __name__ == "__main__":
    main()
