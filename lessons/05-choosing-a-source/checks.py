"""Checks of the exercises of lesson 5: they compute floors and distances anew and compare what was measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tlkit.course import NotYet, exercise

# Shuffled labels give a floor that varies a little from shuffle to shuffle.
_SHUFFLES = 20
# A floor may lie so many standard deviations from the mean of these shuffles.
_FAR = 6.0


def _shapes() -> Any:
    from tlkit import data

    return data.load("shapes").validation


def _seen_by(name: str, images: Any) -> Any:
    from tlkit import backbones

    return backbones.load(f"zoo:resnet-{name}").features(images)


@exercise(
    "05-own-place",
    takes=("the floor", "the ceiling"),
    hints=(
        "Look at the example. What was done to the labels for the floor, and whose features gave the ceiling?",
        "The floor keeps the features and breaks the labels. The ceiling keeps the labels and takes other features.",
        (
            "This is one way:\n\n"
            '    shapes = data.load("shapes").validation\n'
            "    shuffled_shapes = np.random.default_rng(0).permutation(shapes.labels)\n"
            '    my_floor = similarity.logme(nets["letters"].features(shapes.images), shuffled_shapes)\n'
            '    my_ceiling = similarity.logme(nets["shapes"].features(shapes.images), shapes.labels)'
        ),
    ),
)
def own_place(floor: Any, ceiling: Any) -> str:
    """The floor: LogME of the letters network with shuffled labels. The ceiling: the network that learned shapes."""
    from tlkit import similarity

    shapes = _shapes()
    seen, known = _seen_by("letters", shapes.images), _seen_by("shapes", shapes.images)
    value, top = similarity.logme(seen, shapes.labels), similarity.logme(known, shapes.labels)
    rng = np.random.default_rng(1)
    floors = np.array([similarity.logme(seen, rng.permutation(shapes.labels)) for _ in range(_SHUFFLES)])
    floor, ceiling = float(floor), float(ceiling)
    if _same(floor, value):
        raise NotYet(
            f"{floor:.2f} is LogME with the right labels: that is the value. A floor is what is left when the labels "
            "no longer belong to the pictures.",
        )
    if floor == 0.0:
        raise NotYet(
            "0 is no special number for LogME: with shuffled labels it is below that. Measure the floor.",
            belief="the floor of a score is zero",
        )
    if abs(floor - floors.mean()) > max(_FAR * float(floors.std()), 0.005):
        raise NotYet(
            f"Your floor is {floor:.2f}. With shuffled labels, the letters network has about {floors.mean():.2f} here. "
            "Are the features those of the letters network, and the labels those of shapes, in another order?"
        )
    if _same(ceiling, value):
        raise NotYet(
            f"{ceiling:.2f} is the value of the letters network itself. Whose features are those of somebody who "
            "learned shapes?"
        )
    if ceiling in (0.0, 1.0):
        raise NotYet(
            f"{ceiling:g} is a number that LogME knows nothing of. A ceiling is measured, too.",
            belief="a score means something without its floor and its ceiling",
        )
    if not _same(ceiling, top):
        raise NotYet(
            f"Your ceiling is {ceiling:.2f}. The network that learned shapes has {top:.2f} on these pictures. "
            "One of the four networks is the right one."
        )
    place = 100 * (value - floor) / (ceiling - floor)
    return f"{value:.2f} between {floor:.2f} and {ceiling:.2f}: the letters network stands at {place:.0f} % on shapes."


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-3, abs_tol=1e-4)


@exercise(
    "05-own-choice",
    takes=("the ranking with its gains", "the comparisons by name"),
    hints=(
        "Which line needs nothing from the others? Which one needs all of them?",
        (
            "Textures and arms first, then the ranking, then the comparisons, at last both together. Which measures "
            "rank sources, scores or distances?"
        ),
        (
            "This is one way:\n\n"
            '    textures = data.load("textures")\n'
            '    arms = ["random-frozen", "frozen"]\n'
            '    ranking = similarity.rank(nets, textures, "logme")\n'
            "    my_gains = {name: compare.run(textures, one, arms, seeds=3, labels_per_class=5, n_jobs=1)\n"
            "                for name, one in nets.items()}\n"
            "    my_ranking = ranking.with_gains(my_gains)"
        ),
    ),
)
def own_choice(ranking: Any, gains: Any) -> str:
    """A ranking for textures by any score, with the gains of at least three networks from three draws each."""
    from tlkit import compare

    if ranking.target != "textures":
        raise NotYet(f"This ranking is for {ranking.target}. The target is textures.")
    if ranking.proved is None:
        raise NotYet(
            "This ranking knows no gains yet: it is a forecast. Which line puts the measured gains into it?",
            belief="a score that is sure of its first place is right about it",
        )
    for name, one in gains.items():
        if one.dataset != "textures":
            raise NotYet(
                f"The comparison of {name} is on {one.dataset}. A gain belongs to one target: textures."
            )
        missing = [arm for arm in ("random-frozen", "frozen") if arm not in one.arms]
        if missing:
            raise NotYet(
                f"The comparison of {name} has no arm `{missing[0]}`. A gain is a difference of two arms."
            )
        if len(one.seeds) < 3:
            raise NotYet(
                f"The comparison of {name} has {len(one.seeds)} draw(s). Use three: one can be lucky."
            )
        told = ranking[name].gain
        if told is None or not math.isclose(told, one.verdict.interval.difference, abs_tol=1e-9):
            raise NotYet(f"The gain of {name} in the ranking is not the one that its comparison measured.")
    unknown = [one.name for one in ranking.candidates if one.name not in gains]
    if unknown or len(gains) < 3:
        raise NotYet(
            f"Of {unknown[0] if unknown else 'too many networks'} no gain was measured. The regret is the best gain "
            "minus that of the first, so all of them are needed.",
        )
    proved, best = ranking.proved, max(gains, key=lambda name: gains[name].verdict.interval.difference)
    other = "nearest neighbour (`knn`)" if ranking.score == "logme" else "LogME"
    if proved.picked:
        return (
            f"{ranking.label} chose {ranking.first.name}, and it gained most. No regret, this time. Does {other} "
            "choose the same one?"
        )
    told = compare.verdict(
        gains[ranking.first.name]["frozen"].correct,
        gains[best]["frozen"].correct,
        names=(ranking.first.name, best),
    )
    sure = (
        "so three draws cannot say that it was wrong"
        if told.word == "cannot tell"
        else "and the draws can tell"
    )
    return (
        f"{ranking.label} chose {ranking.first.name}, in {100 * ranking.first.probability:.0f} % of the draws. "
        f"{best} gained most: regret {100 * proved.regret:.1f} points, {sure}: {told} Now rank by {other}, and compare."
    )


@exercise(
    "05-own-disguise",
    takes=("the function",),
    hints=(
        "The lesson turned the light down. What else can change in a picture while you still read the digit?",
        "A negative, a grey ground, a paler pen: sums and differences of a number and the pictures are enough.",
        "def my_change(images):\n    return 1 - images",
    ),
)
def own_disguise(change: Any) -> str:
    """Pictures that are at least twice as far from letters by Fréchet, and whose neighbours are of their class."""
    from tlkit import data, similarity

    digits = data.load("digits").train
    made = np.asarray(change(digits.images.copy()))
    if made.shape != digits.images.shape:
        raise NotYet(
            f"{digits.images.shape} went in, {made.shape} came out. Return as many pictures, of the same size."
        )
    if not np.isfinite(made).all() or made.min() < -1e-6 or made.max() > 1 + 1e-6:
        raise NotYet(
            f"Your pictures have numbers from {made.min():.2f} to {made.max():.2f}. A picture has 0 to 1: "
            "`np.clip(pictures, 0, 1)` cuts off the rest."
        )
    if made.mean() < digits.images.mean() - 1e-3:
        raise NotYet(
            f"Your pictures are darker: {made.mean():.2f} on average, before it was {digits.images.mean():.2f}. "
            "That is the lesson's own trick. Find another."
        )
    near = _seen_by("letters", data.load("letters").train.images[::4])
    before, after = _seen_by("letters", digits.images), _seen_by("letters", made.astype(np.float32))
    apart = similarity.frechet(near, after) / similarity.frechet(near, before)
    kept = similarity.knn(after, digits.labels)
    if kept < 0.7:
        raise NotYet(
            f"The distance is {apart:.1f} times what it was. But only {100 * kept:.0f} % of the pictures have a "
            "nearest neighbour of their own class: you hid the digits, too. Who looks different can still do the job.",
        )
    if apart < 2:
        raise NotYet(
            f"{100 * kept:.0f} % of the pictures have a neighbour of their own class: the job is the same. But the "
            f"distance is only {apart:.1f} times what it was. Change more of what all pictures have in common."
        )
    return (
        f"{apart:.1f} times as far from letters, and {100 * kept:.0f} % of the pictures still have a nearest neighbour "
        "of their own class. By its distance you would have sent this target away."
    )
