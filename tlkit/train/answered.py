"""Answered: items of a test set beside what a run said of them, how sure it was, and what is right."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlkit import pictures
from tlkit.errors import DataError, SealedError, expect_whole
from tlkit.table import Table

if TYPE_CHECKING:
    from tlkit.data import Split

#: Said wherever items of a test set are looked at.
WARNING = (
    "These are items of the test set: whoever changes the training because of them needs other items for the"
    " final evaluation."
)
_SHOWN = 48
_LARGEST_PIXELS = 96
_LONGEST = 60


@dataclass(frozen=True)
class Answer:
    """What a run said of one item.

    Parameters
    ----------
    position
        In the test set.
    name
        Of the item: its file, or the set and its position; of a text, the text, cut where it is long.
    given, truth
        Names of the class that was said and of the right one.
    probability
        How sure the run was of what it said, 0 to 1.
    truth_probability
        What it gave to the right class, 0 to 1.
    """

    position: int
    name: str
    given: str
    truth: str
    probability: float
    truth_probability: float

    @property
    def right(self) -> bool:
        """Whether what was said is right."""
        return self.given == self.truth

    @property
    def words(self) -> str:
        """What was said, how sure, and what is right, as one phrase."""
        said = f"said {self.given}, {percent(self.probability)} sure"
        if self.right:
            return f"{said}: right"
        return f"{said}: is {self.truth}, to which it gave {percent(self.truth_probability)}"


@dataclass(frozen=True, eq=False, repr=False)
class Answered:
    """Some items of a test set with the answers of a run, in an order that the title tells.

    Parameters
    ----------
    title
        Which items these are.
    split
        The test set as the run's final evaluation opened it; looking here opens nothing again.
    positions
        (k,) int64, where the items are in the test set.
    predictions
        (n,) what was said of every item of the test set.
    probabilities
        (n, classes) float32, how sure the run was, for every item of the test set; None if it was not kept.
    names
        (n,) what the items are called, such as files; empty if they have no names.

    Examples
    --------
    >>> from tlkit import backbones, data, train
    >>> run = train.fit(backbones.load("zoo:resnet-letters"), data.load("greek").few_shot(1, seed=0))
    >>> wrong = run.mistakes(2)
    >>> len(wrong), wrong.images.shape, wrong[0].right
    (2, (2, 1, 32, 32), False)
    """

    title: str
    split: Split
    positions: NDArray[np.int64]
    predictions: NDArray[np.int64]
    probabilities: NDArray[np.float32] | None
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.positions)

    def __iter__(self) -> Iterator[Answer]:
        return (self[at] for at in range(len(self)))

    def __getitem__(self, at: int) -> Answer:
        position = int(self.positions[at])
        given, truth = int(self.predictions[position]), int(self.split.labels[position])
        sure = self._sure[position]
        return Answer(
            position,
            self._name(position),
            self.split.classes[given],
            self.split.classes[truth],
            float(sure[given]),
            float(sure[truth]),
        )

    def _name(self, position: int) -> str:
        if self.split.kind == "texts":
            return repr(textwrap.shorten(self.split.texts[position], _LONGEST, placeholder=" …"))
        return self.names[position] if self.names else f"test[{position}]"

    @property
    def images(self) -> NDArray[np.float32]:
        """(k, channels, height, width), the items' pictures in 0..1.

        Raises
        ------
        DataError
            The items are texts.
        """
        return np.asarray(self.split.images[self.positions])

    @property
    def texts(self) -> tuple[str, ...]:
        """The items' texts.

        Raises
        ------
        DataError
            The items are pictures.
        """
        texts = self.split.texts
        return tuple(texts[at] for at in self.positions.tolist())

    def drawn(self, largest_pixels: int = _LARGEST_PIXELS) -> list[str]:
        """Return a data URI for each item: its picture, or its text written as one.

        Parameters
        ----------
        largest_pixels
            Larger pictures are made smaller, to this longer side.
        """
        if self.split.kind == "texts":
            return [pictures.written(text) for text in self.texts]
        images = self.images
        ink = len(images) > 0 and pictures.looks_like_ink(images)
        return [pictures.picture(image, ink=ink, largest_pixels=largest_pixels) for image in images]

    @property
    def given(self) -> NDArray[np.int64]:
        """(k,) the classes that were said."""
        return self.predictions[self.positions]

    @property
    def truth(self) -> NDArray[np.int64]:
        """(k,) the right classes."""
        return self.split.labels[self.positions]

    @property
    def probability(self) -> NDArray[np.float32]:
        """(k,) how sure the run was of what it said."""
        return self._sure[self.positions, self.given]

    @property
    def _sure(self) -> NDArray[np.float32]:
        if self.probabilities is None:
            raise DataError(
                "How sure the run was is not known: it comes from a version that kept only its answers.",
                "Train it again: the same seed gives the same run.",
            )
        return self.probabilities

    def at(self, positions: ArrayLike, title: str) -> Answered:
        """Return the items at other positions of the test set, under another title.

        Parameters
        ----------
        positions
            (k,) in the test set.
        title
            Which items these are.
        """
        return replace(self, positions=np.asarray(positions, dtype=np.int64), title=title)

    def surest(self, count: int) -> Answered:
        """Return the items of which the run was surest, the surest first; of equals the first in the test set.

        Parameters
        ----------
        count
            At most so many.
        """
        order = np.argsort(-self.probability.astype(np.float64), kind="stable")[:count]
        return self.at(self.positions[order], self.title)

    @property
    def caption(self) -> str:
        """The title, and how many items there are."""
        return f"{self.title}: {len(self)} item{'' if len(self) == 1 else 's'}"

    def __repr__(self) -> str:
        lines = [
            self.caption,
            *(f"  {one.name}  {one.words}" for one, _ in zip(self, range(_SHOWN), strict=False)),
        ]
        return "\n".join([*lines, *(f"  {words}" for words in self._more()), WARNING])

    def _repr_html_(self) -> str:
        shown = self.at(self.positions[:_SHOWN], self.title)
        if self.split.kind == "texts":
            row = self._table(shown)
        else:
            row = pictures.row_of(
                pictures.Shown(uri, f"{one.name}: {one.truth}", one.words)
                for uri, one in zip(shown.drawn(), shown, strict=True)
            )
        notes = "".join(f"<p>{html.escape(words)}</p>" for words in (*self._more(), WARNING))
        return f"<p><strong>{html.escape(self.caption)}</strong></p>{row}{notes}"

    @staticmethod
    def _table(shown: Answered) -> str:
        rows = tuple((text, one.words) for text, one in zip(shown.texts, shown, strict=True))
        return Table(shown.title, ("text", "what was said"), rows)._repr_html_()

    def _more(self) -> list[str]:
        return [f"… and {len(self) - _SHOWN:,} more"] if len(self) > _SHOWN else []


def answered_by(
    split: Split | None,
    predictions: NDArray[np.int64] | None,
    scores: NDArray[np.float32] | None,
    names: tuple[str, ...],
) -> Answered:
    """Return all items of a test set with what a run said of them.

    Parameters
    ----------
    split, predictions
        The test set and (n,) what was said; None if it stayed closed.
    scores
        (n, classes) what came out of the head.
    names
        What the items are called.

    Raises
    ------
    SealedError
        The test set stayed closed.
    DataError
        The run comes from a version that did not keep the items.
    """
    if predictions is None:
        raise SealedError("This run was not evaluated: it was made with test=False.", "Fit with test=True.")
    if split is None:
        raise DataError(
            "This run holds its answers without the items: it comes from a version that did not keep them.",
            "Train it again: the same seed gives the same run.",
        )
    probabilities = None if scores is None else softmax(scores)
    return Answered("Test items", split, np.arange(len(split)), predictions, probabilities, names)


def mistakes_of(answers: Answered, count: int) -> Answered:
    """Return the wrong answers of which a run was surest, the surest first.

    Parameters
    ----------
    answers
        Of all test items.
    count
        At most so many, at least 1.

    Raises
    ------
    DataError
        Not a whole number of at least 1.
    """
    most = expect_whole("count", count, 1, DataError)
    wrong = answers.positions[answers.given != answers.truth]
    surest = answers.at(wrong, "").surest(most)
    if len(wrong) == 0:
        title = f"No mistakes among {len(answers):,} test items"
    elif len(surest) == len(wrong):
        title = "All mistakes, the surest first"
    else:
        title = f"The surest of {len(wrong):,} mistakes, the surest first"
    return answers.at(surest.positions, title)


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities: rows that sum to 1, computed in double precision.

    Examples
    --------
    >>> softmax(np.array([[1e4, 1e4], [0.0, np.log(3)]], dtype=np.float32))
    array([[0.5 , 0.5 ],
           [0.25, 0.75]], dtype=float32)
    """
    raised = np.exp(scores.astype(np.float64) - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)


def percent(share: float) -> str:
    """Write a probability; what is not quite 0 or 1 is not written as such.

    Examples
    --------
    >>> percent(0.0004), percent(0.42), percent(0.9999), percent(1.0)
    ('under 1 %', '42 %', 'over 99 %', '100 %')
    """
    if 0 < share < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"
