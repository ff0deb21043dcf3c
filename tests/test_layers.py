"""The layer rule: imports point only left, and what must start fast loads no torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tlkit"

LAYERS = (
    {"errors", "files", "caches", "records", "pictures", "drawing", "table"},
    {"backbones", "data", "words", "course"},
    {"freeze"},
    {"train"},
    {"similarity"},
    {"compare", "adapt", "doctor", "inside", "governance"},
    {"panels"},
    {"cli", "server"},
    {"__main__"},
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
# Within one layer: files and records may use errors, and these three may use data.
SIDEWAYS = {
    ("files", "errors"),
    ("caches", "errors"),
    ("caches", "files"),
    ("records", "errors"),
    ("backbones", "data"),
    ("words", "data"),
    ("words", "backbones"),
    ("course", "data"),
    # Groups are judged by the intervals of comparisons.
    ("governance", "compare"),
}


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield every import that can run, those inside functions included."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    if _is_for_types(node):
        assert isinstance(node, ast.If)
        children: Iterator[ast.AST] = iter(node.orelse)
    else:
        children = ast.iter_child_nodes(node)
    for child in children:
        yield from _imports(child)


def imported_parts(source: str, module: str, *, is_package: bool = False) -> set[str]:
    """Return the parts of tlkit (``"data"``, ``"files"`` …) that a module's source imports."""
    parts = set()
    for node in _imports(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            base = node.module or ""
            if node.level:
                drop = node.level - (1 if is_package else 0)
                above = module.split(".")[: len(module.split(".")) - drop]
                base = ".".join([*above, *([base] if base else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        parts |= {name.split(".")[1] for name in names if name.startswith("tlkit.")}
    return parts


def _modules() -> list[Path]:
    folder = PACKAGE / "course" / "lessons"
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not path.is_relative_to(folder)]


def _broken_rules(part: str, imported: set[str]) -> list[str]:
    known = {name for name in imported if name in LEVEL and name != part}
    return sorted(
        f"{part} -> {name}"
        for name in known
        if LEVEL[name] > LEVEL[part] or (LEVEL[name] == LEVEL[part] and (part, name) not in SIDEWAYS)
    )


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_only_left(path: Path) -> None:
    relative = path.relative_to(ROOT).with_suffix("")
    is_package = relative.name == "__init__"
    module = ".".join(relative.parent.parts if is_package else relative.parts)
    imported = imported_parts(path.read_text(encoding="utf-8"), module, is_package=is_package)
    part = module.split(".")[1] if "." in module else None
    if part is None:
        assert not imported & LEVEL.keys(), "tlkit/__init__.py must load none of its parts"
        return
    assert part in LEVEL, f"{part} has no place in the layers of CONTRIBUTING.md: give it one"
    assert not _broken_rules(part, imported)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from tlkit.train import fit", {"train"}),
        ("import tlkit.train.recipe", {"train"}),
        ("from tlkit import train, errors", {"train", "errors"}),
        ("def f():\n    from tlkit import compare", {"compare"}),
        ("from ..train import fit", {"train"}),
        ("from .. import train", {"train"}),
        ("from . import seal", {"freeze"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tlkit import panels", set()),
    ],
)
def test_the_rule_sees_every_way_to_import(source: str, expected: set[str]) -> None:
    assert imported_parts(source, "tlkit.freeze.plan") == expected


def test_the_rule_refuses_what_the_design_refuses() -> None:
    assert _broken_rules("freeze", {"train", "errors", "backbones"}) == ["freeze -> train"]
    assert _broken_rules("data", {"backbones"}) == ["data -> backbones"]
    assert _broken_rules("backbones", {"data", "similarity"}) == ["backbones -> similarity"]


FAST = ["tlkit", "tlkit.course", "tlkit.cli", *(["tlkit.server"] if (PACKAGE / "server.py").exists() else [])]


@pytest.mark.parametrize("module", FAST)
def test_what_must_start_fast_loads_no_torch(module: str) -> None:
    heavy = "('torch', 'torchvision', 'timm', 'sklearn', 'matplotlib', 'numpy')"
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_nothing_imports_the_lessons() -> None:
    for path in _modules():
        for node in _imports(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            assert not any(name.split(".")[0] == "lessons" for name in names), path
