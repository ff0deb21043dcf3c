"""Texts section: what of a data set of texts stands in a report: counts, and some texts of each class."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from tlkit.compare import html_report
from tlkit.table import Table

if TYPE_CHECKING:
    from tlkit.data import Dataset

_CLASSES_SHOWN = 40
_EACH = 3
_LONGEST = 60


def texts_section(dataset: Dataset) -> html_report.Section:
    """Return the section about the texts.

    Parameters
    ----------
    dataset
        Of texts.

    Examples
    --------
    >>> from tlkit import data
    >>> texts_section(data.load("emoji:names")).parts[0]
    '... texts of 12 classes. ... are there to learn from; ... are the sealed test; ...'
    """
    train, validation, test = dataset.train, dataset.validation, dataset.test
    total = len(train) + len(validation) + len(test)
    sizes = (
        f"{total:,} texts of {len(dataset.classes)} classes. {len(train):,} are there to learn from; {len(test):,} are"
        f" the sealed test; {len(validation):,} are held back and play no part here."
    )
    parts: list[html_report.Part] = [sizes]
    counts = [split.counts() for split in (train, validation, test)]
    rows = []
    for label, name in enumerate(dataset.classes[:_CLASSES_SHOWN]):
        some = [train.texts[at] for at in np.flatnonzero(train.labels == label)[:_EACH]]
        shown = "; ".join(textwrap.shorten(one, _LONGEST, placeholder=" …") for one in some)
        rows.append((name, *(f"{int(column[label]):,}" for column in counts), shown))
    head = ("class", "to learn from", "held back", "to test", "some to learn from")
    parts.append(Table("Texts of each class", head, tuple(rows)))
    if len(dataset.classes) > _CLASSES_SHOWN:
        parts.append(f"And {len(dataset.classes) - _CLASSES_SHOWN:,} more classes.")
    parts += [dataset.card.how_made] if dataset.card.how_made else []
    return html_report.Section("The texts", parts)
