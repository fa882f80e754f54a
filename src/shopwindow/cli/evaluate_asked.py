"""What `shopwindow evaluate` is asked for: the split, the requests, the runs."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from shopwindow.errors import EvaluationError

if TYPE_CHECKING:
    from shopwindow.config import ShopDirectory
    from shopwindow.datasets.dataset import Dataset
    from shopwindow.datasets.split import SplitSpec
    from shopwindow.evaluation.comparison import Exam
    from shopwindow.evaluation.ranking import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command was asked for. `requests`: at most so many, 0 = all. The rest as in `EvaluationOptions`."""

    shop_dir: "ShopDirectory"
    spec: "SplitSpec"
    protocol: "Protocol"
    requests: int
    seed: int
    stale_ms: tuple[int, ...] = ()
    new_ms: int | None = None

    def exam(self, dataset: "Dataset", spec: "SplitSpec") -> "Exam":
        """The exam of a split of this data set."""
        from shopwindow.evaluation.comparison import exam_of

        exam = exam_of(dataset, spec, self.protocol, self.seed)
        exam = replace(exam, options=replace(exam.options, stale_ms=self.stale_ms, new_ms=self.new_ms))
        return exam.at_most(self.requests) if self.requests else exam


def runs_and_split(
    shop_dir: "ShopDirectory", wanted: Sequence[str], protocol: "Protocol"
) -> tuple[list[str], "SplitSpec"]:
    """The runs to judge and the split that they held out; without runs the default split.

    Raises:
        EvaluationError: a run does not exist, cannot be judged by this protocol, or the runs held out different requests.
    """
    from shopwindow.datasets.split import SplitSpec

    kind: Literal["temporal", "leave-one-out"] = (
        "leave-one-out" if protocol == "leave-one-out" else "temporal"
    )
    there = {path.parent.name: _split_of(path) for path in sorted(shop_dir.runs.glob("*/config.json"))}
    missing = [name for name in wanted if name not in there]
    if missing:
        raise EvaluationError(f"expected a run of {', '.join(there) or 'this shop'}, came {missing[0]!r}")
    rankers = _rankers(shop_dir, there, protocol)
    if protocol != "replay":
        if asked := [name for name in wanted if name in rankers]:
            raise EvaluationError(
                f"run {asked[0]} is a ranker, which orders lists of candidates: judge it with --protocol replay, on the pages "
                "that you served, or if it learned from made pages with temporal, on a shortlist of the whole shop"
            )
        there = {name: spec for name, spec in there.items() if name not in rankers}
    fitting = {name: spec for name, spec in there.items() if spec.kind == kind}
    unfit = [name for name in wanted if name not in fitting]
    if unfit:
        raise EvaluationError(
            f"run {unfit[0]} was trained for a {there[unfit[0]].kind} split; choose that protocol, or train "
            f"with --split {kind}"
        )
    names = list(wanted) or list(fitting)
    specs = {fitting[name] for name in names}
    if len(specs) > 1:
        raise EvaluationError(f"runs {', '.join(names)} held out different requests: judge them one by one")
    return names, specs.pop() if specs else SplitSpec(kind=kind)


def _rankers(shop_dir: "ShopDirectory", names: Collection[str], protocol: "Protocol") -> set[str]:
    """Runs that only replay can judge.

    At the moment of an action, counters of what was listed and seen know the very page that it was done on, so a ranker that
    reads them can be asked at the moments of pages alone.
    """
    from shopwindow.training.kinds import RANKER, run_kind

    configs = {name: shop_dir.runs / name / "config.json" for name in names}
    found = {name for name, config in configs.items() if run_kind(config) == RANKER}
    if protocol != "temporal":
        return found
    runs = {name: json.loads(configs[name].read_text(encoding="utf-8"))["run"] for name in found}
    return {name for name, run in runs.items() if run.get("pages") != "made"}


def _split_of(config: Path) -> "SplitSpec":
    from shopwindow.datasets.split import SplitSpec

    return SplitSpec(**json.loads(config.read_text(encoding="utf-8"))["split"])
