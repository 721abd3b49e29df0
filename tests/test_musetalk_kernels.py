"""The lips' own kernels: their source against the formulas, on a CPU; what NVRTC makes of it; the networks with them."""

from __future__ import annotations

import copy
import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

import torch
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.upsampling import Upsample2D
from torch import nn

from avatar.fit.shapes import build, randomize
from avatar.lips.musetalk import fused, kernels
from bench.tiny_shapes import TINY
from tests.fake_card import on_card

CPU = torch.device("cpu")
SMALL_VAE = {"block_out_channels": [8, 16, 16, 16], "layers_per_block": 1, "norm_num_groups": 4}

# A block's threads are threads, its shared memory is static, and blocks come one after the other.
HOST = r"""
#include <barrier>
#include <cmath>
#include <cstring>
#include <thread>
#include <vector>
typedef unsigned short half_bits;
static inline float wide(half_bits x) { _Float16 y; memcpy(&y, &x, 2); return (float)y; }
static inline half_bits narrow(float x) { _Float16 y = (_Float16)x; half_bits z; memcpy(&z, &y, 2); return z; }
struct Three { int x, y, z; };
static thread_local Three threadIdx, blockIdx;
static Three blockDim, gridDim;
static std::barrier<>* all;
static float shared_memory[1 << 16];
static inline void __syncthreads() { all->arrive_and_wait(); }
static inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
#define __expf(x) std::exp((float)(x))
#define __align__(n) alignas(n)
#define __device__
#define __forceinline__ inline
#define __global__
#define __shared__ static
"""
RUN = r"""
template <class Kernel> static void run(int blocks, int pictures, int threads, Kernel kernel) {
  gridDim = {blocks, pictures, 1}; blockDim = {threads, 1, 1};
  for (int y = 0; y < pictures; y++) for (int x = 0; x < blocks; x++) {
    std::barrier<> every(threads); all = &every;
    std::vector<std::thread> running;
    for (int t = 0; t < threads; t++)
      running.emplace_back([=] { threadIdx = {t, 0, 0}; blockIdx = {x, y, 0}; kernel(); all->arrive_and_drop(); });
    for (auto& each : running) each.join();
  }
}
#define E const Eight*
extern "C" void run_sums(int b, int p, int t, E x, E bias, float* part, int rows, int c8, int groups, int stride) {
  run(b, p, t, [=] { sums(x, bias, part, rows, c8, groups, stride); });
}
extern "C" void run_normed(int b, int p, int t, E x, E bias, const float* part, E weight, E shift, Eight* y, int rows, int c8,
                         int groups, int stride, int parts, int silu, double eps) {
  run(b, p, t, [=] { normed(x, bias, part, weight, shift, y, rows, c8, groups, stride, parts, silu, eps); });
}
extern "C" void run_join(int b, int p, int t, E first, E second, E bias, Eight* y, int count, int c8) {
  run(b, p, t, [=] { join(first, second, bias, y, count, c8); });
}
extern "C" void run_enlarge(int b, int p, int t, E x, Eight* y, int count, int c8, int width) {
  run(b, p, t, [=] { enlarge(x, y, count, c8, width); });
}
"""


