"""preview_augmented: what is shown is what augmentation makes, and the costs are those of the cache."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from tlkit import backbones, data, train
from tlkit.data import Split
from tlkit.errors import DataError
from tlkit.train.augment import augment
from tlkit.train.features import Views, boundary_activations

TASK = data.load("digits").few_shot(5, seed=0)


def test_each_column_is_a_picture_and_its_views() -> None:
    shown = train.preview_augmented(TASK, views=3, strength=0.7, seed=5)
    assert shown.classes == TASK.classes
    first = [int(np.flatnonzero(TASK.train.labels == label)[0]) for label in range(10)]
    originals = torch.from_numpy(np.array(TASK.train.images[first]))
    generator = torch.Generator().manual_seed(5)
    views = [augment(originals, generator, 0.7) for _ in range(3)]
    for at, column in enumerate(shown.columns):
        assert np.array_equal(column, np.stack([originals[at], *(one[at] for one in views)]))
    picture = Image.open(io.BytesIO(shown.png))
    assert picture.size == (2 * (10 * 34 + 2), 2 * (4 * 34 + 4))


def test_a_transform_of_torchvision_is_seeded_and_leaves_global_randomness_alone() -> None:
    transform = v2.Compose([v2.RandomHorizontalFlip(0.5), v2.RandomResizedCrop(24, antialias=True)])
    before = torch.get_rng_state()
    one, again, other = (train.preview_augmented(TASK.dataset, transform, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert one.columns[0].shape == (5, 1, 24, 24)
    assert np.array_equal(one.grid(), again.grid())
    assert not np.array_equal(one.grid(), other.grid())
    assert "views by Compose" in str(one)
    assert not np.array_equal(one.columns[0][1], one.columns[0][2])


def test_a_transform_that_changes_nothing_shows_the_picture_again() -> None:
    shown = train.preview_augmented(TASK.train, v2.Identity(), views=2)
    for column in shown.columns:
        assert np.array_equal(column[0], column[1])
        assert np.array_equal(column[0], column[2])


def test_colour_that_turns_grey_and_back_has_one_layout() -> None:
    images = np.random.default_rng(0).uniform(size=(4, 3, 8, 8))
    split = Split(images, [0, 0, 1, 1], ("a", "b"))
    assert train.preview_augmented(split, v2.Grayscale(), views=1).columns[0].shape == (2, 1, 8, 8)
    assert train.preview_augmented(TASK, v2.Grayscale(3), views=1).columns[0].shape == (2, 3, 32, 32)


def test_the_costs_are_those_of_the_cache() -> None:
    backbone = backbones.load("zoo:resnet-letters")
    recipe = train.Recipe.head().change(augmented_views=4)
    told = train.preview_augmented(TASK, recipe=recipe, backbone=backbone).costs
    found = boundary_activations(
        backbone.with_head(10, seed=0), backbone.transform, TASK.train, "head", views=Views(4)
    )
    assert f"{len(found):,} passes" in told
    assert "4 views of each of 50 pictures" in told
    assert f"{found.values.nbytes / 2**20:.1f} MiB for {found.values.shape[1]:,} features" in told
    none = train.preview_augmented(TASK, recipe=recipe.change(augmented_views=0)).costs
    assert "caches no augmented view." in none
    many = train.preview_augmented(TASK, recipe=recipe.change(most_rows=60)).costs
    assert "of whose 60 rows 50 pictures leave none" in many


def test_the_page_has_picture_and_words() -> None:
    page = train.preview_augmented(TASK)._repr_html_()
    assert page.count("<img ") == 1
    assert "drawn once" in page


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"views": 0}, "views is 0"),
        ({"views": 2.0}, "views is 2.0"),
        ({"seed": -1}, "seed is -1"),
        ({"strength": "a"}, "strength is 'a'"),
        ({"strength": -0.5}, "strength is -0.5"),
        ({"transform": 3}, "The transform is of the kind int"),
        ({"transform": v2.Normalize([0.5], [0.1])}, "Leave v2.Normalize out"),
        ({"transform": v2.ToDtype(torch.uint8, scale=True)}, "uint8 from 0 to 255"),
        ({"transform": lambda one: one[0]}, "gives shape .32, 32."),
        ({"transform": v2.ToPILImage()}, "gives a Image"),
        ({"transform": lambda one: one * torch.nan}, "from nan to nan"),
        ({"transform": lambda one: one[:, : int(torch.randint(8, 30, ()))]}, "pictures of different sizes"),
    ],
)
def test_what_cannot_be_shown_says_why(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        train.preview_augmented(TASK, **settings)


def test_texts_are_refused() -> None:
    texts = data.table({"text": [f"t{at}" for at in range(20)], "label": [0, 1] * 10}, text="text")
    with pytest.raises(DataError, match="texts, which are not augmented"):
        train.preview_augmented(texts)
    with pytest.raises(DataError, match="What is shown is of the kind str"):
        train.preview_augmented("digits")  # type: ignore[arg-type]
