"""What a target shares with a source: items, near copies, feature neighbours, and classes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from tlkit import backbones, data, similarity
from tlkit.data import Dataset, Split
from tlkit.errors import SimilarityError, StoppedError

PHOTOS = data.load("photos")
LETTERS_NET = backbones.load("zoo:resnet-letters")


def _jpeg(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=60)
    return Image.open(file)


ALTERED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "scaled": lambda one: one.resize((one.width * 7 // 10, one.height * 7 // 10), Image.Resampling.BICUBIC),
    "compressed": _jpeg,
    "darker": lambda one: ImageEnhance.Brightness(one).enhance(0.85),
    "brighter": lambda one: ImageEnhance.Brightness(one).enhance(1.15),
    "mirrored": lambda one: one.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


def _altered(images: NDArray[np.float32], how: str, large: int = 4) -> NDArray[np.float32]:
    """Alter pictures while they are large, as happens to files, and bring them back to their size."""
    made = []
    for image in images:
        whole = Image.fromarray(np.rint(255 * image.transpose(1, 2, 0)).astype(np.uint8).squeeze())
        size = whole.size
        whole = ALTERED[how](whole.resize((large * size[0], large * size[1]), Image.Resampling.BICUBIC))
        pixels = np.asarray(whole.resize(size, Image.Resampling.BOX), dtype=np.float32) / 255
        made.append(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1))
    return np.stack(made)


def _with(split: Split, images: NDArray[np.float32]) -> Split:
    return Split(images, split.labels[: len(images)], split.classes)


def test_a_set_is_wholly_in_itself_and_no_opening_is_counted() -> None:
    digits = data.load("digits")
    found = similarity.overlap(digits, digits.few_shot(1, seed=0))
    assert len(found.exact) == len(digits.train) + len(digits.validation) + len(digits.test)
    assert all(pair.source == pair.target for pair in found.exact)
    assert (found.near, found.alike_features) == ((), ())
    assert found.record()["exact"]["by_split"] == {
        "train": len(digits.train),
        "validation": len(digits.validation),
        "test": len(digits.test),
    }
    assert digits.test.openings == 0
    assert found.positions("test") == tuple(range(len(digits.test)))


@pytest.mark.parametrize("how", ["scaled", "compressed", "darker"])
def test_altered_copies_of_photos_are_found_with_their_originals(how: str) -> None:
    chosen = PHOTOS.train.select(np.arange(0, len(PHOTOS.train), 6))
    found = similarity.overlap(PHOTOS, _with(chosen, _altered(np.asarray(chosen.images), how)))
    right = sum(pair.source == ("train", 6 * pair.target[1]) for pair in found.near)
    assert right >= 0.97 * len(chosen)
    assert right >= 0.99 * len(found.near)
    assert not found.exact
    assert "scaled, compressed or darkened" in found.warnings[0]
    assert 0.99 < min(pair.likeness for pair in found.near) <= 1


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("letters", "greek"),
        ("photos", "textures"),
        ("printed-digits", "digits"),
        ("emoji:noto", "emoji:twemoji"),
    ],
)
def test_different_sets_share_no_pictures(source: str, target: str) -> None:
    found = similarity.overlap(data.load(source), data.load(target))
    assert (found.exact, found.near) == ((), ())
    assert not any("Items" in one for one in found.warnings)


def test_features_find_mirrored_drawings_that_the_hash_does_not() -> None:
    noto = data.load("emoji:noto").train
    chosen = noto.select(np.arange(0, len(noto), 6))
    mirrored = _with(chosen, _altered(np.asarray(chosen.images), "mirrored"))
    net = backbones.load("zoo:efficientnet-lite0", side=64)
    found = similarity.overlap(noto, mirrored, net)
    right = [pair for pair in found.alike_features if pair.source[1] == 6 * pair.target[1]]
    assert len(found.near) < 0.2 * len(chosen)
    assert len(right) > 0.5 * len(chosen)
    assert len(right) >= 0.9 * len(found.alike_features)


def test_features_find_brighter_letters_that_the_hash_does_not() -> None:
    letters = data.load("letters")
    source = letters.train.select(np.arange(0, len(letters.train), 12))
    copies = 0.6 * np.asarray(source.images[:100]) + 0.4 * (np.asarray(source.images[:100]) > 0.5)
    target = _with(source, np.roll(copies.astype(np.float32), 1, axis=3))
    found = similarity.overlap(source, target, LETTERS_NET)
    assert len(found.alike_features) > 30
    right = [pair for pair in found.alike_features if pair.source[1] == pair.target[1]]
    assert len(right) >= 0.95 * len(found.alike_features)
    assert found.features is not None
    assert found.features.more_than_chance
    assert found.features.expected < 3
    assert "zoo:resnet-letters finds more like" in " ".join(found.warnings)
    known = {pair.target for pair in (*found.exact, *found.near)}
    assert not known & {pair.target for pair in found.alike_features}


def test_other_pictures_are_not_alike_by_features_beyond_chance() -> None:
    letters, greek = data.load("letters"), data.load("greek")
    source = letters.train.select(np.arange(0, len(letters.train), 12))
    found = similarity.overlap(source, greek.train.select(np.arange(0, 600)), LETTERS_NET)
    assert found.features is not None
    assert not found.features.more_than_chance
    assert found.features.false_share <= 0.015
    assert len(found.alike_features) <= 0.01 * 600
    assert not found


def test_two_halves_of_one_set_are_not_called_copies() -> None:
    train = PHOTOS.train
    net = backbones.load("zoo:resnet-shapes")
    one, other = train.select(np.arange(0, 1200, 2)), train.select(np.arange(1, 1200, 2))
    found = similarity.overlap(one, other, net)
    assert found.features is not None
    # Patches of one photograph may overlap, so that some are nearly copies; by far most are not.
    assert len(found.alike_features) < 0.06 * len(other)


def test_few_pictures_cannot_say_how_alike_different_ones_are() -> None:
    few = PHOTOS.train.select(np.arange(50))
    found = similarity.overlap(few, few, LETTERS_NET)
    assert found.features is None
    assert any("takes 200 different pictures" in one for one in found.checked)


def test_a_folder_with_copies_of_other_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for folder, count in (("source", 40), ("target", 30)):
        for name in ("cat", "dog"):
            (tmp_path / folder / name).mkdir(parents=True)
            for at in range(count):
                rough = rng.integers(0, 255, size=(6, 6, 3), dtype=np.uint8)
                Image.fromarray(rough).resize((64, 64), Image.Resampling.BICUBIC).save(
                    tmp_path / folder / name / f"{at:02}.png"
                )
    originals = sorted((tmp_path / "source").rglob("*.png"))[:10]
    for at, path in enumerate(originals):
        with Image.open(path) as picture:
            if at < 5:
                picture.save(tmp_path / "target" / "cat" / f"same-{at}.png")
            else:
                picture.resize((90, 90), Image.Resampling.BICUBIC).save(
                    tmp_path / "target" / "cat" / f"near-{at}.jpg", quality=70
                )
    source, target = (
        data.images(tmp_path / name, size=48, cache=False, progress=False) for name in ("source", "target")
    )
    found = similarity.overlap(source, target)
    assert sorted(pair.target_item for pair in found.exact) == [f"cat/same-{at}.png" for at in range(5)]
    assert sorted(pair.target_item for pair in found.near) == [f"cat/near-{at}.jpg" for at in range(5, 10)]
    for pair in (*found.exact, *found.near):
        at = int(Path(pair.target_item).stem[-1])
        assert originals[at].as_posix().endswith(pair.source_item)
    assert {one.target: one.relation for one in found.names} == {"cat": "same", "dog": "same"}
    assert "cat/same-" in found.warnings[0]
    assert target.test.openings == source.test.openings == 0


def test_pictures_of_a_sealed_test_set_are_named_and_not_shown() -> None:
    digits = data.load("digits")
    found = similarity.overlap(digits.test, digits.test)
    assert len(found.exact) == len(digits.test)
    assert found.pairs_shown == ()
    assert "<img" not in found._repr_html_()
    shown = similarity.overlap(digits.train, digits)
    closed = [one for one in shown.pairs_shown if one.pair.target[0] == "test"]
    assert closed
    assert all(one.target is None and one.source is not None for one in closed)
    assert shown._repr_html_().count("lies in a sealed test set and is not shown") == len(closed)
    assert digits.test.openings == 0


def test_the_record_and_both_twins_say_the_same() -> None:
    digits = data.load("digits")
    found = similarity.overlap(digits.train, digits)
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert record["kind"] == "overlap"
    assert record["exact"]["count"] == len(found.exact) == len(digits.train)
    assert len(record["exact"]["pairs"]) == 500
    page = found._repr_html_()
    for warning in record["warnings"]:
        assert warning in str(found)
        assert warning.replace("'", "&#x27;") in page
    assert page.count("<img") == sum(2 - (one.target is None) for one in found.pairs_shown) > 8
    assert page.count("<img") == page.count('alt="')
    assert "<script>" not in similarity.overlap(replace(digits, name="<script>"), digits)._repr_html_()


def test_a_network_brings_its_classes_and_says_where_its_pictures_are() -> None:
    printed = backbones.load("zoo:resnet-printed-digits")
    found = similarity.overlap(printed, data.load("digits"))
    assert len(found.of("same")) == 10
    assert any("data.load('printed-digits')" in one for one in found.checked)
    assert any("numbers" in one for one in found.notes)
    net = backbones.load("zoo:efficientnet-lite0", side=48)
    imagenet = similarity.overlap(net, _named(["zebra", "poodle", "nebula", "donut maker"]))
    assert [one.target for one in imagenet.of("same")] == ["zebra"]
    assert imagenet.of("kinds")[0].source == ("toy poodle", "miniature poodle", "standard poodle")
    assert "1 of 4 classes" in imagenet.warnings[0]
    assert not similarity.overlap(net, _named(["nebula", "quasar"]))


def _named(names: list[str]) -> Dataset:
    images = np.random.default_rng(0).uniform(size=(8 * len(names), 8, 8))
    return data.arrays(images, names * 8)


def test_texts_that_differ_by_case_are_nearly_equal() -> None:
    names = data.load("emoji:names")
    train = names.train.select(np.arange(20))
    shouted = data.TextSplit([text.upper() + "!" for text in train.texts], train.labels, train.classes)
    found = similarity.overlap(names, shouted)
    assert [pair.source for pair in found.near] == [("train", at) for at in range(20)]
    assert len(similarity.overlap(names, train).exact) == 20


@pytest.mark.parametrize(
    ("source", "target", "backbone", "words"),
    [
        (PHOTOS, data.load("emoji:noto"), None, "have 1 channel, .*3"),
        (data.load("emoji:names"), data.load("emoji:noto"), None, "are texts, those of .* are pictures"),
        (data.load("emoji:names"), data.load("emoji:names"), LETTERS_NET, "texts, which are compared as"),
        (PHOTOS.train.select([]), PHOTOS, None, "The source has no items"),
        (PHOTOS, PHOTOS.train.select([]), None, "The target has no items"),
        ("photos", PHOTOS, None, "The source is of the kind str"),
        (PHOTOS, np.zeros((3, 1, 4, 4)), None, "The target is of the kind ndarray"),
        (PHOTOS, LETTERS_NET, None, "The target is of the kind Backbone"),
        (PHOTOS, PHOTOS, "resnet", "The backbone is of the kind str"),
        (LETTERS_NET, PHOTOS, LETTERS_NET, "brings no pictures"),
        (LETTERS_NET.reinitialised(0), PHOTOS, None, "names no classes"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    source: object, target: object, backbone: object, words: str
) -> None:
    with pytest.raises(SimilarityError, match=words):
        similarity.overlap(source, target, backbone)


@pytest.mark.parametrize("least", [2, float("nan"), True, "high"])
def test_no_cosine(least: object) -> None:
    with pytest.raises(SimilarityError, match="least_cosine"):
        similarity.overlap(PHOTOS, PHOTOS, least_cosine=least)  # type: ignore[arg-type]


def test_it_tells_how_far_it_is_and_stops() -> None:
    told: list[float] = []
    digits = data.load("digits")
    source = digits.train.select(np.arange(300))
    similarity.overlap(source, digits, LETTERS_NET, progress=lambda words, share: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)
    with pytest.raises(StoppedError):
        similarity.overlap(source, digits, should_stop=lambda: len(told) > 0)
