"""POST /v1/rank: bytes in, bytes out."""

import threading
import time
import uuid
from collections import OrderedDict
from typing import Final, NamedTuple, final

import msgspec

from shopwindow.api.answers import ItemOut, PageOut
from shopwindow.api.metrics import Metrics
from shopwindow.api.payloads import RankIn, read
from shopwindow.errors import RequestError
from shopwindow.schema.posted import Id
from shopwindow.schema.request import RankRequest
from shopwindow.serving.assembly import ShopRuntime
from shopwindow.serving.details import details_of, item_ids
from shopwindow.serving.ranking import Ranked, Ranking
from shopwindow.serving.trace import Trace

DEADLINE_MS: Final = 200.0
REMEMBERED: Final = 4096


class Answered(NamedTuple):
    """What was asked under a request id, and the answer."""

    question: bytes
    answer: bytes


@final
class RankDesk:
    """Answers rank requests of one shop.

    A request that brings its own id is answered once: the same question again gets the same answer (of the last
    4,096), so that a retry neither counts as a second page nor shows another order.
    """

    def __init__(self, runtime: ShopRuntime, metrics: Metrics) -> None:
        self._runtime, self._metrics = runtime, metrics
        self._decoder = msgspec.json.Decoder(RankIn)
        self._encoder = msgspec.json.Encoder()
        self._answered: OrderedDict[str, Answered] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, question: bytes, header_id: str | None, deadline_ms: float = DEADLINE_MS) -> bytes:
        """The page as JSON.

        Raises:
            RequestError, msgspec.DecodeError: the request is wrong, or there is no release (code "no_release").
        """
        began_s = time.perf_counter()
        ranking = ready(self._runtime)
        wanted = read(self._decoder, question)
        own_id = wanted.request_id or (None if header_id is None else msgspec.convert(header_id, Id))
        if own_id is not None and (before := self._before(own_id, question)) is not None:
            return before
        request = wanted.request(own_id or uuid.uuid4().hex, time.time_ns() // 1_000_000)
        trace = Trace(clock=time.perf_counter, deadline_s=began_s + deadline_ms / 1000.0)
        ranked = ranking.rank(request, self._runtime.lookups, self._runtime.store, trace)
        customer = None if ranked.opted_out else request.customer
        if not self._runtime.pages.note(ranking.page_event(ranked), customer):
            trace.degrade("page-log", "full")
        with trace.stage("encode"):
            answer = self._encoder.encode(page_out(ranking, ranked, wanted.details))
        if own_id is not None:
            self._remember(own_id, Answered(question, answer))
        self._metrics.page(request.surface, request.variant, trace, time.perf_counter() - began_s)
        return answer

    def _before(self, request_id: str, question: bytes) -> bytes | None:
        with self._lock:
            before = self._answered.get(request_id)
        if before is not None and before.question != question:
            raise RequestError(
                "request_id_reused",
                f"request_id: {request_id!r} was another question; give each page an id of its own",
                field="request_id",
                expected="an id that was not used for another question",
                came=request_id,
            )
        return None if before is None else before.answer

    def _remember(self, request_id: str, answered: Answered) -> None:
        with self._lock:
            self._answered[request_id] = answered
            if len(self._answered) > REMEMBERED:
                self._answered.popitem(last=False)


def ready(runtime: ShopRuntime) -> Ranking:
    """The shop's ranking.

    Raises:
        RequestError: code "no_release"; the text says what to do.
    """
    if runtime.ranking is None:
        raise RequestError("no_release", f"no page can be ranked: {runtime.reason}")
    return runtime.ranking


def page_out(ranking: Ranking, ranked: Ranked, details: bool) -> PageOut:
    """The answer's parts as they are encoded."""
    request, page, shelf = ranked.context.request, ranked.page, ranked.context.shelf
    scores = page.scores.tolist()
    if details:
        items = _with_details(ranked, request, scores)
    else:
        items = [
            ItemOut(item, score, sources)
            for item, score, sources in zip(item_ids(shelf, page.rows), scores, page.sources, strict=True)
        ]
    return PageOut(
        request_id=request.request_id,
        release=ranking.release.release_id,
        surface=request.surface,
        variant=request.variant,
        log_offset=ranked.context.log_offset,
        degraded=ranked.trace.degraded,
        opted_out=ranked.opted_out,
        items=items,
    )


def _with_details(ranked: Ranked, request: RankRequest, scores: list[float]) -> list[ItemOut]:
    context, page = ranked.context, ranked.page
    found = details_of(context.shelf, page.rows, context.market, request.at_ms)
    return [
        ItemOut(
            each.item,
            score,
            sources,
            title=each.title,
            kind=each.kind,
            parent=each.parent,
            brand=each.brand,
            seller=each.seller,
            category=each.category,
            categories=each.categories,
            text=each.text,
            picture=each.picture,
            attributes=each.attributes,
            price_minor=each.price_minor,
            currency=each.currency,
            in_stock=each.in_stock,
            new=each.new,
        )
        for each, score, sources in zip(found, scores, page.sources, strict=True)
    ]
