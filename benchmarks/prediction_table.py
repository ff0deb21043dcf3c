"""The table of ``benchmarks/prediction.py``: each score against the gains, and a regression from cheap scores.

Not a script: `prediction.py` measures and calls this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from prediction_ridge import COMBINED, combined

from tlkit.similarity.agreement import agreement
from tlkit.similarity.evidence import KIND, SCHEMA
from tlkit.similarity.measures import DISTANCES, SCORES

CHANCE = "chance"
DRAWS = 4000
STATISTICS = ("spearman", "kendall", "regret", "picked")
LABELS = {name: one.label for name, one in {**SCORES, **DISTANCES}.items()} | {
    CHANCE: "picking at random",
    COMBINED: "ridge from cheap scores",
}
Trial = dict[str, Any]


def stored(plan: Any, cells: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the table and all that it was computed from, as plain JSON values."""
    trials = [
        found
        for target in plan.targets
        for architecture in plan.architectures
        if (found := _trial(target, architecture, plan, cells)) is not None
    ]
    rows = []
    for arm in plan.ARMS:
        here = [one for one in trials if arm in one["gains"]]
        if len({one["target"] for one in here}) < 2:
            continue
        ridge = combined(here, arm)
        for one, told in zip(here, ridge["predictions"], strict=True):
            one["scores"][COMBINED] = told
        for measure in (*SCORES, *DISTANCES, COMBINED, CHANCE):
            if measure == CHANCE or all(measure in one["scores"] for one in here):
                rows.append(_row(measure, arm, here))
        singles = [row for row in rows if row["arm"] == arm and row["measure"] not in (COMBINED, CHANCE)]
        best = max(singles, key=lambda row: row["spearman"])["measure"]
        gained = _each(COMBINED, arm, here)[:, 0] - _each(best, arm, here)[:, 0]
        middle, low, high = _interval(gained, [one["target"] for one in here])
        rows[-2]["against"] = {"measure": best, "spearman": middle, "low": low, "high": high}
        rows[-2]["coverage"] = ridge["coverage"]
        rows[-2]["half_width"] = ridge["half_width"]
        for one in here:
            del one["scores"][COMBINED]
    return {
        "kind": KIND,
        "schema": SCHEMA,
        "settings": {**plan.settings, "baseline": "random weights of the same architecture, in the same arm"},
        "targets": list(plan.targets),
        "architectures": list(plan.architectures),
        "rows": rows,
        "trials": trials,
    }


def _trial(target: str, architecture: str, plan: Any, cells: Mapping[str, Mapping[str, Any]]) -> Trial | None:
    """Return gains and scores of all sources on one target and architecture; None before they are there."""
    sources = [one for one in plan.sources if one != target]
    place = f"{target} | {architecture}"
    found = [cells.get(f"scores | {place} | {source} | 0") for source in sources]
    if any(one is None for one in found):
        return None
    measures = set.intersection(*(set(one["values"]) for one in found if one is not None))
    trial: Trial = {
        "target": target,
        "architecture": architecture,
        "sources": sources,
        "scores": {
            name: [float(f"{one['values'][name]:.6g}") for one in found if one]
            for name in LABELS
            if name in measures
        },
        "seconds": {
            name: round(float(np.median([one["costs"][name] for one in found if one])), 6)
            for name in LABELS
            if name in measures
        },
        "gains": {},
        "seeds": {},
    }
    for arm in plan.ARMS:
        draws = []
        while True:
            keys = [f"{arm} | {place} | {one} | {len(draws)}" for one in (*sources, plan.BASELINE)]
            if not all(key in cells for key in keys):
                break
            right = [cells[key]["accuracy"] for key in keys]
            draws.append([one - right[-1] for one in right[:-1]])
        if draws:
            trial["gains"][arm] = np.mean(draws, axis=0).round(6).tolist()
            trial["seeds"][arm] = len(draws)
    return trial


def _told(measure: str, trial: Trial) -> list[float]:
    return [-one if measure in DISTANCES else one for one in trial["scores"][measure]]


