"""Category paths that contradict one another."""

from collections.abc import Iterable
from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.ingest.quality.clean import Clean, how_many, one, rows_of
from shopwindow.ingest.quality.examples import cells, number, worst, worst_named
from shopwindow.ingest.quality.finding import Check, Found
from shopwindow.ingest.quality.thresholds import Thresholds

MAX_LINKS: Final = 200_000  # of a category tree: beyond that, categories are ids of something else


def category_paths(clean: Clean) -> ir.Table:
    """`item_key`, `path` of every category of every item, as the catalogue has it now."""
    items = clean.items.filter(clean.items.categories.notnull())
    return items.select("item_key", path=items.categories).unnest("path")


def links(clean: Clean) -> list[tuple[str, str]]:
    """(parent, child) names of all paths, each once."""
    paths = category_paths(clean).select("path").distinct()
    parts = paths.mutate(part=paths.path.split(clean.shop.category_separator)).unnest("part", offset="place")
    along = ibis.window(group_by="path", order_by="place")
    paired = parts.select(parent=parts.part.lag().over(along), child=parts.part)
    distinct = paired.filter(paired.parent.notnull()).distinct().order_by("parent", "child").limit(MAX_LINKS)
    return [(row["parent"], row["child"]) for row in rows_of(distinct)]


def circle_of(links: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Names that are their own ancestors, or lie between such: what remains when leaves and roots are taken away.

    A level that is written twice (watches/watches) is a habit of naming and no circle.
    """
    remaining = {(parent, child) for parent, child in links if parent != child}
    while True:
        parents, children = {a for a, _ in remaining}, {b for _, b in remaining}
        kept = {(a, b) for a, b in remaining if a in children and b in parents}
        if len(kept) == len(remaining):
            return frozenset(a for a, _ in kept)
        remaining = kept


def _circles(clean: Clean, thresholds: Thresholds) -> Found | None:
    paths = category_paths(clean)
    of = int(one(paths.aggregate(n=paths.item_key.nunique()))["n"])
    if not of:
        return None
    names = circle_of(links(clean))
    if not names:
        return Found(count=0, of=of, limits=thresholds.circles, words="no category is its own ancestor")
    separator = clean.shop.category_separator
    split = paths.mutate(part=paths.path.split(separator))
    inside = split.unnest("part", offset="place")
    inside = inside.filter(inside.part.isin(sorted(names)))
    twice = inside.group_by("item_key", "path").aggregate(times=inside.count()).filter(ibis._.times > 1)
    count = int(one(twice.aggregate(n=twice.item_key.nunique()))["n"])
    by_path = twice.group_by("path").aggregate(items=twice.count())
    return Found(
        count=count,
        of=of,
        limits=thresholds.circles,
        words=f"{number(count, 'item')} in paths through categories that are their own ancestors: "
        + ", ".join(sorted(names)[:5]),
        headings=("path", "items"),
        examples=cells(worst(by_path, ibis.desc("items"), "path"), ("path", "items")),
    )


CIRCLES: Final = Check(
    name="category circles",
    looks_at="categories that are their own ancestors",
    needs="no item has a category",
    rule=lambda limits: (
        "items whose path goes through two names of a circle, e.g. a/b where b/a exists, or a/b/a; a/a is no circle"
    ),
    remedy="Give every category one parent in the export; a path is written from the root down.",
    command="shopwindow import --shop SHOP --table items FILE",
    find=_circles,
)


def _several_parents(clean: Clean, thresholds: Thresholds) -> Found | None:
    paths = category_paths(clean).select("path").distinct()
    parts = paths.mutate(parts=paths.path.split(clean.shop.category_separator))
    placed = parts.filter(parts.parts.length() > 1)
    leaves = placed.select(
        "path", leaf=placed.parts[placed.parts.length() - 1], parent=placed.parts[placed.parts.length() - 2]
    )
    by_leaf = leaves.group_by("leaf").aggregate(
        parents=leaves.parent.nunique(), such_as=leaves.path.collect(order_by=leaves.path)
    )
    count, of = how_many(by_leaf, by_leaf.parents > 1)
    if not of:
        return None
    several = by_leaf.filter(by_leaf.parents > 1).mutate(such_as=ibis._.such_as[:3])
    return Found(
        count=count,
        of=of,
        limits=thresholds.several_parents,
        words=f"{number(count, 'name')} of {of:,} at the end of paths stand under several parents",
        headings=("name", "parents", "such as"),
        examples=cells(worst(several, ibis.desc("parents"), "leaf"), ("leaf", "parents", "such_as")),
    )


SEVERAL_PARENTS: Final = Check(
    name="category parents",
    looks_at="the same last name under several parents",
    needs="no category path has two levels",
    rule=lambda limits: (
        "names at the end of a path; women/shoes and men/shoes is right, shoes/boots and winter/boots may be one "
        "category in two places"
    ),
    remedy="Where it is one category, give it one path and list the other as a further category of the item.",
    command="shopwindow import --shop SHOP --table items FILE",
    find=_several_parents,
)


def _moved(clean: Clean, thresholds: Thresholds) -> Found | None:
    rows = clean.item_rows.filter(clean.item_rows.categories.length() > 0)
    primary = rows.select("item_key", path=rows.categories[0])
    by_item = primary.group_by("item_key").aggregate(
        rows=primary.count(), paths=primary.path.nunique(), such_as=primary.path.collect(distinct=True)
    )
    again = by_item.filter(by_item.rows > 1)
    count, of = how_many(again, again.paths > 1)
    if not of:
        return None
    moved = again.filter(again.paths > 1).mutate(such_as=ibis._.such_as.sort()[:3])
    found = worst_named(clean, moved, ibis.desc("paths"), "item_key")
    return Found(
        count=count,
        of=of,
        limits=thresholds.moved_items,
        words=f"{number(count, 'item')} changed the primary category from one file to the next",
        headings=("item", "paths", "such as"),
        examples=cells(found, ("item", "paths", "such_as")),
    )


MOVED: Final = Check(
    name="items that moved",
    looks_at="items whose primary category differs between files",
    needs="no item's category was given twice",
    rule=lambda limits: "share of the items whose category several files or rows gave",
    remedy="If they did move, all is well: the latest file counts. If not, the order of an item's categories is not stable: "
    "write the primary one first.",
    command="shopwindow import --shop SHOP --table items FILE",
    find=_moved,
)
