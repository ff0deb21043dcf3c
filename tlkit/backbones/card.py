"""ModelCard: what a learner has to know about a pretrained network before building on it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from tlkit.errors import WeightsError

# A card shows so many names of classes in full, and so many of more.
_MOST_CLASSES, _FEW_CLASSES = 100, 8


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
        What was measured, as shares from 0 to 1.
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
    metrics: Mapping[str, float] = field(default_factory=dict)
    intended_use: str = ""
    limits: tuple[str, ...] = ()
    sha256: str = ""
    file_bytes: int = 0
    sides: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the card as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelCard:
        """Return the card that ``to_dict`` wrote down.

        Raises
        ------
        WeightsError
            A key that no card has, or no name.
        """
        known = {one.name for one in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown or "name" not in values:
            wrong = f"has unknown entries ({', '.join(unknown)})" if unknown else "has no name"
            raise WeightsError(
                f"A model card {wrong}.", "It may come from a newer tlkit: update, or restore it."
            )
        settled = dict(values)
        for listed in ("classes", "limits", "sides"):
            settled[listed] = tuple(settled.get(listed, ()))
        return cls(**settled)

    def rows(self) -> list[tuple[str, str]]:
        """Return what is known, as pairs of heading and text; empty ones are left out."""
        rows = [
            ("architecture", self.architecture),
            ("origin", self.origin),
            ("data", self.data),
            (f"classes ({len(self.classes)})", _listed(self.classes)),
            (
                "sides of pictures",
                " to ".join(str(side) for side in self.sides) + " pixels" if self.sides else "",
            ),
            ("intended use", self.intended_use),
            *(("limit", one) for one in self.limits),
            *((heading.replace("_", " "), f"{100 * share:.1f} %") for heading, share in self.metrics.items()),
            ("licence of the code", self.licence_code),
            ("licence of the weights", self.licence_weights),
            ("licence of the data", self.licence_data),
            ("lineage", ", ".join(f"{key} {value}" for key, value in self.lineage.items())),
            ("size of the file", f"{self.file_bytes:,} bytes" if self.file_bytes else ""),
            ("SHA-256 of the file", self.sha256),
        ]
        return [(heading, text) for heading, text in rows if text]

    def __str__(self) -> str:
        title = f"{self.name}: {self.title}" if self.title else self.name
        return "\n".join([title, *(f"  {heading}: {text}" for heading, text in self.rows())])

    def __repr__(self) -> str:
        return str(self)

    def markdown(self) -> str:
        """Return the card as Markdown, with the front matter that the Hugging Face hub reads."""
        # On demand: cards are read far more often than they are published.
        from huggingface_hub import EvalResult, ModelCardData

        data_name = str(self.lineage.get("data", "")) or None
        results = [
            EvalResult(
                "image-classification", data_name or "source", data_name or "source", "accuracy", share
            )
            for heading, share in self.metrics.items()
            if heading.endswith("accuracy")
        ][:1]
        front = ModelCardData(
            license=self.licence_weights.split(",")[0].split(" ")[0].lower() or "unknown",
            library_name="tlkit",
            pipeline_tag="image-classification",
            tags=["transfer-learning", "tlkit", *([self.architecture] if self.architecture else [])],
            datasets=[data_name] if data_name else None,
            metrics=["accuracy"] if results else None,
            model_name=self.name if results else None,
            eval_results=results or None,
        )
        lines = ["---", front.to_yaml(), "---", "", f"# {self.name}", ""]
        lines += [self.title, ""] if self.title else []
        lines += ["| | |", "|---|---|"]
        lines += [f"| {heading} | {_cell(text)} |" for heading, text in self.rows()]
        return "\n".join(lines) + "\n"

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


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
