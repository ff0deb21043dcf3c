"""What a Compare panel says and draws after a run, in the browser's view and in the twin."""

from __future__ import annotations

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from tests.panels.compare.conftest import ARMS
from tlkit import compare, panels, train
from tlkit.backbones import Backbone
from tlkit.compare.looks import looks
from tlkit.data import Dataset


def test_the_view_and_the_twin_say_what_was_measured(finished: panels.Compare) -> None:
    found, view, html = (
        finished.result,
        finished._view(),
        finished._repr_mimebundle_()[0]["text/html"],
    )
    difference = 100 * (found["frozen"].mean - found["random-frozen"].mean)
    assert view["outcome"]["verdict"] == found.verdict.sentence
    assert view["outcome"]["best"] == ""
    # The same words as in the comparison's own table.
    assert set(found.table.head) - {"what it is"} <= {*view["outcome"]["table"]["head"]}
    for place in (view["outcome"]["beside"], str(finished), html):
        assert "you guessed 20 points" in place
        assert f"It was {difference:.1f} points: {abs(difference - 20):.1f}" in place
    for name, row in zip(found.arms, view["plot"]["rows"], strict=True):
        assert row["points"] == list(found[name].accuracies)
        assert row["low"] <= row["mean"] <= row["high"]
        for place in (json.dumps(view["outcome"]["table"], ensure_ascii=False), str(finished), html):
            assert f"{100 * found[name].mean:.1f} %" in place
            assert f"{found[name].trainable_parameters:,}" in place
    assert view["plot"]["guess"]["at"] == pytest.approx(found["random-frozen"].mean + 0.2)
    assert found.verdict.sentence in html
    assert "letters &lt;b&gt;look&lt;/b&gt; like letters" in html


def test_the_twin_has_a_picture_with_words_and_neither_seconds_nor_paths(finished: panels.Compare) -> None:
    html = finished._repr_mimebundle_()[0]["text/html"]
    picture = re.search(r'<img class="tlkit-drawing" src="data:image/png;base64,([^"]+)" alt="([^"]+)"', html)
    assert picture
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture[1]))).convert("RGB"))
    assert pixels.shape[1] > 400
    assert (pixels < 128).any()
    for name in ARMS:
        assert f"{name} {100 * finished.result[name].mean:.1f} %" in picture[2]
    assert "second" not in html
    assert "/" not in re.sub(r"</?\w[^>]*>|&lt;.*?&gt;", "", html)
    assert html == finished._repr_mimebundle_()[0]["text/html"]


def test_marks_differ_by_shape_and_fill_not_by_colour_alone(panel: panels.Compare) -> None:
    arms = panel._view()["arms"]
    assert len({(arm["shape"], arm["hollow"]) for arm in arms}) == len(arms)
    assert [arm["hollow"] for arm in arms] == [not one.pretrained for one in compare.ARMS.values()]


def test_an_arm_looks_the_same_in_the_list_in_the_plot_and_in_the_chart(finished: panels.Compare) -> None:
    view, chart = finished._view(), looks(finished.result.arms)
    listed = {arm["name"]: arm for arm in view["arms"]}
    for row in view["plot"]["rows"]:
        for part in ("shape", "colour", "on_dark"):
            assert row[part] == listed[row["name"]][part] == getattr(chart[row["name"]], part)


def test_a_pair_that_cannot_be_told_apart_is_named_with_its_cost(net: Backbone, greek: Dataset) -> None:
    # The same arm twice: no difference by construction.
    twin = compare.Arm("frozen-too", "the same again", pretrained=True, opens="head", preset="head")
    panel = panels.Compare(greek, net, arms=["random-frozen", "frozen", twin], seeds=2)
    found = panel.run()
    assert found.between("frozen", "frozen-too").interval.difference == 0
    (words,) = panel._view()["outcome"]["asides"]
    assert words.startswith("frozen or frozen-too? Cannot tell from 2 draws (")
    assert words in str(panel)


