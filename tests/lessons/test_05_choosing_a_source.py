"""Lesson 5's exercises: every correct solution is accepted, a wrong one gets its author's hint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from tlkit import backbones, compare, data, similarity
from tlkit.course import check
from tlkit.errors import SimilarityError

Pictures = NDArray[np.float32]
ARMS = ["random-frozen", "frozen"]


@pytest.fixture(scope="module")
def nets() -> dict[str, backbones.Backbone]:
    return {name: backbones.load(f"zoo:resnet-{name}") for name in ("letters", "shapes", "photos")}


@pytest.fixture(scope="module")
def shapes() -> Any:
    return data.load("shapes").validation


# Exercise 1


@pytest.mark.parametrize("seed", [0, 5, 99])
def test_a_right_place_is_accepted_whatever_the_shuffle(
    nets: dict[str, backbones.Backbone], shapes: Any, seed: int
) -> None:
    mixed = np.random.default_rng(seed).permutation(shapes.labels)
    floor = similarity.logme(nets["letters"].features(shapes.images), mixed)
    ceiling = similarity.logme(nets["shapes"].features(shapes.images), shapes.labels)
    found = check("05-own-place", floor, ceiling)
    assert found.right, found.text
    assert "the letters network stands at" in found.text


def test_wrong_places_get_the_hint_for_their_belief(nets: dict[str, backbones.Backbone], shapes: Any) -> None:
    seen = nets["letters"].features(shapes.images)
    value = similarity.logme(seen, shapes.labels)
    floor = similarity.logme(seen, np.random.default_rng(0).permutation(shapes.labels))
    ceiling = similarity.logme(nets["shapes"].features(shapes.images), shapes.labels)
    of_pixels = similarity.logme(shapes.images.reshape(len(shapes.images), -1), shapes.labels)
    wrong = [
        ((value, ceiling), "with the right labels", ""),
        ((0.0, ceiling), "0 is no special number", "the floor of a score is zero"),
        ((floor - 0.5, ceiling), "in another order", ""),
        ((floor, value), "the letters network itself", ""),
        ((floor, 1.0), "A ceiling is measured", "a score means something"),
        ((floor, of_pixels), "The network that learned shapes has", ""),
    ]
    for made, said, belief in wrong:
        found = check("05-own-place", *made)
        assert found.right is False
        assert said in found.text
        assert belief in found.belief
        assert bool(belief) == bool(found.belief)


# Exercise 2

Gains = dict[str, compare.Comparison]


@pytest.fixture(scope="module")
def textures() -> data.Dataset:
    """Every sixth of the textures: the checks ask for the name and for what was measured."""
    every = data.load("textures").train
    return data.arrays(every.images[::6], every.labels[::6], name="textures")


def measured(
    nets: Mapping[str, backbones.Backbone], target: data.Dataset, *arms: str | compare.Arm, seeds: int = 3
) -> Gains:
    return {
        name: compare.run(target, one, arms or ARMS, seeds, labels_per_class=2, n_jobs=1, progress=False)
        for name, one in nets.items()
    }


@pytest.fixture(scope="module")
def gains(nets: dict[str, backbones.Backbone], textures: data.Dataset) -> Gains:
    return measured(nets, textures)


@pytest.fixture(scope="module")
def ranking(nets: dict[str, backbones.Backbone], textures: data.Dataset) -> similarity.Ranking:
    return similarity.rank(nets, textures, draws=2)


def test_a_ranking_with_its_gains_is_accepted_whether_it_was_right_or_not(
    ranking: similarity.Ranking, gains: Gains
) -> None:
    proved = ranking.with_gains(gains)
    found = check("05-own-choice", proved, gains)
    assert found.right, found.text
    assert proved.proved is not None
    # The same networks, put the other way round: whichever was right, now the other is.
    turned = replace(proved, candidates=proved.candidates[::-1])
    other = check("05-own-choice", turned, gains)
    assert other.right, other.text
    assert {"No regret" in found.text, "No regret" in other.text} == {proved.proved.picked, False}
    assert "regret" in other.text


def test_wrong_choices_get_the_hint_for_their_belief(
    nets: dict[str, backbones.Backbone], textures: data.Dataset, ranking: similarity.Ranking, gains: Gains
) -> None:
    letters = {"letters": nets["letters"]}
    two = {name: gains[name] for name in ("letters", "photos")}
    one_draw = {**gains, "letters": measured(letters, textures, seeds=1)["letters"]}
    elsewhere = {**gains, "letters": replace(gains["letters"], dataset="digits")}
    alone = {
        **gains,
        "letters": measured(letters, textures, replace(compare.ARMS["frozen"], name="again"), "frozen")[
            "letters"
        ],
    }
    wrong = [
        (replace(ranking, target="digits"), gains, "The target is textures", ""),
        (ranking, gains, "knows no gains yet", "sure of its first place"),
        (ranking.with_gains(gains), elsewhere, "is on digits", ""),
        (ranking.with_gains(gains), alone, "no arm `random-frozen`", ""),
        (ranking.with_gains(gains), one_draw, "has 1 draw", ""),
        (ranking.with_gains({**gains, "letters": 0.9}), gains, "not the one that its comparison", ""),
        (ranking.with_gains(two), two, "Of shapes no gain was measured", ""),
    ]
    for made, shown, said, belief in wrong:
        found = check("05-own-choice", made, shown)
        assert found.right is False
        assert said in found.text
        assert belief in found.belief
        assert bool(belief) == bool(found.belief)


def test_the_line_that_does_not_belong_says_why(
    nets: dict[str, backbones.Backbone], textures: data.Dataset
) -> None:
    with pytest.raises(SimilarityError, match="is a distance"):
        similarity.rank(nets, textures, "frechet")


# Exercise 3


def negative(images: Pictures) -> Pictures:
    return 1 - images


def on_grey(images: Pictures) -> Pictures:
    return np.asarray(0.5 + images / 2)


def with_a_lamp(images: Pictures) -> Pictures:
    return np.clip(images + 0.3, 0, 1)


@pytest.mark.parametrize("change", [negative, on_grey, with_a_lamp])
def test_a_disguise_is_accepted_however_it_is_made(change: Callable[[Pictures], Pictures]) -> None:
    found = check("05-own-disguise", change)
    assert found.right, found.text
    assert "times as far from letters" in found.text


def noise(images: Pictures) -> Pictures:
    drawn = np.random.default_rng(0).normal(0, 0.4, images.shape)
    return np.clip(images + drawn, 0, 1)


def blurred(images: Pictures) -> Pictures:
    return np.asarray(np.clip(gaussian_filter(images, (0, 0, 8, 8)) + 0.4, 0, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda images: images, "Change more"),
        (lambda images: images[..., ::-1], "Change more"),
        (lambda images: 0.3 * images, "are darker"),
        (lambda images: 2 * images + 1, "A picture has 0 to 1"),
        (lambda images: images[:, 0], "went in"),
        (noise, "you hid the digits, too"),
        (blurred, "you hid the digits, too"),
    ],
)
def test_wrong_disguises_are_told_what_happened(change: Callable[[Pictures], Pictures], said: str) -> None:
    found = check("05-own-disguise", change)
    assert found.right is False
    assert said in found.text


def test_a_function_that_fails_or_is_none_is_answered_in_words() -> None:
    assert check("05-own-disguise", "1 - images").right is False
    assert check("05-own-disguise", ...).right is None
