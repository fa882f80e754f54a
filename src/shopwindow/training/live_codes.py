"""Live codes: the windowed features of logged pages as a ranker reads them, each page's as they stood when it was asked for.

Legend: R requests, K candidates, P pages, I places of all pages together, F features.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.point_in_time import FeaturePlan, live_names, values_in_time
from shopwindow.datasets.requests import RequestSet
from shopwindow.errors import TrainingError
from shopwindow.features.windowed.events import CountedEvents
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.models.live import Codes, LiveScale
from shopwindow.schema.arrays import Int64, Rows

SCALE_PAGES: Final = 2000  # a random choice of so many gives the scale


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LiveCodes:
    """Codes of candidates at their requests' moments; nothing at or after a moment is seen.

    `exposures`: what was listed and viewed; () = not known.
    """

    dataset: Dataset
    scale: LiveScale
    plan: FeaturePlan

    @classmethod
    def learned(
        cls,
        dataset: Dataset,
        pages: LoggedPages,
        exposures: tuple[CountedEvents, ...],
        freshness: Freshness,
        seed: int,
    ) -> "LiveCodes":
        """With the scale of these pages' items, each page at its own moment."""
        plan = FeaturePlan(exposures=exposures, freshness=freshness)
        drawn = np.random.default_rng(seed).permutation(len(pages))[:SCALE_PAGES]
        some = pages.take(np.sort(drawn))
        rows = some.by_page()
        values = [
            part[rows[places] >= 0] for places, part in values_in_time(dataset, some.requests, rows, plan)
        ]
        scale = LiveScale.of(live_names(dataset, plan), np.concatenate(values))
        return cls(dataset=dataset, scale=scale, plan=plan)

    @classmethod
    def kept(
        cls, dataset: Dataset, scale: LiveScale, exposures: tuple[CountedEvents, ...], freshness: Freshness
    ) -> "LiveCodes":
        """With a scale learned before.

        Raises:
            TrainingError: the shop's features are not those that the scale was learned from.
        """
        plan = FeaturePlan(exposures=exposures, freshness=freshness)
        names = live_names(dataset, plan)
        if names != scale.names:
            other = sorted(set(names) ^ set(scale.names))
            raise TrainingError(
                f"expected the live features of training, came others: {', '.join(other[:5])}; train again"
            )
        return cls(dataset=dataset, scale=scale, plan=plan)

    def parts(self, requests: RequestSet, candidates: Rows) -> Iterator[tuple[Int64, Codes]]:
        """Places of some requests, and the codes [., K, F] of their candidates [R, K]; padding has some, too."""
        for places, values in values_in_time(self.dataset, requests, candidates, self.plan):
            yield places, self.scale.codes(values.reshape(-1, values.shape[-1])).reshape(values.shape)

    def of_pages(self, pages: LoggedPages) -> Codes:
        """[I, F]."""
        found = np.zeros((len(pages.row), len(self.scale.names)), dtype=np.uint8)
        for places, codes in self.parts(pages.requests, pages.by_page()):
            there, at = pages.cells(places)
            found[at] = codes[there]
        return found
