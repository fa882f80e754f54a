"""quality_report: every check, the figures and the advice of one shop."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from shopwindow.config import ShopDirectory
from shopwindow.durable import write_durably
from shopwindow.ingest.quality.advice import Advice, Demands, Start, advice_of, start_of
from shopwindow.ingest.quality.checks import findings
from shopwindow.ingest.quality.clean import open_clean, rows_of
from shopwindow.ingest.quality.figures import Figures, figures_of
from shopwindow.ingest.quality.finding import Finding
from shopwindow.ingest.quality.programs import programs
from shopwindow.ingest.quality.thresholds import Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """What is known of a shop's imported data at one moment."""

    at_ms: int
    figures: Figures
    findings: tuple[Finding, ...]
    advice: tuple[Advice, ...]
    start: Start


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the checks and the advice go by."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    demands: Demands = field(default_factory=Demands)


USUAL: Final = Judgement()


def quality_report(
    shop_dir: ShopDirectory,
    now_ms: int,
    judgement: Judgement = USUAL,
    on_step: Callable[[str], None] = lambda name: None,
) -> QualityReport:
    """Look at everything that was imported; nothing is changed. Holds aggregates and examples, never whole tables.

    `now_ms`: what is later lies in the future. `on_step` is told the name of each check as it begins.

    Raises:
        SchemaError: shop.toml is missing or wrong.
        IngestError: imports.json is damaged.
    """
    with open_clean(shop_dir, now_ms) as clean:
        found = tuple(findings(clean, judgement.thresholds, on_step))
        on_step("figures")
        figures = figures_of(clean)
    return QualityReport(
        at_ms=now_ms,
        figures=figures,
        findings=found,
        advice=advice_of(figures, judgement.demands),
        start=start_of(figures, judgement.demands),
    )


def program_keys(shop_dir: ShopDirectory, now_ms: int, judgement: Judgement = USUAL) -> list[int]:
    """customer_key of every customer who behaves like a program, the busiest first; none where there are no times.

    Raises:
        SchemaError: shop.toml is missing or wrong.
        IngestError: imports.json is damaged.
    """
    with open_clean(shop_dir, now_ms) as clean:
        if not clean.has_clock:
            return []
        found = programs(clean, judgement.thresholds.programs).select("customer_key", "actions")
        return [
            int(row["customer_key"]) for row in rows_of(found.order_by(found.actions.desc(), "customer_key"))
        ]


def write_json(report: QualityReport, path: Path) -> None:
    """The whole report for machines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, msgspec.json.format(msgspec.json.encode(report), indent=1))
