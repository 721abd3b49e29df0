"""Drawn portraits, through the real Stable Diffusion classes on a tiny random checkpoint: what it draws is noise."""

from __future__ import annotations

import gc
import json
import random
import re
import shutil
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from avatar import cli as command_line
from avatar.cli.portrait import portrait as portrait_command
from avatar.cli.portrait import write_png
from avatar.device import hardware, memory
from avatar.engines import Told, WantedPicture
from avatar.errors import EnvironmentProblem, InputError, RequestError
from avatar.portrait.bundled import bundled_picture
from avatar.portrait.diffusion import model
from avatar.portrait.diffusion import prompt as diffusion_prompt
from avatar.portrait.diffusion.engine import FLAGGED, SEEDS, DiffusionPortrait, Rejected, Wish, tile_sizes
from avatar.portrait.framing import Portrait
from avatar.portrait.given import bundled_portrait
from avatar.progress import Progress
from avatar.weights import lock
from tests import tiny
from tests.tiny import stable_diffusion

# diffusers 0.42 with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

WOMAN = "an old woman with grey hair"
FILES = (model.UNET, model.VAE, model.TEXT_ENCODER, model.SAFETY_CHECKER)


def written(folder: Path, **options: bool) -> Path:
    """A tiny checkpoint with its lock, and beside it a file that is not in the lock and that no loader may look at."""
    stable_diffusion.write(folder, **options)
    (folder / stable_diffusion.FOLDER / "tokenizer" / "tokenizer.json").write_text("not a tokenizer")
    tiny.write_lock(folder, (lock.read(lock.BUILT_IN).model(model.MODEL),))
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def strict_checkpoint(tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("strict"), stops_everything=True)


@pytest.fixture(autouse=True)
def models(checkpoint, monkeypatch) -> None:
    use(checkpoint, monkeypatch)
    monkeypatch.setenv("AVATAR_PROFILE", "cpu")


def use(folder: Path, monkeypatch) -> None:
    for name, value in tiny.environment(folder).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def files(checkpoint) -> dict[str, Path]:
    """What weights.store.require returns: the locked files by their paths in the repository."""
    folder = checkpoint / stable_diffusion.FOLDER
    return {file.path: folder / file.path for file in lock.read(lock.BUILT_IN).model(model.MODEL).files}


@pytest.fixture(scope="module")
def tokenizer(files):
    return model.read_tokenizer(files)


def wanted(**asked) -> WantedPicture:
    """A quick picture of WOMAN, but for what is asked."""
    return WantedPicture(**{"prompt": WOMAN, "size": 256, "steps": 1} | asked)


def asked_for(engine: DiffusionPortrait, told: Told | None = None, **asked) -> Portrait:
    return engine.picture(wanted(**asked), told or Told(), Progress())


def drawn(
    engine: DiffusionPortrait, seed: int, prompt: str = WOMAN, negative: str = "teeth", size: int = 256, notes=None
) -> np.ndarray:
    """One drawing, uint8 (size, size, 3), before any face is looked for."""
    tiles = memory.StepDown(tile_sizes(size, False))
    return engine.drawing(Wish(prompt, negative, size, 1), seed, tiles, [] if notes is None else notes)


def decoded_with(engine: DiffusionPortrait, change) -> None:
    """Let change(number of the drawing from 1, image) replace what the VAE's decoder gives; None leaves it."""
    count = [0]

    def hook(module, inputs, image):
        count[0] += 1
        return change(count[0], image)

    engine._pipeline.vae.decoder.register_forward_hook(hook)


def decoded_images(engine: DiffusionPortrait) -> list[bytes]:
    """Filled with what the VAE's decoder gives from now on."""
    images: list[bytes] = []
    engine._pipeline.vae.decoder.register_forward_hook(
        lambda module, inputs, image: images.append(image.numpy().tobytes())
    )
    return images


def decoded_portrait(size: int) -> torch.Tensor:
    """The bundled portrait, framed, as the VAE would decode it: float32 (1, 3, size, size) in -1..1."""
    picture = bundled_portrait(size).picture.astype(np.float32)
    return torch.from_numpy(picture / 127.5 - 1).permute(2, 0, 1)[None].contiguous()


# ---------------------------------------------------------------- drawing


