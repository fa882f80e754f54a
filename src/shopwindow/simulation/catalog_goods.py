"""Goods of a real catalogue: what it says is kept, what it does not say is drawn as for made-up goods of its kind.

Legend: N items, S styles, L leaves, B brands, C colours.
"""

import numpy as np
from numpy.random import Generator

from shopwindow.schema.categories import CategoryTree
from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Real, Whole
from shopwindow.simulation.catalog_file import Catalog
from shopwindow.simulation.catalog_kinds import model_of, nearest_colour
from shopwindow.simulation.goods import (
    NUM_STYLES,
    Brands,
    Goods,
    accents,
    arrivals,
    colour_table,
    draw,
    leaf_departments,
    market_prices,
    material_table,
    pattern_table,
    prices,
    stocks,
)
from shopwindow.simulation.spec import WorldSpec
from shopwindow.simulation.vocabulary import Leaf


def goods_of(spec: WorldSpec, catalog: Catalog, rng: Generator) -> Goods:
    """The whole catalogue as goods: categories, titles, brands, colours, seasons and prices as it says them.

    An item's hidden style is drawn given its brand and colour, so that colours still tell of styles.
    """
    column = {name: catalog.rows.column(name).to_pylist() for name in catalog.rows.column_names}
    size = len(catalog)
    leaves = _leaves(column["path"] + [path for path in column["second"] if path])
    paths = [leaf.path for leaf in leaves]
    leaf, second = _codes(column["path"], paths), _codes(column["second"], paths)
    names = list(dict.fromkeys(column["brand"]))
    brand = _codes(column["brand"], names)
    brands = _brands(tuple(names), brand, leaf_departments(leaves)[leaf], rng)

    said = np.array([nearest_colour(name) for name in column["colour"]])
    style = 0.62 * brands.style[brand] + 0.38 * rng.dirichlet(np.full(NUM_STYLES, 0.5), size=size)
    style = style**1.5 * np.where(said[:, None] >= 0, colour_table()[:, said].T, 1.0)
    style = (style / style.sum(axis=1, keepdims=True)).astype(np.float32)
    colour = np.where(said >= 0, said, draw(style @ colour_table(), rng))
    quality = rng.normal(0.0, 1.0, size)
    drawn = prices(leaves, leaf, brands.tier[brand], quality, rng)
    price = np.array(column["price"], dtype=np.float64)  # None is NaN
    price = np.where(np.isnan(price), drawn, price)
    season = np.array(column["season"], dtype=np.float32)
    usual = np.array([each.season for each in leaves], dtype=np.float32)
    materials = material_table(leaves)[leaf] * rng.gamma(1.0, 1.0, (size, len(words.MATERIAL_NAMES)))
    return Goods(
        leaves=leaves,
        titles=tuple(column["title"]),
        tree=CategoryTree.of([each.path for each in leaves]),
        brands=brands,
        leaf=leaf.astype(np.int16),
        second=second.astype(np.int16),
        brand=brand.astype(np.int32),
        colour=colour.astype(np.int16),
        accent=accents(style, colour, rng).astype(np.int16),
        pattern=_patterns(column["title"], draw(style @ pattern_table(), rng)),
        material=draw(materials, rng).astype(np.int16),
        word=np.zeros(size, dtype=np.int16),
        model=rng.integers(0, len(words.MODELS), size).astype(np.int16),
        parent=np.full(size, -1, dtype=np.int32),
        style=style,
        quality=quality.astype(np.float32),
        season=np.where(np.isnan(season), usual[leaf], season),
        price=price.astype(np.float32),
        price_minor=market_prices(price, rng),
        stock=stocks(size, rng),
        first_seen_ms=arrivals(spec, rng),
    )


def _codes(values: list[str], names: list[str]) -> Whole:
    """Place of each value among the names, -1 for none of them."""
    places = {name: place for place, name in enumerate(names)}
    return np.array([places.get(value, -1) for value in values], dtype=np.int32)


def _leaves(paths: list[str]) -> tuple[Leaf, ...]:
    """A category per path, as much wanted as it is large; the rest from what it resembles."""
    path, count = np.unique(paths, return_counts=True)
    made = []
    for each, number in zip(path.tolist(), count.tolist(), strict=True):
        kind = each.rsplit("/", 1)[1]
        model = model_of(kind)
        share = len(words.LEAVES) * number / len(paths)
        made.append(Leaf(each, model.shape, model.materials, model.price, model.season, share, (kind,)))
    return tuple(made)


def _brands(names: tuple[str, ...], brand: Whole, department: Whole, rng: Generator) -> Brands:
    """The brands' hidden sides; a brand works in the department of most of its goods, its fame is the number of its goods."""
    counts = np.zeros((len(names), len(words.DEPARTMENTS)))
    np.add.at(counts, (brand, department), 1.0)
    fame: Real = (counts.sum(axis=1) / counts.sum(axis=1).max()) ** 0.7
    return Brands(
        names=names,
        style=rng.dirichlet(np.full(NUM_STYLES, 0.35), size=len(names)).astype(np.float32),
        tier=rng.normal(0.0, 0.38, len(names)).astype(np.float32),
        department=counts.argmax(axis=1).astype(np.int32),
        fame=fame,
    )


def _patterns(titles: list[str], drawn: Whole) -> Whole:
    """The pattern that a title names, else the drawn one."""
    hints = {"strip": "stripes", "dot": "dots", "check": "checks", "floral": "floral", "solid": "plain"}
    pattern = drawn.astype(np.int16)
    for item, title in enumerate(titles):
        for hint, name in hints.items():
            if hint in title.lower():
                pattern[item] = words.PATTERNS.index(name)
    return pattern
