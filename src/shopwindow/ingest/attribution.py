"""Attribution: which page an action answers, where the shop's files do not say so. Last touch.

Expressions only, and only such as DuckDB and Spark both run: no as-of join, one sort of what was shown.
"""

from typing import Final

import ibis
import ibis.expr.types as ir

REQUEST: Final = ("surface", "category", "query")
"""What a page hands on to the actions that answer it, with its id and the item's position."""


def attributed(actions: ir.Table, pages: ir.Table, window_ms: int) -> ir.Table:
    """The actions with page_id, position, surface, category and query filled in where these are null.

    A touch is an action of the kind that the customer did first to the item in the session, a click as a rule:
    it answers the latest page of the same customer that showed the item, not after the action and at most
    `window_ms` before it. Other kinds (cart, purchase) inherit the latest page that the session's touches of
    the item answer, and find a page like a touch if there is none. A page_id of the action's own stands; a page that
    contradicts what the action says of its request is not its page. What finds no page stays null: unknown.

    `actions`: columns of ACTIONS with `session`, `part`, `line`. `pages`: columns of PAGES, each page_id once.
    """
    numbered = pages.filter(pages.customer_key.notnull()).mutate(number=_in_order(pages))
    slots = _slots(numbered, actions)
    found = _answered(_shown_last(_own(actions, numbered), slots), numbered, window_ms)
    return _completed(_inherited(found), numbered, slots).select(*actions.columns)


def is_complete(actions: ir.Table) -> bool:
    """Whether every action says its page, position and surface, so that there is nothing to attribute."""
    lacking = actions.page_id.isnull() | actions.position.isnull() | actions.surface.isnull()
    return not actions.filter(lacking).limit(1).count().to_pyarrow().as_py()


def _in_order(pages: ir.Table) -> ir.IntegerValue:
    """The pages of each customer, numbered as they came."""
    return ibis.row_number().over(group_by="customer_key", order_by=("at_ms", "page_id")).cast("int64")


def _slots(pages: ir.Table, actions: ir.Table) -> ir.Table:
    """(customer_key, item_key, number) with the time of the page and the first position of the item on it.

    Only of items that the customer acted on: far less is sorted than was shown.
    """
    shown = pages.select("customer_key", "number", "at_ms", item_key=pages["items"]).unnest(
        "item_key", offset="position"
    )
    wanted = shown.semi_join(actions, ["customer_key", "item_key"])
    return wanted.group_by("customer_key", "item_key", "number", "at_ms").aggregate(
        position=wanted.position.min().cast("int32")
    )


def _own(actions: ir.Table, pages: ir.Table) -> ir.Table:
    """Adds `own`, the number of the page that the action names, if it is one of the customer's."""
    named = pages.select("number", own_page="page_id", own_customer="customer_key")
    joined = actions.left_join(
        named, [actions.page_id == named.own_page, actions.customer_key == named.own_customer]
    )
    return joined.rename(own="number").drop("own_page", "own_customer")


def _shown_last(actions: ir.Table, slots: ir.Table) -> ir.Table:
    """Adds `number`, the latest page so far that showed the item: pages and actions sorted together, running maximum."""
    columns = {name: ibis.null(kind) for name, kind in actions.schema().items()}
    showings = slots.select(
        **{**columns, "customer_key": slots.customer_key, "item_key": slots.item_key, "at_ms": slots.at_ms},
        number=slots.number,
        acts=ibis.literal(0, "int8"),
    )
    deeds = actions.mutate(number=ibis.null("int64"), acts=ibis.literal(1, "int8"))
    both = deeds.union(showings.select(*deeds.columns))
    so_far = ibis.cumulative_window(
        group_by=("customer_key", "item_key"), order_by=("at_ms", "acts", "part", "line")
    )
    latest = both.mutate(number=both.number.max().over(so_far))
    return latest.filter(latest.acts == 1).drop("acts")


def _answered(actions: ir.Table, pages: ir.Table, window_ms: int) -> ir.Table:
    """`number` only where that page is recent enough and of the request that the action speaks of; `own` first."""
    asked = pages.select(
        asked_customer="customer_key",
        asked_number="number",
        asked_ms="at_ms",
        **{f"asked_{name}": name for name in REQUEST},
    )
    joined = actions.left_join(
        asked, [actions.customer_key == asked.asked_customer, actions.number == asked.asked_number]
    )
    answers = joined.page_id.isnull() & (joined.at_ms - joined.asked_ms <= window_ms)
    for name in REQUEST:
        answers &= joined[name].isnull() | (joined[name] == joined[f"asked_{name}"]).fill_null(False)
    number = ibis.coalesce(joined.own, answers.fill_null(False).ifelse(joined.number, ibis.null("int64")))
    return joined.mutate(number=number).drop(*asked.columns)


def _inherited(actions: ir.Table) -> ir.Table:
    """`number` of what follows a touch from the touches of the same item in the same session."""
    actions = actions.mutate(real=~actions.test.fill_null(False))  # test events hand nothing on to real ones
    story = ("customer_key", "item_key", "session", "real")
    so_far = ibis.cumulative_window(group_by=story, order_by=("at_ms", "part", "line"))
    marked = actions.mutate(began=actions.action.first().over(so_far))
    touch = marked.action == marked.began
    marked = marked.mutate(touched=touch.ifelse(marked.number, ibis.null("int64")))
    touched = marked.touched.max().over(so_far)
    free = ~touch & marked.page_id.isnull()
    return marked.mutate(number=free.ifelse(ibis.coalesce(touched, marked.number), marked.number))


def _completed(actions: ir.Table, pages: ir.Table, slots: ir.Table) -> ir.Table:
    """What is null and known from the page `number`, filled in."""
    given = pages.select(
        given_customer="customer_key",
        given_number="number",
        given_page_id="page_id",
        **{f"given_{name}": name for name in REQUEST},
    )
    placed = slots.select(
        placed_customer="customer_key",
        placed_item="item_key",
        placed_number="number",
        given_position="position",
    )
    joined = actions.left_join(
        given, [actions.customer_key == given.given_customer, actions.number == given.given_number]
    )
    joined = joined.left_join(
        placed,
        [
            joined.customer_key == placed.placed_customer,
            joined.item_key == placed.placed_item,
            joined.number == placed.placed_number,
        ],
    )
    return joined.mutate(
        **{
            name: ibis.coalesce(joined[name], joined[f"given_{name}"])
            for name in ("page_id", "position", *REQUEST)
        }
    )
