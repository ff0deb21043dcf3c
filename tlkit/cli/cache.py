"""`tlkit cache`: what is kept on disk to save time."""

from __future__ import annotations

import argparse

from tlkit.cli.arguments import Commands


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Register the command and its actions."""
    cache = commands.add_parser(
        "cache",
        help="what is kept on disk to save time: list, limit, clear",
        description="What tlkit keeps on disk to save time. All of it can be made again.",
        allow_abbrev=False,
    )
    actions = cache.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="how much there is (also without an action)", allow_abbrev=False)
    limit = actions.add_parser("limit", help="how much there may be", allow_abbrev=False)
    limit.add_argument("name", metavar="NAME", help="as `tlkit cache list` names it")
    limit.add_argument(
        "size", metavar="SIZE", help="such as 500MB or 2GB; the oldest files make room at once"
    )
    clear = actions.add_parser("clear", help="delete the files of one cache, or of all", allow_abbrev=False)
    clear.add_argument("name", metavar="NAME", nargs="?", help="as `tlkit cache list` names it")
    cache.set_defaults(run=_cache)


def _cache(given: argparse.Namespace) -> int:
    from tlkit import caches

    if given.action == "clear":
        print(caches.clear(given.name))
        return 0
    if given.action == "limit":
        deleted = caches.set_limit(given.name, caches.parse_size(given.size))
        if deleted:
            print(f"{len(deleted):,} of the oldest files deleted")
    print(caches.listed())
    return 0
