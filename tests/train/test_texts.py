"""Texts through training: what is cached, what is told, what a learner sees of the answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tlkit import backbones, data, freeze, inside, similarity, train
from tlkit.backbones import Backbone
from tlkit.data import Dataset
from tlkit.errors import DataError
from tlkit.train import Recipe, Run
from tlkit.train.features import boundary_activations, forget
from tlkit.words import WordVectors, text_backbone

ANIMALS = ("cat", "dog", "owl", "cow", "hen")
FRUIT = ("fig", "kiwi", "lime", "pear", "plum")


@pytest.fixture(scope="module")
def net() -> Backbone:
    vectors = np.random.default_rng(0).normal(size=(12, 6))
    vectors[:5, 0] += 4
    vectors[5:10, 0] -= 4
    return text_backbone(WordVectors((*ANIMALS, *FRUIT, "red", "<b>"), vectors, name="made"), "gru", width=8)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A CSV file of one's own, from the file to the end."""
    path = tmp_path_factory.mktemp("own") / "things.csv"
    kinds = {"animal": ANIMALS, "fruit": FRUIT}
    things = [(word, kind) for kind, words in kinds.items() for word in words]
    lines = [
        f'"A {word}, <b>{colour}</b>",{kind}' for word, kind in things for colour in ("red", "new", "old")
    ]
    path.write_text("\n".join(["sentence,kind", *lines]), encoding="utf-8")
    return data.table(path, text="sentence", label="kind")


@pytest.fixture(scope="module")
def run(net: Backbone, dataset: Dataset) -> Run:
    return train.fit(net, dataset.few_shot(4, seed=0), seed=0)


def test_a_table_of_texts_is_learned_to_the_end(run: Run, dataset: Dataset) -> None:
    assert run.accuracy > 0.8
    assert run.cached == "at activations cached before head"
    assert (run.recipe.augmentation, run.recipe.augmented_views) == (0, 0)
    assert run.task.dataset.name == "things"
    again = train.fit(run.backbone, dataset.few_shot(4, seed=0), seed=0)
    assert np.array_equal(again.scores, run.scores)


def test_unknown_words_are_told_once_with_their_share(run: Run) -> None:
    (note,) = run.input_notes
    assert note.startswith(f"{note.split()[0]} of {note.split()[2]} words")
    assert "'A'" in note
    assert f"texts                 {note}" in repr(run)
    assert run.record()["input_notes"] == [note]


def test_the_cache_gives_what_the_network_gives_and_knows_another_list_of_words(
    net: Backbone, dataset: Dataset
) -> None:
    network, split = net.with_head(2, seed=0), dataset.train
    forget()
    found = boundary_activations(network, net.transform, split, "head")
    np.testing.assert_allclose(found.values, net.features(split.texts), atol=1e-6)
    before = boundary_activations(network, net.transform, split, "gru")
    assert before.values.shape == (len(split), 32, 6)
    other = backbones.WordTransform(net.transform.words[::-1], 32)  # type: ignore[attr-defined]
    assert boundary_activations(network, other, split, "head").key != found.key
    some = boundary_activations(network, net.transform, split.select([3, 1]), "head")
    assert np.array_equal(some.values, found.values[[3, 1]])


def test_word_vectors_that_learn_are_reported_row_by_row(net: Backbone, dataset: Dataset) -> None:
    recipe = Recipe.fine_tune().change(steps=8, most_steps=8)
    plan = freeze.plan(net, until="embedding")
    found = train.fit(net, dataset.few_shot(3, seed=0), plan, seed=0, recipe=recipe)
    assert found.seal.kept
    assert found.seal["embedding"].rows.unseen_moved == 0
    assert "rows moved; all of them rows of words seen in training" in found.seal.sentence
    assert found.cached == "at the texts: the first stage is not frozen strictly"
    # From the cached embedding on, the steps take the same inputs.
    plan = freeze.plan(net, until="gru")
    cached = train.fit(net, dataset.few_shot(3, seed=0), plan, seed=0, recipe=recipe)
    never = train.fit(net, dataset.few_shot(3, seed=0), plan, seed=0, recipe=recipe.change(cache="never"))
    assert cached.cached == "at activations cached before gru"
    np.testing.assert_allclose(cached.scores, never.scores, atol=1e-5)


def test_answers_show_the_text_and_nothing_of_it_is_taken_for_markup(run: Run) -> None:
    answers = run.answers
    assert answers.texts == run.test_items.texts
    assert answers[0].name == repr(answers.texts[0])
    shown = answers._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert answers.texts[0] in repr(answers)
    assert all(uri.startswith("data:image/svg+xml") for uri in answers.drawn())
    assert str(len(answers)) in run.confusion().sentence


def test_a_rate_is_found(net: Backbone, dataset: Dataset) -> None:
    found = train.find_learning_rate(net, dataset.few_shot(4, seed=0), seeds=1, steps=20, highest=0.5)
    assert np.isfinite(found.suggestion)


@pytest.mark.parametrize(
    "ask",
    [
        lambda run: inside.movement(run),
        lambda run: inside.grad_cam(run, run.answers.texts),
        lambda run: run.answers.images,
        lambda run: train.preview_augmented(run.task),
        lambda run: train.fit(run.backbone, data.load("greek").few_shot(1, seed=0)),
        lambda run: train.fit(backbones.load("zoo:resnet-letters"), run.task),
        lambda run: train.find_learning_rate(backbones.load("zoo:resnet-letters"), run.task),
        lambda run: run.backbone.features("one text"),
        lambda run: run.backbone.features(np.zeros((2, 1, 8, 8))),
    ],
)
def test_what_is_for_images_alone_is_refused_in_words(run: Run, ask: object) -> None:
    with pytest.raises(DataError, match=r"texts|Text 0"):
        ask(run)  # type: ignore[operator]  # a function of the list above


def test_the_global_generator_is_left_alone(net: Backbone, dataset: Dataset) -> None:
    before = torch.get_rng_state()
    net.reinitialised(1)
    train.fit(net, dataset.few_shot(2, seed=0), test=False)
    assert torch.equal(before, torch.get_rng_state())


def test_how_far_each_stage_moved_is_measured_on_texts_too(net: Backbone, dataset: Dataset) -> None:
    plan = freeze.plan(net, until="gru")
    recipe = Recipe.fine_tune().change(steps=8, most_steps=8)
    run = train.fit(net, dataset.few_shot(4, seed=0), plan, recipe=recipe, test=False)
    found = similarity.moved(net, run, dataset)
    assert found["embedding"].cka == 1
    assert found["gru"].cka < 1
