"""The foreign calls of the full layer, for ci/gates/spike: the classes that avatar builds, in a few numbers each.

No weights and no network: configurations are tiny, numbers are random, and the hub is a folder that is served here.
"""

from __future__ import annotations

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

UNET = {
    "sample_size": 8, "in_channels": 4, "out_channels": 4, "block_out_channels": [8, 16], "layers_per_block": 1,
    "norm_num_groups": 4, "attention_head_dim": 2, "cross_attention_dim": 16,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"], "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
}  # fmt: skip
VAE = {"block_out_channels": [4], "norm_num_groups": 1, "latent_channels": 4, "sample_size": 16}
CLIP = {
    "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "projection_dim": 16,
}  # fmt: skip
WORDS = {"<|startoftext|>": 0, "<|endoftext|>": 1, "a": 2, "b</w>": 3, "ab</w>": 4}
GPT = {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 8, "vocab_size": 8}


def torch_draws(folder: Path) -> None:
    import torch

    torch.set_num_threads(torch.get_num_threads())
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(0)
        assert torch.randn(2, generator=torch.Generator("cpu").manual_seed(0)).isfinite().all()
    query = torch.zeros(1, 1, 2, 4)
    assert torch.nn.functional.scaled_dot_product_attention(query, query, query).shape == query.shape
    assert torch.nn.functional.interpolate(query, scale_factor=2).shape == (1, 1, 4, 8)
    assert torch.cuda.is_available() or torch.cuda.mem_get_info


def torch_reads_pickles_of_known_classes(folder: Path) -> None:
    import torch

    torch.save({"a": torch.zeros(2)}, folder / "a.pth")
    assert torch.serialization.get_unsafe_globals_in_checkpoint(folder / "a.pth") == []
    with torch.serialization.safe_globals([Path]):
        assert torch.load(folder / "a.pth", map_location="cpu", weights_only=True, mmap=True)["a"].shape == (2,)


def torch_takes_an_operator_of_ours(folder: Path) -> None:
    import torch

    twice = torch.library.custom_op("spike::twice", lambda x: x + x, mutates_args=(), schema="(Tensor x) -> Tensor")
    twice.register_fake(torch.empty_like)
    assert twice(torch.ones(1)).item() == 2


def safetensors_saves(folder: Path) -> None:
    import torch
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file, save_file

    save_file({"a": torch.zeros(2)}, folder / "a.safetensors", metadata={"format": "pt"})
    assert load_file(folder / "a.safetensors")["a"].shape == (2,)
    with safe_open(folder / "a.safetensors", framework="pt", device="cpu") as file:
        assert file.get_slice("a").get_shape() == [2] and file.get_tensor("a").dtype == torch.float32
    (folder / "b.safetensors").write_bytes(b"no header")
    try:
        load_file(folder / "b.safetensors")
        raise AssertionError("read what is no file of tensors")
    except SafetensorError:
        pass


def soxr_resamples(folder: Path) -> None:
    import soxr

    assert len(soxr.resample(np.zeros(4800), 48000, 24000)) == 2400


def scipy_transforms_and_smooths(folder: Path) -> None:
    from scipy.fft import dct
    from scipy.ndimage import median_filter

    assert dct(np.ones((2, 26)), norm="ortho").shape == (2, 26)
    assert median_filter(np.ones((9, 3)), size=(9, 1), mode="nearest").shape == (9, 3)


def num2words_says_numbers(folder: Path) -> None:
    from num2words import num2words

    assert num2words(21, lang="pl", to="cardinal") == "dwadzieścia jeden"


def accelerate_builds_without_memory(folder: Path) -> None:
    import torch
    from accelerate import init_empty_weights

    with init_empty_weights():
        assert torch.nn.Linear(2, 2).weight.is_meta


def diffusers_draws(folder: Path) -> None:
    """Words in, a checked picture out, through every part of Stable Diffusion's pipeline."""
    import diffusers
    import torch
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    diffusers.utils.logging.set_verbosity_error()
    torch.manual_seed(0)
    marks = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    words = CLIPTextConfig(**CLIP, vocab_size=len(WORDS), max_position_embeddings=77, **marks)
    sight = {**CLIP, "image_size": 16, "patch_size": 8}
    pipeline = StableDiffusionPipeline(
        unet=UNet2DConditionModel.from_config(UNET), vae=AutoencoderKL.from_config(VAE),
        text_encoder=CLIPTextModel(words).eval(), tokenizer=CLIPTokenizer(vocab=WORDS, merges=[("a", "b</w>")], model_max_length=77),
        scheduler=DPMSolverMultistepScheduler(algorithm_type="dpmsolver++", use_karras_sigmas=True, steps_offset=1),
        safety_checker=StableDiffusionSafetyChecker(CLIPConfig(vision_config=sight, projection_dim=16)),
        feature_extractor=CLIPImageProcessorPil(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16}),
    )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    drawn = pipeline("ab", negative_prompt="ab", width=16, height=16, num_inference_steps=2, guidance_scale=5.0,
                     latents=torch.randn(1, 4, 16, 16), output_type="np")  # fmt: skip
    assert drawn.images.shape == (1, 16, 16, 3) and len(drawn.nsfw_content_detected) == 1
    pipeline.vae.use_tiling = True


