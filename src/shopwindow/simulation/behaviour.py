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
    """What P pages led to: `in_view [P,K]`, `view_ms [P,K]` when it came into view, the deeds, `duration_ms [P]`."""

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
    luck, places = chance.at(walk.number, walk.pages), np.arange(width)
    shown = items >= 0
    known = np.maximum(items, 0)
    bot = world.people.bot[situation.customer]
    scale = (
        looking.depth_scale(situation.surface, situation.device) * world.people.patience[situation.customer]
    )
    seen = looking.in_view(scale, width, luck.uniform(Draw.DEPTH))
    in_view = (seen | bot[:, None]) & shown
    noticed = in_view & (
        luck.uniform(Draw.NOTICE, places[None, :]) < looking.noticing(situation.device, places)
    )
    margin = world.attraction(situation, known, memory) - CLICK_AT
    margin += luck.logistic(Draw.CLICK, known)
    caught = noticed & (margin > 0)
    before: Whole = np.cumsum(caught, axis=1) - caught
    clicks = caught & (margin > PRESSURE * before)
    if bot.any():
        whim = luck.take(bot).uniform(Draw.BOT, places[None, :])
        clicks[bot] = in_view[bot] & (whim < BOT_CLICKS)
    hides = noticed & ~clicks & (margin < -7.0) & ~bot[:, None]
    hides &= luck.uniform(Draw.HIDE, known) < 0.02

    page, position = (each.astype(np.int32) for each in np.nonzero(clicks))
    clicked, parameters = known[page, position], world.parameters
    read = parameters.dwell_sd * luck.take(page).normal(Draw.DWELL, clicked)
    dwell = np.where(bot[page], 900.0, np.exp(parameters.dwell_mean + read)).astype(np.int64)
    pace = np.where(bot, 40, 620)
    view_ms = walk.cursor_ms[:, None] + 700 + (pace[:, None] * np.arange(width)).astype(np.int64)
    waited = np.cumsum(dwell) - dwell
    starts = np.searchsorted(page, page, side="left") if len(page) else page
    click_ms = view_ms[page, position] + 500 + waited - (waited[starts] if len(page) else 0)
    spent = np.bincount(page, weights=dwell, minlength=size).astype(np.int64)
    duration = 1_800 + (pace * in_view.sum(axis=1)).astype(np.int64) + spent

    chosen = _decide(world, memory, situation.take(page), clicked, luck.take(page))
    late = walk.cursor_ms + duration
    parts = [
        (page, position, CLICK, click_ms),
        _some(page, position, chosen.wishlist, WISHLIST, click_ms + dwell // 2),
        _some(page, position, chosen.cart, CART, click_ms + dwell * 4 // 5),
        _some(page, position, chosen.buy, PURCHASE, late[page] + 20_000),
        _some(page, position, chosen.remove, REMOVE, late[page] + 2_000),
        _some(page, position, chosen.give_back, RETURN, late[page] + chosen.back_ms),
    ]
    hide_page, hide_position = (each.astype(np.int32) for each in np.nonzero(hides))
    parts.append((hide_page, hide_position, HIDE, view_ms[hide_page, hide_position] + 400))
    deeds = _deeds(parts, known, dwell)

    _remember(world, memory, situation, (page, clicked), chosen.buy)
    last = np.full(size, -1, dtype=np.int32)
    last[page] = clicked
    walk.last_click = last
    bought = np.bincount(page[chosen.buy], minlength=size) > 0
    duration = duration + np.where(bought, 45_000, 0)
    return Reaction(in_view=in_view, view_ms=view_ms, deeds=deeds, duration_ms=duration, bought=bought)


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


def _some(
    page: Whole, position: Whole, chosen: Bool, action: int, at_ms: Whole
) -> tuple[Whole, Whole, int, Whole]:
    return page[chosen], position[chosen], action, at_ms[chosen]


def _deeds(parts: list[tuple[Whole, Whole, int, Whole]], items: Whole, dwell: Whole) -> Deeds:
    page = np.concatenate([part[0] for part in parts])
    position = np.concatenate([part[1] for part in parts])
    action = np.repeat([part[2] for part in parts], [len(part[0]) for part in parts])
    dwell_ms = np.full(len(page), -1, dtype=np.int64)
    dwell_ms[: len(dwell)] = dwell
    return Deeds(
        page=page,
        position=position.astype(np.int16),
        item=items[page, position],
        action=action.astype(np.int16),
        at_ms=np.concatenate([part[3] for part in parts]),
        dwell_ms=dwell_ms,
    )


def _remember(
    world: World, memory: Memory, situation: Situation, clicks: tuple[Whole, Whole], buy: Bool
) -> None:
    page, item = clicks
    customer, leaf = situation.customer[page], world.goods.leaf[item].astype(np.int32)
    memory.clicked(customer, item, leaf)
    price, day = world.goods.price[item[buy]], situation.day[page[buy]]
    memory.bought(customer[buy], item[buy], leaf[buy], price=price, day=day)
    memory.saw_page(situation.customer, np.bincount(page, minlength=len(situation)) > 0)
