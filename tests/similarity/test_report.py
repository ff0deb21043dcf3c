"""report: floors, ceilings and intervals where the truth is known, on pictures made for the test."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tlkit import similarity
from tlkit.errors import SimilarityError, StoppedError, UnknownNameError
from tlkit.similarity.measures import DISTANCES, SCORES
from tlkit.similarity.place import place
from tlkit.similarity.resample import halves
from tlkit.similarity.view import View


@dataclass
class Split:
    """The least that a split has to be."""

    images: Any
    labels: Any

    def select(self, rows: Any) -> Split:
        return Split(self.images[rows], self.labels[rows])


class Sealed:
    """A test set that must not be read."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the test set was asked for {name}")


@dataclass
class Set:
    train: Split
    name: str = "dots"
    test: Sealed = field(default_factory=Sealed)


class Flat:
    """Sees the pixels as they are, or noise instead of a share of them."""

    def __init__(self, blind: float = 0.0) -> None:
        self.blind, self.name = blind, "flat"

    def features(self, images: NDArray[Any]) -> NDArray[Any]:
        flat = np.asarray(images, dtype=float).reshape(len(images), -1)
        noise = np.random.default_rng(len(images)).normal(size=flat.shape)
        return (1 - self.blind) * flat + self.blind * noise


def dots(shift: float = 0.0, seed: int = 0, each: int = 60, signal: float = 1.0, classes: int = 3) -> Set:
    """Pictures of 3 x 3 in which one pixel tells the class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(classes * each) % classes
    pixels = rng.normal(size=(len(labels), 9)) * 0.4 + shift
    pixels[np.arange(len(labels)), labels] += signal
    return Set(Split(pixels.reshape(-1, 1, 3, 3), labels))


def test_a_network_that_sees_all_is_at_the_ceiling_and_a_blind_one_at_the_floor() -> None:
    target = dots(signal=2.0)
    good = similarity.report(dots(seed=1, signal=2.0), target, Flat(), ceiling=Flat())
    blind = similarity.report(dots(seed=1, signal=2.0), target, Flat(1.0), ceiling=Flat())
    for name in ("logme", "knn"):
        assert good[name].word == "near the ceiling"
        assert blind[name].word == "near the floor"
    assert "better than shuffled labels" in blind.verdict or "hardly at all" in blind.verdict
    assert "sorts dots well" in good.verdict


def test_the_same_kind_is_near_the_ceiling_of_distances_and_another_is_not() -> None:
    target, far = dots(), dots(shift=6.0, seed=5)
    same = similarity.report(dots(seed=1), target, Flat(), unrelated=far)
    other = similarity.report(dots(shift=6.0, seed=2), target, Flat(), unrelated=far)
    # CORAL sees spreads alone, and these are equal.
    for name in [name for name, one in DISTANCES.items() if not one.costly and name != "coral"]:
        assert same[name].word == "near the ceiling"
        assert other[name].word == "near the floor"
        assert other[name].value > same[name].value
    assert "Looking alike is not being useful" in " ".join(same.why)
    assert "Looking different is not being useless" in " ".join(other.why)


def test_a_label_swap_moves_no_distance_but_every_score() -> None:
    target = dots(signal=2.0)
    mixed = Set(Split(target.train.images, np.random.default_rng(0).permutation(target.train.labels)))
    plain = similarity.report(dots(seed=1, signal=2.0), target, Flat(), ceiling=Flat())
    swapped = similarity.report(dots(seed=1, signal=2.0), mixed, Flat(), ceiling=Flat())
    assert plain["knn"].value > 0.9
    assert swapped["knn"].value < 0.6
    assert swapped["proxy_a_distance"].value < 0.5


def test_the_test_set_stays_closed_and_the_ceiling_never_sees_a_scored_item() -> None:
    target = dots()
    given: list[Split] = []

    def train(split: Split) -> Flat:
        given.append(split)
        return Flat()

    found = similarity.report(dots(seed=1), target, Flat(), ceiling=train, rows=60)
    (rest,) = given
    assert found.sizes.ceiling == len(rest.labels) == 180 - found.sizes.target
    assert found.sizes.target == 60
    assert np.bincount(rest.labels).min() >= 30


def test_without_a_ceiling_nothing_is_placed() -> None:
    found = similarity.report(dots(seed=1), dots(), Flat())
    assert found["logme"].position is None
    assert found["logme"].word == "no ceiling"
    assert "Without a ceiling" in found.verdict
    assert found["proxy_a_distance"].position is not None


def test_the_same_seed_gives_the_same_numbers_and_global_randomness_is_left_alone() -> None:
    before = np.random.get_state()[1].tolist()  # type: ignore[index,union-attr]  # noqa: NPY002
    one, two, three = (
        similarity.report(dots(seed=1), dots(), Flat(), seed, ceiling=Flat()) for seed in (3, 3, 4)
    )
    assert one == two
    assert one != three
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index,union-attr]  # noqa: NPY002


def test_the_record_is_json() -> None:
    found = similarity.report(dots(seed=1), dots(), Flat(), ceiling=Flat())
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert record["sizes"]["target"] == 180
    cheap = [one.name for one in (*SCORES.values(), *DISTANCES.values()) if not one.costly]
    assert [one["name"] for one in record["places"]] == [
        name for name in cheap if name not in ("leep", "nce")
    ]
    assert similarity.Report.from_record(record) == found
    for words in (str(found), found._repr_html_()):
        assert "nearest neighbour" in words
        assert "proxy A-distance" in words


def test_an_infinite_score_is_said_and_is_json() -> None:
    labels = np.arange(40) % 2
    pixels = np.zeros((40, 1, 2, 1))
    pixels[np.arange(40), 0, labels, 0] = 1
    target = Set(Split(pixels, labels))
    found = similarity.report(target, target, Flat(), ceiling=Flat())
    assert found["logme"].value == np.inf
    assert "infinite" in str(found)
    # Most pictures are copies of each other: what cannot be measured then is left out, unless it was asked for.
    assert "MMD was left out: More than half of all pairs of rows are the same" in str(found)
    with pytest.raises(SimilarityError, match="More than half"):
        similarity.report(target, target, Flat(), measures=["mmd"])
    assert "Cannot tell" in found.verdict
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert similarity.Report.from_record(record)["logme"] == found["logme"]


def test_leep_is_there_where_a_source_head_is() -> None:
    found = similarity.report(dots(seed=1), dots(signal=2.0), Headed(), ceiling=Headed())
    assert found["leep"].word == "near the ceiling"
    assert found["leep"].floor == pytest.approx(-np.log(3), abs=0.1)


@pytest.mark.parametrize("after", [0, 1, 5, 60, 150])
def test_it_stops_when_asked(after: int) -> None:
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    with pytest.raises(StoppedError):
        similarity.report(dots(seed=1), dots(), Flat(), ceiling=Flat(), should_stop=should_stop)
    assert asked == after + 1


def test_progress_goes_up_to_the_end() -> None:
    shares: list[float] = []
    similarity.report(
        dots(seed=1), dots(), Flat(), ceiling=Flat(), progress=lambda words, share: shares.append(share)
    )
    assert shares == sorted(shares)
    assert shares[-1] > 0.95


class Headed(Flat):
    """Names three classes by the first three pixels."""

    def source_probabilities(self, images: NDArray[Any]) -> NDArray[Any]:
        powers = np.exp(4 * self.features(images)[:, :3])
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def public(name: str, target: Set) -> float:
    """Return what the public function says of all of the target's items."""
    rows, labels = Headed().features(target.train.images), target.train.labels
    given = Headed().source_probabilities(target.train.images)
    if name == "leep":
        return similarity.leep(given, labels)
    if name == "nce":
        return similarity.nce(given.argmax(axis=1), labels)
    if name == "h_score_shrunk":
        return similarity.h_score(rows, labels, shrinkage=True)
    return float(getattr(similarity, name)(rows, labels))


