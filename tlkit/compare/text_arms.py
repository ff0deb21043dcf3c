"""Text arms: baselines that know nothing but the labelled texts themselves, their words or their letters."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from tlkit.backbones import Backbone, ModelCard, StagedModule, Transform
from tlkit.backbones.text_transform import checked_texts
from tlkit.errors import DataError, unknown_name

if TYPE_CHECKING:
    from tlkit.data import Split

#: Settings of scikit-learn's TfidfVectorizer.
KINDS: dict[str, dict[str, Any]] = {
    "tf-idf": {},
    "character-ngrams": {"analyzer": "char_wb", "ngram_range": (2, 4)},
}
STAGE = "terms"
_BLANK = ("red car", "blue house")


@dataclass(frozen=True, eq=False, repr=False)
class TermTransform(Transform):
    """How often each term of some texts is in a text, rare ones counting more (TF-IDF): (n, terms).

    Parameters
    ----------
    kind
        One of `KINDS`: which terms.
    texts
        Where the terms and their weights come from: the labelled texts of one draw.

    Examples
    --------
    >>> transform = TermTransform("tf-idf", ("red car", "red house"))
    >>> transform.shape, transform(["a car", "nothing"]).tolist()
    ((3,), [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    """

    takes: ClassVar[str] = "texts"

    kind: str
    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("kind of terms", self.kind, KINDS)

    @cached_property
    def _counter(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        try:
            return TfidfVectorizer(**KINDS[self.kind]).fit(self.texts)
        except ValueError as error:  # no word of two letters or more in any of them
            raise DataError(
                f"The labelled texts hold no terms that {self.kind} could count, such as {self.texts[0]!r}.",
                "Leave this arm out, or give longer texts.",
            ) from error

    @cached_property
    def shape(self) -> tuple[int]:
        """(terms,)."""
        return (len(self._counter.vocabulary_),)

    def __call__(self, items: Any) -> Tensor:
        """Return TF-IDF of n texts, (n, terms), float32: rows of length 1, or of zeros without a known term."""
        texts = checked_texts(items)
        if not len(texts):
            return torch.zeros((0, *self.shape))
        return torch.from_numpy(np.asarray(self._counter.transform(texts).todense(), dtype=np.float32))

    def checked(self, items: Any) -> Any:
        """Return texts as a sequence, or refuse what is none."""
        return checked_texts(items)

    def notes_of(self, split: Split) -> list[str]:
        """Return nothing: what the labelled texts do not hold is unknown to it by design."""
        return []

    def blank(self) -> Tensor:
        """Return a text without terms, (1, terms)."""
        return torch.zeros((1, *self.shape))

    def probe(self, shape: tuple[int, ...]) -> tuple[str, str]:
        """Return the first and the last of its texts."""
        return self.texts[0], self.texts[-1]

    def __repr__(self) -> str:
        terms = repr(sorted(self._counter.vocabulary_.items())).encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(terms + self._counter.idf_.tobytes()).hexdigest()[:16]
        return f"TermTransform({self.kind!r}, {self.shape[0]:,} terms, {digest})"


def terms_backbone(kind: str, texts: tuple[str, ...]) -> Backbone:
    """Return a network whose features are the terms of texts: there is nothing in it that could learn.

    Parameters
    ----------
    kind
        One of `KINDS`.
    texts
        The labelled texts of one draw.

    Examples
    --------
    >>> terms_backbone("character-ngrams", ("red car", "blue car")).stages
    ('terms',)
    """
    card = ModelCard(
        name=kind, title="Terms of the labelled texts; it has learned nothing else.", architecture=kind
    )
    return Backbone(kind, StagedModule({STAGE: nn.Identity()}), TermTransform(kind, texts), card)


@cache
def blank_backbone(kind: str) -> Backbone:
    """Return such a network of two made-up texts, to make a plan for any."""
    return terms_backbone(kind, _BLANK)
