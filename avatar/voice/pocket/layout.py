"""Kyutai's names and orders of Pocket TTS's tensors, and those of the classes in transformers.

The published file has the layout of Kyutai's package `pocket-tts`; transformers' own converter is not in its wheel. The
map was found by comparing the two packages (bench/pocket.py: the same random weights make the same sound in both).
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from avatar.errors import EnvironmentProblem
from avatar.weights import strict

if TYPE_CHECKING:
    import torch

    from avatar.weights.strict import Tensors

HEARING = (
    "mimi.encoder.model.0.conv.weight",
    "mimi.downsample.conv.conv.weight",
)  # the encoder's first and last tensor
MOST_HEADER_BYTES, PART_BYTES = 1 << 20, 1 << 16  # of a file's own description: the published one has 21 kB
HEAD_SIZE = 64  # numbers of an attention head, in the speech model and in the codec
EXTRA_ROWS = 3  # of the embedding, after Kyutai's: a latent, the beginning of the voice, the beginning of speech
SPEECH, CODEC = "flow_lm.", "mimi."  # how the names of the two models begin, in Kyutai's file

# Of a transformer's layer, in both models.
LAYER = {
    "self_attn.out_proj": "self_attn.o_proj",
    "norm1": "input_layernorm",
    "norm2": "post_attention_layernorm",
    "linear1": "mlp.fc1",
    "linear2": "mlp.fc2",
    "layer_scale_1": "self_attn_layer_scale",
    "layer_scale_2": "mlp_layer_scale",
}
SPEECH_NAMES = {
    "bos_emb": "model.bos_latent",
    "emb_mean": "latent_mean",
    "emb_std": "latent_std",
    "speaker_proj_weight": "model.audio_prompt_proj.weight",
    "input_linear.weight": "model.audio_latent_proj.weight",
    "conditioner.embed.weight": "model.embed_tokens.weight",
    "out_norm.": "model.norm.",
    "out_eos.": "eos_head.",
    "transformer.layers.": "model.layers.",
    "flow_net.input_proj.": "flow_head.input_proj.",
    "flow_net.cond_embed.": "flow_head.cond_proj.",
    "flow_net.time_embed.": "flow_head.timestep_embeddings.",
    "flow_net.res_blocks.": "flow_head.layers.",
    "flow_net.final_layer.linear.": "flow_head.final_layer.proj.",
    "flow_net.final_layer.adaLN_modulation.1.": "flow_head.final_layer.adaln_proj.",
}
FLOW_PARTS = {
    r"(timestep_embeddings\.\d+)\.mlp\.0\.": r"\1.fc1.",
    r"(timestep_embeddings\.\d+)\.mlp\.2\.": r"\1.fc2.",
    r"(timestep_embeddings\.\d+)\.mlp\.3\.alpha": r"\1.norm.weight",
    r"(flow_head\.layers\.\d+)\.in_ln\.": r"\1.norm.",
    r"(flow_head\.layers\.\d+)\.mlp\.0\.": r"\1.fc1.",
    r"(flow_head\.layers\.\d+)\.mlp\.2\.": r"\1.fc2.",
    r"(flow_head\.layers\.\d+)\.adaLN_modulation\.1\.": r"\1.adaln_proj.",
}
CODEC_NAMES = {
    "encoder.model.": "encoder.encoder_seanet.layers.",
    "decoder.model.": "decoder.decoder_seanet.layers.",
    "encoder_transformer.transformer.layers.": "encoder.encoder_transformer.layers.",
    "decoder_transformer.transformer.layers.": "decoder.decoder_transformer.layers.",
    "quantizer.output_proj.": "latent_proj.",
    "downsample.conv.conv.": "encoder.downsample.conv.",
    "upsample.convtr.convtr.": "decoder.upsample.conv.",
}


def of_today(state: Tensors, file: Path) -> tuple[Tensors, Tensors]:
    """The tensors of the speech model and of the codec, under the names that transformers' classes use, in the types of
    the file. state: of Kyutai's file, which messages name. Raises EnvironmentProblem for a file of something else."""
    if strange := [key for key in state if not key.startswith((SPEECH, CODEC))]:
        raise EnvironmentProblem(f"{file} has the unknown {strict.some(sorted(strange))}. {strict.mend()}.")
    speech = _renamed(state, SPEECH, _speech_name, file)
    codec = _renamed(state, CODEC, _codec_name, file)
    try:
        begin = speech.pop("bos_before_voice").reshape(1, -1)
        rows = speech["model.embed_tokens.weight"]
        nothing = rows.new_zeros(1, rows.shape[1])  # at these places stand latents, never the row itself
        speech["model.embed_tokens.weight"] = _joined([rows, nothing, begin.to(rows.dtype), nothing])
    except (KeyError, RuntimeError) as error:
        raise EnvironmentProblem(
            f"{file} is not the model it should be: its embedding cannot be read ({error}). {strict.mend()}."
        ) from error
    return speech, codec


