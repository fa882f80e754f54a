"""The simulated shop judged: its marginals beside real logs, the position curve it gives away, policies, speed.

`make bench NAME=simulator [ARGS='--scale small']`. Writes benchmarks/results/simulator.json and simulator.html. Nothing that
a policy earns here is a result on real customers. `--refit 5` fits the parameters again (about a quarter of an hour) and prints
them; adopting them means a new version of the world.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.record import RESULTS, Row, command_line, peak_mib, this_commit, write_results
from benchmarks.simulator_fit import Compared, Logs, Rate, distributions, position_rates, rates, refitted
from benchmarks.simulator_page import Speed, page
from benchmarks.simulator_trial import DEVICE, MEASURES, SURFACE, Contest, contest
from shopwindow.simulation import fit
from shopwindow.simulation.generator import simulate
from shopwindow.simulation.marginals import ks, wasserstein_log
from shopwindow.simulation.parameters import Parameters
from shopwindow.simulation.spec import WORLD_VERSION, WorldSpec

SCALES = {
    "small": WorldSpec(items=1_000, customers=1_000),
    "full": WorldSpec(),
}
DATASET = f"simulated shop, version {WORLD_VERSION}"


def marginal_rows(compared: Sequence[Compared], found: Sequence[Rate]) -> Iterator[Row]:
    """Distances of distributions (KS; mean distance of quantiles in powers of ten), and both logs' rates."""
    for each in compared:
        note = f"{each.window}; {'fitted to' if each.target else 'a check'}"
        metric, n = f"{each.what} ({each.log})", len(each.real)
        yield row("marginals", "KS", metric, ks(each.real, each.simulated), n=n, note=note)
        yield row(
            "marginals",
            "Wasserstein, log10",
            metric,
            wasserstein_log(each.real, each.simulated),
            n=n,
            note=note,
        )
    for rate in found:
        note = f"{rate.window}; {'fitted to' if rate.target else 'a check'}"
        for model, value in (("real", rate.real), ("simulated", rate.simulated)):
            yield row("rates", model, f"{rate.what} ({rate.log})", value, note=note)


def contest_rows(found: Contest) -> Iterator[Row]:
    """What each policy earns per planned visit, against the next one, and of the oracle; the position curve."""
    for each in found.tried:
        for measure in MEASURES:
            mean = each.per_visit(measure)
            yield row(
                "policies, per visit", each.name, measure, mean.value, low=mean.low, high=mean.high, n=mean.n
            )
    for measure in MEASURES:
        for name, difference in found.steps(measure):
            yield row(
                "policies, per visit", name, measure, difference.value, low=difference.low,
                high=difference.high, n=difference.n, note="the same visits, the same luck",
            )  # fmt: skip
        for name, share in found.share_of_oracle(measure).items():
            yield row(
                "share of oracle", name, measure, share.value, low=share.low, high=share.high, n=share.n
            )
    curve, where = found.curve, f"examination, {SURFACE} on {DEVICE}"
    for place in range(0, len(curve.true), 4):
        at = f"position {place + 1} over the first"
        yield row(where, "true", at, float(curve.true[place]), n=curve.pages)
        yield row(where, "clicks as they are", at, float(curve.plain[place]), n=curve.pages)
        yield row(
            where, "freed of earlier clicks", at, float(curve.estimated[place]), low=float(curve.low[place]),
            high=float(curve.high[place]), n=curve.pages,
        )  # fmt: skip


def row(protocol: str, model: str, metric: str, value: float, **rest: Any) -> Row:
    """A row of this benchmark; `rest` as `Row` has it."""
    command = command_line()
    return Row(
        dataset=DATASET, protocol=protocol, model=model, metric=metric, value=value, command=command, **rest
    )


def generated(spec: WorldSpec) -> float:
    """Events a second of one core, files and all."""
    with tempfile.TemporaryDirectory() as folder:
        began_s = time.process_time()
        report = simulate(spec, Path(folder))
        return report.num_events / (time.process_time() - began_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--scale", choices=SCALES, default="full")
    parser.add_argument(
        "--refit", type=int, default=0, help="rounds after the first differences; 0: as frozen"
    )
    asked = parser.parse_args()
    this_commit()
    logs = Logs.of(asked.data)
    if asked.refit:
        best = refitted(logs, asked.refit, Parameters(), print)
        print(f"best, at a distance of {best.distance:.4f}: {asdict(best.parameters)}")
        return
    spec = SCALES[asked.scale]
    print("the simulated log")
    simulated = fit.simulated(spec, Parameters())
    compared = list(distributions(logs, simulated, spec.start_ms))
    found = contest(spec, print)
    shown = [*rates(logs, simulated, spec.start_ms), *position_rates(asked.data, found.curve.rates)]
    speed = Speed(
        events_per_s=generated(spec), pages_per_s={each.name: each.pages_per_s for each in found.tried}
    )
    rows = [*marginal_rows(compared, shown), *contest_rows(found)]
    rows.append(row("speed, one core", "generator", "events/s", speed.events_per_s, peak_mib=peak_mib()))
    for name, pages in speed.pages_per_s.items():
        rows.append(row("speed, one core", f"trial of {name}", "pages/s", pages))
    write_results("simulator", rows)
    print(page(compared, shown, found, speed).write(RESULTS / "simulator.html"))


if __name__ == "__main__":
    main()
