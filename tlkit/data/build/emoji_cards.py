"""Which emoji make a class, whose they are, and what their cards say."""

from __future__ import annotations

from tlkit.data.card import DataCard
from tlkit.data.emoji import PREFIX, THINGS

#: Unicode's subgroups that make each class. Faces with hands, masks or horns, and those of cats, are left out.
KINDS: dict[str, tuple[str, ...]] = {
    "animal": (
        "animal-mammal",
        "animal-bird",
        "animal-amphibian",
        "animal-reptile",
        "animal-marine",
        "animal-bug",
    ),
    "face": (
        "face-smiling",
        "face-affection",
        "face-tongue",
        "face-neutral-skeptical",
        "face-sleepy",
        "face-unwell",
        "face-hat",
        "face-glasses",
        "face-concerned",
    ),
    "vehicle": ("transport-ground", "transport-water", "transport-air"),
    "dish": ("food-prepared", "food-asian", "food-sweet"),
    "sport": ("sport", "game"),
    "building": ("place-building", "place-religious", "place-other"),
    "tool": ("tool", "science", "writing", "medical"),
    "sky": ("sky & weather",),
    "clothing": ("clothing",),
    "fruit-vegetable": ("food-fruit", "food-vegetable"),
    "plant": ("plant-flower", "plant-other"),
    "music": ("music", "musical-instrument"),
}
CLASSES = tuple(KINDS)
#: Shares of each class.
TEST, VALIDATION = 0.35, 0.10

_ABOUT = {
    "noto": (
        "Emoji of twelve classes as Google draws them (Noto).",
        "Noto Emoji, from the npm package emoji-datasource-google 16.0.0.",
        "Apache 2.0 (drawings), OFL 1.1 (fonts); classes: Unicode License v3",
        "Noto Emoji, Copyright 2013-2024 Google LLC, https://github.com/googlefonts/noto-emoji.",
    ),
    "twemoji": (
        "Emoji of twelve classes as Twitter drew them (Twemoji).",
        "Twemoji, from the npm package emoji-datasource-twitter 16.0.0.",
        "CC BY 4.0; classes: Unicode License v3",
        "Twemoji, Copyright 2019 Twitter, Inc and other contributors, https://github.com/twitter/twemoji, CC BY 4.0.",
    ),
    "fluent": (
        "Emoji of twelve classes as Microsoft draws them (Fluent, in three dimensions).",
        "Fluent Emoji, from the npm package @lobehub/fluent-emoji-3d 1.1.0.",
        "MIT; classes: Unicode License v3",
        "Fluent Emoji, Copyright Microsoft Corporation, github.com/microsoft/fluentui-emoji; packed by LobeHub.",
    ),
    THINGS: (
        "The names of emoji of twelve classes: texts of a few words.",
        "Unicode's names, from emoji.json in the npm package emoji-datasource-google 16.0.0.",
        "Unicode License v3; the table MIT",
        "Names and subgroups: Copyright Unicode, Inc.; the table: emoji-data, Copyright 2013 Cal Henderson.",
    ),
}


def emoji_card(style: str) -> DataCard:
    """Return the card of a style, or of the names, without counts and hashes."""
    import PIL

    title, origin, licence, attribution = _ABOUT[style]
    is_text = style == THINGS
    drawn = (
        "Names are set in small letters."
        if is_text
        else "Each drawing is put on white" + (" and reduced to 64 pixels." if style == "fluent" else ".")
    )
    limits = (
        "Classes differ in size, so accuracy weighs large ones more: compare with the share of the largest class.",
        (
            "Things of one class can be nearly alike (faces, moons): what is in the test set was not seen, but"
            " something close to it may have been."
        ),
        *(
            ("Some names mislead ('cat face' is an animal), others say their class.",)
            if is_text
            else ("Drawings on white, not photographs.",)
        ),
    )
    return DataCard(
        name=PREFIX + style,
        title=title,
        origin=origin,
        licence=f"{licence} (texts in tlkit/data/sets/licences)",
        attribution=attribution,
        classes=CLASSES,
        how_made=(
            f"The classes are groups of Unicode's subgroups; a thing is kept if all three styles draw it. {drawn}"
            f" Things are cut into splits within each class (seed 0: {TEST:.0%} test, {VALIDATION:.0%} validation),"
            " once for all styles and names: what is in the training set of one is in the test set of none."
        ),
        limits=limits,
        built_with={} if is_text else {"Pillow": PIL.__version__},
        modality="text" if is_text else "image",
    )
