"""Cards as Markdown: the README of a model repository, with the front matter that the Hugging Face hub reads."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlkit.errors import StoreError, WeightsError
from tlkit.files import read_json

if TYPE_CHECKING:
    from tlkit.backbones.card import ModelCard

# Under this key of the front matter stands the whole card, so that nothing is lost on the way to a hub and back.
_KEY = "tlkit_card"
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_MOST_VALUES = 100_000
_MARKS = re.compile(r"([\\|\[\]`*!])")


def written(card: ModelCard) -> str:
    """Return a card as Markdown; what it says stays text, whatever it is."""
    # On demand: cards are read far more often than they are published.
    from huggingface_hub import EvalResult, ModelCardData

    data_name = str(card.lineage.get("data", "")) or None
    results = [
        EvalResult(card.hub_task, data_name or "source", data_name or "source", "accuracy", one.value)
        for one in card._metrics()
        if one.name.endswith("accuracy")
    ][:1]
    # The hub knows single licences; what is more than one is told by its name.
    plain = re.fullmatch(r"[A-Za-z0-9.+-]+", card.licence_weights) is not None
    front = ModelCardData(
        license=card.licence_weights.lower() if plain else "other" if card.licence_weights else "unknown",
        license_name=card.licence_weights if card.licence_weights and not plain else None,
        library_name="tlkit",
        pipeline_tag=card.hub_task,
        tags=["transfer-learning", "tlkit", *([card.architecture] if card.architecture else [])],
        datasets=[data_name] if data_name else None,
        base_model=[name.removeprefix("hf:") for name in card.parents if name.startswith("hf:")] or None,
        metrics=["accuracy"] if results else None,
        model_name=card.name if results else None,
        eval_results=results or None,
        **{_KEY: _plain(card.to_dict())},
    )
    lines = ["---", front.to_yaml(), "---", "", f"# {_text(card.name)}", ""]
    lines += [_text(card.title), ""] if card.title else []
    lines += ["| | |", "|---|---|"]
    lines += [f"| {_text(heading)} | {_text(text)} |" for heading, text in card.rows()]
    return "\n".join(lines) + "\n"


def read(text: str, name: str = "") -> ModelCard:
    """Read the README of a model repository: one that ``card.markdown()`` wrote, or anybody's.

    Parameters
    ----------
    text
        Markdown with front matter.
    name
        What the network is called where the README does not say so.

    Returns
    -------
    ModelCard
        The same card, if ours; else as much as the front matter says: licence, data, parents, metrics.

    Raises
    ------
    WeightsError
        The front matter is no YAML, or no card.

    Examples
    --------
    >>> from tlkit.backbones import load
    >>> card = load("zoo:resnet-letters").card
    >>> read(card.markdown()).to_dict() == card.to_dict()
    True
    >>> read("---\\nlicense: mit\\nbase_model: someone/bert\\n---\\n# Mine", "hf:me/mine").parents
    ('hf:someone/bert',)
    """
    from tlkit.backbones.card import ModelCard

    front = _front_matter(text)
    if _KEY in front:
        return ModelCard.from_dict(front[_KEY])
    told = str(front.get("license") or "")
    licence = str(front.get("license_name") or told) if told in ("other", "") else told
    parents = [f"hf:{one}" for one in _several(front.get("base_model"))]
    data = ", ".join(_several(front.get("datasets")))
    title = re.search(r"^#\s+(.+)$", _FRONT.sub("", text), re.MULTILINE)
    return ModelCard(
        name=name or (title[1].strip() if title else "unnamed"),
        title=title[1].strip() if title else "",
        architecture=str(front.get("library_name") or ""),
        data=data,
        licence_weights=licence,
        lineage={**({"data": data} if data else {}), **({"parents": parents} if parents else {})},
        metrics=_metrics(front.get("model-index")),
        task=task if isinstance(task := front.get("pipeline_tag"), str) else "",
    )


def from_file(path: str | os.PathLike[str]) -> ModelCard:
    """Read a card from a file: Markdown with front matter, or JSON as ``to_dict`` gives it.

    Raises
    ------
    StoreError
        The file is missing or no JSON.
    WeightsError
        It is no card.
    """
    from tlkit.backbones.card import ModelCard

    place = Path(path)
    if place.suffix == ".json":
        return ModelCard.from_dict(read_json(place))
    try:
        return read(place.read_text(encoding="utf-8"), place.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"Could not read {place}: {error}.", "Check the path.") from error


def _front_matter(text: str) -> dict[str, Any]:
    import yaml  # type: ignore[import-untyped]

    found = _FRONT.match(text.removeprefix("\ufeff"))
    if found is None:
        return {}
    try:
        # A few lines that name each other can stand for more than any memory holds.
        if _values(yaml.compose(found[1], Loader=yaml.SafeLoader)) > _MOST_VALUES:
            raise WeightsError(
                f"The front matter of a card stands for more than {_MOST_VALUES:,} values.",
                "Mend what stands between the lines of dashes.",
            )
        front = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"The front matter of a card is no YAML, or nested too deep: {error}.",
            "Mend what stands between the lines of dashes.",
        ) from error
    return dict(front) if isinstance(front, Mapping) else {}


def _values(node: Any, counted: dict[int, int] | None = None) -> int:
    """Count the values that YAML stands for, those of aliases each time; what holds itself is too many."""
    import yaml

    counted = {} if counted is None else counted
    if id(node) not in counted:
        counted[id(node)] = _MOST_VALUES + 1  # until it is counted, it can only be met inside itself
        held = node.value if isinstance(node, yaml.CollectionNode) else []
        parts = [one for pair in held for one in (pair if isinstance(pair, tuple) else (pair,))]
        counted[id(node)] = min(_MOST_VALUES + 1, 1 + sum(_values(one, counted) for one in parts))
    return counted[id(node)]


def _several(told: object) -> list[str]:
    return [str(one) for one in told] if isinstance(told, list) else [str(told)] if told else []


def _metrics(index: object) -> dict[str, float]:
    """Return the shares of a hub's results; what is no share from 0 to 1 (or per cent) is left out."""
    found: dict[str, float] = {}
    for model in index if isinstance(index, list) else []:
        for result in (model.get("results") or []) if isinstance(model, Mapping) else []:
            for one in (result.get("metrics") or []) if isinstance(result, Mapping) else []:
                if not isinstance(one, Mapping) or one.get("type") != "accuracy":
                    continue
                value = one.get("value")
                if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100:
                    found.setdefault("accuracy", value / 100 if value > 1 else float(value))
    return found


def _plain(value: Any) -> Any:
    """Return plain lists for tuples: YAML would write those in a way that no safe reader takes."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _text(text: str) -> str:
    """Return text in which nothing is a mark, a link or a tag, and which stays in its line."""
    return html.escape(_MARKS.sub(r"\\\1", " ".join(text.split())), quote=False)
