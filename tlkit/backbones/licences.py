"""Licences: what a text on a card names, as SPDX identifiers."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import Any

UNKNOWN = "NOASSERTION"
#: SPDX writes so what is on no list.
OWN = "LicenseRef-"

# What the Hugging Face hub's tags, and people in a hurry, mean by a text that is nothing else.
_ALONE = {
    "cc": OWN + "CC",
    "creative commons": OWN + "CC",
    "c-uda": "C-UDA-1.0",
    "gemma": OWN + "Gemma",
    "llama": OWN + "Llama",
    "gfdl": OWN + "GFDL",
    "apache": OWN + "Apache",
    "lgpl-lr": "LGPLLR",
    "h-research": OWN + "H-Research",
    "intel-research": OWN + "Intel-research-only",
    "apple-ascl": OWN + "Apple-sample-code",
    "apple-amlr": OWN + "Apple-research-only",
    "deepfloyd-if-license": OWN + "DeepFloyd-research-only",
    "grok2-community": OWN + "Grok-2-Community",
    "openmdw-1.0": OWN + "OpenMDW-1.0",
    "openmdw-1.1": OWN + "OpenMDW-1.1",
}
# How people write licences that SPDX names otherwise, or not at all.
_WRITTEN = (
    (r"CC0|\bCreative Commons Zero", "CC0-1.0"),
    (r"Apache(?: Licen[cs]e)?,?(?: [Vv](?:ersion|\.)?)? ?-?2(?:\.0)?", "Apache-2.0"),
    (r"(?:SIL )?OFL[ -]1\.1|SIL Open Font", "OFL-1.1"),
    (r"\bMozilla Public Licen[cs]e,? (?:v|version )?2\.0", "MPL-2.0"),
    (r"\bBusiness Source Licen[cs]e", "BUSL-1.1"),
    (r"\b(?:2|two)[- ]clause BSD", "BSD-2-Clause"),
    (r"\b(?:3|three)[- ]clause BSD", "BSD-3-Clause"),
    (r"\bBSD\b(?![ -]\d)", OWN + "BSD"),
    (r"\b(?:ODC[- ])?PDDL\b|\bPublic Domain Dedication and Licen[cs]e", "PDDL-1.0"),
    (r"\bODC[- ]By\b|\bOpen Data Commons Attribution", "ODC-By-1.0"),
    (r"\bODbL\b|\bOpen Database Licen[cs]e", "ODbL-1.0"),
    (r"Unicode Licen[cs]e [Vv]3|Unicode-3", "Unicode-3.0"),
    (r"Bitstream Vera", "Bitstream-Vera"),
    (r"DejaVu", OWN + "DejaVu"),
    (r"STIX", OWN + "STIX"),
    (r"BaKoMa", OWN + "BaKoMa"),
    (r"\bpublic domain(?! dedication)", OWN + "public-domain"),
    (r"no known (?:copyright )?restrictions", OWN + "no-known-restrictions"),
    (r"ImageNet", OWN + "ImageNet-terms"),
    (r"open-?rail|\bbloom[- ]rail|\brail-?m\b|\brail licen[cs]e", OWN + "OpenRAIL"),
    (r"\bllama[ -]?\d", OWN + "Llama"),
    (r"\bgemma (?:terms|licen[cs]e)", OWN + "Gemma"),
    (r"\bnon[- ]?commercial|\b(?:no|not for) commercial (?:use|purpose)", OWN + "non-commercial"),
    (r"\bcommons[- ]clause", OWN + "Commons-Clause"),
    (
        r"\b(?:research|academic) (?:use |purposes )?only|only for (?:research|academic)|for research and teaching",
        OWN + "research-only",
    ),
    (r"\bproprietary\b|\ball rights reserved", OWN + "proprietary"),
)
_CREATIVE = re.compile(r"\bCC[ -]BY((?:[ -](?:NC|SA|ND))*)(?:[ -](\d\.\d))?\b", re.IGNORECASE)
# The same in full: each part, and how it is written for short.
_ASKS = (
    (r"non[ -]?commercial", "NC"),
    (r"share[ -]?alike", "SA"),
    (r"no[ -]?deriv(?:ative)?s?(?: works)?", "ND"),
)
_CREATIVE_IN_FULL = re.compile(
    rf"\bCreative Commons[ ,:-]+Attribution((?:[ ,-]+(?:{'|'.join(long for long, _ in _ASKS)}))*)"
    r"(?:,? (?:public )?licen[cs]e)?(?:[ ,-]+(?:v|version )?(\d\.\d))?",
    re.IGNORECASE,
)
_GNU = re.compile(
    r"\b(?:([AL]?)GPL|(?:GNU )?(Affero |Lesser )?General Public Licen[cs]e)(?!-?LR\b)"
    r"(?:,?[ -]*(?:v|version)?\.? ?(\d)(?:\.(\d))?(?!-clause)(\+|(?:,? |-)or(?: |-)(?:any )?(?:later|newer))?)?(?!\w)",
    re.IGNORECASE,
)
_OWN = re.compile(rf"\b{OWN}[A-Za-z0-9.-]*[A-Za-z0-9]")
# Where somebody guesses, compares or makes exceptions, the name of a licence says nothing.
_DOUBT = re.compile(
    r"\?|^not\b(?! (?:for )?commercial)|"
    r"\bnot (?:an?|the|under|really|quite|exactly|sure|clear|yet|licen[cs]ed|decided)\b|"
    r"\b(?:like|alike|unlike|similar|styles?|modified|custom|except|exceptions?|unless|instead|formerly|no longer|"
    r"compatible|probably|perhaps|maybe|possibly|presumably|apparently|likely|unclear|unsure|uncertain|"
    r"i think|i guess|pending|"
    r"to be (?:decided|confirmed)|tbd|partly|mostly|(?:some|certain) parts|isn['’]t|never|"
    r"(?:some|additional|further|extra|own|with) (?:\w+ )?(?:restrictions?|conditions?))\b",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[^A-Za-z0-9.+-]+")
_NUMBER = re.compile(r"v?\d")
# From where on an identifier says which of a family it is.
_WHICH = re.compile(r"-v?\d.*")
_NOTHING = ("", "none", "?", "noassertion", "not said")
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
    if not is_said(text):
        return ((UNKNOWN,),)
    if text.lower() in _ALONE:
        return ((_ALONE[text.lower()],),)
    text = _CREATIVE_IN_FULL.sub(_in_short, text)
    return _expression(text) or ((UNKNOWN,) if _DOUBT.search(text) else _mentioned(text),)


def is_said(text: str) -> bool:
    """Say whether a text tells anything of a licence, be it understood or not.

    Examples
    --------
    >>> is_said("ask my aunt"), is_said("unknown: the makers state none"), is_said("")
    (True, False, False)
    """
    told = " ".join(text.split()).lower()
    return told not in _NOTHING and not told.startswith("unknown")


def fits(text: str, wanted: str) -> bool:
    """Say whether a text names a licence that is asked for, or one of the family that is.

    Examples
    --------
    >>> fits("CC BY 4.0", "cc-by"), fits("CC-BY-NC-4.0", "cc-by"), fits("BSD-3-Clause", "bsd"), fits("admit it", "mit")
    (True, False, True, False)
    """
    asked = {wanted.strip().lower(), *(_plain(one) for way in named(wanted) for one in way if one != UNKNOWN)}
    told = {_plain(one) for way in named(text) for one in way}
    return bool(asked & {*told, *(_WHICH.sub("", one) for one in told)})


def _plain(licence: str) -> str:
    return licence.removeprefix(OWN).lower()


@lru_cache(maxsize=1)
def _spdx() -> Any:
    try:
        from license_expression import get_spdx_licensing  # type: ignore[import-untyped]
    except ImportError as error:
        from tlkit.backbones.hubs.missing import (
            missing_part,
        )  # its package builds on cards, which build on this

        raise missing_part("license-expression, which knows SPDX,", "governance") from error
    return get_spdx_licensing()


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    """Return every SPDX identifier, by itself in small letters."""
    return {key.lower(): key for key in _spdx().known_symbols if isinstance(key, str)}


def _expression(text: str) -> tuple[tuple[str, ...], ...]:
    from license_expression import ExpressionError

    spdx = _spdx()
    try:
        parsed = spdx.parse(text, validate=OWN not in text)
        if parsed is None or not all(one.startswith(OWN) for one in spdx.unknown_license_keys(parsed)):
            return ()
    except (ExpressionError, ValueError, AttributeError, TypeError):
        return ()
    return tuple(tuple(sorted(way)) for way in _ways(parsed)[:_MOST_WAYS])


def _ways(node: Any) -> list[frozenset[str]]:
    """Return an expression as alternatives of licences that hold together."""
    operator = type(node).__name__
    if operator == "OR":
        return list(dict.fromkeys(way for part in node.args for way in _ways(part)))
    if operator == "AND":
        joined = product(*(_ways(part)[:_MOST_WAYS] for part in node.args))
        return list(dict.fromkeys(frozenset().union(*some) for some in joined))[:_MOST_WAYS]
    return [frozenset({str(getattr(node, "key", node))})]


def _mentioned(text: str) -> tuple[str, ...]:
    """Return the licences whose names stand among other words."""
    found = {name for pattern, name in _WRITTEN if re.search(pattern, text, re.IGNORECASE)}
    found |= {_gnu(one) for one in _GNU.finditer(text)} | set(_OWN.findall(text))
    for one in _CREATIVE.finditer(text):
        parts = "".join(f"-{part.upper()}" for part in re.findall(r"NC|SA|ND", one[1], re.IGNORECASE))
        # Without its number no list has it, but what it asks for is clear.
        written = f"CC-BY{parts}-{one[2]}" if one[2] else f"{OWN}CC-BY{parts}"
        found.add(_known().get(written.lower(), written))
    words = [one.strip(".-") for one in _BREAK.split(_OWN.sub(" ", text))]
    for word, following in zip(words, [*words[1:], ""], strict=True):
        key = _known().get(word.lower())
        # Short names are also words: only as they are written on the list.
        if key is not None and (key == word or ("-" in word and any(sign.isdigit() for sign in word))):
            found.add(key)
        # "EUPL 1.2", "BSD 3-Clause"
        joined = f"{word}-{following.removeprefix('v')}".lower()
        if _NUMBER.match(following) and joined in _known():
            found.add(_known()[joined])
    # "Creative Commons Attribution (CC BY 4.0)" is one licence.
    families = {OWN + _WHICH.sub("", one) for one in found}
    return tuple(sorted(found - families)) or (UNKNOWN,)


def _in_short(one: re.Match[str]) -> str:
    asks = [short for long, short in _ASKS if re.search(long, one[1], re.IGNORECASE)]
    return "-".join(["CC-BY", *(part for part in ("NC", "SA", "ND") if part in asks)]) + (
        f"-{one[2]}" if one[2] else ""
    )


def _gnu(one: re.Match[str]) -> str:
    name = f"{(one[1] or (one[2] or '')[:1]).upper()}GPL"
    written = f"{name}-{one[3]}.{one[4] or 0}-{'or-later' if one[5] else 'only'}"
    return _known().get(written.lower(), OWN + name) if one[3] else OWN + name
