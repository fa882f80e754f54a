"""Ranking: a release, its shelf and its plans, ready to answer requests. Used by the server and by replay alike."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, final

import numpy as np

from shopwindow.errors import RequestError, StateError
from shopwindow.features.customer import NEW_CUSTOMER
from shopwindow.features.store import Snapshot
from shopwindow.release.bundle import Release
from shopwindow.schema.live import NOBODY, PageEvent
from shopwindow.schema.request import RankRequest
from shopwindow.serving.context import Context
from shopwindow.serving.customer_encoder import CustomerEncoder
from shopwindow.serving.live_shelf import LiveShelf
from shopwindow.serving.lookup import Ids, Keys, Known, Reading, check, context_of, keys_of
from shopwindow.serving.pipeline import Page, Pipeline, PlanBook
from shopwindow.serving.trace import Trace

LOG: Final = logging.getLogger(__name__)
READS: Final = 100
READ_AGAIN_S: Final = 0.0002


class States(Protocol):
    """Where customers' states are read (the keeper, or a store)."""

    def read(self, customer_keys: Sequence[int]) -> Snapshot: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranked:
    """A page and all that led to it. `opted_out`: the customer declined; nothing that is known of them was read."""

    context: Context
    page: Page
    trace: Trace
    opted_out: bool = False


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """`reading`: how this release's model reads a customer; `encoder`: what it makes of one."""

    release: Release
    shelf: LiveShelf
    encoder: CustomerEncoder
    pipeline: Pipeline
    book: PlanBook
    reading: Reading

    def rank(self, request: RankRequest, ids: Ids, states: States, trace: Trace) -> Ranked:
        """The page for a request, from what is known now.

        Raises:
            RequestError: the request asks for something that the shop does not have.
        """
        check(request, self.release.shop)
        with trace.stage("lookup"):
            known = self._known(
                NOBODY, states, trace
            )  # before the ids: a customer not known yet has no state by then
            keys = _keys(request, ids, trace)
            if keys.customer != NOBODY:
                known = self._known(keys.customer, states, trace)
        if known.state.opted_out:
            nobody, unknown = replace(keys, customer=NOBODY), replace(known, state=NEW_CUSTOMER)
            return replace(self.ranked(request, nobody, unknown, trace), opted_out=True)
        return self.ranked(request, keys, known, trace)

    def ranked(self, request: RankRequest, keys: Keys, known: Known, trace: Trace) -> Ranked:
        """The page for a request, from what was known at one offset of the log."""
        with trace.stage("context"):
            context = context_of(request, keys, known, self.reading)
        return Ranked(context=context, page=self.page(context, trace), trace=trace)

    def page(self, context: Context, trace: Trace) -> Page:
        """The page for a context: the pipeline under the plan of the request's surface and variant."""
        surface = self.release.shop.surface(context.request.surface)
        assert surface is not None  # check() refuses others
        plan = self.book.plans[surface.kind, context.request.variant]
        return self.pipeline.rank(plan, context, trace)

    def _known(self, customer_key: int, states: States, trace: Trace) -> Known:
        """State and shelf of the same offset: the keeper restocks before it shows a state that is as new.

        Read the state first: then the shelf has all of its items, and is newer only for the moment until the
        keeper shows the state, which is waited for.
        """
        wanted = [] if customer_key == NOBODY else [customer_key]
        try:
            for _ in range(READS):
                snapshot, shelf = states.read(wanted), self.shelf.now
                if shelf.offset <= snapshot.offset:
                    break
                time.sleep(READ_AGAIN_S)
            else:
                trace.degrade("state", "behind")  # such a page cannot be computed again
        except Exception:
            LOG.exception("the state cannot be read")
            trace.degrade("state", "failed")
            shelf = self.shelf.now
            return Known(state=NEW_CUSTOMER, shelf=shelf, log_offset=shelf.offset)
        state = snapshot.states[0] if wanted else NEW_CUSTOMER
        return Known(state=state, shelf=shelf, log_offset=snapshot.offset)

    def page_event(self, ranked: Ranked) -> PageEvent:
        """What is logged of a page, enough to compute it again; `customer_key` may still be NOBODY for a new customer."""
        context, page, request = ranked.context, ranked.page, ranked.context.request
        never = self._excluded_keys(context)
        return PageEvent(
            page_id=request.request_id,
            at_ms=request.at_ms,
            customer_key=context.customer_key,
            surface=request.surface,
            category=request.category,
            query=request.query,
            seed_item_key=int(context.shelf.item_key[context.seed_row]) if context.seed_row >= 0 else None,
            market=context.market,
            country=request.country,
            device=request.device,
            k=request.k,
            filters=request.filters,
            exclude=never,
            variant=request.variant,
            items=tuple(context.shelf.item_key[page.rows].tolist()),
            scores=tuple(page.scores.tolist()),
            propensities=None if page.propensities is None else tuple(page.propensities.tolist()),
            degraded=tuple(ranked.trace.degraded),
            release=self.release.release_id,
            config_version=self.book.version,
            seed=context.seed,
            log_offset=context.log_offset,
            test=request.test,
        )

    @staticmethod
    def _excluded_keys(context: Context) -> tuple[int, ...]:
        """Keys of what the caller excluded and of what the customer hid; replay need not tell them apart."""
        return tuple(np.sort(context.shelf.item_key[context.excluded]).tolist())


def _keys(request: RankRequest, ids: Ids, trace: Trace) -> Keys:
    """Without the identity map everyone is a new customer; what a page is about cannot be guessed."""
    try:
        return keys_of(request, ids)
    except RequestError:
        raise
    except Exception as error:
        LOG.exception("ids cannot be looked up")
        if request.seed_item is not None:
            raise StateError(f"ids cannot be looked up: {error}") from error
        trace.degrade("identity", "failed")
        return Keys(customer=NOBODY, seed_item=-1, exclude=np.zeros(0, dtype=np.int32))
