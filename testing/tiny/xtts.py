"""A tiny XTTS-v2 checkpoint in the layout of coqui/XTTS-v2: random weights in the real classes.

It speaks noise, about 0.7 s of it for any text: the stop token grows likely around the CODES-th audio code.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from avatar.fit.configs import XTTS_ARGS

FOLDER = "coqui/XTTS-v2"
CODES = 16  # audio codes of one text, more or less; a code is 46 ms
CHANNELS = 64  # of the tiny GPT; XTTS-v2 has 1024
LANGUAGES = ["en", "es", "fr", "de", "it", "pt", "pl", "tr", "ru", "nl", "cs", "ar", "zh-cn", "hu", "ko", "ja", "hi"]
SPECIAL = ["[STOP]", "[UNK]", "[SPACE]", *(f"[{language}]" for language in LANGUAGES), "[START]"]
# Basic Latin, Latin-1 and Latin Extended-A, Cyrillic, Arabic, Devanagari: what the text cleaners leave.
ALPHABET = [chr(code) for first, last in ((33, 127), (161, 384), (1024, 1120), (1548, 1632), (2304, 2432))
            for code in range(first, last)]  # fmt: skip


def write(
    models_folder: Path, change: Callable[[dict], None] | None = None, tiny: bool = True, **arguments: object
) -> None:
    """Write the checkpoint's files under `models_folder`/coqui/XTTS-v2.

    change: alters the state dict in place before it is saved; tiny=False: upstream's own shapes (1.9 GB), for a look at
    memory and speed; arguments: other model_args than those of `config`.
    """
    folder = models_folder / FOLDER
    folder.mkdir(parents=True)
    settings = config(tiny, **arguments)
    (folder / "config.json").write_text(json.dumps(settings, indent=4))
    (folder / "vocab.json").write_text(json.dumps(vocabulary(settings["model_args"]["gpt_number_text_tokens"])))
    (folder / "LICENSE.txt").write_text("A stand-in for the Coqui Public Model License.\n")
    write_weights(folder, change)


def config(tiny: bool = True, **arguments: object) -> dict:
    """config.json as upstream has it, where it matters for inference, with other model_args where they are given."""
    smaller = {
        "gpt_layers": 2,
        "gpt_n_model_channels": CHANNELS,
        "gpt_n_heads": 4,
        "gpt_number_text_tokens": len(SPECIAL) + len(ALPHABET),
        "gpt_num_audio_tokens": 66,
        "gpt_start_audio_token": 64,
        "gpt_stop_audio_token": 65,
        "decoder_input_dim": CHANNELS,
    }
    return {
        "model": "xtts",
        "audio": {"sample_rate": 22050, "output_sample_rate": 24000},
        "model_args": {
            **XTTS_ARGS,
            "gpt_start_text_token": None,  # upstream's file leaves these two to vocab.json
            "gpt_stop_text_token": None,
            "gpt_batch_size": 1,
            "kv_cache": True,
            "gpt_code_stride_len": 1024,
            "input_sample_rate": 22050,
            "output_sample_rate": 24000,
            "output_hop_length": 256,
            "cond_d_vector_in_each_upsampling_layer": True,
            **(smaller if tiny else {}),
            **arguments,
        },
        "languages": LANGUAGES,
        "temperature": 0.75,
        "length_penalty": 1.0,
        "repetition_penalty": 5.0,
        "top_k": 50,
        "top_p": 0.85,
        "gpt_cond_len": 30,
        "gpt_cond_chunk_len": 4,
        "max_ref_len": 30,
        "sound_norm_refs": False,
    }


def vocabulary(size: int) -> dict:
    """vocab.json: a BPE of single characters, in the format of the package tokenizers, filled up to `size` entries."""
    symbols = SPECIAL + ALPHABET
    symbols += [f"<{number}>" for number in range(len(symbols), size)]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": number, "content": symbol, **flags} for number, symbol in enumerate(SPECIAL)],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "[UNK]",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "vocab": {symbol: number for number, symbol in enumerate(symbols)},
            "merges": [],
        },
    }


def write_weights(folder: Path, change: Callable[[dict], None] | None) -> None:
    """model.pth and speakers_xtts.pth, as pickles of upstream's kind."""
    import torch
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models.xtts import Xtts

    from avatar.device.quiet import quiet_transformers

    settings = XttsConfig()
    settings.load_json(str(folder / "config.json"))
    settings.model_args.gpt_start_text_token = SPECIAL.index("[START]")
    settings.model_args.gpt_stop_text_token = SPECIAL.index("[STOP]")
    channels = settings.model_args.gpt_n_model_channels
    with torch.random.fork_rng(devices=[]), quiet_transformers():
        torch.manual_seed(5)
        state = Xtts(settings).state_dict()
        speakers = {
            name: {
                "gpt_cond_latent": torch.randn(1, 32, channels),
                "speaker_embedding": torch.nn.functional.normalize(torch.randn(1, 512, 1), dim=1),
            }
            for name in ("First Speaker", "Second Speaker")
        }
        state = small_on_disk(state)
    stop_about(state, CODES, settings.model_args.gpt_stop_audio_token)
    if change:
        change(state)
    save_as_upstream({"model": state, "config": settings}, folder / "model.pth")
    torch.save(speakers, folder / "speakers_xtts.pth")


def stop_about(state: dict, codes: int, stop_token: int) -> None:
    """Make the stop token the likelier the farther the audio codes are, even at `codes`: along one direction, the
    embedded position grows and the stop token's weights point there."""
    import torch

    positions = state["gpt.mel_pos_embedding.emb.weight"]
    direction = torch.nn.functional.normalize(
        torch.randn(positions.shape[1], generator=torch.Generator().manual_seed(6)), dim=0
    )
    ramp = ((torch.arange(len(positions)) - codes) / 4).clamp(-1, 1)
    state["gpt.mel_embedding.weight"] *= 0.05  # or the codes themselves would drown the positions
    positions += 0.4 * ramp[:, None] * direction
    state["gpt.mel_head.weight"][stop_token] = 2 * direction


def small_on_disk(state: dict) -> dict:
    """The state dict with the large tensors of the vocoder and the speaker encoder, whose size no setting changes, as
    views into one small block of random numbers: 92 MB become 2, in the same file format."""
    import torch

    block = torch.randn(65_536) * 0.02
    steps = (11, 7, 3, 1)
    return {
        name: block.as_strided(tensor.shape, steps[: tensor.dim()])
        if name.startswith("hifigan_decoder.") and tensor.numel() > len(block)
        else tensor
        for name, tensor in state.items()
    }


def save_as_upstream(checkpoint: dict, path: Path) -> None:
    """Save a pickle whose config names its classes where they were when XTTS-v2 was published."""
    import torch
    from TTS.tts.configs.xtts_config import XttsArgs, XttsAudioConfig

    moved = (XttsArgs, XttsAudioConfig)
    today = XttsArgs.__module__
    for each in moved:
        each.__module__ = "TTS.tts.models.xtts"
    try:
        torch.save(checkpoint, path)
    finally:
        for each in moved:
            each.__module__ = today
