"""A customer's own id stands in the identity map and nowhere else."""

import json
from pathlib import Path

from tests.api.running import running
from tests.serving.tiny_shop import SHOP

from shopwindow.api.app import create_app
from shopwindow.config import ShopDirectory
from shopwindow.datasets.build_columns import build_columns
from shopwindow.ingest.importer import import_file
from shopwindow.ingest.source import Source
from shopwindow.serving.assembly import open_runtime

WHO = "erika.mustermann@mail.example"


def test_no_file_but_the_identity_map_names_a_customer(shop_dir: ShopDirectory, tmp_path: Path) -> None:
    files = {
        "actions": f"customer,item,action,at\n{WHO},item-1,click,1700000000\n{WHO},item-2,click,15\n{WHO},item-3,click,1700000001\n",
        "customers": f"customer,country,consent\n{WHO},DE,yes\n",
        "pages": f'page_id,customer,at,surface,items\np1,{WHO},1700000000,home,"[""item-1""]"\n',
        "impressions": f"event_id,page_id,customer,item,at\ni1,p1,{WHO},item-1,1700000001\n",
    }
    for table, text in files.items():
        (tmp_path / f"{table}.csv").write_text(text)
        import_file(shop_dir, SHOP, Source(tmp_path / f"{table}.csv", table))
    build_columns(shop_dir, SHOP)
    click = {
        "type": "action", "event_id": "e1", "customer": WHO, "item": "item-1", "action": "click",
    }  # fmt: skip
    with running(create_app(open_runtime(shop_dir))) as client:
        assert client.post("/v1/events", json={"events": [click]}).json()["accepted"] == 1
        answer = client.post("/v1/rank", json={"surface": "home", "customer": WHO})
        client.post("/v1/rank", json={"surface": "home", "customer": f"new-{WHO}"})
        assert WHO not in answer.text
        assert WHO not in client.get("/metrics").text
        assert WHO in json.dumps(client.get("/v1/customers").json())  # whoever may ask is told by the map
    holding = {
        path.relative_to(shop_dir.root).parts[0 if path.parent == shop_dir.root else 1]
        for path in shop_dir.root.rglob("*")
        if path.is_file() and WHO.encode() in path.read_bytes()
    }
    assert holding == {"identity.sqlite", "rejects"}  # rejects give the shop's own rows back to it
