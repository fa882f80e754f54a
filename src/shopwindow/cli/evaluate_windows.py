"""`shopwindow evaluate --windows`: the same models over successive test periods."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from shopwindow.cli.evaluate_asked import Asked
    from shopwindow.document import Document
    from shopwindow.evaluation.comparison import Exam
    from shopwindow.evaluation.report import Report


def windows_report(
    ask: "Asked", runs: Sequence[str], number: int, console: "Console"
) -> tuple["Report", "Document"]:
    """The report of all windows together, and the page that shows each."""
    from shopwindow.datasets.dataset import load_dataset
    from shopwindow.datasets.split import SplitSpec, windows
    from shopwindow.evaluation.backtest import backtest
    from shopwindow.evaluation.backtest_page import windows_section
    from shopwindow.evaluation.page import data_section, page_of

    dataset = load_dataset(ask.shop_dir)
    shares = SplitSpec(kind=ask.spec.kind, valid_share=ask.spec.valid_share, test_share=ask.spec.test_share)
    specs = windows(dataset, number, shares)
    done = 0

    def judge(exam: "Exam") -> "Report":
        nonlocal done
        done += 1
        console.print(f"window {done} of {number}: {len(exam.requests):,} test requests", highlight=False)
        return _judged_window(exam, [ask.shop_dir.runs / name for name in runs], console)

    found = backtest((ask.exam(dataset, spec) for spec in specs), judge, ask.seed)
    more = [windows_section(found, dataset.tz_offset_ms), data_section(dataset)]
    return found.whole, page_of(found.whole, f"Backtest of {dataset.shop.name}", more)


def _judged_window(exam: "Exam", runs: Sequence[Path], console: "Console") -> "Report":
    """Baselines tuned and fitted before the test; each run trained anew, for as many epochs as it had chosen."""
    from shopwindow.cli.evaluate_requests import judge, peak_mib
    from shopwindow.evaluation.comparison import judged
    from shopwindow.evaluation.report import report_of

    report = judge(exam, [], console)
    entrants = list(report.entrants)
    for path in runs:
        from shopwindow.training.refit import refit

        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, console.status(f"training {path.name} anew"):
            fitted = refit(exam.dataset, exam.split, path, Path(folder) / path.name)
            found = judged(exam, fitted, time.monotonic, f"run {path.name}, trained anew for each window")
        entrants.append(replace(found, seconds=time.monotonic() - start, peak_mib=peak_mib()))
    return report_of(entrants, {}, exam.split.spec, exam.options.seed)
