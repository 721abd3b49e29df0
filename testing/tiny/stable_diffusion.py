"""A tiny Stable Diffusion 1.5 in the layout of stable-diffusion-v1-5/stable-diffusion-v1-5: it draws noise.

The configs are upstream's with smaller numbers, the weights random and in half precision, the keys named as upstream
names them. The safety checker is the real class; its thresholds decide whether it stops everything or nothing.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from pathlib import Path

from avatar.fit.configs import CLIP_TEXT as TEXT_ENCODER
from avatar.fit.configs import FEATURE_EXTRACTOR, SAFETY_CHECKER, SCHEDULER
from avatar.fit.configs import SD_UNET as UNET
from avatar.fit.configs import SD_VAE as VAE

FOLDER = "stable-diffusion-v1-5/stable-diffusion-v1-5"

# UPSTREAM | TINY is what is written; the exact shapes are those of UPSTREAM alone.
# One attention head: a test's time goes into attention, which costs heads x pixels^2.
TINY_UNET = {"attention_head_dim": 1, "block_out_channels": [8, 8, 16, 16], "cross_attention_dim": 32,
             "layers_per_block": 1, "norm_num_groups": 4}  # fmt: skip
TINY_VAE = {"block_out_channels": [8, 8, 16, 16], "layers_per_block": 1, "norm_num_groups": 4}
TINY_CLIP = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2}
TINY_PROJECTION = 16
MODEL_INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.6.0",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
# Part -> where its CLIP model is in today's keys, and the prefix that upstream's keys have there.
CLIP_PREFIXES = {"text_encoder": ("", "text_model."), "safety_checker": ("vision_model.", "vision_model.")}
START, END = "<|startoftext|>", "<|endoftext|>"
# What the tokenizer knows as words of one token, besides those of avatar's own template; others fall into letters.
WORDS = "a an old young man woman with and grey white red hair beard glasses freckles green blue cardigan shirt in the"


def write(models_folder: Path, stops_everything: bool = False) -> None:
    """Write the checkpoint's files under `models_folder`/stable-diffusion-v1-5/stable-diffusion-v1-5.

    stops_everything: a safety checker that flags every picture, instead of one that flags none.
    """
    folder = models_folder / FOLDER
    vocabulary, merges = tokenizer()
    configs = {
        "model_index.json": MODEL_INDEX,
        "scheduler/scheduler_config.json": SCHEDULER,
        "feature_extractor/preprocessor_config.json": FEATURE_EXTRACTOR,
        "tokenizer/vocab.json": vocabulary,
        "tokenizer/tokenizer_config.json": tokenizer_config(),
        "tokenizer/special_tokens_map.json": special_tokens(),
        "unet/config.json": UNET | TINY_UNET,
        "vae/config.json": VAE | TINY_VAE,
        "text_encoder/config.json": TEXT_ENCODER | TINY_CLIP | {"vocab_size": len(vocabulary), "projection_dim": 32},
        "safety_checker/config.json": SAFETY_CHECKER
        | {"projection_dim": TINY_PROJECTION, "vision_config": SAFETY_CHECKER["vision_config"] | TINY_CLIP},
    }
    for path, content in configs.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(json.dumps(content, indent=2))
    (folder / "tokenizer/merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
    write_weights(folder, configs, stops_everything)


def write_weights(folder: Path, configs: dict[str, dict], stops_everything: bool) -> None:
    """Four safetensors files in half precision, from the real classes, under upstream's names."""
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPTextConfig, CLIPTextModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(15)
        unet = UNet2DConditionModel.from_config(configs["unet/config.json"])
        vae = AutoencoderKL.from_config(configs["vae/config.json"])
        text_encoder = CLIPTextModel(CLIPTextConfig(**configs["text_encoder/config.json"]))
        checker = StableDiffusionSafetyChecker(CLIPConfig(**configs["safety_checker/config.json"]))
    # A cosine lies within -1..1, so no picture is like a concept by more than 2, and every one by more than -2.
    threshold = -2.0 if stops_everything else 2.0
    checker.concept_embeds_weights.data.fill_(threshold)
    checker.special_care_embeds_weights.data.fill_(threshold)
    networks = {"unet": unet, "vae": vae, "text_encoder": text_encoder, "safety_checker": checker}
    for part, network in networks.items():
        file = "model" if part in CLIP_PREFIXES else "diffusion_pytorch_model"
        save(folder / part / f"{file}.fp16.safetensors", upstream_layout(part, network.state_dict()))


def upstream_layout(part: str, tensors: dict) -> dict:
    """A network's tensors in the file's types and under its names.

    The CLIP files were written by a transformers before 5, which wrote a prefix before the keys, and the numbers of
    the positions among the weights.
    """
    import torch

    halves = {name: tensor.half() for name, tensor in tensors.items()}
    if part not in CLIP_PREFIXES:
        return halves
    inside, prefix = CLIP_PREFIXES[part]
    count = tensors[f"{inside}embeddings.position_embedding.weight"].shape[0]
    numbers = {f"{inside}embeddings.position_ids": torch.arange(count)[None]}
    return {prefix + name if name.startswith(inside) else name: half for name, half in (halves | numbers).items()}


def save(path: Path, tensors: dict) -> None:
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, metadata={"format": "pt"})


def tokenizer() -> tuple[dict[str, int], list[str]]:
    """vocab.json and the merges: CLIP's 512 byte symbols, the merges that make whole words, and the two marks."""
    from tokenizers.pre_tokenizers import ByteLevel

    from avatar.portrait.diffusion.prompt import NEGATIVE, TEMPLATE

    letters = sorted(ByteLevel.alphabet())
    merges = learned_merges(re.findall(r"\w+", f"{TEMPLATE} {NEGATIVE} {WORDS}".lower()))
    words = [*letters, *(f"{letter}</w>" for letter in letters), *(left + right for left, right in merges)]
    vocabulary = {word: number for number, word in enumerate([*words, START, END])}
    return vocabulary, [f"{left} {right}" for left, right in merges]


def learned_merges(words: list[str]) -> list[tuple[str, str]]:
    """Byte-pair encoding learned until every word is one token: the most frequent pair is joined, first of all ties."""
    texts = [[*word[:-1], word[-1] + "</w>"] for word in words]
    merges = []
    while pairs := Counter(pair for text in texts for pair in itertools.pairwise(text)):
        left, right = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append((left, right))
        for text in texts:
            for place in range(len(text) - 2, -1, -1):
                if text[place : place + 2] == [left, right]:
                    text[place : place + 2] = [left + right]
    return merges


def special_tokens() -> dict:
    mark = {"lstrip": False, "normalized": True, "rstrip": False, "single_word": False}
    return {
        "bos_token": {"content": START, **mark},
        "eos_token": {"content": END, **mark},
        "pad_token": END,
        "unk_token": {"content": END, **mark},
    }


def tokenizer_config() -> dict:
    marked = {
        name: {"__type": "AddedToken", **token} if isinstance(token, dict) else token
        for name, token in special_tokens().items()
    }
    return {
        "add_prefix_space": False,
        "do_lower_case": True,
        "errors": "replace",
        "model_max_length": 77,
        "name_or_path": "openai/clip-vit-large-patch14",
        "special_tokens_map_file": "./special_tokens_map.json",
        "tokenizer_class": "CLIPTokenizer",
        **marked,
    }
