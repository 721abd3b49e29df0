"""Stable Diffusion's files as networks: every layout of the keys, and what is wrong in one named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch
from safetensors.torch import load_file, save_file

from avatar.errors import EnvironmentProblem
from avatar.portrait.diffusion import model
from avatar.weights import lock
from testing.tiny import stable_diffusion
from tests import tiny_diffusion

pytestmark = tiny_diffusion.NUMPY_2
checkpoint, models, files = tiny_diffusion.checkpoint, tiny_diffusion.models, tiny_diffusion.files

FILES = (model.UNET, model.VAE, model.TEXT_ENCODER, model.SAFETY_CHECKER)


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
