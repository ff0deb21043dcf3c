"""Movement: weights as a plain norm says, features as CKA says, and what was frozen bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tlkit import backbones, data, freeze, inside, similarity, train
from tlkit.backbones import pool_features
from tlkit.errors import DataError

SHORT = train.Recipe.fine_tune().change(steps=20, steps_growth=0.0)


@pytest.fixture(scope="module")
def run() -> train.Run:
    net = backbones.load("zoo:resnet-letters")
    return train.fit(
        net,
        data.load("greek").few_shot(2, seed=0),
        freeze.plan(net, until="layer2"),
        recipe=SHORT,
        test=False,
    )


def test_frozen_stages_did_not_move_and_open_ones_as_far_as_norms_and_cka_say(run: train.Run) -> None:
    found = inside.movement(run)
    by_name = {one.stage: one for one in found.stages}
    assert list(by_name) == list(run.backbone.stages)
    for stage in ("stem", "layer1"):
        assert by_name[stage].words == ("bit for bit", "bit for bit")
        assert by_name[stage].cka == pytest.approx(1)
    x = run.backbone.transform(run.task.train.images)
    for stage, after in (("layer2", "layer3"), ("layer3", None)):
        old, new = (
            torch.cat([value.detach().flatten() for value in filters(module, stage)])
            for module in (run.backbone.module, run.model.backbone)
        )
        assert by_name[stage].weights == pytest.approx(float((new - old).norm() / old.norm()), rel=1e-4)
        with torch.no_grad():
            views = [
                pool_features(module(x, stop=after)).numpy()
                for module in (run.backbone.module, run.model.backbone)
            ]
        assert by_name[stage].cka == pytest.approx(similarity.cka(*views, debiased=True), abs=1e-4)
        assert not by_name[stage].same_features
    farthest = min(("layer2", "layer3"), key=lambda stage: by_name[stage].cka or 0)
    assert f"The features of {farthest} went farthest" in found.sentence
    assert "Bit for bit as before: stem, layer1." in found.sentence


def filters(module: torch.nn.Module, stage: str) -> list[torch.Tensor]:
    """Return the weights of a stage that are no scale or shift of BatchNorm."""
    return [value for value in module.stages[stage].parameters() if value.ndim == 4]


def test_statistics_that_drift_move_features_though_no_weight_moved() -> None:
    net = backbones.load("zoo:resnet-letters")
    plan = freeze.plan(net, until="head", mode="weights_only")
    recipe = train.Recipe.head_by_steps().change(steps=10, steps_growth=0.0)
    run = train.fit(net, data.load("greek").few_shot(1, seed=0), plan, recipe=recipe, test=False)
    for one in inside.movement(run).stages:
        assert one.weights == 0
        assert not one.same_features
        assert one.cka is not None
        assert one.cka < 1


def test_text_html_and_picture_say_the_same(run: train.Run) -> None:
    found = inside.movement(run, most_items=10)
    assert found.items == 10
    text, html = repr(found), found._repr_html_()
    for row in found.rows():
        for cell in row:
            assert cell in text
            assert f">{cell}</" in html
    assert found.sentence in found.drawing().alt
    assert found.note in text
    assert "unbiased" in found.note


def test_too_few_pictures_and_features_without_differences_are_said(run: train.Run) -> None:
    few = inside.movement(run, most_items=2)
    assert not few.debiased
    assert "near 1 with so few pictures" in few.note
    with pytest.raises(DataError, match="most_items is 1"):
        inside.movement(run, most_items=1)
    with pytest.raises(DataError, match=r"train\.fit"):
        inside.movement(run.backbone)  # type: ignore[arg-type]
    dead = backbones.load("zoo:resnet-letters").clone()
    with torch.no_grad():
        for value in dead.module.parameters():
            value.zero_()
    found = inside.movement(train.fit(dead, run.task, test=False))
    assert all(one.cka is None for one in found.stages)
    assert found.sentence.startswith("Every stage gives the same features")
    assert np.isfinite([one.weights or 0.0 for one in found.stages]).all()
