from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import msgspec
from tests.api.running import running

from shopwindow.api.app import create_app
from shopwindow.api.items import _in_release
from shopwindow.config import ShopDirectory
from shopwindow.serving.assembly import RuntimeOptions, ShopRuntime, open_runtime
from shopwindow.serving.columns import NO_PRICE


def put(client: httpx.Client, *items: dict[str, Any]) -> dict[str, Any]:
    return client.put("/v1/items", json={"items": list(items)}).raise_for_status().json()


def title(client: httpx.Client, item: str) -> str:
    return client.get(f"/v1/items/{item}").raise_for_status().json()["title"]


def test_moved_items_take_room_too_and_what_finds_none_is_rejected(shop_dir: ShopDirectory) -> None:
    with running(create_app(open_runtime(shop_dir, RuntimeOptions(tail_rows=3)))) as client:
        moves = [{"item": f"item-{n}", "title": f"moved {n}"} for n in (4, 5, 6)]
        answer = put(client, *moves, {"item": "fresh", "title": "fresh"})
        assert answer["accepted"] == 3
        assert [(each["index"], each["came"]) for each in answer["rejected"]] == [(3, "fresh")]
        assert [title(client, f"item-{n}") for n in (4, 5, 6)] == ["moved 4", "moved 5", "moved 6"]
        again = put(client, {"item": "item-7", "title": "moved 7"}, {"item": "item-4", "title": "moved on"})
        assert (again["accepted"], again["rejected"][0]["index"]) == (1, 0)
        assert (title(client, "item-4"), title(client, "item-7")) == ("moved on", "thing 7")


def test_two_records_of_one_item_in_a_batch_count_both_and_the_fields_add_up(client: httpx.Client) -> None:
    answer = put(client, {"item": "twice", "title": "a"}, {"item": "twice", "brand": "b"})
    assert answer["accepted"] == 2
    found = client.get("/v1/items/twice").json()
    assert (found["title"], found["brand"]) == ("a", "b")


def test_parts_of_an_item_sent_at_once_do_not_undo_one_another(client: httpx.Client) -> None:
    address = str(client.base_url)

    def send(body: dict[str, Any]) -> None:
        httpx.put(f"{address}/v1/items", json={"items": [body]}).raise_for_status()

    with ThreadPoolExecutor(8) as senders:
        for n in range(10):
            list(
                senders.map(
                    send, ({"item": f"p-{n}", name: "x"} for name in ("title", "brand", "text", "seller"))
                )
            )
    for n in range(10):
        found = client.get(f"/v1/items/p-{n}").json()
        assert {found[name] for name in ("title", "brand", "text", "seller")} == {"x"}


def test_a_price_that_is_not_known_stays_unknown(shop_dir: ShopDirectory) -> None:
    runtime: ShopRuntime = open_runtime(shop_dir)
    assert runtime.ranking is not None
    release = runtime.ranking.release
    before = _in_release(release, [4])[4]
    offers = tuple(msgspec.structs.replace(each, price_minor=None) for each in before.offers)
    changed = msgspec.structs.replace(before, title="other", offers=offers)
    runtime.ranking.shelf.restock([changed], 1)
    shelf = runtime.ranking.shelf.now
    row = int(shelf.row_of_key[4])
    assert shelf.offers["de"].price_minor[row] == NO_PRICE
    runtime.close()
