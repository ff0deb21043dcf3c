"""`tlkit shelf`: your own library of pretrained networks."""

from __future__ import annotations

import argparse
import os
from typing import Any

from tlkit.cli.arguments import Commands, say


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Register the command and its actions."""
    shelf = commands.add_parser(
        "shelf",
        help="your own library of pretrained networks: list, push, pull, verify, lineage, deprecate, serve",
        description="Your own library of pretrained networks, in a folder or in object storage. Load from it with "
        "backbones.load('shelf:NAME@1.2').",
        allow_abbrev=False,
    )
    shelf.add_argument(
        "--at",
        metavar="PLACE",
        help="a folder, s3://bucket/path, gs://bucket/path or https://... to read only ($TLKIT_SHELF, else a folder "
        "among your data)",
    )
    actions = shelf.add_subparsers(dest="action", metavar="ACTION")
    found = actions.add_parser("list", help="what is there (also without an action)", allow_abbrev=False)
    found.add_argument("--task", default="", metavar="WORD", help="what it was trained on or for")
    found.add_argument("--licence", default="", metavar="NAME", help="of the weights, such as mit")
    found.add_argument("--text", default="", metavar="WORDS", help="that stand anywhere on the card")
    push = actions.add_parser("push", help="put a network there", allow_abbrev=False)
    push.add_argument("source", metavar="NETWORK", help="as backbones.load takes it: zoo:resnet-letters")
    push.add_argument("name", metavar="NAME", help="what it is called there")
    push.add_argument("--card", metavar="FILE", help="a README.md with front matter, or a card as JSON")
    push.add_argument("--version", metavar="1.2.0", help="or minor, or major (the next patch)")
    push.add_argument(
        "--allow-incomplete", default="", metavar="WHY", help="why licences or lineage may be missing"
    )
    pull = actions.add_parser("pull", help="copy a network into a folder", allow_abbrev=False)
    pull.add_argument("name", metavar="NAME[@1.2]")
    pull.add_argument(
        "--to", metavar="DIR", help="the other shelf ($TLKIT_SHELF, else a folder among your data)"
    )
    verify = actions.add_parser("verify", help="read every byte again", allow_abbrev=False)
    verify.add_argument("name", metavar="NAME[@1.2]", nargs="?")
    lineage = actions.add_parser("lineage", help="what a network was made from", allow_abbrev=False)
    lineage.add_argument("name", metavar="NAME[@1.2]")
    deprecate = actions.add_parser("deprecate", help="advise against a version", allow_abbrev=False)
    deprecate.add_argument("name", metavar="NAME@1.2.0")
    deprecate.add_argument("reason", metavar="WHY")
    serve = actions.add_parser(
        "serve",
        help="let others read it by HTTP",
        description="Read-only. Other addresses than loopback need a token in TLKIT_SHELF_TOKEN; HTTP does not hide "
        "it, so put a proxy with TLS in front where the network is not yours.",
        allow_abbrev=False,
    )
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="(127.0.0.1)")
    serve.add_argument("--port", type=int, default=8765, metavar="N", help="(8765; 0 for a free one)")
    shelf.set_defaults(run=_shelf)


def _shelf(given: argparse.Namespace) -> int:
    from tlkit.backbones.shelf import Shelf

    shelf = Shelf(given.at)
    action = given.action or "list"
    if action == "push":
        print(_push(shelf, given))
    elif action == "pull":
        print(shelf.pull(given.name, given.to))
    elif action == "verify":
        found = shelf.verify(given.name)
        print(found)
        return 0 if found.ok else 1
    elif action == "lineage":
        print(shelf.lineage(given.name))
    elif action == "deprecate":
        name, _, version = given.name.partition("@")
        print(shelf.deprecate(name, version, given.reason))
    elif action == "serve":
        return _serve(shelf, given)
    elif given.action is None:
        print(shelf.list())
    else:
        print(shelf.search(task=given.task, licence=given.licence, text=given.text))
    return 0


def _push(shelf: Any, given: argparse.Namespace) -> Any:
    from tlkit import backbones
    from tlkit.backbones import card_markdown

    card = None if given.card is None else card_markdown.from_file(given.card)
    network = backbones.load(given.source)
    return shelf.push(
        network, given.name, card, version=given.version, allow_incomplete=given.allow_incomplete
    )


def _serve(shelf: Any, given: argparse.Namespace) -> int:
    from tlkit.backbones.shelf import serving

    token = os.environ.get("TLKIT_SHELF_TOKEN", "")
    with serving.server(shelf, given.host, given.port, token) as server:
        host, port = server.server_address[:2]
        print(
            f"The shelf {shelf.place} can be read at http://{serving.address(str(host), port)}/", flush=True
        )
        say("Ctrl-C ends it." + (" Readers need the token." if token else ""))
        server.serve_forever()
    return 0
