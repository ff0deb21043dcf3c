"""What can be chosen in a Compare panel, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.panels.compare.conftest import ARMS
from tlkit import compare, panels
from tlkit.backbones import Backbone
from tlkit.data import Dataset
from tlkit.errors import ComparisonError, PanelError, UnknownNameError


def test_arms_stand_in_one_order_whatever_the_order_they_were_given_in(net: Backbone, greek: Dataset) -> None:
    panel = panels.Compare(greek, net, arms=["fine-tuned", "frozen", "scratch"])
    assert panel.state.arms == ("scratch", "frozen", "fine-tuned")
    assert panel.set(arm="random-frozen", on=True).state.arms == (
        "scratch",
        "random-frozen",
        "frozen",
        "fine-tuned",
    )
    assert panel.set(arm="scratch", on=False).state.arms == ("random-frozen", "frozen", "fine-tuned")


def test_a_task_brings_its_labels_and_its_draw(net: Backbone, greek: Dataset) -> None:
    panel = panels.Compare(greek.few_shot(2, seed=7), net, arms=ARMS, seeds=1)
    assert panel.state.labels_per_class == 2
    assert panel.run().seeds == (7,)
    assert panel.result.labels_per_class == 2


def test_an_arm_of_your_own_takes_part(net: Backbone, greek: Dataset) -> None:
    own = compare.Arm("mine", "my own arm", pretrained=True, opens="head")
    panel = panels.Compare(greek, net, arms=["random-frozen", own], seeds=1)
    assert panel.run().arms == ("random-frozen", "mine")
    assert "my own arm" in [arm["label"] for arm in panel._view()["arms"]]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"arms": ["frozen"]}, PanelError, "at least two"),
        ({"arms": ["scratch", "frosen"]}, UnknownNameError, "nearest .* 'frozen'"),
        ({"arm": "scratch"}, PanelError, "on="),
        ({"labels_per_class": 0}, PanelError, "from 1 to"),
        ({"labels_per_class": 10_000}, PanelError, "greek has"),
        ({"labels_per_class": 1.5}, PanelError, "whole number"),
        ({"seeds": 0}, PanelError, "from 1 to 100"),
        ({"seeds": True}, PanelError, "whole number"),
        ({"seds": 3}, PanelError, "The nearest is 'seeds'"),
        ({"guess": 3}, PanelError, "no setting 'guess'"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    panel: panels.Compare, changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    before = panel.state
    with pytest.raises(error, match=words):
        panel.set(**changes)
    assert panel.state == before


def test_arms_that_make_no_comparison_are_refused(net: Backbone, greek: Dataset) -> None:
    with pytest.raises(ComparisonError, match="two arms"):
        panels.Compare(greek, net, arms=["frozen"])
    with pytest.raises(UnknownNameError, match="scratch"):
        panels.Compare(greek, net, arms=["scrath", "frozen"])
    with pytest.raises(PanelError, match="no transfer to guess about"):
        panels.Compare(greek, net, arms=["scratch", "random-frozen"], predict=True)
