from collections.abc import Callable

from shopwindow.config import ShopDirectory
from shopwindow.ingest.consent import imported_consent
from shopwindow.ingest.importer import ImportReport

Import = Callable[..., ImportReport]


def test_the_last_word_counts_and_files_that_say_nothing_take_nothing_back(
    importing: Import, shop_dir: ShopDirectory
) -> None:
    importing("customer,consent\nu,no\nv,yes\nw,\nu,yes\n", "first.csv", table="customers")
    importing("customer,country\nu,DE\n", "second.csv", table="customers")  # a part without the column
    found = imported_consent(shop_dir)
    assert sorted(found.consent.tolist()) == [True, True]  # u and v
    assert found.number == 2


def test_without_any_word_nobody_is_named(importing: Import, shop_dir: ShopDirectory) -> None:
    importing("customer,country\nu,DE\n", "customers.csv", table="customers")
    assert len(imported_consent(shop_dir).customer_key) == 0
