"""S3-Rec: the sequences of Amazon Beauty and LastFM that many papers report on."""

import json
from pathlib import Path

from shopwindow.ingest.public.opening import HOME, SEEN, Opening
from shopwindow.ingest.public.records import listed, present, written
from shopwindow.ingest.source import FieldMapping, Source
from shopwindow.schema.shop import Attribute, ShopConfig


def open_beauty(opening: Opening) -> ShopConfig:
    """Amazon Beauty in the sequences of S3-Rec, order only; attribute ids of the items.

    K. Zhou et al., "S3-Rec: Self-Supervised Learning for Sequential Recommendation", CIKM 2020. The source
    states no licence; the reviews are J. McAuley's collection of Amazon reviews.
    """
    return _open(opening, "Beauty")


def open_lastfm(opening: Opening) -> ShopConfig:
    """LastFM (artists) in the sequences of S3-Rec, order only; tag ids of the artists.

    K. Zhou et al. as for Beauty; I. Cantador, P. Brusilovsky and T. Kuflik, HetRec 2011: non-commercial use.
    """
    return _open(opening, "LastFM")


def _open(opening: Opening, name: str) -> ShopConfig:
    folder = opening.data / "s3rec"
    shop = ShopConfig(
        name=f"s3rec-{name.lower()}", surfaces=HOME, actions=SEEN, attributes=(Attribute(name="first"),)
    )
    items = _items(folder / f"{name}_item2attributes.json", opening.described / f"{name}-items.jsonl")
    seen = FieldMapping(form="sequences", constants=(("action", "click"),))
    return opening.take(shop, Source(items, "items"), Source(folder / f"{name}.txt", "actions", seen))


def _items(path: Path, into: Path) -> Path:
    """Attribute ids of each item; the set does not say what they mean, so models read the first, `all` keeps them."""
    attributes: dict[str, list[int]] = json.loads(present(path).read_text(encoding="utf-8"))
    records = (
        {"item": item, "attributes": {"first": str(ids[0]), "all": listed(ids)} if ids else {}}
        for item, ids in attributes.items()
    )
    return written(records, into)
