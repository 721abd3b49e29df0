"""The published XTTS-v2 checkpoint as a model in memory: converted once to plain tensors, loaded without a difference.

coqui-tts' own loader rewrites `model.pth` in place the first time it meets the pickled settings in it, and tries twice
when keys do not fit. Here the pickle is read once, by the weights store's conversion; from then on a safetensors
file is loaded into the same classes, key by key.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.device import need
from avatar.device.quiet import quiet_transformers
from avatar.errors import EnvironmentProblem
from avatar.voice.xtts import codes as xtts_codes
from avatar.weights import disk, strict

if TYPE_CHECKING:
    import torch
    from TTS.tts.layers.xtts.gpt import GPT
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts

MODEL = "xtts-v2"  # its name in models.lock
CONVERTER = "1"  # raise it when `convert` makes other bytes

# Names of a weight-normalised layer's tensors: PyTorch's own, up to version 2.0 and since.
OLD_WEIGHT_NORM = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
# The first checkpoints held the GPT a second time, under the names of its generation wrapper.
GENERATION_COPIES = ("gpt.gpt_inference.", "gpt.gpt.wte.")


# ---------------------------------------------------------------- model.pth -> model.safetensors


def convert(files: Mapping[str, Path], target: Path) -> None:
    """Write the tensors of model.pth to `target`, under the names that the classes of today use."""
    state = without_copies(read_pickle(files["model.pth"]))
    state = strict.renamed(state, name_of_today, files["model.pth"])
    disk.save(state, target)


def read_pickle(path: Path) -> dict[str, torch.Tensor]:
    """The state dict in a checkpoint; nothing of the pickle is run, its settings objects become empty ones.

    Raises EnvironmentProblem when the pickle refers to anything but tensors and settings.
    """
    import torch

    strange = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    foreign = [name for name in strange if not name.startswith(("TTS.", "coqpit."))]
    if foreign:
        raise EnvironmentProblem(f"{path} refers to {', '.join(foreign)}, which XTTS-v2's does not; it was not opened.")
    with torch.serialization.safe_globals([(IgnoredSettings, name) for name in strange]):
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    try:
        return content["model"]
    except (KeyError, TypeError) as error:
        raise EnvironmentProblem(f"{path} holds no weights under 'model', as XTTS-v2's does.") from error


class IgnoredSettings:
    """Stands for every class of coqui-tts in the pickle: config.json says the same."""


def without_copies(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The state dict without second names of the same memory; a copy with values of its own stays, to be refused."""
    kept = {key: tensor for key, tensor in state.items() if not key.startswith(GENERATION_COPIES)}
    memory = {(tensor.data_ptr(), tensor.shape) for tensor in kept.values()}
    own = {key: tensor for key, tensor in state.items() if (tensor.data_ptr(), tensor.shape) not in memory}
    return kept | own


def name_of_today(key: str) -> str:
    layer, _, name = key.rpartition(".")
    return f"{layer}.{OLD_WEIGHT_NORM[name]}" if name in OLD_WEIGHT_NORM else key


# ---------------------------------------------------------------- into the classes


def load(files: Mapping[str, Path], weights: Path) -> Xtts:
    """The model in float32 on the CPU, ready to speak. weights: what `convert` wrote.

    Raises EnvironmentProblem that names what is missing, surplus or misshapen.
    """
    import torch
    from accelerate import init_empty_weights
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts

    config = XttsConfig()
    config.load_json(str(files["config.json"]))
    tokenizer = VoiceBpeTokenizer(str(files["vocab.json"]))
    config.model_args.gpt_number_text_tokens = tokenizer.get_number_tokens()
    config.model_args.gpt_start_text_token = number_of("[START]", tokenizer)
    config.model_args.gpt_stop_text_token = number_of("[STOP]", tokenizer)
    with quiet_transformers(), torch.random.fork_rng(devices=[]):  # what is drawn for them is thrown away
        with init_empty_weights():  # parameters as shapes alone: their values come from the file
            model = Xtts(config)
        state = strict.read(weights)
        strict.refuse_other_layout(model.state_dict(), state, files["model.pth"])
        model.load_state_dict(state, strict=True, assign=True)
        model.tokenizer = tokenizer
        gpt_of(model).init_gpt_for_inference(kv_cache=True)
    for part in (model, gpt_of(model), model.hifigan_decoder):
        torch.nn.Module.eval(part)  # Xtts.eval would build the generation wrapper again
    return model


def gpt_of(model: Xtts) -> GPT:
    """The model's GPT, which is there as soon as the model knows its tokens."""
    assert model.gpt is not None
    return model.gpt


def number_of(mark: str, tokenizer: VoiceBpeTokenizer) -> int:
    """The token of a mark like [START]. Raises EnvironmentProblem where the vocabulary has none."""
    number = tokenizer.tokenizer.token_to_id(mark) if tokenizer.tokenizer else None
    if number is None:
        raise EnvironmentProblem(f"XTTS-v2's vocabulary has no {mark}. {strict.mend()}.")
    return number


# ---------------------------------------------------------------- half precision, and the room it takes


def set_gpt_dtype(model: Xtts, dtype: torch.dtype) -> None:
    """Convert the GPT alone, and ready it to make codes (xtts_codes); the decoder and the speaker encoder stay in
    float32, they break in half precision.

    Two things of coqui-tts assume float32: the stand-in for GPT-2's position embeddings, and the decoder's input.
    """
    import torch

    gpt = gpt_of(model)

    def no_positions(ids: torch.Tensor) -> torch.Tensor:
        return torch.zeros((*ids.shape, gpt.model_dim), device=ids.device, dtype=dtype)

    gpt.to(dtype)
    gpt.gpt.wpe = no_positions  # pyright: ignore[reportAttributeAccessIssue]  # coqui-tts has a function there too
    model.hifigan_decoder.register_forward_pre_hook(lambda module, inputs: (inputs[0].float(), *inputs[1:]))
    xtts_codes.refuse_not_finite(gpt)
    xtts_codes.look_up_positions_by_slice(gpt)
    if dtype != torch.float32:  # in float32 each byte stays as the libraries compute it
        xtts_codes.fuse_activations(gpt)


def need_bytes(weights: Path, gpt_bytes: int, on_gpu: bool) -> int:
    """Device memory for the longest sentence with the converted weights; only the file's header is read.

    gpt_bytes: of one number in the GPT, 2 or 4; the rest is float32.
    """
    from safetensors import safe_open

    with safe_open(weights, "pt") as file:
        shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}
    gpt_dtype = "float16" if gpt_bytes == 2 else "float32"
    return need.voice(gpt_dtype, on_gpu=on_gpu, weights=weight_bytes(shapes, gpt_bytes)).total


def weight_bytes(shapes: Mapping[str, tuple[int, ...]], gpt_bytes: int) -> int:
    """What the tensors of a checkpoint take on the device. gpt_bytes: as of `need_bytes`."""
    return sum(math.prod(shape) * (gpt_bytes if key.startswith("gpt.") else 4) for key, shape in shapes.items())
