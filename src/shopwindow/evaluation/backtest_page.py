"""The windows of a backtest as a section of its page."""

from datetime import UTC, datetime

from shopwindow import charts
from shopwindow.document import Chart, Grid, Section, Text
from shopwindow.evaluation.backtest import Backtest
from shopwindow.evaluation.report import HEADLINE, Report
from shopwindow.evaluation.table import figure


def windows_section(found: Backtest, tz_offset_ms: int) -> Section:
    """Quality over time with intervals, and a row for each window."""
    names = [each.outcome.name for each in found.whole.entrants]
    starts = [_from(report, tz_offset_ms) for report in found.windows]
    places = [float(place) for place in range(1, len(found.windows) + 1)]
    means = {name: [report.means[name][HEADLINE] for report in found.windows] for name in names}
    chart = charts.lines(
        {name: (places, [each.value for each in means[name]]) for name in names},
        ("window (1 = oldest)", HEADLINE),
        dots=True,
        bands={
            name: ([each.low for each in means[name]], [each.high for each in means[name]]) for name in names
        },
    )
    rows = [
        [
            f"{place:.0f}",
            start,
            f"{report.num_requests:,}",
            *(figure(means[name][int(place) - 1]) for name in names),
        ]
        for place, start, report in zip(places, starts, found.windows, strict=True)
    ]
    return Section(
        "Windows",
        (
            Text(
                "Every model was fitted anew on what lay before each window. Older windows have less to learn from. The other "
                "sections take the requests of all windows together."
            ),
            Chart(svg=chart, caption=f"{HEADLINE} over time, shaded: 95 % intervals by customers"),
            Grid(headings=["window", "from", "requests", *names], rows=rows, caption=HEADLINE),
        ),
    )


def _from(report: Report, tz_offset_ms: int) -> str:
    start = report.split.test_from_ms
    if start is None:
        return ""
    return datetime.fromtimestamp((start + tz_offset_ms) / 1000, UTC).strftime("%Y-%m-%d %H:%M")