def test_a_seed_and_its_words_decide_the_picture():
    with DiffusionPortrait.load() as engine:
        first = drawn(engine, 3)
        torch.manual_seed(99)  # nobody else's random numbers matter
        assert first.tobytes() == drawn(engine, 3).tobytes()
        others = [drawn(engine, 4), drawn(engine, 3, prompt="a young man"), drawn(engine, 3, negative="beard")]
    with DiffusionPortrait.load() as engine:
        assert first.tobytes() == drawn(engine, 3).tobytes()
    assert first.shape == (256, 256, 3) and first.dtype == np.uint8 and first.std() > 5
    assert all((first != other).any() for other in others)


def test_noise_ends_in_no_face_after_every_seed_was_drawn():
    images, told = [], Told()
    with pytest.raises(InputError) as caught, DiffusionPortrait.load() as engine:
        decoded_with(engine, lambda number, image: images.append(image.numpy().tobytes()))
        asked_for(engine, told, seed=SEEDS - 2, tries=3)
    assert len(set(images)) == 3
    assert list(told.facts["rejected_seeds"]) == [SEEDS - 2, SEEDS - 1, 0]
    message = str(caught.value)
    assert message.startswith(f"no face after 3 seeds (seeds {SEEDS - 2} to 0: 3 x no face was found in the picture)")
    assert "--seed" in message and "--portrait" in message


def test_what_the_safety_checker_stops_is_told_and_never_used(strict_checkpoint, monkeypatch):
    use(strict_checkpoint, monkeypatch)
    told = Told()
    with DiffusionPortrait.load() as engine:
        with pytest.raises(Rejected, match=FLAGGED):
            drawn(engine, 7)
        decoded_with(engine, lambda number, image: decoded_portrait(256))  # a face does not help
        with pytest.raises(InputError, match=r"safety checker stopped every picture of 2 seeds \(seeds 7 to 8\)"):
            asked_for(engine, told, tries=2)
    assert told.facts["rejected_seeds"] == {7: FLAGGED, 8: FLAGGED}


def test_a_drawing_with_a_face_is_used_and_the_seeds_before_it_are_told():
    """No random weights draw a face, so the bundled portrait takes the decoder's place at the third seed."""
    said, told = [], Told()
    with DiffusionPortrait.load() as engine:
        decoded_with(engine, lambda number, image: decoded_portrait(256) if number == 3 else None)
        portrait = engine.picture(wanted(), told, Says(said))
    assert isinstance(portrait, Portrait) and portrait.picture.shape == (256, 256, 3)
    assert told.facts["seed"] == 9 and list(told.facts["rejected_seeds"]) == [7, 8]
    assert said == ["seed 7: no face was found in the picture", "seed 8: no face was found in the picture"]
    assert told.notes[-1] == "no usable face from seeds 7 to 8; this one is from seed 9."
    assert told.facts["sampler"] == "DPMSolverMultistepScheduler" and told.facts["memory"]["device"]
    assert engine.notes == []


class Says:
    def __init__(self, said: list[str]):
        self.say = said.append


def test_a_drawing_passes_the_check_that_a_given_picture_passes():
    expected = bundled_portrait(512)
    with DiffusionPortrait.load() as engine:
        framed = engine.framed(bundled_picture(), 512)
        assert np.array_equal(framed.picture, expected.picture)
        assert np.array_equal(framed.landmarks, expected.landmarks)
        two = np.concatenate([bundled_picture(), bundled_picture()], axis=1)
        with pytest.raises(Rejected, match="^the picture shows 2 faces$"):
            engine.framed(two, 512)
        with pytest.raises(Rejected, match="^no face was found in the picture$"):
            engine.framed(np.full((512, 512, 3), 128, np.uint8), 512)


def test_one_loaded_engine_draws_what_an_engine_for_each_draws():
    """With other seeds, words and sizes between."""

    def seen(engine: DiffusionPortrait, asked: dict) -> list[bytes]:
        images = decoded_images(engine)
        with pytest.raises(InputError):
            asked_for(engine, **asked, tries=2)
        return list(images)

    every = [{"seed": 3}, {"seed": 4, "prompt": "a young man"}, {"seed": 3, "size": 320}, {"seed": 3}]
    apart = []
    for asked in every:
        with DiffusionPortrait.load() as engine:
            apart.append(seen(engine, asked))
    with DiffusionPortrait.load() as engine:
        assert [seen(engine, asked) for asked in every] == apart
    assert apart[0] == apart[3] and len({tuple(each) for each in apart}) == 3 and len(apart[0]) == 2