def diffusers_codes_pictures(folder: Path) -> None:
    import torch
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    coder = AutoencoderKL.from_config(VAE).eval()
    with torch.inference_mode():
        latents = coder.encode(torch.zeros(1, 3, 16, 16)).latent_dist.mode()
        assert coder.decode(latents).sample.shape == (1, 3, 16, 16)


def diffusers_has_the_blocks_that_are_fused(folder: Path) -> None:
    import torch
    from diffusers.models.resnet import ResnetBlock2D
    from diffusers.models.transformers.transformer_2d import Transformer2DModel
    from diffusers.models.upsampling import Upsample2D

    block = ResnetBlock2D(in_channels=4, out_channels=4, temb_channels=4, groups=1)
    assert block(torch.zeros(1, 4, 4, 4), torch.zeros(1, 4)).shape == (1, 4, 4, 4) and block.conv_shortcut is None
    assert Upsample2D(4, use_conv=True)(torch.zeros(1, 4, 4, 4)).shape == (1, 4, 8, 8)
    attention = Transformer2DModel(2, 4, in_channels=8, norm_num_groups=4, cross_attention_dim=16)
    made = attention(torch.zeros(1, 8, 4, 4), encoder_hidden_states=torch.zeros(1, 2, 16), return_dict=False)
    assert made[0].shape == (1, 8, 4, 4)


def whisper_hears(folder: Path) -> None:
    import torch
    import transformers
    from transformers import WhisperConfig, WhisperFeatureExtractor
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    transformers.utils.logging.set_verbosity_error()
    heard = WhisperFeatureExtractor()(np.zeros(16000, np.float32), sampling_rate=16000, return_tensors="pt")
    encoder = WhisperEncoder(WhisperConfig(d_model=16, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=16))
    with torch.inference_mode():
        made = encoder.eval()(heard.input_features, output_hidden_states=True)
    assert [state.shape for state in made.hidden_states] == [(1, 1500, 16)] * 2


def gpt_goes_on(folder: Path) -> None:
    import torch
    from transformers import Cache, DynamicCache, GPT2Config, GPT2Model
    from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block

    model = GPT2Model(GPT2Config(**GPT)).eval()
    assert isinstance(model.h[0], GPT2Block)
    with torch.inference_mode():
        made = model(inputs_embeds=torch.zeros(1, 3, 16), past_key_values=DynamicCache(), use_cache=True)
    assert isinstance(made, BaseModelOutputWithPastAndCrossAttentions) and isinstance(made.past_key_values, Cache)
    assert made.past_key_values.get_seq_length() == 3


def pocket_tts_speaks(folder: Path) -> None:
    import torch
    from transformers import (
        PocketTTSAudioTokenizerConfig,
        PocketTTSAudioTokenizerModel,
        PocketTTSConfig,
        PocketTTSFeatureExtractor,
        PocketTTSForConditionalGeneration,
    )

    codec = PocketTTSAudioTokenizerModel(
        PocketTTSAudioTokenizerConfig(
            hidden_size=128,
            num_filters=8,
            upsampling_ratios=[6, 5, 4],
            upsample_groups=128,
            num_hidden_layers=1,
            intermediate_size=64,
            num_attention_heads=2,
            num_key_value_heads=2,
            latent_dim=32,
        )
    ).eval()
    heard = PocketTTSFeatureExtractor()([np.zeros(24000, np.float32)], sampling_rate=24000)["input_values"]
    with torch.inference_mode():
        latents = codec.encode(heard, use_streaming=True).latents
    assert latents.shape[0] == 1
    speech = PocketTTSForConditionalGeneration(
        PocketTTSConfig(
            vocab_size=16, hidden_size=128, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
            latent_dim=latents.shape[-1], audio_bos_token_id=1, audio_prompt_bos_token_id=2, audio_prompt_token_id=3, audio_latent_token_id=4,
            flow_head_config={"hidden_size": 64, "num_hidden_layers": 1, "latent_dim": latents.shape[-1],
                              "condition_dim": 128, "frequency_embedding_size": 16},
        )
    ).eval()  # fmt: skip
    ids = torch.tensor([[2, 3, 3, 5, 1]])
    made = speech.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), audio_prompt_latents=latents[:, :2].clone(), do_sample=True,
        temperature=0.7, frames_after_eos=1, eos_threshold=-4.0, min_frames_before_eos=1, max_new_tokens=3,
        return_dict_in_generate=True,
    )  # fmt: skip
    assert made.audio_latents.shape[0] == 1


