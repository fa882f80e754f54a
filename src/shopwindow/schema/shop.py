"""ShopConfig: what a shop is, read from shop.toml. Every mistake names file, line, field, expected and came."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shopwindow.errors import SchemaError

SURFACE_KINDS = ("home", "browse", "search", "similar", "campaign")
ATTRIBUTE_KINDS = ("category", "number", "text")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


ONE_MACHINES: Final = ("posix/", "right/", "posixrules", "localtime", "Factory")  # files, no zones by name
MOST: Final = 1e9
MOST_TABLES: Final = 200  # a place is a code, of one byte for actions


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """A place that shows a ranked page; `kind` says where its candidates come from."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something a customer does to an item. A gain above 0 is wanted; at or below 0 it is no positive example."""

    name: str
    gain: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A property of items: a category (one of few values), a number, or free text."""

    name: str
    kind: str = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """A country or region with its own prices and stock."""

    code: str
    currency: str = "EUR"


DEFAULT_SURFACES = tuple(Surface(name=kind, kind=kind) for kind in SURFACE_KINDS[:4])
DEFAULT_ACTIONS = (
    Action(name="click", gain=1.0),
    Action(name="wishlist", gain=2.0),
    Action(name="cart", gain=3.0),
    Action(name="purchase", gain=5.0),
    Action(name="hide", gain=-1.0),
    Action(name="remove", gain=-0.5),
    Action(name="return", gain=-1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopConfig:
    """One shop's own words: surfaces, actions with gain, item attributes, markets, sessions, time zone.

    Order matters: an action's or surface's place in its tuple is its code in columns and models, so new
    ones are appended.
    """

    name: str
    time_zone: str = "UTC"
    session_gap_minutes: int = 30
    category_separator: str = "/"
    surfaces: tuple[Surface, ...] = DEFAULT_SURFACES
    actions: tuple[Action, ...] = DEFAULT_ACTIONS
    attributes: tuple[Attribute, ...] = ()
    markets: tuple[Market, ...] = (Market(code="default"),)

    @property
    def action_names(self) -> tuple[str, ...]:
        return tuple(action.name for action in self.actions)

    @property
    def surface_names(self) -> tuple[str, ...]:
        return tuple(surface.name for surface in self.surfaces)

    @property
    def market_codes(self) -> tuple[str, ...]:
        return tuple(market.code for market in self.markets)

    def surface(self, name: str) -> Surface | None:
        return next((surface for surface in self.surfaces if surface.name == name), None)


@dataclass(frozen=True, slots=True)
class _Toml:
    """A parsed file that can still say on which line a field stands."""

    file: str
    lines: tuple[str, ...]

    def error(self, table: str, index: int, name: str, expected: str, came: object) -> SchemaError:
        label = ".".join(part for part in (f"{table}[{index}]" if index >= 0 else table, name) if part)
        return SchemaError(
            expected=expected, came=came, field=label, file=self.file, line=self._line(table, index, name)
        )

    def _line(self, table: str, index: int, name: str) -> int | None:
        header = re.compile(rf"^\s*\[\[?\s*{re.escape(table)}\s*\]\]?")
        heads = [n for n, text in enumerate(self.lines) if header.match(text)]
        if not heads:
            return None
        start = heads[max(index, 0)] if max(index, 0) < len(heads) else heads[0]
        for n in range(start + 1, len(self.lines)):
            if self.lines[n].lstrip().startswith("["):
                break
            if re.match(rf"^\s*\"?{re.escape(name)}\"?\s*=", self.lines[n]):
                return n + 1
        return start + 1


@dataclass(frozen=True, slots=True)
class _Table:
    """One TOML table being read: typed access, unknown fields refused."""

    toml: _Toml
    name: str
    index: int
    values: Mapping[str, Any]
    allowed: Sequence[str]

    def check_fields(self) -> None:
        for key, value in self.values.items():
            if key not in self.allowed:
                raise self.error(key, f"one of {', '.join(self.allowed)}", value)

    def error(self, name: str, expected: str, came: object) -> SchemaError:
        return self.toml.error(self.name, self.index, name, expected, came)

    def text(self, name: str, default: str | None = None) -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str) or not value:
            raise self.error(name, "a non-empty text", value)
        return value

    def word(self, name: str) -> str:
        value = self.text(name)
        if not NAME.fullmatch(value):
            raise self.error(name, "a name of a-z, 0-9, '-' and '_' (at most 63)", value)
        return value

    def choice(self, name: str, options: Sequence[str], default: str | None = None) -> str:
        value = self.text(name, default)
        if value not in options:
            raise self.error(name, f"one of {', '.join(options)}", value)
        return value

    def number(self, name: str) -> float:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST:
            raise self.error(name, f"a number from -{MOST:g} to {MOST:g}", value)
        return float(value)

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(name, f"a whole number from {low} to {high}", value)
        return value


def read_shop(path: Path) -> ShopConfig:
    """The shop described by a shop.toml.

    Raises:
        SchemaError: the file is missing, is not TOML, or a field is unknown, absent or of the wrong kind.
    """
    if not path.is_file():
        raise SchemaError(
            expected="a shop.toml (make one with `shopwindow init`)", came="no file", file=str(path)
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
        parsed = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise SchemaError(expected="UTF-8 text", came=str(error), file=str(path)) from error
    except (
        RecursionError,
        ValueError,
    ) as error:  # TOML's own errors, numbers of thousands of digits, endless nesting
        found = re.search(r"at line (\d+)", str(error))
        line = int(found.group(1)) if found else None
        raise SchemaError(expected="TOML", came=str(error), file=str(path), line=line) from error
    return _parse(_Toml(path.name, tuple(text.splitlines())), parsed)


def _parse(toml: _Toml, parsed: Mapping[str, Any]) -> ShopConfig:
    known = ("shop", "surface", "action", "attribute", "market")
    for key, value in parsed.items():
        if key not in known:
            raise toml.error(key, -1, "", f"one of the tables {', '.join(known)}", value)
    shop_values = parsed.get("shop")
    if not isinstance(shop_values, dict):
        raise SchemaError(expected="a table [shop]", came=shop_values, field="shop", file=toml.file)
    shop = _Table(
        toml, "shop", -1, shop_values, ("name", "time_zone", "session_gap_minutes", "category_separator")
    )
    shop.check_fields()
    time_zone = shop.text("time_zone", "UTC")
    try:
        ZoneInfo(time_zone)
        of_one_machine = time_zone.startswith(ONE_MACHINES)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        of_one_machine = True
    if of_one_machine:
        raise shop.error("time_zone", "a time zone such as Europe/Berlin", time_zone)

    surfaces = tuple(
        Surface(name=table.word("name"), kind=table.choice("kind", SURFACE_KINDS))
        for table in _tables(toml, parsed, "surface", ("name", "kind"))
    )
    actions = tuple(
        Action(name=table.word("name"), gain=table.number("gain"))
        for table in _tables(toml, parsed, "action", ("name", "gain"))
    )
    attributes = tuple(
        Attribute(name=table.word("name"), kind=table.choice("kind", ATTRIBUTE_KINDS, "category"))
        for table in _tables(toml, parsed, "attribute", ("name", "kind"))
    )
    markets = tuple(
        Market(code=table.word("code"), currency=table.text("currency", "EUR"))
        for table in _tables(toml, parsed, "market", ("code", "currency"))
    )
    if actions and not any(action.gain > 0 for action in actions):
        raise toml.error("action", 0, "gain", "at least one action with a gain above 0", "none")
    return ShopConfig(
        name=shop.text("name"),
        time_zone=time_zone,
        session_gap_minutes=shop.whole("session_gap_minutes", 30, 1, 24 * 60),
        category_separator=shop.text("category_separator", "/"),
        surfaces=surfaces or DEFAULT_SURFACES,
        actions=actions or DEFAULT_ACTIONS,
        attributes=attributes,
        markets=markets or (Market(code="default"),),
    )


def _tables(toml: _Toml, parsed: Mapping[str, Any], name: str, allowed: Sequence[str]) -> list[_Table]:
    """The [[name]] tables in order; the first field of `allowed` must be unique among them."""
    values = parsed.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise toml.error(name, -1, "", f"tables headed [[{name}]]", values)
    if len(values) > MOST_TABLES:
        raise toml.error(name, MOST_TABLES, "", f"at most {MOST_TABLES} tables [[{name}]]", f"{len(values)}")
    tables = [_Table(toml, name, index, value, allowed) for index, value in enumerate(values)]
    seen: set[str] = set()
    for table in tables:
        table.check_fields()
        label = str(table.values.get(allowed[0]))
        if label in seen:
            raise table.error(allowed[0], f"each {name} once", label)
        seen.add(label)
    return tables


def shop_toml(shop: ShopConfig) -> str:
    """The shop.toml text from which `read_shop` gives `shop` back, with a word of help at each table."""
    lines = [
        "# What this shop is. Append to the lists below; do not reorder them: a place is a code in data and models.",
        "[shop]",
        f"name = {_quoted(shop.name)}",
        f"time_zone = {_quoted(shop.time_zone)}",
        f"session_gap_minutes = {shop.session_gap_minutes}",
        f"category_separator = {_quoted(shop.category_separator)}   # women/shoes/boots",
        "",
        f"# Where ranked pages are shown; kind is one of {', '.join(SURFACE_KINDS)}.",
    ]
    for surface in shop.surfaces:
        lines += ["[[surface]]", f"name = {_quoted(surface.name)}", f"kind = {_quoted(surface.kind)}", ""]
    lines.append("# What customers do, and what it is worth to you; gain <= 0 means unwanted.")
    for action in shop.actions:
        lines += ["[[action]]", f"name = {_quoted(action.name)}", f"gain = {action.gain}", ""]
    lines.append(f"# Item attributes; kind is one of {', '.join(ATTRIBUTE_KINDS)}.")
    for attribute in shop.attributes:
        lines += [
            "[[attribute]]",
            f"name = {_quoted(attribute.name)}",
            f"kind = {_quoted(attribute.kind)}",
            "",
        ]
    lines.append("# Markets, each with its own prices and stock.")
    for market in shop.markets:
        lines += [
            "[[market]]",
            f"code = {_quoted(market.code)}",
            f"currency = {_quoted(market.currency)}",
            "",
        ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # a JSON text is a TOML text
