"""What there is to look at: the category tree, some customers, one customer's journey."""

import msgspec
import numpy as np
from msgspec import Struct

from shopwindow.api.pages import ready
from shopwindow.errors import StateError
from shopwindow.serving.assembly import ShopRuntime
from shopwindow.serving.details import details_of
from shopwindow.serving.shelf import Shelf

MAX_CUSTOMERS = 1000


class CategoryOut(Struct):
    """A node of the tree; `count`: items in its subtree that the shop knows now."""

    path: str
    name: str
    depth: int
    count: int


class CategoriesOut(Struct):
    """GET /v1/categories."""

    categories: list[CategoryOut]


class CustomerOut(Struct):
    """A customer and how many of their last actions are known (at most 100)."""

    customer: str
    actions: int


class CustomersOut(Struct):
    """GET /v1/customers."""

    customers: list[CustomerOut]


class StepOut(Struct):
    """One action. `title`, `picture` None: the active release does not have the item."""

    item: str
    action: str
    at_ms: int
    title: str | None
    picture: str | None


class StepsOut(Struct):
    """GET /v1/customers/{id}; newest first. A customer never seen has no actions."""

    customer: str
    actions: list[StepOut]


def categories(runtime: ShopRuntime) -> bytes:
    """The tree in pre-order, without the root.

    Raises:
        RequestError: there is no release.
    """
    shelf = ready(runtime).shelf.now
    separator = shelf.catalog.categories.separator
    paths = sorted({*shelf.node_of_path, *shelf.tail_of_path} - {""}, key=lambda path: path.split(separator))
    found = [
        CategoryOut(path, path.rsplit(separator, 1)[-1], path.count(separator), _count(shelf, path))
        for path in paths
    ]
    return msgspec.json.encode(CategoriesOut(found))


def customers(runtime: ShopRuntime, limit: int) -> bytes:
    """Some customers of whom actions are known."""
    found = []
    for key, actions in runtime.store.customers(min(limit, MAX_CUSTOMERS)):
        try:
            (customer,) = runtime.lookups.customer_ids([key])
        except StateError:  # erased: the state outlives its link to a person only until it is compacted
            continue
        found.append(CustomerOut(customer, actions))
    return msgspec.json.encode(CustomersOut(found))


def journey(runtime: ShopRuntime, customer: str) -> bytes:
    """What is known of one customer, newest first."""
    key = int(runtime.lookups.find_customers([customer])[0])
    if key < 0:
        return msgspec.json.encode(StepsOut(customer, []))
    actions = runtime.store.read([key]).states[0].actions[::-1]
    names = runtime.shop.action_names
    seen = _titles(runtime, actions["item_key"].astype(np.int32))
    ids = runtime.lookups.item_ids(actions["item_key"].tolist())
    steps = [
        StepOut(
            item,
            names[action] if action < len(names) else "unknown",
            at_ms,
            *seen.get(item_key, (None, None)),
        )
        for item, item_key, action, at_ms in zip(
            ids,
            actions["item_key"].tolist(),
            actions["action"].tolist(),
            actions["at_ms"].tolist(),
            strict=True,
        )
    ]
    return msgspec.json.encode(StepsOut(customer, steps))


def _titles(runtime: ShopRuntime, keys: np.ndarray) -> dict[int, tuple[str | None, str | None]]:
    if runtime.ranking is None:
        return {}
    shelf = runtime.ranking.shelf.now
    known = np.unique(keys)
    rows = shelf.rows_of(known)
    known, rows = known[rows >= 0], rows[rows >= 0]
    details = details_of(shelf, rows, shelf.shop.market_codes[0], 0)
    return {key: (each.title, each.picture) for key, each in zip(known.tolist(), details, strict=True)}


def _count(shelf: Shelf, path: str) -> int:
    place = shelf.place_of(path)
    if place is None:
        return 0
    moved = np.concatenate([np.arange(place.first, place.last), place.others])
    key_at_home = shelf.row_of_key[shelf.item_key[moved]] == moved
    return int(key_at_home.sum()) + len(place.tail)
