"""Advice: what a shop's data can support, as plain rules on measured figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shopwindow.ingest.quality.examples import number
from shopwindow.ingest.quality.figures import Figures

Answer: TypeAlias = Literal["yes", "partly", "no"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """From where on a figure supports something; docs/decisions/0011 says where the numbers come from.

    `median_returning`, `returning_share`: for a personal history. `outcome`: actions of a kind, to learn it by
    itself. `enough`: actions with a query, category or position, to learn from. `known_share`: of items with a
    title, a category, a price, or of actions with a category. `days`: for a test period of its own. `min_actions`,
    `min_customers` (with two actions): to train at all. `small_items`, `small_actions`: what the preset small is
    made for; `large_customers`: from where on large is.
    """

    median_returning: int = 10
    returning_share: float = 0.2
    outcome: int = 1_000
    enough: int = 1_000
    known_share: float = 0.5
    days: int = 14
    repeats: float = 0.2
    min_actions: int = 1_000
    min_customers: int = 100
    small_items: int = 100_000
    small_actions: int = 2_000_000
    large_customers: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Advice:
    """Whether the data supports something, and why."""

    topic: str
    answer: Answer
    words: str


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin: a training preset ("" = none yet), why, and the command."""

    preset: Literal["", "small", "base", "large"]
    words: str
    command: str


def advice_of(figures: Figures, demands: Demands) -> tuple[Advice, ...]:
    """One answer per thing that the platform can do."""
    if not figures.actions:
        catalogue = (
            f"; the catalogue ({number(figures.items, 'item')}) can be browsed" if figures.items else ""
        )
        return (Advice("personal pages", "no", f"no actions were imported yet{catalogue}"),)
    return (
        _history(figures, demands),
        _time(figures, demands),
        _browse(figures, demands),
        _search(figures, demands),
        _outcomes(figures, demands),
        _position(figures, demands),
        _off_policy(figures, demands),
        _prices(figures, demands),
        _new_items(figures, demands),
        _repeats(figures, demands),
    )


def start_of(figures: Figures, demands: Demands) -> Start:
    """The preset to begin with."""
    several = sum(people for size, people in figures.per_customer.items() if size > 1)
    if not figures.actions:
        return Start(
            "", "nothing to train on yet: import what customers did", "shopwindow import --shop SHOP FILE"
        )
    if figures.actions < demands.min_actions or several < demands.min_customers:
        return Start(
            "",
            f"too little to train on: {figures.actions:,} actions, {several:,} customers with two or more; import a longer "
            "period, and rank by popularity and category until then",
            "shopwindow import --shop SHOP FILE",
        )
    split = "" if figures.has_clock else " --split leave-one-out"
    compare = "; compare it with popularity and item-kNN before you believe it: shopwindow evaluate"
    size = f"{figures.actions:,} actions of {figures.customers:,} customers on {figures.items:,} items"
    if figures.customers >= demands.large_customers:
        return Start(
            "large",
            f"{size}: needs a GPU; without one begin with base{compare}",
            f"shopwindow train --shop SHOP --preset large{split}",
        )
    if figures.items > demands.small_items or figures.actions > demands.small_actions:
        return Start(
            "base",
            f"{size}: more than small is made for{compare}",
            f"shopwindow train --shop SHOP --preset base{split}",
        )
    return Start(
        "small",
        f"{size}: minutes on two processor cores{compare}",
        f"shopwindow train --shop SHOP --preset small{split}",
    )


def median(sizes: Mapping[int, int]) -> int:
    """The size of the median thing: sizes -> how many have so much; 0 without any."""
    left = (sum(sizes.values()) + 1) // 2
    for size in sorted(sizes):
        left -= sizes[size]
        if left <= 0:
            return size
    return 0


def _share(part: int, whole: int) -> str:
    share = part / whole if whole else 0.0
    return f"{share:.0%}" if share >= 0.01 or not part else "under 1 %"


def _history(figures: Figures, demands: Demands) -> Advice:
    topic, share = "personal history", figures.returning / figures.customers
    if not figures.has_clock:
        return Advice(topic, "yes" if figures.median_returning >= demands.median_returning else "partly",
            f"the order is known: median {figures.median_returning} actions of customers with several")  # fmt: skip
    visits = f"{_share(figures.returning, figures.customers)} of customers come back on another day"
    if share >= demands.returning_share and figures.median_returning >= demands.median_returning:
        return Advice(topic, "yes", f"{visits}, median {figures.median_returning} actions each")
    words = (
        f"{visits}, median {figures.median_returning} actions each"
        if figures.returning
        else "no customer comes back on another day"
    )
    if share >= demands.returning_share:
        return Advice(topic, "partly", words)
    several = median({size: people for size, people in figures.per_customer.items() if size > 1})
    if several:
        return Advice(
            topic, "partly", f"{words}; within a visit: median {several} actions of customers with several"
        )
    return Advice(topic, "no", f"{words}; every customer acts once: rank by popularity, category and content")


def _time(figures: Figures, demands: Demands) -> Advice:
    topic = "test on the future"
    if not figures.has_clock:
        return Advice(
            topic,
            "no",
            "no times, only an order: evaluate with --protocol leave-one-out; nothing can age or trend",
        )
    if figures.days < demands.days:
        test = (
            "the last hours test the first ones"
            if figures.days == 1
            else "the last day or two test the others"
        )
        return Advice(
            topic, "partly", f"{number(figures.days, 'day')} of log: {test}; seasons are out of sight"
        )
    if figures.only_days:
        return Advice(
            topic,
            "partly",
            f"{figures.days:,} days, but only the day is known: the order within one is chance",
        )
    return Advice(
        topic, "yes", f"{figures.days:,} days with times: the last ones test what was learned before"
    )


