from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from tests.data.drawing import encoded, picture
from tlkit import data
from tlkit.data import Dataset, Finding, Findings, Split
from tlkit.data.alike import alike_pairs, components, thumbnails
from tlkit.data.picture import Working, decode
from tlkit.data.shuffled import agreement
from tlkit.errors import DataError, StoppedError

IMAGE_SETS = [name for name in data.names() if name != "emoji:names"]


def _arrays(labels: list[Any], **settings: Any) -> Dataset:
    images = np.random.default_rng(0).uniform(size=(len(labels), 3, 12, 12))
    return data.arrays(images, labels, channels="first", **settings)


def _rules(dataset: Dataset) -> list[str]:
    return [one.rule for one in dataset.findings]


def test_sound_data_give_no_finding() -> None:
    dataset = _arrays(["cat", "dog"] * 30)
    assert _rules(dataset) == []
    assert not dataset.findings
    assert str(dataset.findings) == "Nothing was found that is wrong with 'own'."
    assert dataset.test.openings == 0


def test_tiny_classes_and_imbalance_are_measured() -> None:
    dataset = _arrays(["cat"] * 180 + ["dog"] * 12 + ["fox"] * 40)
    imbalance, tiny = dataset.findings
    assert (tiny.rule, tiny.where) == ("tiny-class", ("dog",))
    assert "one item is worth 33 %" in tiny.why
    counts = dataset.train.counts()
    assert imbalance.rule == "imbalance"
    assert f"{counts.max() / counts.sum():.0%}" in imbalance.why


@pytest.mark.parametrize(
    ("names", "alike"),
    [
        (("cat", "Cat", "dog"), "'Cat' and 'cat'"),
        (("red fox", "Red  Fox ", "dog"), "'Red  Fox ' and 'red fox'"),
        (("caf\u00e9", "cafe\u0301", "tea"), "'caf\u00e9' and 'cafe\u0301'"),
        (("cat", "cats", "dog"), None),
        (("a", "A", "b"), None),
    ],
)
def test_names_that_differ_only_by_how_they_are_written(names: tuple[str, ...], alike: str | None) -> None:
    found = _arrays(list(names) * 20).findings.of("class-names-alike")
    if alike is None:
        assert not found
    else:
        assert set(re.findall(r"'[^']*'", found[0].where[0])) == set(re.findall(r"'[^']*'", alike))


def test_pictures_of_one_colour_are_named() -> None:
    images = np.random.default_rng(0).uniform(size=(60, 3, 12, 12))
    images[7] = 0.5
    images[8] = np.array([0.1, 0.5, 0.9])[:, None, None]
    images[9] = 0.5
    images[9, 0, 3, 3] = 0.6
    (finding,) = data.arrays(images, ["cat", "dog"] * 30, channels="first").findings
    assert finding.rule == "one-colour"
    assert len(finding.where) == 2


def test_copies_are_told_apart_by_where_they_are() -> None:
    images = np.random.default_rng(0).uniform(size=(80, 3, 12, 12))
    images[40:60] = images[:20]
    labels = ["cat", "dog"] * 40
    dataset = data.arrays(images, labels, channels="first")
    exact = dataset.duplicates()
    across, within = dataset.findings
    assert (across.rule, within.rule) == ("copies-across-splits", "copies-within-a-split")
    assert len(across.where) == len(exact.across)
    assert len(within.where) == len(exact.within)
    labels[40] = "dog"
    dataset = data.arrays(images, labels, channels="first")
    assert dataset.findings.of("copies-with-other-labels")
    assert not dataset.findings.of("near-copies-across-splits"), "exact copies are told once"


def _thumbs(contents: list[bytes]) -> np.ndarray:
    pixels = np.stack([decode(one, Working(64))[0] for one in contents])
    return thumbnails(Split.from_bytes(np.moveaxis(pixels, 1, -1), np.zeros(len(pixels), int), ("all",)))


@pytest.mark.parametrize("how", ["smaller", "compressed", "lighter", "another format"])
def test_copies_that_were_worked_on_are_found_and_others_are_not(how: str) -> None:
    whole = [picture(seed, 120, 90) for seed in range(100)]
    changed = {
        "smaller": lambda one: encoded(one.resize((84, 63)), "PNG"),
        "compressed": lambda one: encoded(one, "JPEG", quality=60),
        "lighter": lambda one: encoded(one.point(lambda value: min(255, int(value * 1.08))), "PNG"),
        "another format": lambda one: encoded(one, "WEBP", quality=80),
    }[how]
    thumbs = _thumbs([*(encoded(one, "PNG") for one in whole), *(changed(one) for one in whole)])
    pairs = alike_pairs(thumbs)
    own = pairs[:, 1] - pairs[:, 0] == 100
    assert own.all(), "no two different pictures are taken for the same"
    assert own.sum() >= 97


def test_a_mirrored_or_recoloured_picture_is_another() -> None:
    whole = [picture(seed, 64, 64) for seed in range(30)]
    mirrored = [one.transpose(0) for one in whole]
    recoloured = [one.convert("RGB", (0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0)) for one in whole]
    for others in (mirrored, recoloured):
        assert not len(alike_pairs(_thumbs([encoded(one, "PNG") for one in [*whole, *others]])))


def test_groups_are_what_pairs_connect() -> None:
    groups = components(np.array([[0, 2], [2, 4], [1, 5]]), 6)
    assert groups[0] == groups[2] == groups[4]
    assert groups[1] == groups[5]
    assert len(set(groups)) == 3


