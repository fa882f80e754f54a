"""A small picture per item, drawn from what it is: silhouette by category, colour, pattern, style."""

from dataclasses import dataclass
from functools import lru_cache

from shopwindow.simulation.silhouettes import SILHOUETTES, Part
from shopwindow.simulation.vocabulary import COLOURS

ORNAMENTS = {
    "minimal": "<circle cx='50' cy='50' r='40'/>",
    "classic": "<path d='M14 96V46a36 36 0 0 1 72 0v50z'/>",
    "sporty": "<path d='M-5 66L66-5h22L-5 88zM22 105L105 22v20L42 105z'/>",
    "romantic": "<path d='M50 92C4 60 2 26 26 18q16-4 24 12 8-16 24-12c24 8 22 42-24 74z'/>",
    "boho": "<path d='M50 8l7 13 13-8 0 15 15-1-7 13 14 7-14 8 8 13-15 0 0 15-13-7-8 14-8-14-13 7 0-15-15 0 8-13-14-8 14-7-7-13 15 1 0-15 13 8z'/>",
    "street": "<path d='M6 20h64v14h24v46H30V66H6z'/>",
    "glam": "<path d='M50 6q4 38 40 44-36 6-40 44-4-38-40-44 36-6 40-44z'/>",
    "rustic": "<path d='M0 62q22-22 44-4 24-30 56 0v42H0z'/>",
}
PATTERN_TILES = {
    "stripes": "<path d='M0 2h8v3H0z'/>",
    "dots": "<circle cx='2' cy='2' r='1.3'/><circle cx='6' cy='6' r='1.3'/>",
    "checks": "<path d='M0 0h4v8H0z' opacity='.55'/><path d='M0 0h8v4H0z' opacity='.55'/>",
    "floral": "<path d='M3 1q2 1 0 2 2 1 0 2-2-1 0-2-2-1 0-2zM1 3q1-2 2 0 1-2 2 0-1 2-2 0-1 2-2 0z'/><circle cx='7.5' cy='7.5' r='.9'/>",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a picture is drawn from: names in silhouettes and vocabulary."""

    shape: str
    colour: str
    accent: str
    pattern: str
    style: str


def mix(first: str, second: str, share: float) -> str:
    """`first` with `share` of `second`, both '#rrggbb'."""
    parts = [(int(first[k : k + 2], 16), int(second[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def lightness(colour: str) -> float:
    """Perceived lightness of '#rrggbb', 0 to 1."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def _paint(part: Part, main: str, dark: str, light: str) -> str:
    paint, path = part
    attributes = {
        "body": f"fill='url(#p)' stroke='{dark}'",
        "plain": f"fill='{main}' stroke='{dark}'",
        "dark": f"fill='{dark}'",
        "light": f"fill='{light}'",
        "line": f"fill='none' stroke='{dark}' stroke-opacity='.6'",
        "bold": f"fill='none' stroke='{main}' stroke-width='4.5'",
        "edge": f"fill='none' stroke='{dark}' stroke-width='2.6'",
    }[paint]
    return f"<path {attributes} d='{path.replace(' ', ',')}'/>"  # a comma needs no escape in a URI


def svg(look: Look) -> str:
    """The picture as SVG text."""
    main, accent = COLOURS[look.colour], COLOURS[look.accent]
    dark = mix(main, "#1d1a26", 0.62 if lightness(main) > 0.55 else 0.5)
    light = mix(main, "#ffffff", 0.72)
    if lightness(main) < 0.25:
        dark, light = mix(main, "#0c0c14", 0.6), mix(main, "#ffffff", 0.62)
    ground = mix(accent if lightness(main) > 0.85 else main, "#fbf8f3", 0.84)
    tint = mix(accent, "#fbf6ee", 0.62 + 0.24 * (1 - lightness(accent)))
    ink = mix(main, "#ffffff", 0.6) if lightness(main) < 0.5 else mix(accent, "#ffffff", 0.1)
    if abs(lightness(ink) - lightness(main)) < 0.14:
        ink = mix(main, "#33283a", 0.45)
    tile = PATTERN_TILES.get(look.pattern, "")
    shading = "<stop stop-color='#fff' stop-opacity='.2'/><stop offset='1' stop-opacity='.08'/>"
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'>"
        f"<pattern id='p' width='8' height='8' patternUnits='userSpaceOnUse' patternTransform='scale(1.3)'><path fill='{main}' d='M0 0h8v8H0z'/>"
        f"<g fill='{ink}'>{tile}</g></pattern>"
        f"<path fill='{ground}' d='M0 0h100v100H0z'/><g fill='{tint}'>{ORNAMENTS[look.style]}</g>"
        "<ellipse cx='50' cy='90' rx='30' ry='3' opacity='.1'/>"
        "<g stroke-width='1.1' stroke-linejoin='round' stroke-linecap='round' transform='translate(7 7)scale(.86)'>"
        + "".join(_paint(part, main, dark, light) for part in SILHOUETTES[look.shape])
        + f"</g><linearGradient id='s' y2='1'>{shading}</linearGradient>"
        "<path fill='url(#s)' opacity='.5' d='M0 0h100v100H0z'/></svg>"
    )


@lru_cache(maxsize=65_536)
def picture(look: Look) -> str:
    """The picture as a data: URI, at most about 1.5 KB, safe inside double quotes."""
    text = svg(look)
    for raw, escaped in (("%", "%25"), ("#", "%23"), ("<", "%3C"), (">", "%3E"), (" ", "%20")):
        text = text.replace(raw, escaped)
    return "data:image/svg+xml," + text
