"""What pictures of each size cost a network, in a terminal: ``python -m tlkit.backbones [NAME [SIDE ...]]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import torch

from tlkit.backbones.resolutions import BATCH, resolutions
from tlkit.errors import TlkitError


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of one network."""
    parser = argparse.ArgumentParser(
        prog="python -m tlkit.backbones", description="What pictures of each size cost a network."
    )
    parser.add_argument("name", nargs="?", default="zoo:efficientnet-lite0")
    parser.add_argument("sides", nargs="*", type=int, metavar="SIDE", help="in pixels")
    given = parser.parse_args(arguments)
    try:
        print(resolutions(given.name, given.sides or None, measure=True))
    except TlkitError as error:
        print(error, file=sys.stderr)
        return 1
    threads = torch.get_num_threads()
    print(
        f"measured here with {threads} {'thread' if threads == 1 else 'threads'}, {BATCH} pictures at a time"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
