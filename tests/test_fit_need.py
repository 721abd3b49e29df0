"""What `avatar fit` reckons from: the published shapes, what is alive in them, and the arithmetic of the two."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from avatar.device import hardware, need
from avatar.device.hardware import MIB
from avatar.fit import live_bytes, network_calls, shapes
from bench import exact_shapes
from bench.tiny_shapes import TINY
from testing.tiny import musetalk

GIB = 1024 * MIB
CPU = torch.device("cpu")
without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="asks what a host without a GPU is told")

# ---------------------------------------------------------------- the published shapes


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_a_network_has_the_parameters_that_its_published_file_confirms(name):
    measured = exact_shapes.measure(name, real=False)
    assert measured["right"] and measured.get("config_is_locked", True), measured


def test_the_arithmetic_counts_the_same_parameters_as_the_networks():
    counted = {name: shape.parameters for name, shape in shapes.SHAPES.items()}
    counted["xtts-gpt"] = shapes.count(shapes.build("xtts").gpt)
    counted["xtts-decoder"] = counted.pop("xtts") - counted["xtts-gpt"]
    assert counted == need.PARAMETERS


def test_random_weights_are_the_same_each_time():
    one, other = (shapes.randomize(shapes.build("sd-unet", TINY["sd-unet"]), CPU, torch.float16) for _ in range(2))
    assert all(torch.equal(*pair) for pair in zip(one.parameters(), other.parameters(), strict=True))
    assert {each.dtype for each in one.parameters()} == {torch.float16}


def test_random_weights_stay_far_within_half_precision():
    """The VAE in its full depth, over a small picture: no layer gives a number near 65,504, and it draws something."""
    vae = shapes.randomize(shapes.build("ft-mse-vae"), CPU, torch.float32)
    largest = []
    for module in vae.modules():
        module.register_forward_hook(lambda module, inputs, made: largest.append(float(_tensor(made).abs().max())))
    with torch.inference_mode():
        picture = vae.decode(torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(1))).sample
    assert len(largest) > 100 and max(largest) < 1000 and picture.std() > 1e-3


def _tensor(made) -> torch.Tensor:
    return made if isinstance(made, torch.Tensor) else made[0]


# ---------------------------------------------------------------- what is alive


def test_what_is_alive_is_counted_on_shapes_as_on_real_tensors():
    vae = shapes.build("ft-mse-vae", musetalk.TINY_VAE | {"block_out_channels": [8, 8, 16, 16]})
    on_meta = live_bytes.follow(lambda: network_calls._decode(2, 64, 64, vae.to("meta"), torch.float32))
    shapes.randomize(vae, CPU, torch.float32)
    on_cpu = live_bytes.follow(lambda: vae.decode(torch.zeros(2, 4, 8, 8)).sample)
    assert (on_meta.peak, on_meta.with_copies) == (on_cpu.peak, on_cpu.with_copies)
    assert on_meta.with_copies > on_meta.peak > 2 * 3 * 64 * 64 * 4


def test_what_is_alive_is_what_the_allocator_holds():
    """Of PyTorch's own allocator on a CPU, as its profiler records it: operations that ask for no scratch memory."""
    from torch.profiler import ProfilerActivity, profile

    weights, inputs = torch.randn(256, 256), torch.randn(64, 256)

    def work():
        hidden = torch.nn.functional.gelu(inputs.view(-1, 256) @ weights)
        wide = torch.cat([hidden, hidden.relu(), hidden.flip(0)[:, :]])  # a view takes nothing
        del hidden
        return (wide.relu_().view(-1, 256) @ weights).sum()  # nor does a change in place

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # each thread would keep a partial sum of its own
    counted = live_bytes.follow(work)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler, torch.no_grad():
        work()
    held = most = 0
    for event in profiler.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            most = max(most, held)
    torch.set_num_threads(threads)
    assert counted.peak == most == 6 * 64 * 256 * 4 + 4  # and the sum


def test_the_table_is_what_the_calls_hold():
    """One call of each kind, in both types; the whole table takes half a minute: bench/exact_shapes.py --table."""

    def chosen(call: network_calls.Call) -> bool:
        return call.batch in (1, 2, 8) and call.size not in (768, 1024)

    rows = network_calls.table(chosen)
    assert {(row["network"], row["call"]) for row in rows} == {(row["network"], row["call"]) for row in need._table()}
    assert [row for row in rows if row not in need._table()] == []


def test_figures_that_are_known_from_elsewhere():
    """Per frame in half precision: 96 MiB alive in the VAE's decoder; XTTS's keys and values are 122 MiB at the most."""
    assert need._row("ft-mse-vae", "decode", 1, 0, "float16")["live"] == pytest.approx(96 * MIB, rel=1e-3)
    assert need._row("xtts", "speak", 1, 0, "float16")["live"] == pytest.approx(2 * 30 * 1041 * 1024 * 2, rel=0.05)
    assert need.lips(8, "float16").weights == 2 * (849_947_844 + 83_653_863 + 8_208_384)


# ---------------------------------------------------------------- the arithmetic


def test_between_two_rows_the_larger_one_counts_and_beyond_the_last_it_grows():
    eight = need._row("ft-mse-vae", "decode", 8, 0, "float16")
    assert eight["batch"] == 8 and need._row("ft-mse-vae", "decode", 5, 0, "float16") == eight
    assert need.lips(5, "float16").live == need.lips(8, "float16").live > need.lips(4, "float16").live
    most, twice = need.lips(32, "float16"), need.lips(64, "float16")
    assert twice.live == pytest.approx(2 * most.live, rel=0.01)
    assert need.portrait("float16", size=640).live == need.portrait("float16", size=768).live
    assert need.portrait("float16", tiled=True).live < need.portrait("float16").live / 2


def test_half_precision_halves_what_is_half_precision():
    half, single = need.lips(4, "float16", on_gpu=False), need.lips(4, "float32", on_gpu=False)
    assert single.weights == 2 * half.weights and single.live == pytest.approx(2 * half.live, rel=0.01)
    decoder = 4 * need.PARAMETERS["xtts-decoder"]
    assert need.voice("float32").weights - decoder == 2 * (need.voice("float16").weights - decoder)


@pytest.mark.parametrize("profile", hardware.PROFILES, ids=lambda profile: profile.name)
def test_every_stage_of_a_profile_fits_the_least_card_it_is_for(profile):
    for each in need.stages(profile):
        assert 0 < each.weights < each.floor < each.allocated <= each.total
        if profile.device == "cuda":
            assert each.total <= profile.least_vram_mib * MIB, each


def test_a_batch_of_eight_leaves_the_pipeline_under_four_gib():
    """The project's goal for peak allocated memory, by arithmetic: copies of memory layouts and workspaces with it."""
    tiled = need.portrait("float16", tiled=True)
    assert max(tiled.allocated, need.voice("float16").allocated, need.lips(8, "float16").allocated) <= 4 * GIB
