"""From a request as it came to a Context: checked, every id looked up once. Serving and replay share `context_of`."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from shopwindow.errors import RequestError
from shopwindow.features.customer import DAY_MS, PURCHASE_DAYS, CustomerState
from shopwindow.features.journey import hashed, standard_offset_ms
from shopwindow.features.live_journey import JourneyView, LiveContext, journey_of
from shopwindow.release.model_card import ModelCard
from shopwindow.schema.arrays import Int32, Int64, Rows
from shopwindow.schema.live import NOBODY
from shopwindow.schema.request import RankRequest
from shopwindow.schema.shop import ShopConfig
from shopwindow.serving.context import Context
from shopwindow.serving.shelf import NO_ROWS, Place, Shelf

MAX_K: Final = 500
VARIANTS: Final = ("default", "popular")


class Ids(Protocol):
    """Looks ids up, allocates nothing (ingest.identity)."""

    def find_items(self, ids: Sequence[str]) -> Int32: ...

    def find_customers(self, ids: Sequence[str]) -> Int64: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Keys:
    """A request's ids as keys. `customer`: NOBODY without one and for one never seen; `seed_item`: -1 = none."""

    customer: int
    seed_item: int
    exclude: Int32


def check(request: RankRequest, shop: ShopConfig) -> None:
    """Refuse what this shop cannot answer.

    Raises:
        RequestError: surface, market, variant, k or a filter is not one of the shop's; or "similar" without a seed.
    """
    surface = shop.surface(request.surface)
    if surface is None:
        raise _refused(
            "unknown_surface", "surface", f"one of {', '.join(shop.surface_names)}", request.surface
        )
    if not 1 <= request.k <= MAX_K:
        raise _refused("bad_k", "k", f"a whole number from 1 to {MAX_K}", request.k)
    if request.market is not None and request.market not in shop.market_codes:
        raise _refused("unknown_market", "market", f"one of {', '.join(shop.market_codes)}", request.market)
    if request.variant not in VARIANTS:
        raise _refused("unknown_variant", "variant", f"one of {', '.join(VARIANTS)}", request.variant)
    if surface.kind == "similar" and request.seed_item is None:
        raise _refused("missing_seed_item", "seed_item", "the item that the page is about", None)
    names = [attribute.name for attribute in shop.attributes]
    for name, _ in request.filters.attributes:
        if name not in names:
            known = f"one of {', '.join(names)}" if names else "none: this shop declares no attributes"
            raise _refused("unknown_attribute", "filters.attributes", known, name)


def keys_of(request: RankRequest, ids: Ids) -> Keys:
    """The request's ids as keys; a customer never seen is a new customer, an unknown item to exclude is excluded already.

    Raises:
        RequestError: the seed item is not known.
    """
    customer = NOBODY
    if request.customer is not None:
        customer = int(ids.find_customers([request.customer])[0])
    wanted = [*request.exclude, *([request.seed_item] if request.seed_item is not None else [])]
    found = ids.find_items(wanted) if wanted else np.zeros(0, dtype=np.int32)
    seed = -1
    if request.seed_item is not None:
        seed, found = int(found[-1]), found[:-1]
        if seed < 0:
            raise _refused("unknown_item", "seed_item", "an item of this shop", request.seed_item)
    return Keys(customer=customer, seed_item=seed, exclude=found[found >= 0])


def place_of(request: RankRequest, shelf: Shelf, seed_row: int) -> Place:
    """Where candidates come from: the category asked for, else the whole shop.

    Raises:
        RequestError: nobody knows the category; or the seed item is not in this release.
    """
    if request.seed_item is not None and seed_row < 0:
        raise _refused("unknown_item", "seed_item", "an item that the active release has", request.seed_item)
    path = None if request.category is None else shelf.catalog.categories.clean(request.category)
    place = shelf.place_of(path)
    if place is None:
        raise _refused(
            "unknown_category",
            "category",
            "a category path of this shop (see GET /v1/categories)",
            request.category,
        )
    return place


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """How a release's model reads a customer: its words as codes. `view.row_of_key` is replaced by the shelf's."""

    view: JourneyView
    surface_codes: Mapping[str, int]
    category_codes: Mapping[str, int]


def reading_of(shop: ShopConfig, model: ModelCard, row_of_key: Int32) -> Reading:
    """The reading of a model trained for this shop."""
    paths = model.category_paths
    view = JourneyView.of(
        row_of_key, paths, shop.category_separator, standard_offset_ms(shop.time_zone), model.max_actions
    )
    return Reading(
        view=view,
        surface_codes={name: code for code, name in enumerate(shop.surface_names)},
        category_codes={path: code for code, path in enumerate(paths)},
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What was looked up at one offset of the log."""

    state: CustomerState
    shelf: Shelf
    log_offset: int


def context_of(request: RankRequest, keys: Keys, known: Known, reading: Reading) -> Context:
    """Everything that ranking reads. Pure: the same arguments give the same page, today and in replay.

    Raises:
        RequestError: see place_of.
    """
    state, shelf = known.state, known.shelf
    seed_row = int(shelf.rows_of(np.array([keys.seed_item], dtype=np.int32))[0])
    place = place_of(request, shelf, seed_row)
    hidden = state.hidden["item_key"]
    seed = [keys.seed_item] if keys.seed_item >= 0 else []
    never = np.concatenate([keys.exclude, hidden, seed]).astype(np.int32)
    bought = state.purchases["item_key"][state.purchases["at_ms"] >= request.at_ms - PURCHASE_DAYS * DAY_MS]
    return Context(
        request=request,
        customer_key=keys.customer,
        state=state,
        journey=journey_of([state], [live_context(request, shelf, reading)], view_of(shelf, reading)),
        shelf=shelf,
        place=place,
        market=request.market or shelf.shop.market_codes[0],
        seed_row=seed_row,
        excluded=_sorted_rows(shelf, never),
        bought=_sorted_rows(shelf, bought),
        seed=zlib.crc32(request.request_id.encode()),
        log_offset=known.log_offset,
    )


def live_context(request: RankRequest, shelf: Shelf, reading: Reading) -> LiveContext:
    """Where the customer is now, in the codes of the release's model."""
    tree = shelf.catalog.categories
    category = (
        -1 if request.category is None else reading.category_codes.get(tree.clean(request.category), -1)
    )
    return LiveContext(
        at_ms=request.at_ms,
        surface=reading.surface_codes.get(request.surface, -1),
        category=category,
        query=hashed(request.query),
        country=hashed(request.country),
        device=hashed(request.device),
    )


def view_of(shelf: Shelf, reading: Reading) -> JourneyView:
    """The reading with the rows of this shelf, live items included."""
    return replace(reading.view, row_of_key=shelf.row_of_key)


def _sorted_rows(shelf: Shelf, keys: Int32) -> Rows:
    if not len(keys):
        return NO_ROWS
    rows = np.unique(shelf.rows_of(keys))
    return rows[rows >= 0]


def _refused(code: str, field: str, expected: str, came: object) -> RequestError:
    message = f"{field}: expected {expected}, came {came!r}"
    return RequestError(code, message, field=field, expected=expected, came=came)
