"""Targets: the fields that a file can fill, per clean table, and the words files use for them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Target:
    """A field of a clean table, as files from outside give it (ids, not keys).

    `kind`: id, word (one of the shop's names), path, text, time, whole, number, money, flag, ids, numbers,
    paths, offers or map. `also`: names that a file may use for it, the likeliest first.
    """

    name: str
    kind: str
    required: bool = False
    also: tuple[str, ...] = ()


CUSTOMER: Final = Target(
    "customer", "id", True,
    ("customer_id", "user", "user_id", "userid", "uid", "visitor", "visitor_id", "visitorid", "client_id",
     "member_id", "shopper_id"),
)  # fmt: skip
ITEM: Final = Target(
    "item", "id", True,
    ("item_id", "itemid", "product", "product_id", "productid", "sku", "article", "article_id", "asin"),
)  # fmt: skip
AT: Final = Target(
    "at", "time", True,
    ("at_ms", "timestamp", "event_time", "event_timestamp", "time", "ts", "datetime", "date_time", "unix_time",
     "created_at", "visit_datetime", "date", "time_stamp", "day"),
)  # fmt: skip
SURFACE: Final = Target("surface", "word", also=("page_type", "placement"))
CATEGORY: Final = Target("category", "path", also=("request_category", "browse_category"))
QUERY: Final = Target("query", "text", also=("search_query", "search_term", "q"))
MARKET: Final = Target("market", "word")
DEVICE: Final = Target("device", "text", also=("device_type", "platform"))
POSITION: Final = Target("position", "whole", also=("rank", "place"))
EVENT_ID: Final = Target("event_id", "text", also=("eventid", "event_uuid", "uuid"))
TEST: Final = Target("test", "flag", also=("is_test",))

ACTIONS: Final = (
    CUSTOMER, ITEM, AT,
    Target("action", "word", True,
           ("event_type", "event", "behaviour", "behavior", "behaviour_type", "behavior_type", "type",
            "action_type", "activity")),
    EVENT_ID, SURFACE, CATEGORY, QUERY,
    Target("page_id", "text", also=("request_id", "impression_id")),
    POSITION,
    Target("value", "number", also=("revenue", "amount", "total")),
    Target("quantity", "whole", also=("qty", "count")),
    Target("dwell_ms", "whole", also=("dwell",)),
    MARKET, DEVICE, TEST,
    Target("item_category", "paths", also=("category_code", "category_id", "category_path", "categoryid")),
    Target("item_brand", "text", also=("brand", "brand_name")),
    Target("item_price", "money", also=("price", "unit_price")),
    Target("item_title", "text", also=("title", "product_name", "item_name")),
)  # fmt: skip
PAGES: Final = (
    Target("page_id", "text", True, ("request_id",)),
    AT, CUSTOMER, SURFACE, CATEGORY, QUERY,
    Target("seed_item", "id"),
    MARKET, DEVICE,
    Target("items", "ids", True, ("item_ids", "products")),
    Target("propensities", "numbers"),
    Target("release", "text"),
    Target("config_version", "whole"),
    Target("seed", "whole"),
    Target("log_offset", "whole"),
    TEST,
)  # fmt: skip
IMPRESSIONS: Final = (
    EVENT_ID, AT, CUSTOMER,
    Target("page_id", "text", also=("request_id",)),
    ITEM, POSITION, TEST,
)  # fmt: skip
ITEMS: Final = (
    Target("item", "id", True, (*ITEM.also, "id")),
    Target("kind", "text"),
    Target("parent", "text", also=("parent_id", "parent_asin", "group_id")),
    Target("brand", "text", also=("brand_name", "manufacturer")),
    Target("seller", "text", also=("seller_id", "merchant", "store")),
    Target("categories", "paths", also=("category", "category_path", "category_code", "category_id", "genres")),
    Target("title", "text", also=("name", "product_name", "item_name", "productdisplayname")),
    Target("text", "text", also=("description", "desc", "body")),
    Target("picture", "text", also=("image", "image_url", "picture_url", "img", "imurl")),
    Target("offers", "offers"),
    Target("price", "money", also=("unit_price",)),
    Target("stock", "whole", also=("inventory", "quantity")),
    MARKET,
    Target("attributes", "map", also=("properties",)),
    Target("first_seen", "time", also=("first_seen_ms", "created_at", "added_at", "release_date")),
)  # fmt: skip
CUSTOMERS: Final = (
    Target("customer", "id", True, (*CUSTOMER.also, "id")),
    Target("country", "text", also=("country_code",)),
    Target("attributes", "map", also=("properties",)),
    Target("consent", "flag", also=("opt_in",)),
)
TARGETS: Final = {
    "actions": ACTIONS, "pages": PAGES, "impressions": IMPRESSIONS, "items": ITEMS, "customers": CUSTOMERS,
}  # fmt: skip

ATTRIBUTE: Final = "attributes."  # attributes.colour = one attribute from a column of its own


def target_of(table: str, name: str) -> Target | None:
    """The target called `name`; attributes.NAME is a text wherever the table has attributes."""
    if name.startswith(ATTRIBUTE) and any(each.name == "attributes" for each in TARGETS[table]):
        return Target(name, "text")
    return next((each for each in TARGETS[table] if each.name == name), None)


ACTION_WORDS: Final = {
    "click": ("view", "pv", "page_view", "pageview", "product_view", "view_item", "detail", "clk", "open"),
    "wishlist": ("fav", "favourite", "favorite", "like", "save", "collect", "add_to_wishlist"),
    "cart": ("add", "addtocart", "add_to_cart", "basket", "add_to_basket"),
    "purchase": ("buy", "order", "transaction", "sale", "checkout", "bought"),
    "remove": ("remove_from_cart", "removefromcart"),
    "hide": ("dislike", "not_interested"),
    "return": ("refund", "returned"),
}
"""What files call the default actions; used where a shop has the action and the file's word is not one itself."""
