"""Open Bandit: fashion items shown by two policies, with the probability that each had of being shown.

Y. Saito et al., "Open Bandit Dataset and Pipeline: Towards Realistic and Reproducible Off-Policy Evaluation",
NeurIPS 2021 (datasets and benchmarks). Terms: Apache 2.0 as the copy states, citation asked for.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shopwindow.ingest.public.opening import HOME, SEEN, Opening
from shopwindow.ingest.public.records import lines, listed, written
from shopwindow.ingest.source import SKIP, FieldMapping, Source
from shopwindow.schema.shop import Attribute, ShopConfig

PLACES: Final = {"1": 0, "2": 1, "3": 2}
POLICIES: Final = ("random", "bts")
CONTEXT: Final = tuple(f"user_feature_{n}" for n in range(4))
AFFINITY: Final = "user-item_affinity_"
HASHED: Final = tuple(f"item_feature_{n}" for n in (1, 2, 3))
CLICKED: Final = FieldMapping(
    columns=(("action", "clicked"),), values=(("action", "1", "click"), ("action", "0", SKIP)), time="iso"
)
TIMED: Final = FieldMapping(time="iso")


def open_obd_men(opening: Opening) -> ShopConfig:
    """Men's fashion shown at random and by Thompson sampling: pages, impressions, clicks, propensities.

    What is known of a page is one slot: `items` and `propensities` have one entry, the place of the slot
    (from 0: left, middle, right) is the impression's and the click's `position`. The policy, "random" or
    "bts", is the page's `release`. Nobody is known twice: every page has a customer of its own, whose
    attributes are the hashed context and the affinities above 0. A click has the time of its impression.
    """
    return _open(opening, "men")


def open_obd_women(opening: Opening) -> ShopConfig:
    """Women's fashion shown at random and by Thompson sampling, as for men."""
    return _open(opening, "women")


def _open(opening: Opening, campaign: str) -> ShopConfig:
    folder = opening.data / "obd"
    attributes = (Attribute(name="item_feature_0", kind="number"), *(Attribute(name=n) for n in HASHED))
    shop = ShopConfig(name=f"obd-{campaign}", surfaces=HOME, actions=SEEN, attributes=attributes)
    described = opening.described
    sources = [Source(_items(folder, campaign, described / f"obd-{campaign}-items.jsonl"), "items")]
    for policy in POLICIES:
        slots = written(_slots(folder, campaign, policy), described / f"obd-{campaign}-{policy}.jsonl")
        people = written(
            _people(folder, campaign, policy), described / f"obd-{campaign}-{policy}-people.jsonl"
        )
        sources += [
            Source(people, "customers"),
            Source(slots, "pages", TIMED),
            Source(slots, "impressions", TIMED),
            Source(slots, "actions", CLICKED),
        ]
    return opening.take(shop, *sources)


def _items(folder: Path, campaign: str, into: Path) -> Path:
    """The features of the items; those of the two policies' files differ in their hashes only, one is taken."""
    rows = csv.DictReader(lines(folder / "random" / campaign / "item_context.csv"))
    names = ("item_feature_0", *HASHED)
    return written(
        ({"item": row["item_id"], "attributes": {name: row[name] for name in names}} for row in rows), into
    )


def _rows(folder: Path, campaign: str, policy: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The name of each row of a log, and the row."""
    rows = csv.DictReader(lines(folder / policy / campaign / f"{campaign}.csv"))
    return ((f"{policy}-{row['']}", row) for row in rows)


def _slots(folder: Path, campaign: str, policy: str) -> Iterator[dict[str, object]]:
    """A record per row; of a row that is cut off its name alone, to be set aside."""
    for name, row in _rows(folder, campaign, policy):
        if None in row.values():
            yield {"event_id": name}
            continue
        yield {
            "event_id": name,
            "page_id": name,
            "customer": name,
            "at": row["timestamp"],
            "surface": "home",
            "release": policy,
            "item": row["item_id"],
            "items": listed([row["item_id"]]),
            "propensities": f"[{row['propensity_score']}]",
            "position": PLACES.get(row["position"]),
            "clicked": row["click"],
        }


def _people(folder: Path, campaign: str, policy: str) -> Iterator[dict[str, object]]:
    for name, row in _rows(folder, campaign, policy):
        context = {key: row[key] for key in CONTEXT}
        affinities = {
            f"affinity_{key.removeprefix(AFFINITY)}": value
            for key, value in row.items()
            if key.startswith(AFFINITY) and value not in (None, "0.0")
        }
        yield {"customer": name, "attributes": context | affinities}
