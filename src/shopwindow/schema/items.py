"""What is for sale: the columns of the clean item table."""

import pyarrow as pa

OFFER = pa.struct([("market", pa.string()), ("price_minor", pa.int64()), ("stock", pa.int32())])

ITEMS = pa.schema(
    [
        ("item_key", pa.int32()),
        ("item_id", pa.string()),
        ("kind", pa.string()),  # product, outfit, story ...
        ("parent", pa.string()),  # item id of which this is a variant
        ("brand", pa.string()),
        ("seller", pa.string()),
        ("categories", pa.list_(pa.string())),  # paths, the primary one first
        ("title", pa.string()),
        ("text", pa.string()),
        ("picture", pa.string()),  # a URL or a data: URL
        ("offers", pa.list_(OFFER)),  # stock null = not counted, always available
        ("attributes", pa.map_(pa.string(), pa.string())),
        ("first_seen_ms", pa.int64()),
    ]
)
