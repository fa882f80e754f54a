"""LoggedPages: what the shop showed, in its order, and what came of each item.

Legend: P pages, I places of all pages together, K places of the longest page, A actions, U customers, E events.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopwindow.config import ShopDirectory
from shopwindow.datasets.build_columns import counted
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.opt_outs import customers_of
from shopwindow.datasets.requests import RequestSet, history_before
from shopwindow.datasets.text_codes import text_codes
from shopwindow.errors import DatasetError
from shopwindow.features.journey import hashed
from shopwindow.ingest.tables import read_actions, read_impressions, read_pages
from shopwindow.schema.arrays import Bool, Float, Int32, Int64, Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoggedPages:
    """Page p showed items offsets[p] .. offsets[p+1]-1, in this order.

    `requests`: what each page answered; its wanted items are those of the page with a gain. `row [I]`: -1 where the
    catalogue does not know the item. `acted [I, A]`: which of the shop's actions on the item name the page; none on
    unknown items. `gain [I]`: the largest of theirs, 0 for none. `propensity [I]`: as logged, NaN where it is not known.
    `seen [I]`: the item came into view or was acted on; all items of a page without any impression count as seen.
    """

    requests: RequestSet
    offsets: Int64
    row: Rows
    acted: Bool
    gain: Float
    propensity: Float
    seen: Bool

    def __len__(self) -> int:
        return len(self.requests)

    def page(self) -> Int64:
        """[I] the page that each place belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def position(self) -> Int64:
        """[I] place on its page, 0 = first."""
        return np.arange(len(self.row)) - self.offsets[self.page()]

    def by_page(self) -> Rows:
        """[P, K] the rows of each page in its order, then -1."""
        found = np.full((len(self), int(np.diff(self.offsets).max(initial=1))), -1, dtype=np.int32)
        found[self.page(), self.position()] = self.row
        return found

    def cells(self, pages: Int64) -> tuple[Bool, Int64]:
        """Of these pages' lines of `by_page`: which cells are places [., K], and which places they are, one after another."""
        size = np.diff(self.offsets)
        step = np.arange(int(size.max(initial=1)))
        there = step < size[pages][:, None]
        return there, (self.offsets[pages][:, None] + step)[there]

    def where(self, chosen: Bool) -> "LoggedPages":
        """The chosen pages; `chosen [P]`."""
        return self.take(np.flatnonzero(chosen))

    def take(self, pages: Int64) -> "LoggedPages":
        """These pages, in this order."""
        length = np.diff(self.offsets)[pages]
        offsets = np.append(0, np.cumsum(length)).astype(np.int64)
        places = np.repeat(self.offsets[pages] - offsets[:-1], length) + np.arange(offsets[-1])
        return LoggedPages(
            requests=self.requests.take(pages),
            offsets=offsets,
            row=self.row[places],
            acted=self.acted[places],
            gain=self.gain[places],
            propensity=self.propensity[places],
            seen=self.seen[places],
        )

    def only(self, places: Bool) -> "LoggedPages":
        """The same pages with the chosen places only, `places [I]`; wanted items must be among them."""
        kept = np.append(0, np.cumsum(places))[self.offsets].astype(np.int64)
        return replace(
            self,
            offsets=kept,
            row=self.row[places],
            acted=self.acted[places],
            gain=self.gain[places],
            propensity=self.propensity[places],
            seen=self.seen[places],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTables:
    """The clean tables that pages are made of (schemas PAGES, IMPRESSIONS, ACTIONS, CUSTOMERS)."""

    pages: pa.Table
    impressions: pa.Table
    actions: pa.Table
    customers: pa.Table

    def acted_before(self, at_ms: int) -> "PageTables":
        """The same pages without what was done from this moment on: what was known of them by then."""
        return replace(self, actions=self.actions.filter(pc.less(self.actions.column("at_ms"), at_ms)))


def read_page_tables(shop_dir: ShopDirectory) -> PageTables:
    """What was imported.

    Raises:
        DatasetError: no page was imported.
    """
    tables = PageTables(
        pages=read_pages(shop_dir),
        impressions=read_impressions(shop_dir),
        actions=read_actions(shop_dir),
        customers=customers_of(shop_dir),
    )
    if not tables.pages.num_rows:
        raise DatasetError(
            f"{shop_dir.root}: expected pages that the shop has served, came none; import them with "
            "`shopwindow import --table pages`, and actions that name them in page_id"
        )
    return tables


def load_pages(shop_dir: ShopDirectory, dataset: Dataset) -> tuple[Dataset, LoggedPages]:
    """The imported pages of a shop; see `logged_pages`.

    Raises:
        DatasetError: no page was imported.
    """
    return logged_pages(dataset, read_page_tables(shop_dir))


def logged_pages(dataset: Dataset, tables: PageTables) -> tuple[Dataset, LoggedPages]:
    """The pages in order of time, and the data set with those customers, too, who were shown pages and never acted.

    Left out: test pages, pages of customers who declined, pages without items; of an item that stands twice on a page
    the first place counts.

    Raises:
        DatasetError: a surface that the shop's configuration does not know. Actions that it does not know count nothing.
    """
    pages = counted(tables.pages, tables.customers)
    pages = pages.filter(pc.is_valid(pages.column("customer_key"))).sort_by("at_ms")
    dataset = with_customers(dataset, pages.column("customer_key").to_numpy())
    items = pages.column("items").combine_chunks()
    length = pc.list_value_length(items).fill_null(0).to_numpy().astype(np.int64)
    key = pc.list_flatten(items).to_numpy().astype(np.int32)
    page = np.repeat(np.arange(len(length)), length)
    places = _Places(pages.column("page_id").combine_chunks(), page, key)
    viewed = places.find(tables.impressions)
    propensity = _propensities(pages.column("propensities").combine_chunks(), length)
    first = np.zeros(len(key), dtype=np.bool_)
    first[np.unique(page * (int(key.max(initial=0)) + 1) + key, return_index=True)[1]] = True
    row = dataset.catalog.rows_of(key[first])
    offsets = np.searchsorted(page[first], np.arange(len(length) + 1)).astype(np.int64)
    acted = _acted(dataset, tables.actions, places)[first] & (row >= 0)[:, None]
    gain = np.where(acted, np.maximum(dataset.gains, 0), np.float32(0)).max(axis=1)
    wanted = gain > 0
    truth_offsets = np.append(0, np.cumsum(wanted))[offsets].astype(np.int64)
    found = LoggedPages(
        requests=_requests(dataset, pages, truth_offsets, row[wanted], gain[wanted]),
        offsets=offsets,
        row=row,
        acted=acted,
        gain=gain,
        propensity=propensity[first],
        seen=_seen(viewed, page, len(length))[first] | wanted,
    )
    return dataset, found.where(length > 0)


def with_customers(dataset: Dataset, customer_key: Int64) -> Dataset:
    """The data set in which these customers have a place, too; those it did not know have no events."""
    columns = dataset.columns
    keys = np.union1d(columns.customer_key, customer_key)
    place = np.searchsorted(keys, columns.customer_key)
    length = np.zeros(len(keys), dtype=np.int64)
    length[place] = np.diff(columns.offsets)
    country, device = np.full((2, len(keys)), -1, dtype=np.int32)
    country[place], device[place] = columns.country, columns.device
    return replace(
        dataset,
        columns=replace(
            columns,
            customer_key=keys,
            offsets=np.append(0, np.cumsum(length)).astype(np.int64),
            country=country,
            device=device,
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Page and item of every place [I], to find rows of other tables that name both."""

    page_id: pa.Array  # [P]
    page: Int64
    key: Int32

    def find(self, table: pa.Table) -> Bool:
        """[I] whether a row names the page and the item."""
        place = pc.index_in(table.column("page_id"), value_set=self.page_id).fill_null(-1).to_numpy()
        item = table.column("item_key").to_numpy().astype(np.int64)
        many = int(max(self.key.max(initial=0), item.max(initial=0))) + 1
        there = place >= 0
        found: Bool = np.isin(self.page * many + self.key, place[there].astype(np.int64) * many + item[there])
        return found


def _acted(dataset: Dataset, actions: pa.Table, places: _Places) -> Bool:
    """[I, A] which of the shop's actions name the page and the item; tests do not count."""
    named = pc.and_(
        pc.is_valid(actions.column("page_id")), pc.invert(pc.fill_null(actions.column("test"), False))
    )
    actions = actions.filter(named)
    names = dataset.shop.action_names
    found: Bool = np.empty((len(places.key), len(names)), dtype=np.bool_)
    for code, name in enumerate(names):
        found[:, code] = places.find(actions.filter(pc.equal(actions.column("action"), name)))
    return found


def _seen(viewed: Bool, page: Int64, num_pages: int) -> Bool:
    """[I] what came into view; everything on pages of which no view is known."""
    some = np.bincount(page[viewed], minlength=num_pages) > 0
    seen: Bool = viewed | ~some[page]
    return seen


def _propensities(lists: pa.Array, length: Int64) -> Float:
    """[I] as logged; NaN for pages that logged none, or another number than items."""
    logged = pc.list_value_length(lists).fill_null(0).to_numpy().astype(np.int64)
    found: Float = np.full(int(length.sum()), np.nan, dtype=np.float32)
    fits = (logged == length) & (length > 0)
    values = pc.list_flatten(lists).to_numpy(zero_copy_only=False).astype(np.float32)
    found[np.repeat(fits, length)] = values[np.repeat(fits, logged)]
    return found


def _requests(
    dataset: Dataset, pages: pa.Table, truth_offsets: Int64, truth_rows: Rows, truth_gain: Float
) -> RequestSet:
    columns, tree = dataset.columns, dataset.catalog.categories
    node_of, surfaces = tree.codes(), dataset.shop.surface_names
    at_ms = pages.column("at_ms").to_numpy().astype(np.int64)
    customer = np.searchsorted(columns.customer_key, pages.column("customer_key").to_numpy()).astype(np.int32)
    return RequestSet(
        customer=customer,
        history_end=history_before(columns, customer, at_ms),
        at_ms=at_ms,
        surface=text_codes(pages.column("surface"), lambda name: _surface_code(surfaces, name)),
        category=text_codes(
            pages.column("category"), lambda path: node_of.get(tree.clean(path), -1) if path else -1
        ),
        query=text_codes(pages.column("query"), hashed),
        truth_offsets=truth_offsets,
        truth_rows=truth_rows,
        truth_gain=truth_gain,
    )


def _surface_code(surfaces: tuple[str, ...], name: str) -> int:
    """The place of a surface, -1 for "".

    Raises:
        DatasetError: there is no such surface.
    """
    if name and name not in surfaces:
        raise DatasetError(
            f"pages, surface: expected one of {', '.join(surfaces)}, came {name!r}; append it to shop.toml"
        )
    return surfaces.index(name) if name else -1
