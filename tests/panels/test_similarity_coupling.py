"""Which class is closest to which: the coupling in a run, the pair that is chosen, its words and its record."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.panels.printed import measured
from tlkit import backbones, data, panels, similarity
from tlkit.errors import PanelError, RecordError, UnknownNameError
from tlkit.panels.similarity_coupling import MOST_SOURCE, MOST_TARGET, beside, coupled, strongest
from tlkit.panels.similarity_seen import Side

TITLE = "Which class of digits is closest to which of printed-digits?"


def side(features: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], name: str) -> Side:
    """Rows of features as if a network had seen pictures of these classes."""
    classes = [f"{name}{one}" for one in range(int(labels.max()) + 1)]
    dataset = data.arrays(np.zeros((len(labels), 1, 4, 4)), labels, classes=classes, name=name)
    # The order of the training part is the dataset's own; features follow it.
    order = np.argsort(dataset.train.labels, kind="stable")
    kept = np.concatenate(
        [
            np.flatnonzero(labels == one)[: int((dataset.train.labels == one).sum())]
            for one in range(len(classes))
        ]
    )
    return Side(dataset, order, features[kept].astype(np.float32), np.arange(len(order)))


def heaps(places: list[float], each: int = 12) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Classes as small heaps of points on a line."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(places)), each)
    return np.array(places)[labels][:, None] + 0.01 * rng.normal(size=(len(labels), 3)), labels


def test_each_class_is_closest_to_the_heap_that_lies_on_it() -> None:
    theirs, ours = side(*heaps([0.0, 5.0, 10.0]), "a"), side(*heaps([10.1, 0.1, 5.1]), "b")
    found = coupled(theirs, ours)
    np.testing.assert_allclose(found["shares"], [[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    assert found["most"] == 1


def test_shares_are_those_of_otdd() -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(60) % 3
    theirs = side(rng.normal(size=(60, 4)) + labels[:, None], labels, "a")
    ours = side(rng.normal(size=(60, 4)) - labels[:, None], labels, "b")
    found = np.array(coupled(theirs, ours)["shares"])
    _, moved = similarity.otdd(theirs.features, theirs.labels, ours.features, ours.labels, coupling=True)
    np.testing.assert_allclose(found, (moved.matrix / moved.matrix.sum(axis=0)).T, atol=1e-4)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=3e-4)


def test_of_more_classes_than_a_class_can_come_from_none_gives_more_than_it_has() -> None:
    found = coupled(side(*heaps([0.0, 1.0, 8.0, 9.0]), "a"), side(*heaps([0.5, 8.5]), "b"))
    assert found["most"] == pytest.approx(0.5)
    np.testing.assert_allclose(found["shares"], [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]], atol=1e-3)


def test_of_very_many_classes_the_nearest_and_the_largest_take_part() -> None:
    near = [float(one) for one in range(MOST_TARGET + 5)]
    far = [1000.0 + one for one in range(MOST_SOURCE)]
    found = coupled(side(*heaps(far + near, 6), "a"), side(*heaps(near, 6), "b"))
    theirs, ours = found["sets"]
    assert (len(theirs["kept"]), theirs["of"]) == (MOST_SOURCE, len(far + near))
    assert set(range(len(far), len(far) + MOST_TARGET)) <= set(theirs["kept"])
    assert (len(ours["kept"]), ours["of"]) == (MOST_TARGET, len(near))
    assert np.shape(found["shares"]) == (MOST_TARGET, MOST_SOURCE)


def test_columns_stand_in_the_order_of_the_rows_that_take_most() -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(7), size=5)
    order = beside(shares)
    assert sorted(order) == list(range(7))
    takers = shares.argmax(axis=0)[order]
    assert (np.diff(takers) >= 0).all()
    assert shares[strongest(shares)] == shares.max()


def test_features_that_are_no_numbers_are_told_in_words() -> None:
    theirs, ours = side(*heaps([0.0, 1.0]), "a"), side(*heaps([0.0, 1.0]), "b")
    theirs.features[0, 0] = np.nan
    found = coupled(theirs, ours)
    assert "NaN" in found["why_not"]
    assert found["shares"] == []


# In the panel


@pytest.fixture
def panel() -> panels.Similarity:
    return measured()


def test_printed_digits_are_closest_to_the_same_digits_by_hand(panel: panels.Similarity) -> None:
    found = panel.record()["outcome"]["coupling"]
    assert np.array(found["shares"]).argmax(axis=1).tolist() == list(range(10))


def test_the_closest_pair_is_shown_until_another_is_chosen(panel: panels.Similarity) -> None:
    shares = np.array(panel.record()["outcome"]["coupling"]["shares"])
    row, column = np.unravel_index(shares.argmax(), shares.shape)
    chosen = panel._view()["outcome"]["coupling"]["chosen"]
    assert shares[chosen["row"], chosen["column"]] == shares[row, column]
    panel.set(pair=("1", "7"))
    chosen = panel._view()["outcome"]["coupling"]["chosen"]
    assert (chosen["row"], chosen["column"]) == (7, 1)
    assert "It is closest to their 7" in chosen["sentence"]
    assert not panel._full_view()["stale"]
    assert chosen["sentence"] in str(panel)
    # Its pictures are of these classes: the labels of the map's points say so.
    points = json.loads(panel._pictures()["map"])["points"]
    for group, words in zip(chosen["groups"], ("digits, class 1", "printed-digits, class 7"), strict=True):
        assert group["tiles"]
        assert {points[one]["words"] for one in group["tiles"]} == {words}
    assert panel.set(pair=None).state.pair is None


@pytest.mark.parametrize(
    ("pair", "error", "said"),
    [
        ("T7", PanelError, "two names"),
        (("1",), PanelError, "two names"),
        ((1, 7), PanelError, "two names"),
        (("1", "seven"), UnknownNameError, "class of the target"),
        (("one", "7"), UnknownNameError, "class of the source"),
    ],
)
def test_a_pair_that_does_not_fit_is_refused(
    panel: panels.Similarity, pair: object, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        panel.set(pair=pair)
    assert panel.state.pair is None


def test_there_is_no_pair_before_a_run() -> None:
    net = backbones.load("zoo:resnet-printed-digits")
    panel = panels.Similarity(data.load("digits"), data.load("printed-digits"), net)
    with pytest.raises(PanelError, match="Call run"):
        panel.set(pair=("1", "7"))


def test_the_twin_names_each_class_with_its_closest_and_shows_the_pair(panel: panels.Similarity) -> None:
    said = str(panel)
    assert TITLE in said
    table = said.split(TITLE)[1].split("\n\n")[0].strip().splitlines()[1:]
    assert [line.split()[:2] for line in table] == [[str(one), str(one)] for one in range(10)]
    assert "What this cannot tell" in said
    html = panel._repr_mimebundle_()[0]["text/html"]
    pair = panel._view()["outcome"]["coupling"]["chosen"]
    assert html.count(f'alt="digits {pair["column"]}"') == 4
    assert html.count(f'alt="printed-digits {pair["row"]}"') >= 4


def test_every_cell_says_its_share(panel: panels.Similarity) -> None:
    shares = panel.record()["outcome"]["coupling"]["shares"]
    cells = json.loads(panel._pictures()["coupling"])
    for row, of in zip(cells["rows"], shares, strict=True):
        for column, cell in zip(cells["columns"], row["cells"], strict=True):
            assert cell["said"] == f"{100 * of[column['place']]:.0f} %"
    assert cells["numbers"]


def test_a_record_holds_the_pair_and_a_damaged_one_is_refused(panel: panels.Similarity) -> None:
    panel.set(pair=("1", "7"))
    record = json.loads(json.dumps(panel.record(), allow_nan=False))
    again = panels.Similarity.from_record(record)
    assert again.state.pair == ("1", "7")
    assert str(again) == str(panel)
    record["state"]["pair"] = ["1", "seven"]
    with pytest.raises(RecordError):
        panels.Similarity.from_record(record)


def test_a_record_of_before_opens_without_a_coupling(panel: panels.Similarity) -> None:
    record = panel.record()
    del record["outcome"]["coupling"], record["outcome"]["map"]["t-sne"]
    del record["state"]["pair"], record["state"]["map"]
    record["version"] = 1
    old = panels.Similarity.from_record(record)
    assert old._view()["outcome"]["coupling"] is None
    assert TITLE not in str(old)
    assert "coupling" not in old._pictures()
    with pytest.raises(PanelError, match="does not say which class"):
        old.set(pair=("1", "7"))
    with pytest.raises(PanelError, match="no t-SNE map"):
        old.set(map="t-sne")
