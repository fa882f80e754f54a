"""Calibrating a ranker: what its probabilities are worth on pages that it did not learn from.

Legend: I places of all pages together, H heads.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from shopwindow.datasets.page_examples import head_labels, kept_share
from shopwindow.datasets.pages import LoggedPages
from shopwindow.models.calibration import HeadCalibration, Isotonic, Platt, isotonic, platt, without_sampling
from shopwindow.training.checkpoint import load_json, save_text
from shopwindow.training.trained_ranker import TrainedRanker

Method = Literal["platt", "isotonic"]


def calibrated(
    ranker: TrainedRanker, trained_on: LoggedPages, judged_on: LoggedPages, method: Method
) -> TrainedRanker:
    """The ranker whose probabilities are those seen on `judged_on`, every known item at the place where it stood.

    First the negatives that training left out are put back (`kept_share` of `trained_on`), then a curve is fitted; a head
    whose action came for none or for all of the items has the first step alone.
    """
    plain = replace(ranker, calibrations=())
    known = judged_on.row >= 0
    p, labels = (
        plain.at_places(judged_on)[known],
        head_labels(ranker.dataset, judged_on, ranker.run.plan)[known],
    )
    kept = kept_share(ranker.dataset, trained_on, ranker.run.plan)
    found = []
    for head in range(len(ranker.heads)):
        restored = without_sampling(p[:, head].astype(np.float64), float(kept[head]))
        outcome = labels[:, head].astype(np.float64)
        curve: Platt | Isotonic = Platt(slope=1.0, intercept=0.0)
        if 0 < outcome.sum() < len(outcome):
            curve = platt(restored, outcome) if method == "platt" else isotonic(restored, outcome)
        found.append(HeadCalibration(kept=float(kept[head]), curve=curve))
    return replace(ranker, calibrations=tuple(found))


def save_calibrations(calibrations: tuple[HeadCalibration, ...], path: Path) -> None:
    """Write them as JSON; a killed process leaves the file whole or none."""
    heads = [
        {
            "method": "platt" if isinstance(each.curve, Platt) else "isotonic",
            "kept": each.kept,
            **asdict(each.curve),
        }
        for each in calibrations
    ]
    save_text(json.dumps({"heads": heads}, indent=1), path)


def load_calibrations(path: Path) -> tuple[HeadCalibration, ...]:
    """What `save_calibrations` wrote; none where training has not got there."""
    return tuple(map(_of_json, load_json(path)["heads"])) if path.exists() else ()


def _of_json(head: dict[str, Any]) -> HeadCalibration:
    values = {name: value for name, value in head.items() if name not in ("method", "kept")}
    curve = (
        Platt(**values)
        if head["method"] == "platt"
        else Isotonic(p=tuple(values["p"]), value=tuple(values["value"]))
    )
    return HeadCalibration(kept=head["kept"], curve=curve)
