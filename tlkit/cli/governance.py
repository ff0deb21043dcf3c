"""`tlkit licences`: whether the licences of a network, back to its first source, allow a use."""

from __future__ import annotations

import argparse

from tlkit.cli.arguments import Commands


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Register the command."""
    licences = commands.add_parser(
        "licences",
        help="what the licences of a network, back to its first source, say of a use",
        description="Walk from a network to what it was made from and say which licences stand against a use, and "
        "why. It compares what cards say; it is not legal advice. The status is 1 if a licence forbids the use.",
        allow_abbrev=False,
    )
    licences.add_argument(
        "name",
        metavar="NAME",
        help="a network, word vectors or a data set: zoo:resnet-letters, shelf:greek, words:english, emoji:noto",
    )
    licences.add_argument(
        "--use",
        default="teaching",
        metavar="USE",
        help="teaching, research, commercial or publish (teaching)",
    )
    form = licences.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--bill", action="store_true", help="print a bill of materials (CycloneDX) instead")
    licences.set_defaults(run=_licences)


def _licences(given: argparse.Namespace) -> int:
    import json

    from tlkit import governance

    found = governance.check(given.name, use=given.use)
    if given.bill:
        print(found.bill_of_materials(), end="")
    elif given.json:
        print(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
    else:
        print(found)
    return 1 if found.conflicts else 0
