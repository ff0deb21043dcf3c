"""Licences: what texts name, and what it means for a use, is what the licences' own texts say."""

from __future__ import annotations

import pytest

from tlkit import data
from tlkit.files import packaged, read_json
from tlkit.governance import terms
from tlkit.governance.licences import UNKNOWN, named


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MIT", (("MIT",),)),
        ("apache-2.0", (("Apache-2.0",),)),
        ("cc-by-nc-sa-4.0", (("CC-BY-NC-SA-4.0",),)),
        ("CC BY-SA 3.0", (("CC-BY-SA-3.0",),)),
        ("MIT AND (Apache-2.0 OR GPL-2.0-only)", (("Apache-2.0", "MIT"), ("GPL-2.0-only", "MIT"))),
        ("Apache-2.0 (timm), BSD-3-Clause (tlkit)", (("Apache-2.0", "BSD-3-Clause"),)),
        ("ImageNet's terms: research only", (("LicenseRef-ImageNet-terms", "LicenseRef-research-only"),)),
        ("it is what it is", ((UNKNOWN,),)),
        ("", ((UNKNOWN,),)),
        ("other", ((UNKNOWN,),)),
        ("unknown: the makers of MIT state none", ((UNKNOWN,),)),
        ("CC-BY-NC-4.0 (https://example.org/LICENSE)", (("CC-BY-NC-4.0",),)),
        ("MIT AND", (("MIT",),)),
        ("permit me to omit", ((UNKNOWN,),)),
        ("CC BY 4.0, non commercial use only", (("CC-BY-4.0", "LicenseRef-non-commercial"),)),
        ("CC-BY-4.0; not for commercial use", (("CC-BY-4.0", "LicenseRef-non-commercial"),)),
        ("Apache 2.0 with Commons Clause", (("Apache-2.0", "LicenseRef-Commons-Clause"),)),
        ("MIT, no commercial restrictions", (("MIT",),)),
        ("CC BY-NC", (("LicenseRef-CC-BY-NC",),)),
        ("CC BY-NC or MIT", (("LicenseRef-CC-BY-NC", "MIT"),)),
        ("CC BY-NC-SA 4.0 International", (("CC-BY-NC-SA-4.0",),)),
        ("MIT (see LICENSE)", (("MIT",),)),
        ("GPLv3", (("GPL-3.0-only",),)),
        ("GNU GPL v2 or later", (("GPL-2.0-or-later",),)),
        ("lgpl", (("LicenseRef-LGPL",),)),
        ("bsd", (("LicenseRef-BSD",),)),
        ("pddl", (("PDDL-1.0",),)),
        ("odc-by", (("ODC-By-1.0",),)),
        ("odbl", (("ODbL-1.0",),)),
        ("gemma", (("LicenseRef-Gemma",),)),
        ("bigscience-bloom-rail-1.0", (("LicenseRef-RAIL",),)),
        ("Creative Commons Attribution-ShareAlike 4.0", (("CC-BY-SA-4.0",),)),
        ("Creative Commons Attribution NonCommercial NoDerivatives 4.0", (("CC-BY-NC-ND-4.0",),)),
    ],
)
def test_a_text_is_read(text: str, found: tuple[tuple[str, ...], ...]) -> None:
    assert named(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "MIT-like",
        "BSD style",
        "Apache 2.0-like",
        "similar to MIT",
        "a modified MIT licence",
        "not MIT",
        "this is not under MIT",
        "formerly Apache-2.0",
        "CC BY-NC or MIT?",
        "probably Apache-2.0",
        "MIT, I think",
        "MIT, except the weights",
        "MIT with further restrictions",
        "free for research",
        "free for academic use",
    ],
)
def test_what_is_said_with_a_doubt_is_unknown(text: str) -> None:
    assert named(text) == ((UNKNOWN,),)


def test_every_embedded_data_set_has_a_licence_that_is_understood() -> None:
    cards = list(packaged("data", "sets").glob("*.json"))
    assert len(cards) >= len(data.names()) - 1
    for path in cards:
        assert UNKNOWN not in named(read_json(path)["licence"])[0], path.name
    assert UNKNOWN not in named(data.load("digits").card.licence)[0]


@pytest.mark.parametrize(
    ("licence", "part", "words"),
    [  # teaching, research, commercial, publish
        ("MIT", "weights", ("fine", "fine", "condition", "condition")),
        ("CC0-1.0", "data", ("fine", "fine", "fine", "fine")),
        ("CC-BY-NC-4.0", "weights", ("condition", "condition", "conflict", "condition")),
        ("CC-BY-NC-4.0", "data", ("condition", "condition", "cannot tell", "condition")),
        ("CC-BY-SA-4.0", "weights", ("fine", "fine", "condition", "condition")),
        ("CC-BY-SA-4.0", "data", ("fine", "fine", "cannot tell", "cannot tell")),
        ("CC-BY-ND-4.0", "weights", ("fine", "fine", "fine", "conflict")),
        ("AGPL-3.0-only", "code", ("fine", "fine", "condition", "condition")),
        ("LicenseRef-ImageNet-terms", "data", ("fine", "fine", "cannot tell", "cannot tell")),
        ("LicenseRef-OpenRAIL", "weights", ("condition",) * 4),
        ("LicenseRef-Commons-Clause", "weights", ("condition",) * 4),
        (UNKNOWN, "weights", ("cannot tell", "cannot tell", "conflict", "conflict")),
        (UNKNOWN, "data", ("cannot tell",) * 4),
    ],
)
def test_a_licence_is_judged(licence: str, part: str, words: tuple[str, ...]) -> None:
    for use, word in zip(terms.USES, words, strict=True):
        found = min(
            (terms.judged(kind, part, use, changed=True) for kind in terms.kinds(licence)),
            key=lambda one: terms.WORDS.index(one[0]),
        )
        assert found[0] == word, (use, found)
        assert found[1]
