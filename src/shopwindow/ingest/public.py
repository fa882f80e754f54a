"""Public data sets: one function each writes shop.toml and imports the files through the same importer.

`data` is the folder that holds all sets, one sub-folder each. Customer keys are drawn from a fixed seed, so that
two imports of a public set give the same tables: there is no one to protect here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shopwindow.config import ShopDirectory
from shopwindow.durable import write_durably
from shopwindow.errors import IngestError
from shopwindow.ingest.importer import ImportReport, Step, import_file
from shopwindow.ingest.public_items import ml_1m_customers, ml_1m_items, s3rec_items
from shopwindow.ingest.source import FieldMapping, Source
from shopwindow.schema.shop import Action, Attribute, Market, ShopConfig, Surface, read_shop, shop_toml

SEED: Final = 1
HOME: Final = (Surface(name="home", kind="home"),)
SEEN: Final = (Action(name="click", gain=1.0),)
FOUR: Final = (
    Action(name="click", gain=1.0),
    Action(name="wishlist", gain=2.0),
    Action(name="cart", gain=3.0),
    Action(name="purchase", gain=5.0),
)


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a public set goes, and who is told of each step and each report."""

    data: Path
    shop_dir: ShopDirectory
    on_step: Step = field(default=lambda name: None)
    on_report: Callable[[ImportReport], None] = field(default=lambda report: None)

    def take(self, shop: ShopConfig, *sources: Source) -> ShopConfig:
        """Write shop.toml if it is not there, then import."""
        config = self.shop_dir.config
        if not config.exists():
            config.parent.mkdir(parents=True, exist_ok=True)
            write_durably(config, shop_toml(shop).encode())
        elif read_shop(config) != shop:
            raise IngestError(
                f"{config}: expected no shop or the shop '{shop.name}', came another; use a new folder"
            )
        for source in sources:
            report = import_file(self.shop_dir, shop, source, seed=SEED, on_step=self.on_step)
            self.on_report(report)
        return shop


def ml_1m(data: Path, shop_dir: ShopDirectory) -> ShopConfig:
    """MovieLens-1M in the order of the gSASRec split; titles, genres and plots; demographics.

    F. M. Harper and J. A. Konstan, "The MovieLens Datasets: History and Context", TiiS 2015.
    """
    return open_ml_1m(Opening(data, shop_dir))


def s3rec(data: Path, shop_dir: ShopDirectory, name: str = "Beauty") -> ShopConfig:
    """The sequences of S3-Rec: Amazon Beauty or LastFM.

    K. Zhou et al., "S3-Rec: Self-Supervised Learning for Sequential Recommendation", CIKM 2020.
    """
    return open_s3rec(Opening(data, shop_dir), name)


def tmall_ali2014(data: Path, shop_dir: ShopDirectory) -> ShopConfig:
    """Marketplace log of 2014, day stamps (midnight in China); the item is a brand."""
    return open_tmall_ali2014(Opening(data, shop_dir))


def taobao_slice(data: Path, shop_dir: ShopDirectory) -> ShopConfig:
    """Two hours of Taobao behaviour, unix seconds; the last line is cut off and set aside."""
    return open_taobao_slice(Opening(data, shop_dir))


def rees46_head(data: Path, shop_dir: ShopDirectory) -> ShopConfig:
    """Three hours of an electronics store: brand, price, category; the last line is cut off and set aside."""
    return open_rees46_head(Opening(data, shop_dir))


def open_ml_1m(opening: Opening) -> ShopConfig:
    """`ml_1m`, telling its steps."""
    folder = opening.data / "ml-1m"
    shop = ShopConfig(
        name="ml-1m",
        category_separator="/",
        surfaces=HOME,
        actions=SEEN,
        attributes=(Attribute(name="year", kind="number"), Attribute(name="genre")),
    )
    described = opening.shop_dir.data / "described"
    items = ml_1m_items(folder, described / "ml-1m-items.jsonl")
    customers = ml_1m_customers(folder, described / "ml-1m-customers.jsonl")
    seen = FieldMapping(
        names=("user", "movie"), delimiter=" ", time="order",
        columns=(("customer", "user"), ("item", "movie")), constants=(("action", "click"),),
    )  # fmt: skip
    return opening.take(
        shop,
        Source(items, "items"),
        Source(customers, "customers"),
        Source(folder / "ml-1m.txt", "actions", seen),
    )


def open_s3rec(opening: Opening, name: str) -> ShopConfig:
    """`s3rec`, telling its steps."""
    if name not in ("Beauty", "LastFM"):
        raise IngestError(f"expected s3rec set Beauty or LastFM, came '{name}'")
    folder = opening.data / "s3rec"
    shop = ShopConfig(
        name=f"s3rec-{name.lower()}", surfaces=HOME, actions=SEEN, attributes=(Attribute(name="first"),)
    )
    items = s3rec_items(folder, name, opening.shop_dir.data / "described" / f"{name}-items.jsonl")
    seen = FieldMapping(form="sequences", constants=(("action", "click"),))
    return opening.take(shop, Source(items, "items"), Source(folder / f"{name}.txt", "actions", seen))


def open_tmall_ali2014(opening: Opening) -> ShopConfig:
    """`tmall_ali2014`, telling its steps."""
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
    """`taobao_slice`, telling its steps."""
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
    """`rees46_head`, telling its steps."""
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


PUBLIC: Final[dict[str, Callable[[Opening], ShopConfig]]] = {
    "ml-1m": open_ml_1m,
    "s3rec": lambda opening: open_s3rec(opening, "Beauty"),
    "s3rec-lastfm": lambda opening: open_s3rec(opening, "LastFM"),
    "tmall-ali2014": open_tmall_ali2014,
    "taobao-slice": open_taobao_slice,
    "rees46-head": open_rees46_head,
}
"""Every public set by the name that `shopwindow import --public` takes."""