def _each(measure: str, arm: str, trials: Sequence[Trial]) -> NDArray[np.float64]:
    """Return (trials, statistics)."""
    found = []
    for one in trials:
        gains = np.array(one["gains"][arm])
        if measure == CHANCE:
            found.append((0.0, 0.0, float(gains.max() - gains.mean()), 1 / len(gains)))
        else:
            told = agreement(_told(measure, one), gains.tolist())
            found.append((told.spearman, told.kendall, told.regret, float(told.picked)))
    return np.array(found)


def _interval(values: NDArray[np.float64], targets: Sequence[str]) -> tuple[float, float, float]:
    """Return the mean and its 95 % interval: targets are drawn anew, each with all its architectures."""
    names = sorted(set(targets))
    member = np.array([[one == name for one in targets] for name in names], dtype=float)
    sums, counts = member @ values, member.sum(axis=1)
    drawn = np.random.default_rng(0).integers(len(names), size=(DRAWS, len(names)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return round(float(values.mean()), 6), round(float(low), 6), round(float(high), 6)


def _row(measure: str, arm: str, trials: Sequence[Trial]) -> dict[str, Any]:
    each, targets = _each(measure, arm, trials), [one["target"] for one in trials]
    row: dict[str, Any] = {
        "measure": measure,
        "label": LABELS[measure],
        "arm": arm,
        "trials": len(trials),
        "targets": len(set(targets)),
        "sources": round(float(np.mean([len(one["sources"]) for one in trials]))),
        "seeds": min(one["seeds"][arm] for one in trials),
    }
    for at, name in enumerate(STATISTICS[:3]):
        row[name], row[f"{name}_low"], row[f"{name}_high"] = _interval(each[:, at], targets)
    row["picked"] = round(float(each[:, 3].sum())) if measure != CHANCE else round(float(each[:, 3].sum()), 1)
    costs = [one["seconds"][measure] for one in trials if measure in one["seconds"]]
    row["seconds"] = round(float(np.median(costs)), 5) if costs else None
    return row


def tables(record: Mapping[str, Any]) -> str:
    """Return the table in words and columns."""
    lines = []
    for arm in dict.fromkeys(row["arm"] for row in record["rows"]):
        rows = sorted(
            (row for row in record["rows"] if row["arm"] == arm),
            key=lambda row: row["spearman"],
            reverse=True,
        )
        first = rows[0]
        about = (
            f"{arm}: {first['trials']} trials ({first['targets']} targets, {len(record['architectures'])} "
            f"architectures), about {first['sources']} sources each, {first['seeds']} draws of "
            f"{record['settings']['labels_per_class']} labels per class"
        )
        head = f"{'measure':<25}{'Spearman':>22}{'Kendall':>22}{'regret, points':>22}{'picked best':>13}{'seconds':>9}"
        lines += ["", about, head]
        for row in rows:
            cells = [
                f"{scale * row[name]:.{digits}f} ({scale * row[f'{name}_low']:.{digits}f} to "
                f"{scale * row[f'{name}_high']:.{digits}f})"
                for name, scale, digits in (("spearman", 1, 2), ("kendall", 1, 2), ("regret", 100, 1))
            ]
            seconds = "" if row["seconds"] is None else f"{row['seconds']:.3f}"
            lines.append(
                f"{row['label']:<25}"
                + "".join(f"{cell:>22}" for cell in cells)
                + f"{row['picked']:>13}{seconds:>9}"
            )
        lines += [_verdict(row) for row in rows if "against" in row]
    if lines:
        steps = record["settings"].get("steps")
        told = "as many steps as the recipe says" if steps is None else f"{steps} steps"
        how = (
            f"Gains are over random weights in the same arm. Fine-tuning took {told}; networks not in the zoo"
        )
        lines += ["", f"{how} were pretrained for {record['settings'].get('pretrain_steps')} steps."]
    return "\n".join(lines) if lines else "There is no complete trial on two targets yet."


def _verdict(row: Mapping[str, Any]) -> str:
    against = row["against"]
    better = against["low"] > 0
    return (
        f"Ridge, each target left out in turn, against {LABELS[against['measure']]}, the best single one in hindsight: "
        f"Spearman {against['spearman']:+.2f} ({against['low']:+.2f} to {against['high']:+.2f}): "
        f"{'better' if better else 'not better'} on held-out targets. Its 90 % prediction interval, plus or minus "
        f"{100 * row['half_width']:.1f} points, held {100 * row['coverage']:.0f} % of the gains."
    )