def tokenizers_reads_a_vocabulary(folder: Path) -> None:
    from tokenizers import Tokenizer

    model = {"type": "BPE", "vocab": {"a": 0, "[UNK]": 1}, "merges": [], "unk_token": "[UNK]"}
    (folder / "tokenizer.json").write_text(json.dumps({"version": "1.0", "model": model}))
    assert Tokenizer.from_file(str(folder / "tokenizer.json")).encode("a").ids == [0]


def xtts_is_built_and_hears(folder: Path) -> None:
    import torch
    from accelerate import init_empty_weights
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts, XttsArgs

    vocabulary = {"[STOP]": 0, "[UNK]": 1, "[START]": 2, "a": 3}
    model = {"type": "BPE", "vocab": vocabulary, "merges": [], "unk_token": "[UNK]"}
    (folder / "vocab.json").write_text(json.dumps({"version": "1.0", "model": model}))
    tokenizer = VoiceBpeTokenizer(str(folder / "vocab.json"))
    assert tokenizer.get_number_tokens() == 4 and tokenizer.tokenizer.token_to_id("[STOP]") == 0
    arguments = XttsArgs(
        gpt_layers=1, gpt_n_model_channels=16, gpt_n_heads=2, gpt_number_text_tokens=4, gpt_start_text_token=2,
        gpt_stop_text_token=0, gpt_num_audio_tokens=10, gpt_start_audio_token=8, gpt_stop_audio_token=9, decoder_input_dim=16,
    )  # fmt: skip
    with init_empty_weights():  # its decoder has 92 MB whatever is asked for
        voice = Xtts(XttsConfig(model_args=arguments))
    gpt = voice.gpt
    gpt.init_gpt_for_inference(kv_cache=True)
    gpt.to_empty(device="cpu")
    for tensor in [*gpt.parameters(), *gpt.buffers()]:
        tensor.data.zero_()
    for part in (voice, gpt, voice.hifigan_decoder):
        torch.nn.Module.eval(part)
    with torch.inference_mode():
        manner = voice.get_gpt_cond_latents(torch.randn(1, 44100), 22050, length=2, chunk_length=2)
        assert manner.shape[-1] == 16
        codes = gpt.generate(cond_latents=manner, text_inputs=torch.tensor([[3]]), do_sample=True, top_k=2, top_p=0.9,
                             temperature=0.7, num_beams=1, length_penalty=1.0, repetition_penalty=5.0, max_new_tokens=2)  # fmt: skip
    assert codes.ndim == 2
    assert type(gpt.mel_pos_embedding).__name__ == "LearnedPositionEmbeddings" and gpt.mel_head.bias is not None


def hub_gives_addresses_headers_and_files(folder: Path) -> None:
    import httpx2
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.file_download import get_hf_file_metadata, http_get
    from huggingface_hub.utils import build_hf_headers

    assert hf_hub_url("a/b", "c", revision="d") == f"{constants.ENDPOINT}/a/b/resolve/d/c"
    headers = build_hf_headers(library_name="spike", library_version="1")
    assert "spike/1" in headers["user-agent"] and issubclass(HfHubHTTPError, httpx2.HTTPError)
    (folder / "words").write_text("four")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/words"
        assert get_hf_file_metadata(address, token=None, headers=headers).size == 4
        with open(folder / "part", "wb") as file:
            http_get(address, file, resume_size=0, headers=headers, expected_size=4, displayed_filename="words")
        server.shutdown()
    assert (folder / "part").read_text() == "four"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


CALLS = (
    torch_draws, torch_reads_pickles_of_known_classes, torch_takes_an_operator_of_ours, safetensors_saves, soxr_resamples,
    scipy_transforms_and_smooths, num2words_says_numbers, accelerate_builds_without_memory, diffusers_draws,
    diffusers_codes_pictures, diffusers_has_the_blocks_that_are_fused, whisper_hears, gpt_goes_on, pocket_tts_speaks,
    tokenizers_reads_a_vocabulary, xtts_is_built_and_hears, hub_gives_addresses_headers_and_files,
)  # fmt: skip
