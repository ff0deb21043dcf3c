"""The emoji: one cut for all styles, pictures as they were stored, and names that are texts."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlkit import backbones, compare, data, panels, similarity, train
from tlkit.data import embedded, emoji
from tlkit.errors import DataError, TlkitError
from tlkit.files import packaged, sha256

PICTURES = tuple(emoji.PREFIX + style for style in emoji.STYLES)
FOLDER = packaged("data", "sets")
THINGS = emoji.read_things(FOLDER)


@pytest.mark.parametrize("name", PICTURES)
def test_every_style_is_whole(name: str) -> None:
    dataset = data.load(name)
    test = dataset.test.open("check of the embedded file")
    assert len(dataset.train) + len(dataset.validation) + len(test) == len(THINGS.names)
    for split in (dataset.train, dataset.validation, test):
        assert split.images.shape[1:] == (3, 64, 64)
        assert split.images.min() < 0.02
        assert split.images.max() == 1
        assert split.counts().min() >= 2
        assert (split.images.reshape(len(split), -1).std(axis=1) > 0.02).all()
        corners = split.images[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
        assert np.median(corners) == 1, "drawn on white"
    assert dataset.train.counts().min() >= 10, "ten labels of every class can be drawn"
    assert dataset.fingerprint == dataset.card.fingerprint


def test_a_thing_is_in_the_same_split_of_every_style_and_of_the_names() -> None:
    names = data.load("emoji:names")
    splits = {"train": names.train, "validation": names.validation, "test": names.test.open("check")}
    for name in PICTURES:
        dataset = data.load(name)
        labels = {
            "train": dataset.train.labels,
            "validation": dataset.validation.labels,
            "test": dataset.test.open("check").labels,
        }
        for where, split in splits.items():
            assert dataset.item_names[where] == split.texts
            np.testing.assert_array_equal(labels[where], split.labels)
    together = [text for split in splits.values() for text in split.texts]
    assert len(set(together)) == len(together) == len(set(THINGS.codes)), "no thing is in two splits"


def test_the_same_draw_shows_the_same_things_in_every_style() -> None:
    drawn = {name: data.load(name).few_shot(5, seed=3).train for name in PICTURES}
    names = data.load("emoji:names")
    texts = names.few_shot(5, seed=3).train.texts
    for name, split in drawn.items():
        images = data.load(name).train.images
        known = {image.tobytes(): text for image, text in zip(images, names.train.texts, strict=True)}
        assert tuple(known[image.tobytes()] for image in split.images) == texts


def test_the_classes_are_those_of_unicodes_subgroups() -> None:
    from tlkit.data.build.emoji_cards import KINDS

    assert THINGS.card.classes == tuple(KINDS)
    for kind, label in zip(THINGS.kinds, THINGS.labels.tolist(), strict=True):
        assert kind in KINDS[THINGS.card.classes[label]]
    at = dict(zip(THINGS.names, THINGS.labels.tolist(), strict=True))
    for name, label in (
        ("tiger face", "animal"),
        ("violin", "music"),
        ("hammer", "tool"),
        ("banana", "fruit-vegetable"),
    ):
        assert THINGS.card.classes[at[name]] == label
    assert THINGS.codes[THINGS.names.index("tiger face")] == "1F42F"


def test_styles_draw_the_same_thing_more_alike_than_different_things() -> None:
    small = {}
    for name in PICTURES:
        images = data.load(name).train.images
        small[name] = images.reshape(len(images), 3, 8, 8, 8, 8).mean(axis=(3, 5)).reshape(len(images), -1)
    for other in PICTURES[1:]:
        apart = ((small[PICTURES[0]][:, None] - small[other][None]) ** 2).mean(axis=2)
        right = np.diag(apart)
        # A mixed-up sheet would find the same thing no nearer than any other: at rank one half.
        assert np.median((apart < right[:, None]).mean(axis=1)) < 0.05


def test_the_files_are_small_and_their_licences_lie_beside_them() -> None:
    files = list(FOLDER.glob("emoji-*"))
    assert len(files) == 8
    assert sum(path.stat().st_size for path in files) < 8e6
    texts = {path.name: path.read_text(encoding="utf-8") for path in (FOLDER / "licences").iterdir()}
    for file, words in (
        ("Apache-2.0.txt", "Apache License"),
        ("OFL-1.1.txt", "SIL OPEN FONT LICENSE"),
        ("CC-BY-4.0.txt", "Creative Commons Attribution 4.0"),
        ("MIT-fluent-emoji.txt", "Copyright (c) Microsoft Corporation"),
        ("MIT-emoji-data.txt", "Cal Henderson"),
        ("Unicode-3.0.txt", "UNICODE LICENSE V3"),
    ):
        assert words in texts[file]
        assert file in texts["README.md"]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the package find its sets in a folder of which they can be damaged."""
    for path in FOLDER.glob("emoji-*"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(embedded, "packaged", lambda *parts: tmp_path.joinpath(*parts[2:]))
    embedded._read.cache_clear()
    yield tmp_path
    embedded._read.cache_clear()


@pytest.mark.parametrize("file", ["emoji-noto.png", "emoji-names.npz"])
def test_a_changed_truncated_or_missing_file_is_refused_by_name(copied: Path, file: str) -> None:
    path = copied / file
    whole = path.read_bytes()
    assert len(data.load("emoji:noto").test) > 0
    for damaged in (whole[:-10], whole[:500] + bytes([whole[500] ^ 1]) + whole[501:], b""):
        path.write_bytes(damaged)
        embedded._read.cache_clear()
        with pytest.raises(DataError, match=r"'emoji:.*' was changed or cut short"):
            data.load("emoji:noto")
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        data.load("emoji:noto")


def test_a_sheet_that_decodes_to_other_pixels_is_refused(copied: Path) -> None:
    import json

    path = copied / "emoji-noto.png"
    with Image.open(path) as picture:
        other = picture.point(lambda value: 255 - value)
    other.save(path)
    card = json.loads((copied / "emoji-noto.json").read_text())
    (copied / "emoji-noto.json").write_text(json.dumps({**card, "sha256": sha256(path)}))
    with pytest.raises(DataError, match="has changed: its fingerprint"):
        data.load("emoji:noto")


def test_what_is_no_sheet_is_refused() -> None:
    for content in (b"", b"no picture"):
        with pytest.raises(DataError, match="cannot be decoded"):
            emoji.tiles(content, 1)
    file = io.BytesIO()
    Image.new("RGB", (100, 64)).save(file, "png")
    with pytest.raises(DataError, match="cannot be decoded"):
        emoji.tiles(file.getvalue(), 1)


# Names are texts


def test_names_are_drawn_and_shown_like_pictures() -> None:
    names = data.load("emoji:names")
    task = names.few_shot(2, seed=0)
    assert Counter(task.train.labels.tolist()) == dict.fromkeys(range(12), 2)
    assert all(text == text.lower().strip() and text for text in names.train.texts)
    assert "animal: " in str(names.preview(3))
    assert "<table>" in names.preview(3)._repr_html_()
    assert "test texts, test sealed" in repr(names)
    assert "text-classification" in names.card.markdown()


def test_what_needs_pictures_refuses_names_in_words() -> None:
    names, net = data.load("emoji:names"), backbones.load("zoo:resnet-letters")
    task = names.few_shot(1, seed=0)
    of_the_network = r"takes images, and the items of emoji:names are texts"
    for ask, said in (
        (lambda: train.fit(net, task, progress=False), of_the_network),
        (
            lambda: compare.run(names, net, ["random-frozen", "frozen"], seeds=2, progress=False),
            of_the_network,
        ),
        (
            lambda: similarity.report(names, data.load("greek"), net),
            r"source are texts, those of the target are pictures",
        ),
        (
            lambda: similarity.report(data.load("greek"), names, net),
            r"source are pictures, those of the target are texts",
        ),
        (lambda: panels.Freeze(net, task), of_the_network),
        (
            lambda: panels.Similarity(data.load("letters"), names, net).run(),
            r"letters has pictures, and the items of the target, emoji:names, are texts",
        ),
        (lambda: panels.Compare(names, net).run(), of_the_network),
    ):
        with pytest.raises(TlkitError, match=said):
            ask()
    assert names.test.openings == 0
