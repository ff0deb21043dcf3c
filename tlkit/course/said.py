"""Something said to the learner: the same words in a terminal, in a notebook and on paper."""

from __future__ import annotations

import html
import re
from abc import ABC, abstractmethod


class Said(ABC):
    """Base of what the course answers: paragraphs of plain words.

    In a notebook the paragraphs show as HTML, elsewhere as text; words between back-ticks are code, and a
    paragraph that begins with four spaces is a block of code.
    """

    #: What colour the line beside the answer has: "quiet", "right" or "wrong". The words say the same.
    tone: str = "quiet"

    @abstractmethod
    def paragraphs(self) -> list[str]:
        """Return the answer, one paragraph per item."""

    def __str__(self) -> str:
        return "\n".join(self.paragraphs())

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        colour = {
            "quiet": "var(--jp-border-color1, #767676)",
            "right": "var(--jp-success-color1, #0b6e4f)",
            "wrong": "var(--jp-warn-color1, #b45309)",
        }[self.tone]
        inner = "".join(_html(one) for one in self.paragraphs())
        return (
            f'<div style="border-left: 3px solid {colour}; padding-left: 12px; max-width: 44em">{inner}</div>'
        )


def _html(paragraph: str) -> str:
    if paragraph.startswith("    "):
        lines = "\n".join(line[4:] for line in paragraph.split("\n"))
        return f"<pre>{html.escape(lines)}</pre>"
    escaped = html.escape(paragraph, quote=False)
    coded = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    return f"<p>{coded}</p>"
