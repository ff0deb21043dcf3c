"""augment: a seeded affine map per image, of a known size, that leaves a blank image blank."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tlkit.train.augment import augment


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def a_disc(size: int = 64, radius: float = 8.0) -> torch.Tensor:
    at = torch.arange(size) - (size - 1) / 2
    return ((at[:, None] ** 2 + at[None, :] ** 2) <= radius**2).float().reshape(1, 1, size, size)


def centre(images: torch.Tensor) -> torch.Tensor:
    at = torch.arange(images.shape[-1]) - (images.shape[-1] - 1) / 2
    mass = images.sum(dim=(1, 2, 3))
    return torch.stack(
        [(images.sum(dim=(1, 2)) * at).sum(dim=1) / mass, (images.sum(dim=(1, 3)) * at).sum(dim=1) / mass],
        dim=1,
    )


def test_the_same_seed_gives_the_same_pictures_and_global_randomness_is_not_used() -> None:
    images, state = torch.rand(5, 3, 16, 16), torch.get_rng_state()
    kept = images.clone()
    assert torch.equal(augment(images, generator(1)), augment(images, generator(1)))
    assert not torch.equal(augment(images, generator(1)), augment(images, generator(2)))
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(images, kept)


def test_strength_nought_is_no_change() -> None:
    images = torch.rand(3, 1, 8, 8)
    assert torch.equal(augment(images, generator(), 0), images)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), strength=st.floats(0.1, 2.0), value=st.floats(0, 1))
def test_a_blank_image_stays_blank_and_values_stay_in_range(seed: int, strength: float, value: float) -> None:
    blank = torch.full((2, 1, 12, 12), value)
    torch.testing.assert_close(augment(blank, generator(seed), strength), blank)
    moved = augment(torch.rand(2, 1, 12, 12), generator(seed), strength)
    assert 0 <= float(moved.min()) <= float(moved.max()) <= 1 + 1e-6


def test_shift_and_size_stay_within_what_is_said() -> None:
    discs = a_disc().expand(400, -1, -1, -1)
    moved = augment(discs, generator())
    away = centre(moved)
    assert float(away.abs().max()) <= 0.08 * 64 * 1.6  # shifts, seen through scale and shear
    assert float(away.abs().max()) > 0.04 * 64
    assert abs(float(away.mean())) < 0.5, "as often to one side as to the other"
    areas = moved.sum(dim=(1, 2, 3)) / discs[0].sum()
    assert 0.7 < float(areas.min()) < 0.9
    assert 1.1 < float(areas.max()) < 1.45
