"""MovieLens: films, the people who rated them, and in which order.

F. M. Harper and J. A. Konstan, "The MovieLens Datasets: History and Context", TiiS 2015. Terms: research use,
no redistribution, no commercial use without permission.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from shopwindow.ingest.public.opening import HOME, SEEN, Opening
from shopwindow.ingest.public.records import lines, written
from shopwindow.ingest.source import FieldMapping, Source
from shopwindow.schema.shop import Action, Attribute, ShopConfig

AGES: Final = {
    "1": "under 18",
    "18": "18-24",
    "25": "25-34",
    "35": "35-44",
    "45": "45-49",
    "50": "50-55",
    "56": "56+",
}
WITH_YEAR: Final = re.compile(r"(?P<title>.*) \((?P<year>\d{4})\)")
DESCRIBED: Final = (Attribute(name="year", kind="number"), Attribute(name="genre"))


def open_ml_1m(opening: Opening) -> ShopConfig:
    """MovieLens-1M in the order of the gSASRec split, no times; genres, plots, posters; demographics.

    A. V. Petrov and C. Macdonald, "gSASRec", RecSys 2023, for the split and the mapping of ids.
    """
    folder = opening.data / "ml-1m"
    shop = ShopConfig(name="ml-1m", category_separator="/", surfaces=HOME, actions=SEEN, attributes=DESCRIBED)
    items = _items_1m(folder, opening.described / "ml-1m-items.jsonl")
    customers = _customers_1m(folder, opening.described / "ml-1m-customers.jsonl")
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


def open_ml_100k(opening: Opening) -> ShopConfig:
    """MovieLens-100k with times in seconds: ratings as actions rated-1 ... rated-5; genres; demographics.

    An action's gain is its rating: that a film was chosen at all counts, as in the literature, a better
    rating counts more.
    """
    folder = opening.data / "ml-100k"
    ratings = tuple(str(stars) for stars in range(1, 6))
    shop = ShopConfig(
        name="ml-100k",
        surfaces=HOME,
        actions=tuple(Action(name=f"rated-{stars}", gain=float(stars)) for stars in ratings),
        attributes=DESCRIBED,
    )
    items = _items_100k(folder / "ml-100k.item", opening.described / "ml-100k-items.jsonl")
    rated = FieldMapping(
        columns=(
            ("customer", "user_id:token"), ("item", "item_id:token"), ("action", "rating:float"),
            ("at", "timestamp:float"),
        ),
        values=tuple(("action", stars, f"rated-{stars}") for stars in ratings),
        form="csv", delimiter="\t", time="s",
    )  # fmt: skip
    people = FieldMapping(
        columns=(
            ("customer", "user_id:token"),
            *(
                (f"attributes.{name}", f"{name}:token")
                for name in ("age", "gender", "occupation", "zip_code")
            ),
        ),
        form="csv",
        delimiter="\t",
    )
    return opening.take(
        shop,
        Source(items, "items"),
        Source(folder / "ml-100k.user", "customers", people),
        Source(folder / "ml-100k.inter", "actions", rated),
    )


def _items_1m(folder: Path, into: Path) -> Path:
    """Title, year, first genre as category (all genres as further ones), plot and poster of each movie."""
    ours = {theirs: sas for sas, theirs in _pairs(folder / "sas_to_original_items.txt")}
    more = {row[0]: row for row in _rows(folder / "movies_extrainfos.dat", "utf-8")}
    records = []
    for movie, name, genres in (row[:3] for row in _rows(folder / "movies.dat", "latin-1")):
        if movie not in ours:
            continue
        found = WITH_YEAR.fullmatch(name)
        extra = more.get(movie, [])
        kinds = genres.split("|")
        record = {
            "item": ours[movie],
            "title": found["title"] if found else name,
            "categories": kinds,
            "attributes": {"genre": kinds[0]} | ({"year": found["year"]} if found else {}),
        }
        if len(extra) == 11:
            record |= {"text": extra[9], "picture": extra[10] if extra[10].startswith("http") else None}
        records.append(record)
    return written(records, into)


def _customers_1m(folder: Path, into: Path) -> Path:
    """Gender, age group and occupation (a code) of each customer."""
    ours = {theirs: sas for sas, theirs in _pairs(folder / "sas_to_original_users.txt")}
    records = (
        {
            "customer": ours[user],
            "attributes": {"gender": gender, "age": AGES.get(age, age), "occupation": occupation},
        }
        for user, gender, age, occupation, *_ in _rows(folder / "users.dat", "latin-1")
        if user in ours
    )
    return written(records, into)


def _items_100k(path: Path, into: Path) -> Path:
    """Title, year, and the genres, of which the first is the primary category."""
    records = []
    for movie, title, year, genres in (line.split("\t") for line in lines(path)[1:]):
        kinds = genres.split()
        said = {"genre": kinds[0] if kinds else "", "year": year if year.isdigit() else ""}
        records.append(
            {
                "item": movie,
                "title": title,
                "categories": kinds,
                "attributes": {name: value for name, value in said.items() if value},
            }
        )
    return written(records, into)


def _pairs(path: Path) -> list[tuple[str, str]]:
    return [(first, second) for first, second in (line.split() for line in lines(path))]


def _rows(path: Path, encoding: str) -> Iterable[list[str]]:
    return (line.split("::") for line in lines(path, encoding))
