"""The simulated shop's catalogue and customers as an outsider would deliver them, under the shop's own ids."""

from typing import Any

import numpy as np
import pyarrow as pa

from shopwindow.schema.items import OFFER
from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.goods import Goods
from shopwindow.simulation.texts import descriptions, item_pictures, titles
from shopwindow.simulation.world import Stream, World, spawn


def item_ids(world: World) -> pa.Array:
    """[N] ids of all goods."""
    return pa.array([world.goods.item_id(item) for item in range(len(world.goods))], pa.string())


def customer_ids(world: World) -> pa.Array:
    """[U] ids of all customers."""
    return pa.array(
        [world.people.customer_id(customer) for customer in range(len(world.people))], pa.string()
    )


def items_table(world: World) -> pa.Table:
    """The catalogue as its shop would export it; hidden style and quality are not in it."""
    goods, size = world.goods, len(world.goods)
    rng = spawn(world.spec, Stream.TEXTS)
    ids = item_ids(world).to_pylist()
    listed = zip(goods.leaf.tolist(), goods.second.tolist(), strict=True)
    categories = [[goods.leaves[leaf].path for leaf in both if leaf >= 0] for both in listed]
    offers = [_offers(goods, item) for item in range(size)]
    attributes = [_attributes(goods, item) for item in range(size)]
    sellers = ["Shopwindow & Daughters"] + [
        f"{name} Store" for name in goods.brands.names[: max(len(goods.brands.names) // 5, 1)]
    ]
    seller = np.where(rng.random(size) < 0.6, 0, 1 + goods.brand % (len(sellers) - 1))
    columns: dict[str, Any] = {
        "item": ids,
        "kind": ["product"] * size,
        "parent": [ids[parent] if parent >= 0 else None for parent in goods.parent.tolist()],
        "brand": [goods.brands.names[brand] for brand in goods.brand.tolist()],
        "seller": [sellers[place] for place in seller.tolist()],
        "categories": pa.array(categories, pa.list_(pa.string())),
        "title": list(goods.titles) or titles(goods, rng),
        "text": descriptions(goods, rng),
        "picture": item_pictures(goods),
        "offers": pa.array(offers, pa.list_(OFFER)),
        "attributes": pa.array(attributes, pa.map_(pa.string(), pa.string())),
        "first_seen": goods.first_seen_ms,
    }
    return pa.table(columns)


def _offers(goods: Goods, item: int) -> list[dict[str, str | int]]:
    """What the item costs, and how much of it there is, in each market that sells it."""
    return [
        {
            "market": code,
            "price_minor": int(goods.price_minor[item, market]),
            "stock": int(goods.stock[item, market]),
        }
        for market, (code, _, _) in enumerate(words.MARKETS)
        if goods.price_minor[item, market] >= 0
    ]


def _attributes(goods: Goods, item: int) -> list[tuple[str, str]]:
    swing = goods.season[item]
    return [
        ("colour", words.COLOUR_NAMES[goods.colour[item]]),
        ("material", words.MATERIAL_NAMES[goods.material[item]]),
        ("pattern", words.PATTERNS[goods.pattern[item]]),
        ("audience", goods.leaves[goods.leaf[item]].path.split("/")[0]),
        ("season", "summer" if swing >= 0.5 else "winter" if swing <= -0.5 else "all year"),
    ]


def customers_table(world: World) -> pa.Table:
    """Customers as a shop knows them: country, age band, gender, department; tastes and means are not in it."""
    people, size = world.people, len(world.people)
    known = [not guest for guest in people.guest.tolist()]
    attributes = [
        [
            ("age", words.AGES[people.age[u]]),
            ("gender", words.GENDERS[people.gender[u]]),
            ("department", words.DEPARTMENTS[people.department[u]]),
        ]
        if known[u]
        else []
        for u in range(size)
    ]
    return pa.table(
        {
            "customer": customer_ids(world),
            "country": [words.COUNTRIES[place][0] for place in people.country.tolist()],
            "attributes": pa.array(attributes, pa.map_(pa.string(), pa.string())),
            "consent": people.consent,
        }
    )
