"""Reporting: a curve of comparisons as one HTML file for people who did not see it being made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tlkit.compare import html_report
from tlkit.compare.comparison import Comparison
from tlkit.compare.curves import Curve
from tlkit.compare.glossary import words_of
from tlkit.compare.wording import draws, labels
from tlkit.table import Table

if TYPE_CHECKING:
    from tlkit.compare.own_pictures import Pictures


def write_report(
    path: Path,
    curve: Curve,
    seconds: float,
    typed: str,
    pictures: Pictures,
    about_pictures: html_report.Section,
    notes: Sequence[str] = (),
    *,
    overwrite: bool = False,
) -> None:
    """Write a curve as one HTML file that needs nothing else.

    Parameters
    ----------
    path
        Of the file.
    curve
        One comparison, or several.
    seconds
        How long it took.
    typed
        The command that made it.
    pictures
        With what was found in them.
    about_pictures
        The section that shows them.
    notes
        How it came to what was compared, in sentences.
    overwrite
        Whether a file that is there is replaced.

    Raises
    ------
    StoreError
        The file cannot be written, or is there.
    """
    first = curve.comparisons[0]
    sections = []
    parts: list[html_report.Part]
    if len(curve.comparisons) > 1:
        table = Table("Share of the test items that is right", curve.table.head, curve.table.rows)
        parts = [_picture(curve), _kept_together(table), *curve.verdict.splitlines()]
        sections.append(html_report.Section("More labels", parts))
    for one in curve.comparisons:
        count = labels(one.labels_per_class)
        lead, *others = one.findings
        table = Table("Share of the test items that is right", one.table.head, one.table.rows)
        parts = [
            *others,
            _picture(one),
            _kept_together(table),
            _kept_together(one.costs),
            *(str(one.verdicts).splitlines() if len(one.verdicts) > 1 else []),
            *one.notes,
        ]
        sections.append(html_report.Section(f"{count[0].upper()}{count[1:]}", parts, lead=lead))
    sections.append(about_pictures)
    if pictures.checked:
        problems = list(pictures.found) or ["Nothing that is wrong with the pictures."]
        sections.append(
            html_report.Section(
                "What was found in the data", [*problems, f"Looked for: {' '.join(pictures.checked)}"]
            )
        )
    told: list[html_report.Part] = [
        *notes,
        f"Every arm had the same draws of labels and took the same {first.items:,} test items once per draw.",
        f"Intervals ({100 * first.level:g} %) allow for other draws and for other test items.",
        f"Seal. {first.seals}",
        curve.provenance,
        "This command made it; what it has measured once, it takes from the store:",
        html_report.Command(typed),
    ]
    sections.append(html_report.Section("How it was measured", told))
    sections.append(html_report.Section("What the words mean", [html_report.Glossary(words_of(first))]))
    versions = ", ".join(f"{name} {version}" for name, version in first.origin["versions"].items())
    footer = f"tlkit {first.origin['tlkit']}, {versions}; {seconds:.0f} seconds."
    about = (
        f"The network {first.backbone} on {first.dataset}: {first.classes} classes, {draws(len(first.seeds))} of"
        f" labels, {first.items:,} test items."
    )
    has_scratch = any(name.startswith("scratch") for name in first.arms)
    title = "From scratch, or with transfer?" if has_scratch else "With or without what was learned before?"
    html_report.write(path, title, sections, footer, about, overwrite=overwrite)


def _picture(shown: Comparison | Curve) -> html_report.Picture:
    """Draw it without a title: the heading above it has said the same."""
    drawing = shown.plot()
    drawing.axes[0].set_title("", loc="left")
    return html_report.Picture(drawing.png(), shown.alt)


def _kept_together(table: Table) -> Table:
    # A number and its sign stay on one line.
    rows = tuple(tuple(cell.replace(" %", "\u00a0%") for cell in row) for row in table.rows)
    return Table(table.caption, table.head, rows)
