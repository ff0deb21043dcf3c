"""A report as one HTML file that needs nothing else: no script, no address, pictures inside."""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlkit import files
from tlkit.table import Table

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2933; --quiet: #52606d; --line: #d5dbe1; --paper: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaee; --quiet: #a9b4bf; --line: #46525e; --paper: #171b20; }
  img.chart { filter: invert(1) hue-rotate(180deg); mix-blend-mode: lighten; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
       max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
p { overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
p.lead { font-size: 1.2rem; font-weight: 600; }
div.wide { overflow-x: auto; margin: 1.4rem 0; }
p.about { color: var(--quiet); }
pre { overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; padding: .6rem .8rem;
      border: 1px solid var(--line); border-radius: 6px; }
dt { font-weight: 600; } dd { margin: 0 0 .7rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding-bottom: .4rem; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); }
img { max-width: 100%; height: auto; }
tbody th { white-space: nowrap; }
div.looks { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr));
            gap: 1.2rem 1.6rem; }
figure { margin: 0; } figcaption { font-weight: 600; overflow-wrap: anywhere; }
figure img { display: block; margin-top: .25rem; border-radius: 3px; }
@media (max-width: 44rem) {
  /* A row becomes a list: every number stays on the page, beside the name of its column. */
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  caption, tbody, tr, tbody th { display: block; }
  tbody tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  tbody th, td { padding: .1rem 0; border: 0; }
  tbody th { white-space: normal; overflow-wrap: anywhere; }
  td { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); gap: .6rem; }
  td::before { content: attr(data-head); color: var(--quiet); }
  /* Squeezed to the width of a phone, a chart's words could not be read: it scrolls instead. */
  img.chart { max-width: none; width: 40rem; }
}
footer { color: var(--quiet); font-size: .9rem; margin-top: 3rem; }
"""


@dataclass(frozen=True)
class Picture:
    """A picture and what it shows, in words.

    Parameters
    ----------
    content
        Of its file.
    alt
        What it shows.
    kind
        Of the file; a PNG is a chart, whose colours are turned where the page is dark.
    """

    content: bytes
    alt: str
    kind: str = "image/png"

    @property
    def is_chart(self) -> bool:
        """Whether it has words and lines of its own; photographs come as JPEG."""
        return self.kind == "image/png"


@dataclass(frozen=True)
class Looks:
    """Pictures of several things, each with its name.

    Parameters
    ----------
    caption
        What they show.
    things
        For each its name and its pictures, one below the other.
    """

    caption: str
    things: Sequence[tuple[str, Sequence[Picture]]]


@dataclass(frozen=True)
class Command:
    """What to type in a terminal."""

    line: str


@dataclass(frozen=True)
class Glossary:
    """Words and what they mean."""

    words: Mapping[str, str]


Part = str | Table | Picture | Looks | Command | Glossary


@dataclass(frozen=True)
class Section:
    """A heading with its parts under it; the first paragraph may lead."""

    heading: str
    parts: Sequence[Part]
    lead: str = ""


def page(title: str, sections: Sequence[Section], footer: str, about: str = "") -> str:
    """Return a whole HTML page; what it is about stands under its title.

    Examples
    --------
    >>> "1 &lt; 2" in page("Report", [Section("First", ["1 < 2"])], "made by tlkit")
    True
    """
    body = "".join(_section(one) for one in sections)
    under = f'<p class="about">{html.escape(about)}</p>\n' if about else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{html.escape(title)}</h1>\n{under}{body}</main>\n"
        f"<footer><p>{html.escape(footer)}</p></footer>\n</body>\n</html>\n"
    )


def write(
    path: str | os.PathLike[str],
    title: str,
    sections: Sequence[Section],
    footer: str,
    about: str = "",
    *,
    overwrite: bool = True,
) -> None:
    """Write a page to a file, whole or not at all.

    Raises
    ------
    StoreError
        The folder cannot be written to, or the disk is full; or there is a file, which is not to be overwritten.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> target = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> write(target, "Report", [Section("First", ["Hello."])], "made by tlkit")
    >>> target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    True
    """
    text = page(title, sections, footer, about)
    with files.atomic_write(path, "w", overwrite=overwrite) as file:
        file.write(text)


def _section(section: Section) -> str:
    lead = f'<p class="lead">{html.escape(section.lead)}</p>\n' if section.lead else ""
    parts = "".join(_part(part) for part in section.parts)
    return f"<section>\n<h2>{html.escape(section.heading)}</h2>\n{lead}{parts}</section>\n"


def _part(part: Part) -> str:
    if isinstance(part, str):
        return f"<p>{html.escape(part)}</p>\n"
    if isinstance(part, Picture):
        return _wide("Chart", _image(part)) if part.is_chart else f"<p>{_image(part)}</p>\n"
    if isinstance(part, Looks):
        shown = "".join(
            f"<figure><figcaption>{html.escape(name)}</figcaption>{''.join(map(_image, pictures))}</figure>\n"
            for name, pictures in part.things
        )
        return f'<div class="looks" role="group" aria-label="{html.escape(part.caption)}">\n{shown}</div>\n'
    if isinstance(part, Command):
        return f"<pre><code>{html.escape(part.line)}</code></pre>\n"
    if isinstance(part, Glossary):
        told = "".join(
            f"<dt>{html.escape(word)}</dt><dd>{html.escape(meaning)}</dd>\n"
            for word, meaning in part.words.items()
        )
        return f"<dl>\n{told}</dl>\n"
    return _table(part)


def _image(picture: Picture) -> str:
    encoded = base64.b64encode(picture.content).decode("ascii")
    chart = ' class="chart"' if picture.is_chart else ""
    return f'<img src="data:{picture.kind};base64,{encoded}" alt="{html.escape(picture.alt)}"{chart}>'


def _table(table: Table) -> str:
    # The roles say it is a table also where it is laid out as a list.
    head = "".join(f'<th scope="col" role="columnheader">{html.escape(cell)}</th>' for cell in table.head)
    rows = "".join(
        f'<tr role="row"><th scope="row" role="rowheader">{html.escape(row[0])}</th>'
        + "".join(
            f'<td role="cell" data-head="{html.escape(name)}">{html.escape(cell)}</td>'
            for name, cell in zip(table.head[1:], row[1:], strict=True)
        )
        + "</tr>\n"
        for row in table.rows
    )
    return _wide(
        table.caption,
        f'<table role="table">\n<caption>{html.escape(table.caption)}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{rows}</tbody>\n</table>',
    )


def _wide(name: str, inside: str) -> str:
    """Let what is wider than the page scroll by itself, by keyboard too."""
    return f'<div class="wide" role="region" aria-label="{html.escape(name)}" tabindex="0">{inside}</div>\n'
