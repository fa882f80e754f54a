"""The calibration of a model's heads as a section of a page.

Legend: n predictions of one head.
"""

from collections.abc import Mapping

from shopwindow import charts
from shopwindow.document import Chart, Grid, Section, Text
from shopwindow.evaluation.calibration import calibration, reliability
from shopwindow.evaluation.metrics import Values


def calibration_section(heads: Mapping[str, tuple[Values, Values]]) -> Section:
    """Reliability curves and figures; `heads`: name -> predicted probabilities [n] and outcomes [n].

    Raises:
        EvaluationError: see `calibration`.
    """
    found = [calibration(head, p, outcome) for head, (p, outcome) in heads.items()]
    curves = {head: reliability(p, outcome) for head, (p, outcome) in heads.items()}
    least = min(float(each.predicted.min()) for each in curves.values())
    most = max(float(max(each.predicted.max(), each.observed.max())) for each in curves.values())
    drawn = {head: (each.predicted.tolist(), each.observed.tolist()) for head, each in curves.items()}
    chart = charts.lines(
        {**drawn, "perfect": ([least, most], [least, most])},
        ("predicted probability", "observed share"),
        dots=True,
    )
    rows = [
        [
            each.head, f"{each.n:,}", f"{each.base_rate:.4f}", f"{each.slope:.3f}", f"{each.intercept:+.3f}",
            f"{each.ece:.4f}", f"{each.ece_relative:.1%}", f"{each.normalised_entropy:.4f}",
        ]
        for each in found
    ]  # fmt: skip
    return Section(
        "Calibration",
        (
            Chart(svg=chart, caption="what was predicted against what happened, in bins of equally many predictions"),
            Grid(
                headings=(
                    "head", "predictions", "base rate", "slope", "intercept", "ECE", "ECE / base rate", "normalised entropy",
                ),
                rows=rows,
            ),
            Text(
                "Slope 1 and intercept 0 are perfect; a slope below 1 means predictions that are too extreme, and at slope 1 an "
                "intercept below 0 predictions that are too high. ECE: mean distance "
                "between predicted and observed shares. Normalised entropy: below 1 is better than the base rate alone."
            ),
        ),
    )  # fmt: skip