@pytest.mark.parametrize("name", list(SCORES))
def test_a_score_in_a_report_is_that_of_its_function(name: str) -> None:
    target = dots()
    found = similarity.report(dots(seed=1), target, Headed(), measures=[name], ceiling=None, draws=2)
    assert found[name].value == pytest.approx(public(name, target), rel=1e-9)
    assert [one.name for one in found.places] == [name]


def test_neighbours_far_from_the_centre_are_those_of_knn() -> None:
    near = np.array([1e6, 1e6 + 1e-4, 1e6 + 3e-4, 1e6 + 4e-4])
    pixels, labels = np.concatenate([near, -near]).reshape(-1, 1, 1, 1), np.array(list("aabb") * 2)
    found = similarity.report(
        dots(seed=1), Set(Split(pixels, labels)), Flat(), measures=["knn"], ceiling=None, draws=2
    )
    assert found["knn"].value == similarity.knn(pixels.reshape(8, 1), labels) == 1


def test_a_costly_measure_has_fewer_draws_and_that_is_said() -> None:
    found = similarity.report(
        dots(seed=1), dots(), Flat(), measures=["otdd", "logme"], ceiling=None, draws=20
    )
    assert [one.name for one in found.places] == ["logme", "otdd"]
    assert "Costly, so with intervals from 12 drawings only: OTDD." in found.notes
    assert found["otdd"].floor > found["otdd"].value > 0
    plain = similarity.report(dots(seed=1), dots(), Flat(), measures=["logme"], ceiling=None, draws=20)
    assert plain["logme"] == found["logme"]  # what stands beside it changes nothing


