"""The page that shows how far the simulated shop is like real ones, and what can be seen on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.simulator_fit import Compared, Rate
from benchmarks.simulator_trial import DEVICE, MEASURES, SURFACE, Contest
from shopwindow.charts import bars, lines
from shopwindow.document import Chart, Document, Grid, Section, Text, Verdict
from shopwindow.simulation.arrays import Real
from shopwindow.simulation.marginals import ks, share_by_rank, wasserstein_log
from shopwindow.simulation.positions import PositionCurve
from shopwindow.simulation.spec import WORLD_VERSION

MOST_POINTS = 200
CLOSE = 0.15
"""Mean distance of quantiles in powers of ten up to which a marginal counts as met: a factor of 1.4."""
RATE_CLOSE = 1.25


@dataclass(frozen=True, kw_only=True)
class Speed:
    """On one core."""

    events_per_s: float
    pages_per_s: Mapping[str, float]


def page(compared: Sequence[Compared], found: Sequence[Rate], contest: Contest, speed: Speed) -> Document:
    """The whole page."""
    return Document(
        title=f"The simulated shop, version {WORLD_VERSION}",
        lead="How far its log is like real ones, and what is known of it because it is simulated. "
        "What is shown on the simulated shop is never a result on real customers.",
        sections=(
            _fit(compared, found),
            _policies(contest),
            _positions(contest),
            _speed(speed),
        ),
    )


def _fit(compared: Sequence[Compared], found: Sequence[Rate]) -> Section:
    far = [f"{each.what} ({each.log})" for each in compared if each.target and _distance(each) > CLOSE]
    far += [f"{each.what} ({each.log})" for each in found if each.target and _factor(each) > RATE_CLOSE]
    verdict = (
        Verdict("look", f"Fitted, but not met: {', '.join(far)}.")
        if far
        else Verdict("good", "All fitted marginals are met.")
    )
    table = Grid(
        headings=("marginal", "log", "window", "role", "KS", "distance of quantiles", "median real", "median simulated"),
        rows=[
            (
                each.what, each.log, each.window, "fitted" if each.target else "check",
                f"{ks(each.real, each.simulated):.2f}", f"{_distance(each):.2f}", f"{np.median(each.real):.3g}",
                f"{np.median(each.simulated):.3g}",
            )
            for each in compared
        ],
        caption="KS (Kolmogorov-Smirnov): largest gap between the two curves below, 0 to 1. Distance of quantiles: mean, in "
        "powers of ten; 0.3 is a factor of two.",
    )  # fmt: skip
    rates = Grid(
        headings=("rate", "log", "window", "role", "real", "simulated"),
        rows=[
            (each.what, each.log, each.window, "fitted" if each.target else "check", f"{each.real:.4f}", f"{each.simulated:.4f}")
            for each in found
        ],
    )  # fmt: skip
    return Section(
        "Marginals beside real logs",
        (
            verdict,
            Text(
                "Twelve parameters of behaviour were fitted to twelve moments of three logs: sessions from yoochoose-100k, the "
                "funnel from taobao-slice, coming back from tmall-ali2014. The others check what was not fitted: each shop is "
                "different, so they need not agree. Windows are equally long. A log of reviews or of brands, or one whose short "
                "sessions were left out, is comparable only as far as its window says. Clicks per impression and leaving are "
                "chosen, not fitted: no log at hand has pages like these."
            ),
            table,
            rates,
            *(_curves(each) for each in compared),
        ),
    )


def _distance(each: Compared) -> float:
    return wasserstein_log(each.real, each.simulated)


def _factor(each: Rate) -> float:
    pair = sorted((max(each.real, 1e-9), max(each.simulated, 1e-9)))
    return pair[1] / pair[0]


def _curves(each: Compared) -> Chart:
    name = f"{each.what}: {each.log} ({'fitted' if each.target else 'check'}), {each.window}"
    pair = {each.log: each.real, "simulated": each.simulated}
    if each.what == "clicks per item":
        shares = {label: _thin(*share_by_rank(counts)) for label, counts in pair.items()}
        svg = lines(shares, ("share of items, most clicked first", "share of clicks"))
        return Chart(svg=svg, caption=name)
    below = {
        label: _thin(np.sort(values), np.arange(1, len(values) + 1) / len(values))
        for label, values in pair.items()
    }
    return Chart(svg=lines(below, (each.what, "share at or below"), log="x"), caption=name)


def _thin(x: Real, y: Real) -> tuple[list[float], list[float]]:
    places = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).astype(int))
    return x[places].tolist(), y[places].tolist()


def _policies(contest: Contest) -> Section:
    steps = contest.steps("purchases")
    ordered = all(difference.low > 0 for _, difference in steps)
    names = [each.name for each in contest.tried]
    said = f"Purchases per visit: {' > '.join(names)}"
    verdict = (
        Verdict("good", f"{said}, each difference beyond its interval.")
        if ordered
        else Verdict("bad", f"{said}, but not every difference is beyond its interval.")
    )
    rows = []
    for each in contest.tried:
        means = [each.per_visit(measure) for measure in MEASURES]
        rows.append((each.name, *(f"{mean.value:.4g} ({mean.low:.4g} – {mean.high:.4g})" for mean in means)))
    shares = contest.share_of_oracle("purchases")
    errors = (
        [share.value - share.low for share in shares.values()],
        [share.high - share.value for share in shares.values()],
    )
    chart = bars(
        {"purchases": [share.value for share in shares.values()]}, names, "share of the oracle's",
        errors={"purchases": errors},
    )  # fmt: skip
    outcome = contest.tried[0].outcome
    return Section(
        "Policies tried in process",
        (
            verdict,
            Text(
                f"{len(outcome.customer):,} planned visits after the log that the policies learned from; all meet the same "
                "visits, candidates and luck. Visits of customers who left count as visits without a click. The oracle orders by "
                "the true expected gain of each page and does not plan ahead. Intervals are 95 %, over customers."
            ),
            Grid(headings=("policy", *MEASURES), rows=rows, caption="Per planned visit; value in EUR."),
            Grid(
                headings=("difference in purchases", "per visit", "from", "to"),
                rows=[(name, f"{d.value:.4f}", f"{d.low:.4f}", f"{d.high:.4f}") for name, d in steps],
            ),
            Chart(svg=chart, caption="Purchases, as a share of what the oracle sells (95 % intervals)."),
        ),
    )


def _positions(contest: Contest) -> Section:
    curve = contest.curve
    place = (np.arange(len(curve.true)) + 1).tolist()
    freed = "freed of earlier clicks"
    names = {"true": curve.true, "clicks as they are": curve.plain, freed: curve.estimated}
    shade = {freed: (curve.low.tolist(), np.minimum(curve.high, 1.6).tolist())}
    return Section(
        "Position bias, recovered from shuffled pages",
        (
            _recovered(curve),
            Text(
                f"{curve.pages:,} full pages in random order ({SURFACE}, {DEVICE}). Clicks by position fall faster than "
                f"examination, as each click makes the next one harder (estimated factor {curve.pull:.2f}): plain click rates "
                "overstate position bias here. Freed of that pull, they give examination relative to the first position."
            ),
            Chart(
                svg=lines(
                    {name: (place, values.tolist()) for name, values in names.items()},
                    ("position", "examination, first = 1"),
                    bands=shade,
                ),
                caption="Examination by position: true, by plain clicks, and estimated with its 95 % interval as a shade.",
            ),
            Grid(
                headings=("position", "true", "plain", "estimated", "from", "to"),
                rows=[
                    (
                        str(k + 1),
                        *(
                            f"{values[k]:.3f}"
                            for values in (curve.true, curve.plain, curve.estimated, curve.low, curve.high)
                        ),
                    )
                    for k in range(0, len(place), 2)
                ],
            ),
        ),
    )


def _recovered(curve: PositionCurve) -> Verdict:
    """Good if the intervals hold the truth and are narrow enough to say something."""
    inside = float(((curve.low <= curve.true) & (curve.true <= curve.high)).mean())
    width = float(np.median((curve.high - curve.low)[1:] / curve.true[1:]))
    said = f"The true curve lies within the interval at {inside:.0%} of the positions"
    if width > 1.0:
        return Verdict(
            "look", f"{said}, but the intervals are {width:.1f} times as wide as it is high: too few pages."
        )
    return Verdict(
        "good" if inside >= 0.9 else "look", f"{said}; it is {width:.1f} times as wide as the curve is high."
    )


def _speed(speed: Speed) -> Section:
    rows = [("generator, with files", f"{speed.events_per_s:,.0f} events/s")]
    rows += [(f"trial of {name}", f"{pages:,.0f} pages/s") for name, pages in speed.pages_per_s.items()]
    return Section("Speed on one core", (Grid(headings=("what", "processor time"), rows=rows),))
