"""Comparison: one exam, asked of every model: the same data, split, requests and tie order."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from shopwindow.datasets.dataset import Dataset, with_sampled_categories
from shopwindow.datasets.recommender import Recommender
from shopwindow.datasets.requests import RequestSet
from shopwindow.datasets.split import Split, SplitSpec, make_split
from shopwindow.errors import EvaluationError
from shopwindow.evaluation.protocol import EvaluationOptions, evaluate
from shopwindow.evaluation.ranking import Protocol
from shopwindow.evaluation.report import Entrant

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exam:
    """What every entrant is asked: the same data, split, requests and tie order."""

    dataset: Dataset
    split: Split
    options: EvaluationOptions

    @property
    def requests(self) -> RequestSet:
        return self.split.test

    def at_most(self, number: int) -> "Exam":
        """The same exam with a random choice of so many test requests."""
        chosen = some_requests(self.split.test, number, self.options.seed)
        return replace(self, split=replace(self.split, test=chosen))


def exam_of(dataset: Dataset, spec: SplitSpec, protocol: Protocol, seed: int = 0) -> Exam:
    """The exam of a protocol on a split.

    temporal-browse keeps the requests inside a category. Where the log knows no request's category, one is drawn for
    each (`with_sampled_categories`), the same for all entrants.

    Raises:
        DatasetError: a part of the split is empty.
        EvaluationError: the protocol and the kind of split do not go together, or there is nothing to browse.
    """
    if (protocol == "leave-one-out") != (spec.kind == "leave-one-out"):
        raise EvaluationError(f"protocol {protocol} cannot be judged on a {spec.kind} split")
    options = EvaluationOptions(protocol=protocol, seed=seed)
    if protocol != "temporal-browse":
        return Exam(dataset=dataset, split=make_split(dataset, spec), options=options)
    if not dataset.has_request_categories:
        dataset = with_sampled_categories(dataset, np.random.default_rng(seed))
    split = make_split(dataset, spec)
    valid, test = (_inside_categories(requests) for requests in (split.valid, split.test))
    if not (len(valid) and len(test)):
        raise EvaluationError("temporal-browse needs requests or items with categories, came none")
    return Exam(dataset=dataset, split=replace(split, valid=valid, test=test), options=options)


def judged(exam: Exam, recommender: Recommender, clock: Clock, settings: str = "") -> Entrant:
    """A model's outcome on the test requests."""
    start = clock()
    outcome = evaluate(recommender, exam.dataset, exam.requests, exam.options)
    return Entrant(outcome=outcome, settings=settings, baseline=False, seconds=clock() - start)


def _inside_categories(requests: RequestSet) -> RequestSet:
    return requests.take(np.flatnonzero(requests.category > 0))


def some_requests(requests: RequestSet, most: int, seed: int) -> RequestSet:
    """A random choice of at most `most` requests, in their order."""
    if len(requests) <= most:
        return requests
    return requests.take(np.sort(np.random.default_rng(seed).choice(len(requests), most, replace=False)))
