"""Opening: a public set on its way into a shop, and what the sets' shops have in common."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shopwindow.config import ShopDirectory
from shopwindow.durable import write_durably
from shopwindow.errors import IngestError
from shopwindow.ingest.importer import ImportReport, Step, import_file
from shopwindow.ingest.source import Source
from shopwindow.schema.shop import Action, ShopConfig, Surface, read_shop, shop_toml

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
    """Where a public set goes, and who is told of each step and each report.

    `data` is the folder that holds all sets, one sub-folder each.
    """

    data: Path
    shop_dir: ShopDirectory
    on_step: Step = field(default=lambda name: None)
    on_report: Callable[[ImportReport], None] = field(default=lambda report: None)

    @property
    def described(self) -> Path:
        """Where a set's odd files lie in a form that the importer takes."""
        return self.shop_dir.data / "described"

    def take(self, shop: ShopConfig, *sources: Source) -> ShopConfig:
        """Write shop.toml if it is not there, then import."""
        config = self.shop_dir.config
        if not config.exists():
            config.parent.mkdir(parents=True, exist_ok=True)
            write_durably(config, shop_toml(shop).encode())
        elif read_shop(config) != shop:
            raise IngestError(
                f"{config}: expected no shop or the shop '{shop.name}', came another; a public set brings its own "
                "shop.toml, so name a new directory with --shop (no `shopwindow init`)"
            )
        for source in sources:
            report = import_file(self.shop_dir, shop, source, seed=SEED, on_step=self.on_step)
            self.on_report(report)
        return shop
