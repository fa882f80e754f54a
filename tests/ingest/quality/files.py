"""Tiny files that trip one named check each, and their neighbours that do not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

T0 = 1_700_000_000  # Tuesday, 14 November 2023, 22:13:20 UTC
HOUR, DAY = 3600, 86_400
NOW_MS = (T0 + 90 * DAY) * 1000


@dataclass(frozen=True)
class File:
    """A file to import."""

    content: str
    table: str = "actions"


def log(*rows: tuple[Any, ...], more: str = "") -> File:
    """Actions: (user, item, action, second after T0, ...); `more`: names of further columns."""
    lines = [f"user,item,action,at{more}"]
    lines += [",".join(str(each) for each in (*row[:3], T0 + row[3], *row[4:])) for row in rows]
    return File("\n".join(lines) + "\n")


def items(*rows: str, columns: str = "item,title,category") -> File:
    """An items file; a row such as "a,Shoe,women/shoes"."""
    return File("\n".join((columns, *rows)) + "\n", "items")


def pages(*rows: tuple[str, int, str]) -> File:
    """Pages of customer u: (id, second after T0, JSON list of items)."""
    lines = [
        f'{{"page_id":"{page}","customer":"u","at":{T0 + at},"items":{shown}}}' for page, at, shown in rows
    ]
    return File("\n".join(lines) + "\n", "pages")


def impressions(*rows: tuple[str, str, int]) -> File:
    """Impressions of customer u: (page, item, position)."""
    lines = [
        "customer,item,page_id,position,at",
        *(f"u,{item},{page},{place},{T0}" for page, item, place in rows),
    ]
    return File("\n".join(lines) + "\n", "impressions")


def daily(counts: Iterable[int]) -> File:
    """So many clicks on each day in turn."""
    return log(
        *(("u", "a", "click", day * DAY + n) for day, count in enumerate(counts) for n in range(count))
    )


def by_hour(shift: int) -> File:
    """2,400 clicks each on desktop and phone, busiest in the evening; the phone's hours are `shift` later."""
    busy = [50 + 100 * (hour >= 17) for hour in range(24)]  # 24 * 50 + 7 * 100 = 1,900 a device and day
    rows = [
        (f"{device}{n}", "a", "click", ((hour + late) % 24) * HOUR + n, device)
        for device, late in (("desktop", 0), ("phone", shift))
        for hour in range(24)
        for n in range(busy[hour] * 4 // 3)
    ]
    return log(*rows, more=",device")


def clicks(*seconds: float) -> File:
    """Clicks of one customer on ever other items."""
    return log(*(("u", f"i{n}", "click", at) for n, at in enumerate(seconds)))


PLAIN = log(("u", "a", "click", 0), ("v", "b", "click", 60))
SHOE = items("a,Shoe,women/shoes")
PAGE = pages(("p", 100, '["a","b"]'))
WITH_ID = ",event_id"
WITH_PAGE = ",page_id"
WITH_VALUE = ",value"

HEALTHY = [
    items("a,Shoe,women/shoes", "b,Boot,women/boots"),
    PAGE,
    impressions(("p", "a", 0), ("p", "b", 1)),
    log(
        *(("u", item, "click", 100 + n * DAY, "p", "") for n, item in enumerate("abababab")),
        *(("u", item, "purchase", 400 + n * DAY, "p", 20) for n, item in enumerate("aabb")),
        more=",page_id,value",
    ),
]  # all in one: most checks have something to look at here, and nothing to say

TRIPS_AND_PASSES: dict[str, tuple[list[File], list[File]]] = {
    "rejected rows": ([log(("u", "a", "click", 0), ("", "a", "click", 1))], HEALTHY),
    "unknown actions": ([log(("u", "a", "click", 0), ("u", "a", "ping", 1))], HEALTHY),
    "duplicates": (
        [log(("u", "a", "click", 0, "e1"), ("u", "a", "click", 0, "e2"), more=WITH_ID)],
        [log(("u", "a", "click", 0, "e1"), ("u", "a", "click", 1, "e2"), more=WITH_ID)],
    ),
    "repeated rows": ([PLAIN, log(("u", "a", "click", 0), ("w", "c", "click", 9))], HEALTHY),
    "missing values": ([items("a,Shoe,women/shoes", "b,,women/shoes")], HEALTHY),
    "impossible times": ([log(("u", "a", "click", 91 * DAY))], HEALTHY),
    "only days known": ([File("user,item,action,at\nu,a,click,2023-11-14\n")], HEALTHY),
    "gaps in time": ([daily([1, 0, 1])], [daily([1, 1, 1])]),
    "sudden volume": ([daily([2] * 8 + [11, 2])], [daily([2] * 8 + [10, 2])]),  # 5 times the median of 2 is no more
    "clock skew": ([by_hour(8)], [by_hour(0)]),
    "long sessions": (
        [clicks(*range(0, 6 * HOUR + 1201, 1200))],
        [clicks(*range(0, 6 * HOUR + 1, 1200))],
    ),
    "programs": (
        [clicks(*range(60))],
        [clicks(*(n * (5 + n % 60) for n in range(60)))],
    ),
    "unknown items": ([SHOE, PLAIN], HEALTHY),
    "items never seen": ([items("a,A,x", "b,B,x", "c,C,x"), log(("u", "a", "click", 0))], HEALTHY),
    "category circles": ([items("a,A,x/y", "b,B,y/x")], [items("a,A,x/y", "b,B,x/z")]),
    "category parents": ([items("a,A,x/shoes", "b,B,y/shoes")], [items("a,A,x/shoes", "b,B,y/boots")]),
    "items that moved": ([SHOE, items("a,Shoe,men/shoes")], [SHOE, items("a,Better shoe,women/shoes")]),
    "price jumps": (
        [log(("u", "a", "purchase", 0, 19.9), ("v", "a", "purchase", DAY, 1990), more=WITH_VALUE)],
        [log(("u", "a", "purchase", 0, 19.9), ("v", "a", "purchase", DAY, 24.9), more=WITH_VALUE)],
    ),
    "funnel gaps": (
        [log(("u", "a", "purchase", 0))],
        HEALTHY,
    ),
    "events before their page": (
        [PAGE, log(("u", "a", "click", 98, "p"), more=WITH_PAGE)],
        [PAGE, log(("u", "a", "click", 99, "p"), more=WITH_PAGE)],  # one second early is no fault
    ),
    "pages and impressions": ([PAGE, impressions(("p", "b", 2))], [PAGE, impressions(("p", "b", 1))]),
    "long tail": (
        [log(("u", "a", "click", 0), ("v", "a", "click", 1), ("w", "b", "click", 2))],  # 2 of 3 on one item
        [PLAIN],  # 1 of 2
    ),
    "cold customers": ([PLAIN], HEALTHY),
}  # fmt: skip
