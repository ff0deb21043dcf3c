"""What a Similarity panel can choose from: the learner's own things first, then everything embedded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tlkit import backbones, data, words
from tlkit.backbones import Backbone
from tlkit.data import Dataset
from tlkit.errors import PanelError, a_kind

# Nothing of one family looks like anything of another; for each, what is unrelated to it.
_FAMILIES = (
    ({"digits", "letters", "greek", "printed-digits"}, ("textures", "photos", "shapes")),
    ({"photos", "textures"}, ("letters", "digits", "shapes")),
    ({"shapes"}, ("textures", "photos", "letters")),
)


class Choices:
    """Finds datasets and backbones by name.

    Parameters
    ----------
    source, target
        The learner's datasets; one with the name of an embedded set stands for it.
    net
        The learner's backbone.
    others
        More of the learner's datasets and backbones.

    Raises
    ------
    PanelError
        Something that is neither, pictures beside texts, or two different things with one name.

    Examples
    --------
    >>> net = backbones.load("zoo:resnet-letters")
    >>> choices = Choices(data.load("letters"), data.load("greek"), net)
    >>> choices.datasets[:2], choices.dataset("shapes").name
    (['letters', 'greek'], 'shapes')
    >>> choices.unrelated("letters", "greek").name
    'textures'
    """

    def __init__(
        self, source: Dataset, target: Dataset, net: Backbone, others: Iterable[Dataset | Backbone] = ()
    ) -> None:
        self._sets: dict[str, Dataset] = {}
        self._nets: dict[str, Backbone] = {}
        more = (others,) if isinstance(others, Backbone | Dataset) else others
        for one in (source, target, net, *more):
            known: dict[str, Any] = self._nets if isinstance(one, Backbone) else self._sets
            if not isinstance(one, Backbone | Dataset):
                raise PanelError(
                    f"{a_kind(one)[:1].upper()}{a_kind(one)[1:]} cannot be chosen in the Similarity panel.",
                    "Give datasets (data.load, data.images) and backbones (backbones.load, backbones.wrap).",
                )
            self._expect_kind(one, target)
            first = known.setdefault(one.name, one)
            if first is not one and first.fingerprint != one.fingerprint:
                what = "networks" if isinstance(one, Backbone) else "sets"
                raise PanelError(
                    f"Two different {what} have one name, {one.name!r}.",
                    "Give one of them another name: data.arrays(…, name='…'), backbones.wrap(…, name='…').",
                )
        self._known = data.names("text" if self.texts else "image")
        self._embedded = {
            name for name in self._known if name not in self._sets or _same(self._sets[name], name)
        }
        self._known_nets = [f"{name}, mean" for name in words.names()] if self.texts else backbones.names()

    @staticmethod
    def _expect_kind(one: Any, target: Dataset) -> None:
        wanted = "texts" if target.train.kind == "texts" else "pictures"
        takes = one.transform.takes if isinstance(one, Backbone) else one.train.kind
        kind = "texts" if takes == "texts" else "pictures"
        if kind != wanted:
            verb = "takes" if isinstance(one, Backbone) else "has"
            raise PanelError(
                f"{one.name} {verb} {kind}, and the items of the target, {target.name}, are {wanted}.",
                f"Give a source, a target and networks of {wanted}, or all of {kind}: no network sees both.",
            )

    @property
    def texts(self) -> bool:
        """Whether all that can be chosen is of texts."""
        return next(iter(self._sets.values())).train.kind == "texts"

    @property
    def datasets(self) -> list[str]:
        """Names of all datasets."""
        return [*self._sets, *(name for name in self._known if name not in self._sets)]

    @property
    def backbones(self) -> list[str]:
        """Names of all backbones."""
        return [*self._nets, *(name for name in self._known_nets if name not in self._nets)]

    def dataset(self, name: str) -> Dataset:
        """Return a dataset by name."""
        return self._sets[name] if name in self._sets else data.load(name)

    def backbone(self, name: str) -> Backbone:
        """Return a backbone by name; it is read once."""
        if name not in self._nets:
            self._nets = {**self._nets, name: self._made(name)}
        return self._nets[name]

    def _made(self, name: str) -> Backbone:
        if self.texts:
            return words.text_backbone(words.load(name.removesuffix(", mean")))
        return backbones.load(name)

    def unrelated(self, source: str, target: str) -> Dataset | None:
        """Return an embedded set that has nothing to do with the target; None where nobody knows one."""
        for family, others in _FAMILIES:
            if target in family and target in self._embedded:
                return data.load(next(name for name in others if name != source))
        return None


def follows(backbone: str, before: str, after: str, known: Sequence[str]) -> str:
    """Return the backbone for a new source: the same architecture, if one was trained on it.

    Examples
    --------
    >>> follows("zoo:resnet-letters", "letters", "photos", ["zoo:resnet-photos"])
    'zoo:resnet-photos'
    >>> follows("own", "letters", "photos", ["zoo:resnet-photos"])
    'own'
    """
    wanted = backbone.removesuffix(before) + after
    return wanted if backbone.endswith(f"-{before}") and wanted in known else backbone


def some(dataset: Dataset, count: int) -> tuple[Any, list[str]]:
    """Return a few training items of different classes, and the names of these."""
    split = dataset.train
    classes = np.unique(np.linspace(0, len(split.classes) - 1, count).round().astype(int))
    rows = [int(np.flatnonzero(split.labels == one)[0]) for one in classes if (split.labels == one).any()]
    return split.items_at(rows), [str(split.classes[split.labels[row]]) for row in rows]


def _same(dataset: Dataset, name: str) -> bool:
    return dataset.fingerprint == data.load(name).fingerprint
