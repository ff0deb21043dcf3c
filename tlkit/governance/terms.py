"""Terms: what licences ask for, and what that means for a use."""

from __future__ import annotations

import re

from tlkit.backbones.licences import OWN, UNKNOWN

#: What networks are used for.
USES = {
    "teaching": "in a course, without selling anything",
    "research": "in studies that are published without the weights",
    "commercial": "in a product or service that earns money",
    "publish": "handing the weights on to others",
}
#: From the gravest to the mildest.
WORDS = ("conflict", "cannot tell", "condition", "fine")
#: Of what a licence is the licence.
PARTS = ("code", "weights", "data")

_KINDS = (
    ("unknown", re.compile(UNKNOWN)),
    ("non-commercial", re.compile(r"(?:^|-)(?:NC|NonCommercial|non-commercial)(?:-|$)", re.IGNORECASE)),
    ("share-alike", re.compile(r"-SA(?:-|$)|^ODbL|^CDLA-Sharing")),
    ("no-derivatives", re.compile(r"-ND(?:-|$)")),
    (
        "copyleft",
        re.compile(rf"^(?:{OWN})?(?:(?:A|L)?GPL|GFDL)|^(?:MPL|EUPL|CDDL|OSL|EPL|CECILL|SSPL)", re.IGNORECASE),
    ),
    ("research-only", re.compile(OWN + r"(?:ImageNet-terms|(?:.+-)?research-only)$")),
    (
        "use-restricted",
        re.compile(
            rf"^{OWN}(?:OpenRAIL|Llama|Gemma|Grok|Commons-Clause)|^(?:BUSL|C-UDA|Elastic|Hippocratic|PolyForm)|^JSON$"
        ),
    ),
    ("free", re.compile(rf"^CC0|^Unlicense$|^0BSD$|^PDDL|^WTFPL|^{OWN}(?:public-domain|no-known)")),
)

# Those on no list whose terms are known all the same.
_OWN_ATTRIBUTION = re.compile(OWN + r"(?:DejaVu|STIX|BaKoMa|CC-BY|BSD|Apache|OpenMDW-.*)$")


def kinds(licence: str) -> tuple[str, ...]:
    """Return what a licence asks for; ``"attribution"`` where it is nothing else, ``"unread"`` where nobody here knows.

    Examples
    --------
    >>> kinds("CC-BY-NC-SA-4.0"), kinds("CC0-1.0"), kinds("BSD-3-Clause"), kinds("LicenseRef-Ours")
    (('non-commercial', 'share-alike'), ('free',), ('attribution',), ('unread',))
    """
    found = tuple(kind for kind, pattern in _KINDS if pattern.search(licence))
    unread = licence.startswith(OWN) and not _OWN_ATTRIBUTION.match(licence)
    return found or (("unread",) if unread else ("attribution",))


def judged(kind: str, part: str, use: str, changed: bool) -> tuple[str, str]:
    """Return what an obligation means for a use: one of ``WORDS``, and the reason.

    Parameters
    ----------
    kind
        As :func:`kinds` gives it.
    part
        ``"code"``, ``"weights"`` or ``"data"``.
    use
        One of ``USES``.
    changed
        Whether the network in question was made from the one whose licence this is.

    Examples
    --------
    >>> judged("non-commercial", "weights", "commercial", changed=True)
    ('conflict', 'its licence forbids commercial use')
    """
    outward = use in ("commercial", "publish")
    of_data = part == "data"
    disputed = "; whether terms of the data reach weights that learned from it is disputed: ask before you do"
    if kind == "unknown":
        if of_data or part == "code" or not outward:
            return "cannot tell", f"no licence of the {part} is said"
        return "conflict", "no licence of the weights is said: nobody allowed it"
    if kind == "unread":
        return "cannot tell", f"what the licence of the {part} asks for is not known here: read it, or ask"
    if kind == "non-commercial":
        if use == "commercial":
            return (
                ("cannot tell", f"its data may not be used commercially{disputed}")
                if of_data
                else (
                    "conflict",
                    "its licence forbids commercial use",
                )
            )
        return "condition", "only as long as no money is made with it"
    if kind == "share-alike" and outward:
        return (
            ("cannot tell", f"what is made from its data carries the same licence{disputed}")
            if of_data
            else (
                "condition",
                "what you hand on has to carry the same licence",
            )
        )
    if kind == "no-derivatives" and use == "publish" and not of_data:
        if changed:
            return "conflict", "its licence forbids handing on what was made from it"
        return "condition", "it may be handed on unchanged only"
    if kind == "copyleft" and outward:
        return "condition", "with what you hand on goes the source, under the same licence"
    if kind == "research-only":
        if use in ("teaching", "research"):
            return "fine", "its terms are for research and teaching"
        if of_data:
            return "cannot tell", f"its data is for research and teaching{disputed}"
        return "conflict", "its terms are for research and teaching"
    if kind == "use-restricted":
        return "condition", "its licence lists uses that are forbidden: read them"
    if kind == "attribution" and outward:
        return "condition", "name its makers and keep their notice"
    return "fine", "nothing is asked for that this use would break"
