"""Why an item scores as it does for a request: what each group of inputs adds, what each past action adds, in one sentence.

Legend: G groups, n of them in the request, S = 2^n coalitions, A actions, K items, d width.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from shopwindow.features.customer import NEW_CUSTOMER, CustomerState, Records
from shopwindow.features.journey import PADDING, Journey
from shopwindow.features.live_journey import LiveContext, journey_of
from shopwindow.schema.arrays import Bool, Float, Rows
from shopwindow.schema.request import RankRequest
from shopwindow.serving.context import Context
from shopwindow.serving.lookup import live_context, view_of
from shopwindow.serving.ranking import Ranking

GROUPS: Final = ("history", "customer", "surface", "category", "query", "time")
"""customer: country and device; time: hour and weekday."""
DEEDS: Final[Mapping[str, str]] = {
    "click": "you looked at", "wishlist": "you wished for", "cart": "you put in your cart", "purchase": "you bought",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explanation:
    """The two-tower's score of K items, taken apart.

    `score [K]` = `base [K]`, of a request that says nothing, + the sum of `contributions [G, K]` (GROUPS, in this order).
    `actions [A]` (dtype ACTION): what the model read of the customer, oldest first; `effects [A, K]`: by how much the
    score would be lower without each alone.
    """

    request: RankRequest
    rows: Rows
    score: Float
    base: Float
    contributions: Float
    actions: Records
    effects: Float


@dataclass(frozen=True, slots=True)
class ShopWords:
    """What things are called: `action(code)`, `title(item_key)`."""

    action: Callable[[int], str]
    title: Callable[[int], str]


def explain(ranking: Ranking, context: Context, rows: Rows) -> Explanation:
    """What moved the scores of these rows; all coalitions of inputs go through the model in one batch.

    Contributions are exact Shapley values (Shapley, "A value for n-person games", 1953; of model inputs: Lundberg and
    Lee, NeurIPS 2017); an input that is left out is unknown to the model, as it is in a request that does not tell it.
    """
    shelf, output = context.shelf, ranking.release.output
    tail = rows >= shelf.num_base
    items = output[np.where(tail, 0, rows)].astype(np.float32)
    items[tail] = shelf.output[rows[tail] - shelf.num_base]

    state, now = _resolved(context, live_context(context.request, shelf, ranking.reading))
    told = _told(state, now)
    inside = _coalitions(int(told.sum()))
    known = np.zeros((len(inside), len(GROUPS)), dtype=np.bool_)
    known[:, told] = inside
    view = view_of(shelf, ranking.reading)
    read = state.actions[-view.max_actions :]
    without = [np.delete(read, place) for place in range(len(read))]
    states = [state if each[0] else NEW_CUSTOMER for each in known]
    states += [replace(state, actions=actions) for actions in without]
    lives = [_live(now, each) for each in known] + [now] * len(without)
    journey = journey_of(states, lives, view)
    _forget_time(journey, ~known[:, GROUPS.index("time")])
    scores = ranking.encoder.vectors(journey, shelf) @ items.T
    contributions = np.zeros((len(GROUPS), len(rows)), dtype=np.float32)
    contributions[told] = _shapley_weights(inside) @ scores[: len(inside)]
    score = scores[len(inside) - 1]  # the coalition of all
    return Explanation(
        request=context.request,
        rows=rows,
        score=score,
        base=scores[0],
        contributions=contributions,
        actions=read,
        effects=score - scores[len(inside) :],
    )


def sentence(why: Explanation, place: int, shop_words: ShopWords) -> str:
    """One line fit for a customer: the group that moved the item at `place` most, said in words."""
    group = GROUPS[int(np.argmax(why.contributions[:, place]))]
    if why.contributions[:, place].max() <= 0:
        return "Chosen by many here."
    match group:
        case "history":
            action = why.actions[int(np.argmax(why.effects[:, place]))]
            deed = DEEDS.get(shop_words.action(int(action["action"])), "of what you did with")
            return f"Because {deed} {shop_words.title(int(action['item_key']))}."
        case "category":
            return f"Often chosen in {why.request.category}."
        case "query":
            return f"It goes with your search for “{why.request.query}”."
        case "customer":
            return "Often chosen by customers from where you are, on a device like yours."
        case "time":
            return "Often chosen at this time."
        case _:
            return "Often chosen on pages like this one."


def _resolved(context: Context, now: LiveContext) -> tuple[CustomerState, LiveContext]:
    """Country and device in one place, whether the request or the state knows them."""
    state = context.state
    now = replace(
        now,
        country=state.country if now.country == PADDING else now.country,
        device=state.device if now.device == PADDING else now.device,
    )
    return replace(state, country=PADDING, device=PADDING), now


def _told(state: CustomerState, now: LiveContext) -> Bool:
    """[G] what this request says at all."""
    told = {
        "history": len(state.actions) > 0,
        "customer": now.country != PADDING or now.device != PADDING,
        "surface": now.surface != PADDING,
        "category": now.category != PADDING,
        "query": now.query != PADDING,
        "time": True,
    }
    return np.array([told[name] for name in GROUPS])


def _live(now: LiveContext, known: Bool) -> LiveContext:
    """`now` with the groups that are not known left out."""
    has = dict(zip(GROUPS, known.tolist(), strict=True))
    return LiveContext(
        at_ms=now.at_ms,
        surface=now.surface if has["surface"] else PADDING,
        category=now.category if has["category"] else PADDING,
        query=now.query if has["query"] else PADDING,
        country=now.country if has["customer"] else PADDING,
        device=now.device if has["customer"] else PADDING,
    )


def _forget_time(journey: Journey, unknown: Bool) -> None:
    """Hour and weekday of the request itself, of the first len(unknown) journeys."""
    batch = np.flatnonzero(unknown)
    journey.hour[batch, journey.length[batch]] = PADDING
    journey.weekday[batch, journey.length[batch]] = PADDING


def _coalitions(n: int) -> Bool:
    """[2^n, n] every set of n players: none first, all last."""
    inside: Bool = (np.arange(2**n)[:, None] >> np.arange(n)) % 2 == 1
    return inside


def _shapley_weights(inside: Bool) -> Float:
    """[n, S]: times the values of all coalitions `inside [S, n]` gives each player's share."""
    n = inside.shape[1]
    size = inside.sum(axis=1)
    with_player = np.array([0.0, *(math.factorial(s - 1) * math.factorial(n - s) for s in range(1, n + 1))])
    without = np.array([*(math.factorial(s) * math.factorial(n - s - 1) for s in range(n)), 0.0])
    weights = np.where(inside, with_player[size][:, None], -without[size][:, None]) / math.factorial(n)
    shares: Float = weights.T.astype(np.float32)
    return shares
