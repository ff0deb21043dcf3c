"""check: whether licences, from a network back to its first source, allow a use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tlkit import backbones, data, words
from tlkit.backbones import Backbone, ModelCard
from tlkit.backbones.shelf import Lineage, Shelf
from tlkit.backbones.shelf.lineage import card_named, lineage_of
from tlkit.data import DataCard, Dataset
from tlkit.errors import DataError, UnknownNameError, a_kind
from tlkit.governance import terms
from tlkit.governance.findings import Finding, found_in
from tlkit.table import Table
from tlkit.words import WordVectors
from tlkit.words.loading import is_of_words

#: What this is not, in one sentence.
NO_ADVICE = "This compares what cards say with what licences are known to ask for; it is not legal advice."
_SHELF = "shelf:"
_OF_DATA = ("data",)


@dataclass(frozen=True, repr=False)
class Check:
    """What licences say of a use.

    Parameters
    ----------
    name
        Of the network.
    use
        What it is to be used for.
    findings
        One for each licence of each network in the lineage.
    lineage
        The network and what it was made from.
    of_data
        Whether it is no network but a data set.
    """

    name: str
    use: str
    findings: tuple[Finding, ...]
    lineage: Lineage
    of_data: bool = False

    @property
    def word(self) -> str:
        """The gravest word of all findings."""
        return min((one.word for one in self.findings), key=terms.WORDS.index, default="fine")

    @property
    def conflicts(self) -> tuple[Finding, ...]:
        """What forbids the use."""
        return tuple(one for one in self.findings if one.word == "conflict")

    @property
    def sentence(self) -> str:
        """The judgement in words, with the gravest reason."""
        meaning = {
            "conflict": "a licence forbids it",
            "cannot tell": "it cannot be told whether it is allowed",
            "condition": "it is allowed under conditions",
            "fine": "nothing on the cards forbids it",
        }[self.word]
        grave = next((one for one in self.findings if one.word == self.word and self.word != "fine"), None)
        why = "" if grave is None else f" ({grave.network}, {grave.part}: {grave.reason})"
        return f"{self.name}, {self.use} use ({terms.USES[self.use]}): {meaning}{why}."

    @property
    def table(self) -> Table:
        """One row for each finding, the gravest first."""
        rows = sorted(self.findings, key=lambda one: (terms.WORDS.index(one.word), one.depth))
        return Table(
            f"Licences of {self.name} for {self.use} use",
            ("network", "part", "licence", "finding", "reason"),
            tuple((one.network, one.part, ", ".join(one.licences), one.word, one.reason) for one in rows),
        )

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        return {
            "kind": "tlkit.governance.check",
            "schema": 1,
            "network": self.name,
            "use": self.use,
            "word": self.word,
            "sentence": self.sentence,
            "note": NO_ADVICE,
            "findings": [
                {
                    "network": one.network,
                    "depth": one.depth,
                    "part": one.part,
                    "licences": list(one.licences),
                    "word": one.word,
                    "reason": one.reason,
                }
                for one in self.findings
            ],
        }

    def bill_of_materials(self) -> str:
        """Return the network, what it was made from and the data they learned from as a CycloneDX bill, in JSON.

        Raises
        ------
        MissingPartError
            The CycloneDX library is not installed.
        """
        from tlkit.governance.bill import bill_of_materials

        return bill_of_materials(self.lineage, of_data=self.of_data)

    def __str__(self) -> str:
        return f"{self.sentence}\n\n{self.table}\n\n{NO_ADVICE}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        import html

        return f"<p><strong>{html.escape(self.sentence)}</strong></p>{self.table._repr_html_()}<p>{NO_ADVICE}</p>"


def check(
    model: Backbone | WordVectors | ModelCard | Dataset | DataCard | str,
    use: str,
    *,
    shelf: Shelf | None = None,
) -> Check:
    """Say whether the licences of a network, and of all it was made from, allow a use.

    Parameters
    ----------
    model
        A backbone, word vectors, a card, the name of either (``"zoo:..."``, ``"shelf:..."``, any that
        ``backbones.load`` or ``words.load`` takes and that is on this machine); or a data set, its card or its name.
    use
        ``"teaching"``, ``"research"``, ``"commercial"`` or ``"publish"``.
    shelf
        Where names that begin with ``shelf:`` are looked up; None for the usual one.

    Raises
    ------
    UnknownNameError
        There is no such network, data set, use, or set of word vectors.
    MissingPartError
        ``tlkit[governance]`` is not installed.

    Examples
    --------
    >>> found = check("zoo:resnet-letters", use="teaching")
    >>> found.word, found.conflicts
    ('fine', ())
    >>> check("emoji:twemoji", use="publish").findings[0].licences
    ('CC-BY-4.0', 'Unicode-3.0')
    """
    if use not in terms.USES:
        # What is nearest in spelling may be the opposite in meaning.
        raise UnknownNameError(f"There is no use named {use!r}.", f"Give one of {', '.join(terms.USES)}.")
    shelf = Shelf() if shelf is None and isinstance(model, str) and model.startswith(_SHELF) else shelf
    card, parts = _card(model, shelf)
    lineage = lineage_of(card, None if shelf is None else lambda name: _on(shelf, name))
    findings = found_in(lineage, use, parts)
    return Check(card.name, use, tuple(findings), lineage, of_data=parts == _OF_DATA)


def _card(model: object, shelf: Shelf | None) -> tuple[ModelCard, tuple[str, ...]]:
    """Return a card, and which of its licences count: of a data set only that of the data."""
    if isinstance(model, Dataset):
        model = model.card
    if isinstance(model, Backbone):
        return (model.card if model.card.name == model.name else _renamed(model)), terms.PARTS
    if isinstance(model, WordVectors):
        model = model.card
    if isinstance(model, ModelCard):
        return model, terms.PARTS
    if isinstance(model, str):
        if is_of_words(model):
            return _card(words.load(model), shelf)
        if model.startswith(_SHELF) and shelf is not None:
            return shelf.entry(model).card, terms.PARTS
        if model.startswith("zoo:"):
            return card_named(model), terms.PARTS
        if model in data.names():
            model = data.load(model).card
        else:
            return _card(backbones.load(model), shelf)
    if isinstance(model, DataCard):
        told = ModelCard(
            model.name,
            model.title,
            data=model.name,
            licence_data=model.licence,
            lineage={"parents": "none: data"},
            sha256=model.sha256,
        )
        return told, _OF_DATA
    raise DataError(
        f"{a_kind(model)[:1].upper()}{a_kind(model)[1:]} has no licences to be checked.",
        "Give a backbone, word vectors, a card or a name.",
    )


def _renamed(backbone: Backbone) -> ModelCard:
    from dataclasses import replace

    return replace(backbone.card, name=backbone.name)


def _on(shelf: Shelf, name: str) -> ModelCard | None:
    return shelf.entry(name).card if name.startswith(_SHELF) else None
