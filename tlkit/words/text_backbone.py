"""text_backbone: a network for texts whose first stage looks up word vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlkit.errors import TrainingError, expect_kind, expect_whole
from tlkit.words.word_vectors import WordVectors

if TYPE_CHECKING:
    from tlkit.backbones import Backbone

_MOST_SEED = 2**63 - 1
_WORDS = {
    "mean": "the mean of a text's word vectors",
    "cnn": "filters over neighbouring words",
    "gru": "a gated recurrent unit that reads both ways",
    "transformer": "a small transformer encoder",
}


def text_backbone(
    vectors: WordVectors,
    body: str = "mean",
    *,
    length: int = 32,
    width: int = 128,
    blocks: int = 2,
    seed: int = 0,
    name: str | None = None,
) -> Backbone:
    """Return a network for texts: it looks up the words, then sums up what a text says.

    Only the word vectors were learned before. What comes after them starts from random numbers, so that ``"mean"``,
    which has nothing else to learn, is the one to freeze. All vectors are held in memory, and where they learn
    three times: of millions take the most frequent, ``words.load(name, limit=50_000)``.

    Parameters
    ----------
    vectors
        From `load`, or read from a file.
    body
        ``"mean"``, ``"cnn"``, ``"gru"`` or ``"transformer"``: see `tlkit.backbones.text_nets.text_stages`.
    length
        At most so many words of a text are looked at.
    width
        Numbers for each word after a CNN or a GRU.
    blocks
        Of a transformer.
    seed
        Of the weights after the word vectors; not negative.
    name
        For tables; None takes the vectors' name and the body.

    Raises
    ------
    UnknownNameError
        There is no such body.
    TrainingError, PlanError, DataError
        A seed, a size or vectors that cannot be.

    Examples
    --------
    >>> pets = WordVectors(["cat", "dog", "tree"], [[1, 0], [0.8, 0.6], [0, 1]], name="pets")
    >>> net = text_backbone(pets)
    >>> net.stages, net.features(["A cat, a tree!", "nothing known"]).tolist()
    (('embedding', 'average'), [[0.5, 0.5], [0.0, 0.0]])
    """
    import torch
    from torch import nn

    from tlkit.backbones import Backbone, ModelCard, StagedModule, WordTransform
    from tlkit.backbones.initialise import initialise
    from tlkit.backbones.text_nets import text_stages

    expect_kind(
        "What looks up the words",
        vectors,
        WordVectors,
        TrainingError,
        "Load them: words.load('words:english').",
    )
    seed = expect_whole("seed", seed, 0, TrainingError, _MOST_SEED)
    transform = WordTransform(tuple(vectors.words), length)
    # On the meta device first, so that nothing is drawn from the global generator.
    with torch.device("meta"):
        embedding = nn.Embedding(len(vectors) + 1, vectors.dimensions, padding_idx=0)
        staged = StagedModule(
            text_stages(embedding, body, length=transform.length, width=width, blocks=blocks)
        )
    staged.to_empty(device="cpu")
    initialise(staged, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        embedding.weight[1:] = torch.from_numpy(np.array(vectors.vectors, dtype=np.float32))
    name = f"{vectors.name}, {body}" if name is None else name
    known = vectors.card
    card = ModelCard(
        name=name,
        title=f"{vectors.name}, then {_WORDS[body]}.",
        architecture=f"text-{body}",
        origin=known.origin,
        data=known.data,
        licence_code=known.licence_code,
        licence_weights=known.licence_weights,
        licence_data=known.licence_data,
        lineage={
            "parents": [vectors.name],
            "sha256": known.sha256,
            **({} if body == "mean" else {"seed": seed}),
        },
        limits=known.limits,
        ancestry={vectors.name: {**known.to_dict(), "name": vectors.name}},
    )
    return Backbone(name, staged.eval(), transform, card)
