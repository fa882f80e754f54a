"""What the simulated customers send to a server: questions for pages, impressions, actions."""

from typing import Any, final

import numpy as np

from shopwindow.schema.shop import DEFAULT_ACTIONS
from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.arrays import Whole
from shopwindow.simulation.behaviour import CART, PURCHASE, RETURN, Reaction
from shopwindow.simulation.log import MARKET_OF_COUNTRY
from shopwindow.simulation.queries import query_text
from shopwindow.simulation.walk import BROWSE, SEARCH, Asks
from shopwindow.simulation.world import World

Message = dict[str, Any]


@final
class Wire:
    """Turns steps of a walk into bodies of /v1/rank and /v1/events."""

    def __init__(self, world: World, *, variant: str, test: bool) -> None:
        self._world, self._variant, self._test = world, variant, test

    def question(self, asks: Asks, place: int, page_id: str) -> Message:
        """The body of POST /v1/rank; the next page of a list asks for more, of which the first were shown before."""
        question = {
            **self._context(asks, place),
            "request_id": page_id,
            "k": int(asks.offset[place]) + self._world.spec.page_size,
            "country": words.COUNTRIES[self._world.people.country[asks.situation.customer[place]]][0],
            "variant": self._variant,
            "test": self._test,
        }
        if asks.seed[place] >= 0:
            question["seed_item"] = self._world.goods.item_id(int(asks.seed[place]))
        return question

    def events(self, asks: Asks, page_ids: list[str], items: Whole, reaction: Reaction) -> list[Message]:
        """Impressions and actions of one step in the order in which they happened, without event ids.

        What would come back days later does not happen within a run.
        """
        contexts = [self._context(asks, place) for place in range(len(page_ids))]
        timed: list[tuple[int, Message]] = []
        for page, position in zip(*(each.tolist() for each in np.nonzero(reaction.in_view)), strict=True):
            event = self._event(contexts[page], page_ids[page], int(items[page, position]))
            event |= {"type": "impression", "position": position + int(asks.offset[page])}
            timed.append((int(reaction.view_ms[page, position]), event))
        deeds = reaction.deeds
        for n in np.flatnonzero(deeds.action != RETURN).tolist():
            page = int(deeds.page[n])
            event = self._event(contexts[page], page_ids[page], int(deeds.item[n]))
            event |= {"type": "action", "action": DEFAULT_ACTIONS[deeds.action[n]].name}
            event |= {key: contexts[page][key] for key in ("category", "query") if key in contexts[page]}
            event["position"] = int(deeds.position[n] + asks.offset[page])
            if deeds.dwell_ms[n] >= 0:
                event["dwell_ms"] = int(deeds.dwell_ms[n])
            if deeds.action[n] in (CART, PURCHASE):
                event |= self._payment(asks, page, int(deeds.item[n]))
            timed.append((int(deeds.at_ms[n]), event))
        timed.sort(key=lambda each: each[0])
        return [event for _, event in timed]

    def _context(self, asks: Asks, place: int) -> Message:
        """What a page's question and its events have in common."""
        customer, surface = int(asks.situation.customer[place]), int(asks.surface[place])
        context: Message = {
            "customer": self._world.people.customer_id(customer),
            "surface": words.SURFACES[surface],
            "market": words.MARKETS[self._market(asks, place)][0],
            "device": words.DEVICES[asks.situation.device[place]],
        }
        if surface == SEARCH:
            leaf, colour, brand, word, typo = asks.queries.codes[place].tolist()
            context["query"] = query_text(self._world.goods, (leaf, colour, brand, word, typo))
        elif surface == BROWSE and asks.node[place] > 0:
            context["category"] = self._world.goods.tree.paths[asks.node[place]]
        return context

    def _event(self, context: Message, page_id: str, item: int) -> Message:
        shared = {key: context[key] for key in ("customer", "surface", "market", "device")}
        return {**shared, "page_id": page_id, "item": self._world.goods.item_id(item), "test": self._test}

    def _market(self, asks: Asks, place: int) -> int:
        return int(MARKET_OF_COUNTRY[self._world.people.country[asks.situation.customer[place]]])

    def _payment(self, asks: Asks, place: int, item: int) -> Message:
        """Quantity, and value in the customer's currency; no value where the world does not sell it there."""
        minor = int(self._world.goods.price_minor[item, self._market(asks, place)])
        return {"quantity": 1} if minor < 0 else {"quantity": 1, "value": minor / 100.0}
