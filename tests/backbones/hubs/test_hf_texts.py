"""Text encoders of transformers: the same function as the library's own, also in padded batches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.backbones.hubs.conftest import Serve
from tests.backbones.hubs.hf_models import text_model
from tlkit import data
from tlkit.errors import DataError

TEXTS = ["a cat sits on the warm mat", "kittens", "the bank"]


@pytest.mark.parametrize("kind", ["bert", "roberta", "mpnet"])
def test_text_encoders_give_what_transformers_gives_also_in_padded_batches(
    serve: Serve, tmp_path: Path, kind: str
) -> None:
    net, tokenizer = text_model(tmp_path / "made", kind)
    loaded = serve()
    assert loaded.stages == (("body",) if kind == "mpnet" else ("embeddings", "layer1", "layer2"))
    entered = tokenizer(TEXTS, padding="max_length", max_length=16, return_tensors="pt")
    words = entered["attention_mask"].bool()
    with torch.no_grad():
        expected = net(**{name: entered[name] for name in ("input_ids", "attention_mask")}).last_hidden_state
        ids = loaded.transform(TEXTS)
        given = loaded.module(ids)
    assert ids.shape == (3, 40)
    assert torch.equal(ids.ne(0), nn.functional.pad(words, (0, 24)))
    assert torch.equal(given[:, :16][words], expected[words])
    assert given[:, 16:].count_nonzero() == given[:, :16][~words].count_nonzero() == 0
    mean = torch.stack([one[seen].mean(dim=0) for one, seen in zip(expected, words, strict=True)])
    np.testing.assert_allclose(loaded.features(TEXTS), mean.numpy(), atol=1e-6)
    # A text without any piece, which no tokenizer makes, gives zeros and no harm to the others.
    with torch.no_grad():
        beside = loaded.module(torch.cat([ids, torch.zeros_like(ids[:1])]))
    assert beside[3].count_nonzero() == 0
    torch.testing.assert_close(beside[:3], given)


def test_the_tokenizer_says_what_it_does_not_know_and_what_it_cuts(serve: Serve, tmp_path: Path) -> None:
    text_model(tmp_path / "made", "roberta")
    transform = serve().transform
    long = " ".join(["cat"] * 60)
    encoded = transform.encode("a zebra")  # type: ignore[attr-defined]
    assert encoded.unknown == ("zebra",)
    assert transform([long]).ne(0).sum() == transform.length == 40  # type: ignore[attr-defined]
    one, two = transform.examples()  # type: ignore[attr-defined]
    assert not torch.equal(transform([one]), transform([two]))
    assert transform(["\ud800 cat"]).ne(0).sum() == 4
    with pytest.raises(DataError, match="list of texts"):
        transform("a cat")
    names = data.load("emoji:names").train
    (note,) = transform.notes_of(names)
    assert "parts of the texts are not known, such as" in note
    assert set(transform.rows_seen(names).tolist()) <= {0, 2, 3, *range(4, 14)}


@pytest.mark.parametrize(
    "pooling", [{"pooling_mode_cls_token": True}, {"pooling_mode": "cls"}, {"pooling_mode": ["cls"]}]
)
def test_sentence_encoders_that_take_the_first_place(
    serve: Serve, tmp_path: Path, pooling: dict[str, Any]
) -> None:
    net, tokenizer = text_model(tmp_path / "made")
    (tmp_path / "made" / "1_Pooling").mkdir()
    (tmp_path / "made" / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    loaded = serve()
    assert loaded.stages[-1] == "pooling"
    with torch.no_grad():
        entered = tokenizer(TEXTS, padding=True, return_tensors="pt")
        expected = net(entered["input_ids"], entered["attention_mask"]).last_hidden_state[:, 0]
    np.testing.assert_allclose(loaded.features(TEXTS), expected.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("pooling", "said"),
    [
        ({"pooling_mode": "mean"}, None),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False}, None),
        ({"pooling_mode": "lasttoken"}, "pool by lasttoken; here its features are means"),
        ({"pooling_mode_max_tokens": True}, "pool by max; here its features are means"),
        (
            {"pooling_mode": ["cls", "mean"]},
            "pool by cls and mean; here its features are those of the first place",
        ),
    ],
)
def test_a_pooling_that_is_not_done_here_is_said(
    serve: Serve, tmp_path: Path, pooling: dict[str, Any], said: str | None
) -> None:
    text_model(tmp_path / "made")
    (tmp_path / "made" / "1_Pooling").mkdir()
    (tmp_path / "made" / "1_Pooling" / "config.json").write_text(
        json.dumps({"embedding_dimension": 16, **pooling})
    )
    limits = " ".join(serve().card.limits)
    assert ("Its makers pool by" in limits) == bool(said)
    assert said is None or said in limits
