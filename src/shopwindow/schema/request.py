"""RankRequest: what the caller asked, as it came; it never grows."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the caller lets through; an empty tuple or None lets everything through."""

    brands: tuple[str, ...] = ()
    min_price_minor: int | None = None
    max_price_minor: int | None = None
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    in_stock: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RankRequest:
    """One page to rank. Ids are the shop's own; `at_ms` is when the server took the request."""

    request_id: str
    surface: str
    at_ms: int
    k: int = 24
    customer: str | None = None
    category: str | None = None
    query: str | None = None
    seed_item: str | None = None
    market: str | None = None
    country: str | None = None
    device: str | None = None
    filters: Filters = field(default_factory=Filters)
    exclude: tuple[str, ...] = ()
    variant: str = "default"
    test: bool = False
