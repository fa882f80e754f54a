"""The simulated shop beside real logs: which marginal is held against which log, and the parameters fitted again."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.real_logs import RealLog, grocery, imported, open_bandit, yoochoose
from shopwindow.simulation import fit, marginals
from shopwindow.simulation.arrays import Real
from shopwindow.simulation.marginals import CART, PURCHASE, WISHLIST, Actions
from shopwindow.simulation.parameters import Parameters
from shopwindow.simulation.spec import DAY_MS, HOUR_MS, WorldSpec

FIT_SPEC: Final = WorldSpec(bots=0.0)
"""The world that is fitted: the demo's. Rates depend on its size: the more goods, the better the best of them."""
SKETCH: Final = WorldSpec(items=1000, customers=1000, bots=0.0)
"""A smaller one for the first slopes."""
MIDDLE_DAY: Final = 27
EVENING: Final = 19 * HOUR_MS
MONTHS: Final = 60.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """A distribution of both logs. `target`: it was fitted to; otherwise it only checks. `window` says what was cut."""

    what: str
    log: str
    window: str
    target: bool
    real: Real
    simulated: Real


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A number of both logs."""

    what: str
    log: str
    window: str
    target: bool
    real: float
    simulated: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Logs:
    """All real logs."""

    taobao: RealLog
    tmall: RealLog
    rees46: RealLog
    yoochoose: RealLog
    grocery: RealLog

    @classmethod
    def of(cls, data: Path) -> "Logs":
        taobao, tmall, rees46 = (
            imported(name, data) for name in ("taobao-slice", "tmall-ali2014", "rees46-head")
        )
        return cls(
            taobao=taobao, tmall=tmall, rees46=rees46, yoochoose=yoochoose(data), grocery=grocery(data)
        )

    @property
    def months(self) -> Actions:
        """As many days of tmall as the simulated shop has."""
        return self.tmall.actions.within(int(self.tmall.actions.at_ms.min()), MONTHS)


def distributions(logs: Logs, simulated: Actions, start_ms: int) -> Iterator[Compared]:
    """Every distribution that some log can be held against."""

    def compared(what: str, log: RealLog, window: str, target: bool, values: tuple[Real, Real]) -> Compared:
        return Compared(
            what=what, log=log.name, window=window, target=target, real=values[0], simulated=values[1]
        )

    def both(measure: Callable[[Actions], Real], real: Actions, ours: Actions) -> tuple[Real, Real]:
        return measure(real), measure(ours)

    sessions, short = logs.yoochoose, logs.rees46
    longer = "sessions of two clicks or more"
    yield compared(
        "clicks per session", sessions, longer, True,
        both(lambda log: fit.long_enough(marginals.clicks_per_session(log)), sessions.actions, simulated),
    )  # fmt: skip
    yield compared(
        "seconds between clicks", sessions, "within sessions", True,
        both(marginals.seconds_between_clicks, sessions.actions, simulated),
    )  # fmt: skip
    for log in (short, logs.taobao):
        ours = _evenings(simulated, start_ms, log.days)
        hours = f"{log.days * 24:.1f} hours"
        yield compared(
            "actions per customer", log, hours, False, both(marginals.actions_per_customer, log.actions, ours)
        )
    yield compared(
        "seconds between clicks", short, "within sessions", False,
        both(marginals.seconds_between_clicks, short.actions, simulated),
    )  # fmt: skip
    regular = (fit.regulars(logs.months), fit.regulars(simulated))
    who = f"{MONTHS:.0f} days, who came on five or more"
    yield compared(
        "actions per customer", logs.tmall, who, True, both(marginals.actions_per_customer, *regular)
    )
    yield compared(
        "days between visits", logs.tmall, who, True, both(marginals.days_between_visits, *regular)
    )
    week = simulated.within(start_ms + MIDDLE_DAY * DAY_MS, sessions.days)
    pair = marginals.equally_dense(sessions.actions, week)
    yield compared(
        "clicks per item", sessions, f"{sessions.days:.0f} days, equal density", True,
        both(marginals.clicks_per_item, *pair),
    )  # fmt: skip
    late = logs.grocery.actions.within(int(logs.grocery.actions.at_ms.max()) - int(MONTHS * DAY_MS), MONTHS)
    bought = simulated.of(PURCHASE)
    yield compared(
        "days between purchases", logs.grocery, f"{MONTHS:.0f} days, reviews", False,
        both(marginals.days_between_visits, late, bought),
    )  # fmt: skip


def _evenings(simulated: Actions, start_ms: int, days: float) -> Actions:
    """The same hours of 14 evenings, each customer of each evening as one of their own."""
    parts = []
    for evening in range(14):
        part = simulated.within(start_ms + (MIDDLE_DAY + evening) * DAY_MS + EVENING, days)
        parts.append(
            Actions(
                customer=part.customer.astype(np.int64) * 100 + evening, item=part.item, action=part.action,
                at_ms=part.at_ms,
            )
        )  # fmt: skip
    return Actions(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("customer", "item", "action", "at_ms")
        }
    )


def rates(logs: Logs, simulated: Actions, start_ms: int) -> Iterator[Rate]:
    """Every rate that some log can be held against."""

    def rate(what: str, log: RealLog, window: str, target: bool, values: tuple[float, float]) -> Rate:
        return Rate(
            what=what, log=log.name, window=window, target=target, real=values[0], simulated=values[1]
        )

    for name, kind in (("wishlist", WISHLIST), ("cart", CART), ("purchase", PURCHASE)):
        for log in (logs.taobao, logs.tmall, logs.rees46):
            if (log.actions.action == kind).any():
                found = (marginals.per_click(log.actions, kind), marginals.per_click(simulated, kind))
                yield rate(f"{name} per click", log, "whole log", log is logs.taobao, found)
    for log in (logs.yoochoose, logs.rees46):
        found = (marginals.repeats_in_session(log.actions), marginals.repeats_in_session(simulated))
        yield rate("repeated clicks in a session", log, "sessions", log is logs.yoochoose, found)
    found = (marginals.repeats(logs.months), marginals.repeats(simulated))
    yield rate(
        "actions on something acted on before", logs.tmall, "60 days; there brands, here items", False, found
    )
    week = simulated.within(start_ms + MIDDLE_DAY * DAY_MS, logs.yoochoose.days)
    pair = [marginals.clicks_per_item(log) for log in marginals.equally_dense(logs.yoochoose.actions, week)]
    dense = "6 days, equal density"
    yield rate(
        "Gini of clicks per item",
        logs.yoochoose,
        dense,
        True,
        (marginals.gini(pair[0]), marginals.gini(pair[1])),
    )
    yield rate(
        "Zipf exponent of clicks",
        logs.yoochoose,
        dense,
        False,
        (marginals.zipf(pair[0]), marginals.zipf(pair[1])),
    )


def position_rates(data: Path, by_position: Real) -> Iterator[Rate]:
    """Clicks per impression at the first three positions, beside a carousel's. `by_position`: ours, shuffled pages."""
    carousel = open_bandit(data)
    real = np.array(carousel.clicks) / np.array(carousel.impressions)
    for place in range(3):
        yield Rate(
            what=f"clicks per impression at position {place + 1}", log="obd", window="shuffled", target=False,
            real=float(real[place]), simulated=float(by_position[place]),
        )  # fmt: skip


