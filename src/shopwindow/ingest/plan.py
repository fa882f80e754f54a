"""Plan: everything an import needs to know about a file, stated by the caller or guessed from a sample."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from shopwindow.errors import IngestError
from shopwindow.ingest.sample import Sample, look, shortened
from shopwindow.ingest.source import SKIP, Source
from shopwindow.ingest.targets import ACTION_WORDS, ATTRIBUTE, TARGETS, Target, target_of
from shopwindow.ingest.times import guess_time
from shopwindow.schema.shop import ShopConfig

DIRECTIVES: Final = frozenset("aAbBcdfgGHIjmMnpSuUVwWxXyYzZ%")  # what DuckDB's strptime knows
TIME_OF: Final = {"actions": "at", "pages": "at", "impressions": "at", "items": "first_seen"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`columns`: field -> the file's columns, the first non-empty one counts. `guessed`: fields not stated.

    `values`: field -> the file's value (lower case) -> ours. `unused`: columns that fill no field.
    """

    table: str
    sample: Sample
    encoding: str
    columns: dict[str, tuple[str, ...]]
    constants: dict[str, str]
    values: dict[str, dict[str, str]]
    time: str
    year: int | None
    category_separator: str
    guessed: tuple[str, ...]
    unused: tuple[str, ...]

    def fingerprint(self) -> str:
        """Text that differs whenever the same file would be read differently."""
        said = asdict(self)
        for name in ("guessed", "unused"):
            del said[name]
        said["sample"] = [
            self.sample.form,
            self.sample.columns,
            self.sample.delimiter,
            self.sample.header_line,
        ]
        return json.dumps(said, sort_keys=True)

    def lines(self) -> list[tuple[str, str, str]]:
        """(field, where it comes from, note) for people to check."""
        found = []
        for name, columns in self.columns.items():
            notes = ["guessed"] if name in self.guessed else []
            if name == TIME_OF.get(self.table):
                notes.append(f"time: {self.time}" + (f" of {self.year}" if self.year else ""))
            seen = {text.lower() for column in columns for text in self.sample.values(column)}
            renamed = [
                (old, new) for old, new in self.values.get(name, {}).items() if old in seen and old != new
            ]
            notes += [f"{old} → {'(dropped)' if new == SKIP else new}" for old, new in renamed]
            found.append((name, " or ".join(columns), ", ".join(notes)))
        return found + [(name, f'always "{value}"', "") for name, value in self.constants.items()]


def plan_of(source: Source, shop: ShopConfig) -> Plan:
    """The mapping of `source`, completed.

    Raises:
        IngestError: the file cannot be read, or a required field has no column that could be told.
        IngestError: the mapping names a field or column that does not exist.
    """
    mapping = source.mapping
    sample = look(source.path, mapping)
    stated = _stated(source, sample)
    constants = dict(mapping.constants)
    for name in constants:
        _target(source, name)
    guesses = _guesses(source.table, sample, {*stated, *constants}, shop)
    taken = {column for columns in stated.values() for column in columns}
    guesses = {name: tuple(c for c in each if c not in taken) for name, each in guesses.items()}
    columns = stated | {name: each for name, each in guesses.items() if each}
    _check_required(source, sample, {*columns, *constants}, shop)
    used = {column for each in columns.values() for column in each}
    return Plan(
        table=source.table,
        sample=sample,
        encoding=mapping.encoding,
        columns=columns,
        constants=constants,
        values=_values(source, shop),
        time=_time(source, sample, columns),
        year=mapping.year,
        category_separator=mapping.category_separator or _separator(columns, shop),
        guessed=tuple(name for name in columns if name not in stated),
        unused=tuple(column for column in sample.columns if column not in used),
    )


def widened(plan: Plan, later: Sequence[str], shop: ShopConfig) -> Plan:
    """The plan with columns that its sample did not show: they may fill the fields that are still open."""
    shown = replace(plan.sample, columns=tuple(later))
    found = _guesses(plan.table, shown, {*plan.columns, *plan.constants}, shop)
    used = {column for columns in found.values() for column in columns}
    return replace(
        plan,
        sample=replace(plan.sample, columns=(*plan.sample.columns, *later)),
        columns=plan.columns | found,
        guessed=(*plan.guessed, *found),
        unused=(*plan.unused, *(column for column in later if column not in used)),
    )


def _target(source: Source, name: str) -> Target:
    target = target_of(source.table, name)
    if target is None:
        known = ", ".join(each.name for each in TARGETS[source.table])
        raise IngestError(f"expected a field of {source.table} ({known}), came '{name}' in the mapping")
    return target


