"""Transforms as settings and files, and those as the same transforms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tlkit.backbones.hubs.hf_tokens import TokenTransform
from tlkit.backbones.hubs.missing import missing_part
from tlkit.backbones.intake import Transform
from tlkit.backbones.text_transform import WordTransform
from tlkit.backbones.transform import InputTransform
from tlkit.errors import ShelfError, WeightsError

WORDS, TOKENIZER = "words.json", "tokenizer.json"


def packed(transform: Transform, name: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a transform's settings, and the files that belong to it.

    Parameters
    ----------
    transform
        Of pictures, of words, or of a tokenizer's pieces.
    name
        The backbone's, for the message.

    Raises
    ------
    ShelfError
        It is of another kind.

    Examples
    --------
    >>> packed(WordTransform(("red", "car"), length=4), "own")
    ({'kind': 'words', 'length': 4}, {'words.json': b'["red", "car"]'})
    """
    if type(transform) is InputTransform:
        return asdict(transform), {}
    if type(transform) is WordTransform:
        return {"kind": "words", "length": transform.length}, {WORDS: json.dumps(transform.words).encode()}
    if type(transform) is TokenTransform:
        tokenizer = transform.tokenizer
        settings = {
            "kind": "tokens",
            "length": transform.length,
            "special_tokens": dict(tokenizer.special_tokens_map),
            "clean_up_tokenization_spaces": bool(tokenizer.clean_up_tokenization_spaces),
        }
        return settings, {TOKENIZER: transform.content}
    raise ShelfError(
        f"The transform of {name!r} is a {type(transform).__name__}, which a shelf cannot store.",
        "Push networks with a transform of tlkit's own: InputTransform, WordTransform.",
    )


def unpacked(told: Mapping[str, Any], files: Mapping[str, bytes]) -> Transform:
    """Return the transform that settings and files hold.

    Raises
    ------
    MissingPartError
        It is a tokenizer's, and transformers is not installed.
    WeightsError
        The tokenizer's file is none that is read here.
    """
    kind = told.get("kind", "pictures")
    if kind == "pictures":
        return InputTransform(**{**told, "mean": tuple(told["mean"]), "std": tuple(told["std"])})
    if kind == "words":
        return WordTransform(tuple(json.loads(files[WORDS])), told["length"])
    if kind != "tokens":
        raise ValueError(f"a transform of the kind {kind!r} is not known here")
    try:
        from tokenizers import Tokenizer
        from transformers import PreTrainedTokenizerFast
    except ImportError as error:
        raise missing_part("transformers", "hf") from error
    content = files[TOKENIZER].decode()
    try:
        backend = Tokenizer.from_str(content)
    except Exception as error:  # tokenizers raises nothing narrower
        raise WeightsError(
            f"{TOKENIZER} cannot be read here: {str(error).rstrip('.')}.",
            "Install the versions that its card names.",
        ) from error
    # With the settings that they have in the tokenizer: as plain words they would be entered once more.
    known = {one.content: one for one in backend.get_added_tokens_decoder().values()}
    special = {
        role: known.get(piece, piece)
        for role, piece in told["special_tokens"].items()
        if role.endswith("_token") and isinstance(piece, str)
    }
    make: Any = PreTrainedTokenizerFast
    tokenizer = make(
        tokenizer_object=backend,
        clean_up_tokenization_spaces=bool(told["clean_up_tokenization_spaces"]),
        **special,
    )
    return TokenTransform(tokenizer, int(told["length"]))