@pytest.mark.parametrize("name", IMAGE_SETS)
def test_embedded_sets_raise_no_alarm(name: str) -> None:
    dataset = data.load(name)
    found = {one.rule for one in dataset.findings.problems}
    # The classes of emoji are as large as Unicode made them.
    assert found <= {"near-copies-across-splits", *(["imbalance"] if name.startswith("emoji") else [])}
    near = dataset.findings.of("near-copies-across-splits")
    assert sum(len(one.where) for one in near) <= 5, "a handful of patches and drawings that are nearly equal"
    assert dataset.test.openings == 0


@pytest.mark.parametrize("name", IMAGE_SETS)
@pytest.mark.parametrize("seed", range(3))
def test_shuffled_labels_raise_the_alarm_and_true_ones_do_not(name: str, seed: int) -> None:
    train = data.load(name).train
    generator = np.random.default_rng(seed)
    some = train.select(generator.permutation(len(train))[:300])
    true = agreement(some, seed)
    assert true is not None
    assert not true.looks_shuffled
    mixed = agreement(Split(some.images, generator.permutation(some.labels), some.classes), seed)
    assert mixed is not None
    assert mixed.looks_shuffled
    assert true.deviations > 4 > mixed.deviations


def test_the_alarm_is_right_in_99_of_100_cases() -> None:
    train = data.load("printed-digits").train.select(range(0, 2000, 5))
    generator = np.random.default_rng(1)
    heard = sum(
        agreement(
            Split(train.images, generator.permutation(train.labels), train.classes), seed
        ).looks_shuffled  # type: ignore[union-attr]
        for seed in range(60)
    )
    # Of 60 shuffles 0.6 are expected to be missed; four or more would be in 3 of 1,000 cases.
    assert heard >= 57


def test_the_finding_says_how_often_and_by_chance() -> None:
    train = data.load("letters").train
    labels = np.random.default_rng(0).permutation(train.labels)
    dataset = data.arrays(train.images[:4000], labels[:4000])
    (finding,) = dataset.findings.of("labels-look-shuffled")
    assert re.search(r"in 2% of cases; by chance it would be 2%", finding.what)
    with pytest.raises(DataError, match="labels-look-shuffled"):
        dataset.findings.refuse()


def test_too_few_pictures_are_not_judged() -> None:
    train = data.load("printed-digits").train
    assert agreement(train.select(range(199))) is None


def test_a_look_tells_how_far_it_is_and_ends_on_request() -> None:
    dataset = _arrays(["cat", "dog"] * 200)
    told: list[tuple[str, float]] = []
    found = dataset.check(progress=lambda words, share: told.append((words, share)))
    assert found is dataset.findings
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 1
    assert len({words for words, _ in told}) == 6
    for most in range(len(told)):
        seen: list[str] = []
        with pytest.raises(StoppedError):
            dataset.check(lambda: len(seen) == most, lambda words, share: seen.append(words))  # noqa: B023
        assert len(seen) == most


def test_findings_name_their_items_and_classes() -> None:
    images = np.random.default_rng(0).uniform(size=(120, 3, 12, 12))
    images[40:60] = images[:20]
    images[70] = 0.5
    labels = ["cat", "Cat", "dog", "cat"] * 30
    dataset = data.arrays(images, labels, channels="first")
    flat, copies = (dataset.findings.of(rule)[0] for rule in ("one-colour", "copies-across-splits"))
    assert [dataset.item_name(*group[0]) for group in flat.items] == list(flat.where)
    for group, where in zip(copies.items, copies.where, strict=True):
        assert [dataset.item_name(*place) for place in group] == where.split(" ~ ")
        assert len({split for split, _ in group}) > 1
    assert set(dataset.findings.of("class-names-alike")[0].classes[0]) == {"cat", "Cat"}
    told = " ".join(dataset.findings.checked)
    assert "120 pictures" in told
    assert "Labels were not judged" in told


def test_groups_that_given_splits_tear_apart_are_named() -> None:
    source = {
        "text": [f"text {at}" for at in range(12)],
        "label": ["a", "b"] * 6,
        "who": [f"person {at}" for at in [0, 1, 2, 3, 0, 4, 5, 6, 7, 8, 9, 10]],
        "split": ["train"] * 4 + ["validation"] * 4 + ["test"] * 4,
    }
    dataset = data.table(source, text="text", split="split", group="who")
    (torn,) = dataset.findings.of("groups-across-splits")
    assert torn.items == ((("train", 0), ("validation", 0)),)
    assert torn.where == ("train[0] ~ validation[0]",)


def test_findings_are_a_sequence_with_three_faces() -> None:
    problem = Finding("one", "2 < 3 pictures.", "It <b>matters</b>.", "Mend & go.", tuple("abcdefg"))
    note = Finding("two", "A note.", "", "", (), "note")
    findings = Findings([note, problem], "pets")
    assert list(findings) == [problem, note]
    assert findings.problems == (problem,)
    assert findings[0] is problem
    assert findings[:1] == (problem,)
    assert len(findings) == 2
    assert str(findings).splitlines() == [
        "1 problem and 1 note about 'pets':",
        "- 2 < 3 pictures. It <b>matters</b>. Mend & go. Found in: a; b; c; d; e; and 2 more. [one]",
        "- A note. [two]",
    ]
    html = findings._repr_html_()
    assert "It &lt;b&gt;matters&lt;/b&gt;." in html
    assert html.count("<tr>") == 3
    assert 'scope="col"' in html
    with pytest.raises(DataError, match=r"1 problem found in 'pets': \(1\) 2 < 3 .*\[one\].*strict=False"):
        findings.refuse()
    Findings([note], "pets").refuse()