def test_single_precision_ends_with_its_picture_and_the_next_is_drawn_as_by_a_new_engine():
    half = replace(hardware.profile_named("cpu"), dtype="float16")

    def second_picture(first_runs_over: bool) -> tuple[list[bytes], Told]:
        first, second = Told(), Told()
        with DiffusionPortrait.load(half) as engine:
            decoded_with(engine, lambda number, image: image * torch.nan if number == 1 and first_runs_over else None)
            with pytest.raises(InputError):
                asked_for(engine, first, tries=1)
            assert (engine._pipeline.unet.dtype == torch.float32) == first_runs_over
            images = decoded_images(engine)
            with pytest.raises(InputError):
                asked_for(engine, second, seed=11, tries=1)
            assert engine._pipeline.unet.dtype == torch.float16
        assert any("half precision ran over; drawn" in note for note in first.notes) == first_runs_over
        return list(images), second

    plain, after = second_picture(False), second_picture(True)
    assert len(plain[0]) == 1 and plain == after and plain[1].facts["dtype"] == "float16"


def test_the_model_is_gone_after_the_block():
    with DiffusionPortrait.load() as engine:
        networks = [weakref.ref(engine._pipeline.components[name]) for name in ("unet", "vae", "safety_checker")]
        assert all(network() is not None for network in networks)
    gc.collect()
    assert all(network() is None for network in networks)


# ---------------------------------------------------------------- too little memory, too little precision


def refuse_latents_above(side: int):
    """A hook that asks the real allocator for more than any machine has, where more than side x side latents come."""

    def hook(module, inputs):
        if inputs[0].shape[-1] > side:
            torch.empty(2**60, dtype=torch.uint8)

    return hook


def test_out_of_memory_in_the_decoder_goes_on_in_tiles_and_says_so():
    told = Told()
    with DiffusionPortrait.load() as engine:
        whole = drawn(engine, 3, size=384)
        engine._pipeline.vae.decoder.register_forward_pre_hook(refuse_latents_above(32))
        with pytest.raises(InputError):
            asked_for(engine, told, size=384, tries=2)
        tiled = engine.drawing(Wish(WOMAN, "teeth", 384, 1), 3, memory.StepDown((256,)), [])
    stated = [note for note in told.notes if "out of memory" in note]
    assert stated == ["out of memory with 384 pixels a side in the VAE's decoder; went on with 256."]
    assert whole.shape == tiled.shape
    assert 0 < np.abs(whole.astype(float) - tiled).mean() < whole.std()  # the same picture, but for the tiles' edges


def test_out_of_memory_even_in_tiles_is_a_clear_error():
    with DiffusionPortrait.load() as engine:
        engine._pipeline.vae.decoder.register_forward_pre_hook(refuse_latents_above(0))
        with pytest.raises(EnvironmentProblem, match="out of memory .* 256 pixels a side"):
            asked_for(engine, tries=2)


def test_half_precision_that_runs_over_is_drawn_again_in_single():
    with DiffusionPortrait.load() as engine:
        engine._pipeline.vae.decoder.conv_in.weight.fill_(60_000)  # near half precision's 65,504: any sum runs over
        expected = drawn(engine, 3)
        engine._pipeline.to(torch.float16)
        notes: list[str] = []
        picture = drawn(engine, 3, notes=notes)
        assert notes == ["seed 3: half precision ran over; drawn in single precision."]
        assert np.abs(picture.astype(float) - expected).mean() < 25  # its weights were rounded to half on the way
        engine._pipeline.vae.decoder.conv_out.bias.fill_(float("nan"))
        with pytest.raises(EnvironmentProblem, match="no colours.*models verify"):
            drawn(engine, 3)


