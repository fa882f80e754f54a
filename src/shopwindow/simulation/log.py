"""The simulated log under construction: pages, impressions and actions, flushed to files part by part."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from shopwindow.schema.shop import DEFAULT_ACTIONS
from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Whole
from shopwindow.simulation.behaviour import CART, PURCHASE, RETURN, Deeds, Reaction
from shopwindow.simulation.exports import customer_ids, item_ids
from shopwindow.simulation.life import Shown
from shopwindow.simulation.queries import QueryBook
from shopwindow.simulation.table_file import TableFile, coded, numbered
from shopwindow.simulation.walk import HOME, SEARCH, Asks, Walk
from shopwindow.simulation.world import World

RELEASE = "logging-policy-1"
FLUSH_ROWS = 400_000
MARKET_OF_COUNTRY = np.array([market for _, market, _ in words.COUNTRIES], dtype=np.int32)


class Log:
    """Takes in each step of the simulation; writes actions, pages and impressions. Use `close`."""

    def __init__(self, world: World, folder: Path, table_format: str) -> None:
        self._world = world
        self.actions = TableFile(folder / "actions", table_format)
        self.pages = TableFile(folder / "pages", table_format)
        self.impressions = TableFile(folder / "impressions", table_format)
        self.num_visits = 0
        self.action_counts = np.zeros(len(DEFAULT_ACTIONS), dtype=np.int64)
        self._items, self._customers = item_ids(world), customer_ids(world)
        self._queries = QueryBook(world.goods)
        self._page_parts: list[tuple[Whole, ...]] = []
        self._item_parts: list[Shown] = []
        self._view_parts: list[tuple[Whole, Whole, Whole, Whole]] = []
        self._deed_parts: list[tuple[Whole, Deeds]] = []
        self._first_page = 0  # number of the first page that is not flushed
        self._next_page = 0
        self._waiting = 0

    def add(self, walk: Walk, asks: Asks, shown: Shown, reaction: Reaction) -> None:
        """One step of many visits: their pages and what these led to."""
        number = self._next_page + np.arange(len(walk), dtype=np.int64)
        self._next_page += len(walk)
        self.num_visits += int((walk.pages == 0).sum())
        asked = asks.surface == SEARCH
        category = np.where((asks.surface == HOME) | asked, 0, asks.node)
        self._page_parts.append(
            (
                walk.cursor_ms,
                walk.customer,
                asks.surface,
                category,
                self._queries.places(asks.queries, asked),
                asks.seed,
                MARKET_OF_COUNTRY[self._world.people.country[walk.customer]],
                walk.device,
            )
        )
        self._item_parts.append(shown)
        page, position = np.nonzero(reaction.in_view)
        self._view_parts.append(
            (
                number[page],
                shown.items[page, position],
                position.astype(np.int16),
                reaction.view_ms[page, position],
            )
        )
        self._deed_parts.append((number[reaction.deeds.page], reaction.deeds))
        self._waiting += len(page)
        if self._waiting >= FLUSH_ROWS:
            self.flush()

    def close(self) -> None:
        """Writes what is left."""
        if self._page_parts:
            self.flush()
        for file in (self.actions, self.pages, self.impressions):
            file.close()

    def flush(self) -> None:
        """Writes the steps taken in so far, each table sorted by time."""
        columns = [np.concatenate(column) for column in zip(*self._page_parts, strict=True)]
        self._write_pages(columns)
        self._write_impressions(columns)
        self._write_actions(columns)
        self._first_page = self._next_page
        for parts in (self._page_parts, self._item_parts, self._view_parts, self._deed_parts):
            parts.clear()
        self._waiting = 0

    def _context(self, columns: list[Whole], rows: Whole) -> dict[str, pa.Array]:
        """The columns that a page hands on to its actions."""
        _, customer, surface, category, query, _, market, device = (column[rows] for column in columns)
        return {
            "customer": coded(customer, self._customers),
            "surface": coded(surface, words.SURFACES),
            "category": coded(np.where(category == 0, -1, category), self._world.goods.tree.paths),
            "query": coded(query, self._queries.texts),
            "market": coded(market, [code for code, _, _ in words.MARKETS]),
            "device": coded(device, words.DEVICES),
        }

    def _write_pages(self, columns: list[Whole]) -> None:
        order = np.argsort(columns[0], kind="stable")
        items = np.concatenate([part.items for part in self._item_parts])[order]
        propensities = np.concatenate([part.propensities for part in self._item_parts])[order]
        real = items >= 0
        offsets = pa.array(np.r_[0, np.cumsum(real.sum(axis=1))].astype(np.int32))
        size, unknown = len(order), (real & np.isnan(propensities)).any(axis=1)
        self.pages.write(
            pa.table(
                {
                    "page_id": numbered("p", self._first_page + order),
                    "at": columns[0][order],
                    **self._context(columns, order),
                    "seed_item": coded(columns[5][order], self._items),
                    "items": pa.ListArray.from_arrays(offsets, self._items.take(pa.array(items[real]))),
                    "propensities": pa.ListArray.from_arrays(
                        offsets, pa.array(propensities[real]), mask=pa.array(unknown)
                    ),
                    "release": coded(np.zeros(size, dtype=np.int32), [RELEASE]),
                    "config_version": np.ones(size, dtype=np.int64),
                    "seed": np.full(size, self._world.spec.seed, dtype=np.int64),
                }
            )
        )

    def _write_impressions(self, columns: list[Whole]) -> None:
        page, item, position, at_ms = (
            np.concatenate(column) for column in zip(*self._view_parts, strict=True)
        )
        order = np.argsort(at_ms, kind="stable")
        first = self.impressions.num_rows
        self.impressions.write(
            pa.table(
                {
                    "event_id": numbered("i", first + np.arange(len(order))),
                    "at": at_ms[order],
                    "customer": coded(columns[1][page[order] - self._first_page], self._customers),
                    "page_id": numbered("p", page[order]),
                    "item": coded(item[order], self._items),
                    "position": position[order].astype(np.int32),
                }
            )
        )

    def _write_actions(self, columns: list[Whole]) -> None:
        page = np.concatenate([part[0] for part in self._deed_parts])
        deeds = [part[1] for part in self._deed_parts]
        item, action, at_ms, dwell, position = (
            np.concatenate([getattr(each, name) for each in deeds])
            for name in ("item", "action", "at_ms", "dwell_ms", "position")
        )
        order = np.argsort(at_ms, kind="stable")
        order = order[at_ms[order] < self._world.spec.end_ms]
        page, item, action, at_ms, dwell, position = (
            column[order] for column in (page, item, action, at_ms, dwell, position)
        )
        self.action_counts += np.bincount(action, minlength=len(self.action_counts))
        context = self._context(columns, page - self._first_page)
        market = columns[6][page - self._first_page]
        minor = self._world.goods.price_minor[item, market]
        paid = np.isin(action, (CART, PURCHASE, RETURN))
        unpriced = ~paid | (minor < 0)
        first = self.actions.num_rows
        self.actions.write(
            pa.table(
                {
                    "event_id": numbered("a", first + np.arange(len(order))),
                    "at": at_ms,
                    "customer": context["customer"],
                    "item": coded(item, self._items),
                    "action": coded(action, [each.name for each in DEFAULT_ACTIONS]),
                    "surface": context["surface"],
                    "category": context["category"],
                    "query": context["query"],
                    "page_id": numbered("p", page),
                    "position": position.astype(np.int32),
                    "value": pa.array(minor / 100.0, mask=unpriced),
                    "quantity": pa.array(np.ones(len(order), dtype=np.int32), mask=~paid),
                    "dwell_ms": pa.array(dwell, mask=dwell < 0),
                    "market": context["market"],
                    "device": context["device"],
                }
            )
        )
