"""What a look for overlap looked for, and what it did not, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlkit.similarity.overlap_features import LEAST_PICTURES

if TYPE_CHECKING:
    from tlkit.similarity.overlap_features import FeatureCopies
    from tlkit.similarity.overlap_sides import Side

TEXTS = (
    "Texts: equal letter by letter, and equal but for case, spaces and punctuation. Texts that say the same in other"
    " words are not looked for."
)
NEAR = (
    "Near copies: pictures that were scaled, compressed or darkened, by a perceptual hash. Of brightened and cropped"
    " ones some are found, of mirrored ones none."
)
NO_FEATURES = "Features: not compared; give a backbone to look with its eyes, too."
_NAMES_CHECKED = (
    "Class names, word by word: case, hyphens and plurals make no difference. Names that are spelt nearly alike are"
    " told as perhaps the same. Equal words for different things (crane) are not told apart."
)


def of_pictures(theirs: Side, ours: Side) -> list[str]:
    """Say how pictures were compared."""
    sizes = [" x ".join(map(str, side.picture_shape[1:])) for side in (theirs, ours)]
    equal = (
        "Equal pictures, pixel by pixel, in all splits; test sets stay sealed."
        if sizes[0] == sizes[1]
        else f"Equal pictures: none can be, the sizes are {sizes[0]} and {sizes[1]}; scaled ones are near copies."
    )
    return [
        equal,
        NEAR,
    ]


def of_features(copies: FeatureCopies | None, name: str) -> str:
    """Say how features were compared, and how often that is wrong."""
    if copies is None:
        return (
            f"Features: not compared; that takes {LEAST_PICTURES} different pictures in the source, to learn how alike"
            " different ones are."
        )
    return (
        f"Features of {name}: a neighbour counts from a cosine of {copies.least_cosine:.4f} on, or if it is at most"
        f" {copies.most_ratio:.3f} times as far as the sixth; {copies.false_share:.1%} of {copies.asked:,} different"
        " pictures of the source count so inside their own set."
    )


def of_names(vectors: Any) -> tuple[str, ...]:
    """Say how class names were compared."""
    meaning = (
        "What names mean: not compared, so lorry and truck are different; give vectors= to compare it."
        if vectors is None
        else "What names mean: the nearest by the vectors that were given."
    )
    return _NAMES_CHECKED, meaning
