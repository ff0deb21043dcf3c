"""Comparison and Curve: tables, verdicts and records that open again without torch."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlkit import compare
from tlkit.compare import Comparison, Curve, stats
from tlkit.errors import RecordError, StoreError, UnknownNameError

Build = Callable[..., Comparison]


def test_the_verdict_is_on_scratch_and_frozen_and_the_best_of_the_others_stands_beside_it(
    invented: Build,
) -> None:
    card = invented({"scratch": 0.3, "random-frozen": 0.99, "frozen": 0.6, "fine-tuned": 0.8})
    assert (card.verdict.names, card.verdict.word) == (("scratch", "frozen"), "better")
    assert card.best is not None
    assert (card.best.names, card.best.word) == (("scratch", "fine-tuned"), "better")
    assert card.verdict.comparisons == card.best.comparisons == 6
    assert "Holm" in card.findings[0]
    assert card.findings[1].endswith(card.best.finding[1:])
    for face in (str(card), card._repr_html_()):
        assert face.index(card.findings[0]) < face.index(card.findings[1])


def test_what_came_out_does_not_change_what_the_verdict_is_about(invented: Build) -> None:
    for frozen in (0.2, 0.9):
        card = invented({"scratch": 0.3, "frozen": frozen, "fine-tuned": 0.5})
        assert card.verdict.names == ("scratch", "frozen")
        assert (card.best is None) == (frozen == 0.9)


def test_the_verdict_keeps_to_the_order_of_the_arms(invented: Build) -> None:
    two = invented({"frozen": 0.8, "scratch": 0.3})
    assert (two.verdict.names, two.verdict.word) == (("frozen", "scratch"), "worse")
    assert (two.verdict.comparisons, two.best) == (1, None)
    assert "Holm" not in str(two.verdict)
    three = invented({"fine-tuned": 0.9, "frozen": 0.8, "scratch": 0.3})
    assert three.verdict.names == ("frozen", "scratch")
    assert three.best is not None
    assert three.best.names == ("fine-tuned", "scratch")
    alike = invented({"frozen": 0.5, "last-stage": 0.6, "fine-tuned": 0.9})
    assert alike.verdict.names == ("frozen", "last-stage")
    assert alike.best is not None
    assert alike.best.names == ("frozen", "fine-tuned")


def test_times_from_the_store_are_said_to_be_measured_before(invented: Build) -> None:
    card = invented(seeds=2)
    stored = tuple(replace(cell, from_store=cell.seed == 0) for cell in card.results[0].cells)
    card = replace(card, results=(replace(card.results[0], cells=stored), *card.results[1:]))
    first, second = card.costs.rows[:2]
    assert first[-1] == "1.50, 1 of 2 measured before"
    assert second[-1] == "1.50"


def test_every_number_is_that_of_the_answers(invented: Build) -> None:
    card = invented()
    for one in card.results:
        expected = np.mean([cell.correct.mean() for cell in one.cells])
        assert one.mean == pytest.approx(expected)
        assert one.low <= one.mean <= one.high
        assert f"{100 * one.mean:.1f} %" in str(card.table)
    found = card.between("scratch", "frozen")
    assert found.interval == stats.paired_interval(card["scratch"].correct, card["frozen"].correct)
    corrected = card.verdicts["scratch", "frozen"]
    assert corrected.interval.low <= found.interval.low


def test_the_table_holds_no_times_and_the_costs_do(invented: Build) -> None:
    card = invented()
    assert "1.50" in str(card.costs)
    assert "seconds" in str(card.costs)
    assert "seconds" not in f"{card}{card.table}"
    assert "1.50" not in f"{card}{card.table}"


def test_html_says_what_the_text_says(invented: Build) -> None:
    card = invented()
    html = card._repr_html_()
    for row in card.table.rows:
        assert all(f">{cell}<" in html for cell in row)
    assert str(card.verdict) in html


def test_an_arm_that_was_not_compared_is_named_with_the_nearest(invented: Build) -> None:
    with pytest.raises(UnknownNameError, match="'frozen'"):
        invented()["frosen"]


@pytest.mark.parametrize("labels", [1, 5, None])
def test_a_record_opens_to_the_same_comparison(labels: int | None, invented: Build) -> None:
    card = invented(labels=labels)
    record = json.loads(json.dumps(card.record(), allow_nan=False))
    again = Comparison.from_record(record)
    assert again.record() == card.record()
    assert str(again) == str(card)
    assert again.plot().png() == card.plot().png()


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda record: record.pop(name)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda r: r.update(kind="run"), "record of 'run'"),
        (lambda r: r.update(schema=99), "schema 99"),
        (lambda r: r.update(schema="1"), "schema is '1'"),
        (lambda r: r.update(kind=None), "not a record"),
        (lambda r: r.update(arms=[]), "arms"),
        (lambda r: r.update(arms=3), "damaged"),
        (lambda r: r.update(seeds=[7]), "draws"),
        (lambda r: r.update(items=7), "test items"),
        (lambda r: r.update(classes=0), "damaged"),
        (lambda r: r["arms"][0]["cells"][0].update(schema=99), "newer|up to"),
        (lambda r: r["arms"][0]["cells"][0]["correct"].update(bits="!"), "damaged"),
        (lambda r: r["arms"][0]["cells"].pop(), "draws"),
        (lambda r: r["arms"][0].pop("label"), "damaged"),
        (without("level"), "'level' is missing"),
        (without("origin"), "'origin' is missing"),
    ],
)
def test_a_wrong_record_is_refused_in_words(
    harm: Callable[[dict[str, Any]], object], words: str, invented: Build
) -> None:
    record = json.loads(json.dumps(invented().record()))
    harm(record)
    with pytest.raises(RecordError, match=words):
        Comparison.from_record(record)


@pytest.mark.parametrize("record", [None, [], "text", {}, {"schema": 1}])
def test_what_is_no_record_is_refused(record: Any) -> None:
    for kind in (Comparison, Curve):
        with pytest.raises(RecordError, match="not a record"):
            kind.from_record(record)


def test_a_curve_opens_again_and_refuses_a_comparison(invented: Build) -> None:
    curve = Curve((invented(labels=1), invented(labels=5)))
    again = Curve.from_record(json.loads(json.dumps(curve.record())))
    assert str(again) == str(curve)
    assert again.plot().png() == curve.plot().png()
    with pytest.raises(RecordError, match=r"tlkit.compare.comparison"):
        Curve.from_record(invented().record())
    with pytest.raises(RecordError, match=r"tlkit.compare.curve"):
        Comparison.from_record(curve.record())


def test_a_csv_file_holds_every_cell(invented: Build, tmp_path: Path) -> None:
    card = invented()
    card.to_csv(tmp_path / "cells.csv")
    with open(tmp_path / "cells.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(card.results) * len(card.seeds)
    for one in card.results:
        mine = [float(row["accuracy"]) for row in rows if row["arm"] == one.name]
        assert mine == one.accuracies.tolist()
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="Could not write"):
        card.to_csv(tmp_path / "file" / "cells.csv")


WITHOUT_TORCH = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "torchvision", "timm", "sklearn"):
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocked())
import json
from tlkit import compare
record = json.load(open(sys.argv[1]))
card = compare.Comparison.from_record(record["comparison"])
curve = compare.Curve.from_record(record["curve"])
print(card); print(card.costs); print(card.verdicts); print(curve)
card.to_csv(sys.argv[2] + "/cells.csv")
for number, picture in enumerate((card.plot(), curve.plot())):
    with open(f"{sys.argv[2]}/{number}.png", "wb") as file:
        file.write(picture.png())
assert compare.ARMS["frozen"].label and compare.arm_names()
print("torch" in sys.modules)
"""


def test_a_record_is_read_and_drawn_without_torch(invented: Build, tmp_path: Path) -> None:
    card, curve = invented(), Curve((invented(labels=1), invented(labels=20)))
    path = tmp_path / "record.json"
    path.write_text(json.dumps({"comparison": card.record(), "curve": curve.record()}))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(path), str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("False\n")
    assert str(card) in done.stdout
    assert (tmp_path / "0.png").read_bytes() == card.plot().png()
    assert (tmp_path / "1.png").read_bytes() == curve.plot().png()


def test_the_public_names_are_there() -> None:
    for name in compare.__all__:
        assert hasattr(compare, name)
    assert callable(compare.verdict)
    assert callable(compare.running)
