"""What is found about a batch of pictures, in words: what it is, why it matters, what mends it."""

from __future__ import annotations

from dataclasses import dataclass

from tlkit.table import Table


@dataclass(frozen=True)
class InputFinding:
    """One thing about a batch.

    Parameters
    ----------
    subject
        ``"layout"``, ``"values"``, ``"normalisation"``, ``"size"``, ``"channels"`` or ``"order of colours"``.
    found
        What was found.
    why
        Why it matters.
    cure
        The line that mends it.
    sure
        Whether it is certain; otherwise it is what fits best.
    wrong
        Whether answers are wrong without the cure; otherwise it is only good to know.
    """

    subject: str
    found: str
    why: str
    cure: str
    sure: bool = True
    wrong: bool = True


@dataclass(frozen=True, repr=False)
class InputCheck:
    """What `tlkit.backbones.check_input` found.

    Parameters
    ----------
    name
        Of the network.
    findings
        In the order in which they are best mended.
    untold
        What cannot be told from this batch.
    """

    name: str
    findings: tuple[InputFinding, ...]
    untold: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found that makes answers wrong."""
        return not any(one.wrong for one in self.findings)

    def table(self) -> Table:
        """Return a row for each finding."""
        caption = f"What goes into {self.name}: " + (
            "nothing is wrong with it, as far as can be told."
            if self.ok
            else "it is not what the weights expect."
        )
        rows = [
            (one.subject, one.found if one.sure else f"probably: {one.found}", one.why, one.cure)
            for one in self.findings
        ]
        rows += [("not told", one, "", "") for one in self.untold]
        return Table(caption, ("about", "found", "why it matters", "what mends it"), tuple(rows))

    def __str__(self) -> str:
        table = self.table()
        lines = [table.caption]
        for about, found, why, cure in table.rows:
            lines += [
                f"- {about}: {found}",
                *([f"  {why}"] if why else []),
                *([f"  → {cure}"] if cure else []),
            ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()
