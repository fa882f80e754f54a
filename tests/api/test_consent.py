"""Opting out: nothing known of a customer is read, nothing that they do is kept as theirs."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
from tests.api.running import running
from tests.serving.tiny_shop import SHOP

from shopwindow.api.app import create_app
from shopwindow.config import ShopDirectory
from shopwindow.datasets.build_columns import build_columns
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.source import Source
from shopwindow.replay.pages import Replay, replay_pages
from shopwindow.schema.live import NOBODY, ActionEvent, ConsentEvent, LiveEvent, PageEvent
from shopwindow.serving.assembly import ShopRuntime, open_runtime
from shopwindow.stream.event_log import event_of


def page(client: httpx.Client, customer: str | None) -> dict[str, object]:
    answer = client.post("/v1/rank", json={"surface": "home", "customer": customer, "k": 20})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return {"items": [each["item"] for each in found["items"]], "opted_out": found["opted_out"]}


def tell(client: httpx.Client, *events: dict[str, object]) -> int:
    answer = client.post("/v1/events", json={"events": events}).json()
    assert not answer["rejected"], answer
    return int(answer["accepted"])


def click(number: int, item: int, customer: str = "anna") -> dict[str, object]:
    return {
        "type": "action", "event_id": f"e{number}", "customer": customer, "item": f"item-{item}",
        "action": "click",
    }  # fmt: skip


def word(number: int, consent: bool, customer: str = "anna") -> dict[str, object]:
    return {"type": "consent", "event_id": f"w{number}", "customer": customer, "consent": consent}


def logged(runtime: ShopRuntime) -> Iterator[LiveEvent]:
    return (event_of(each.record) for batch in runtime.log.replay(0) for each in batch)


def test_who_opts_out_gets_the_page_of_a_stranger_and_is_told_so(client: httpx.Client) -> None:
    stranger = page(client, None)
    assert stranger["opted_out"] is False
    tell(client, click(1, 50), click(2, 41))
    own = page(client, "anna")
    assert own["items"] != stranger["items"]
    assert tell(client, word(1, False)) == 1
    assert page(client, "anna") == {"items": stranger["items"], "opted_out": True}
    assert client.get("/v1/customers/anna").json()["actions"] == []
    tell(client, word(2, True))
    assert page(client, "anna") == stranger  # known again, but forgotten
    tell(client, click(3, 50), click(4, 41))
    assert page(client, "anna") == own


def test_what_they_do_is_counted_without_them(client: httpx.Client, runtime: ShopRuntime) -> None:
    tell(client, click(1, 5), word(1, False), click(2, 6))  # the word holds for the whole batch
    assert tell(client, click(3, 7), click(4, 8, "ben")) == 2
    page(client, "anna")
    page(client, "ben")
    runtime.pages.close()
    runtime.keeper.close()
    anna, ben = (int(key) for key in runtime.lookups.find_customers(["anna", "ben"]))
    events = list(logged(runtime))
    assert [event.customer_key for event in events if isinstance(event, ActionEvent)] == [NOBODY] * 3 + [ben]
    assert [event.customer_key for event in events if isinstance(event, PageEvent)] == [NOBODY, ben]
    assert [event.customer_key for event in events if isinstance(event, ConsentEvent)] == [anna]


def test_pages_of_those_who_opted_out_are_replayed_the_same(
    client: httpx.Client, runtime: ShopRuntime
) -> None:
    tell(client, click(1, 50))
    page(client, "anna")
    tell(client, word(1, False))
    page(client, "anna")
    runtime.pages.close()
    runtime.keeper.close()
    assert runtime.ranking is not None
    report = replay_pages(Replay(log=runtime.log, history=None, ranking=runtime.ranking), 10)
    assert (report.compared, report.identical, dict(report.skipped)) == (2, 2, {})


def say(shop_dir: ShopDirectory, folder: Path, name: str, consent: str) -> None:
    (folder / name).write_text(f"customer,consent\nanna,{consent}\n")
    import_file(shop_dir, SHOP, Source(folder / name, "customers"), seed=1)


def test_a_customers_file_is_heard_when_the_server_starts_and_the_latest_word_counts(
    shop_dir: ShopDirectory, tmp_path: Path
) -> None:
    say(shop_dir, tmp_path, "one.csv", "no")
    with running(create_app(open_runtime(shop_dir))) as client:
        assert page(client, "anna")["opted_out"] is True
        tell(client, word(1, True))
        assert page(client, "anna")["opted_out"] is False
    with running(create_app(open_runtime(shop_dir))) as client:
        assert page(client, "anna")["opted_out"] is False  # an import is told once
        tell(client, word(2, False))
    say(shop_dir, tmp_path, "two.csv", "yes")
    with running(create_app(open_runtime(shop_dir))) as client:
        assert page(client, "anna")["opted_out"] is False


def test_who_opted_out_live_is_left_out_of_training(shop_dir: ShopDirectory, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "customer,item,action,at\nanna,item-1,click,1700000000\nben,item-1,click,1700000000\n"
    )
    import_file(shop_dir, SHOP, Source(tmp_path / "log.csv"), seed=1)
    assert build_columns(shop_dir, SHOP).num_customers == 2
    runtime = open_runtime(shop_dir)
    ben = runtime.lookups.find_customers(["ben"])
    with running(create_app(runtime)) as client:
        tell(client, word(1, False))
    assert np.array_equal(build_columns(shop_dir, SHOP).customer_key, ben)
