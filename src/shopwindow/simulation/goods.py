"""Goods: the simulated catalogue as columns, with the hidden style and quality that only the truth knows.

Legend: N items, S styles, L leaves, B brands, C colours, Q materials, K category nodes, M markets.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from shopwindow.schema.categories import CategoryTree
from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Real, Whole
from shopwindow.simulation.spec import DAY_MS, WorldSpec
from shopwindow.simulation.vocabulary import Leaf

NUM_STYLES = len(words.STYLES)
FIRST_ID = 100_000
UNISEX = {"sneaker", "sunglasses", "backpack", "cap"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Brands:
    """B brands: `style [B,S]` shares, `tier [B]` log price level, `department [B]`, `fame [B]` > 0, `names`."""

    names: tuple[str, ...]
    style: Real
    tier: Real
    department: Whole
    fame: Real


@dataclass(frozen=True, kw_only=True, eq=False)
class Goods:
    """N items.

    `leaves`: L categories with items of their own. `titles`: of a real catalogue, empty where they are made up.
    `leaf`, `brand`, `colour`, `accent`, `pattern`, `material`, `word`, `model [N]`: places in the vocabulary.
    `second [N]`: a further leaf that also lists the item, -1 for none. `parent [N]`: the item it varies, -1.
    `style [N,S]`: hidden shares of styles. `quality [N]`: hidden, seen only after a click.
    `season [N]`: above 0 = wanted in summer, below 0 = in winter. `price [N]`: EUR. `price_minor [N,M]`: -1 = not sold in that
    market. `stock [N,M]`: pieces. `first_seen_ms [N]`.
    """

    leaves: tuple[Leaf, ...]
    titles: tuple[str, ...]
    tree: CategoryTree
    brands: Brands
    leaf: Whole
    second: Whole
    brand: Whole
    colour: Whole
    accent: Whole
    pattern: Whole
    material: Whole
    word: Whole
    model: Whole
    parent: Whole
    style: Real
    quality: Real
    season: Real
    price: Real
    price_minor: Whole
    stock: Whole
    first_seen_ms: Whole

    def __len__(self) -> int:
        return len(self.leaf)

    @cached_property
    def relative_price(self) -> Real:
        """[N] log of the price over the usual price of its category."""
        usual = np.array([leaf.price for leaf in self.leaves], dtype=np.float32)
        relative: Real = np.log(self.price / usual[self.leaf]).astype(np.float32)
        return relative

    @cached_property
    def leaf_department(self) -> Whole:
        """[L] department of each leaf."""
        return leaf_departments(self.leaves)

    @cached_property
    def leaf_group(self) -> Whole:
        """[L] number of the group (women/shoes, ...) of each leaf."""
        groups = [leaf.path.rsplit("/", 1)[0] for leaf in self.leaves]
        places = {group: place for place, group in enumerate(sorted(set(groups)))}
        return np.array([places[group] for group in groups], dtype=np.int16)

    @cached_property
    def complement_of(self) -> Whole:
        """[L] the leaf after whose purchase this one is more wanted, -1 for none."""
        places = {leaf.path: place for place, leaf in enumerate(self.leaves)}
        found = np.full(len(self.leaves), -1, dtype=np.int32)
        for bought, wanted in words.COMPLEMENTS.items():
            if bought in places and wanted in places:
                found[places[wanted]] = places[bought]
        return found

    @cached_property
    def leaf_node(self) -> Whole:
        """[L] node of each leaf in the category tree."""
        codes = self.tree.codes()
        return np.array([codes[leaf.path] for leaf in self.leaves], dtype=np.int32)

    @cached_property
    def node_leaf(self) -> Whole:
        """[K] leaf of each node, -1 for inner nodes."""
        leaves = np.full(len(self.tree), -1, dtype=np.int32)
        leaves[self.leaf_node] = np.arange(len(self.leaves), dtype=np.int32)
        return leaves

    @cached_property
    def items_of_node(self) -> list[Whole]:
        """For each node the items that it lists, by either leaf."""
        first = self.leaf_node[self.leaf]
        second = np.where(self.second >= 0, self.leaf_node[self.second], -1)
        lists: list[Whole] = []
        for node in range(len(self.tree)):
            end = self.tree.end[node]
            inside = ((first >= node) & (first < end)) | ((second >= node) & (second < end))
            lists.append(np.flatnonzero(inside).astype(np.int32))
        return lists

    def item_id(self, item: int) -> str:
        """The id that the shop's files and server use."""
        return f"{FIRST_ID + item}"

    def place_of(self, item_id: str) -> int:
        """The item of an id, -1 for one that is not of this world."""
        place = int(item_id) - FIRST_ID if item_id.isdecimal() and len(item_id) < 12 else -1
        return place if 0 <= place < len(self) else -1


