"""Marketplaces: logs of shops with clicks, carts and purchases."""

from shopwindow.ingest.public.opening import FOUR, HOME, Opening
from shopwindow.ingest.source import FieldMapping, Source
from shopwindow.schema.shop import Market, ShopConfig


def open_tmall_ali2014(opening: Opening) -> ShopConfig:
    """Marketplace log of 2014 with four actions, days only (midnight in China); the item is a brand.

    From Alibaba's recommendation competition of 2014. The copy states no licence.
    """
    codes = (("0", "click"), ("1", "purchase"), ("2", "wishlist"), ("3", "cart"))
    shop = ShopConfig(name="tmall-ali2014", time_zone="Asia/Shanghai", surfaces=HOME, actions=FOUR)
    mapping = FieldMapping(
        columns=(("customer", "user_id"), ("item", "brand_id"), ("action", "type"), ("at", "visit_datetime")),
        values=tuple(("action", theirs, ours) for theirs, ours in codes),
        time="%m-%d",
        year=2014,
    )
    path = opening.data / "tmall-ali2014" / "t_alibaba_data.csv"
    return opening.take(shop, Source(path, "actions", mapping))


def open_taobao_slice(opening: Opening) -> ShopConfig:
    """Two hours of Taobao, unix seconds, four actions, categories; the last line is cut off and set aside.

    H. Zhu et al., "Learning Tree-based Deep Model for Recommender Systems", KDD 2018 (UserBehavior). Terms: as Alibaba Tianchi states them.
    """
    shop = ShopConfig(name="taobao-slice", time_zone="Asia/Shanghai", surfaces=HOME, actions=FOUR)
    mapping = FieldMapping(
        names=("user", "product", "category", "behaviour", "second"),
        columns=(
            ("customer", "user"), ("item", "product"), ("item_category", "category"), ("action", "behaviour"),
            ("at", "second"),
        ),
        time="s",
    )  # fmt: skip
    path = opening.data / "taobao-slice" / "UserBehavior.csv"
    return opening.take(shop, Source(path, "actions", mapping))


def open_rees46_head(opening: Opening) -> ShopConfig:
    """Three hours of an electronics store, seconds; brand, price, category; the cut last line is set aside.

    From "eCommerce behavior data from multi category store" by REES46 (Open CDP). Terms: name the source.
    """
    shop = ShopConfig(
        name="rees46-head", surfaces=HOME, actions=FOUR, markets=(Market(code="default", currency="USD"),)
    )
    mapping = FieldMapping(
        columns=(
            ("customer", "user_id"), ("item", "product_id"), ("action", "event_type"), ("at", "event_time"),
            ("item_category", "category_code|category_id"), ("item_brand", "brand"), ("item_price", "price"),
        ),
        time="iso",
        category_separator=".",
    )  # fmt: skip
    path = opening.data / "rees46-head" / "2019-Oct.csv"
    return opening.take(shop, Source(path, "actions", mapping))