@pytest.mark.parametrize(("largest_weight", "runs_over"), [(60_000, "numbers"), (12_000, "their length")])
def test_a_safety_checker_that_runs_over_in_half_precision_is_asked_in_single(
    largest_weight, runs_over, strict_checkpoint, monkeypatch
):
    """NaN is above no threshold, and neither is the cosine with a direction of length 0: no score may mean 'fine'."""
    use(strict_checkpoint, monkeypatch)
    with DiffusionPortrait.load() as engine:
        engine._pipeline.to(torch.float16)
        projection = engine._pipeline.safety_checker.visual_projection.weight
        projection.mul_(largest_weight / projection.abs().max())
        notes: list[str] = []
        for seed in (3, 4):
            with pytest.raises(Rejected, match=FLAGGED):
                drawn(engine, seed, notes=notes)
        embedding = engine._safety._embedding
        assert (embedding.abs().max() > 65_504) == (runs_over == "numbers") and embedding.norm() > 65_504
    assert notes == ["seed 3: the safety checker ran over in half precision; asked in single precision."]


def test_a_picture_that_is_fine_stays_the_same_when_the_safety_checker_runs_over():
    with DiffusionPortrait.load() as engine:
        engine._pipeline.to(torch.float16)
        notes: list[str] = []
        expected = drawn(engine, 3, notes=notes)
        assert notes == []
        projection = engine._pipeline.safety_checker.visual_projection.weight
        projection.mul_(60_000 / projection.abs().max())
        assert np.array_equal(drawn(engine, 3, notes=notes), expected)
    assert ["ran over" in note for note in notes] == [True]


@pytest.mark.parametrize("part", ["visual_projection.weight", "concept_embeds", "special_care_embeds_weights"])
def test_no_picture_is_used_without_an_answer_of_the_safety_checker(part):
    with DiffusionPortrait.load() as engine:
        engine._pipeline.safety_checker.get_parameter(part)[0] = float("nan")
        with pytest.raises(EnvironmentProblem, match="no answer for the picture of seed 3.*models verify"):
            drawn(engine, 3)


# ---------------------------------------------------------------- weights


def altered(files: dict[str, Path], path: str, folder: Path, alter) -> dict[str, Path]:
    """files with a copy of one in their place, whose tensors `alter` changed."""
    tensors = load_file(files[path])
    alter(tensors)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / Path(path).name)
    return files | {path: folder / Path(path).name}


def fill(files: dict[str, Path]) -> model.Networks:
    networks = model.build(files)
    networks.fill(files, torch.device("cpu"), torch.float32)
    return networks


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("fault", ["missing", "surplus", "misshapen", "truncated"])
def test_a_key_that_is_missing_surplus_or_misshapen_is_named(path, fault, files, tmp_path):
    key = [name for name in load_file(files[path]) if name.endswith(".bias")][-1]
    alter = {
        "missing": lambda tensors: tensors.pop(key),
        "surplus": lambda tensors: tensors.update({"odd.weight": torch.zeros(3)}),
        "misshapen": lambda tensors: tensors.update({key: torch.zeros(7, 3)}),
        "truncated": lambda tensors: None,
    }[fault]
    wrong = altered(files, path, tmp_path, alter)
    if fault == "truncated":
        wrong[path].write_bytes(wrong[path].read_bytes()[:-10])
    with pytest.raises(EnvironmentProblem) as caught:
        fill(wrong)
    told = {
        "missing": f"lacks {model.name_of_today(key)}. ",
        "surplus": "has the unknown odd.weight. ",
        "misshapen": f"has in another shape {model.name_of_today(key)} (7, 3) for (",
        "truncated": "cannot read",
    }[fault]
    assert told in str(caught.value) and str(wrong[path]) in str(caught.value)
    assert "avatar models verify" in str(caught.value)


def test_key_layouts_old_and_new_load_alike(files, tmp_path):
    """Without the CLIP prefix and the position numbers (transformers 5), and with the VAE's old attention names."""
    old_names = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}

    def renamed(change):
        def alter(tensors):
            for name in list(tensors):
                tensors[change(name)] = tensors.pop(name)

        return alter

    def old(name: str) -> str:
        for new, older in old_names.items():
            name = name.replace(new, older)
        return name

    other = altered(files, model.VAE, tmp_path, renamed(old))
    (tmp_path / "text").mkdir()
    bare = renamed(lambda name: name.removeprefix("text_model."))
    other = altered(other, model.TEXT_ENCODER, tmp_path / "text", bare)
    (tmp_path / "safety").mkdir()
    short = renamed(lambda name: name.replace("vision_model.vision_model.", "vision_model."))
    other = altered(other, model.SAFETY_CHECKER, tmp_path / "safety", short)
    assert sum(".query." in name for name in load_file(other[model.VAE])) == 4
    one, two = fill(files), fill(other)
    for name in ("vae", "text_encoder", "safety_checker"):
        first, second = getattr(one, name).state_dict(), getattr(two, name).state_dict()
        assert first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