def leaf_departments(leaves: tuple[Leaf, ...]) -> Whole:
    """[L] department of each leaf: the first part of its path."""
    return np.array([words.DEPARTMENTS.index(leaf.path.split("/")[0]) for leaf in leaves])


def draw(weights_NK: Real, rng: Generator) -> Whole:
    """One category per row, with probability proportional to the row's weights."""
    edges = np.cumsum(weights_NK, axis=1)
    thresholds = rng.random(len(weights_NK)) * edges[:, -1]
    place: Whole = (edges <= thresholds[:, None]).sum(axis=1).astype(np.int32)
    last: Whole = np.minimum(place, weights_NK.shape[1] - 1)
    return last


def pattern_table() -> Real:
    """[S, number of patterns]: how much each style asks for each."""
    return np.array([words.STYLE_PATTERNS[style] for style in words.STYLES], dtype=np.float32)


def colour_table() -> Real:
    """[S,C]: how much each style asks for each colour."""
    table = np.full((NUM_STYLES, len(words.COLOUR_NAMES)), 0.12, dtype=np.float32)
    for place, style in enumerate(words.STYLES):
        for rank, colour in enumerate(words.STYLE_COLOURS[style]):
            table[place, words.COLOUR_NAMES.index(colour)] += 3.0 - 0.4 * rank
    return table


def material_table(leaves: tuple[Leaf, ...]) -> Real:
    """[L, Q]: 1 where the material is used in the leaf, else 0."""
    table = np.zeros((len(leaves), len(words.MATERIAL_NAMES)), dtype=np.float32)
    for place, leaf in enumerate(leaves):
        for material in words.MATERIALS[leaf.materials]:
            table[place, words.MATERIAL_NAMES.index(material)] = 1.0
    return table


def make_brands(count: int, rng: Generator) -> Brands:
    """Invented brands, each with a style of its own, a price level and a department it works in."""
    pairs = [start + end for start in words.BRAND_STARTS for end in words.BRAND_ENDS]
    names = tuple(pairs[place] for place in rng.permutation(len(pairs))[:count])
    style = rng.dirichlet(np.full(NUM_STYLES, 0.35), size=count).astype(np.float32)
    department = np.arange(count, dtype=np.int32) % len(words.DEPARTMENTS)
    fame = (1.0 / np.arange(1, count + 1)) ** 0.7
    return Brands(
        names=names,
        style=style,
        tier=rng.normal(0.0, 0.38, count).astype(np.float32),
        department=department,
        fame=rng.permutation(fame).astype(np.float32),
    )


