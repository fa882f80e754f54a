"""Contexts and pages for tests of single parts: what the server would look up, given as arguments."""

from dataclasses import replace
from typing import Any

import numpy as np
from tests.serving.tiny_shop import NOW_MS, SHOP

from shopwindow.features.customer import NEW_CUSTOMER, StateRules, apply
from shopwindow.schema.live import NOBODY, ActionEvent
from shopwindow.schema.request import RankRequest
from shopwindow.serving.context import Context
from shopwindow.serving.lookup import Keys, Known, context_of
from shopwindow.serving.ranking import Ranking


def request_for(**fields: Any) -> RankRequest:
    return replace(RankRequest(request_id="r", surface="browse", at_ms=NOW_MS), **fields)


def did(*steps: tuple[str, int, int]) -> list[ActionEvent]:
    """Events of (action, item key, milliseconds before now)."""
    return [
        ActionEvent(event_id=str(n), at_ms=NOW_MS - ago_ms, customer_key=1, item_key=key, action=action)
        for n, (action, key, ago_ms) in enumerate(steps)
    ]


def context_for(
    ranking: Ranking, events: list[ActionEvent] | None = None, exclude: tuple[int, ...] = (), **fields: Any
) -> Context:
    state = apply(NEW_CUSTOMER, events or [], StateRules.of(SHOP))
    keys = Keys(customer=NOBODY, seed_item=-1, exclude=np.array(exclude, dtype=np.int32))
    known = Known(state=state, shelf=ranking.shelf.now, log_offset=0)
    return context_of(request_for(**fields), keys, known, ranking.reading)


def shown_keys(ranking: Ranking, context: Context, rows: np.ndarray) -> list[int]:
    found: list[int] = context.shelf.item_key[rows].tolist()
    return found