def refuse_without_encoder(file: Path) -> None:
    """Raises EnvironmentProblem for the file that Kyutai publishes without a gate: its encoder is zeros, so it hears no
    voice, and what it speaks is nobody's.

    It has the size of the whole one. Two tensors are looked at, without a library: nobody knows yet whose file this is.
    What cannot be read so is told by its digest.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError), open(file, "rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if not 0 < length <= MOST_HEADER_BYTES:
            return
        head = json.loads(opened.read(length))
        if all(_is_anything(opened, 8 + length, head[name]["data_offsets"]) for name in HEARING):
            return
        raise EnvironmentProblem(
            f"{file} has no encoder: it is Pocket TTS without voice cloning, which speaks in no given voice. The whole model "
            f"is kyutai/pocket-tts, after its conditions were accepted there. {strict.mend()}."
        )


def _is_anything(file: BinaryIO, begin: int, offsets: list[int]) -> bool:
    """Whether a tensor is other than zeros. begin: of all tensors in the file, in bytes, from where offsets count."""
    first, last = offsets
    file.seek(begin + first)
    while first < last and (part := file.read(min(last - first, PART_BYTES))):
        if any(part):
            return True
        first += len(part)
    return False


def _renamed(state: Tensors, prefix: str, name_of: Callable[[str], str], file: Path) -> Tensors:
    ours = {key.removeprefix(prefix): tensor for key, tensor in state.items() if key.startswith(prefix)}
    return strict.renamed(_three_projections(ours), name_of, file)


def _three_projections(state: Tensors) -> Tensors:
    """With queries, keys and values apart, which Kyutai's file has in one."""
    result: Tensors = {}
    for key, tensor in state.items():
        if not key.endswith("self_attn.in_proj.weight"):
            result[key] = tensor
            continue
        layer = key.removesuffix("in_proj.weight")
        for name, part in zip("qkv", tensor.chunk(3), strict=True):
            result[f"{layer}{name}_proj.weight"] = part if name == "v" else _halves_apart(part)
    return result


def _halves_apart(rows: torch.Tensor) -> torch.Tensor:
    """The rows of a query or key projection, per head: Kyutai turns neighbours (0, 1), (2, 3) … by a position's angle,
    transformers the two halves."""
    return rows.view(-1, HEAD_SIZE // 2, 2, rows.shape[1]).transpose(1, 2).reshape(rows.shape)


def _speech_name(key: str) -> str:
    key = _first(key, SPEECH_NAMES)
    for pattern, name in FLOW_PARTS.items():
        key = re.sub(pattern, name, key)
    return _layer_name(key) if key.startswith("model.layers.") else key


def _codec_name(key: str) -> str:
    if key.startswith(("encoder.model.", "decoder.model.")):
        return _first(key, CODEC_NAMES).replace(".convtr.", ".conv.")
    return _layer_name(_first(key, CODEC_NAMES))


def _first(key: str, names: dict[str, str]) -> str:
    """The key with its beginning replaced by the one that `names` has for it."""
    for old, new in names.items():
        if key.startswith(old):
            return new + key.removeprefix(old)
    return key


def _layer_name(key: str) -> str:
    for old, new in LAYER.items():
        key = key.replace(f".{old}.", f".{new}.")
    return key


def _joined(rows: list[torch.Tensor]) -> torch.Tensor:
    import torch

    return torch.cat(rows)
