"""Before the first customer comes: a page of every surface once, and the scan copy read once, so that no page waits for the disk."""

import logging
from typing import Final

import numpy as np

from shopwindow.features.customer import NEW_CUSTOMER
from shopwindow.schema.live import NOBODY
from shopwindow.schema.request import RankRequest
from shopwindow.serving.lookup import Keys, Known
from shopwindow.serving.ranking import Ranking
from shopwindow.serving.trace import Trace

LOG: Final = logging.getLogger(__name__)
NOTHING: Final = np.zeros(0, dtype=np.int32)


def warm(ranking: Ranking) -> list[str]:
    """Rank a page of every surface for nobody; returns what was degraded, nothing if all is well."""
    shop, problems = ranking.release.shop, []
    known = Known(state=NEW_CUSTOMER, shelf=ranking.shelf.now, log_offset=0)
    some_item = int(ranking.release.catalog.item_key[0])
    for surface in shop.surfaces:
        similar = surface.kind == "similar"
        keys = Keys(customer=NOBODY, seed_item=some_item if similar else -1, exclude=NOTHING)
        request = RankRequest(
            request_id="warm-up", surface=surface.name, at_ms=0, seed_item="warm-up" if similar else None
        )
        trace = Trace(clock=lambda: 0.0)
        ranking.ranked(request, keys, known, trace)
        problems += [f"{surface.name}: {part}" for part in trace.degraded]
    index = ranking.release.index
    index.exact.search(np.array(ranking.release.output[0]), 1)
    for problem in problems:
        LOG.error("the warm-up found a part that does not work: %s", problem)
    return problems
