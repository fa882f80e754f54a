"""Tables of a report for the terminal."""

from collections.abc import Iterator
from typing import Final

from rich.table import Table

from shopwindow.evaluation.report import HEADLINE, Report
from shopwindow.evaluation.significance import Interval

MAIN: Final = (HEADLINE, "ndcg@500", "recall@1", "recall@10", "recall@100", "recall@500", "mrr@20", "auc")


def tables(report: Report) -> Iterator[Table]:
    """Accuracy with 95 % intervals, what else pages look like, settings, differences to the best baseline, segments.

    Models stand side by side and metrics below one another: that fits a narrow terminal.
    """
    yield _accuracy(report)
    yield _others(report)
    yield _settings(report)
    if report.differences:
        yield _differences(report)
    if report.segments:
        yield _segments(report)


def _accuracy(report: Report) -> Table:
    table = _by_model(
        report,
        f"{report.protocol}: {report.num_requests:,} test requests (mean, 95 % interval by customers, seed {report.seed})",
    )
    means = [report.means[each.outcome.name] for each in report.entrants]
    for metric in MAIN:
        if metric in _metrics(report):
            table.add_row(metric, *(_with_interval(found[metric]) for found in means))
    return table


def _others(report: Report) -> Table:
    table = _by_model(report, "more")
    means = [report.means[each.outcome.name] for each in report.entrants]
    for metric in _metrics(report):
        if metric not in MAIN:
            table.add_row(metric, *(_figure(found[metric].value) for found in means))
    for name in report.entrants[0].outcome.totals:
        table.add_row(name, *(_figure(each.outcome.totals[name]) for each in report.entrants))
    table.add_row("seconds", *(f"{each.seconds:.1f}" for each in report.entrants))
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
    table = _table(
        f"difference to {report.differences[0].against}, the best baseline (paired; bold: both tests agree)"
    )
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
        table.add_row(name, f"{n:,}", *(_with_interval(found) for found in models.values()))
    return table


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


def _figure(value: float) -> str:
    return "" if value != value else f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def _with_interval(found: Interval) -> str:
    return f"{_figure(found.value)} ±{(found.high - found.low) / 2:.4f}"
