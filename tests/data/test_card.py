from __future__ import annotations

import json

import pytest

from tlkit import data
from tlkit.data import DataCard


@pytest.mark.parametrize("name", data.names())
def test_every_embedded_set_tells_origin_licence_and_counts(name: str) -> None:
    dataset = data.load(name)
    card = dataset.card
    for text in (card.title, card.origin, card.licence, card.attribution, card.how_made):
        assert text
    assert card.limits
    assert card.classes == dataset.classes
    assert card.counts == {
        "train": len(dataset.train),
        "validation": len(dataset.validation),
        "test": len(dataset.test),
    }
    for face in (str(card), card.markdown(), card._repr_html_()):
        assert name in face
        assert card.fingerprint in face


def test_a_card_survives_json() -> None:
    card = data.load("photos").card
    assert DataCard.from_dict(json.loads(json.dumps(card.to_dict()))) == card


def test_text_is_escaped_where_it_has_to_be() -> None:
    card = DataCard("a<b", 'Says "x | y".', licence='L "1"', origin="here | there")
    assert "a<b" not in card._repr_html_()
    assert "here \\| there" in card.markdown()
    assert 'license_name: "L \\"1\\""' in card.markdown()
