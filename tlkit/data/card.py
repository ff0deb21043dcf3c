"""DataCard: what a learner has to know about a dataset before trusting a number measured on it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, repr=False)
class DataCard:
    """Origin, licence, counts and limits of a dataset.

    Parameters
    ----------
    name, title
        Short name, and a sentence.
    origin
        Where the images come from.
    licence, attribution
        Terms of use, and who is to be named.
    classes
        Names of the classes.
    counts
        Number of items of each split.
    how_made
        How the file was made and the splits were cut.
    limits
        What not to conclude from it.
    size
        Shape of one image, (channels, height, width).
    sha256
        Hash of the embedded file; empty where there is none.
    fingerprint
        Content hash of the dataset.
    built_with
        Versions of the libraries that made the file.
    modality
        What the items are: ``"image"`` or ``"text"``.

    Examples
    --------
    >>> card = DataCard("pets", "Cats and dogs.", "Own photographs", classes=("cat", "dog"))
    >>> print(card)
    pets: Cats and dogs.
      origin: Own photographs
      classes (2): cat dog
    """

    name: str
    title: str
    origin: str = ""
    licence: str = ""
    attribution: str = ""
    classes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    how_made: str = ""
    limits: tuple[str, ...] = ()
    size: tuple[int, ...] = ()
    sha256: str = ""
    fingerprint: str = ""
    built_with: Mapping[str, str] = field(default_factory=dict)
    modality: str = "image"

    def to_dict(self) -> dict[str, Any]:
        """Return the card as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DataCard:
        """Return the card that ``to_dict`` wrote down."""
        known = dict(values)
        for listed in ("classes", "limits", "size"):
            known[listed] = tuple(known.get(listed, ()))
        return cls(**known)

    def rows(self) -> list[tuple[str, str]]:
        """Return what is known, as pairs of heading and text; empty ones are left out."""
        rows = [
            ("origin", self.origin),
            ("licence", self.licence),
            ("attribution", self.attribution),
            (f"classes ({len(self.classes)})", " ".join(self.classes)),
            (f"{self.modality}s", ", ".join(f"{count} {split}" for split, count in self.counts.items())),
            ("size of one image", " x ".join(str(one) for one in self.size)),
            ("how it was made", self.how_made),
            *(("limit", one) for one in self.limits),
            ("built with", ", ".join(f"{name} {version}" for name, version in self.built_with.items())),
            ("SHA-256 of the file", self.sha256),
            ("fingerprint", self.fingerprint),
        ]
        return [(heading, text) for heading, text in rows if text]

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.title}", *(f"  {heading}: {text}" for heading, text in self.rows())]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def markdown(self) -> str:
        """Return the card as Markdown, with the front matter that dataset hubs read."""
        lines = ["---", f"pretty_name: {_quoted(self.name)}"]
        if self.licence:
            lines += ["license: other", f"license_name: {_quoted(self.licence)}"]
        lines += [
            "task_categories:",
            f"- {self.modality}-classification",
            "---",
            "",
            f"# {self.name}",
            "",
            self.title,
            "",
        ]
        lines += ["| | |", "|---|---|"]
        lines += [f"| {heading} | {text.replace('|', chr(92) + '|')} |" for heading, text in self.rows()]
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left;vertical-align:top">{html.escape(heading)}</th>'
            f'<td style="text-align:left">{html.escape(text)}</td></tr>'
            for heading, text in self.rows()
        )
        caption = f"<caption>{html.escape(self.name)}: {html.escape(self.title)}</caption>"
        return f"<table>{caption}<tbody>{rows}</tbody></table>"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
