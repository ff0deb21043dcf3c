"""What another program left out: it fetches of a repository only what it needs itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tlkit.backbones.hubs.hf_cache import Snapshot, cache_folder
from tlkit.backbones.hubs.hf_hashes import kept_hashes
from tlkit.backbones.hubs.hf_texts import POOLING
from tlkit.backbones.hubs.hf_tokens import read_settings
from tlkit.backbones.hubs.missing import fetch_command
from tlkit.errors import NotFetchedError

TOKENIZERS = ("tokenizer.json", "vocab.txt")
#: What the parts of a sentence encoder are.
MODULES = "modules.json"
_PREPARATIONS = ("preprocessor_config.json", "processor_config.json")


def lacking(snapshot: Snapshot) -> str:
    """Return, in words, what a network needs besides its settings and weights and is not here; empty if nothing is.

    Of what tlkit fetched nothing is lacking: it is all that the hub has.
    """
    if not snapshot.commit or kept_hashes(snapshot):
        return ""
    settings = read_settings(snapshot.folder / "config.json")
    texts = _takes_texts(settings)
    if texts:
        part, files = "its tokenizer", TOKENIZERS
    elif _sorts_pictures(settings):
        part, files = "the preprocessing of its pictures", _PREPARATIONS
    else:
        return ""
    if not any((snapshot.folder / one).is_file() for one in files):
        return f"{part} ({' or '.join(files)})"
    pools = texts and _pools(snapshot.folder) and not (snapshot.folder / POOLING).is_file()
    return f"how it pools ({POOLING})" if pools else ""


def pooling_unknown(snapshot: Snapshot) -> bool:
    """Say whether nothing here tells how a text encoder's features are pooled, though its repository may."""
    if not snapshot.commit or kept_hashes(snapshot) or (snapshot.folder / POOLING).is_file():
        return False
    return _takes_texts(read_settings(snapshot.folder / "config.json")) and _pools(snapshot.folder) is None


def _pools(folder: Path) -> bool | None:
    """Say whether a sentence encoder has settings of its pooling; None where nothing here says it."""
    try:
        parts = json.loads((folder / MODULES).read_text(encoding="utf-8"))
        paths = [str(one["path"]) for one in parts if str(one["type"]).endswith(".Pooling")]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    known: dict[tuple[str, ...], bool] = {(): False, (POOLING.partition("/")[0],): True}
    return known.get(tuple(paths))


def _sorts_pictures(settings: Mapping[str, Any]) -> bool:
    made_for = settings.get("architectures")
    return isinstance(made_for, list) and any(str(one).endswith("ForImageClassification") for one in made_for)


def _takes_texts(settings: Mapping[str, Any]) -> bool:
    kind = settings.get("model_type")
    if _sorts_pictures(settings):
        return False
    try:
        known: Any = import_module("transformers.models.auto.tokenization_auto")
    except ImportError:
        return False
    return isinstance(kind, str) and kind in known.TOKENIZER_MAPPING_NAMES


def incomplete(name: str, part: str) -> NotFetchedError:
    """Build the error for a network of which only a part is on this machine.

    Parameters
    ----------
    name
        As ``backbones.load`` takes it.
    part
        What is not here, in words.
    """
    return NotFetchedError(
        f"The weights of {name} are in {cache_folder()}, without {part}, and nothing is downloaded unasked.",
        f"Where there is a network, run {fetch_command(name)}, or load with download=True.",
    )