def test_a_key_under_two_names_is_named(files, tmp_path):
    key = "text_model.final_layer_norm.bias"
    wrong = altered(
        files, model.TEXT_ENCODER, tmp_path, lambda tensors: tensors.update({"final_layer_norm.bias": tensors[key] + 1})
    )
    with pytest.raises(EnvironmentProblem, match="has final_layer_norm.bias twice"):
        fill(wrong)


def test_the_real_shapes_and_names_make_files_of_the_locked_sizes_to_the_byte(tmp_path):
    """Upstream's configs, without memory for weights: the parameters, and what safetensors would write of them."""
    configs = {
        "unet": stable_diffusion.UNET,
        "vae": stable_diffusion.VAE,
        "text_encoder": stable_diffusion.TEXT_ENCODER,
        "safety_checker": stable_diffusion.SAFETY_CHECKER,
    }
    for part, config in configs.items():
        (tmp_path / part).mkdir()
        (tmp_path / part / "config.json").write_text(json.dumps(config))
    networks = model.build({f"{part}/config.json": tmp_path / part / "config.json" for part in configs})
    parts = {part: getattr(networks, part) for part in configs}
    counts = {part: sum(parameter.numel() for parameter in network.parameters()) for part, network in parts.items()}
    assert list(counts.values()) == [859_520_964, 83_653_863, 123_060_480, 303_981_588]
    locked = {file.path: file.size for file in lock.read(lock.BUILT_IN).model(model.MODEL).files}
    for path, (part, network) in zip(FILES, parts.items(), strict=True):
        assert file_size(stable_diffusion.upstream_layout(part, network.state_dict())) == locked[path]
    assert 3.6 * 2**30 < model.need_bytes(networks, 512, torch.float16) < 3.9 * 2**30


def file_size(tensors: dict[str, torch.Tensor]) -> int:
    """Bytes of a safetensors file: the header's length, the header padded to 8, and the widest numbers first."""
    kinds = {torch.int64: "I64", torch.float16: "F16"}
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0])):
        start, end = end, end + tensor.nbytes
        header[name] = {"dtype": kinds[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
    length = len(json.dumps(header, separators=(",", ":")))
    return 8 + length + -length % 8 + end


# ---------------------------------------------------------------- words and numbers


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"prompt": None}, ["prompt", "no words"]),
        ({"prompt": ""}, ["prompt", "no words"]),
        ({"prompt": " \n "}, ["prompt", "no words"]),
        ({"prompt": "?!"}, ["prompt", "no words"]),
        ({"prompt": "a\x07b"}, ["U+0007", "position 2"]),
        ({"prompt": "word " * 300}, ["1,500 characters", "1,000"]),
        ({"negative_prompt": "!"}, ["negative prompt", "no words"]),
        ({"size": 500}, ["500", "multiple of 8"]),
        ({"size": 248}, ["248", "256"]),
        ({"size": 1032}, ["1032", "1024"]),
        ({"size": -512}, ["-512"]),
        ({"steps": 0}, ["0 steps"]),
        ({"steps": 151}, ["151 steps", "150"]),
        ({"tries": 0}, ["0 tries"]),
        ({"tries": 33}, ["33 tries", "32"]),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_refused_before_anything_loads(asked, words):
    with pytest.raises(RequestError) as caught:
        DiffusionPortrait.check(wanted(**asked))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_prompt_that_is_too_long_says_what_was_left_out():
    told = Told()
    with pytest.raises(InputError), DiffusionPortrait.load() as engine:
        asked_for(engine, told, prompt="an old woman with grey hair, " * 10, tries=1)
    (note,) = [note for note in told.notes if "longer" in note]
    left_out = re.search("left out: '(.*)'", note)[1]
    assert "77 tokens" in note and left_out.endswith("grey hair")
    assert told.facts["prompt"].startswith("portrait photo of an old woman")
    assert told.facts["prompt"].endswith("sharp focus")


