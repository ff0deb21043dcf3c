"""Answered: what a run said of test items, how sure it was, and its surest mistakes, without opening again."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tlkit import train
from tlkit.backbones import Backbone
from tlkit.data import Split, Task
from tlkit.data.stored import StoredImages
from tlkit.errors import DataError, SealedError
from tlkit.train import Run
from tlkit.train.answered import Answered, mistakes_of, softmax


@pytest.fixture
def run(net: Backbone, task: Task) -> Run:
    return train.fit(net, task)


def test_the_answers_are_those_of_the_network_on_the_test_set(run: Run, net: Backbone) -> None:
    answers = run.answers
    assert answers.probabilities is not None
    np.testing.assert_array_equal(answers.given, run.predictions)
    np.testing.assert_array_equal(answers.truth, run.test_labels)
    with torch.no_grad():
        x = net.transform(answers.images[:40])
        expected = torch.softmax(run.model(x).double(), dim=1).numpy()
    np.testing.assert_allclose(answers.probabilities[:40], expected, atol=1e-5)
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(answers.probabilities.argmax(axis=1), run.predictions)


def test_mistakes_are_wrong_and_the_surest_come_first(run: Run, task: Task) -> None:
    before = task.test.openings
    found = run.mistakes(5)
    everything = run.mistakes(10_000)
    assert task.test.openings == before, "looking at what was opened opens nothing"
    assert len(found) == 5
    assert not run.correct[found.positions].any()
    np.testing.assert_array_equal(np.sort(everything.positions), np.flatnonzero(~run.correct))
    assert (np.diff(everything.probability) <= 0).all()
    np.testing.assert_array_equal(everything.positions[:5], found.positions)
    first = found[0]
    assert (first.given, first.truth) == (run.task.classes[found.given[0]], run.task.classes[found.truth[0]])
    assert first.probability >= first.truth_probability
    assert not first.right
    assert first.words in repr(found)
    assert "test set" in repr(found)
    assert found._repr_html_().count("<img ") == 5
    assert found._repr_html_().count('alt="') == 5


def test_a_run_that_stayed_closed_has_no_answers(net: Backbone, task: Task) -> None:
    closed = train.fit(net, task, test=False)
    for ask in (closed.confusion, closed.mistakes, lambda: closed.answers):
        with pytest.raises(SealedError, match="test=False"):
            ask()


@pytest.mark.parametrize("count", [0, -1, 1.5, True])
def test_a_count_that_is_none_is_refused(run: Run, count: object) -> None:
    with pytest.raises(DataError, match="count is"):
        run.mistakes(count)  # type: ignore[arg-type]


def test_answers_survive_a_pickle_and_add_nothing_to_the_record(run: Run) -> None:
    again = pickle.loads(pickle.dumps(run))
    np.testing.assert_array_equal(again.mistakes(3).positions, run.mistakes(3).positions)
    assert again.record() == run.record()
    assert "scores" not in run.record()
    # The test set is held once: the answers point to that of the task.
    assert len(pickle.dumps(run)) < 1.1 * len(pickle.dumps(run.task.dataset)) + 3 * 2**20


def test_a_run_from_before_scores_were_kept_says_what_is_missing(run: Run) -> None:
    with pytest.raises(DataError, match="did not keep them"):
        replace(run, scores=None, test_items=None).mistakes()
    old = run.answers.at(run.answers.positions, "old")
    known = Answered(old.title, old.split, old.positions, old.predictions, None)
    np.testing.assert_array_equal(known.given, run.predictions)
    with pytest.raises(DataError, match="Train it again"):
        known[0]  # - looking is what is refused


def test_files_are_called_by_their_names_and_names_are_escaped() -> None:
    split = Split(np.zeros((2, 3, 4, 4)), [0, 1], ("<b>", "dog"))
    sure = np.array([[0.9, 0.1], [0.7, 0.3]], dtype=np.float32)
    answers = Answered("Items", split, np.arange(2), np.array([0, 0]), sure, ("a.png", "b&c.png"))
    wrong = mistakes_of(answers, 5)
    assert [(one.name, one.given, one.truth) for one in wrong] == [("b&c.png", "<b>", "dog")]
    assert "said <b>, 70 % sure: is dog, to which it gave 30 %" in repr(wrong)
    html = wrong._repr_html_()
    assert "<b>" not in html
    assert "b&amp;c.png" in html


def test_no_mistakes_is_said() -> None:
    split = Split(np.zeros((2, 1, 4, 4)), [0, 1], ("cat", "dog"))
    right = Answered("Items", split, np.arange(2), np.array([0, 1]), np.eye(2, dtype=np.float32))
    found = mistakes_of(right, 3)
    assert len(found) == 0
    assert "No mistakes among 2 test items" in repr(found)
    assert "No mistakes" in found._repr_html_()


def test_softmax_does_not_overflow() -> None:
    scores = np.array([[1e5, 0.0], [-1e5, -1e5]], dtype=np.float32)
    np.testing.assert_allclose(softmax(scores), [[1, 0], [0.5, 0.5]])


def test_stored_images_are_read_only_where_they_are_shown() -> None:
    class Watched(StoredImages):
        def __getitem__(self, at: Any) -> NDArray[np.float32]:
            asked.append(np.asarray(at).tolist())
            return super().__getitem__(at)

    asked: list[Any] = []
    pixels = np.random.default_rng(0).integers(0, 256, (5, 1, 4, 4), dtype=np.uint8)
    split = Split(Watched(pixels), [0, 1, 0, 1, 0], ("cat", "dog"))
    answers = Answered(
        "Items", split, np.arange(5), np.ones(5, dtype=np.int64), np.full((5, 2), np.float32(0.5))
    )
    found = mistakes_of(answers, 2)
    assert asked == []
    np.testing.assert_array_equal(found.images, pixels[[0, 2]] / np.float32(255))
    assert asked == [[0, 2]]
