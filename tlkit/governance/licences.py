"""Licences: what a text on a card names, as SPDX identifiers."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import Any

from tlkit.backbones.hubs.missing import missing_part

UNKNOWN = "NOASSERTION"
#: SPDX writes so what is on no list.
OWN = "LicenseRef-"

# How people write licences that SPDX names otherwise, or not at all.
_WRITTEN = (
    (r"CC0", "CC0-1.0"),
    (r"Apache(?: Licen[cs]e)?,?(?: [Vv](?:ersion|\.)?)? ?-?2(?:\.0)?", "Apache-2.0"),
    (r"(?:SIL )?OFL[ -]1\.1|SIL Open Font", "OFL-1.1"),
    (r"Unicode Licen[cs]e [Vv]3|Unicode-3", "Unicode-3.0"),
    (r"Bitstream Vera", "Bitstream-Vera"),
    (r"DejaVu", OWN + "DejaVu"),
    (r"STIX", OWN + "STIX"),
    (r"BaKoMa", OWN + "BaKoMa"),
    (r"\bpublic domain", OWN + "public-domain"),
    (r"no known (?:copyright )?restrictions", OWN + "no-known-restrictions"),
    (r"ImageNet", OWN + "ImageNet-terms"),
    (r"open-?rail", OWN + "OpenRAIL"),
    (r"-rail\b", OWN + "RAIL"),
    (r"\bllama ?\d", OWN + "Llama"),
    (r"\bgemma\b", OWN + "Gemma"),
    (r"\bBSD\b(?!-)", OWN + "BSD"),
    (r"\bPDDL\b(?!-)", "PDDL-1.0"),
    (r"\bODC-By\b(?!-)", "ODC-By-1.0"),
    (r"\bODbL\b(?!-)", "ODbL-1.0"),
    (r"\b(?:apple-amlr|intel-research|h-research)\b", OWN + "research-only"),
    (r"\bnon[- ]?commercial|\b(?:no|not for) commercial (?:use|purpose)", OWN + "non-commercial"),
    (r"\bcommons[- ]clause", OWN + "Commons-Clause"),
    (r"research (?:use |purposes )?only|only for research|for research and teaching", OWN + "research-only"),
)
_GNU = re.compile(
    r"\b([AL]?GPL)(?:[ -]?v?\.? ?(3|2\.1|2)(?:\.0)?)?(\+| or later|-or-later)?(?![\w.-])", re.IGNORECASE
)
# The names of the parts of Creative Commons, written out.
_IN_FULL = (
    (r"Creative Commons[ -]Attribution", "CC BY"),
    (r"[ -]?Non-?Commercial", "-NC"),
    (r"[ -]?Share-?Alike", "-SA"),
    (r"[ -]?No-?Deriv(?:ative)?s", "-ND"),
)
_CREATIVE = re.compile(r"\bCC[ -]BY((?:[ -](?:NC|SA|ND))*)(?:[ -](\d\.\d))?\b", re.IGNORECASE)
# Where somebody guesses, compares or makes exceptions, the name of a licence says nothing.
_DOUBT = re.compile(
    r"\?|^not\b(?! (?:for )?commercial)|"
    r"\bnot (?:an?|the|under|really|quite|exactly|sure|clear|yet|licen[cs]ed|decided)\b|"
    r"\b(?:like|alike|unlike|similar|styles?|modified|custom|except|exceptions?|unless|instead|formerly|no longer|"
    r"probably|perhaps|maybe|possibly|presumably|apparently|likely|unclear|unsure|uncertain|i think|i guess|pending|"
    r"to be (?:decided|confirmed)|tbd|partly|mostly|(?:some|certain) parts|isn['’]t|never|"
    r"(?:some|additional|further|extra|own|with) (?:\w+ )?(?:restrictions?|conditions?))\b",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[^A-Za-z0-9.+-]+")
_NOTHING = ("", "other", "none", "?", "noassertion", "not said")
_MOST_WAYS = 64


def named(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the licences that a text names: the ways to choose, each with all that hold together.

    Parameters
    ----------
    text
        An SPDX expression, or words with names of licences among them.

    Returns
    -------
    tuple
        ``(("NOASSERTION",),)`` where none is said or understood, or where the words leave a doubt.

    Raises
    ------
    MissingPartError
        The library that knows SPDX is not installed.

    Examples
    --------
    >>> named("MIT OR (GPL-3.0-only AND CC-BY-4.0)")
    (('MIT',), ('CC-BY-4.0', 'GPL-3.0-only'))
    >>> named("CC BY 4.0; classes: Unicode License v3")
    (('CC-BY-4.0', 'Unicode-3.0'),)
    >>> named("ask my aunt"), named("MIT, I think")
    ((('NOASSERTION',),), (('NOASSERTION',),))
    """
    text = " ".join(text.split())
    if says_nothing(text):
        return ((UNKNOWN,),)
    return _expression(text) or ((UNKNOWN,) if _DOUBT.search(text) else _mentioned(text),)


