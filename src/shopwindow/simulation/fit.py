"""Fit: the parameters of behaviour at which the simulated log has the moments of real ones.

Simulated method of moments, as many moments as parameters: McFadden, "A method of simulated moments", Econometrica 1989.
The system is solved by Broyden's method (Mathematics of Computation 1965) with a first Jacobian of finite differences;
common random numbers make the simulated moments smooth enough for that.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

import numpy as np

from shopwindow.simulation import marginals
from shopwindow.simulation.arrays import Real
from shopwindow.simulation.life import Life
from shopwindow.simulation.logging_policy import LoggingPolicy
from shopwindow.simulation.marginals import CART, PURCHASE, WISHLIST, Actions
from shopwindow.simulation.parameters import Parameters
from shopwindow.simulation.record import ActionRecord
from shopwindow.simulation.schedule import plan_visits
from shopwindow.simulation.spec import DAY_MS, WorldSpec
from shopwindow.simulation.world import Stream, World, spawn

KNOBS: Final[Mapping[str, tuple[float, float, float]]] = {
    "wish_at": (4.0, 14.0, 0.5),
    "cart_at": (4.0, 14.0, 0.5),
    "buy_at": (4.0, 16.0, 0.5),
    "go_on": (0.3, 0.97, 0.05),
    "patience_sd": (0.0, 1.2, 0.15),
    "dwell_mean": (7.0, 13.0, 0.4),
    "dwell_sd": (0.3, 2.5, 0.2),
    "look_again": (0.0, 0.6, 0.15),
    "appeal_sd": (0.0, 1.5, 0.3),
    "eagerness_sd": (0.1, 1.6, 0.2),
    "follow_up": (0.0, 0.95, 0.12),
    "follow_up_days": (0.2, 10.0, 0.5),
}
"""Parameter -> the range in which it may lie, and the step of the first differences."""
Moments = Callable[[Parameters], Mapping[str, float]]
"""Simulates with these parameters and measures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One set of parameters that was tried, its moments, and the root of the mean squared distance to the target."""

    parameters: Parameters
    moments: Mapping[str, float]
    distance: float


def simulated(spec: WorldSpec, parameters: Parameters) -> Actions:
    """The log of a world with these parameters; programs are left out."""
    world = World.of(spec, parameters)
    life, record = Life.begin(world), ActionRecord()
    shop = LoggingPolicy(world, life.memory, spawn(spec, Stream.LOGGING_POLICY))
    life.live(plan_visits(world, spawn(spec, Stream.VISITS)), shop, record)
    actions = record.actions()
    return actions.take(~world.people.bot[actions.customer])


def session_moments(actions: Actions) -> dict[str, float]:
    """Length and pace of sessions of two clicks or more (shorter ones are missing in the log to compare with)."""
    lengths = np.log(long_enough(marginals.clicks_per_session(actions)))
    gaps = np.log(marginals.seconds_between_clicks(actions))
    return {
        "log clicks per session, mean": float(lengths.mean()),
        "log clicks per session, spread": float(lengths.std()),
        "log seconds between clicks, mean": float(gaps.mean()),
        "log seconds between clicks, spread": float(gaps.std()),
        "repeats in a session": marginals.repeats_in_session(actions),
    }


def funnel_moments(actions: Actions) -> dict[str, float]:
    """Log of the rates per click."""
    kinds = {"wishlist": WISHLIST, "cart": CART, "purchase": PURCHASE}
    return {
        f"log {name} per click": float(np.log(max(marginals.per_click(actions, kind), 1e-5)))
        for name, kind in kinds.items()
    }


def return_moments(actions: Actions) -> dict[str, float]:
    """How unequally customers come, and how soon they come again."""
    regular = regulars(actions)
    gaps = np.log(marginals.days_between_visits(regular))
    return {
        "log actions per customer, spread": float(np.log(marginals.actions_per_customer(regular)).std()),
        "log days between visits, mean": float(gaps.mean()),
        "log days between visits, spread": float(gaps.std()),
    }


def popularity_moment(one: Actions, other: Actions) -> tuple[float, float]:
    """Inequality of clicks per item of two logs of equally long windows, at equal density."""
    pair = marginals.equally_dense(one, other)
    first, second = (marginals.gini(marginals.clicks_per_item(each)) for each in pair)
    return first, second


def long_enough(lengths: Real) -> Real:
    """Sessions of two clicks or more."""
    return lengths[lengths >= 2]


def regulars(actions: Actions) -> Actions:
    """Actions of customers who came on five days or more: the log to compare with has no others to speak of."""
    days = np.unique(np.stack([actions.customer, actions.at_ms // DAY_MS], axis=1), axis=0)
    customer, count = np.unique(days[:, 0], return_counts=True)
    return actions.take(np.isin(actions.customer, customer[count >= 5]))


def broyden(
    target: Mapping[str, float],
    moments_of: Moments,
    start: Parameters,
    rounds: int,
    sketch: Moments,
) -> Iterator[Round]:
    """The start, then a set of parameters per round; the best of them is the fit.

    `target`: as many moments as there are KNOBS. `moments_of` simulates in full, `sketch` on a smaller world: its slopes
    are good enough to begin with.
    """
    names, knobs = list(target), list(KNOBS)
    goal = np.array([target[name] for name in names])

    def tried(x: Real, moments_of: Moments) -> tuple[Round, Real]:
        parameters = replace(start, **{knob: float(value) for knob, value in zip(knobs, x, strict=True)})
        moments = moments_of(parameters)
        off = np.array([moments[name] for name in names]) - goal
        distance = float(np.sqrt(np.mean(off**2)))
        return Round(parameters=parameters, moments=dict(moments), distance=distance), off

    low, high, step = (np.array([KNOBS[knob][part] for knob in knobs]) for part in range(3))
    x = np.array([asdict(start)[knob] for knob in knobs])
    here, off = tried(x, moments_of)
    yield here
    _, sketched = tried(x, sketch)
    jacobian = np.zeros((len(names), len(knobs)))
    for place in range(len(knobs)):
        moved = x.copy()
        moved[place] += step[place] if moved[place] + step[place] <= high[place] else -step[place]
        _, off_there = tried(moved, sketch)
        jacobian[:, place] = (off_there - sketched) / (moved[place] - x[place])
    for _ in range(rounds):
        pull = np.linalg.lstsq(jacobian, -off, rcond=1e-3)[0]
        pull *= min(1.0, 2.0 / max(float(np.abs(pull / step).max()), 1e-9))  # no further than two first steps
        moved = np.clip(x + pull, low, high)
        there, off_there = tried(moved, moments_of)
        yield there
        dx = moved - x
        jacobian += np.outer(off_there - off - jacobian @ dx, dx) / max(dx @ dx, 1e-12)
        if there.distance < 1.5 * here.distance:
            x, off, here = moved, off_there, there
