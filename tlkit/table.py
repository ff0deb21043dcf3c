"""Table: rows as plain text for a terminal and as HTML for a notebook."""

from __future__ import annotations

import html
from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Table:
    """Rows under a head; the first cell of a row names it.

    Parameters
    ----------
    caption
        What the table shows.
    head
        Names of the columns.
    rows
        Cells as text, as many in each row as in the head.

    Examples
    --------
    >>> print(Table("Accuracy", ("arm", "right"), (("scratch", "28.1 %"), ("frozen", "83.1 %"))))
    Accuracy
    arm      right
    scratch  28.1 %
    frozen   83.1 %
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        lines = [self.head, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.head))]
        text = [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([self.caption, *text] if self.caption else text)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        left = 'style="text-align:left"'
        head = "".join(f'<th scope="col" {left}>{html.escape(cell)}</th>' for cell in self.head)
        rows = "".join(
            f'<tr><th scope="row" {left}>{html.escape(row[0])}</th>'
            + "".join(f"<td {left}>{html.escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows
        )
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
