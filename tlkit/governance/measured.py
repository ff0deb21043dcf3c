"""measured: a comparison's numbers as a card takes them, with their intervals."""

from __future__ import annotations

from typing import Any

from tlkit.compare import Comparison


def measured(comparison: Comparison, arm: str, record: str = "") -> dict[str, dict[str, Any]]:
    """Return what a comparison measured of one arm, for ``ModelCard(metrics=...)``.

    Parameters
    ----------
    comparison
        As ``compare.run`` gave it.
    arm
        Which of its arms.
    record
        Where the comparison's record is kept.

    Examples
    --------
    >>> from tlkit import backbones, compare, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> found = compare.run(data.load("greek"), net, ["random-frozen", "frozen"], seeds=2, progress=False)
    >>> told = measured(found, "frozen")["test_accuracy"]
    >>> told["low"] < told["value"] < told["high"], told["seeds"]
    (True, 2)
    """
    one = comparison[arm]
    return {
        "test_accuracy": {
            "value": one.mean,
            "low": one.low,
            "high": one.high,
            "level": comparison.level,
            "seeds": len(comparison.seeds),
            "items": comparison.items,
            "record": record,
        }
    }
