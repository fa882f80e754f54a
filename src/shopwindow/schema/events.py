"""What happened: the columns of the clean tables, after import or from the live log.

Two exposure events are kept apart: `page` is what the server answered, `impression` is what came into view.
"""

import pyarrow as pa

ACTIONS = pa.schema(
    [
        ("event_id", pa.string()),  # unique in the shop; imported rows without one get a content hash
        ("at_ms", pa.int64()),  # UTC, milliseconds since 1970
        ("customer_key", pa.int64()),
        ("item_key", pa.int32()),
        ("action", pa.string()),  # one of ShopConfig.action_names
        ("surface", pa.string()),  # of the request that the action answers; null = unknown
        ("category", pa.string()),  # the request's category path, never the item's; null = none or unknown
        ("query", pa.string()),
        ("page_id", pa.string()),  # the page that showed the item
        ("position", pa.int32()),  # on that page, from 0
        ("value", pa.float64()),  # money in the market's currency
        ("quantity", pa.int32()),
        ("dwell_ms", pa.int64()),
        ("market", pa.string()),
        ("device", pa.string()),
        ("session", pa.int64()),  # of the customer, from 0, cut by ShopConfig.session_gap_minutes
        ("test", pa.bool_()),
    ]
)

PAGES = pa.schema(
    [
        ("page_id", pa.string()),
        ("at_ms", pa.int64()),
        ("customer_key", pa.int64()),
        ("surface", pa.string()),
        ("category", pa.string()),
        ("query", pa.string()),
        ("seed_item_key", pa.int32()),
        ("market", pa.string()),
        ("device", pa.string()),
        ("items", pa.list_(pa.int32())),  # keys in the order shown
        ("propensities", pa.list_(pa.float32())),  # null where the order was certain
        ("release", pa.string()),
        ("config_version", pa.int64()),
        ("seed", pa.int64()),
        ("log_offset", pa.int64()),  # of the state that the page was ranked from
        ("test", pa.bool_()),
    ]
)

IMPRESSIONS = pa.schema(
    [
        ("event_id", pa.string()),
        ("at_ms", pa.int64()),
        ("customer_key", pa.int64()),
        ("page_id", pa.string()),
        ("item_key", pa.int32()),
        ("position", pa.int32()),
        ("test", pa.bool_()),
    ]
)

CUSTOMERS = pa.schema(
    [
        ("customer_key", pa.int64()),
        ("country", pa.string()),
        ("attributes", pa.map_(pa.string(), pa.string())),
        ("consent", pa.bool_()),  # false: kept out of training and of personal ranking
    ]
)