def make_goods(spec: WorldSpec, rng: Generator) -> Goods:
    """The whole catalogue of a world."""
    size = spec.items
    brands = make_brands(int(np.clip(size // 35, 12, 380)), rng)
    shares = np.array([leaf.share for leaf in words.LEAVES])
    leaf = rng.choice(len(shares), size, p=shares / shares.sum())
    leaf[: min(size, len(shares))] = np.arange(min(size, len(shares)))  # every leaf has something
    fits = (
        np.where(brands.department == leaf_departments(words.LEAVES)[leaf][:, None], 1.0, 0.06) * brands.fame
    )
    brand = draw(fits.astype(np.float32), rng)

    own = rng.dirichlet(np.full(NUM_STYLES, 0.5), size=size)
    style = (0.62 * brands.style[brand] + 0.38 * own) ** 1.5
    style = (style / style.sum(axis=1, keepdims=True)).astype(np.float32)
    colour = draw(style @ colour_table(), rng)
    hard = np.array([each.materials in ("metal", "wood", "toy") for each in words.LEAVES])[leaf]
    pattern = np.where(hard & (rng.random(size) < 0.8), 0, draw(style @ pattern_table(), rng))
    material = draw(
        material_table(words.LEAVES)[leaf] * rng.gamma(1.0, 1.0, (size, len(words.MATERIAL_NAMES))), rng
    )
    word = rng.integers(0, 1 << 15, size) % np.array([len(each.words) for each in words.LEAVES])[leaf]
    model = rng.integers(0, len(words.MODELS), size)
    quality = rng.normal(0.0, 1.0, size)
    price = prices(words.LEAVES, leaf, brands.tier[brand], quality, rng)
    first_seen = arrivals(spec, rng)

    parent = _parents(leaf, rng)
    variant = np.flatnonzero(parent >= 0)
    for column in (brand, pattern, material, word, model, price, style, quality):
        column[variant] = column[parent[variant]]
    first_seen[variant] = np.maximum(first_seen[variant], first_seen[parent[variant]])
    minor = market_prices(price, rng)
    return Goods(
        leaves=words.LEAVES,
        titles=(),
        tree=CategoryTree.of([each.path for each in words.LEAVES]),
        brands=brands,
        leaf=leaf.astype(np.int16),
        second=_second_leaves(leaf, rng),
        brand=brand,
        colour=colour.astype(np.int16),
        accent=accents(style, colour, rng).astype(np.int16),
        pattern=pattern.astype(np.int16),
        material=material.astype(np.int16),
        word=word.astype(np.int16),
        model=model.astype(np.int16),
        parent=parent,
        style=style,
        quality=quality.astype(np.float32),
        season=np.array([each.season for each in words.LEAVES], dtype=np.float32)[leaf],
        price=price.astype(np.float32),
        price_minor=minor,
        stock=stocks(size, rng),
        first_seen_ms=first_seen,
    )


def _parents(leaf: Whole, rng: Generator) -> Whole:
    """[N] the earlier item of its leaf that an item is another colour of, -1 for most; no such item has one itself."""
    parent = np.full(len(leaf), -1, dtype=np.int32)
    for item in np.flatnonzero(rng.random(len(leaf)) < 0.12):
        older = np.flatnonzero(leaf[:item] == leaf[item])
        if len(older):
            parent[item] = older[-1] if parent[older[-1]] < 0 else parent[older[-1]]
    return parent


def accents(style: Real, colour: Whole, rng: Generator) -> Whole:
    """[N] a second colour that suits each item's `style [N,S]`, other than its `colour [N]`."""
    weights = style @ colour_table()
    weights[np.arange(len(colour)), colour] = 0.0
    return draw(weights, rng)


def prices(leaves: tuple[Leaf, ...], leaf: Whole, tier: Real, quality: Real, rng: Generator) -> Real:
    """[N] EUR: the usual price of the leaf, the brand's `tier [N]`, a little quality, and luck."""
    usual = np.array([each.price for each in leaves])[leaf]
    price = usual * np.exp(tier + 0.08 * quality + rng.normal(0.0, 0.24, len(leaf)))
    rounded: Real = np.maximum(np.round(price), 3.0) - 0.05
    return rounded


def market_prices(price: Real, rng: Generator) -> Whole:
    """[N,M] prices in minor units from `price [N]` in EUR, -1 where a market does not sell the item."""
    size, rates = len(price), np.array([rate for _, _, rate in words.MARKETS])
    minor = np.maximum(np.round(price[:, None] * rates * rng.uniform(0.97, 1.05, (size, 3))), 1) * 100 - 5
    minor[rng.random((size, 3)) < np.array([0.0, 0.04, 0.08])] = -1
    whole: Whole = minor.astype(np.int64)
    return whole


def stocks(size: int, rng: Generator) -> Whole:
    """[N,M] pieces in stock."""
    left: Whole = np.where(rng.random((size, 3)) < 0.03, 0, rng.geometric(0.03, (size, 3))).astype(np.int32)
    return left


def arrivals(spec: WorldSpec, rng: Generator) -> Whole:
    """[N] when each item was first seen: some within the period, the rest before it."""
    new = rng.random(spec.items) < spec.new_items
    before = spec.start_ms - rng.exponential(150.0, spec.items) * DAY_MS
    within = spec.start_ms + rng.random(spec.items) * spec.days * DAY_MS
    seen: Whole = np.where(new, within, np.maximum(before, spec.start_ms - 900 * DAY_MS)).astype(np.int64)
    return seen


def _second_leaves(leaf: Whole, rng: Generator) -> Whole:
    """One in four sneakers, caps, ... is also listed where the other department keeps the same kind."""
    second = np.full(len(leaf), -1, dtype=np.int16)
    for place, each in enumerate(words.LEAVES):
        twins = [k for k, other in enumerate(words.LEAVES) if other.shape == each.shape and k != place]
        if each.shape in UNISEX and twins:
            mine = np.flatnonzero((leaf == place) & (rng.random(len(leaf)) < 0.25))
            second[mine] = twins[0]
    return second