def test_distances_alone_have_a_sentence_too() -> None:
    found = similarity.report(dots(seed=1), dots(), Flat(), measures=["frechet"], draws=20)
    assert "By Fréchet distance, dots stands" in found.verdict
    assert found.notes == ()  # nobody asked for what would need a ceiling


def test_the_picture_says_what_it_shows() -> None:
    found = similarity.report(dots(seed=1), dots(), Flat(), ceiling=Flat(), draws=8)
    drawing = found.plot()
    assert drawing.png().startswith(b"\x89PNG")
    assert all(one.label in drawing.alt for one in found.places)
    similarity.report(dots(seed=1), dots(), Flat(), ceiling=None, draws=8).plot().png()


def test_where_nothing_can_be_trained_the_default_says_so() -> None:
    found = similarity.report(dots(seed=1), dots(), Flat(), draws=4)
    assert "There is no ceiling: flat is not a Backbone" in found.notes[0]
    assert found.notes[0] in str(found)


def one_class() -> Set:
    return Set(Split(np.zeros((9, 1, 2, 2)), np.zeros(9)))


def test_eight_pictures_are_few_but_not_too_few() -> None:
    found = similarity.report(dots(seed=1), dots(each=4, classes=2), Flat(), ceiling=lambda split: Flat())
    assert found.sizes.target == 4
    assert found["proxy_a_distance"].word == "cannot tell"


def test_of_a_large_set_only_the_sample_is_read() -> None:
    class Counted:
        """Pictures on a disk."""

        shape = (100_000, 1, 1, 2)
        read = 0

        def __len__(self) -> int:
            return 100_000

        def __array__(self, *_: Any) -> NDArray[Any]:
            raise AssertionError("all of it was read")

        def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[Any]:
            self.read += len(rows)
            return np.random.default_rng(0).normal(size=(len(rows), 1, 1, 2))

    images = Counted()
    large = Set(Split(images, np.arange(100_000) % 2))
    found = similarity.report(
        large, large, Flat(), measures=["knn", "frechet"], ceiling=None, rows=50, draws=4
    )
    assert (found.sizes.target, images.read) == (50, 75)  # the source is another 25
    assert "50 of 100,000 training items of dots were looked at" in str(found)
    assert similarity.rank({"one": Flat(), "two": Flat()}, large, rows=50, draws=4).items == 50
    assert images.read == 125


def one_each() -> Set:
    return Set(Split(np.zeros((9, 1, 2, 2)), np.arange(9)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: similarity.report(dots(), one_class(), Flat()), "one class"),
        (lambda: similarity.report(dots(), one_each(), Flat()), "too few"),
        (lambda: similarity.report([1, 2], dots(), Flat()), "no images and labels"),
        (lambda: similarity.report(dots(), dots(shift=float("nan")), Flat()), "not a finite number"),
        (lambda: similarity.report(dots(), dots(), Flat(), seed=-1), "seed"),
        (lambda: similarity.report(dots(), dots(), Flat(), measures="logme"), "list of names"),
        (lambda: similarity.report(dots(), dots(), Flat(), measures=[]), "list of names"),
        (lambda: similarity.report(dots(), dots(), Flat(), measures=["leep"]), "no source head"),
        (lambda: similarity.report(dots(), dots(), Flat(), ceiling="best"), "ceiling is 'best'"),
    ],
)
def test_what_cannot_be_reported_on_is_refused(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(SimilarityError, match=words):
        call()


def test_an_unknown_measure_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="logme"):
        similarity.report(dots(seed=1), dots(), Flat(), draws=4)["logmee"]
    with pytest.raises(UnknownNameError, match="frechet"):
        similarity.report(dots(seed=1), dots(), Flat(), measures=["frechett"])


@pytest.mark.parametrize("score", ["logme", "knn"])
def test_intervals_cover_what_they_say(score: str) -> None:
    # One world, many samples: the mean over all of them is what each sample's interval should hold.
    rng = np.random.default_rng(0)
    codes = np.arange(90) % 3
    found = []
    for _ in range(80):
        features = 1.5 * np.eye(3, 4)[codes] + rng.normal(size=(90, 4))
        view = View(features)
        drawn = [
            SCORES[score].call(view.at(half), codes[half], 0)
            for half in (halves(codes, rng)[0] for _ in range(25))
        ]
        value, flat = SCORES[score].call(view, codes, 0), np.zeros(25)
        found.append(place(score, score, "score", (value, 0, 1), (drawn, flat, flat + 1)))
    truth = np.mean([one.value for one in found])
    covered = np.mean([one.low <= truth <= one.high for one in found])
    assert 0.85 <= covered <= 1


