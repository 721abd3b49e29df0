"""MuseTalk's networks and its engine on tiny random checkpoints in the upstream layouts, through the real classes."""

from __future__ import annotations

import gc
import math
import weakref
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from avatar.errors import EnvironmentProblem, InputError
from avatar.lips.musetalk import checkpoint
from avatar.lips.musetalk.audio_features import AudioFeatures, silent_window
from avatar.lips.musetalk.audio_windows import window
from avatar.lips.musetalk.engine import MODELS, MuseTalkLips, halvings
from avatar.lips.musetalk.models import CONVERTED_NAME, Models
from avatar.lips.musetalk.options import Options
from avatar.portrait.face import LOWER_LIP, UPPER_LIP
from avatar.portrait.framing import Portrait
from avatar.portrait.given import GivenPortrait
from avatar.voice.speech import Speech
from avatar.weights import store
from tests import musetalk_reference as reference
from tests.tiny import built_in_models, environment, musetalk, write_lock

CPU = torch.device("cpu")
UNET_FILES = {name: f"{musetalk.TALK}/{name}" for name in ("musetalkV15/musetalk.json", "musetalkV15/unet.pth")}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Two threads wait for each other on a busy host, ten times longer than such small layers take to compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The tiny checkpoints, with a lock of their own."""
    return written(tmp_path_factory.mktemp("models"))


def written(folder: Path, **how) -> Path:
    musetalk.write(folder, **how)
    write_lock(folder, tuple(model for model in built_in_models() if model.name in MODELS))
    return folder


@pytest.fixture(autouse=True)
def use(folder, monkeypatch):
    """Makes avatar use the tiny checkpoints; call it with another folder to use that."""

    def choose(models_folder: Path) -> None:
        for name, value in environment(models_folder).items():
            monkeypatch.setenv(name, value)

    choose(folder)
    return choose


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    with GivenPortrait() as engine:
        return engine.frame(None)


@pytest.fixture
def models() -> Models:
    return Models(CPU, torch.float32)


def speech_of(seconds: float, seed: int = 1, rate: int = 24_000) -> Speech:
    """Noise in the rhythm of syllables."""
    t = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(seed).normal(0, 0.1, len(t))
    return Speech((noise * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t))).astype(np.float32), rate)


def render(source, speech, frame_rate=25, options=None) -> list[np.ndarray]:
    with MuseTalkLips(source, 7, options, threads=1) as engine:
        return list(engine.frames(speech, frame_rate))


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
    use(written(tmp_path, change_unet=change))
    with pytest.raises(EnvironmentProblem, match=said) as refused:
        Models(CPU, torch.float32)
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
        tensors[key] = tensors[key][:1].contiguous()
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
    keys = [set(load_file(each / musetalk.CODER / "diffusion_pytorch_model.safetensors")) for each in (folder, tmp_path)]
    assert any("proj_attn" in key for key in keys[0]) and not any("proj_attn" in key for key in keys[1])
    files = [tmp_path / musetalk.CODER / name for name in ("config.json", "diffusion_pytorch_model.safetensors")]
    new = checkpoint.load_vae(*files, CPU, torch.float32)
    assert all(torch.equal(tensor, new.state_dict()[key]) for key, tensor in models.vae.state_dict().items())


# ---------------------------------------------------------------- networks


def test_hidden_states_are_the_five_of_the_specification(folder, models):
    """The libraries' own loader and a module-by-module run agree: a change in how states are collected shows here."""
    from transformers import WhisperFeatureExtractor, WhisperModel

    samples = speech_of(2, rate=16_000).samples
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

    ear = Ear(WhisperEncoder(WhisperConfig(**musetalk.EAR)).eval())
    features = AudioFeatures(ear, speech_of(1, rate=16_000).samples)
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
    latents = models.encode(pictures)
    assert latents.shape == (2, 4, 32, 32)
    assert torch.equal(latents, models.encode(pictures))  # the mode, no sample
    tokens = torch.zeros(2, 50, musetalk.TINY_EAR["d_model"])
    predicted = models.predict(torch.cat([latents, latents], dim=1), tokens)
    assert predicted.shape == (2, 4, 32, 32)
    faces = models.decode(predicted)
    assert faces.shape == (2, 256, 256, 3) and faces.dtype == torch.uint8 and faces.device == CPU