def targets(logs: Logs) -> dict[str, float]:
    """The moments that the parameters are fitted to, from three logs."""
    return {
        **fit.session_moments(logs.yoochoose.actions),
        **fit.funnel_moments(logs.taobao.actions),
        **fit.return_moments(logs.months),
        "inequality of clicks per item, over the real one": 0.0,
    }


def refitted(logs: Logs, rounds: int, start: Parameters, say: Callable[[str], None]) -> fit.Round:
    """The best of all parameters tried from `start` on."""

    def moments_of(spec: WorldSpec, parameters: Parameters) -> dict[str, float]:
        actions = fit.simulated(spec, parameters)
        week = actions.within(spec.start_ms + MIDDLE_DAY * DAY_MS, logs.yoochoose.days)
        ours, theirs = fit.popularity_moment(week, logs.yoochoose.actions)
        return {
            **fit.session_moments(actions), **fit.funnel_moments(actions), **fit.return_moments(actions),
            "inequality of clicks per item, over the real one": ours - theirs,
        }  # fmt: skip

    best: fit.Round | None = None
    for each in fit.broyden(
        targets(logs), partial(moments_of, FIT_SPEC), start, rounds, partial(moments_of, SKETCH)
    ):
        say(f"distance {each.distance:.4f} at {_short(each.parameters)}")
        best = each if best is None or each.distance < best.distance else best
    assert best is not None
    return best


def _short(parameters: Parameters) -> str:
    return ", ".join(f"{name}={value:.4g}" for name, value in asdict(parameters).items())