def test_any_words_leave_room_for_the_frame_around_them(tokenizer):
    choice = random.Random(5)
    pieces = ["\t", *re.split(" ", "woman grey 2026 ... - ?! it's Ünïcödé é́ 男 🙂 (a:1.2) supercalifragilistic")]
    cut = 0
    for _ in range(300):
        words = choice.choice(["", " "]).join(choice.choices(pieces, k=choice.randint(1, 60)))
        for make in (diffusion_prompt.wanted, diffusion_prompt.unwanted):
            text, left_out = make(words, tokenizer)
            assert len(tokenizer(text).input_ids) <= 77, words
            assert "mouth" in text
            cut += bool(left_out)
    assert 100 < cut < 600


def test_words_that_fit_are_kept_whole(tokenizer):
    text, left_out = diffusion_prompt.wanted("  an old\n woman,  with {grey} hair. ", tokenizer)
    assert text == diffusion_prompt.TEMPLATE.format("an old woman, with {grey} hair") and left_out == ""
    assert diffusion_prompt.unwanted("", tokenizer) == (diffusion_prompt.NEGATIVE, "")
    assert diffusion_prompt.unwanted("beard", tokenizer) == (f"beard, {diffusion_prompt.NEGATIVE}", "")
    long = diffusion_prompt.wanted("x" * 100, tokenizer)[1]  # one word alone is cut inside
    assert 0 < len(long) < 100


# ---------------------------------------------------------------- the command


@pytest.fixture
def generate(avatar, monkeypatch, tmp_path):
    monkeypatch.setitem(command_line.avatar.commands, "portrait", portrait_command)
    return lambda *arguments: avatar("portrait", "generate", WOMAN, "-o", tmp_path / "face.png", *arguments)


def test_the_command_draws_tells_of_each_seed_and_leaves_no_file(generate, tmp_path):
    outcome = generate("--size", 256, "--steps", 1, "--tries", 2, "--seed", 5)
    assert outcome.code == 1 and outcome.stdout == ""
    assert "seed 5: no face was found" in outcome.stderr and "seed 6: no face" in outcome.stderr
    assert "no face after 2 seeds (seeds 5 to 6" in outcome.stderr.splitlines()[-1]
    assert "Traceback" not in outcome.stderr and not list(tmp_path.iterdir())


def test_the_command_says_that_the_safety_checker_stopped_it(generate, strict_checkpoint, monkeypatch, tmp_path):
    use(strict_checkpoint, monkeypatch)
    outcome = generate("--size", 256, "--steps", 1, "--tries", 1)
    assert outcome.code == 1 and "the safety checker stopped every picture of 1 seed" in outcome.stderr
    assert not list(tmp_path.iterdir())


def test_the_command_refuses_before_it_looks_for_weights(generate, monkeypatch, tmp_path):
    monkeypatch.setenv("AVATAR_MODELS", str(tmp_path / "none"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    refused = generate("--size", 500)
    assert refused.code == 2 and "multiple of 8" in refused.stderr
    missing = generate()
    assert missing.code == 1
    assert len(missing.stderr.strip().splitlines()) == 2
    assert "stable-diffusion-v1-5" in missing.stderr and "avatar models fetch" in missing.stderr


def test_changed_weights_are_refused_before_they_are_loaded(checkpoint, generate, monkeypatch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(checkpoint, folder, dirs_exist_ok=True)
    file = folder / stable_diffusion.FOLDER / model.VAE
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    use(folder, monkeypatch)
    outcome = generate()
    assert outcome.code == 1 and model.VAE in outcome.stderr and "avatar models fetch" in outcome.stderr


def test_the_png_tells_what_it_is(tmp_path):
    portrait = bundled_portrait(256)
    facts = {"weights": {"model": model.MODEL}, "prompt": "an old woman, café", "negative_prompt": "teeth", "seed": 9,
             "steps": 20, "guidance": 7.5}  # fmt: skip
    for name in ("a.png", "b.png"):
        write_png(portrait, tmp_path / name, facts)
    with Image.open(tmp_path / "a.png") as image:
        assert "Synthetic" in image.text["Description"]
        assert image.text["prompt"] == "an old woman, café" and image.text["seed"] == "9"
        assert np.array_equal(np.asarray(image), portrait.picture)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