def test_a_unet_that_overflows_in_half_precision_goes_on_in_float32(tmp_path, use, models):
    """Black faces of some cards: sums beyond 65,504. The weights themselves are within half precision."""

    def enlarge(tensors: dict) -> None:
        tensors["conv_in.weight"] *= 3e4

    use(written(tmp_path, change_unet=enlarge))
    half, single = Models(CPU, torch.float16), Models(CPU, torch.float32)
    latents = torch.full((1, 8, 32, 32), 20.0)
    tokens = torch.zeros(1, 50, musetalk.TINY_EAR["d_model"])
    assert not torch.isfinite(half.unet(latents.half(), torch.zeros(1), tokens.half()).sample).all()
    predicted = half.predict(latents, tokens)
    assert torch.isfinite(predicted).all() and half.unet.dtype == torch.float32
    assert half.notes == ["the UNet's result was not finite in half precision; it went on in float32."]
    torch.testing.assert_close(predicted, single.predict(latents, tokens))
    assert half.vae.dtype == torch.float16


def test_a_coder_that_is_not_finite_in_float32_either_is_an_error(models):
    models.vae.decoder.conv_out.bias[0] = math.nan
    with pytest.raises(EnvironmentProblem, match="VAE's result is not finite, in float32 either"):
        models.decode(torch.zeros(1, 4, 32, 32))


def test_an_ear_for_another_unet_is_refused(tmp_path, folder, use, monkeypatch):
    monkeypatch.setitem(musetalk.TINY_EAR, "d_model", 32)
    use(written(tmp_path))
    with pytest.raises(EnvironmentProblem, match="expects sound in 48 numbers, Whisper gives 32"):
        Models(CPU, torch.float32)


# ---------------------------------------------------------------- sound by segments


@pytest.mark.parametrize("seconds", [0.01, 0.03, 30.0, 30.01])
def test_features_without_overlap_are_upstreams_hard_split(models, seconds):
    samples = speech_of(seconds, rate=16_000).samples
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
    samples = speech_of(58.5, rate=16_000).samples
    features = AudioFeatures(models.ear, samples)
    first, second, third = (
        models.ear.states(samples[start * 16_000 : (start + 30) * 16_000]) for start in (0, 28, 56)
    )
    for begin, segment, offset in ((1440, first, 0), (1450, second, 1400), (2840, second, 1400), (2850, third, 2800)):
        heard = features.between(begin, begin + 10)
        torch.testing.assert_close(heard, segment[begin - offset : begin - offset + 10])
        assert len(features._held) <= 2
    end = features.between(2920, 2930)
    assert end[:5].any() and not end[5:].any()


def test_speech_up_to_30_s_is_one_segment(models):
    samples = speech_of(30, rate=16_000).samples
    split, overlapped = (AudioFeatures(models.ear, samples, overlap_s) for overlap_s in (0, 1.0))
    assert split.steps == overlapped.steps == 1500
    assert torch.equal(split.between(0, 1500), overlapped.between(0, 1500))


def test_silence_has_a_window_of_its_own(models):
    assert silent_window(models.ear).shape == (10, 5, musetalk.TINY_EAR["d_model"])


# ---------------------------------------------------------------- the engine


def test_frames_are_the_references(folder, portrait):
    """From files to frames, against the libraries' own loaders and the plain arithmetic."""
    speech = speech_of(0.5, rate=16_000)
    frames = render(portrait, speech, options=Options(match_tone=False))
    assert len(frames) == 13  # 12.5, rounded up
    face = reference.box(portrait.landmarks, portrait.picture.shape)
    some = [0, 5, 12]
    faces = reference.drawn_faces(
        folder, portrait.picture, portrait.landmarks, speech.samples, some, Fraction(25), face
    )
    soft, _ = reference.mask(portrait.landmarks, face)
    left, top, right, bottom = reference.square(face)
    for frame, drawn in zip(some, faces):
        expected = reference.blended(portrait.picture, drawn, portrait.landmarks, face)
        difference = np.abs(frames[frame] - expected)
        clear = np.ones(portrait.picture.shape[:2], bool)  # away from the mask's edge, which lies within 1.5 pixels
        clear[max(top, 0) : bottom, max(left, 0) : right] = (soft > 0.99)[
            max(-top, 0) : 512 - top, max(-left, 0) : 512 - left
        ]
        assert difference[clear].max() <= 3 and difference.mean() < 0.1
        assert np.abs(frames[frame].astype(int) - portrait.picture).mean() > 3


def test_the_same_request_gives_the_same_bytes_and_other_sound_other_lips(portrait):
    once, again, other = (render(portrait, speech_of(0.4, seed)) for seed in (1, 1, 2))
    assert len(once) == 10
    assert all(np.array_equal(a, b) for a, b in zip(once, again))
    assert all((a != b).any() for a, b in zip(once, other))
    assert any((a != b).any() for a, b in zip(once, once[1:]))


