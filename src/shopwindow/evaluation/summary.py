"""Summary: what a report says, in sentences for whoever has to decide."""

from collections.abc import Iterator
from typing import Final

from shopwindow.document import Text, Verdict
from shopwindow.evaluation.report import HEADLINE, Difference, Entrant, Report, best_baseline

MOST_MODELS: Final = 3
MOST_SEGMENTS: Final = 4
LEANS: Final = (
    "These figures lean towards your order: what stood first was looked at most, so it was clicked more because it stood "
    "first. A model that is level with your order here is likely ahead of it. Only pages whose order was drawn by chance, or "
    "a live test, are free of this."
)


def summary(report: Report) -> Iterator[Text | Verdict]:
    """Who is ahead and by how much, what this data can tell at all, and where the best model is not ahead."""
    best = best_baseline(report.entrants)
    models = [each for each in report.entrants if not each.baseline]
    yield Text(_asked(report))
    if best is None:
        return
    if not models:
        yield Verdict(
            "look",
            f"No model was judged: the one to beat is {best.outcome.name} with {_value(report, best)}.",
        )
        return
    for difference in sorted(_headline(report), key=lambda each: -each.interval.value)[:MOST_MODELS]:
        yield _difference(report, difference, best)
    if report.protocol == "replay":
        yield Text(LEANS)
    yield from _power(report)
    leader = max(models, key=lambda each: each.outcome.mean(HEADLINE))
    yield from _weak_segments(report, leader, best)


def _asked(report: Report) -> str:
    what = (
        "Each model orders the items of pages that the shop has really shown"
        if report.protocol == "replay"
        else "Each model ranks the items for requests that it has not seen"
    )
    return (
        f"{what}: {report.num_requests:,} requests of {report.num_customers:,} customers. Figures are {HEADLINE}: how far up "
        "the first ten places the wanted items stand, 1 is perfect; an interval (between ... and ...) holds the true figure 95 times of 100."
    )


def _headline(report: Report) -> list[Difference]:
    return [each for each in report.differences if each.metric == HEADLINE]


def _difference(report: Report, found: Difference, best: Entrant) -> Verdict:
    interval = found.interval
    theirs = best.outcome.mean(HEADLINE)
    share = f" ({abs(interval.value) / theirs:.0%})" if theirs > 0 else ""
    rival = found.against if report.protocol == "replay" else f"the best baseline, {found.against}"
    ahead = "ahead of" if interval.value > 0 else "behind"
    figures = (
        f"Model {found.model} is {ahead} {rival}, by {abs(interval.value):.4f}{share}; between {interval.low:+.4f} and "
        f"{interval.high:+.4f}"
    )
    if found.decided:
        tests = f"both tests agree (bootstrap {_p(found.p_holm)}, t-test {_p(found.t_holm)}, after Holm)."
        behind = "look" if report.protocol == "replay" else "bad"
        return Verdict("good" if interval.value > 0 else behind, f"{figures}; {tests}")
    needed = (
        ""
        if found.needed is None
        else f" To tell a difference of this size from chance takes about {found.needed:,} customers."
    )
    return Verdict("look", f"{figures}: too close to call.{needed}")


def _power(report: Report) -> Iterator[Text]:
    found = [each.detectable for each in _headline(report) if each.detectable == each.detectable]
    if found:
        yield Text(
            f"With {report.num_customers:,} customers this comparison finds true differences above about {max(found):.4f} "
            f"four times out of five, its {len(report.differences)} comparisons counted; smaller ones can go unnoticed."
        )


def _weak_segments(report: Report, leader: Entrant, best: Entrant) -> Iterator[Text | Verdict]:
    """Where the leading model's interval lies below the baseline's value."""
    name, rival = leader.outcome.name, best.outcome.name
    behind = [
        (models[rival].value - models[name].value, segment, n)
        for segment, (n, models) in report.segments.items()
        if models[name].high < models[rival].value
    ]
    if not behind:
        if report.segments:
            yield Text(f"In no segment is the model {name} clearly behind {rival}.")
        return
    farthest = sorted(behind, reverse=True)[:MOST_SEGMENTS]
    words = "; ".join(f"{segment} (by {gap:.4f}, {n:,} requests)" for gap, segment, n in farthest)
    more = len(behind) - len(farthest)
    rest = f"; and {more} more of {len(report.segments)}, see Segments" if more else ""
    yield Verdict("look", f"Model {name} is clearly behind {rival} in: {words}{rest}.")


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _value(report: Report, entrant: Entrant) -> str:
    found = report.means[entrant.outcome.name][HEADLINE]
    return f"{HEADLINE} {found.value:.4f} (between {found.low:.4f} and {found.high:.4f})"
