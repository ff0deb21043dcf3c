"""Licences: what texts on cards name, as SPDX writes it, and what is asked for by a name."""

from __future__ import annotations

import pytest

from tlkit import data
from tlkit.backbones.licences import UNKNOWN, fits, is_said, named
from tlkit.files import packaged, read_json


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
        ("GNU General Public License, version 2 or later", (("GPL-2.0-or-later",),)),
        ("code: GPL-3.0-or-later, weights: LGPLv2.1", (("GPL-3.0-or-later", "LGPL-2.1-only"),)),
        ("GNU GPL v2 or later", (("GPL-2.0-or-later",),)),
        ("Creative Commons Attribution NonCommercial NoDerivatives 4.0", (("CC-BY-NC-ND-4.0",),)),
        ("BSD", (("LicenseRef-BSD",),)),
        ("3-clause BSD", (("BSD-3-Clause",),)),
        ("MPL 2.0", (("MPL-2.0",),)),
        ("Creative Commons Attribution-ShareAlike 4.0", (("CC-BY-SA-4.0",),)),
        ("Creative Commons Attribution Non Commercial No Derivatives 4.0", (("CC-BY-NC-ND-4.0",),)),
        ("Creative Commons Attribution (CC BY 4.0)", (("CC-BY-4.0",),)),
        ("Open Data Commons Public Domain Dedication and License", (("PDDL-1.0",),)),
        ("LicenseRef-ACME OR MIT", (("LicenseRef-ACME",), ("MIT",))),
        ("as LicenseRef-ACME says", (("LicenseRef-ACME",),)),
        ("ask my aunt, mit freundlichen Gruessen", ((UNKNOWN,),)),
    ],
)
def test_a_text_is_read(text: str, found: tuple[tuple[str, ...], ...]) -> None:
    assert named(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "MIT-like",
        "GPL-compatible",
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


# The tags that the Hugging Face hub knows and SPDX does not, and the families among them.
OF_THE_HUB = {
    "LicenseRef-OpenRAIL": "openrail openrail++ bigscience-openrail-m creativeml-openrail-m bigcode-openrail-m "
    "bigscience-bloom-rail-1.0",
    "LicenseRef-Llama": "llama2 llama3 llama3.1 llama3.2 llama3.3 llama4",
    "LicenseRef-Gemma": "gemma",
    "LicenseRef-BSD": "bsd",
    "LicenseRef-CC": "cc",
    "LicenseRef-LGPL": "lgpl",
    "LicenseRef-GFDL": "gfdl",
    "LGPLLR": "lgpl-lr",
    "C-UDA-1.0": "c-uda",
    "ODC-By-1.0": "odc-by",
    "ODbL-1.0": "odbl",
    "PDDL-1.0": "pddl",
    "LicenseRef-non-commercial": "fair-noncommercial-research-license",
    "LicenseRef-DeepFloyd-research-only": "deepfloyd-if-license",
    "LicenseRef-Apple-research-only": "apple-amlr",
    "LicenseRef-Intel-research-only": "intel-research",
    UNKNOWN: "unknown other",
}


def test_tags_of_the_hugging_face_hub_are_read() -> None:
    for licence, tags in OF_THE_HUB.items():
        for tag in tags.split():
            assert named(tag) == ((licence,),), tag
    assert is_said("other")
    assert not is_said("unknown")


def test_a_licence_is_asked_for_by_its_name_or_its_family() -> None:
    for text, wanted in (
        ("CC-BY-4.0", "cc-by"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("MIT OR GPLv3", "gpl"),
        ("BSD-3-Clause (tlkit)", "BSD"),
        ("Apache License, Version 2.0", "apache"),
    ):
        assert fits(text, wanted), (text, wanted)
    for text, wanted in (
        ("CC-BY-NC-ND-4.0", "cc-by"),
        ("ask my aunt, mit freundlichen Gruessen", "mit"),
        ("LGPL-3.0-only", "gpl"),
        ("", "mit"),
    ):
        assert not fits(text, wanted), (text, wanted)