def _browse(figures: Figures, demands: Demands) -> Advice:
    topic, known = "browse by category", figures.contents.category
    if known < demands.known_share:
        return Advice(
            topic, "no", f"{known:.0%} of items have a category: import an items file with categories"
        )
    levels = f"{known:.0%} of items have a category, {figures.contents.levels} level{'s' * (figures.contents.levels != 1)}"
    if figures.request_categories >= demands.enough:
        share = _share(figures.request_categories, figures.actions)
        return Advice(topic, "yes", f"{levels}; {share} of actions know the category that was asked for")
    return Advice(
        topic,
        "partly",
        f"{levels}; no action knows the category asked for: training draws it from the item's own",
    )


def _search(figures: Figures, demands: Demands) -> Advice:
    share = figures.contents.title
    titles = f"{share:.0%} of items have a title to find"
    said = f"{figures.queries:,} actions know their query" if figures.queries else "no queries in the log"
    if share < demands.known_share:
        able: Answer = "partly" if figures.queries >= demands.enough else "no"
        return Advice(
            "search", able, f"{said}, and {f'only {titles}' if share else 'no item has a title to find'}"
        )
    if figures.queries >= demands.enough:
        return Advice("search", "yes", f"{said}; {titles}")
    return Advice("search", "partly", f"{said}: words can be matched, nothing learned; {titles}")


def _outcomes(figures: Figures, demands: Demands) -> Advice:
    enough = [name for name, count, _ in figures.steps if count >= demands.outcome]
    few = [f"{name} {count:,}" for name, count, _ in figures.steps if count < demands.outcome]
    rare = f"; too few by themselves: {', '.join(few)}" if few else ""
    if len(enough) > 1:
        return Advice("several outcomes", "yes", f"enough of {', '.join(enough)} to predict each{rare}")
    words = f"only {enough[0]} is frequent enough" if enough else "no kind of action is frequent enough"
    return Advice("several outcomes", "no", words + rare)


def _position(figures: Figures, demands: Demands) -> Advice:
    topic = "position bias"
    if not figures.pages:
        return Advice(
            topic,
            "no",
            "no pages logged, so what was clicked because it stood first cannot be told from what was liked",
        )
    if figures.placed < demands.enough:
        return Advice(
            topic, "no", f"{figures.pages:,} pages, but {figures.placed:,} actions know their position"
        )
    seen = (
        f"{figures.impressions:,} impressions"
        if figures.impressions
        else "no impressions: what was not seen counts as not wanted"
    )
    return Advice(topic, "yes" if figures.impressions else "partly",
        f"{figures.pages:,} pages, {_share(figures.placed, figures.actions)} of actions know their position, {seen}")  # fmt: skip


def _off_policy(figures: Figures, demands: Demands) -> Advice:
    topic, drawn = "replay of another order", figures.pages - figures.certain
    if not figures.pages:
        return Advice(topic, "no", "no pages logged; the server writes them from its first day on")
    if not drawn:
        return Advice(
            topic,
            "partly",
            "pages without propensities: the same candidates can be re-ranked, no new order valued",
        )
    known = f"{_share(drawn, figures.pages)} of pages know the propensity of each place"
    if figures.paged < demands.enough:
        return Advice(
            topic, "partly", f"{known}, but only {figures.paged:,} actions answer one: wide intervals"
        )
    return Advice(topic, "yes", known)


def _prices(figures: Figures, demands: Demands) -> Advice:
    priced, markets = figures.contents.price, len(figures.markets)
    if priced < demands.known_share:
        said = "no item has a price" if not priced else f"{priced:.0%} of items have a price"
        return Advice("prices", "no", f"{said}: nothing can be filtered or valued by it")
    stock = f"{figures.contents.stock:.0%} with stock" if figures.contents.stock else "stock is not counted"
    return Advice(
        "prices", "yes", f"{priced:.0%} of items have one, {markets} market{'s' * (markets != 1)}, {stock}"
    )


def _new_items(figures: Figures, demands: Demands) -> Advice:
    contents = figures.contents
    names = ("title", "text", "brand", "picture", "category", "attributes")
    known = [
        f"{name} {getattr(contents, name):.0%}"
        for name in names
        if getattr(contents, name) >= demands.known_share
    ]
    unseen = figures.items - figures.acted_items
    cold = f"; no action yet on {number(unseen, 'item')}" if unseen else ""
    if not known:
        return Advice(
            "new items", "no", f"items are ids alone, so a new one says nothing until it is clicked{cold}"
        )
    full = len(known) > 1 and (
        contents.title >= demands.known_share or contents.attributes >= demands.known_share
    )
    return Advice("new items", "yes" if full else "partly", f"known of items: {', '.join(known)}{cold}")


def _repeats(figures: Figures, demands: Demands) -> Advice:
    topic, share = "own items again", figures.repeats
    first = figures.steps[0][0] if figures.steps else "action"
    if share >= demands.repeats:
        return Advice(
            topic,
            "yes",
            f"{share:.0%} of {first}s repeat one of the customer's own: keep own items on the page",
        )
    if share:
        return Advice(topic, "partly", f"{share:.0%} of {first}s repeat one of the customer's own")
    return Advice(
        topic,
        "no",
        "no customer acts on an item twice: leave out what was seen when you evaluate",
    )
