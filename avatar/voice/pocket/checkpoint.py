"""The published Pocket TTS as two models in memory: converted once to transformers' layout, loaded without a difference.

A file of weights says nothing of its network but its shapes; the rest is published in the configuration of Kyutai's
package 4.0.1 (config/english.yaml), as which transformers' classes come by default.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from avatar.device import need
from avatar.errors import EnvironmentProblem
from avatar.voice.pocket.layout import HEAD_SIZE, of_today, refuse_without_encoder
from avatar.weights import disk, lock, places, strict

if TYPE_CHECKING:
    import torch
    from transformers import PocketTTSAudioTokenizerModel, PocketTTSForConditionalGeneration

    from avatar.weights.strict import Tensors

CONVERTER = "1"  # raise it when `convert` makes other bytes
CONVERTED = "pocket.safetensors"
WEIGHTS, VOCABULARY = "model.safetensors", "tokenizer.json"  # how the names of the files end, whatever the language
FOR_TRAINING = ("loss_weighting", "latent_stats_num_updates")  # of the classes, and in no published file


class Models(NamedTuple):
    """speech: latents of a text in a voice; codec: sound to latents and back, whose encoder stays on the CPU, so that a voice
    is heard alike wherever it speaks. In float32, for inference."""

    speech: PocketTTSForConditionalGeneration
    codec: PocketTTSAudioTokenizerModel


def of_kind(files: Mapping[str, Path], name: str) -> Path:
    """The file whose name ends so, whatever the folder of its language."""
    return next(path for key, path in files.items() if key.endswith(name))


# ---------------------------------------------------------------- Kyutai's file -> pocket.safetensors


def convert(files: Mapping[str, Path], target: Path) -> None:
    """Write the tensors of Kyutai's file to `target`, under the names of transformers' classes, in the file's own types:
    "speech." and "codec." before them. Raises EnvironmentProblem for a file of something else, and for one without the
    encoder that hears a voice."""
    source = of_kind(files, WEIGHTS)
    refuse_without_encoder(source)
    speech, codec = of_today(strict.read(source), source)
    both = {f"speech.{key}": each for key, each in speech.items()} | {
        f"codec.{key}": each for key, each in codec.items()
    }
    disk.save(both, target)


def refuse_ungated(model: str) -> None:
    """Raises EnvironmentProblem where the file without an encoder lies in the place of this model's. Hashes nothing, and
    leaves a file that is missing or another one to whoever loads it."""
    for file in lock.read().model(model).needed:
        if file.path.endswith(WEIGHTS) and (place := places.find(file)):
            refuse_without_encoder(place.path_of(file))


# ---------------------------------------------------------------- into the classes


def load(weights: Path, source: Path, device: torch.device) -> Models:
    """Both models on a device. weights: what `convert` wrote; source: the file that it was made of, for messages.

    Raises EnvironmentProblem that names what is missing, surplus or misshapen.
    """
    import torch
    from accelerate import init_empty_weights
    from transformers import PocketTTSAudioTokenizerModel, PocketTTSForConditionalGeneration

    state = strict.read(weights)
    speech, codec = _part(state, "speech."), _part(state, "codec.")
    try:
        speech_config, codec_config = configs(speech, codec)
    except (KeyError, IndexError, ValueError) as error:
        raise EnvironmentProblem(
            f"{source} is not the model it should be: its shapes are none of Pocket TTS's ({error}). {strict.mend()}."
        ) from error
    with torch.random.fork_rng(devices=[]), init_empty_weights():
        speaking = PocketTTSForConditionalGeneration(speech_config)
        coding = PocketTTSAudioTokenizerModel(codec_config)
    for name in FOR_TRAINING:
        delattr(speaking, name)
    strict.fill(speaking, speech, source, device, torch.float32)
    strict.fill(coding, codec, source, torch.device("cpu"), torch.float32)
    for part in (coding.decoder, coding.latent_proj):
        assert part is not None  # the codec is whole
        part.to(device)
    return Models(speaking, coding)


def configs(speech: Tensors, codec: Tensors) -> tuple:
    """The configurations of the two classes for tensors of these shapes. Raises KeyError, IndexError or ValueError where
    they are of no Pocket TTS."""
    from transformers import PocketTTSAudioTokenizerConfig, PocketTTSConfig

    embedding = speech["model.embed_tokens.weight"]
    flow = speech["flow_head.cond_proj.weight"]
    rows, width = embedding.shape
    latent = len(speech["latent_mean"])
    speaking = PocketTTSConfig(
        flow_head_config={
            "hidden_size": flow.shape[0],
            "num_hidden_layers": _count(speech, "flow_head.layers."),
            "latent_dim": latent,
            "condition_dim": width,
            "frequency_embedding_size": 2 * len(speech["flow_head.timestep_embeddings.0.freqs"]),
        },
        vocab_size=rows,
        hidden_size=width,
        num_hidden_layers=_count(speech, "model.layers."),
        num_attention_heads=width // HEAD_SIZE,
        intermediate_size=speech["model.layers.0.mlp.fc1.weight"].shape[0],
        latent_dim=latent,
        **special_tokens(rows),
    )
    hidden, latents = codec["latent_proj.weight"].shape[:2]
    ratios = [codec[f"decoder.decoder_seanet.layers.{number}.conv.weight"].shape[-1] // 2 for number in (2, 5, 8)]
    coding = PocketTTSAudioTokenizerConfig(
        hidden_size=hidden,
        num_filters=codec["encoder.encoder_seanet.layers.0.conv.weight"].shape[0],
        upsampling_ratios=ratios,
        upsample_groups=hidden,
        num_hidden_layers=_count(codec, "decoder.decoder_transformer.layers."),
        intermediate_size=codec["decoder.decoder_transformer.layers.0.mlp.fc1.weight"].shape[0],
        num_attention_heads=hidden // HEAD_SIZE,
        num_key_value_heads=hidden // HEAD_SIZE,
        latent_stride=codec["encoder.downsample.conv.weight"].shape[-1] // 2,
        latent_dim=latents,
    )
    return speaking, coding


def special_tokens(rows: int) -> dict[str, Any]:
    """The last rows of an embedding: where the voice stands, a latent, the beginning of the voice, and of speech."""
    names = ("audio_prompt_token_id", "audio_latent_token_id", "audio_prompt_bos_token_id", "audio_bos_token_id")
    return {name: rows - len(names) + number for number, name in enumerate(names)}


def _part(state: Tensors, prefix: str) -> Tensors:
    return {key.removeprefix(prefix): state.pop(key) for key in list(state) if key.startswith(prefix)}


def _count(state: Tensors, prefix: str) -> int:
    """How many layers there are whose names begin so."""
    return len({key.removeprefix(prefix).split(".")[0] for key in state if key.startswith(prefix)})


# ---------------------------------------------------------------- the room it takes


def need_bytes(weights: Path, on_gpu: bool) -> int:
    """Device memory for the longest sentence with the converted weights; only the file's header is read."""
    from safetensors import safe_open

    with safe_open(weights, "pt") as file:
        numbers = sum(math.prod(file.get_slice(key).get_shape()) for key in file.keys())
    return need.pocket(on_gpu=on_gpu, weights=4 * numbers).total