def test_of_two_transfers_the_dearer_one_is_named_with_its_cost(net: Backbone, greek: Dataset) -> None:
    steps = train.Recipe.fine_tune().change(steps=3, most_steps=3)
    dear = compare.Arm("dear", pretrained=True, opens="last stage", recipe=steps)
    panel = panels.Compare(greek, net, arms=["random-frozen", "frozen", dear], seeds=1)
    found = panel.run()
    ratio = found["dear"].multiply_adds / found["frozen"].multiply_adds
    words = " ".join(panel._view()["outcome"]["asides"])
    assert "frozen or dear?" in words
    assert (f"dear took {ratio:.1f} times" in words) == (1.5 <= ratio < 10)


def test_three_arms_show_every_pair_and_say_that_it_was_corrected(net: Backbone, greek: Dataset) -> None:
    own = compare.Arm("frozen-too", pretrained=True, opens="head", preset="head")
    panel = panels.Compare(greek, net, arms=["random-frozen", "frozen", own], seeds=2)
    panel.run()
    shown = panel._view()["outcome"]
    assert len(shown["pairs"]["rows"]) == 3
    assert "Holm" in str(panel)
    assert "Holm" in shown["why"]
    assert panel.result.verdict.sentence.startswith(shown["verdict"])


def test_after_a_guess_the_pair_that_was_guessed_comes_first_and_the_best_transfer_second(
    net: Backbone, greek: Dataset
) -> None:
    # One step teaches a head next to nothing, so that the guess is not about the best transfer.
    hasty = train.Recipe.head_by_steps().change(steps=1, most_steps=1)
    poor = compare.Arm("poor", pretrained=True, opens="head", recipe=hasty)
    good = compare.Arm("good", pretrained=True, opens="head", preset="head")
    panel = panels.Compare(greek, net, arms=["random-frozen", poor, good], seeds=2, predict=True)
    panel.commit(guess=5, reason="one step is little").run()
    found, shown = panel.result, panel._view()["outcome"]
    assert found["poor"].mean < found["good"].mean
    guessed, best = found.verdicts["random-frozen", "poor"], found.verdicts["random-frozen", "good"]
    assert found.verdict.names == guessed.names
    assert found.best is not None
    assert best.names == found.best.names
    assert shown["verdict"] == guessed.finding
    assert shown["best"].endswith(best.finding[1:])
    twin = str(panel)
    assert twin.index(guessed.finding) < twin.index("you guessed 5 points") < twin.index(best.finding[1:])
    # Said once: not again among what else can be said.
    assert not any("random-frozen" in words for words in shown["asides"])


def test_without_a_guess_the_panel_says_what_the_comparison_says(net: Backbone, greek: Dataset) -> None:
    hasty = train.Recipe.head_by_steps().change(steps=1, most_steps=1)
    poor = compare.Arm("poor", pretrained=True, opens="head", recipe=hasty)
    panel = panels.Compare(greek, net, arms=["random-frozen", poor, "frozen"], seeds=2)
    found = panel.run()
    shown = panel._view()["outcome"]
    assert shown["verdict"] == found.verdict.finding
    assert shown["best"] in ("", *found.findings[1:])
    for words in found.findings:
        assert words in str(panel)


def test_seconds_from_the_store_are_said_to_be_measured_before(net: Backbone, greek: Dataset) -> None:
    def seconds() -> list[str]:
        panel = panels.Compare(greek, net, arms=ARMS, seeds=3)
        panel.run()
        return [row[-1]["text"] for row in panel._view()["outcome"]["table"]["rows"]]

    for first, again in zip(seconds(), seconds(), strict=True):
        assert again == f"{first.split(',')[0]}, measured before"


def test_settings_that_changed_make_the_result_stale(panel: panels.Compare) -> None:
    panel.run()
    words = panel.result.verdict.sentence
    panel.set(labels_per_class=5)
    assert panel._full_view()["stale"]
    assert words not in str(panel)
    assert words in str(panel.set(labels_per_class=1))
