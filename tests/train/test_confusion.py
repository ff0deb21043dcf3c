"""Confusion: counts, recall and precision against scikit-learn's, and every cell's items."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from tlkit import train
from tlkit.backbones import Backbone
from tlkit.data import Task
from tlkit.errors import DataError, UnknownNameError
from tlkit.train.confusion import Confusion

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)


def confusion_of(pairs: list[tuple[int, int]], classes: int = 5) -> Confusion:
    truth, said = np.array(pairs, dtype=np.int64).T
    return Confusion(tuple(f"class {at}" for at in range(classes)), truth, said)


@given(PAIRS)
@settings(max_examples=60, deadline=None)
def test_numbers_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    found = confusion_of(pairs)
    labels = list(range(5))
    np.testing.assert_array_equal(found.counts, confusion_matrix(found.truth, found.given, labels=labels))
    # scikit-learn writes what we call NaN as this number.
    options = {"labels": labels, "average": None, "zero_division": np.nan}
    np.testing.assert_allclose(found.recall, recall_score(found.truth, found.given, **options))
    np.testing.assert_allclose(found.precision, precision_score(found.truth, found.given, **options))
    rows = found.shares.sum(axis=1)
    np.testing.assert_allclose(rows[~np.isnan(rows)], 1)
    assert found.accuracy == pytest.approx(np.mean(found.truth == found.given))


@given(PAIRS)
@settings(max_examples=30, deadline=None)
def test_confusions_are_the_mistakes_the_most_frequent_first(pairs: list[tuple[int, int]]) -> None:
    found = confusion_of(pairs)
    counts = [count for _, _, count in found.confusions]
    assert sum(counts) == sum(true != said for true, said in pairs)
    assert counts == sorted(counts, reverse=True)
    assert all(true != said for true, said, _ in found.confusions)


def test_a_cell_gives_its_items_with_their_pictures(net: Backbone, task: Task) -> None:
    run = train.fit(net, task)
    found = run.confusion()
    assert found.accuracy == pytest.approx(run.accuracy)
    seen: list[int] = []
    for row, true in enumerate(task.classes):
        for column, said in enumerate(task.classes):
            items = found.items(true, said)
            assert len(items) == found.counts[row, column]
            assert {(one.truth, one.given) for one in items} <= {(true, said)}
            assert (np.diff(items.probability) <= 0).all()
            seen += items.positions.tolist()
    assert sorted(seen) == list(range(len(run.correct)))
    np.testing.assert_array_equal(found.items(3, 5).positions, found.items("3", "5").positions)
    with pytest.raises(UnknownNameError, match="class"):
        found.items("three", "5")
    with pytest.raises(DataError, match="from 0 to 9"):
        found.items(10, 5)


def test_without_items_the_numbers_still_stand() -> None:
    found = confusion_of([(0, 1), (1, 1)])
    with pytest.raises(DataError, match="holds no pictures"):
        found.items(0, 1)


def test_text_and_html_say_the_same_and_the_picture_says_itself(net: Backbone, task: Task) -> None:
    found = train.fit(net, task).confusion()
    text, html = repr(found), found._repr_html_()
    for name, count, recall, precision, most in found.rows():
        assert re.search(rf"^ +{name} +{count} +{recall} +{precision} +{re.escape(most)}$", text, re.M)
        assert f">{recall}</td>" in html
    assert f'alt="{found.alt}"' in html
    assert found.sentence in text
    assert html.count("<table>") == 2
    drawing = found.drawing()
    written = {one.get_text() for one in drawing.axes[0].texts}
    assert written == {str(count) for count in found.counts[found.counts > 0].tolist()}
    assert drawing.png() == found.drawing().png()


def test_classes_without_items_and_odd_names_are_shown_as_what_they_are() -> None:
    found = Confusion(("<i>", "dog", "never"), np.array([0, 1]), np.array([1, 1]))
    assert np.isnan(found.recall[2])
    assert np.isnan(found.precision[0])
    assert "none" in repr(found)
    assert "<i>" not in found._repr_html_()


def test_many_classes_are_listed_instead_of_drawn() -> None:
    classes = tuple(f"class {at}" for at in range(200))
    truth = np.arange(200)
    found = Confusion(classes, truth, np.where(truth < 3, truth + 1, truth))
    assert "class 0 taken for class 1: 1" in repr(found)
    assert "<img" not in found._repr_html_()
    with pytest.raises(DataError, match="200 classes"):
        found.drawing()
