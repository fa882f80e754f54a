"""Times from outside -> UTC milliseconds: unix stamps, ISO texts, patterns, or the bare order of events."""

import re
from collections.abc import Sequence
from typing import Final

import ibis
import ibis.expr.types as ir

from shopwindow.errors import IngestError

UNIX: Final = {"s": 1e3, "ms": 1.0, "us": 1e-3}
EARLIEST_MS: Final = 631_152_000_000  # 1990-01-01: a stamp cut short by a broken line falls before it
LATEST_MS: Final = 4_102_444_800_000  # 2100-01-01
ISO: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([ T].*)?")
MONTH_DAY: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})")


@ibis.udf.scalar.builtin(name="epoch_ms", signature=(("timestamp('UTC')",), "int64"))  # type: ignore[untyped-decorator]
def _epoch_ms(moment: ir.Value) -> ir.IntegerValue: ...


@ibis.udf.scalar.builtin(name="try_strptime", signature=(("string", "string"), "timestamp"))  # type: ignore[untyped-decorator]
def _try_strptime(text: ir.Value, pattern: str) -> ir.TimestampValue: ...


def guess_time(column: str, texts: Sequence[str], year: int | None) -> str:
    """How these texts write a time: s, ms, us, iso or a pattern.

    Raises:
        IngestError: it cannot be told; the message says which option states it.
    """
    texts = texts or ["1970-01-01"]  # no rows: nothing to misread
    numbers = [float(text) for text in texts if re.fullmatch(r"\d+(\.\d+)?", text)]
    if 2 * len(numbers) > len(texts):
        middle = sorted(numbers)[len(numbers) // 2]
        for unit, largest in (("s", 1e11), ("ms", 1e14), ("us", 1e17)):
            if UNIX[unit] * middle >= EARLIEST_MS and middle < largest:
                return unit
    if 2 * sum(ISO.fullmatch(text) is not None for text in texts) > len(texts):
        return "iso"
    pairs = [found.groups() for text in texts if (found := MONTH_DAY.fullmatch(text))]
    if 2 * len(pairs) > len(texts):
        return _month_day(column, pairs, year)
    raise IngestError(
        f"column '{column}': expected unix or ISO times, came {texts[0]!r}; state how it is written: "
        "--time s|ms|us|iso|order or a pattern such as '%d.%m.%Y %H:%M'"
    )


def _month_day(column: str, pairs: Sequence[tuple[str, ...]], year: int | None) -> str:
    first, mark, second = pairs[0]
    if year is None:
        raise IngestError(
            f"column '{column}': expected a year, came {first + mark + second!r}; state it: --year"
        )
    day_first = any(int(each[0]) > 12 for each in pairs)
    if day_first == any(int(each[2]) > 12 for each in pairs):
        raise IngestError(
            f"column '{column}': cannot tell month from day in {first + mark + second!r}; "
            f"state it: --time '%m{mark}%d' or --time '%d{mark}%m'"
        )
    return f"%d{mark}%m" if day_first else f"%m{mark}%d"


def at_ms(text: ir.StringValue, time: str, year: int | None) -> ir.IntegerValue:
    """UTC milliseconds, null where the text is no time between 1990 and 2100 (for `order`: no whole number).

    Times without a zone are of the connection's time zone: the shop's.
    """
    if time == "order":
        return 1000 * text.re_search("^[0-9]{1,11}$").ifelse(text, ibis.null("string")).cast("int64")
    if time in UNIX:
        stamp = text.try_cast("float64") * UNIX[time]
        return _within(stamp).round().cast("int64")  # within first: NaN has no int64
    if time == "iso":
        value = _epoch_ms(_sane(text).try_cast("timestamp('UTC')"))
    else:
        pattern, dated = (f"%Y {time}", ibis.literal(f"{year} ") + text) if year else (time, text)
        value = _epoch_ms(_try_strptime(dated, pattern).try_cast("timestamp('UTC')"))
    return _within(value)


def _sane(text: ir.Value) -> ir.Value:
    """Without years of five digits and more, at which DuckDB fails instead of giving null."""
    if not text.type().is_string():
        return text
    fifth = text.substr(4, 1)
    return ((fifth < "0") | (fifth > "9")).ifelse(text, ibis.null("string"))


def _within(moment: ir.NumericValue) -> ir.NumericValue:
    return ((moment >= EARLIEST_MS) & (moment < LATEST_MS)).ifelse(moment, ibis.null(moment.type()))


def expected_time(time: str, year: int | None) -> str:
    """What a row that was set aside should have had."""
    names = {"s": "unix seconds", "ms": "unix milliseconds", "us": "unix microseconds", "iso": "ISO 8601"}
    if time == "order":
        return "a whole number of at most 11 digits"
    written = names.get(time, time) + (f" of {year}" if year else "")
    return f"a time between 1990 and 2100 ({written})"
