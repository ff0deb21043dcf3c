"""Look inside: what a Freeze panel shows of a run's test items, worked out in a thread when a learner asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tlkit import inside
from tlkit.errors import PanelError
from tlkit.panels.numbers import percent
from tlkit.panels.twin import Paragraph, Part, Pictures, Table
from tlkit.panels.worker import Job
from tlkit.pictures import looks_like_ink, picture
from tlkit.train.answered import WARNING, Answered
from tlkit.train.confusion import Confusion

if TYPE_CHECKING:
    from tlkit.train import Run

# A table of more classes cannot be read; what was confused most is then listed.
_MOST_IN_TABLE = 40
_LISTED = 30
_MISTAKES, _SHOWN = 12, 24
_ITEM_PIXELS, _MAP_PIXELS = 96, 160


@dataclass(frozen=True)
class _Finding:
    """Something that was worked out: its name, its plain JSON, and its pictures by name."""

    name: str
    shown: dict[str, Any]
    uris: dict[str, str] = field(default_factory=dict)


class LookInside:
    """The part of the panel below the seals: closed at first, and empty until it is opened.

    Parameters
    ----------
    looked
        Called from a thread of its own when there is something new to show: with what went wrong, or None, and with
        whether the saved notebook is to have it too.
    """

    def __init__(self, looked: Callable[[BaseException | None, bool], None]) -> None:
        self._looked = looked
        self._lock = threading.RLock()
        self._job: Job | None = None
        self.forget()

    def forget(self) -> None:
        """Close, and forget what belongs to an earlier run; what is still being worked out comes to nothing."""
        with self._lock:
            self.open = False
            self._round = object()
            self._working = self._said = ""
            self._found: dict[str, dict[str, Any]] = {}
            self._uris: dict[str, dict[str, str]] = {}

    def wait(self) -> None:
        """Wait until nothing is being worked out."""
        if self._job is not None:
            self._job.wait()

    # ---- what a learner asks for

    def actions(
        self, run: Run | None, outcome: Mapping[str, Any] | None
    ) -> Mapping[str, Callable[..., object]]:
        """Return what the browser can ask for, by name.

        Parameters
        ----------
        run
            The last run; None of a panel that was opened from a record.
        outcome
            The JSON of it; None before the first run.
        """
        return {
            "look": lambda open: self.show(run, outcome, open),
            "cell": lambda true, given: self.cell(run, true, given),
            "explain": lambda position, place, stage=None: self.explain(run, position, place, stage),
        }

    def show(self, run: Run | None, outcome: Mapping[str, Any] | None, open: bool) -> None:
        """Open or close; opened for the first time, count the confusions and find the mistakes."""
        if outcome is None:
            raise PanelError("There is nothing to look into yet.", "Train first.")
        self.open = open
        if not open or "confusion" in self._found:
            return

        def work() -> Iterator[_Finding]:
            yield _Finding(
                "confusion", _described(run.confusion() if run is not None else _confusion_of(outcome))
            )
            if run is not None:
                yield _items("mistakes", run.mistakes(_MISTAKES))

        self._start("Looking at the answers", work, to_save=True)

    def cell(self, run: Run | None, true: int, given: int) -> None:
        """Show the pictures of one cell of the table."""
        run = _needed(run)

        def work() -> Iterator[_Finding]:
            yield _items("cell", run.confusion().items(true, given), chosen=[true, given])

        self._start("Fetching the pictures", work)

    def explain(self, run: Run | None, position: int, place: str, stage: str | None = None) -> None:
        """Show where the network saw what it said of a test item, and what is right; below which pictures."""
        run = _needed(run)

        def work() -> Iterator[_Finding]:
            yield _map(run, position, place, stage)

        self._start("Following the gradient", work)

    def _start(self, words: str, work: Callable[[], Iterator[_Finding]], to_save: bool = False) -> None:
        with self._lock:
            if self._working:
                return  # a second click is no error
            self._working, self._said, this = words, "", self._round

        def whole() -> None:
            wrong: BaseException | None = None
            try:
                for one in work():
                    with self._lock:
                        if this is not self._round:
                            return
                        if self._found.get("map", {}).get("place") == one.name:
                            del self._found["map"], self._uris["map"]  # it was of one of the pictures before
                        self._found[one.name], self._uris[one.name] = one.shown, one.uris
                        self._said = self._said or str(one.shown.get("sentence", one.shown.get("title", "")))
            except Exception as error:
                wrong = error
            finally:
                with self._lock:
                    current = this is self._round
                    if current:
                        self._working = ""
                if current:
                    self._looked(wrong, to_save)

        self._job = Job()
        self._job.start(whole)

    # ---- what is shown

    @property
    def pictures(self) -> dict[str, str]:
        """Data URIs by name."""
        with self._lock:
            return (
                {name: uri for uris in self._uris.values() for name, uri in uris.items()} if self.open else {}
            )

    def view(self, has_pictures: bool) -> dict[str, Any]:
        """Describe it for the browser."""
        with self._lock:
            found = self._found if self.open else {}
            cell = found.get("cell")
            return {
                "open": self.open,
                "label": "Look inside",
                "hint": "Which classes were taken for which, the surest mistakes, and where the network looked.",
                "working": self._working,
                "said": self._working or self._said,
                "confusion": found.get("confusion"),
                "chosen": cell["chosen"] if cell else None,
                "cell": cell,
                "mistakes": found.get("mistakes"),
                "map": found.get("map"),
                "pictures": has_pictures,
                "legend": "Rows: what it is. Columns: what was said. On the diagonal, in blue, it was right.",
                "keys": "Arrows move between cells, Enter opens the pictures of one.",
                "note": WARNING if has_pictures else "The record holds the numbers and no pictures.",
            }

    def twin(self) -> list[Part]:
        """Describe what is open for the twin."""
        with self._lock:
            confusion = self._found.get("confusion")
            if not self.open or confusion is None:
                return []
            parts: list[Part] = [Paragraph(confusion["sentence"])]
            if confusion["list"]:
                rows = [
                    (one["names"][0], one["names"][1], f"{one['count']:,}") for one in confusion["list"][:10]
                ]
                parts.append(Table(["is", "said", "items"], rows, "Most often confused"))
            for name in ("mistakes", "cell"):
                if name in self._found and self._found[name]["items"]:
                    items, uris = self._found[name]["items"], self._uris[name]
                    parts.append(Paragraph(self._found[name]["title"]))
                    shown = [(uris[one["picture"]], f"{one['alt']} ({one['said']})") for one in items]
                    parts.append(Pictures(shown))
            if "map" in self._found:
                found, uris = self._found["map"], self._uris["map"]
                parts.append(Paragraph(found["title"]))
                parts.append(Pictures([(uris[one["picture"]], one["said"]) for one in found["pictures"]], 96))
            return [*parts, Paragraph(WARNING)]


def _items(name: str, items: Answered, **more: Any) -> _Finding:
    shown = items.at(items.positions[:_SHOWN], items.title)
    images = shown.images
    ink = len(images) > 0 and looks_like_ink(images)
    names = [f"{name}-{at}" for at in range(len(shown))]
    uris = [picture(image, ink=ink, largest_pixels=_ITEM_PIXELS) for image in images]
    rest = len(items) - len(shown)
    found = {
        "title": items.caption,
        "items": [
            {"position": one.position, "picture": uri, "alt": f"{one.name}: {one.truth}", "said": one.words}
            for uri, one in zip(names, shown, strict=True)
        ],
        "more": f"and {rest:,} more" if rest else "",
        **more,
    }
    return _Finding(name, found, dict(zip(names, uris, strict=True)))


def _map(run: Run, position: int, place: str, stage: str | None) -> _Finding:
    """Show where the network saw what it said, and beside it what is right."""
    item = run.answers.at([position], "")
    both = list(dict.fromkeys([int(item.given[0]), int(item.truth[0])]))
    maps = inside.grad_cam(run, np.repeat(item.images, len(both), axis=0), both, stage=stage)
    uris = [picture(item.images[0], ink=looks_like_ink(item.images), largest_pixels=_MAP_PIXELS)]
    uris += [picture(one, largest_pixels=_MAP_PIXELS) for one in maps.overlays]
    names = [f"map-{at}" for at in range(len(uris))]
    words = [item[0].words, *(maps.words(at) for at in range(len(both)))]
    alts = [f"{item[0].name}: {item[0].truth}", *(f"Map for {run.task.classes[label]}" for label in both)]
    shown = {
        "title": f"Where it looked in {item[0].name}, at {maps.stage}",
        "position": position,
        "place": place,
        "stage": maps.stage,
        "stages": [{"name": name, "label": name} for name in inside.stages_with_places(run)],
        "pictures": [
            {"picture": name, "said": said, "alt": alt}
            for name, said, alt in zip(names, words, alts, strict=True)
        ],
        "note": "Grad-CAM: bright places raised the score of the class. The map is as coarse as the stage's places.",
    }
    return _Finding("map", shown, dict(zip(names, uris, strict=True)))


def _needed(run: Run | None) -> Run:
    if run is None:
        raise PanelError(
            "This panel was opened from a record, which holds no pictures.", "Make it anew and train again."
        )
    return run


def _confusion_of(outcome: Mapping[str, Any]) -> Confusion:
    run = outcome["run"]
    truth, given = (np.asarray(run[name], dtype=np.int64) for name in ("test_labels", "predictions"))
    return Confusion(tuple(run["task"]["classes"]), truth, given)


def _described(confusion: Confusion) -> dict[str, Any]:
    classes = confusion.classes
    place = {name: at for at, name in enumerate(classes)}
    return {
        "sentence": confusion.sentence,
        "classes": list(classes),
        "rows": [_row(confusion, at) for at in range(len(classes))] if len(classes) <= _MOST_IN_TABLE else [],
        "list": [
            {"names": [true, given], "true": place[true], "given": place[given], "count": count,
             "words": f"{true} taken for {given}: {count:,}"}
            for true, given, count in confusion.confusions[:_LISTED]
        ],
    }  # fmt: skip


def _row(confusion: Confusion, at: int) -> list[dict[str, Any] | None]:
    name = confusion.classes[at]
    cells: list[dict[str, Any] | None] = []
    for column, (count, share) in enumerate(zip(confusion.counts[at], confusion.shares[at], strict=True)):
        said = "said to be so" if column == at else f"taken for {confusion.classes[column]}"
        words = f"{name} {said}: {count:,} item{'' if count == 1 else 's'}, {percent(float(share))}"
        cells.append({"count": int(count), "share": float(share), "words": words} if count else None)
    return cells
