"""How far each kind of tensor of a stage moved, with the sign and the words that every table of seals uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tlkit.freeze.modes import KIND_WORDS, LEARNING, TABLE
from tlkit.freeze.rows import RowsMoved
from tlkit.freeze.wording import listed


@dataclass(frozen=True)
class Movement:
    """How far the tensors of one kind moved.

    Parameters
    ----------
    numbers
        How many numbers they hold, tied ones once.
    moved
        Names of the tensors of which some bit changed.
    l2
        Length of the change, over all values that were and are finite; counts of batches left out.
    relative
        The same as a share of the length before; None if that was zero.
    largest
        Largest change of a single number.
    not_finite
        Numbers that were finite and are no longer.
    rows
        For the weights of a stage that looks up words: which rows moved.
    """

    numbers: int
    moved: tuple[str, ...]
    l2: float
    relative: float | None
    largest: float
    not_finite: int = 0
    rows: RowsMoved | None = None

    @property
    def strayed(self) -> bool:
        """Whether a row moved whose word was not seen in training: no learning does that."""
        return self.rows is not None and self.rows.unseen_moved > 0

    @property
    def unchanged(self) -> bool:
        """Whether every bit is the same."""
        return not self.moved

    def words(self, verb: str = "moved") -> str:
        """Say how far they moved, with a verb of your choice.

        Examples
        --------
        >>> Movement(4, ("weight",), 1.0, 0.034, 1.0).words("drifted")
        'drifted by 3.4 %'
        >>> Movement(4, (), 0.0, 0.0, 0.0).words()
        'bit for bit'
        """
        if self.unchanged:
            return "bit for bit"
        if self.not_finite:
            return f"{verb}, {self.not_finite:,} became NaN or infinite"
        if self.l2 == 0:
            counted = all(name.endswith("num_batches_tracked") for name in self.moved)
            return "counted on, nothing else" if counted else f"{verb}, by no distance"
        far = f"{verb} by {_percent(self.relative)}" if self.relative is not None else f"{verb} from zero"
        return f"{far} ({self.rows.words})" if self.rows is not None else far

    def __str__(self) -> str:
        return f"{'✓' if self.unchanged else '▲'} {self.words()}"


@dataclass(frozen=True)
class StageReport:
    """What a check found in one stage.

    Parameters
    ----------
    name, mode
        Of the stage; the mode is None without a plan in force.
    kinds
        "weights", "affine", "statistics", "buffers" to how far they moved; None where there are none.
    dropout
        ``"on"`` or ``"off"`` while the stage trains, or ``"none"``.
    fingerprint
        SHA-256 of all its tensors, before and after; None if any of them moved.
    """

    name: str
    mode: str | None
    kinds: Mapping[str, Movement | None]
    dropout: str
    fingerprint: str | None

    @property
    def unchanged(self) -> bool:
        """Whether every bit of the stage is the same."""
        return all(found is None or found.unchanged for found in self.kinds.values())

    @property
    def moved(self) -> tuple[str, ...]:
        """The kinds that moved."""
        return tuple(kind for kind, found in self.kinds.items() if found is not None and not found.unchanged)

    @property
    def broken(self) -> tuple[str, ...]:
        """The kinds that moved although the mode holds them fixed, or rows of words that were not seen."""
        return tuple(kind for kind in self.moved if self._holds(kind) or self._strayed(kind))

    def _holds(self, kind: str) -> bool:
        return self.mode is not None and not TABLE[self.mode].may_change(kind)

    def _strayed(self, kind: str) -> bool:
        found = self.kinds[kind]
        return found is not None and found.strayed

    @property
    def rows(self) -> RowsMoved | None:
        """Which rows of its embedding moved, where it looks up words and some did."""
        found = self.kinds.get("weights")
        return None if found is None or found.unchanged else found.rows

    @property
    def breach(self) -> str:
        """What moved though it may not, in words; empty if nothing did."""
        held = [KIND_WORDS[kind] for kind in self.broken if self._holds(kind)]
        said = [f"{self.name}'s {listed(held)} moved under {self.mode}"] if held else []
        if not held and self.broken and self.rows is not None:
            said.append(f"of {self.name} {self.rows.words}")
        return listed(said)

    @property
    def drifted(self) -> tuple[str, ...]:
        """The kinds that moved in a stage of which no weight did."""
        fixed = self.kinds.get("weights")
        frozen = self.mode not in LEARNING and "weights" not in self.moved and fixed is not None
        return tuple(kind for kind in self.moved if frozen and kind in ("statistics", "buffers"))

    def with_rows(self, rows: RowsMoved) -> StageReport:
        """Return the report with what is known of the rows of its embedding."""
        weights = self.kinds["weights"]
        known = None if weights is None else replace(weights, rows=rows)
        return replace(self, kinds={**self.kinds, "weights": known})

    def mark(self, kind: str) -> str:
        """Return a sign and words for one kind: the same in every table of seals.

        ✓ nothing changed, ▲ it moved as it may, ≈ it drifted although no weight moved, ✗ it moved although frozen.
        """
        found = self.kinds[kind]
        if found is None:
            return "none"
        if kind in self.broken:
            return f"✗ {found.words()}, though frozen" if self._holds(kind) else f"✗ {found.words()}"
        return f"≈ {found.words('drifted')}" if kind in self.drifted else str(found)


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:,.0f} %"
