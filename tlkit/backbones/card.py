"""ModelCard: what a learner has to know about a pretrained network before building on it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from tlkit.backbones.card_gaps import gaps
from tlkit.backbones.card_markdown import written
from tlkit.backbones.card_metric import Metric
from tlkit.errors import WeightsError

# A card shows so many names of classes in full, and so many of more.
_MOST_CLASSES, _FEW_CLASSES = 100, 8
# How the architectures of networks for texts begin.
_OF_TEXTS = ("text-", "word vectors")
_LISTS = ("classes", "limits", "sides", "groups")
_MAPPINGS = ("lineage", "metrics", "recipe", "ancestry")
# Entries that older cards do not have are written only where they say something.
_LATER = ("data_consent", "recipe", "groups", "contact", "allowed_incomplete", "ancestry", "task")


@dataclass(frozen=True, repr=False)
class ModelCard:
    """Origin, data, licences, lineage and limits of a network.

    Parameters
    ----------
    name, title
        Name to load it by, and a sentence.
    architecture
        What kind of network.
    origin
        Who made the weights, and where they come from.
    data
        What it was trained on.
    classes
        Names of the source's classes.
    licence_code, licence_weights, licence_data
        Terms of use, one for each.
    lineage
        How the weights were made: script, seed, steps, fingerprint of the data, parent networks.
    metrics
        What was measured, as shares from 0 to 1; or, better, with an interval: ``{"accuracy": {"value": 0.83, "low":
        0.80, "high": 0.86, "seeds": 10, "record": "..."}}``, where seeds is the number of draws and record says where
        the measurement is kept.
    intended_use
        What it is good for.
    limits
        What not to use it for, and what not to conclude.
    sha256
        Hash of the weights file; empty where there is none.
    file_bytes
        Size of the weights file.
    sides
        Smallest and largest side of the square pictures it can be loaded for, in pixels; empty where there is only
        one size.
    data_consent
        How those whom the data shows, or who made it, agreed to its use.
    recipe
        How it was trained: optimizer, steps, learning rate and so on.
    groups
        For which groups of people or things it was measured, and with what result.
    contact
        Whom to ask.
    allowed_incomplete
        Why it was put on a shelf although something was missing.
    ancestry
        The cards, as ``to_dict`` writes them, of the networks it was made from, back to the first: by name.
    task
        What it does, in the words of the Hugging Face hub: ``"sentence-similarity"``. Empty where architecture and
        classes say it: see ``hub_task``.

    Examples
    --------
    >>> card = ModelCard("own", "A small reader.", architecture="resnet", licence_weights="BSD-3-Clause")
    >>> print(card)
    own: A small reader.
      architecture: resnet
      licence of the weights: BSD-3-Clause
    >>> "license: bsd-3-clause" in card.markdown()
    True
    """

    name: str
    title: str = ""
    architecture: str = ""
    origin: str = ""
    data: str = ""
    classes: tuple[str, ...] = ()
    licence_code: str = ""
    licence_weights: str = ""
    licence_data: str = ""
    lineage: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    intended_use: str = ""
    limits: tuple[str, ...] = ()
    sha256: str = ""
    file_bytes: int = 0
    sides: tuple[int, ...] = ()
    data_consent: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    contact: str = ""
    allowed_incomplete: str = ""
    ancestry: Mapping[str, Any] = field(default_factory=dict)
    task: str = ""

    @property
    def hub_task(self) -> str:
        """What the network does, in the words of the Hugging Face hub.

        Examples
        --------
        >>> ModelCard("own").hub_task, ModelCard("own", architecture="text-mean").hub_task
        ('image-classification', 'feature-extraction')
        """
        if self.task:
            return self.task
        if not self.architecture.startswith(_OF_TEXTS):
            return "image-classification"
        return "text-classification" if self.classes else "feature-extraction"

    @property
    def parents(self) -> tuple[str, ...]:
        """Names of the networks whose weights these began with; empty if they began at random, or nobody says."""
        told = self.lineage.get("parents", ())
        if isinstance(told, str):
            return () if not told or told.lower().startswith("none") else (told,)
        return tuple(str(one) for one in told)

    def missing(self) -> list[str]:
        """Return in words what a complete card says and this one does not; empty if it is complete.

        Examples
        --------
        >>> card = ModelCard("own", intended_use="Reading letters.", contact="the chair of informatics")
        >>> card.missing()[0]
        'data: what it was trained on'
        """
        return gaps(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the card as plain JSON values."""
        return {name: value for name, value in asdict(self).items() if value or name not in _LATER}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelCard:
        """Return the card that ``to_dict`` wrote down.

        Raises
        ------
        WeightsError
            A key that no card has, or no name.
        """
        known = {one.name for one in fields(cls)}
        if not isinstance(values, Mapping):
            raise WeightsError("A model card is no mapping of names to values.", "Restore it.")
        unknown = sorted(str(one) for one in set(values) - known)
        if unknown or "name" not in values:
            wrong = f"has unknown entries ({', '.join(unknown)})" if unknown else "has no name"
            raise WeightsError(
                f"A model card {wrong}.", "It may come from a newer tlkit: update, or restore it."
            )
        settled = dict(values)
        for name, value in values.items():
            kind = list | tuple if name in _LISTS else Mapping if name in _MAPPINGS else str | int
            if not isinstance(value, kind):
                raise WeightsError(f"A model card's {name} is {value!r}.", "It is damaged: restore it.")
        for listed in _LISTS:
            settled[listed] = tuple(settled.get(listed, ()))
        for name, value in settled.get("metrics", {}).items():
            Metric.of(name, value)
        return cls(**settled)

    def rows(self) -> list[tuple[str, str]]:
        """Return what is known, as pairs of heading and text; empty ones are left out."""
        rows = [
            ("architecture", self.architecture),
            ("origin", self.origin),
            ("data", self.data),
            ("consent to the data's use", self.data_consent),
            (f"classes ({len(self.classes)})", _listed(self.classes)),
            (
                "sides of pictures",
                " to ".join(str(side) for side in self.sides) + " pixels" if self.sides else "",
            ),
            ("intended use", self.intended_use),
            *(("limit", one) for one in self.limits),
            *((one.heading, str(one)) for one in self._metrics()),
            *(("group", one) for one in self.groups),
            ("licence of the code", self.licence_code),
            ("licence of the weights", self.licence_weights),
            ("licence of the data", self.licence_data),
            ("lineage", _told(self.lineage)),
            ("training recipe", _told(self.recipe)),
            ("contact", self.contact),
            ("incomplete because", self.allowed_incomplete),
            ("size of the file", f"{self.file_bytes:,} bytes" if self.file_bytes else ""),
            ("SHA-256 of the file", self.sha256),
        ]
        return [(heading, text) for heading, text in rows if text]

    def __str__(self) -> str:
        title = f"{self.name}: {self.title}" if self.title else self.name
        return "\n".join([title, *(f"  {heading}: {text}" for heading, text in self.rows())])

    def __repr__(self) -> str:
        return str(self)

    def _metrics(self) -> list[Metric]:
        return [Metric.of(name, value) for name, value in self.metrics.items()]

    def markdown(self) -> str:
        """Return the card as Markdown, with the front matter that the Hugging Face hub reads.

        ``backbones.card_markdown.read`` makes the same card of it again.
        """
        return written(self)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left;vertical-align:top">{html.escape(heading)}</th>'
            f'<td style="text-align:left">{html.escape(text)}</td></tr>'
            for heading, text in self.rows()
        )
        title = f"{self.name}: {self.title}" if self.title else self.name
        return f"<table><caption>{html.escape(title)}</caption><tbody>{rows}</tbody></table>"


def _listed(names: tuple[str, ...]) -> str:
    """Return names in one line; of very many only the first."""
    if len(names) <= _MOST_CLASSES:
        return " ".join(names)
    return f"{', '.join(names[:_FEW_CLASSES])} and {len(names) - _FEW_CLASSES} more"


def _told(entries: Mapping[str, Any]) -> str:
    """Return entries in one line."""
    return ", ".join(
        f"{key} {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}"
        for key, value in entries.items()
    )
