"""Make embedded datasets again: ``python -m tlkit.data.build NAME ... | --all [--check]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

import numpy as np

from tlkit.data.build import glyphs, photos, shapes, textures
from tlkit.data.build.built import Built, read, write
from tlkit.files import packaged

BUILDERS: dict[str, Callable[[], Built]] = {
    **{name: partial(glyphs.build, name) for name in ("letters", "greek", "printed-digits")},
    "shapes": shapes.build,
    "textures": textures.build,
    "photos": photos.build,
}


def main(arguments: list[str] | None = None) -> int:
    """Build the named datasets, or compare them with the files that are there."""
    parser = argparse.ArgumentParser(prog="python -m tlkit.data.build", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BUILDERS))
    parser.add_argument("--all", action="store_true", help="all embedded datasets")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the files")
    chosen = parser.parse_args(arguments)
    names = list(BUILDERS) if chosen.all else chosen.names
    unknown = [name for name in names if name not in BUILDERS]
    if unknown or not names:
        parser.error(f"choose from {', '.join(BUILDERS)} or --all" + (f", not {unknown}" if unknown else ""))
    differing = 0
    for name in names:
        built = BUILDERS[name]()
        path = packaged("data", "sets", f"{name}.npz")
        if chosen.check:
            same = difference(built, read(path))
            differing += bool(same)
            print(f"{name}: {same or 'the same'}")
        else:
            write(built, path)
            print(f"{name}: {len(built.labels)} images, {path.stat().st_size} bytes")
    return 1 if differing else 0


def difference(new: Built, old: Built) -> str:
    """Say in words how two builds differ; empty where they do not."""
    for what in ("labels", "splits", "sources"):
        if not np.array_equal(getattr(new, what), getattr(old, what)):
            return f"other {what}"
    if new.source_names != old.source_names:
        return "other sources"
    apart = np.abs(new.images.astype(int) - old.images.astype(int))
    return (
        f"{(apart > 0).mean():.2%} of the pixels differ, by {apart.mean():.4f} on average"
        if apart.any()
        else ""
    )


if __name__ == "__main__":
    sys.exit(main())
