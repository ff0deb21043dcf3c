"""N-LEEP against scikit-learn's mixture and the definition of LEEP, and at its bounds."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from tlkit.errors import SimilarityError
from tlkit.similarity import leep, nleep

RNG = np.random.default_rng(0)
LABELS = np.arange(90) % 3
FEATURES = RNG.normal(size=(90, 6)) * [5, 4, 3, 1, 0.5, 0.1] + 6 * np.eye(3, 6)[LABELS]


def test_it_is_leep_on_a_mixture_of_the_components_that_hold_four_fifths() -> None:
    reduced = PCA(0.8, svd_solver="full").fit_transform(FEATURES)
    assert 1 < reduced.shape[1] < 6
    # Far apart and few: from every start the mixture finds the same three clouds.
    far = FEATURES + 500 * np.eye(3, 6)[LABELS]
    posterior = np.eye(3)[LABELS]
    assert nleep(far, LABELS, components=3) == pytest.approx(leep(posterior, LABELS), abs=1e-9)
    mixture = GaussianMixture(1).fit(reduced)
    one = leep(mixture.predict_proba(reduced), LABELS)
    assert nleep(FEATURES, LABELS, components=1) == pytest.approx(one, rel=1e-12)


@pytest.mark.parametrize(("components", "seed"), [(3, 0), (8, 1), (None, 2)])
def test_overlapping_clouds_are_those_of_scikit_learn_from_the_same_start(
    components: int | None, seed: int
) -> None:
    rng = np.random.default_rng(5)
    labels = np.arange(200) % 4
    mixed = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    clouds = (
        (rng.normal(size=(200, 8)) + 2 * np.eye(4, 8)[labels]) * [3, 2.5, 2, 1.6, 1.2, 1, 0.8, 0.6] @ mixed
    )
    pca = PCA(0.8, svd_solver="full").fit(clouds)
    assert 1 < pca.n_components_ < 8
    # The unit of the first component, and the direction in which its largest number is positive.
    found = pca.transform(clouds) / np.sqrt(pca.explained_variance_[0] * 199 / 200)
    found *= np.sign(found[np.abs(found).argmax(axis=0), np.arange(found.shape[1])])
    mixture = GaussianMixture(components or 20, random_state=seed).fit(found)
    expected = leep(mixture.predict_proba(found), labels)
    assert -np.log(4) + 0.05 < expected < -0.05
    assert nleep(clouds, labels, components=components, seed=seed) == pytest.approx(expected, rel=1e-6)


def test_one_cluster_says_no_more_than_the_shares_of_the_classes() -> None:
    assert nleep(FEATURES, LABELS, components=1) == pytest.approx(-np.log(3), rel=1e-12)
    assert nleep(np.ones((9, 2)), [0, 1, 2] * 3) == pytest.approx(-np.log(3), rel=1e-12)


def test_a_seed_gives_one_number_and_no_seed_of_others_is_touched() -> None:
    before = np.random.get_state()[1].tolist()  # type: ignore[index,union-attr]  # noqa: NPY002
    first = nleep(FEATURES, LABELS, seed=3)
    assert nleep(FEATURES, LABELS, seed=3) == first
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index,union-attr]  # noqa: NPY002
    assert len({nleep(FEATURES, LABELS, seed=seed) for seed in range(4)}) > 1


def test_scale_shift_and_naming_do_not_matter() -> None:
    before = nleep(FEATURES, LABELS, components=3)
    far = 4.0 * FEATURES + 64
    assert nleep(far, np.array(["c", "a", "b"])[LABELS], components=3) == pytest.approx(before, abs=1e-2)


def test_what_helps_scores_higher_than_noise() -> None:
    noise = np.random.default_rng(1).normal(size=FEATURES.shape)
    assert nleep(FEATURES, LABELS) > nleep(noise, LABELS)


def test_few_rows_and_more_features_than_rows_have_an_answer() -> None:
    assert nleep([[0.0], [1.0]], [0, 1]) == pytest.approx(-np.log(2))
    wide = np.random.default_rng(0).normal(size=(12, 40))
    assert -np.log(2) - 1e-9 <= nleep(wide, [0, 1] * 6) <= 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"components": 0}, "components are 0"),
        ({"components": 91}, "91 components but 90 rows"),
        ({"components": 2.5}, "components are 2.5"),
        ({"seed": -1}, "seed is -1"),
        ({"rows": 1}, "rows are 1"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, int], words: str) -> None:
    with pytest.raises(SimilarityError, match=words):
        nleep(FEATURES, LABELS, **options)  # type: ignore[arg-type]
