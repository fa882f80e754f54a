"""What customers do with a page that they are shown: the same code for the log and for the closed loop.

Legend: P pages, K positions, n things that happened.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.simulation import looking
from shopwindow.simulation.arrays import Bool, Real, Whole
from shopwindow.simulation.chance import Chance, Draw, Luck
from shopwindow.simulation.choice import Situation
from shopwindow.simulation.memory import Memory
from shopwindow.simulation.parameters import CLICK_AT
from shopwindow.simulation.spec import DAY_MS
from shopwindow.simulation.walk import Walk
from shopwindow.simulation.world import World

CLICK, WISHLIST, CART, PURCHASE, HIDE, REMOVE, RETURN = range(7)
"""Places in the default actions of a shop."""
PRESSURE: Final = 0.45  # how much harder each thing clicked makes the next click
BOT_CLICKS: Final = 0.12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deeds:
    """n actions on P pages: `page`, `position`, `item`, `action`, `at_ms`, `dwell_ms` (-1: not a click) [n]."""

    page: Whole
    position: Whole
    item: Whole
    action: Whole
    at_ms: Whole
    dwell_ms: Whole


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reaction:
    """What P pages led to: `in_view [P,K]`, `view_ms [P,K]` when it came into view, the deeds, `duration_ms [P]`.

    `bought [P]`: whether anything was.
    """

    in_view: Bool
    view_ms: Whole
    deeds: Deeds
    duration_ms: Whole
    bought: Bool


def react(
    world: World, memory: Memory, walk: Walk, situation: Situation, items: Whole, chance: Chance
) -> Reaction:
    """How the customers react to their pages `items [P,K]` (-1: nothing at that position); memory takes it in.

    Each customer occurs at most once. `walk` gives the time and gets the last click. Attention goes by position, so that
    it is the same whatever is shown there; taste and whim go by item, so that they are the same wherever it is shown.
    """
    size, width = items.shape
    luck, known = chance.at(walk.number, walk.pages), np.maximum(items, 0)
    bot = world.people.bot[situation.customer]
    in_view, noticed = _looked(world, situation, items >= 0, luck)
    margin = world.attraction(situation, known, memory) - CLICK_AT
    margin += luck.logistic(Draw.CLICK, known)
    clicked = _clicked(in_view, noticed, margin, bot, luck)
    hidden = noticed & ~clicked & (margin < -7.0) & ~bot[:, None]
    hidden &= luck.uniform(Draw.HIDE, known) < 0.02

    pace = np.where(bot, 40, 620)
    view_ms = walk.cursor_ms[:, None] + 700 + (pace[:, None] * np.arange(width)).astype(np.int64)
    page, position = _places(clicked)
    item = known[page, position]
    dwell = _dwell(world, situation.customer[page], item, luck.take(page))
    clicks = _Clicks(page, position, item, view_ms[page, position] + 500 + _waited(page, dwell), dwell)
    spent = np.bincount(page, weights=dwell, minlength=size).astype(np.int64)
    duration = 1_800 + (pace * in_view.sum(axis=1)).astype(np.int64) + spent

    chosen = _decide(world, memory, situation.take(page), item, luck.take(page))
    hides = _places(hidden)
    deeds = _deeds(clicks, chosen, walk.cursor_ms + duration, (*hides, view_ms[hides] + 400), known)
    _remember(world, memory, situation, clicks, chosen.buy)
    walk.last_click = np.full(size, -1, dtype=np.int32)
    walk.last_click[page] = item
    bought = np.bincount(page[chosen.buy], minlength=size) > 0
    duration = duration + np.where(bought, 45_000, 0)
    return Reaction(in_view=in_view, view_ms=view_ms, deeds=deeds, duration_ms=duration, bought=bought)


def _looked(world: World, situation: Situation, shown: Bool, luck: Luck) -> tuple[Bool, Bool]:
    """[P,K] what comes into view, and what of it is noticed; programs load the whole page."""
    who, places = situation.customer, np.arange(shown.shape[1])
    scale = looking.depth_scale(situation.surface, situation.device) * world.people.patience[who]
    seen = looking.in_view(scale, len(places), luck.uniform(Draw.DEPTH))
    in_view = (seen | world.people.bot[who, None]) & shown
    attention = looking.noticing(situation.device, places)
    return in_view, in_view & (luck.uniform(Draw.NOTICE, places[None, :]) < attention)


def _clicked(in_view: Bool, noticed: Bool, margin: Real, bot: Bool, luck: Luck) -> Bool:
    """[P,K] what is clicked: each thing that tempted makes the next click harder; programs click at random."""
    caught = noticed & (margin > 0)
    before: Whole = np.cumsum(caught, axis=1) - caught
    clicked: Bool = caught & (margin > PRESSURE * before)
    if bot.any():
        whim = luck.take(bot).uniform(Draw.BOT, np.arange(margin.shape[1])[None, :])
        clicked[bot] = in_view[bot] & (whim < BOT_CLICKS)
    return clicked


def _dwell(world: World, customer: Whole, item: Whole, luck: Luck) -> Whole:
    """[n] ms on each clicked item."""
    parameters = world.parameters
    read = parameters.dwell_sd * luck.normal(Draw.DWELL, item)
    dwell = np.where(world.people.bot[customer], 900.0, np.exp(parameters.dwell_mean + read))
    return dwell.astype(np.int64)


def _waited(page: Whole, dwell: Whole) -> Whole:
    """[n] ms spent on what was clicked above, on the same page; `page [n]` is sorted."""
    before = np.cumsum(dwell) - dwell
    waited: Whole = before - before[np.searchsorted(page, page)]
    return waited


def _places(chosen: Bool) -> tuple[Whole, Whole]:
    """Page and position of what is chosen, page by page."""
    page, position = np.nonzero(chosen)
    return page.astype(np.int32), position.astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class _Clicks:
    """n clicks, page by page."""

    page: Whole
    position: Whole
    item: Whole
    at_ms: Whole
    dwell_ms: Whole


@dataclass(frozen=True, slots=True, eq=False)
class _Choices:
    """Per click, what followed."""

    wishlist: Bool
    cart: Bool
    buy: Bool
    remove: Bool
    give_back: Bool
    back_ms: Whole


def _decide(world: World, memory: Memory, situation: Situation, items: Whole, luck: Luck) -> _Choices:
    """After a close look: wishlist, cart, purchase of the best of one category only (the others were substitutes),
    seldom remove; days later some things are sent back, because of their quality or because a brand's cut does not fit.
    """
    parameters = world.parameters
    human = ~world.people.bot[situation.customer]
    value = world.utility(situation, items[:, None], memory)[:, 0]
    tempted = value + luck.gumbel(Draw.CART, items)
    wishlist = human & (value + luck.gumbel(Draw.WISHLIST, items) > parameters.wish_at)
    cart = human & (tempted > parameters.cart_at)
    final = 0.5 * (value + tempted) + luck.gumbel(Draw.PURCHASE, items)
    rival = situation.customer.astype(np.int64) * 1024 + world.goods.leaf[items]
    best = _best_of_each(rival, np.where(cart, final, -np.inf))
    buy = cart & best & (final > parameters.buy_at)
    remove = cart & ~buy & (luck.uniform(Draw.REMOVE, items) < 0.12)
    disappointment = world.disappointment(situation.customer, items)
    give_back = buy & (luck.logistic(Draw.RETURN, items) < disappointment)
    days = 2.0 + 12.0 * luck.uniform(Draw.RETURN_DAY, items).astype(np.float64)
    back_ms = (days * DAY_MS).astype(np.int64)
    return _Choices(wishlist, cart, buy, remove, give_back, back_ms)


def _best_of_each(group: Whole, value: Real) -> Bool:
    """Whether each is the first of the highest value in its group."""
    order = np.lexsort((-value, group))
    ranked = group[order]
    first = np.r_[True, ranked[1:] != ranked[:-1]] if len(group) else np.zeros(0, dtype=np.bool_)
    best = np.zeros(len(group), dtype=np.bool_)
    best[order[first]] = True
    return best


def _deeds(
    clicks: _Clicks, chosen: _Choices, end_ms: Whole, hides: tuple[Whole, Whole, Whole], items: Whole
) -> Deeds:
    """The clicks, then what followed them, then what was hidden: `hides` = page, position, time.

    `end_ms [P]`: when the customer is done with the page.
    """
    start_ms, dwell_ms, done_ms = clicks.at_ms, clicks.dwell_ms, end_ms[clicks.page]
    followed = (
        (WISHLIST, chosen.wishlist, start_ms + dwell_ms // 2),
        (CART, chosen.cart, start_ms + dwell_ms * 4 // 5),
        (PURCHASE, chosen.buy, done_ms + 20_000),
        (REMOVE, chosen.remove, done_ms + 2_000),
        (RETURN, chosen.give_back, done_ms + chosen.back_ms),
    )
    parts = [(CLICK, clicks.page, clicks.position, start_ms)]
    parts += [(deed, clicks.page[some], clicks.position[some], at_ms[some]) for deed, some, at_ms in followed]
    actions, *columns = zip(*parts, (HIDE, *hides), strict=True)
    page, position, at_ms = (np.concatenate(column) for column in columns)
    return Deeds(
        page=page,
        position=position.astype(np.int16),
        item=items[page, position],
        action=np.repeat(actions, [len(part) for part in columns[0]]).astype(np.int16),
        at_ms=at_ms,
        dwell_ms=np.append(dwell_ms, np.full(len(page) - len(dwell_ms), -1)),
    )


def _remember(world: World, memory: Memory, situation: Situation, clicks: _Clicks, buy: Bool) -> None:
    page, item = clicks.page, clicks.item
    customer, leaf = situation.customer[page], world.goods.leaf[item].astype(np.int32)
    memory.clicked(customer, item, leaf)
    price, day = world.goods.price[item[buy]], situation.day[page[buy]]
    memory.bought(customer[buy], item[buy], leaf[buy], price=price, day=day)
    memory.saw_page(situation.customer, np.bincount(page, minlength=len(situation)) > 0)