def test_the_interval_of_a_mean_is_the_textbooks() -> None:
    # Values whose mean over half-samples has a known spread: sigma / sqrt(n) of the whole.
    rng = np.random.default_rng(1)
    values = rng.normal(size=400)
    drawn = [rng.permutation(values)[:200].mean() for _ in range(3000)]
    flat = np.zeros(3000)
    found = place("mean", "", "score", (values.mean(), -9, 9), (drawn, flat - 9, flat + 9))
    expected = 1.96 * values.std(ddof=1) / 20
    assert found.high - found.value == pytest.approx(expected, rel=0.05)
    assert found.position_high - found.position == pytest.approx(expected / 18, rel=0.05)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("position", "spread", "word"),
    [
        (0.1, 0.01, "near the floor"),
        (0.9, 0.01, "near the ceiling"),
        (0.4, 0.01, "below halfway"),
        (0.5, 0.01, "about halfway"),
        (0.6, 0.01, "above halfway"),
        (0.5, 0.5, "cannot tell"),
    ],
)
def test_words_follow_the_interval(position: float, spread: float, word: str) -> None:
    draws = position + spread * np.random.default_rng(0).normal(size=200)
    flat = np.zeros(200)
    assert place("knn", "", "score", (position, 0, 1), (draws, flat, flat + 1)).word == word
    assert place("knn", "", "distance", (1 - position, 1, 0), (1 - draws, flat + 1, flat)).word == word


def test_a_floor_at_the_ceiling_is_no_measure() -> None:
    rng = np.random.default_rng(0)
    noise = [0.5 + 0.1 * rng.normal(size=50) for _ in range(3)]
    assert place("knn", "", "score", (0.5, 0.49, 0.51), (noise[0], noise[1], noise[2])).word == "cannot tell"
    assert (
        place("knn", "", "score", (0.5, 0.9, 0.1), (noise[0] * 0, noise[1] * 0, noise[2] * 0)).word
        == "cannot tell"
    )


def test_it_loads_neither_torch_nor_networks() -> None:
    heavy = "('torch', 'tlkit.backbones', 'tlkit.train')"
    code = f"import sys, tlkit.similarity; print([one for one in {heavy} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_rare_class_is_in_every_half() -> None:
    rare = dots(each=60, classes=2)
    keep = np.flatnonzero((rare.train.labels == 0) | (np.arange(120) < 6))
    target = Set(rare.train.select(keep))
    found = similarity.report(
        dots(seed=1), target, Flat(), ceiling=Flat(), measures=["logme", "gbc"], draws=10
    )
    assert found["gbc"].high > found["gbc"].low
    assert found["logme"].high - found["logme"].low > 0.02


def test_small_sets_have_an_otdd() -> None:
    small, other = dots(each=4, classes=2), dots(each=6, seed=1, classes=2)
    found = similarity.report(other, small, Flat(), ceiling=None, measures=["otdd"], draws=4)
    assert np.isfinite(found["otdd"].value)


def test_a_source_of_one_class_is_refused_only_where_its_classes_are_read_and_before_training() -> None:
    one = Set(Split(dots(seed=1).train.images, np.zeros(180)), name="one")
    asked = []

    def ceiling(split: Any) -> Flat:
        asked.append(len(split.labels))
        return Flat()

    found = similarity.report(one, dots(), Flat(), ceiling=ceiling, measures=["logme", "frechet"], draws=4)
    assert [place.name for place in found.places] == ["logme", "frechet"]
    asked.clear()
    with pytest.raises(SimilarityError, match="one class only"):
        similarity.report(one, dots(), Flat(), ceiling=ceiling, measures=["logme", "otdd"])
    assert asked == []


@pytest.mark.parametrize(
    "wrong", [{"draws": 1}, {"draws": 2.5}, {"draws": "many"}, {"rows": -5}, {"rows": "x"}]
)
def test_draws_and_rows_are_whole_numbers(wrong: dict[str, Any]) -> None:
    with pytest.raises(SimilarityError, match="Give a whole number of at least"):
        similarity.report(dots(seed=1), dots(), Flat(), ceiling=Flat(), **wrong)
    with pytest.raises(SimilarityError, match="Give a whole number of at least"):
        similarity.rank({"a": Flat(), "b": Flat(1.0)}, dots(), **wrong)


def test_an_infinite_score_says_that_it_is_infinite() -> None:
    labels = np.arange(60) % 3
    exact = Set(Split(np.eye(3)[labels].reshape(-1, 1, 1, 3), labels))
    found = similarity.report(dots(seed=1), exact, Flat(), ceiling=Flat(), measures=["logme"], draws=4)
    assert found.verdict == "Cannot tell how well flat sorts dots: LogME is infinite."
