"""What customers type: words for categories, colours and brands, sometimes misspelt."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.goods import Goods

TYPOS: Final = 0.07
MISSPELT: Final = 3  # ways to misspell one query


@dataclass(frozen=True, slots=True, eq=False)
class Queries:
    """P queries as what they mean: `codes [P,5]` = leaf, colour (-1 none), brand (-1 none), word, typo (0 none)."""

    codes: Whole

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def colour(self) -> Whole:
        return self.codes[:, 1]

    @property
    def brand(self) -> Whole:
        return self.codes[:, 2]


def draw_queries(leaf: Whole, colour: Whole, brand: Whole, u: Real) -> Queries:
    """What is typed for each wish; `colour` and `brand` -1 where none is meant. `u [P,3]`: luck."""
    typo = np.where(u[:, 0] < TYPOS, 1 + np.minimum((u[:, 1] * MISSPELT).astype(np.int32), MISSPELT - 1), 0)
    word = np.minimum((np.log(u[:, 2]) / np.log(0.35)).astype(np.int32), 2)  # geometric
    return Queries(np.stack([leaf, colour, brand, word, typo], axis=1).astype(np.int32))


def query_text(goods: Goods, code: tuple[int, int, int, int, int]) -> str:
    """The query of a row of codes as typed, such as "black ankle boots" or "velora drses"."""
    leaf, colour, brand, word, typo = code
    options = goods.leaves[leaf].words
    kind = options[word % len(options)]
    if goods.leaves[leaf].path.startswith(("men", "kids/clothing", "kids/shoes")) and word == 0:
        kind = f"{goods.leaves[leaf].path.split('/')[0]} {kind}"
    parts = [
        goods.brands.names[brand] if brand >= 0 else "",
        words.COLOUR_NAMES[colour] if colour >= 0 else "",
        kind,
    ]
    return misspelt(" ".join(part for part in parts if part).lower(), typo)


def misspelt(text: str, typo: int) -> str:
    """The text with one slip: 0 none, 1 two letters swapped, 2 one left out, 3 one doubled."""
    place = 1 + (len(text) * 7) % max(len(text) - 2, 1)
    if typo == 0 or len(text) < 4:
        return text
    if typo == 1:
        return text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :]
    if typo == 2:
        return text[:place] + text[place + 1 :]
    return text[:place] + text[place] + text[place:]


class QueryBook:
    """Every distinct query text once; columns hold its place."""

    def __init__(self, goods: Goods) -> None:
        self.texts: list[str] = []
        self._goods = goods
        self._places: dict[tuple[int, int, int, int, int], int] = {}
        self._place_of_text: dict[str, int] = {}

    def places(self, queries: Queries, asked: Bool) -> Whole:
        """Place of each query's text in `texts`, -1 where none was asked."""
        found = np.full(len(queries), -1, dtype=np.int32)
        for row in np.flatnonzero(asked).tolist():
            leaf, colour, brand, word, typo = queries.codes[row].tolist()
            code = (leaf, colour, brand, word, typo)
            place = self._places.get(code)
            if place is None:
                place = self._places[code] = self._place(query_text(self._goods, code))
            found[row] = place
        return found

    def _place(self, text: str) -> int:
        """Several codes may read the same."""
        place = self._place_of_text.setdefault(text, len(self.texts))
        if place == len(self.texts):
            self.texts.append(text)
        return place
