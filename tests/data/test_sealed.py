from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from joblib import Parallel, delayed

from tlkit import data
from tlkit.data import SealedSplit, Split, Task
from tlkit.data.sealed import Opening
from tlkit.errors import SealedError


@pytest.fixture
def sealed() -> SealedSplit:
    return SealedSplit(Split(np.zeros((3, 1, 2, 2)), [0, 1, 1], ("a", "b")), "pets")


@pytest.mark.parametrize(
    "touch",
    [
        lambda one: one.images,
        lambda one: one.labels,
        lambda one: one.select([0]),
        lambda one: one[0],
        lambda one: next(iter(one)),
    ],
)
def test_touching_the_content_is_refused_with_the_cure(
    sealed: SealedSplit, touch: Callable[[SealedSplit], object]
) -> None:
    with pytest.raises(SealedError, match=r"'pets' is sealed.*\.validation.*\.test\.open"):
        touch(sealed)
    assert sealed.openings == 0


def test_size_and_hash_are_known_without_opening(sealed: SealedSplit) -> None:
    assert (len(sealed), sealed.shape, sealed.classes) == (3, (3, 1, 2, 2), ("a", "b"))
    assert len(sealed.fingerprint) == 64
    assert sealed.openings == 0


def test_every_opening_is_counted_with_its_reason(sealed: SealedSplit) -> None:
    assert sealed.open("first look").labels.tolist() == [0, 1, 1]
    sealed.open("first look")
    assert sealed.openings == 2
    assert [one.why for one in sealed.log] == ["first look", "first look"]


@pytest.mark.parametrize("why", ["", "  ", None])
def test_an_opening_needs_a_reason(sealed: SealedSplit, why: str) -> None:
    with pytest.raises(SealedError, match="reason"):
        sealed.open(why)
    assert sealed.openings == 0


def test_copies_in_one_process_share_the_count(sealed: SealedSplit) -> None:
    copy.copy(sealed).open("a copy")
    copy.deepcopy([sealed])[0].open("a deep copy")
    assert sealed.openings == 2


def test_tasks_of_one_dataset_share_the_count_and_loading_again_starts_at_zero() -> None:
    digits = data.load("digits")
    digits.few_shot(1, 0).test.open("one")
    digits.task().test.open("two")
    assert digits.test.openings == 2
    assert data.load("digits").test.openings == 0


def test_a_pickled_copy_brings_its_count_along_and_is_absorbed_once(sealed: SealedSplit) -> None:
    sealed.open("before")
    away = pickle.loads(pickle.dumps(sealed))
    away.open("away")
    assert (away.openings, sealed.openings) == (2, 1)
    sealed.absorb(away.log)
    sealed.absorb(away.log)
    assert [one.why for one in sealed.log] == ["before", "away"]


def _open_in_worker(task: Task, cell: int) -> tuple[Opening, ...]:
    task.test.open(f"cell {cell}")
    return task.test.log


def test_openings_in_workers_can_be_counted_here() -> None:
    task = data.load("greek").few_shot(1, seed=0)
    logs = Parallel(n_jobs=2)(delayed(_open_in_worker)(task, cell) for cell in range(3))
    for log in logs:
        task.test.absorb(log)
    assert sorted({one.why for one in task.test.log}) == ["cell 0", "cell 1", "cell 2"]
    assert task.test.openings == 3


class Meddling(str):
    """A reason that opens the test set once more in the middle of being pickled, as another thread may."""

    sealed: SealedSplit

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        self.sealed.open("another thread")
        return str, (str(self),)


def test_can_be_sent_to_another_process_while_openings_are_added() -> None:
    split = Split(np.zeros((3, 1, 2, 2), dtype=np.float32), np.array([0, 1, 1]), ("cat", "dog"))
    sealed = SealedSplit(split, "pets")
    Meddling.sealed = sealed
    for _ in range(2):
        sealed.absorb([Opening(Meddling("first")), Opening("second")])
    sent = pickle.loads(pickle.dumps(sealed))
    assert sent.openings == 4
    assert sealed.openings == 6
