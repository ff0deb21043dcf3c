"""Dropout with a generator of our own: right in distribution, private, repeatable."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tlkit.train.randomness import draws_random_numbers, own_randomness

KINDS = [
    nn.Dropout(0.4),
    nn.Dropout2d(0.4),
    nn.AlphaDropout(0.4),
    nn.FeatureAlphaDropout(0.4),
    nn.RReLU(),
    nn.TransformerEncoderLayer(8, 2, 16, dropout=0.4, batch_first=True),
]


def inputs(module: nn.Module) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    shape = (64, 10, 8) if isinstance(module, nn.TransformerEncoderLayer) else (64, 8, 5, 5)
    return torch.randn(shape, generator=generator)


@pytest.mark.parametrize("module", KINDS, ids=lambda module: type(module).__name__)
def test_the_global_generator_is_neither_read_nor_moved(module: nn.Module) -> None:
    x, module = inputs(module), module.train()

    def run(seed: int) -> torch.Tensor:
        with own_randomness(torch.Generator().manual_seed(seed)):
            return module(x)

    state = torch.get_rng_state()
    first = run(1)
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(3)
    assert torch.equal(run(1), first)
    assert not torch.equal(run(2), first)


def test_dropout_keeps_the_right_share_and_the_mean() -> None:
    x = torch.ones(200_000)
    with own_randomness(torch.Generator().manual_seed(0)):
        y = nn.functional.dropout(x, 0.3)
    assert (y == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert y.mean().item() == pytest.approx(1.0, abs=0.02)
    assert y.unique().tolist() == pytest.approx([0.0, 1 / 0.7])


def test_gradients_flow_through_what_was_kept() -> None:
    x = torch.ones(1000, requires_grad=True)
    with own_randomness(torch.Generator().manual_seed(0)):
        y = nn.functional.dropout(x, 0.5)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())


@pytest.mark.parametrize("draw", [torch.rand, torch.randn])
def test_plain_draws_are_private_too(draw: object) -> None:
    assert callable(draw)
    state = torch.get_rng_state()
    with own_randomness(torch.Generator().manual_seed(0)):
        first = draw(4)
    with own_randomness(torch.Generator().manual_seed(0)):
        assert torch.equal(draw(4), first)
    assert torch.equal(torch.get_rng_state(), state)


def test_knows_who_draws_and_changes_nothing_by_asking() -> None:
    x, device = torch.randn(2, 8, 4, 4, generator=torch.Generator().manual_seed(0)), torch.device("cpu")
    plain = nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8)).train()
    dropping = nn.Sequential(plain, nn.Dropout(0.1)).train()
    before = {name: value.clone() for name, value in dropping.state_dict().items()}
    assert not draws_random_numbers(plain, lambda twin: twin(x), device)
    assert draws_random_numbers(dropping, lambda twin: twin(x), device)
    assert not draws_random_numbers(dropping.eval(), lambda twin: twin(x), device)
    assert all(torch.equal(before[name], value) for name, value in dropping.state_dict().items())
