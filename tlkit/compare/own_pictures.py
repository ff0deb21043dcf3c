"""Own pictures: a learner's folder read for a comparison, looked at in colour, and brought to what a network takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlkit.compare.typed import Typed, in_options, told_in_options

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.backbones.transform import InputTransform
    from tlkit.data import Dataset, Finding

# What is found in pictures is looked for at this size at least, whatever the network takes.
LOOK_PIXELS = 96
#: So many labels per class, where every class has them: enough for a first answer, few enough for seconds.
USUAL_LABELS = 5
USUAL_CURVE = (1, 2, 5, 20)
_SECONDS = 3.0
# Advice for those who have not followed it yet.
_GROUP = ", or add --group alike"


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures to be learned.

    Parameters
    ----------
    seen
        As they were read: in colour, large enough to look at.
    dataset
        As the network gets them.
    found
        What was found in them, a sentence or some for each finding.
    checked
        What was looked for.
    """

    seen: Dataset
    dataset: Dataset
    found: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()


def read(typed: Typed, backbone: Backbone, say: Callable[[str], None]) -> Pictures:
    """Read a folder and say what was found in it and what the network gets.

    Parameters
    ----------
    typed
        Names the folder and says how to read it.
    backbone
        Says what it takes.
    say
        Takes each line of progress.

    Raises
    ------
    DataError
        The folder cannot be used as it is.
    """
    from tlkit import data
    from tlkit.backbones.intake import image_transform
    from tlkit.data.brought import brought_to

    form = image_transform(backbone, "Folders of pictures are")
    side = max(LOOK_PIXELS, form.height)
    telling = _Telling(say)
    with told_in_options():
        seen = data.load(typed.target, size=side, progress=telling.reading, **typed.folder.settings())
    findings = seen.check(progress=telling.looking)
    # A picture that is smaller than what is looked at is no small one for a network that takes less.
    told = [one for one in findings if one.rule != "small-picture" or side == form.height]
    found = tuple(worded(one) for one in told)
    if typed.folder.group is not None:
        found = tuple(one.replace(_GROUP, "") for one in found)
    counts = ", ".join(
        f"{len(split):,} {what}"
        for split, what in (
            (seen.train, "to learn from"),
            (seen.test, "to test"),
            (seen.validation, "held back"),
        )
    )
    say(
        f"{seen.name}: {sum(seen.card.counts.values()):,} pictures of {len(seen.classes)} classes: {counts}. The"
        f" smallest class has {seen.train.counts().min():,} to learn from."
    )
    say(f"{gets(form)} What is wrong with the pictures was looked for in colour, at {side} x {side}.")
    for one in found:
        say(f"Found in the data. {one}")
    if not found:
        say("Nothing was found that is wrong with the pictures.")
    return Pictures(seen, brought_to(seen, form.height, form.channels), found, findings.checked)


def worded(finding: Finding) -> str:
    """Return a finding in plain words and with advice that can be typed.

    Examples
    --------
    >>> from tlkit.data import Finding
    >>> worded(Finding("copies", "2 copies.", "Bad.", "Read with group='alike'.", ("a.png ~ b.png",)))
    '2 copies. Bad. Add --group alike. Found in: a.png ~ b.png.'
    """
    return in_options(finding.words)


def gets(form: InputTransform) -> str:
    """Say what a network gets of each picture.

    Examples
    --------
    >>> from tlkit import backbones
    >>> gets(backbones.load("zoo:resnet-letters").transform)
    'The network gets each picture at 32 x 32 pixels in grey: it sees no colour (zoo:efficientnet-lite0 does).'
    """
    colour = (
        "in colour." if form.channels == 3 else "in grey: it sees no colour (zoo:efficientnet-lite0 does)."
    )
    return f"The network gets each picture at {form.height} x {form.width} pixels {colour}"


def labels_for(typed: Typed, dataset: Dataset, own: bool) -> tuple[tuple[int, ...], str]:
    """Return how many labels per class to learn from, and for a folder why so many.

    Parameters
    ----------
    typed
        May say it.
    dataset
        Has so many for each class.
    own
        Whether it is a folder of one's own; an embedded set is tried with one label, or the usual curve.
    """
    if typed.labels_per_class:
        return typed.labels_per_class, ""
    if not own:
        return (USUAL_CURVE if typed.curve else (1,)), ""
    least = int(dataset.train.counts().min())
    if typed.curve:
        counts = tuple(one for one in USUAL_CURVE if one <= least)
        return (
            counts,
            f"Labels per class: {', '.join(map(str, counts))}, as many as the smallest class allows.",
        )
    count = min(USUAL_LABELS, least)
    more = (
        f"; up to {least} are possible with --labels"
        if least > count
        else ", all that the smallest class has"
    )
    return (count,), f"Labels per class: {count}{more}; --curve takes several numbers."


class _Telling:
    """Says every few seconds how far the reading of a folder, and the look at it, is."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last = time.perf_counter()

    def _is_time(self) -> bool:
        now = time.perf_counter()
        if now - self._last < _SECONDS:
            return False
        self._last = now
        return True

    def reading(self, what: str, done: int, of: int | None) -> None:
        if self._is_time():
            self._say(f"{what} pictures: {done:,}" + ("" if of is None else f" of {of:,}"))

    def looking(self, what: str, share: float) -> None:
        if self._is_time():
            self._say(f"{what}: {share:.0%}")
