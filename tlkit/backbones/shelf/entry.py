"""What a shelf tells: one network, many of them, and whether they are as they were pushed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tlkit.backbones.card import ModelCard
from tlkit.backbones.hubs.missing import size_in_words
from tlkit.backbones.licences import fits
from tlkit.backbones.shelf.versions import PREFIX
from tlkit.table import Table


@dataclass(frozen=True, repr=False)
class Entry:
    """One version of a network on a shelf.

    Parameters
    ----------
    name, version
        Which one.
    card
        Its card.
    bytes
        The size of all its files.
    deprecated
        Why it is not to be used any more; empty if it is.
    place
        Where the shelf stands.
    """

    name: str
    version: str
    card: ModelCard
    bytes: int
    deprecated: str
    place: str

    @property
    def whole_name(self) -> str:
        """As ``backbones.load`` takes it."""
        return f"{PREFIX}{self.name}@{self.version}"

    def __str__(self) -> str:
        warned = f" (not to be used any more: {self.deprecated})" if self.deprecated else ""
        return f"{self.whole_name}: {self.card.title or 'no title'}{warned}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.card._repr_html_()


@dataclass(frozen=True, repr=False)
class Listing:
    """Networks on a shelf.

    Parameters
    ----------
    place
        Where the shelf stands.
    entries
        By name and version.
    """

    place: str
    entries: tuple[Entry, ...]

    @property
    def table(self) -> Table:
        """One row for each version."""
        head = ("network", "what it is", "licence of the weights", "size", "note")
        rows = tuple(
            (
                one.whole_name,
                one.card.title,
                one.card.licence_weights or "not said",
                size_in_words(one.bytes),
                f"not to be used any more: {one.deprecated}" if one.deprecated else "",
            )
            for one in self.entries
        )
        nothing = f"Nothing found on the shelf {self.place}"
        if not rows and "://" not in self.place and not Path(self.place).is_dir():
            nothing = f"There is no folder {self.place} yet; the first push makes it"
        caption = f"{len(rows)} on the shelf {self.place}" if rows else nothing
        return Table(caption, head, rows) if rows else Table(caption, (), ())

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __str__(self) -> str:
        return str(self.table).rstrip()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


@dataclass(frozen=True, repr=False)
class Verified:
    """Whether what is on a shelf is as it was pushed.

    Parameters
    ----------
    place
        Where the shelf stands.
    versions
        How many were read again.
    problems
        Network, and what was found wrong.
    cleared
        What broken pushes had left, now deleted.

    Examples
    --------
    >>> print(Verified("shelf", 2, (), ()))
    2 versions on the shelf shelf are as they were pushed.
    """

    place: str
    versions: int
    problems: tuple[tuple[str, str], ...]
    cleared: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems

    @property
    def table(self) -> Table:
        """One row for each problem."""
        return Table(self._sentence, ("network", "problem"), self.problems)

    @property
    def _sentence(self) -> str:
        some = f"{self.versions} version{'s' if self.versions != 1 else ''} on the shelf {self.place}"
        verb = "are as they were" if self.versions != 1 else "is as it was"
        if self.ok:
            return f"{some} {verb} pushed."
        return f"Of {some}, {len({name for name, _ in self.problems})} changed since."

    def __str__(self) -> str:
        lines = [self._sentence if self.ok else str(self.table)]
        lines += [f"Cleared away what a broken push left: {one}" for one in self.cleared]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def matches(entry: Entry, task: str, licence: str, text: str) -> bool:
    """Say whether a network fits all that is asked for; what is not asked for is empty."""
    card = entry.card
    learned = " ".join(
        [str(card.lineage.get("data", "")), card.data, card.intended_use, *card.classes]
    ).lower()
    everything = f"{entry.whole_name} {entry.card}".lower()
    return (
        task.lower() in learned
        and (not licence.strip() or fits(card.licence_weights, licence))
        and all(word in everything for word in text.lower().split())
    )
