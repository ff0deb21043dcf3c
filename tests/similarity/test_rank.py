"""rank: orders and probabilities where the truth is known, gains beside them, records."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tlkit import similarity
from tlkit.errors import RecordError, SimilarityError, StoppedError, UnknownNameError
from tlkit.similarity.rank import first_shares

CODES = np.arange(120) % 3
TARGET = SimpleNamespace(images=np.arange(120.0)[:, None], labels=CODES, name="dots")


@dataclass
class Sees:
    """A network that knows the class of item n, with so much noise."""

    name: str
    rows: NDArray[np.float64]

    def features(self, images: NDArray[Any]) -> NDArray[Any]:
        return self.rows[images[:, 0].astype(int)]


def network(name: str, signal: float, seed: int) -> Sees:
    rng = np.random.default_rng(seed)
    return Sees(name, signal * np.eye(3)[CODES] + rng.normal(size=(120, 3)))


def ranked(score: str = "logme", **changes: Any) -> similarity.Ranking:
    nets = [network("weak", 0.3, 1), network("strong", 4.0, 2), network("middle", 1.5, 3)]
    return similarity.rank(nets, TARGET, score, **changes)


@pytest.mark.parametrize("score", ["logme", "knn"])
def test_a_known_order_is_found_and_sure(score: str) -> None:
    found = ranked(score)
    assert [one.name for one in found.candidates] == ["strong", "middle", "weak"]
    assert found.first.probability > 0.99
    assert sum(one.probability for one in found.candidates) == pytest.approx(1)
    assert "strong is first on dots" in found.verdict


def test_equal_networks_share_the_first_place() -> None:
    one = network("one", 2.0, 5)
    found = similarity.rank({"one": one, "copy": one, "blind": network("", 0.0, 6)}, TARGET)
    assert found["one"].probability == found["copy"].probability == 0.5
    assert "Cannot tell" in found.verdict
    assert "copy" in found.verdict


def test_between_networks_of_equal_worth_the_probability_is_uniform() -> None:
    # Of two that are equal in truth, that of the leader is uniform from a half to one: 0.75 in the mean.
    firsts = [
        similarity.rank(
            [network("a", 1.0, 2 * at), network("b", 1.0, 2 * at + 1)], TARGET, draws=60
        ).first.probability
        for at in range(60)
    ]
    assert np.mean(firsts) == pytest.approx(0.75, abs=0.08)
    assert np.mean(np.array(firsts) > 0.95) < 0.25


def test_the_share_of_firsts_is_that_of_the_normal_distribution() -> None:
    # Means of two normal samples; the halves are paired.
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 400)) + np.array([[0.06], [0.0]])
    drawn = np.array([values[:, rng.permutation(400)[:200]].mean(axis=1) for _ in range(4000)]).T
    gap = values[0] - values[1]
    z = gap.mean() / (gap.std(ddof=1) / 20)
    from scipy.stats import norm

    assert first_shares(values.mean(axis=1), drawn)[0] == pytest.approx(norm.cdf(z), abs=0.03)


def test_an_infinite_score_is_first_without_a_draw() -> None:
    found = similarity.rank([network("weak", 0.3, 1), Sees("told", np.eye(4)[CODES])], TARGET)
    assert (found.first.name, found.first.value, found.first.probability) == ("told", np.inf, 1.0)
    assert similarity.Ranking.from_record(json.loads(json.dumps(found.record(), allow_nan=False))) == found


def test_an_infinite_draw_is_left_out_and_decides_nothing() -> None:
    drawn = np.array([[1.0, 1.1, 0.9, 1.0], [1.0, 1.2, 0.8, np.inf]])
    np.testing.assert_allclose(
        first_shares(np.array([1.0, 0.999]), drawn), first_shares(np.array([1.0, 0.999]), drawn[:, :3])
    )
    assert np.isnan(first_shares(np.array([1.0, 0.9]), np.full((2, 3), np.inf))).all()


def test_measured_gains_give_regret_and_rank_correlation() -> None:
    found = ranked().with_gains({"strong": 0.05, "middle": 0.08, "weak": 0.01})
    assert found.proved is not None
    assert found.proved.regret == pytest.approx(0.03)
    assert found.proved.spearman == pytest.approx(0.5)
    assert "strong gained 5.0 points, middle most, 8.0: regret 3.0" in str(found)
    assert ranked().proved is None
    assert "No gain was measured" in str(ranked())


def test_a_comparison_gives_its_verdicts_difference() -> None:
    comparison = SimpleNamespace(verdict=SimpleNamespace(interval=SimpleNamespace(difference=0.07)))
    found = ranked().with_gains({"strong": comparison, "weak": 0.1})
    assert found["strong"].gain == 0.07
    assert found["middle"].gain is None
    assert found.proved is not None
    assert found.proved.regret == pytest.approx(0.03)


def test_without_a_gain_of_the_first_that_is_said() -> None:
    assert "strong has no measured gain" in str(ranked().with_gains({"middle": 0.0, "weak": 0.1}))


def test_the_same_seed_gives_the_same_numbers() -> None:
    def numbers(found: similarity.Ranking) -> list[tuple[Any, ...]]:
        return [(one.name, one.value, one.low, one.high, one.probability) for one in found.candidates]

    assert numbers(ranked(seed=3)) == numbers(ranked(seed=3))
    assert numbers(ranked(seed=3)) != numbers(ranked(seed=4))


def test_it_is_a_table_a_picture_and_a_record() -> None:
    found = ranked().with_gains({"strong": 0.05, "middle": 0.08})
    assert similarity.Ranking.from_record(json.loads(json.dumps(found.record()))) == found
    for words in (str(found), found._repr_html_(), found.plot().alt):
        assert all(name in words for name in ("strong", "middle", "weak"))
    assert found.plot().png().startswith(b"\x89PNG")
    with pytest.raises(RecordError, match="damaged"):
        similarity.Ranking.from_record({**found.record(), "candidates": [{}]})


def test_it_stops_when_asked() -> None:
    with pytest.raises(StoppedError):
        ranked(should_stop=lambda: True)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ranked("logmee"), UnknownNameError, "logme"),
        (lambda: ranked("frechet"), SimilarityError, "distance"),
        (lambda: ranked("leep"), SimilarityError, "no source head"),
        (lambda: ranked(seed=-1), SimilarityError, "seed"),
        (lambda: similarity.rank([network("a", 1, 0)], TARGET), SimilarityError, "at least two"),
        (lambda: similarity.rank([network("a", 1, 0)] * 2, TARGET), SimilarityError, "called 'a'"),
        (lambda: similarity.rank(["a", "b"], TARGET), SimilarityError, "no features"),
        (
            lambda: similarity.rank(TARGET, [network("a", 1, 0)]),
            SimilarityError,
            r"rank\(\[one, two\], target\)",
        ),  # type: ignore[arg-type]
        (lambda: similarity.rank("zoo:resnet-letters", TARGET), SimilarityError, "given a str"),  # type: ignore[arg-type]
        (lambda: ranked().with_gains({"strange": 1.0}), UnknownNameError, "strong"),
        (lambda: ranked().with_gains({"weak": float("nan")}), SimilarityError, "gain of weak"),
        (lambda: ranked().with_gains({"weak": "much"}), SimilarityError, "gain of weak"),
    ],
)
def test_what_cannot_be_ranked_is_refused(
    call: Callable[[], Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()


def test_ranks_of_constructed_gains() -> None:
    from tlkit.similarity.agreement import agreement

    found = agreement([1.0, 2.0, 3.0, 4.0], [0.1, 0.3, 0.2, 0.4])
    # One neighbouring pair exchanged: 1 - 6 * 2 / 60, and (5 - 1) / 6.
    assert found.spearman == pytest.approx(0.8)
    assert found.kendall == pytest.approx(2 / 3)
    assert (found.regret, found.picked) == (0.0, True)
    tied = agreement([2.0, 2.0, 1.0], [0.3, 0.1, 0.2])
    assert tied.regret == pytest.approx(0.1)
    assert not tied.picked
    assert agreement([1.0, 1.0], [0.0, 0.5]).spearman == 0


def test_evidence_is_read_by_name() -> None:
    found: Mapping[str, Any] | similarity.TrackRecord | None = similarity.track_record("no such measure")
    assert found is None
