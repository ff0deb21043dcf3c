"""What another program left out: it fetches of a repository only what it needs itself."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from tlkit.backbones.hubs.hf_cache import Snapshot, cache_folder
from tlkit.backbones.hubs.hf_hashes import kept_hashes
from tlkit.backbones.hubs.hf_tokens import read_settings
from tlkit.backbones.hubs.missing import fetch_command
from tlkit.errors import NotFetchedError

TOKENIZERS = ("tokenizer.json", "vocab.txt")
#: What the parts of a sentence encoder are.
MODULES = "modules.json"
_PREPARATIONS = ("preprocessor_config.json", "processor_config.json")


def lacking(snapshot: Snapshot) -> str:
    """Return, in words, what a network needs besides its settings and weights and is not here; empty if nothing is.

    Of what tlkit fetched nothing lacks: it is all that the hub has.
    """
    if not snapshot.commit or kept_hashes(snapshot):
        return ""
    settings = read_settings(snapshot.folder / "config.json")
    made_for = settings.get("architectures")
    if isinstance(made_for, list) and any(str(one).endswith("ForImageClassification") for one in made_for):
        part, files = "the preprocessing of its pictures", _PREPARATIONS
    elif _takes_texts(settings.get("model_type")):
        part, files = "its tokenizer", TOKENIZERS
    else:
        return ""
    if not any((snapshot.folder / one).is_file() for one in files):
        return f"{part} ({' or '.join(files)})"
    pooling = _pooling(snapshot.folder)
    return f"how it pools ({pooling})" if pooling and not (snapshot.folder / pooling).is_file() else ""


def pools_unsaid(snapshot: Snapshot) -> bool:
    """Say whether nothing here tells how an encoder's features are pooled, though its repository may."""
    return bool(snapshot.commit) and not kept_hashes(snapshot) and not (snapshot.folder / MODULES).is_file()


def _pooling(folder: Path) -> str:
    """Return the file that says how a sentence encoder pools; empty if it has none."""
    try:
        parts = json.loads((folder / MODULES).read_text(encoding="utf-8"))
        paths = [str(one["path"]) for one in parts if str(one["type"]).endswith(".Pooling")]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return f"{paths[0]}/config.json" if paths == ["1_Pooling"] else ""


def _takes_texts(kind: Any) -> bool:
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
