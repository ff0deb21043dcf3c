"""Which networks' weights, and which word vectors, are on this machine, with size and place."""

from __future__ import annotations

from dataclasses import dataclass

from tlkit.backbones.hubs import HUBS, Present, adapter, size_in_words
from tlkit.errors import TlkitError
from tlkit.table import Table
from tlkit.words import loading as words


@dataclass(frozen=True, repr=False)
class Models:
    """What :func:`models` found.

    Parameters
    ----------
    present
        Hub to what is there.
    unseen
        Hub to why it could not be looked at.
    words
        Word vectors that are there.
    """

    present: dict[str, tuple[Present, ...]]
    unseen: dict[str, str]
    words: tuple[Present, ...] = ()

    def table(self) -> Table:
        """Return a row for each network."""
        found = [one for ones in self.present.values() for one in ones]
        hubs = sum(bool(ones) for ones in self.present.values())
        whole = size_in_words(sum(one.bytes for one in found))
        rows = [(one.name, size_in_words(one.bytes), str(one.place)) for one in found]
        rows += [(f"{HUBS[hub].title}", "not looked at", why) for hub, why in self.unseen.items()]
        return Table(
            f"{len(found)} network{'' if len(found) == 1 else 's'} of {hubs} hub{'' if hubs == 1 else 's'} on this"
            f" machine, {whole}; those of the zoo are part of tlkit.",
            ("name", "size", "place"),
            tuple(rows),
        )

    def word_vectors(self) -> Table:
        """Return a row for each set of word vectors."""
        count, whole = len(self.words), size_in_words(sum(one.bytes for one in self.words))
        return Table(
            f"{count} set{'' if count == 1 else 's'} of word vectors on this machine, {whole}; those called words: are"
            " part of tlkit.",
            ("name", "size", "place"),
            tuple((one.name, size_in_words(one.bytes), str(one.place)) for one in self.words),
        )

    def __str__(self) -> str:
        return f"{self.table()}\n\n{self.word_vectors()}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.table()._repr_html_() + self.word_vectors()._repr_html_()


def models() -> Models:
    """Look where each hub's client keeps weights, or in the one folder that ``TLKIT_MODELS`` names.

    Examples
    --------
    >>> found = models()
    >>> "torchvision" in found.present, found.words[0].name
    (True, 'words:english')
    """
    present: dict[str, tuple[Present, ...]] = {}
    unseen: dict[str, str] = {}
    for hub in HUBS:
        try:
            found = tuple(one for one in adapter(hub).present() if one.name.startswith(f"{hub}:"))
        except (TlkitError, ImportError, OSError) as error:
            unseen[hub] = str(error)
        else:
            present[hub] = found
    return Models(present, unseen, words.present())
