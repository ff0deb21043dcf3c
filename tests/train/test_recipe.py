"""Recipes: everything on the record, nothing impossible accepted."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlkit.errors import RecordError, TrainingError, UnknownNameError
from tlkit.train import Recipe

PRESETS = [Recipe.head(), Recipe.fine_tune(), Recipe.gradually(), Recipe.scratch()]


@pytest.mark.parametrize("recipe", PRESETS, ids=lambda recipe: recipe.name)
def test_survives_the_record(recipe: Recipe) -> None:
    record = json.loads(json.dumps(recipe.record(), allow_nan=False))
    assert set(record) == {field.name for field in fields(Recipe)}
    assert Recipe.from_record(record) == recipe


def test_a_record_of_another_version_is_refused() -> None:
    record = Recipe.head().record()
    with pytest.raises(RecordError, match="momentum"):
        Recipe.from_record({**record, "momentum": 0.9})
    del record["steps"]
    with pytest.raises(RecordError, match="steps"):
        Recipe.from_record(record)


@pytest.mark.parametrize("record", [None, [], "recipe", 3])
def test_what_is_no_record_is_refused(record: object) -> None:
    with pytest.raises(RecordError, match=r"recipe\.record\(\)"):
        Recipe.from_record(record)  # type: ignore[arg-type]


def test_numpys_numbers_are_taken_and_leave_plain_json() -> None:
    given = Recipe.fine_tune().change(
        steps=np.int64(5), batch_size=np.int32(4), learning_rate=np.float32(0.5)
    )
    assert given == Recipe.fine_tune().change(steps=5, batch_size=4, learning_rate=0.5)
    assert json.loads(json.dumps(given.record())) == given.record()
    with pytest.raises(TrainingError, match="whole number"):
        given.change(steps=np.float64(5.5))


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_more_items_never_mean_fewer_steps(one: int, other: int) -> None:
    low, high = sorted((one, other))
    for recipe in PRESETS:
        assert recipe.steps_for(low) <= recipe.steps_for(high) <= recipe.most_steps


@given(st.integers(1, 100_000))
def test_views_stay_under_the_limit(items: int) -> None:
    recipe = Recipe.head().change(augmented_views=10, most_rows=3000)
    views = recipe.views_for(items)
    assert 0 <= views <= 10
    assert views == 0 or (views + 1) * items <= 3000


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", "fast"),
        ("steps", -1),
        ("steps", 1.5),
        ("batch_size", 1),
        ("label_smoothing", 1.0),
        ("head_strength", 0.0),
        ("augmented_views", True),
    ],
)
def test_refuses_values_that_make_no_sense(field: str, value: object) -> None:
    with pytest.raises(TrainingError, match=field):
        Recipe.fine_tune().change(**{field: value})


def test_refuses_unknown_names_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'learning_rate'"):
        Recipe.fine_tune().change(learning_rat=1e-3)
    with pytest.raises(UnknownNameError, match="'convex'"):
        Recipe.fine_tune().change(head_solver="konvex")


def test_head_strength_none_means_cross_validation() -> None:
    assert Recipe.head().change(head_strength=None).head_strength is None


def test_stages_that_learn_with_stored_statistics_get_a_lower_rate() -> None:
    modes = {"stem": "strict", "block1": "stored_stats", "head": "trainable"}
    for gradual in (False, True):
        stored = Recipe.for_plan(modes, gradual=gradual)
        other = Recipe.for_plan({**modes, "block1": "trainable"}, gradual=gradual)
        assert stored == other.change(learning_rate=other.learning_rate / 8)
        assert stored.gradual is gradual