def test_outside_the_square_not_a_bit_changes(portrait):
    left, top, right, bottom = reference.square(reference.box(portrait.landmarks, portrait.picture.shape))
    for frame in render(portrait, speech_of(0.2)):
        assert frame.dtype == np.uint8 and frame.shape == portrait.picture.shape and frame.flags.writeable
        frame[max(top, 0) : bottom, max(left, 0) : right] = portrait.picture[max(top, 0) : bottom, max(left, 0) : right]
        np.testing.assert_array_equal(frame, portrait.picture)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(50)], ids=str)
def test_as_many_frames_as_the_speech_fills(portrait, rate):
    speech = speech_of(0.21)
    assert len(render(portrait, speech, rate)) == math.ceil(len(speech.samples) * rate / 24_000)


def test_less_than_a_frame_of_speech_is_a_frame(portrait):
    assert len(render(portrait, speech_of(0.005))) == 1


@pytest.mark.parametrize("profile_batch", [[8, 4, 2, 1], [1]])
def test_frames_do_not_depend_on_the_batch(portrait, profile_batch):
    from avatar.memory import StepDown

    assert halvings(8) == [8, 4, 2, 1] and halvings(2) == [2, 1] and halvings(1) == [1]
    speech = speech_of(0.36)  # nine frames: a last batch of one
    expected = render(portrait, speech)
    with MuseTalkLips(portrait, 7, threads=1) as engine:
        engine._steps = StepDown(profile_batch)
        frames = list(engine.frames(speech, 25))
    assert len(frames) == len(expected) == 9
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(frames, expected)) <= 2


def test_a_closed_mouth_rests_in_silence_as_it_is(portrait):
    landmarks = portrait.landmarks.copy()
    landmarks[[UPPER_LIP, LOWER_LIP], 1] = landmarks[[UPPER_LIP, LOWER_LIP], 1].mean()
    silence = Speech(np.zeros(9600, np.float32), 24_000)
    frames = render(Portrait(portrait.picture, landmarks), silence)
    assert len(frames) == 10 and all(np.array_equal(frame, portrait.picture) for frame in frames)
    smiling = render(portrait, silence)  # its own mouth is open: it is drawn, to silence
    assert (smiling[0] != portrait.picture).any() and np.array_equal(smiling[0], smiling[9])


def test_smoothing_keeps_some_of_the_frame_before(portrait):
    """The mean change from frame to frame shrinks, and the first frame is the same."""
    plain, calm = (render(portrait, speech_of(0.6), options=Options(smoothing=share)) for share in (0.0, 0.3))
    change = [np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(each, each[1:])]) for each in (plain, calm)]
    np.testing.assert_array_equal(plain[0], calm[0])
    assert change[1] < 0.9 * change[0]


def test_models_are_gone_after_the_block_even_when_the_video_is_not_finished(portrait):
    with MuseTalkLips(portrait, 7, threads=1) as engine:
        stream = engine.frames(speech_of(1), 25)
        next(stream)
        unet = weakref.ref(engine._models.unet)
    gc.collect()
    assert unet() is None
    assert next(stream, None) is None


def test_facts_tell_what_was_done_and_no_motion_is_written(portrait, tmp_path):
    with MuseTalkLips(portrait, 7, threads=1) as engine:
        assert len(list(engine.frames(speech_of(0.2), 25))) == 5
        engine.save_motion(tmp_path)
    assert not list(tmp_path.iterdir())
    assert engine.facts["drawn_frames"] == 5 and engine.facts["source_frames"] == 1
    assert engine.facts["face_box"] == list(reference.box(portrait.landmarks, portrait.picture.shape))
    assert [weights["model"] for weights in engine.facts["weights"]] == list(MODELS)
    assert engine.facts["memory"]["needed_mib"] > 0 and engine.notes == []


def test_a_large_face_is_warned_of(portrait):
    close = Portrait(
        np.repeat(np.repeat(portrait.picture, 2, axis=0), 2, axis=1), (portrait.landmarks * 2).astype(np.float32)
    )
    with MuseTalkLips(close, 7, threads=1) as engine:
        assert next(engine.frames(speech_of(0.04), 25)).shape == (1024, 1024, 3)
        list(engine._stream)
    assert len(engine.notes) == 1 and "MuseTalk draws 256x256" in engine.notes[0]


def test_a_face_in_profile_is_refused(portrait):
    landmarks = portrait.landmarks.copy()
    landmarks[4, 0] = landmarks[234, 0] + 1
    with pytest.raises(InputError, match="turned too far"):
        render(replace(portrait, landmarks=landmarks), speech_of(0.1))


def test_missing_weights_are_named(use, tmp_path, portrait, folder):
    use(folder)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "models.lock").write_text((folder / "models.lock").read_text())
    use(empty)
    with pytest.raises(EnvironmentProblem, match="musetalk-v15"), MuseTalkLips(portrait, 7, threads=1):
        pass
