"""A report as one HTML file that needs nothing else: no script, no address, pictures inside."""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Sequence
from dataclasses import dataclass

from tlkit import files
from tlkit.compare.table import Table

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2933; --quiet: #52606d; --line: #d5dbe1; --paper: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaee; --quiet: #a9b4bf; --line: #46525e; --paper: #171b20; }
  img { filter: invert(1) hue-rotate(180deg); mix-blend-mode: lighten; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
       max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
p.lead { font-size: 1.2rem; font-weight: 600; }
div.wide { overflow-x: auto; margin: 1.4rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding-bottom: .4rem; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); }
img { max-width: 100%; height: auto; }
footer { color: var(--quiet); font-size: .9rem; margin-top: 3rem; }
"""


@dataclass(frozen=True)
class Picture:
    """A PNG picture and what it shows, in words."""

    png: bytes
    alt: str


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs, tables and pictures under it; the first paragraph may lead."""

    heading: str
    parts: Sequence[str | Table | Picture]
    lead: str = ""


def page(title: str, sections: Sequence[Section], footer: str) -> str:
    """Return a whole HTML page.

    Examples
    --------
    >>> "1 &lt; 2" in page("Report", [Section("First", ["1 < 2"])], "made by tlkit")
    True
    """
    body = "".join(_section(one) for one in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{html.escape(title)}</h1>\n{body}</main>\n"
        f"<footer><p>{html.escape(footer)}</p></footer>\n</body>\n</html>\n"
    )


def write(path: str | os.PathLike[str], title: str, sections: Sequence[Section], footer: str) -> None:
    """Write a page to a file, whole or not at all.

    Raises
    ------
    StoreError
        The folder cannot be written to, or the disk is full.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> target = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> write(target, "Report", [Section("First", ["Hello."])], "made by tlkit")
    >>> target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    True
    """
    text = page(title, sections, footer)
    with files.atomic_write(path, "w") as file:
        file.write(text)


def _section(section: Section) -> str:
    lead = f'<p class="lead">{html.escape(section.lead)}</p>\n' if section.lead else ""
    parts = "".join(_part(part) for part in section.parts)
    return f"<section>\n<h2>{html.escape(section.heading)}</h2>\n{lead}{parts}</section>\n"


def _part(part: str | Table | Picture) -> str:
    if isinstance(part, str):
        return f"<p>{html.escape(part)}</p>\n"
    if isinstance(part, Picture):
        encoded = base64.b64encode(part.png).decode("ascii")
        return f'<p><img src="data:image/png;base64,{encoded}" alt="{html.escape(part.alt)}"></p>\n'
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in part.head)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(row[0])}</th>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
        + "</tr>\n"
        for row in part.rows
    )
    return (
        f'<div class="wide"><table>\n<caption>{html.escape(part.caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    )
