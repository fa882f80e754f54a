"""Tables of a report for the terminal."""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from rich.table import Table

from shopwindow.evaluation.report import COMPARED, HEADLINE, Report
from shopwindow.evaluation.significance import Interval

SIDE_BY_SIDE: Final = 5  # models
MAIN: Final = (HEADLINE, "ndcg@500", "recall@1", "recall@10", "recall@100", "recall@500", "mrr@20", "auc")


def tables(report: Report) -> Iterator[Table]:
    """Accuracy with 95 % intervals, what else pages look like, settings, differences to the best baseline, segments.

    Models stand side by side and metrics below one another: that fits a narrow terminal. More than five models stand
    below one another with the most important metrics; their segments are left to the page with plots.
    """
    if len(report.entrants) > SIDE_BY_SIDE:
        yield _many(report)
    else:
        yield _accuracy(report)
        yield _others(report)
    yield _settings(report)
    if report.differences:
        yield _differences(report)
    if report.segments and len(report.entrants) <= SIDE_BY_SIDE:
        yield _segments(report)


def _accuracy(report: Report) -> Table:
    table = _by_model(report, _title(report))
    means = [report.means[each.outcome.name] for each in report.entrants]
    for metric in MAIN:
        if metric in _metrics(report):
            table.add_row(metric, *(figure(found[metric]) for found in means))
    return table


def _many(report: Report) -> Table:
    table = _table(_title(report))
    table.add_column("model")
    metrics = [metric for metric in COMPARED if metric in _metrics(report)]
    for name in (*metrics, "seconds"):
        table.add_column(name, justify="right")
    for each in report.entrants:
        found = [report.means[each.outcome.name][metric] for metric in metrics]
        table.add_row(each.outcome.name, *map(figure, found), f"{each.seconds:.1f}")
    return table


def _others(report: Report) -> Table:
    table = _by_model(report, "more")
    means = [report.means[each.outcome.name] for each in report.entrants]
    for metric in _metrics(report):
        if metric not in MAIN:
            table.add_row(metric, *(plain(found[metric].value) for found in means))
    for name in report.entrants[0].outcome.totals:
        table.add_row(name, *(plain(each.outcome.totals[name]) for each in report.entrants))
    for age in report.entrants[0].outcome.stale:
        table.add_row(
            f"{HEADLINE}, {in_time(age)} stale",
            *(plain(float(np.nanmean(each.outcome.stale[age]))) for each in report.entrants),
        )
    table.add_row("seconds", *(f"{each.seconds:.1f}" for each in report.entrants))
    if all(math.isfinite(each.peak_mib) for each in report.entrants):
        table.add_row("peak MiB so far", *(f"{each.peak_mib:,.0f}" for each in report.entrants))
    return table


def _settings(report: Report) -> Table:
    table = _table("settings")
    table.add_column("model")
    table.add_column("chosen", overflow="fold")
    for each in report.entrants:
        if each.settings:
            table.add_row(each.outcome.name, each.settings)
    return table


def _differences(report: Report) -> Table:
    table = _table(f"difference to {against_in_words(report)} (paired; bold: both tests agree)")
    table.add_column("model")
    for name in ("metric", "difference", "95 %", "p boot", "p t", "detectable"):
        table.add_column(name, justify="right")
    for each in report.differences:
        found = each.interval
        table.add_row(
            each.model,
            each.metric,
            f"{found.value:+.4f}",
            f"{found.low:+.4f} .. {found.high:+.4f}",
            f"{each.p_holm:.3f}",
            f"{each.t_holm:.3f}",
            f"{each.detectable:.4f}",
            style="bold" if each.decided else None,
        )
    number = len(report.differences)
    table.caption = (
        f"p of the bootstrap and of the t-test, both after Holm over {number} comparisons; "
        "detectable: found with 80 % probability by this many customers"
    )
    table.caption_justify = "left"
    return table


def _segments(report: Report) -> Table:
    table = _by_model(report, f"{HEADLINE} by segment", "segment", "requests")
    for name, (n, models) in report.segments.items():
        table.add_row(name, f"{n:,}", *(figure(found) for found in models.values()))
    return table


def against_in_words(report: Report) -> str:
    """What the models are compared with."""
    name = report.differences[0].against
    return name if report.protocol == "replay" else f"{name}, the best baseline"


def in_time(duration_ms: float) -> str:
    """A duration as people say it: 90 s, 10 min, 3 h, 2 d."""
    for unit, length in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000)):
        if duration_ms >= 2 * length or duration_ms == length:
            return f"{duration_ms / length:g} {unit}"
    return f"{duration_ms / 1000:g} s"


def _title(report: Report) -> str:
    return (
        f"{report.protocol}: {report.num_requests:,} test requests of {report.num_customers:,} customers "
        f"(mean, 95 % interval by customers, seed {report.seed})"
    )


def _by_model(report: Report, title: str, *first: str) -> Table:
    """A column for the metric (or those named), then one for each model."""
    table = _table(title)
    for name in first or ("metric",):
        table.add_column(name, justify="right" if name == "requests" else "left", overflow="fold")
    for each in report.entrants:
        table.add_column(each.outcome.name, justify="right", overflow="fold")
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold")


def _metrics(report: Report) -> list[str]:
    return list(report.entrants[0].outcome.values)


def figure(found: Interval) -> str:
    """A mean with half the width of its interval."""
    return f"{plain(found.value)} ±{(found.high - found.low) / 2:.4f}"


def plain(value: float) -> str:
    """A figure with four places, fewer where it is large; nothing where there is none."""
    return "" if value != value else f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"
