"""`tlkit info`: what is installed, embedded and missing here."""

from __future__ import annotations

import argparse

from tlkit.cli.arguments import Commands


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Register the command."""
    info = commands.add_parser(
        "info", help="what is installed, embedded and missing here", allow_abbrev=False
    )
    info.add_argument(
        "--models",
        action="store_true",
        help="instead: which networks' weights and which word vectors are on this machine, and where",
    )
    info.set_defaults(run=_info)


def _info(given: argparse.Namespace) -> int:
    from tlkit import doctor

    print(doctor.models() if given.models else doctor.installation())
    return 0
