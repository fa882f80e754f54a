"""Validation: a file or stream judged against a shop before anything is imported; the shop is not touched."""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from shopwindow.config import ShopDirectory
from shopwindow.ingest.importer import ImportReport, import_file
from shopwindow.ingest.quality.clean import Clean, open_clean, rows_of
from shopwindow.ingest.quality.duplicates import DUPLICATES
from shopwindow.ingest.quality.examples import NUM_EXAMPLES, number
from shopwindow.ingest.quality.finding import Check, Finding, finding_of
from shopwindow.ingest.quality.known import Known
from shopwindow.ingest.quality.missing import MISSING
from shopwindow.ingest.quality.prices import PRICES
from shopwindow.ingest.quality.programs import PROGRAMS
from shopwindow.ingest.quality.thresholds import Thresholds
from shopwindow.ingest.quality.times import DAY_STAMPS, IMPOSSIBLE_TIMES
from shopwindow.ingest.quality.validator import EventValidator, Problem
from shopwindow.ingest.rejects import Reason
from shopwindow.ingest.source import Source
from shopwindow.schema.shop import ShopConfig, shop_toml

OF_A_FILE: Final[tuple[Check, ...]] = (DUPLICATES, MISSING, IMPOSSIBLE_TIMES, DAY_STAMPS, PROGRAMS, PRICES)
FEW: Final = 10_000  # rows in memory at once
MAX_KINDS: Final = 10_000  # of problems kept apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that would be taken and deserves a look; `examples`: at most ten."""

    what: str
    words: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What an import or POST /v1/events would make of a file. rows = good + duplicates + skipped + refused.

    `reading`: (field, where it comes from, note). `reasons`: why rows would be refused, the commonest first.
    """

    source: str
    form: str
    rows: int = 0
    good: int = 0
    duplicates: int = 0
    skipped: int = 0
    refused: int = 0
    reading: tuple[tuple[str, str, str], ...] = ()
    reasons: tuple[Reason, ...] = ()
    remarks: tuple[Remark, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether every row would be taken."""
        return self.refused == 0


def validate_stream(source: str, lines: Iterable[str | bytes], validator: EventValidator) -> Validation:
    """Lines of JSON, an event or a batch each, one by one; blank lines are left out."""
    refused, odd = _Tally(), _Tally()
    for row, line in enumerate(lines, 1):
        if line.strip():
            for problem in validator.problems(row, line):
                (refused if problem.refused else odd).add(problem)
    repeated = sum(reason.count for reason in odd.reasons() if reason.field == "event_id")
    return Validation(
        source=source,
        form="events",
        rows=validator.num_events,
        good=validator.num_events - validator.num_refused - repeated,
        duplicates=repeated,
        refused=validator.num_refused,
        reasons=refused.reasons(),
        remarks=tuple(
            Remark(
                what=reason.field,
                words=f"{number(reason.count, 'time')}: expected {reason.expected}",
                examples=odd.examples(reason),
            )
            for reason in odd.reasons()
        ),
    )


class _Tally:
    """Problems by field and expectation: how many, the first, ten different values."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str, str], Reason] = {}
        self._came: dict[tuple[str, str], dict[str, None]] = {}

    def add(self, problem: Problem) -> None:
        key = (problem.field, problem.expected)
        if key not in self._reasons and len(self._reasons) >= MAX_KINDS:
            key = ("", "another kind of row")
        first = self._reasons.get(key) or Reason(*key, problem.came, problem.row, 0)
        self._reasons[key] = replace(first, count=first.count + 1)
        came = self._came.setdefault(key, {})
        if len(came) < NUM_EXAMPLES:
            came[problem.came] = None

    def reasons(self) -> tuple[Reason, ...]:
        """The commonest first."""
        return tuple(sorted(self._reasons.values(), key=lambda reason: -reason.count))

    def examples(self, reason: Reason) -> tuple[str, ...]:
        return tuple(self._came[reason.field, reason.expected])


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What a file is judged against."""

    shop: ShopConfig
    known: Known
    now_ms: int
    thresholds: Thresholds = field(default_factory=Thresholds)


def validate_file(
    source: Source, against: Against, on_step: Callable[[str], None] = lambda name: None
) -> Validation:
    """What `import_file` would do with this file, learned by doing it in an empty shop that is thrown away.

    Takes the time and disk of an import.

    Raises:
        IngestError: the file as a whole cannot be read, or the mapping is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="shopwindow-validate-") as folder:
        trial = ShopDirectory(Path(folder))
        trial.config.write_text(shop_toml(against.shop), encoding="utf-8")
        report = import_file(trial, against.shop, source, on_step=on_step)
        on_step("looking at what would be imported")
        with open_clean(trial, against.now_ms) as clean:
            found = [finding_of(check, clean, against.thresholds) for check in OF_A_FILE]
            remarks = [_unknown_items(clean, against.known), _unknown_categories(clean, against.known)]
    return _validation(report, [*(each for each in remarks if each), *map(_remark, filter(_noticed, found))])


def _noticed(finding: Finding) -> bool:
    return finding.verdict in ("look", "bad")


def _remark(finding: Finding) -> Remark:
    examples = tuple(" · ".join(row) for row in finding.examples)
    return Remark(what=finding.name, words=finding.words, examples=examples)


def _validation(report: ImportReport, remarks: Iterable[Remark]) -> Validation:
    return Validation(
        source=str(report.source),
        form=report.table,
        rows=report.rows,
        good=report.imported,
        duplicates=report.duplicates,
        skipped=report.skipped,
        refused=report.rejected,
        reading=tuple(report.plan.lines()),
        reasons=report.reasons,
        remarks=tuple(remarks),
    )


def _unknown_items(clean: Clean, known: Known) -> Remark | None:
    if not known.items:
        return None
    count = 0
    examples: list[str] = []
    rows = clean.connection.raw_sql(
        clean.connection.compile(clean.items.select("item_id").order_by("item_id"))
    )
    while some := rows.fetchmany(FEW):
        new = [item for (item,) in some if item not in known.items]
        count += len(new)
        examples += new[: NUM_EXAMPLES - len(examples)]
    if not count:
        return None
    words = f"{number(count, 'item')} would be new to the shop"
    return Remark(what="unknown items", words=words, examples=tuple(examples))


def _unknown_categories(clean: Clean, known: Known) -> Remark | None:
    named = clean.actions.filter(clean.actions.category.notnull()).select("category").distinct()
    unknown = sorted(row["category"] for row in rows_of(named) if not known.has_category(row["category"]))
    if not unknown:
        return None
    words = f"requested and not in the catalogue: {len(unknown):,}"
    return Remark(what="unknown categories", words=words, examples=tuple(unknown[:NUM_EXAMPLES]))