@lru_cache(maxsize=1)
def _spdx() -> Any:
    try:
        from license_expression import get_spdx_licensing  # type: ignore[import-untyped]
    except ImportError as error:
        raise missing_part("license-expression, which knows SPDX,", "governance") from error
    return get_spdx_licensing()


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    """Return every SPDX identifier, by itself in small letters."""
    return {key.lower(): key for key in _spdx().known_symbols if isinstance(key, str)}


def _expression(text: str) -> tuple[tuple[str, ...], ...]:
    from license_expression import ExpressionError

    try:
        parsed = _spdx().parse(text, validate=True)
    except (ExpressionError, ValueError, AttributeError, TypeError):
        return ()
    return tuple(tuple(sorted(way)) for way in _ways(parsed)[:_MOST_WAYS]) if parsed is not None else ()


def _ways(node: Any) -> list[frozenset[str]]:
    """Return an expression as alternatives of licences that hold together."""
    operator = type(node).__name__
    if operator == "OR":
        return list(dict.fromkeys(way for part in node.args for way in _ways(part)))
    if operator == "AND":
        joined = product(*(_ways(part)[:_MOST_WAYS] for part in node.args))
        return list(dict.fromkeys(frozenset().union(*some) for some in joined))[:_MOST_WAYS]
    return [frozenset({str(getattr(node, "key", node))})]


def says_nothing(text: str) -> bool:
    """Say whether a card leaves a licence open, rather than naming one that is not known here."""
    told = " ".join(text.split()).lower()
    return told in _NOTHING or told.startswith("unknown")


def _mentioned(text: str) -> tuple[str, ...]:
    """Return the licences whose names stand among other words."""
    if re.search(_IN_FULL[0][0], text, re.IGNORECASE):
        for pattern, short in _IN_FULL:
            text = re.sub(pattern, short, text, flags=re.IGNORECASE)
    found = [name for pattern, name in _WRITTEN if re.search(pattern, text, re.IGNORECASE)]
    for one in _GNU.finditer(text):
        number = {"3": "-3.0", "2": "-2.0", "2.1": "-2.1"}.get(one[2] or "", "")
        ending = "-or-later" if one[3] else "-only"
        written = f"{one[1].upper()}{number}{ending}" if number else f"{OWN}{one[1].upper()}"
        found.append(_known().get(written.lower(), f"{OWN}{one[1].upper()}"))
    for one in _CREATIVE.finditer(text):
        parts = "".join(f"-{part.upper()}" for part in re.findall(r"NC|SA|ND", one[1], re.IGNORECASE))
        # Without its number no list has it, but what it asks for is clear.
        written = f"CC-BY{parts}-{one[2]}" if one[2] else f"{OWN}CC-BY{parts}"
        found.append(_known().get(written.lower(), written))
    for word in (one.strip(".-") for one in _BREAK.split(text)):
        key = _known().get(word.lower())
        # Short names are also words: only as they are written on the list.
        if key is not None and (key == word or ("-" in word and any(sign.isdigit() for sign in word))):
            found.append(key)
    return tuple(sorted(set(found))) or (UNKNOWN,)
