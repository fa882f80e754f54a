import pytest
from tests.ingest.quality.conftest import Bring
from tests.ingest.quality.files import DAY, HOUR, NOW_MS, clicks, log

from shopwindow.config import ShopDirectory
from shopwindow.ingest.identity import open_identity
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.quality.clean import open_clean
from shopwindow.ingest.quality.programs import programs
from shopwindow.ingest.quality.report import program_keys
from shopwindow.ingest.quality.thresholds import ProgramRules
from shopwindow.ingest.source import Source
from shopwindow.schema.shop import read_shop
from shopwindow.simulation.generator import simulate
from shopwindow.simulation.spec import WorldSpec
from shopwindow.simulation.world import World

SPEC = WorldSpec(items=600, customers=600, days=10, bots=0.01)  # the demo's world, smaller: 6 programs


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> ShopDirectory:
    shop_dir = ShopDirectory(tmp_path_factory.mktemp("simulated"))
    simulate(SPEC, shop_dir.root)
    source = Source(shop_dir.root / "files" / "actions.parquet")
    import_file(shop_dir, read_shop(shop_dir.config), source, seed=1)
    return shop_dir


def test_all_simulated_programs_are_found_and_no_person_is_among_them(simulated: ShopDirectory) -> None:
    people = World.of(SPEC).people
    bots = [people.customer_id(each) for each in people.bot.nonzero()[0]]
    identity = open_identity(simulated.identity)
    came = [name for name, key in zip(bots, identity.find_customers(bots), strict=True) if key >= 0]
    found = identity.customer_ids(program_keys(simulated, SPEC.end_ms))
    identity.close()
    assert len(came) >= 5
    assert sorted(found) == sorted(came)  # precision 1, recall 1


def flagged(shop_dir: ShopDirectory) -> dict[str, list[str]]:
    """Customer -> signs."""
    with open_clean(shop_dir, NOW_MS) as clean:
        rows = programs(clean, ProgramRules()).to_pyarrow().to_pylist()
    identity = open_identity(shop_dir.identity)
    names = identity.customer_ids([row["customer_key"] for row in rows])
    identity.close()
    signs = ("rate", "pace", "day", "breadth", "regular", "clock")
    return {name: [sign for sign in signs if row[sign]] for name, row in zip(names, rows, strict=True)}


def test_each_sign_is_told_from_the_others(bring: Bring, shop_dir: ShopDirectory) -> None:
    crawler = [("crawler", f"i{n}", "click", n) for n in range(60)]  # one a second
    monitor = [("monitor", "a", "click", n * 400) for n in range(216)]  # every 400 s, a day and a night
    shopper = [("shopper", f"i{n % 90}", "click", n * DAY // 8 + (n * 37) % HOUR) for n in range(300)]
    hasty = [("hasty", f"i{n}", "cart", n % 19 + (n // 19) * 60) for n in range(190)]  # pace, no other sign
    bring([log(*crawler, *monitor, *shopper, *hasty)])
    assert flagged(shop_dir) == {
        "crawler": ["rate", "pace", "regular"],
        "monitor": ["day", "breadth", "regular", "clock"],
    }


def test_a_customer_with_few_actions_is_never_a_program(bring: Bring, shop_dir: ShopDirectory) -> None:
    bring([clicks(*range(49))])
    assert flagged(shop_dir) == {}


def test_without_a_log_no_one_is_listed(shop_dir: ShopDirectory) -> None:
    assert program_keys(shop_dir, NOW_MS) == []
