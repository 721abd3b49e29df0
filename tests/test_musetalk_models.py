"""MuseTalk's files, networks and hearing on tiny random checkpoints in the upstream layouts, by the real classes."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from safetensors.torch import load_file, save_file

from avatar.errors import EnvironmentProblem
from avatar.lips.musetalk import checkpoint
from avatar.lips.musetalk.audio_features import AudioFeatures, samples_at_16k, silent_window
from avatar.lips.musetalk.audio_windows import window
from avatar.lips.musetalk.models import CONVERTED_NAME, Models
from avatar.voice.speech import Speech
from avatar.weights import store
from testing.tiny import environment, musetalk
from tests import musetalk_reference as reference

pytestmark = pytest.mark.usefixtures("one_thread")
CPU = torch.device("cpu")
UNET_FILES = {name: f"{musetalk.TALK}/{name}" for name in ("musetalkV15/musetalk.json", "musetalkV15/unet.pth")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The tiny checkpoints, with a lock of their own."""
    return musetalk.write_with_lock(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def use(folder, monkeypatch):
    """Makes avatar use the tiny checkpoints; call it with another folder to use that."""

    def choose(models_folder: Path) -> None:
        for name, value in environment(models_folder).items():
            monkeypatch.setenv(name, value)

    choose(folder)
    return choose


@pytest.fixture
def models() -> Models:
    return Models.load(CPU, torch.float32)


def noise(seconds: float) -> np.ndarray:
    """float32 samples at 16 kHz."""
    return np.random.default_rng(1).normal(0, 0.1, int(seconds * 16_000)).astype(np.float32)


# ---------------------------------------------------------------- files


def test_parameters_of_the_real_shapes():
    """Built without memory from the published configs: the counts that the published file sizes confirm."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(musetalk.UNET)
        vae = AutoencoderKL.from_config(musetalk.VAE)
        encoder = WhisperEncoder(WhisperConfig(**musetalk.EAR))
    counts = [sum(parameter.numel() for parameter in module.parameters()) for module in (unet, vae, encoder)]
    assert counts == [849_947_844, 83_653_863, 8_208_384]
    shapes = {key: tuple(tensor.shape) for key, tensor in unet.state_dict().items()}
    assert len(shapes) == 686
    assert shapes["conv_in.weight"] == (320, 8, 3, 3) and shapes["conv_out.weight"] == (4, 320, 3, 3)
    assert shapes["down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight"] == (320, 384)
    assert vae.config.scaling_factor == 0.18215


def test_the_conversion_is_the_same_unet_in_half_precision(folder):
    path = store.converted("musetalk-v15", CONVERTED_NAME, checkpoint.convert_unet)
    made = load_file(path)
    source = torch.load(folder / UNET_FILES["musetalkV15/unet.pth"], weights_only=True)
    assert made.keys() == source.keys()
    assert all(torch.equal(made[key], source[key].half()) for key in source)
    assert path.stat().st_size < 0.6 * (folder / UNET_FILES["musetalkV15/unet.pth"]).stat().st_size


def remove(tensors: dict) -> None:
    del tensors["conv_in.bias"]


def add(tensors: dict) -> None:
    tensors["conv_extra.weight"] = torch.zeros(1)


def reshape(tensors: dict) -> None:
    tensors["conv_out.weight"] = torch.zeros(4, 8, 1, 1)


def overflow(tensors: dict) -> None:
    tensors["conv_in.weight"][0, 0, 0, 0] = 1e6


@pytest.mark.parametrize(
    ("change", "said"),
    [(remove, "lacks conv_in.bias"), (add, "unknown conv_extra.weight"),
     (reshape, r"another shape conv_out.weight \(4, 8, 1, 1\) for \(4, 8, 3, 3\)"), (overflow, "conv_in.weight holds")],
)  # fmt: skip
def test_a_unet_of_another_layout_is_refused_by_name(tmp_path, use, change, said):
    use(musetalk.write_with_lock(tmp_path, change_unet=change))
    with pytest.raises(EnvironmentProblem, match=said) as refused:
        Models.load(CPU, torch.float32)
    assert "unet.pth" in str(refused.value)


@pytest.mark.parametrize("content", [{"state_dict": {}, "epoch": 3}, [1, 2]])
def test_a_pickle_of_something_else_is_refused(tmp_path, content):
    files = {name: tmp_path / Path(name).name for name in UNET_FILES}
    torch.save(content, files["musetalkV15/unet.pth"])
    with pytest.raises(EnvironmentProblem, match="no flat dict"):
        checkpoint.convert_unet(files, tmp_path / "out.safetensors")


def test_a_damaged_pickle_is_refused(tmp_path, folder):
    files = {name: tmp_path / Path(name).name for name in UNET_FILES}
    content = (folder / UNET_FILES["musetalkV15/unet.pth"]).read_bytes()
    files["musetalkV15/unet.pth"].write_bytes(content[: len(content) // 2])
    with pytest.raises(EnvironmentProblem, match="cannot read the tensors of .*unet.pth"):
        checkpoint.convert_unet(files, tmp_path / "out.safetensors")


@pytest.mark.parametrize(
    ("repo", "file", "key", "load"),
    [(musetalk.CODER, "diffusion_pytorch_model.safetensors", "decoder.conv_in.weight", checkpoint.load_vae),
     (musetalk.WHISPER, "model.safetensors", "model.encoder.conv1.weight", checkpoint.load_encoder)],
)  # fmt: skip
@pytest.mark.parametrize("fault", ["missing", "surplus", "misshapen"])
def test_coder_and_ear_of_another_layout_are_refused_by_name(tmp_path, folder, repo, file, key, load, fault):
    tensors = load_file(folder / repo / file)
    name = key.removeprefix("model.encoder.")
    if fault == "missing":
        del tensors[key]
    elif fault == "surplus":
        tensors[key.replace(name, "stranger")] = torch.zeros(2)
        name = "stranger"
    else:
        tensors[key] = tensors[key][:, :1].contiguous()
    save_file(tensors, tmp_path / file)
    with pytest.raises(EnvironmentProblem, match=f"{file} is not the model.* {name}"):
        load(folder / repo / "config.json", tmp_path / file, CPU, torch.float32)


def test_a_file_that_is_no_whisper_is_refused(tmp_path, folder):
    save_file({"encoder.conv1.weight": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(EnvironmentProblem, match="encoder.conv1.weight: it is no Whisper"):
        checkpoint.load_encoder(
            folder / musetalk.WHISPER / "config.json", tmp_path / "model.safetensors", CPU, torch.float32
        )


def test_both_layouts_of_the_coder_are_the_same_coder(tmp_path, folder, models):
    musetalk.write(tmp_path, old_vae=False)
    keys = [
        set(load_file(each / musetalk.CODER / "diffusion_pytorch_model.safetensors")) for each in (folder, tmp_path)
    ]
    assert any("proj_attn" in key for key in keys[0]) and not any("proj_attn" in key for key in keys[1])
    files = [tmp_path / musetalk.CODER / name for name in ("config.json", "diffusion_pytorch_model.safetensors")]
    new = checkpoint.load_vae(*files, CPU, torch.float32)
    assert all(torch.equal(tensor, new.state_dict()[key]) for key, tensor in models.vae.state_dict().items())


def test_a_coder_with_a_key_in_both_layouts_is_refused(tmp_path, folder):
    """One of the two would be lost in silence."""
    file = tmp_path / "diffusion_pytorch_model.safetensors"
    tensors = load_file(folder / musetalk.CODER / file.name)
    old = next(key for key in tensors if ".query." in key)
    save_file(tensors | {old.replace(".query.", ".to_q."): tensors[old].clone()}, file)
    with pytest.raises(EnvironmentProblem, match="to_q.*twice"):
        checkpoint.load_vae(folder / musetalk.CODER / "config.json", file, CPU, torch.float32)


# ---------------------------------------------------------------- networks


def test_hidden_states_are_the_five_of_the_specification(folder, models):
    """The libraries' own loader and a module-by-module run agree: a change in how states are collected shows here."""
    from transformers import WhisperFeatureExtractor, WhisperModel

    samples = noise(2)
    whisper = WhisperModel.from_pretrained(folder / musetalk.WHISPER, dtype=torch.float32).eval()
    extractor = WhisperFeatureExtractor.from_pretrained(folder / musetalk.WHISPER)
    mel = extractor(samples, sampling_rate=16_000, return_tensors="pt").input_features
    with torch.no_grad():
        expected = reference.hidden_states(whisper, mel)
    states = models.ear.states(samples)
    assert states.shape == (1500, 5, musetalk.TINY_EAR["d_model"])
    torch.testing.assert_close(states, expected, atol=1e-5, rtol=1e-5)
    normed = models.ear.encoder.layer_norm
    assert torch.allclose(states[:, 4].std(dim=1).mean(), torch.tensor(1.0), atol=0.05), normed
    assert not torch.allclose(states[:, 3].std(dim=1).mean(), torch.tensor(1.0), atol=0.05)


def test_shapes_of_the_specification_with_the_real_ear():
    """384 numbers, 5 layers: 50 tokens of 384 for a frame."""
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    from avatar.lips.musetalk.audio_features import Ear

    ear = Ear(WhisperEncoder(WhisperConfig(**musetalk.EAR)).eval(), notes=[])
    features = AudioFeatures(ear, noise(1))
    heard = features.between(*window(3, Fraction(25)))
    assert heard.shape == (10, 5, 384) and heard.flatten(0, 1).shape == (50, 384)


def test_tokens_are_time_major_with_positions(models):
    heard = torch.randn(3, 10, 5, musetalk.TINY_EAR["d_model"], generator=torch.Generator().manual_seed(1))
    tokens = models.tokens(heard)
    assert tokens.shape == (3, 50, musetalk.TINY_EAR["d_model"])
    for ours, one in zip(tokens.numpy(), heard.numpy()):
        np.testing.assert_allclose(ours, reference.tokens(one), atol=1e-5)


def test_coder_and_unet_have_the_shapes_of_the_specification(models):
    pictures = torch.rand(2, 3, 256, 256, generator=torch.Generator().manual_seed(1)) * 2 - 1
    latents, encoded = models.encode(pictures)
    assert latents.shape == (2, 4, 32, 32)
    assert torch.equal(latents, models.encode(pictures)[0])  # the mode, no sample
    tokens = torch.zeros(2, 50, musetalk.TINY_EAR["d_model"])
    predicted, drawn = models.predict(torch.cat([latents, latents], dim=1), tokens)
    assert predicted.shape == (2, 4, 32, 32)
    faces, decoded = models.decode(predicted)
    assert faces.shape == (2, 256, 256, 3) and faces.dtype == torch.uint8
    assert encoded and drawn and decoded


def test_a_unet_that_overflows_in_half_precision_goes_on_in_float32(tmp_path, use, models):
    """Black faces of some cards: sums beyond 65,504. The weights themselves are within half precision."""

    def enlarge(tensors: dict) -> None:
        tensors["conv_in.weight"] *= 3e4

    use(musetalk.write_with_lock(tmp_path, change_unet=enlarge))
    half, single = Models.load(CPU, torch.float16), Models.load(CPU, torch.float32)
    inputs = torch.full((1, 8, 32, 32), 20.0), torch.zeros(1, 50, musetalk.TINY_EAR["d_model"])
    assert not half.predict(*inputs)[1] and single.predict(*inputs)[1]
    half.go_on_in_float32("UNet")
    predicted, finite = half.predict(*inputs)
    assert finite and half.unet.dtype == torch.float32 and half.vae.dtype == torch.float16
    assert half.notes == ["the UNet's result was not finite in half precision; it went on in float32."]
    torch.testing.assert_close(predicted, single.predict(*inputs)[0])


def test_a_coder_that_is_not_finite_in_float32_either_is_an_error(models):
    models.vae.decoder.conv_out.bias[0] = math.nan
    assert not models.decode(torch.zeros(1, 4, 32, 32))[1]
    with pytest.raises(EnvironmentProblem, match="VAE's result is not finite, in float32 either"):
        models.go_on_in_float32("VAE")


def test_an_ear_that_overflows_in_half_precision_goes_on_in_float32():
    models = Models.load(CPU, torch.float16)
    for convolution in (models.ear.encoder.conv1, models.ear.encoder.conv2):
        convolution.weight.mul_(1e4)
    states = models.ear.states(noise(1))
    assert torch.isfinite(states).all() and states.dtype == torch.float32
    assert models.notes == ["the Whisper encoder's result was not finite in half precision; it went on in float32."]


def test_an_ear_for_another_unet_is_refused(tmp_path, folder, use, monkeypatch):
    monkeypatch.setitem(musetalk.TINY_EAR, "d_model", 32)
    use(musetalk.write_with_lock(tmp_path))
    with pytest.raises(EnvironmentProblem, match="expects sound in 48 numbers, Whisper gives 32"):
        Models.load(CPU, torch.float32)


# ---------------------------------------------------------------- sound by segments


@pytest.mark.parametrize("seconds", [0.01, 0.03, 30.0, 30.01])
def test_features_without_overlap_are_upstreams_hard_split(models, seconds):
    samples = noise(seconds)
    features = AudioFeatures(models.ear, samples, overlap_s=0)
    parts = [models.ear.states(samples[start : start + 480_000]) for start in range(0, len(samples), 480_000)]
    whole = torch.cat(parts)[: math.floor(len(samples) / 16_000 * 50)]
    assert features.steps == len(whole)
    for frame in {0, 1, int(seconds * 25) // 2, int(seconds * 25) - 1, int(seconds * 25)}:
        heard = features.between(*window(max(frame, 0), Fraction(25)))
        if len(whole):
            expected = reference.audio_window(whole.numpy(), max(frame, 0), Fraction(25))
            np.testing.assert_array_equal(heard.numpy(), expected)
        else:
            assert not heard.any()


def test_features_with_overlap_join_where_both_sides_are_heard(models):
    samples = noise(58.5)
    features = AudioFeatures(models.ear, samples)
    first, second, third = (models.ear.states(samples[start * 16_000 : (start + 30) * 16_000]) for start in (0, 28, 56))
    for begin, segment, offset in ((1440, first, 0), (1450, second, 1400), (2840, second, 1400), (2850, third, 2800)):
        heard = features.between(begin, begin + 10)
        torch.testing.assert_close(heard, segment[begin - offset : begin - offset + 10])
        assert len(features._held) <= 2
    end = features.between(2920, 2930)
    assert end[:5].any() and not end[5:].any()


def test_speech_up_to_30_s_is_one_segment(models):
    samples = noise(30)
    split, overlapped = (AudioFeatures(models.ear, samples, overlap_s) for overlap_s in (0, 1.0))
    assert split.steps == overlapped.steps == 1500
    assert torch.equal(split.between(0, 1500), overlapped.between(0, 1500))


def test_silence_has_a_window_of_its_own(models):
    assert silent_window(models.ear).shape == (10, 5, musetalk.TINY_EAR["d_model"])


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 44_100, 48_000])
def test_speech_of_any_rate_is_heard_at_16_kHz(rate):
    t = np.arange(rate) / rate
    samples = samples_at_16k(Speech(np.sin(2 * np.pi * 440 * t).astype(np.float32), rate))
    assert samples.dtype == np.float32 and abs(len(samples) - 16_000) <= 1
    expected = np.sin(2 * np.pi * 440 * np.arange(len(samples)) / 16_000)
    np.testing.assert_allclose(samples[800:-800], expected[800:-800], atol=2e-3)
