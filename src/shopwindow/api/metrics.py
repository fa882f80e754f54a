"""Prometheus metrics, read from each request's trace; components do not count themselves."""

from typing import Final, final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.registry import Collector

from shopwindow.serving.trace import Trace

SECONDS: Final = (
    0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1.0,
)  # fmt: skip


@final
class Metrics:
    """The counters of one application, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._pages = Counter(
            "shopwindow_pages", "Ranked pages", ["surface", "variant"], registry=self.registry
        )
        self._seconds = Histogram(
            "shopwindow_rank_seconds",
            "A whole page, decoding to encoding",
            buckets=SECONDS,
            registry=self.registry,
        )
        self._stages = Histogram(
            "shopwindow_stage_seconds",
            "One stage of a page",
            ["stage"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._by_stage: dict[str, Histogram] = {}
        self._degraded = Counter(
            "shopwindow_degraded", "Parts that a page went on without", ["part"], registry=self.registry
        )
        self._records = Counter(
            "shopwindow_records", "Events and items that came", ["kind", "result"], registry=self.registry
        )
        self._refused = Counter(
            "shopwindow_refused", "Answers other than 2xx", ["code"], registry=self.registry
        )

    def page(self, surface: str, variant: str, trace: Trace, seconds: float) -> None:
        """A page was ranked."""
        self._pages.labels(surface, variant).inc()
        self._seconds.observe(seconds)
        for stage, milliseconds in trace.stages:
            if (histogram := self._by_stage.get(stage)) is None:
                histogram = self._by_stage[stage] = self._stages.labels(stage)
            histogram.observe(milliseconds / 1000.0)
        for part in trace.degraded:
            self._degraded.labels(part).inc()

    def records(self, kind: str, accepted: int, duplicates: int, rejected: int) -> None:
        """A batch of events or items was taken."""
        for result, count in (("accepted", accepted), ("duplicate", duplicates), ("rejected", rejected)):
            if count:
                self._records.labels(kind, result).inc(count)

    def refused(self, code: str) -> None:
        """An answer that is not 2xx was given."""
        self._refused.labels(code).inc()

    def register(self, collector: Collector) -> None:
        """Read further figures whenever someone asks."""
        self.registry.register(collector)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)
