"""Page: a report as one HTML page with plots."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from shopwindow import charts
from shopwindow.datasets.dataset import Dataset
from shopwindow.document import Chart, Document, Grid, Section, Text
from shopwindow.evaluation.metric_words import in_words
from shopwindow.evaluation.protocol import CURVE_AT, SHOWN
from shopwindow.evaluation.report import HEADLINE, Report
from shopwindow.evaluation.segments import FEWEST
from shopwindow.evaluation.summary import summary
from shopwindow.evaluation.table import MAIN, against_in_words, figure, in_time, plain

MEANS: Final = {
    "temporal": "Requests of a time that no model has seen, every item of the shop a candidate, nothing later than the request known.",
    "temporal-browse": "Requests of a time that no model has seen, the items of the category asked for as candidates.",
    "leave-one-out": "Each customer's last action, all items that they have not had as candidates, as papers report.",
    "replay": "The items that customers have seen on pages of the shop, as they stood and as each model would order them.",
}
HISTORY: Final = "history: "
SEGMENT_WORDS: Final = (
    "Customers are returning with actions in training, new with actions since, anonymous with none. Wants: requests all of whose "
    "wanted items the customer has seen before, or that are new to the shop. History: the customer's actions until then."
)
PLACES: Final = "The number after @ says how many places count: recall@10 looks at the first ten."
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000


def page_of(report: Report, title: str, more: Sequence[Section] = ()) -> Document:
    """Summary, accuracy with curves, comparison, beyond accuracy, segments, staleness; `more` before the method and the words."""
    metrics = [*report.entrants[0].outcome.values, *_totals(report)]
    sections = [
        Section("In short", tuple(summary(report))),
        Section("Accuracy", tuple(_accuracy(report))),
        *([Section("Comparison", tuple(_comparison(report)))] if report.differences else []),
        *([Section("Beyond accuracy", tuple(_beyond(report)))] if _totals(report) else []),
        *([Section("Segments", tuple(_segments(report)))] if report.segments else []),
        *([Section("Stale inputs", tuple(_stale(report)))] if report.entrants[0].outcome.stale else []),
        *more,
        Section("How it was measured", tuple(_method(report))),
        Section(
            "Words", (Grid(headings=("figure", "what it says"), rows=in_words(metrics), caption=PLACES),)
        ),
    ]
    return Document(title=title, lead=MEANS[report.protocol], sections=tuple(sections))


def data_section(dataset: Dataset) -> Section:
    """How much data the figures rest on."""
    at_ms = dataset.columns.at_ms
    length_ms = int(at_ms.max()) - int(at_ms.min())
    length = (
        f"{length_ms / DAY_MS:,.1f} days" if length_ms >= 2 * DAY_MS else f"{length_ms / HOUR_MS:.1f} hours"
    )
    said = (
        f"{dataset.columns.num_events:,} actions of {dataset.columns.num_customers:,} customers on "
        f"{dataset.num_items:,} items in {length}."
    )
    return Section("Data", (Text(said),))


def _accuracy(report: Report) -> Iterator[Grid | Chart]:
    metrics = [
        name for name in report.entrants[0].outcome.values if name in MAIN or report.protocol == "replay"
    ]
    rows = [
        [each.outcome.name, *(figure(report.means[each.outcome.name][metric]) for metric in metrics)]
        for each in report.entrants
    ]
    yield Grid(
        headings=["model", *metrics], rows=rows, caption="mean and half the width of its 95 % interval"
    )
    curves = {each.outcome.name: each.outcome.curves for each in report.entrants if each.outcome.curves}
    for metric in ("recall", "ndcg"):
        if curves:
            yield Chart(
                svg=charts.lines(
                    {name: (CURVE_AT, found[metric].tolist()) for name, found in curves.items()},
                    ("first k places", f"{metric}@k"),
                    log="x",
                    dots=True,
                ),
                caption=f"{metric} by number of places",
            )


def _comparison(report: Report) -> Iterator[Grid | Text]:
    rows = [
        [
            each.model, each.metric, f"{each.interval.value:+.4f}",
            f"{each.interval.low:+.4f} to {each.interval.high:+.4f}",
            f"{each.interval.p:.4f}", f"{each.p_holm:.4f}", f"{each.t_test.t:+.2f}", f"{each.t_test.p:.4f}",
            f"{each.t_holm:.4f}", "yes" if each.decided else "no", f"{each.detectable:.4f}",
            "" if each.needed is None else f"{each.needed:,}",
        ]
        for each in report.differences
    ]  # fmt: skip
    yield Grid(
        headings=(
            "model", "metric", "difference", "95 %", "p boot", "Holm", "t", "p t-test", "Holm", "both agree",
            "detectable", "customers needed",
        ),
        rows=rows,
        caption=f"each model minus {against_in_words(report)}; customers are the unit",
    )  # fmt: skip
    yield Text(
        f"p boot: paired bootstrap over {report.num_customers:,} customers, which assumes no form of the differences. t-test: "
        f"Student's, of the same mean. Holm: adjusted for all {len(report.differences)} comparisons of this table. Detectable: the "
        "smallest true difference that such a comparison finds four times out of five. Customers needed: to find the "
        "difference that was measured with that certainty, if it is the true one."
    )


def _beyond(report: Report) -> Iterator[Grid | Chart]:
    others = [name for name in report.entrants[0].outcome.values if name not in MAIN]
    headings = [*others, *_totals(report)]
    rows = [
        [
            name,
            *(
                plain(
                    report.means[each.outcome.name][name].value
                    if name in others
                    else each.outcome.totals[name]
                )
                for each in report.entrants
            ),
        ]
        for name in headings
    ]
    yield Grid(headings=["metric", *(each.outcome.name for each in report.entrants)], rows=rows)
    popularity = f"popularity@{SHOWN}"
    yield Chart(
        svg=charts.points(
            {
                each.outcome.name: ([each.outcome.totals[popularity]], [each.outcome.mean(f"recall@{SHOWN}")])
                for each in report.entrants
            },
            (f"popularity of the first {SHOWN} items (0 = least, 1 = most)", f"recall@{SHOWN}"),
            named=True,
        ),
        caption="how popular the shown items are, against how many wanted ones they hold: up and to the left is best",
    )


def _segments(report: Report) -> Iterator[Grid | Chart]:
    names = [each.outcome.name for each in report.entrants]
    yield from _bars(
        report, [name for name in report.segments if name.startswith(HISTORY)], "by history length"
    )
    for family in (("customer: ", "wants: "), ("surface: ", "time: "), ("country: ",)):
        there = [name for name in report.segments if name.startswith(family)]
        said = dict.fromkeys(name.partition(":")[0] for name in there)
        yield from _bars(report, there, f"by {' and '.join(said)}")
    yield Grid(
        headings=["segment", "requests", *names],
        rows=[
            [segment, f"{n:,}", *(figure(models[name]) for name in names)]
            for segment, (n, models) in report.segments.items()
        ],
        caption=f"{HEADLINE}; segments of fewer than {FEWEST} requests are left out. {SEGMENT_WORDS}",
    )
    first = max(report.entrants, key=lambda each: (not each.baseline, each.outcome.mean(HEADLINE))).outcome
    yield Grid(
        headings=["segment", *first.values],
        rows=[
            [segment, *(plain(means[first.name][metric]) for metric in first.values)]
            for segment, means in report.segment_means.items()
        ],
        caption=f"every metric of {first.name} by segment; those of the other models are in the JSON report (--json)",
    )


def _bars(report: Report, segments: list[str], caption: str) -> Iterator[Chart]:
    if not segments:
        return
    groups, errors = {}, {}
    for each in report.entrants:
        found = [report.segments[segment][1][each.outcome.name] for segment in segments]
        groups[each.outcome.name] = [one.value for one in found]
        errors[each.outcome.name] = (
            [one.value - one.low for one in found],
            [one.high - one.value for one in found],
        )
    short = [segment.partition(": ")[2] for segment in segments]
    yield Chart(svg=charts.bars(groups, short, HEADLINE, errors=errors), caption=f"{HEADLINE} {caption}")


def _stale(report: Report) -> Iterator[Chart | Grid]:
    ages = list(report.entrants[0].outcome.stale)
    curves = {
        each.outcome.name: (
            [0.0, *(age / 1000 for age in ages)],
            [each.outcome.mean(HEADLINE), *(float(np.nanmean(each.outcome.stale[age])) for age in ages)],
        )
        for each in report.entrants
    }
    yield Chart(
        svg=charts.lines(
            {name: ([max(at, 1.0) for at in x], y) for name, (x, y) in curves.items()},
            ("seconds between the last look at the customer and the request (live at the left)", HEADLINE),
            log="x",
            dots=True,
        ),
        caption="what it costs to serve from customers' histories that are cached for so long",
    )
    yield Grid(
        headings=["model", "live", *(in_time(age) for age in ages)],
        rows=[[name, *(plain(value) for value in y)] for name, (_, y) in curves.items()],
        caption=HEADLINE,
    )


def _method(report: Report) -> Iterator[Text | Grid]:
    peak = any(math.isfinite(each.peak_mib) for each in report.entrants)
    headings = ["model", "settings", "seconds", *(["peak MiB so far"] if peak else [])]
    yield Grid(
        headings=headings,
        rows=[
            [
                each.outcome.name,
                each.settings,
                f"{each.seconds:.1f}",
                *([f"{each.peak_mib:,.0f}"] if peak else []),
            ]
            for each in report.entrants
        ],
    )
    yield Text(
        f"Protocol {report.protocol}; {report.num_requests:,} requests of {report.num_customers:,} customers; seed {report.seed} for the "
        "order of ties (random and the same for all, never by index) and for the bootstrap. Baselines choose their "
        "settings on the validation period; the test period is asked once. Figures of other protocols cannot be compared "
        "with these."
    )


def _totals(report: Report) -> list[str]:
    return list(report.entrants[0].outcome.totals)
