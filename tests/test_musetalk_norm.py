"""The norm that keeps channels last says what PyTorch's GroupNorm says, in the layout that it was given."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from avatar.lips.musetalk.norm import ChannelsLastNorm, as_before, keep_channels_last  # noqa: E402
from tests.fake_card import CARD, card, movable  # noqa: E402


def a_norm(channels: int = 64, groups: int = 32) -> torch.nn.GroupNorm:
    draw = torch.Generator().manual_seed(7)
    norm = torch.nn.GroupNorm(groups, channels, eps=1e-6)
    norm.weight.data.normal_(generator=draw)
    norm.bias.data.normal_(generator=draw)
    return norm.requires_grad_(False)


def pictures(scale: float = 1.0, offset: float = 0.0, dtype=torch.float32) -> torch.Tensor:
    made = torch.randn(3, 64, 12, 10, generator=torch.Generator().manual_seed(8)) * scale + offset
    return made.to(dtype).to(memory_format=torch.channels_last)


@pytest.mark.parametrize(("scale", "offset"), [(1, 0), (0.01, 0), (300, 40), (1, 8)])
def test_the_result_is_that_of_pytorch(scale, offset):
    norm, x = a_norm(), pictures(scale, offset)
    torch.testing.assert_close(ChannelsLastNorm(norm)(x), norm(x), rtol=2e-4, atol=2e-4)


def test_the_layout_stays():
    assert ChannelsLastNorm(a_norm())(pictures()).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("scale", "offset"), [(10_000, 0), (1, 8)])
def test_half_precision_is_not_that_of_the_sums(scale, offset):
    """In which squares would overflow, and a mean lose what the variance is made of."""
    x = pictures(scale, offset, dtype=torch.float16)
    made = ChannelsLastNorm(a_norm().half())(x)
    assert made.isfinite().all()
    torch.testing.assert_close(made.float(), a_norm()(x.float()), rtol=2e-2, atol=2e-2)


def test_equal_numbers_make_no_negative_variance():
    assert ChannelsLastNorm(a_norm())(pictures(0, 1234.567)).isfinite().all()


@pytest.mark.parametrize("x", [torch.randn(2, 64, 5), pictures().contiguous()])
def test_other_shapes_and_layouts_are_pytorchs_own(x):
    norm = a_norm()
    assert ChannelsLastNorm(norm)(x).equal(norm(x))


def test_each_norm_of_a_network_is_replaced_and_put_back():
    network = torch.nn.Sequential(a_norm(), torch.nn.Sequential(torch.nn.Conv2d(64, 64, 3), a_norm()))
    keep_channels_last(network)
    assert isinstance(network[0], ChannelsLastNorm) and isinstance(network[1][1], ChannelsLastNorm)
    as_before(network)
    assert [type(each) for each in (network[0], network[1][1])] == [torch.nn.GroupNorm] * 2


def test_on_a_card_it_waits_for_nothing():
    norm = ChannelsLastNorm(movable(a_norm()))
    with card() as followed:
        made = norm.to(CARD)(pictures().to(CARD))
    assert followed.waits == 0 and made.shape == (3, 64, 12, 10)
