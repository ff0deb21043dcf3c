"""A card's text, whoever wrote it, stays text: in a panel's state, its twin, a comparison and its report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tlkit import backbones, compare, data, panels
from tlkit.backbones import ModelCard
from tlkit.compare.html_report import Section, write

EVIL = "<script>alert('x')</script>"


def test_a_card_with_a_script_is_shown_as_text(tmp_path: Path) -> None:
    net = backbones.load("zoo:resnet-letters")
    card = ModelCard(EVIL, EVIL, architecture="resnet", data=EVIL, limits=(EVIL,), licence_weights=EVIL)
    net, task = replace(net, name=EVIL, card=card), data.load("greek").few_shot(1, seed=0)
    freeze, side_by_side = panels.Freeze(net, task), panels.Compare(task, net)
    freeze.run()
    found = compare.run(task.dataset, net, ["random-frozen", "frozen"], seeds=1, progress=False)
    write(tmp_path / "report.html", EVIL, [Section(found.title, [found.table, *found.findings])], EVIL)
    for face in (
        freeze._repr_mimebundle_()[0]["text/html"],
        side_by_side._repr_mimebundle_()[0]["text/html"],
        found._repr_html_(),
        net._repr_html_(),
        (tmp_path / "report.html").read_text(encoding="utf-8"),
    ):
        assert "<script>alert" not in face
        assert "&lt;script&gt;" in face
    assert EVIL in json.dumps(freeze.record()), "a record is data, not a page"
