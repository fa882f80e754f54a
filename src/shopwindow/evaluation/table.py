"""Tables of a report for the terminal."""

from collections.abc import Iterator
from typing import Final

from rich.table import Table

from shopwindow.evaluation.report import HEADLINE, Report
from shopwindow.evaluation.significance import Interval

MAIN: Final = (HEADLINE, "ndcg@500", "recall@1", "recall@10", "recall@100", "recall@500", "mrr@20", "auc")


def tables(report: Report) -> Iterator[Table]:
    """Accuracy with 95 % intervals, what else pages look like, differences to the best baseline, segments."""
    yield _accuracy(report)
    yield _others(report)
    if report.differences:
        yield _differences(report)
    if report.segments:
        yield _segments(report)


def _accuracy(report: Report) -> Table:
    table = _table(
        f"{report.protocol}: {report.num_requests:,} test requests (mean, 95 % interval by customers, seed {report.seed})"
    )
    metrics = [metric for metric in MAIN if metric in _metrics(report)]
    table.add_column("model")
    for metric in metrics:
        table.add_column(metric, justify="right")
    for each in report.entrants:
        means = report.means[each.outcome.name]
        table.add_row(each.outcome.name, *(_with_interval(means[metric]) for metric in metrics))
    return table


def _others(report: Report) -> Table:
    table = _table("more")
    others = [metric for metric in _metrics(report) if metric not in MAIN]
    totals = list(report.entrants[0].outcome.totals)
    table.add_column("model")
    for name in (*others, *totals, "seconds"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("settings", overflow="fold")
    for each in report.entrants:
        means = report.means[each.outcome.name]
        table.add_row(
            each.outcome.name,
            *(_figure(means[metric].value) for metric in others),
            *(_figure(each.outcome.totals[name]) for name in totals),
            f"{each.seconds:.1f}",
            each.settings,
        )
    return table


def _differences(report: Report) -> Table:
    table = _table(f"difference to {report.differences[0].against}, the best baseline (paired)")
    table.add_column("model")
    for name in ("metric", "difference", "95 %", "p", "p (Holm)"):
        table.add_column(name, justify="right")
    for each in report.differences:
        found = each.interval
        table.add_row(
            each.model,
            each.metric,
            f"{found.value:+.4f}",
            f"{found.low:+.4f} .. {found.high:+.4f}",
            f"{found.p:.3f}",
            f"{each.p_holm:.3f}",
            style="bold" if found.decided else None,
        )
    return table


def _segments(report: Report) -> Table:
    table = _table(f"{HEADLINE} by segment")
    table.add_column("segment")
    table.add_column("requests", justify="right")
    for each in report.entrants:
        table.add_column(each.outcome.name, justify="right", overflow="fold")
    for name, (n, models) in report.segments.items():
        table.add_row(name, f"{n:,}", *(_with_interval(found) for found in models.values()))
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold")


def _metrics(report: Report) -> list[str]:
    return list(report.entrants[0].outcome.values)


def _figure(value: float) -> str:
    return "" if value != value else f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def _with_interval(found: Interval) -> str:
    return f"{_figure(found.value)} ±{(found.high - found.low) / 2:.4f}"