def _stated(source: Source, sample: Sample) -> dict[str, tuple[str, ...]]:
    stated = {}
    for name, text in source.mapping.columns:
        _target(source, name)
        columns = (text,) if text in sample.columns else tuple(text.split("|"))
        missing = next((each for each in columns if each not in sample.columns), None)
        if missing is not None:
            raise IngestError(
                f"{source.path}: field '{name}': expected one of its columns {shortened(sample.columns)}, "
                f"came '{missing}'"
            )
        stated[name] = columns
    return stated


def _guesses(table: str, sample: Sample, decided: set[str], shop: ShopConfig) -> dict[str, tuple[str, ...]]:
    """Fields that a column of the same name, or of a name used for them, can fill; each column once."""
    by_word = {
        column.strip().lower().replace(" ", "_").replace("-", "_"): column
        for column in reversed(sample.columns)
    }
    free = dict(by_word)
    found: dict[str, tuple[str, ...]] = {}
    wanted = [target for target in TARGETS[table] if target.name not in decided]
    for target in wanted:
        if target.name in free:
            found[target.name] = (free.pop(target.name),)
    for target in wanted:
        words = [word for word in target.also if word in free]
        if target.name not in found and words:
            several = 2 if target.kind == "paths" else 1  # a readable category path, else the category's id
            found[target.name] = tuple(free.pop(word) for word in words[:several])
    if target_of(table, ATTRIBUTE + "x") and "attributes" not in found:
        names = [each.name for each in shop.attributes if each.name in free]
        found |= {ATTRIBUTE + name: (free.pop(name),) for name in names if ATTRIBUTE + name not in decided}
    return found


def _check_required(source: Source, sample: Sample, filled: set[str], shop: ShopConfig) -> None:
    for target in TARGETS[source.table]:
        if (
            not target.required
            or target.name in filled
            or (target.kind == "time" and source.mapping.time == "order")
        ):
            continue
        came = shortened(sample.columns)
        if target.name == "action":
            remedy = f"--map action=COLUMN, or what every row is: --set action={shop.action_names[0]}"
        elif sample.header_line and not filled:
            remedy = "if the file has no header, name its columns: --names customer,item,..."
        else:
            remedy = f"say which it is: --map {target.name}=COLUMN"
        raise IngestError(
            f"{source.path}: expected a column for '{target.name}' such as {', '.join((target.name, *target.also[:3]))}; "
            f"came {came}; {remedy}"
        )


def _values(source: Source, shop: ShopConfig) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {"action": {name: name for name in shop.action_names}}
    for ours, words in ACTION_WORDS.items():
        if ours in shop.action_names:
            values["action"] |= {word: ours for word in words if word not in shop.action_names}
    for name, theirs, ours in source.mapping.values:
        if _target(source, name).kind != "word":
            raise IngestError(
                f"--value translates words of the shop (action, surface, market), came field '{name}'; "
                "other fields are taken as they are"
            )
        words = words_of(name, shop)
        if ours not in (*words, SKIP):
            raise IngestError(
                f"expected one of the shop's {name}s {', '.join(words)} (or {SKIP} to drop the row), "
                f"came '{ours}' in the mapping; add it to shop.toml or map to another"
            )
        values.setdefault(name, {})[theirs.strip().lower()] = ours
    return values


def words_of(name: str, shop: ShopConfig) -> tuple[str, ...]:
    """The shop's own names for a field of kind "word"."""
    match name:
        case "action":
            return shop.action_names
        case "surface":
            return shop.surface_names
        case _:
            return shop.market_codes


def _time(source: Source, sample: Sample, columns: dict[str, tuple[str, ...]]) -> str:
    if source.mapping.time:
        time = source.mapping.time
        if time not in ("s", "ms", "us", "iso", "order") and "%" not in time:
            raise IngestError(f"expected a time of s, ms, us, iso, order or a pattern with %, came '{time}'")
        wrong = next((each for each in re.findall("%-?(.?)", time) if each not in DIRECTIVES), None)
        if wrong is not None:
            raise IngestError(f"expected a time pattern such as %d.%m.%Y %H:%M, came '%{wrong}' in '{time}'")
        return time
    if sample.form == "sequences":
        return "order"
    name = TIME_OF.get(source.table, "")
    texts: Sequence[str] = [text for column in columns.get(name, ()) for text in sample.values(column)]
    return guess_time(columns[name][0], texts, source.mapping.year) if name in columns else "iso"


def _separator(columns: dict[str, tuple[str, ...]], shop: ShopConfig) -> str:
    paths = columns.get("item_category", columns.get("categories", ()))
    return "." if "category_code" in paths else shop.category_separator
