"""What clients send, as msgspec reads it: checked while decoding, unknown fields refused, limits beside the field."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from shopwindow.schema.posted import MAX_INT, Id, Key, Word
from shopwindow.schema.request import Filters, RankRequest

Text = Annotated[str, Meta(max_length=20_000)]
Picture = Annotated[str, Meta(max_length=200_000)]
Money = Annotated[int, Meta(ge=0, le=MAX_INT)]


T = TypeVar("T")


def read(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The body as the decoder's type.

    Raises:
        msgspec.DecodeError: the body is no JSON at all, which is said first; or a ValidationError: it is other JSON.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        msgspec.json.decode(body)
        raise


class FiltersIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Prices in the currency's smallest unit."""

    brands: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    min_price: Money | None = None
    max_price: Money | None = None
    attributes: dict[Key, Word | Annotated[tuple[Word, ...], Meta(max_length=100)]] = {}
    in_stock: bool = True

    def filters(self) -> Filters:
        """As the stages know them."""
        pairs = sorted(self.attributes.items())
        return Filters(
            brands=self.brands,
            min_price_minor=self.min_price,
            max_price_minor=self.max_price,
            attributes=tuple(
                (name, (values,) if isinstance(values, str) else values) for name, values in pairs
            ),
            in_stock=self.in_stock,
        )


class RankIn(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /v1/rank."""

    surface: Key
    customer: Id | None = None
    category: Word | None = None
    query: Word | None = None
    seed_item: Id | None = None
    market: Key | None = None
    country: Key | None = None
    device: Key | None = None
    k: Annotated[int, Meta(ge=1, le=500)] = 24
    filters: FiltersIn = FiltersIn()
    exclude: Annotated[tuple[Id, ...], Meta(max_length=1000)] = ()
    request_id: Id | None = None
    variant: Key = "default"
    details: bool = False
    test: bool = False

    def request(self, request_id: str, at_ms: int) -> RankRequest:
        """As the stages know it."""
        return RankRequest(
            request_id=request_id,
            surface=self.surface,
            at_ms=at_ms,
            k=self.k,
            customer=self.customer,
            category=self.category or None,
            query=self.query or None,
            seed_item=self.seed_item,
            market=self.market,
            country=self.country or None,
            device=self.device or None,
            filters=self.filters.filters(),
            exclude=self.exclude,
            variant=self.variant,
            test=self.test,
        )


class OfferIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Price and stock in one market; stock absent = not counted, always available."""

    market: Key
    price_minor: Money
    stock: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] | None = None


class ItemIn(Struct, frozen=True, forbid_unknown_fields=True):
    """An item as it is from now on. A field that is absent stays as it was."""

    item: Id
    title: Text | UnsetType | None = UNSET
    text: Text | UnsetType | None = UNSET
    brand: Word | UnsetType | None = UNSET
    seller: Word | UnsetType | None = UNSET
    kind: Key | UnsetType = UNSET
    parent: Id | UnsetType | None = UNSET
    categories: Annotated[tuple[Word, ...], Meta(max_length=50)] | UnsetType = UNSET
    offers: Annotated[tuple[OfferIn, ...], Meta(max_length=500)] | UnsetType = UNSET
    attributes: dict[Key, Word] | UnsetType = UNSET
    picture: Picture | UnsetType | None = UNSET


class ItemsIn(Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /v1/items: each item is read by itself."""

    items: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=1000)]
