"""Epoch: what a training loop tells after each pass; and the bar that shows it."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """Progress of one run.

    With few labels one pass over them is a single step, so that an epoch here is one pass or more: as many
    as it takes for a phase to report at most about twenty times.

    Parameters
    ----------
    index
        1 for the first.
    of
        How many there will be.
    loss
        Mean training loss over the epoch, natural logarithm.
    train_accuracy
        Share of the training items that were right when they were seen, 0 to 1.
    seconds
        Since the run began.
    phase
        ``"head"`` while the head is solved for, or the stages that are being trained.

    Examples
    --------
    >>> print(Epoch(1, 4, 0.52, 0.9, 1.0, "head"))
    1/4 head: loss 0.520, training accuracy 90 %
    """

    index: int
    of: int
    loss: float
    train_accuracy: float
    seconds: float
    phase: str

    def __str__(self) -> str:
        return (
            f"{self.index}/{self.of} {self.phase}: loss {self.loss:.3f},"
            f" training accuracy {self.train_accuracy * 100:.0f} %"
        )

    def record(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return asdict(self)


class Bar:
    """A progress bar in a terminal; nothing elsewhere.

    In a notebook the panels show progress: a bar among a cell's outputs would change with every run.

    Parameters
    ----------
    shown
        False shows nothing at all.
    """

    def __init__(self, shown: bool) -> None:
        self._bar: Any = None
        self._shown = shown and sys.stderr.isatty()

    def show(self, epoch: Epoch) -> None:
        """Move the bar to an epoch."""
        if not self._shown:
            return
        if self._bar is None:
            from tqdm.auto import tqdm

            self._bar = tqdm(total=epoch.of, leave=False, unit="epoch")
        self._bar.total = epoch.of
        self._bar.set_description(epoch.phase)
        self._bar.set_postfix_str(
            f"loss {epoch.loss:.3f}, training {epoch.train_accuracy * 100:.0f} %", refresh=False
        )
        self._bar.update(epoch.index - self._bar.n)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
