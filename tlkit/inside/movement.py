"""Movement: how far each stage went in a run, in its weights and in what it makes of pictures."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError, SimilarityError, expect_kind, expect_whole
from tlkit.inside.subject import features_of_stages, subject_of
from tlkit.similarity import cka
from tlkit.train import Run

if TYPE_CHECKING:
    from tlkit.drawing import Drawing

# Fewer rows have no unbiased estimate.
_LEAST_DEBIASED = 4
# Colour and shape of what learned and of what stayed, as in every panel.
_MOVED, _KEPT = ("#a8480a", "D"), ("#0a6aa8", "o")


@dataclass(frozen=True)
class StageMovement:
    """How far one stage went.

    Parameters
    ----------
    stage, mode
        Its name and the freeze mode that was in force.
    weights
        Length of the change of its weights as a share of their length before; 0 if no bit changed, None if it
        has no weights or they were all zero.
    cka
        Linear CKA of its features before and after, on the task's training pictures: 1 is equal but for
        rotation and scale. None if it is not defined, as for features that are the same for every picture.
    same_features
        Whether its features are the same bit for bit.
    """

    stage: str
    mode: str
    weights: float | None
    cka: float | None
    same_features: bool

    @property
    def words(self) -> tuple[str, str]:
        """How far its weights and its features went, in words."""
        if self.weights is None:
            moved = "none"
        else:
            moved = "bit for bit" if self.weights == 0 else f"by {100 * self.weights:.2g} %"
        if self.same_features:
            return moved, "bit for bit"
        return moved, "not defined" if self.cka is None else f"CKA {self.cka:.3f}"


@dataclass(frozen=True, repr=False)
class StageMovements:
    """How far each stage went in a run.

    Parameters
    ----------
    stages
        From the input on, without the head: it is new.
    items
        How many training pictures the features are of.
    debiased
        Whether CKA is the unbiased estimate, which does not grow with the number of features.
    name
        Of the network and the task.
    """

    stages: tuple[StageMovement, ...]
    items: int
    debiased: bool
    name: str

    @property
    def head(self) -> tuple[str, ...]:
        """Names of the columns of `rows`."""
        return _HEAD

    def rows(self) -> list[tuple[str, ...]]:
        """Return, per stage: name, mode, how far its weights went, how alike its features are."""
        return [(one.stage, one.mode, *one.words) for one in self.stages]

    @property
    def sentence(self) -> str:
        """Which stage's features went farthest, in words."""
        moved = [one for one in self.stages if not one.same_features and one.cka is not None]
        if not moved:
            same = all(one.same_features for one in self.stages)
            return (
                "Every stage gives the same features as before, bit for bit."
                if same
                else "No stage's features can be compared: they are the same for every picture."
            )
        far = min(moved, key=lambda one: one.cka or 0.0)
        kept = [one.stage for one in self.stages if one.same_features]
        said = f"The features of {far.stage} went farthest: CKA {far.cka:.3f} with those before."
        return said + (f" Bit for bit as before: {', '.join(kept)}." if kept else "")

    @property
    def note(self) -> str:
        """What the numbers are of."""
        kind = "unbiased linear CKA" if self.debiased else "linear CKA, near 1 with so few pictures"
        return f"Features: means over all places, on {self.items:,} training pictures; {kind}."

    def drawing(self) -> Drawing:
        """Return a picture: on the left how far weights went, on the right how alike features are."""
        from tlkit.drawing import Drawing

        count = len(self.stages)
        drawing = Drawing(f"{self.name}. {self.sentence}", (7.2, 1.2 + 0.36 * count))
        left, right = drawing.subplots(1, 2, sharey=True)
        places = np.arange(count)[::-1]
        marks = [
            (left, [None if one.weights is None else 100 * one.weights for one in self.stages]),
            (right, [1.0 if one.same_features else one.cka for one in self.stages]),
        ]
        for axes, values in marks:
            for place, value, one in zip(places, values, self.stages, strict=True):
                if value is not None:
                    colour, marker = _MOVED if one.weights else _KEPT
                    axes.plot([0, value], [place, place], color=colour, linewidth=2.4)
                    axes.plot(value, place, marker, color=colour, markersize=7)
            axes.grid(axis="x", color="#e3e6e9", linewidth=0.8)
            axes.set_axisbelow(True)
            axes.tick_params(labelsize=9)
            for side in ("top", "right"):
                axes.spines[side].set_visible(False)
        left.set_yticks(places, [one.stage for one in self.stages])
        left.set_xlim(left=0)
        left.set_xlabel("change of the weights, %", fontsize=9)
        right.set_xlabel("CKA of the features, before and after", fontsize=9)
        right.set_xlim(min(0.0, *(one.cka or 0.0 for one in self.stages)), 1.05)
        return drawing

    def __repr__(self) -> str:
        table = [_HEAD, *self.rows()]
        widths = [max(len(row[column]) for row in table) for column in range(len(_HEAD))]
        lines = [
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
        return "\n".join([f"{self.name}: {self.sentence}", *lines, self.note])

    def _repr_html_(self) -> str:
        left = ' style="text-align:left"'
        head = "".join(f'<th scope="col"{left}>{name}</th>' for name in _HEAD)
        body = "".join(
            f'<tr><th scope="row"{left}>{html.escape(row[0])}</th>'
            + "".join(f"<td{left}>{html.escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows()
        )
        return (
            f"<p><strong>{html.escape(self.sentence)}</strong></p>{self.drawing()._repr_html_()}"
            f"<table><caption>{html.escape(self.name)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
            f"</table><p>{html.escape(self.note)}</p>"
        )


_HEAD = ("stage", "mode", "weights moved", "features before and after")


def movement(
    run: Run, *, most_items: int = 1000, should_stop: Callable[[], None] | None = None
) -> StageMovements:
    """Say how far each stage went in a run: its weights, and its features on the task's training pictures.

    The weights are those of the run's seal. The features are compared by linear CKA, which is 1 where they are
    equal but for rotation and scale; running statistics that drifted count too, and so does what earlier stages
    made of the picture.

    Parameters
    ----------
    run
        A finished run.
    most_items
        At most so many training pictures, evenly spaced, at least 2: CKA takes their square in memory.
    should_stop
        Called before each batch; ends the work by raising.

    Raises
    ------
    DataError
        It is no run.

    References
    ----------
    Kornblith, Norouzi, Lee, Hinton: Similarity of neural network representations revisited. ICML 2019.

    Examples
    --------
    >>> from tlkit import backbones, data, train
    >>> net = backbones.load("zoo:resnet-letters")
    >>> found = movement(train.fit(net, data.load("greek").few_shot(1, seed=0), test=False))
    >>> found.sentence
    'Every stage gives the same features as before, bit for bit.'
    """
    expect_kind("What moved", run, Run, DataError, "Give a run of train.fit.")
    most = expect_whole("most_items", most_items, 2, DataError)
    split = run.task.train
    chosen = np.unique(np.linspace(0, len(split) - 1, min(most, len(split))).round().astype(np.int64))
    before, after = subject_of(run.backbone), subject_of(run)
    images = np.asarray(split.images[chosen])
    debiased = len(chosen) >= _LEAST_DEBIASED
    found = []
    views = [features_of_stages(one, images, should_stop) for one in (before, after)]
    for stage in before.shapes:
        old, new = (view[stage] for view in views)
        weights = run.seal[stage].kinds["weights"]
        found.append(
            StageMovement(
                stage,
                run.plan.modes[stage],
                None if weights is None else 0.0 if weights.unchanged else weights.relative,
                _alike(old, new, debiased),
                bool(np.array_equal(old, new)),
            )
        )
    name = f"{run.backbone.name} on {run.task.name}"
    return StageMovements(tuple(found), len(chosen), debiased, name)


def _alike(old: NDArray[np.float32], new: NDArray[np.float32], debiased: bool) -> float | None:
    try:
        with np.errstate(invalid="ignore", divide="ignore"):
            value = cka(old, new, debiased=debiased)
    except SimilarityError:
        return None
    return value if np.isfinite(value) else None
