"""The text and HTML twin of a panel: one list of parts, written twice.

A reopened notebook, GitHub, a PDF, a screen reader and notebook tests see the twin. So it holds no ids, times
or paths, its pictures are ``<img>`` (untrusted notebooks lose ``<svg>``), and its text says everything.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from tlkit import table


@dataclass(frozen=True)
class Paragraph:
    """A sentence or two; a strong one carries the result."""

    words: str
    strong: bool = False

    def text(self) -> str:
        return self.words

    def html(self) -> str:
        inner = html.escape(self.words)
        return f"<p><strong>{inner}</strong></p>" if self.strong else f"<p>{inner}</p>"


@dataclass(frozen=True)
class Table:
    """Rows under a head; the first cell of a row names the row."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""

    def text(self) -> str:
        head, *rows = (tuple(map(str, row)) for row in (self.head, *self.rows))
        return str(table.Table(self.caption, head, tuple(rows)))

    def html(self) -> str:
        head = "".join(f'<th scope="col">{html.escape(str(cell))}</th>' for cell in self.head)
        rows = "".join(
            f'<tr><th scope="row">{html.escape(str(row[0]))}</th>'
            + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows
        )
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


@dataclass(frozen=True)
class Pictures:
    """Small pictures in a row: pairs of (data URI, what it shows).

    Drawings (ink on white, not photographs) may be turned light on dark by a dark theme.
    """

    pictures: Sequence[tuple[str, str]]
    width_pixels: int = 48
    drawings: bool = False

    def text(self) -> str:
        alts = "; ".join(alt.rstrip(".") for _, alt in self.pictures)
        return f"{'Picture' if len(self.pictures) == 1 else 'Pictures'}: {alts}."

    def html(self) -> str:
        kind = ' class="tlkit-drawing"' if self.drawings else ""
        images = [
            f'<img{kind} src="{uri}" alt="{html.escape(alt)}" width="{self.width_pixels}">'
            for uri, alt in self.pictures
        ]
        return f"<p>{' '.join(images)}</p>"


Part = Paragraph | Table | Pictures
#: Whoever sees the twin in a notebook may take it for the panel.
SAVED = "A saved picture of the panel. Run its cell, after those above it, to use it."


def as_text(title: str, subtitle: str, parts: Sequence[Part]) -> str:
    """Write the parts as plain text under a title.

    Examples
    --------
    >>> print(as_text("Freeze", "", [Paragraph("82 % right.", strong=True), Table(["stage"], [["stem"]])]))
    Freeze
    <BLANKLINE>
    82 % right.
    <BLANKLINE>
    stage
    stem
    """
    head = f"{title}: {subtitle}" if subtitle else title
    return "\n\n".join([head, *(part.text() for part in parts)])


def as_html(title: str, subtitle: str, parts: Sequence[Part]) -> str:
    """Write the parts as HTML that survives the cleaning of untrusted notebooks, and say that it is a picture.

    Examples
    --------
    >>> as_html("Freeze", "", [Paragraph("1 < 2")])
    '<div class="tlkit-twin"><p><strong>Freeze</strong></p><p><em>A saved ...</em></p><p>1 &lt; 2</p></div>'
    """
    head = f"<p><strong>{html.escape(title)}</strong>{f' {html.escape(subtitle)}' if subtitle else ''}</p>"
    said = f"<p><em>{html.escape(SAVED)}</em></p>"
    return f'<div class="tlkit-twin">{head}{said}{"".join(part.html() for part in parts)}</div>'
