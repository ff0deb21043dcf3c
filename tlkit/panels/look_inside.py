"""Look inside: what a Freeze panel shows of a run's test items, worked out in a thread when a learner asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tlkit import inside
from tlkit.errors import PanelError, StoppedError, unknown_name
from tlkit.panels import closer
from tlkit.panels.confused import confusion_of, described
from tlkit.panels.things import called, things
from tlkit.panels.twin import Paragraph, Part, Pictures, Table
from tlkit.panels.worker import Job
from tlkit.train.answered import WARNING, Answered

if TYPE_CHECKING:
    from tlkit.train import Run

_MISTAKES, _SHOWN = 12, 24
_ITEM_PIXELS = 96


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
            "explain": lambda position, place, what="looked", stage=None: self.explain(
                run, position, place, what, stage
            ),
            "moved": lambda: self.moved(run),
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
                "confusion", described(run.confusion() if run is not None else confusion_of(outcome))
            )
            if run is not None:
                yield _items("mistakes", run.mistakes(_MISTAKES))

        self._start("Looking at the answers", work, to_save=True)

    def cell(self, run: Run | None, true: int, given: int) -> None:
        """Show the pictures of one cell of the table."""
        run = _needed(run)

        def work() -> Iterator[_Finding]:
            yield _items("cell", run.confusion().items(true, given), chosen=[true, given])

        self._start(f"Fetching the {things(called(run.task.train.kind))}", work)

    def explain(
        self, run: Run | None, position: int, place: str, what: str = "looked", stage: str | None = None
    ) -> None:
        """Show more of a test item: where the network looked, what it finds alike, or its feature maps.

        Parameters
        ----------
        run
            The last run.
        position
            Of the item in the test set.
        place
            Below which pictures it is shown.
        what
            One of `closer.WHATS`.
        stage
            Whose; None is the last that suits.
        """
        run = _needed(run)
        if what not in closer.WHATS:
            raise unknown_name("view of a picture", what, closer.WHATS)
        this = self._round

        def work() -> Iterator[_Finding]:
            shown, uris = closer.look(run, position, what, stage, lambda: self._still(this))
            yield _Finding("map", {**shown, "place": place}, uris)

        self._start("Looking closer", work)

    def moved(self, run: Run | None) -> None:
        """Say how far each stage went in the run."""
        run = _needed(run)
        this = self._round

        def work() -> Iterator[_Finding]:
            found = inside.movement(run, should_stop=lambda: self._still(this))
            rows = [[{"text": cell} for cell in row] for row in found.rows()]
            title = found.sentence
            yield _Finding(
                "moved", {"title": title, "head": list(found.head), "rows": rows, "note": found.note}
            )

        self._start("Comparing features before and after", work)

    def _still(self, this: object) -> None:
        if this is not self._round:
            raise StoppedError("Another run has begun.", "")

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

    def view(self, has_pictures: bool, kind: str = "pictures") -> dict[str, Any]:
        """Describe it for the browser.

        Parameters
        ----------
        has_pictures
            Whether the items are here; a record does not hold them.
        kind
            What the items are called: pictures or texts.
        """
        looked = ", and where the network looked" if kind == "pictures" else ""
        surest = ", the surest mistakes" if looked else " and the surest mistakes"
        with self._lock:
            found = self._found if self.open else {}
            cell = found.get("cell")
            return {
                "open": self.open,
                "label": "Look inside",
                "hint": f"Which classes were taken for which{surest}{looked}.",
                "working": self._working,
                "said": self._working or self._said,
                "confusion": found.get("confusion"),
                "chosen": cell["chosen"] if cell else None,
                "cell": cell,
                "mistakes": found.get("mistakes"),
                "map": found.get("map"),
                "moved": found.get("moved"),
                "ask_moved": "How far did each stage move?",
                "pictures": has_pictures,
                "legend": "Rows: what it is. Columns: what was said. On the diagonal, in blue, it was right.",
                "keys": f"Arrows move between cells, Enter opens the {kind} of one.",
                "note": WARNING if has_pictures else f"The record holds the numbers and no {kind}.",
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
                    if "text" in items[0]:
                        told = [(one["text"], one["said"]) for one in items]
                        parts.append(Table(["text", "what was said"], told))
                        continue
                    shown = [(uris[one["picture"]], f"{one['alt']} ({one['said']})") for one in items]
                    parts.append(Pictures(shown))
            if "map" in self._found:
                found, uris = self._found["map"], self._uris["map"]
                parts.append(Paragraph(found["title"]))
                for group in found["groups"]:
                    parts += [Paragraph(group["words"])] if group["words"] else []
                    shown = [(uris[one["picture"]], one["said"] or one["alt"]) for one in group["pictures"]]
                    parts.append(Pictures(shown, found["pixels"]))
            if "moved" in self._found:
                moved = self._found["moved"]
                rows = [tuple(cell["text"] for cell in row) for row in moved["rows"]]
                parts += [Paragraph(moved["title"]), Table(moved["head"], rows), Paragraph(moved["note"])]
            return [*parts, Paragraph(WARNING)]


def _items(name: str, items: Answered, **more: Any) -> _Finding:
    shown = items.at(items.positions[:_SHOWN], items.title)
    names = [f"{name}-{at}" for at in range(len(shown))]
    uris = shown.drawn(_ITEM_PIXELS)
    rest = len(items) - len(shown)
    found = {
        "title": items.caption,
        "items": [
            {
                "position": one.position,
                "picture": uri,
                "alt": f"{one.name}: {one.truth}",
                "said": one.words,
                **({"text": shown.split.texts[one.position]} if shown.split.kind == "texts" else {}),
            }
            for uri, one in zip(names, shown, strict=True)
        ],
        "more": f"and {rest:,} more" if rest else "",
        **more,
    }
    return _Finding(name, found, dict(zip(names, uris, strict=True)))


def _needed(run: Run | None) -> Run:
    if run is None:
        raise PanelError(
            "This panel was opened from a record, which holds no pictures.", "Make it anew and train again."
        )
    return run
