"""Stages for texts: padding and company change nothing, freezing is proved, only rows of seen words move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tlkit import backbones, data, freeze, train
from tlkit.backbones import Backbone, WordTransform
from tlkit.backbones.text_nets import BODIES, text_stages
from tlkit.data import Task, TextSplit
from tlkit.errors import PlanError, UnknownNameError
from tlkit.words import WordVectors, text_backbone

WORDS = tuple(f"w{at}" for at in range(30))


def net(body: str, length: int = 6) -> Backbone:
    vectors = np.random.default_rng(0).normal(size=(len(WORDS), 8))
    return text_backbone(WordVectors(WORDS, vectors, name="made"), body, length=length, width=8)


def task() -> Task:
    texts = [f"w{at} w{(at + label) % 10}" for label in (0, 1) for at in range(10)] + ["", "odd"]
    given = {"text": texts * 2, "label": [0] * 10 + [1] * 10 + [0, 1] + [0] * 10 + [1] * 10 + [0, 1]}
    return data.table(given, text="text", label="label", name="made").task()


@pytest.mark.parametrize("body", BODIES)
def test_padding_and_company_change_nothing(body: str) -> None:
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(WORDS, size=size)) for size in (3, 1, 6, 0, 2)]
    short, wide = net(body), net(body, length=11)
    # The same weights: only the padding is longer.
    wide.module.load_state_dict({
        key: value if "places" not in key else torch.cat([value, value[:5]])
        for key, value in short.module.state_dict().items()
    })  # fmt: skip
    found = short.features(texts)
    assert np.isfinite(found).all()
    assert np.abs(found[:3]).max() > 0
    assert not found[3].any()
    np.testing.assert_allclose(wide.features(texts), found, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([short.features([one]) for one in texts]), found, atol=1e-5)
    np.testing.assert_allclose(short.features(texts[::-1])[::-1], found, atol=1e-5)


@pytest.mark.parametrize("body", BODIES)
def test_every_stage_gives_zeros_where_there_is_no_word_and_there_alone(body: str) -> None:
    made = net(body)
    ids = made.transform(["w1 w2 w3", "w4"])
    for stage in [*made.stages[1:], "head"]:
        x = made.module(ids, stop=stage)
        if x.ndim == 3:
            assert torch.equal(x.ne(0).any(dim=2), ids != 0)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("mode", ["strict", "weights_only"])
def test_frozen_is_proved(body: str, mode: str) -> None:
    made = net(body)
    run = train.fit(made, task(), freeze.plan(made, until=made.stages[1], mode=mode), seed=0, recipe=_short())
    assert run.seal.kept
    assert run.seal.unchanged("embedding")
    assert run.seal["embedding"].kinds["weights"].rows.moved == 0
    assert "rows" not in run.seal.sentence


@pytest.mark.parametrize("body", ["mean", "transformer"])
def test_only_rows_of_seen_words_move_and_the_seal_says_how_many(body: str) -> None:
    made = net(body)
    run = train.fit(made, task(), freeze.plan(made, until="embedding"), seed=0, recipe=_short())
    assert run.seal.kept
    assert run.seal.sentence.endswith(
        "embedding: 10 of 30 rows moved; all of them rows of words seen in training."
    )
    found = freeze.SealReport.from_record(run.seal.record())
    assert found.sentence == run.seal.sentence
    assert str(found) == str(run.seal)
    table = next(part for part in run.model.backbone.modules() if isinstance(part, nn.Embedding)).weight
    assert not table[0].any()


def test_a_row_of_an_unseen_word_that_moves_breaks_the_seal() -> None:
    made = net("mean").with_head(2, seed=0)
    before = freeze.seal(made)
    rows = made.backbone.stages["embedding"].weight
    with torch.no_grad():
        rows[3] += 1
        rows[5] += 1
    assert before.check(made, seen=torch.tensor([[3, 5, 0]])).kept
    report = before.check(made, seen=torch.tensor([3]))
    assert not report.kept
    assert report.sentence == (
        "The seal is broken: of embedding 2 of 30 rows moved, 1 of them rows of words that were not seen in"
        " training."
    )
    assert "✗" in report["embedding"].mark("weights")
    # The row of the padding is never one of a word.
    with torch.no_grad():
        rows[0] += 1
    assert not before.check(made, seen=torch.tensor([0, 3, 5])).kept
    assert "3 of 30 rows moved" in before.check(made).sentence
    for wrong in (torch.tensor([31]), torch.tensor([0.5]), [1]):
        with pytest.raises(PlanError, match="transform\\(texts\\)"):
            before.check(made, seen=wrong)  # type: ignore[arg-type]  # what it refuses


def test_random_numbers_leave_the_padding_zero_and_need_no_past() -> None:
    made = net("transformer")
    other = made.reinitialised(3)
    table = other.module.stages["embedding"].words.weight
    assert not table[0].any()
    assert table[1:].any(dim=1).all()
    assert other.fingerprint != made.fingerprint
    assert made.reinitialised(3).fingerprint == other.fingerprint


def test_the_same_seed_gives_the_same_network_and_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    assert net("gru").fingerprint == net("gru").fingerprint
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("wrong", [{"body": "lstm"}, {"width": 1}, {"blocks": 0}])
def test_what_cannot_be_built_is_refused(wrong: dict[str, Any]) -> None:
    table = nn.Embedding(5, 8, padding_idx=0)
    with pytest.raises((PlanError, UnknownNameError)):
        text_stages(table, **{"body": "transformer", "length": 4, **wrong})


def test_what_a_learner_cuts_out_of_a_module_of_their_own_is_wrapped() -> None:
    own = nn.Sequential(nn.Embedding(31, 8, padding_idx=0))
    made = backbones.wrap(own, {"words": "0"}, transform=WordTransform(WORDS, 5))
    split = TextSplit(["w1 w2", "w2"], [0, 1], ("a", "b"))
    assert made.features(split.items).shape == (2, 8)


def _short() -> train.Recipe:
    return train.Recipe.fine_tune().change(steps=6, most_steps=6)
