"""Document: one HTML page to look at, whole in one file: text, tables and charts, no network, light or dark.

Reports of every stage are made of it (`charts.py` draws); what they say is theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final, TypeAlias

from shopwindow.durable import write_durably


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line that is good, worth a look, or bad; `tone` is "good", "look" or "bad"."""

    tone: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table; columns whose cells are all figures stand to the right. `caption` goes above."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing (SVG text, as `charts` makes it) with what it shows in words."""

    svg: str
    caption: str


Block: TypeAlias = Text | Verdict | Grid | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it; charts that follow one another stand side by side."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A page: its title, one line of what it is, its sections."""

    title: str
    lead: str
    sections: tuple[Section, ...]

    def html(self) -> str:
        """The whole page; every text is escaped, drawings are taken as they are."""
        links = "".join(
            f'<a href="#part-{place}">{escape(each.heading)}</a>' for place, each in enumerate(self.sections)
        )
        body = "".join(_section(place, each) for place, each in enumerate(self.sections))
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(self.title)}</title><style>{STYLE}</style></head><body><main>"
            f'<h1>{escape(self.title)}</h1><p class="lead">{escape(self.lead)}</p><nav>{links}</nav>{body}'
            "</main></body></html>\n"
        )

    def write(self, path: Path) -> Path:
        """Write the page, whole or not at all; folders are made. Returns `path`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, self.html().encode())
        return path


def _section(place: int, section: Section) -> str:
    parts, row = [], [""]
    for block in section.blocks:
        if isinstance(block, Chart):
            row.append(_chart(block))
            continue
        parts += [_charts(row), _block(block)]
        row = [""]
    parts.append(_charts(row))
    return f'<section id="part-{place}"><h2>{escape(section.heading)}</h2>{"".join(parts)}</section>'


def _charts(row: Sequence[str]) -> str:
    drawn = "".join(row)
    return f'<div class="charts">{drawn}</div>' if drawn else ""


def _chart(chart: Chart) -> str:
    svg = chart.svg[chart.svg.find("<svg") :]  # without the XML declaration
    return f"<figure>{svg}<figcaption>{escape(chart.caption)}</figcaption></figure>"


def _block(block: Text | Verdict | Grid) -> str:
    match block:
        case Text(words):
            return f"<p>{escape(words)}</p>"
        case Verdict(tone, words):
            return f'<p class="verdict {escape(tone)}">{escape(words)}</p>'
        case Grid():
            return _grid(block)


def _grid(grid: Grid) -> str:
    right = [
        bool(grid.rows) and all(_is_figure(row[place]) for row in grid.rows)
        for place in range(len(grid.headings))
    ]

    def line(tag: str, cells: Sequence[str]) -> str:
        marked = (
            f"<{tag}{' class=right' if right[place] else ''}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(cells)
        )
        return f"<tr>{''.join(marked)}</tr>"

    caption = f"<caption><span>{escape(grid.caption)}</span></caption>" if grid.caption else ""
    rows = "".join(line("td", row) for row in grid.rows)
    return f'<div class="wide"><table>{caption}<thead>{line("th", grid.headings)}</thead><tbody>{rows}</tbody></table></div>'


def _is_figure(cell: str) -> bool:
    return not cell or cell[0].isdigit() or (cell[0] in "+-−.±" and len(cell) > 1)


STYLE: Final = """
:root{color-scheme:light dark;--ink:#1d2330;--soft:#5d6678;--line:#dfe3ea;--paper:#fff;--raised:#f6f7f9;
--good:#1a7f4b;--look:#9a6700;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--ink:#e7eaf0;--soft:#9aa3b5;--line:#323948;--paper:#14171d;
--raised:#1c2129;--good:#4cc38a;--look:#e2b340;--bad:#ff7b6b}figure svg{filter:invert(.9) hue-rotate(180deg)}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 80px}h1{font-size:28px;line-height:1.2;margin:0 0 8px}
h2{font-size:20px;margin:40px 0 12px;padding-top:16px;border-top:1px solid var(--line)}
.lead,figcaption,caption{color:var(--soft)}.lead{margin:0 0 16px;font-size:17px}nav{display:flex;flex-wrap:wrap;gap:6px 16px}
nav a{color:inherit}p{max-width:75ch}.verdict{border-left:4px solid var(--soft);background:var(--raised);
padding:8px 12px;margin:8px 0;max-width:none}.verdict.good{border-color:var(--good)}
.verdict.look{border-color:var(--look)}.verdict.bad{border-color:var(--bad)}.wide{overflow-x:auto;margin:12px 0;
background:linear-gradient(90deg,var(--paper) 40px,transparent),linear-gradient(270deg,var(--paper) 40px,transparent) 100% 0,
linear-gradient(90deg,var(--line),transparent),linear-gradient(270deg,var(--line),transparent) 100% 0;
background-size:60px 100%,60px 100%,16px 100%,16px 100%;background-repeat:no-repeat;background-attachment:local,local,scroll,scroll}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}caption{text-align:left;padding:4px 0}caption span{position:sticky;left:0;display:inline-block;max-width:min(75ch,calc(100vw - 40px))}
th,td{text-align:left;padding:5px 14px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600}.right{text-align:right}.charts{display:flex;flex-wrap:wrap;gap:20px;margin:12px 0}
figure{margin:0;flex:1 1 440px;min-width:0;max-width:520px}figure svg{width:100%;height:auto}figcaption{font-size:14px}
@media(max-width:520px){figure{flex-basis:100%}td:first-child,th:first-child{position:sticky;left:0;background:var(--paper)}}
"""
