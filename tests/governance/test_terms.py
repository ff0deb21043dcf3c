"""Terms: what a licence means for a use is what the licences' own texts say."""

from __future__ import annotations

import pytest

from tlkit.backbones.licences import UNKNOWN
from tlkit.governance import terms


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
        ("ODbL-1.0", "data", ("fine", "fine", "cannot tell", "cannot tell")),
        ("BUSL-1.1", "code", ("condition",) * 4),
        ("LicenseRef-Gemma", "weights", ("condition",) * 4),
        ("LicenseRef-BSD", "weights", ("fine", "fine", "condition", "condition")),
        ("LicenseRef-LGPL", "code", ("fine", "fine", "condition", "condition")),
        ("LicenseRef-ACME", "weights", ("cannot tell",) * 4),
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
