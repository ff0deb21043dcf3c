"""Drawing: a matplotlib figure that says in words what it shows, for charts in notebooks and reports."""

from __future__ import annotations

import base64
import html
import io

from matplotlib.figure import Figure


class Drawing(Figure):
    """A matplotlib figure that shows itself in a notebook and says in words what it shows.

    It is drawn in ink on white, which can be read wherever it is stored. JupyterLab turns its light and dark round
    in a dark theme (the class ``tlkit-drawing``), and so does a report.

    Parameters
    ----------
    alt
        What it shows, for who cannot see it.
    size_inches
        (width, height).
    """

    def __init__(self, alt: str, size_inches: tuple[float, float]) -> None:
        super().__init__(figsize=size_inches, layout="constrained", facecolor="white")
        self.alt = alt

    def png(self, dots_per_inch: int = 144) -> bytes:
        """Return the picture as PNG; the same picture gives the same bytes."""
        written = io.BytesIO()
        self.savefig(written, format="png", dpi=dots_per_inch, metadata={"Software": None})
        return written.getvalue()

    def _repr_html_(self) -> str:
        encoded = base64.b64encode(self.png()).decode("ascii")
        width = round(self.get_figwidth() * 96)
        return (
            f'<img class="tlkit-drawing" src="data:image/png;base64,{encoded}" alt="{html.escape(self.alt)}"'
            f' width="{width}" style="max-width:100%">'
        )

    def __repr__(self) -> str:
        return self.alt
