"""Evidence: how often a score picked the best source, as measured once by ``benchmarks/prediction.py``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tlkit import records
from tlkit.errors import SimilarityError, StoreError
from tlkit.files import packaged, read_json
from tlkit.table import Table

#: Where the table of the benchmark is kept.
PATH = packaged("similarity", "prediction.json")
KIND, SCHEMA = "similarity-prediction", 1
#: What has to be added where it is told of texts.
OF_PICTURES = "Those were trials with pictures: how well it does with texts was not measured."


@dataclass(frozen=True, repr=False)
class TrackRecord:
    """How well a measure told beforehand which source gains most.

    Parameters
    ----------
    measure, label
        Its name, and what people call it.
    arm
        How the sources were used: ``"frozen"`` or ``"fine-tuned"``.
    trials
        Pairs of a target and an architecture.
    picked
        In so many of them the source that it puts first gained most.
    sources
        About so many sources there were to choose from.
    spearman, regret
        Mean over trials: the rank correlation with the gain; by how much the first source gains less than the
        best one, as a share of test items.
    """

    measure: str
    label: str
    arm: str
    trials: int
    picked: int
    sources: int
    spearman: float
    regret: float

    def __str__(self) -> str:
        times = {0: "never", 1: "once", 2: "twice"}.get(self.picked, f"{self.picked} times")
        return (
            f"In our {self.trials} trials {self.label} picked the best of about {self.sources} sources {times} "
            f"({self.arm}); its pick gained {100 * self.regret:.1f} points less than the best on average."
        )

    def __repr__(self) -> str:
        return str(self)

    def for_things(self, things: str) -> str:
        """Say it of items that are ``"pictures"``, as in the trials, or of ``"texts"``, with which there were none."""
        return str(self) if things == "pictures" else f"{self} {OF_PICTURES}"


def track_record(measure: str, arm: str = "frozen") -> TrackRecord | None:
    """Return how well a measure told beforehand which source gains most; None where nobody measured it.

    Parameters
    ----------
    measure
        Its name: ``"logme"``.
    arm
        ``"frozen"`` or ``"fine-tuned"``.

    Examples
    --------
    >>> track_record("logmee") is None
    True
    """
    record = _stored()
    for one in record["rows"] if record is not None else ():
        if one["measure"] == measure and one["arm"] == arm:
            fields = TrackRecord.__dataclass_fields__
            return TrackRecord(**{name: one[name] for name in fields})
    return None


def track_records(arm: str = "frozen") -> Table:
    """Return how well every measure told beforehand which source gains most, the best on top.

    Spearman's and Kendall's rank correlation with the gain, and the regret (by how many points the source that a
    measure puts first gains less than the best one), each with a 95 % interval from drawing targets anew; and in
    how many trials that source was the best. One of the sources has random labels: it looks like letters and its
    network knows nothing, and there distances fail. Measured by ``benchmarks/prediction.py``.

    Parameters
    ----------
    arm
        ``"frozen"`` or ``"fine-tuned"``.

    Raises
    ------
    SimilarityError
        Nobody measured that arm.

    Examples
    --------
    >>> track_records().head
    ('measure', 'Spearman', 'Kendall', 'regret, points', 'picked the best')
    """
    record = _stored() or {"rows": ()}
    rows = [one for one in record["rows"] if one["arm"] == arm]
    if not rows:
        known = sorted({str(one["arm"]) for one in record["rows"]})
        raise SimilarityError(
            f"No trials are known of {arm!r}.",
            f"Give {' or '.join(map(repr, known))}." if known else "Run benchmarks/prediction.py --store.",
        )
    first = rows[0]
    caption = (
        f"{arm}: {first['trials']} trials ({first['targets']} targets, {len(record['architectures'])} architectures), "
        f"about {first['sources']} sources each, {first['seeds']} draws of {record['settings']['labels_per_class']} "
        f"labels per class; gains over random weights in the same arm; sources outside the zoo learned for "
        f"{record['settings']['pretrain_steps']} steps"
        + (f", fine-tuning took {record['settings']['steps']}" if arm == "fine-tuned" else "")
    )
    rows.sort(key=lambda one: -one["spearman"])
    cells = [
        (
            str(one["label"]),
            _with_interval(one, "spearman", 1, 2),
            _with_interval(one, "kendall", 1, 2),
            _with_interval(one, "regret", 100, 1),
            f"{one['picked']} of {one['trials']}",
        )
        for one in rows
    ]
    return Table(
        caption, ("measure", "Spearman", "Kendall", "regret, points", "picked the best"), tuple(cells)
    )


def _with_interval(row: dict[str, Any], name: str, times: int, digits: int) -> str:
    value, low, high = (times * row[key] for key in (name, f"{name}_low", f"{name}_high"))
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})".replace("-", "−")


@lru_cache(maxsize=1)
def _stored() -> dict[str, Any] | None:
    try:
        return dict(records.opened(read_json(PATH), KIND, SCHEMA, "how well similarity predicts"))
    except StoreError:
        return None