@pytest.fixture(scope="session")
def on_host(tmp_path_factory) -> dict[str, Callable]:
    """kernels.cu compiled for this CPU, to be launched as `kernels.compiled` launches it for a card."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    folder = tmp_path_factory.mktemp("kernels")
    text = (
        Path(kernels.__file__)
        .with_suffix(".cu")
        .read_text()
        .replace("extern __shared__ float held[];", "float* held = shared_memory;")
    )
    (folder / "kernels.cpp").write_text(HOST + text + RUN)
    made = folder / "kernels.so"
    command = [compiler, "-std=c++20", "-O1", "-shared", "-fPIC", "-pthread", folder / "kernels.cpp", "-o", made]
    done = subprocess.run(command, capture_output=True, text=True)
    if "_Float16" in done.stderr or "<barrier>" in done.stderr:
        pytest.skip("the C++ compiler is too old")
    assert done.returncode == 0, done.stderr
    library = ctypes.CDLL(str(made))

    def launcher(name: str) -> Callable:
        def launch(grid, block, arguments, shared_mem=0):
            assert shared_mem <= 48 << 10 and block[0] <= 1024  # what every card gives
            given = [
                ctypes.c_void_p(each.data_ptr()) if isinstance(each, torch.Tensor)
                else ctypes.c_double(each) if isinstance(each, float) else ctypes.c_int(each)
                for each in arguments
            ]  # fmt: skip
            library["run_" + name](*map(ctypes.c_int, (grid[0], grid[1], block[0])), *given)

        return launch

    return {name: launcher(name) for name in kernels.NAMES}


def pictures(seed: int, *shape: int, spread: float = 1.0, middle: float = 0.0) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    numbers = torch.randn(shape, generator=draw) * spread + middle
    return numbers.half().contiguous(memory_format=torch.channels_last if len(shape) == 4 else torch.contiguous_format)


# ---------------------------------------------------------------- the kernels


@pytest.mark.parametrize("silu", [True, False])
@pytest.mark.parametrize(
    ("shape", "groups", "biases"),
    [((2, 128, 16, 16), 32, 1), ((2, 320, 8, 8), 32, 2), ((1, 2560, 4, 4), 32, 1), ((3, 32, 5, 7), 8, 3), ((2, 64, 8, 8), 32, 0), ((1, 64, 1, 2), 64, 1)],
)  # fmt: skip
def test_the_norms_kernels_give_what_the_formula_gives(monkeypatch, on_host, shape, groups, biases, silu):
    monkeypatch.setattr(kernels, "compiled", lambda: on_host)
    x = pictures(1, *shape, spread=2, middle=3)
    bias, weight, shift = (
        pictures(2, biases, shape[1]) if biases else None,
        pictures(3, shape[1]),
        pictures(4, shape[1]),
    )
    given = (x, bias, weight, shift, groups, 1e-5, silu)
    made = kernels.norm_on_card(*given)
    assert made.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(made, kernels.norm(*given), rtol=2e-3, atol=2e-3)
    assert made.equal(kernels.norm_on_card(*given))


def test_pictures_of_one_value_far_from_nought_are_finite(monkeypatch, on_host):
    """Their variance is the difference of two large numbers."""
    monkeypatch.setattr(kernels, "compiled", lambda: on_host)
    x = torch.full((1, 64, 8, 8), 123.4).half().contiguous(memory_format=torch.channels_last)
    none, one = torch.zeros(64).half(), torch.ones(64).half()
    assert kernels.norm_on_card(x, None, one, none, 32, 1e-6, True).isfinite().all()


def test_the_sum_and_the_enlarging_give_what_the_formula_gives(monkeypatch, on_host):
    monkeypatch.setattr(kernels, "compiled", lambda: on_host)
    first, second, bias = pictures(1, 2, 24, 5, 6), pictures(2, 2, 24, 5, 6), pictures(3, 24)
    assert kernels.join_on_card(first, second, bias).equal(kernels.join(first, second, bias))
    assert kernels.enlarge_on_card(first).equal(kernels.enlarge(first))


def test_what_is_channels_first_is_laid_out_before(monkeypatch, on_host):
    monkeypatch.setattr(kernels, "compiled", lambda: on_host)
    last = pictures(1, 2, 24, 5, 6)
    first, bias = last.contiguous(), pictures(3, 24)
    assert kernels.join_on_card(first, last, bias).equal(kernels.join(last, last, bias))
    assert kernels.enlarge_on_card(first).equal(kernels.enlarge(last))


@pytest.mark.parametrize("architecture", ["sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120"])
def test_nvrtc_compiles_the_kernels_for_every_card_that_pytorch_serves(architecture):
    """Turing, A100, RTX 30, RTX 40, H100, B200, RTX 50."""
    try:
        made = kernels.cubin(architecture)
    except (OSError, AttributeError) as error:
        pytest.skip(f"there is no NVRTC here: {error}")
    assert made.startswith(b"\x7fELF") and all(name.encode() in made for name in kernels.NAMES)


def test_without_a_card_it_is_told_why():
    if torch.cuda.is_available():
        pytest.skip("there is a card")
    kernels.compiled.cache_clear()
    assert kernels.why_not()


# ---------------------------------------------------------------- in the networks


def networks() -> list[tuple[nn.Module, tuple[torch.Tensor, ...]]]:
    """Each with biases and what it is called with, in float32."""
    draw = torch.Generator().manual_seed(5)
    smaller = {"musetalk-unet": TINY["musetalk-unet"], "ft-mse-vae": SMALL_VAE}
    unet, vae = (randomize(build(name, config), CPU, torch.float32) for name, config in smaller.items())
    for network in (unet, vae):
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                parameter.data.copy_(0.1 * torch.randn(parameter.shape, generator=draw))
    width = unet.config.cross_attention_dim
    latents, sound = torch.randn(2, 8, 32, 32, generator=draw), torch.randn(2, 50, width, generator=draw)
    return [
        (unet, (latents, torch.zeros(1, dtype=torch.long), sound)),
        (vae.decoder, (torch.randn(2, 4, 16, 16, generator=draw),)),
        (vae.encoder, (torch.randn(2, 3, 32, 32, generator=draw),)),
    ]


def result(network: nn.Module, given: tuple[torch.Tensor, ...], dtype: torch.dtype) -> torch.Tensor:
    given = tuple(each.to(dtype) if each.is_floating_point() else each for each in given)
    with torch.inference_mode():
        made = network(*given)
    return getattr(made, "sample", made).float()


@pytest.mark.parametrize("which", [0, 1, 2], ids=["UNet", "decoder", "encoder"])
def test_a_network_with_the_kernels_is_as_near_to_float32_as_one_without(which):
    network, given = networks()[which]
    wanted = result(network, given, torch.float32)
    half = copy.deepcopy(network).half().to(memory_format=torch.channels_last)
    own = result(half, given, torch.float16)
    fused.fuse(half)
    made = result(half, given, torch.float16)
    assert not made.equal(own)  # else nothing was put in
    off, own_off = ((each - wanted).abs().max() for each in (made, own))
    assert off <= 1.5 * own_off + 1e-3, (off, own_off)


@pytest.mark.parametrize("which", [0, 1, 2], ids=["UNet", "decoder", "encoder"])
def test_in_float32_a_network_goes_its_own_way_to_the_byte(which):
    network, given = networks()[which]
    wanted = result(network, given, torch.float32)
    fused.fuse(network)
    assert result(network, given, torch.float32).equal(wanted)
    fused.unfuse(network)
    assert not [module for module in network.modules() if "forward" in vars(module)]


@pytest.mark.parametrize("name", ["musetalk-unet", "ft-mse-vae"])
def test_every_block_of_the_published_networks_has_them(name):
    network = on_card(name)
    fused.fuse(network)
    norms = {id(module) for module in network.modules() if isinstance(module, nn.GroupNorm)}
    served = {
        id(module) for module in network.modules() if isinstance(module, nn.GroupNorm) and "forward" in vars(module)
    }
    for module in network.modules():
        if isinstance(module, (ResnetBlock2D, Upsample2D)):
            assert "forward" in vars(module)
        if isinstance(module, ResnetBlock2D):
            served |= {id(module.norm1), id(module.norm2)}
            assert not module.conv1.in_channels % kernels.WIDE and not module.conv1.out_channels % kernels.WIDE
    # What is left are the norms of the VAE's two attentions, whose input has no height and width.
    assert len(norms - served) == (0 if name == "musetalk-unet" else 2)
