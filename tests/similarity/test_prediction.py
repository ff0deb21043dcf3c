"""The benchmark of prediction: its statistics on gains that are known, and a tiny grid from end to end."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tlkit.errors import SimilarityError
from tlkit.similarity import evidence
from tlkit.similarity.measures import DISTANCES, SCORES

SOURCES = ("a", "b", "c", "d")
TARGETS = ("one", "two", "three")


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    names = ("prediction", "prediction_table", "prediction_ridge")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return {name: importlib.import_module(name) for name in names}


def plan() -> Any:
    return SimpleNamespace(
        targets=TARGETS, architectures=("net",), sources=SOURCES,
        settings={"labels_per_class": 5, "steps": 40, "pretrain_steps": 300},
        ARMS=("frozen", "fine-tuned"), BASELINE="blank",
    )  # fmt: skip


def cells(seed: int = 0) -> dict[str, dict[str, Any]]:
    """Gains are 0.1, 0.2, 0.3, 0.4 above the baseline; LogME knows them, 1-NN has them backwards, LEEP is noise."""
    rng = np.random.default_rng(seed)
    found: dict[str, dict[str, Any]] = {}
    for target in TARGETS:
        for at, source in enumerate((*SOURCES, "blank")):
            gain = 0.0 if source == "blank" else 0.1 * (at + 1)
            for draw in range(2):
                # The level of a target and of a draw is the same for all sources.
                level = 0.2 + 0.05 * draw + 0.1 * TARGETS.index(target)
                found[f"frozen | {target} | net | {source} | {draw}"] = {"accuracy": level + gain}
            if source != "blank":
                values = {"logme": 5 * gain + 1, "knn": -gain, "leep": rng.normal(), "frechet": 1 - gain}
                found[f"scores | {target} | net | {source} | 0"] = {
                    "values": values, "costs": dict.fromkeys(values, 0.5),
                }  # fmt: skip
    return found


def rows(scripts: dict[str, ModuleType], found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    record = scripts["prediction_table"].stored(plan(), found)
    json.dumps(record, allow_nan=False)
    return {row["measure"]: row for row in record["rows"]}


def test_correlations_and_regrets_are_those_of_the_gains_that_were_made(
    scripts: dict[str, ModuleType],
) -> None:
    found = rows(scripts, cells())
    assert {one["arm"] for one in found.values()} == {"frozen"}
    right, wrong, far, chance = (found[name] for name in ("logme", "knn", "frechet", "chance"))
    for row in (right, far):
        assert (row["spearman"], row["kendall"], row["regret"], row["picked"]) == (1, 1, 0, 3)
        assert (row["spearman_low"], row["spearman_high"]) == (1, 1)
    assert (wrong["spearman"], wrong["picked"]) == (-1, 0)
    assert wrong["regret"] == pytest.approx(0.3)
    assert chance["regret"] == pytest.approx(0.15)
    assert (right["trials"], right["sources"], right["seeds"], right["seconds"]) == (3, 4, 2, 0.5)
    noise = found["leep"]
    assert noise["spearman_low"] <= noise["spearman"] <= noise["spearman_high"]
    assert noise["spearman"] < 1


def test_the_ridge_learns_what_holds_on_the_other_targets(scripts: dict[str, ModuleType]) -> None:
    ridge = rows(scripts, cells())["combined"]
    assert ridge["spearman"] == 1
    # As good as LogME, so not better.
    assert ridge["against"]["spearman"] == ridge["against"]["low"] == 0
    text = scripts["prediction_table"].tables(scripts["prediction_table"].stored(plan(), cells()))
    assert "not better on held-out targets" in text
    assert "3 trials (3 targets, 1 architectures), about 4 sources each, 2 draws of 5 labels" in text


def test_the_left_out_target_is_not_learned_from(scripts: dict[str, ModuleType]) -> None:
    found = cells()
    for name, cell in found.items():
        # On one target all is the other way round: nothing on the others says so.
        if name.startswith("scores | three"):
            cell["values"] = {measure: -value for measure, value in cell["values"].items()}
    record = scripts["prediction_table"].stored(plan(), found)
    told = scripts["prediction_ridge"].combined(record["trials"], "frozen")["predictions"]
    assert np.argsort(told[2]).tolist() == [3, 2, 1, 0]


def test_trials_that_are_not_whole_are_left_out(scripts: dict[str, ModuleType]) -> None:
    found = cells()
    del found["frozen | one | net | b | 1"], found["scores | two | net | a | 0"]
    row = rows(scripts, found)["logme"]
    assert (row["trials"], row["seeds"]) == (2, 1)
    assert "no complete trial" in scripts["prediction_table"].tables(
        scripts["prediction_table"].stored(plan(), {})
    )


def test_what_is_stored_is_what_the_sentence_says(
    scripts: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "prediction.json"
    path.write_text(json.dumps(scripts["prediction_table"].stored(plan(), cells())))
    monkeypatch.setattr(evidence, "PATH", path)
    evidence._stored.cache_clear()
    try:
        said = str(evidence.track_record("logme"))
        assert evidence.track_record("logme", "fine-tuned") is None
        assert "In our 3 trials LogME picked the best of about 4 sources 3 times" in said
        assert "30.0 points less" in str(evidence.track_record("knn"))
        table = evidence.track_records()
        assert table.caption.startswith(
            "frozen: 3 trials (3 targets, 1 architectures), about 4 sources each, 2 draws"
        )
        assert table.rows[0][0] == "LogME"
        assert table.rows[0][1].startswith("1.00 (1.00 to 1.00)")
        assert table.rows[0][-1] == "3 of 3"
        assert table.rows[-1][0] == "nearest neighbour"
        with pytest.raises(SimilarityError, match="No trials are known of 'fine-tuned'"):
            evidence.track_records("fine-tuned")
    finally:
        evidence._stored.cache_clear()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::tlkit.backbones.transform.ConversionWarning")
def test_a_tiny_grid_runs_and_goes_on_where_it_was(
    scripts: dict[str, ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["--folder", str(tmp_path), "--quick"]
    scripts["prediction"].main(call)
    first = capsys.readouterr().out
    for one in (*SCORES.values(), *DISTANCES.values()):
        assert one.label in first
    with (tmp_path / "cells.jsonl").open("a") as file:
        file.write('{"key": "cut sh')
    scripts["prediction"].main(call)
    again = capsys.readouterr().out
    assert "25 cells, 25 of them are there" in again
    assert again.split("\n", 1)[1].lstrip() == first[first.index("frozen: 2 trials") :]
