"""The linear probe against scikit-learn's leave-one-out, and where classes are small."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tlkit.errors import SimilarityError
from tlkit.similarity import linear_probe

RNG = np.random.default_rng(0)
LABELS = RNG.permutation(np.arange(48) % 3)
FEATURES = RNG.normal(size=(48, 4)) * [1, 100, 1, 0.01] + LABELS[:, None] * [1, 0, 0.5, 0]


def test_with_a_fold_for_every_row_it_is_scikit_learns_leave_one_out() -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    expected = cross_val_score(model, FEATURES, LABELS, cv=LeaveOneOut()).mean()
    assert 0.4 < expected < 0.95
    assert linear_probe(FEATURES, LABELS, folds=48) == pytest.approx(expected, abs=1e-12)
    assert linear_probe(FEATURES, LABELS, folds=1000) == pytest.approx(expected, abs=1e-12)


def test_scale_shift_and_names_do_not_matter() -> None:
    names = np.array(["z", "x", "y"])[LABELS]
    assert linear_probe(FEATURES * [8, 0.5, 2, 1024] + 3, names, seed=5) == pytest.approx(
        linear_probe(FEATURES, LABELS, seed=5), abs=1e-12
    )


def test_a_seed_gives_one_number_and_none_of_others_is_touched() -> None:
    before = np.random.get_state()[1].tolist()  # type: ignore[index,union-attr]  # noqa: NPY002
    assert linear_probe(FEATURES, LABELS, seed=1) == linear_probe(FEATURES, LABELS, seed=1)
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index,union-attr]  # noqa: NPY002
    assert len({linear_probe(FEATURES, LABELS, seed=seed) for seed in range(8)}) > 1


def test_an_item_alone_in_its_class_is_wrong() -> None:
    apart = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2], [50.0]])
    assert linear_probe(apart, ["a"] * 3 + ["b"] * 3 + ["c"], folds=3) == pytest.approx(6 / 7)
    assert linear_probe(np.eye(4), range(4)) == 0
    assert linear_probe([[0.0], [1.0]], [0, 1]) == 0


def test_constant_features_leave_the_largest_class() -> None:
    assert linear_probe(np.ones((9, 2)), [0] * 6 + [1] * 3, folds=3) == pytest.approx(6 / 9)


def test_large_sets_are_sampled_with_every_class() -> None:
    features = np.repeat([[0.0], [10.0], [20.0]], [300, 20, 2], axis=0)
    labels = np.repeat(["a", "b", "c"], [300, 20, 2])
    assert linear_probe(features, labels, rows=40, folds=2) >= 36 / 40


@pytest.mark.parametrize(
    ("options", "words"),
    [({"folds": 1}, "folds are 1"), ({"seed": True}, "seed is True"), ({"rows": 0}, "0")],
)
def test_options_that_cannot_be_are_refused(options: dict[str, int], words: str) -> None:
    with pytest.raises(SimilarityError, match=words):
        linear_probe(FEATURES, LABELS, **options)
