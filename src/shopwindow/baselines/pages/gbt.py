"""PageGbt: gradient-boosted trees on raw live features, metadata and the request (LightGBM).

Legend: P pages, I places of all pages together, N items, F features.
"""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, final

import lightgbm as lgb
import numpy as np

from shopwindow.baselines.pages.rival import LAST, PageSpace
from shopwindow.baselines.space import Choice, Range
from shopwindow.datasets.dataset import Dataset
from shopwindow.datasets.page_examples import PagePlan
from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.point_in_time import FeaturePlan, live_names, values_in_time
from shopwindow.errors import TrainingError
from shopwindow.features.items import ItemVocabulary
from shopwindow.features.journey import hours_and_weekdays
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.models.context import COUNTRY_BUCKETS, DEVICE_BUCKETS
from shopwindow.schema.arrays import Float, Int32, Int64
from shopwindow.training.page_split import PageSplit
from shopwindow.training.prepared_pages import telling
from shopwindow.training.validation import page_ndcg_at_10, some_pages

PAGES_AT_ONCE: Final = 2000  # when scoring; each part replays the events before it
CONTEXT = ("surface", "category", "hour", "weekday", "country", "device")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PageGbt:
    """LambdaRank over the known items of each page, graded by gain; at most `most_pages`, drawn by seed.

    Features: counters and rates of item, category, brand and customer as they stood at the page, with how often and when
    the customer met the item, its brand and its category; the item's metadata and the request as categories. The
    place on the page is one more (`position`), the first one when scoring. Trees are added while NDCG@10 on the
    validation pages grows, `patience` of them without a better one at most.

    Burges, "From RankNet to LambdaRank to LambdaMART", MSR-TR-2010-82; Ke et al., "LightGBM", NeurIPS 2017.
    """

    rounds: int = 500
    patience: int = 40
    num_leaves: int = 31
    learning_rate: float = 0.05
    min_leaf: int = 50
    feature_share: float = 0.8
    most_pages: int = 20_000
    validation_requests: int = 2000
    position: bool = True
    freshness: Freshness = field(default_factory=Freshness)
    seed: int = 0

    @property
    def name(self) -> str:
        return "page-gbt"

    def fit(self, pages: PageSplit, into: Path) -> "FittedPageGbt":
        dataset, kept = pages.dataset, into / "trees.txt"
        train = telling(pages, PagePlan())
        if kept.exists():
            raise TrainingError(f"run {into.name} exists: delete it, or use another name")
        drawn = np.random.default_rng(self.seed).permutation(len(train))[: self.most_pages]
        train = train.take(np.sort(drawn))
        known = train.row >= 0
        position = train.position()[known] if self.position else None
        train = train.only(known)
        valid = some_pages(pages.valid, self.validation_requests, self.seed)
        reader = PageFeatures.of(dataset, FeaturePlan(exposures=pages.exposures, freshness=self.freshness))
        gains = np.unique(train.gain[train.gain > 0])
        labels = np.where(train.gain > 0, np.searchsorted(gains, train.gain) + 1, 0)
        data = lgb.Dataset(
            reader.values(train, position),
            label=labels,
            group=np.diff(train.offsets),
            categorical_feature=reader.categorical,
        )
        trees = self._grown(data, valid, reader, [0.0, *gains.tolist()])
        into.mkdir(parents=True, exist_ok=True)
        trees.save_model(kept)
        return FittedPageGbt(name=self.name, reader=reader, trees=trees)

    def _grown(self, data: Any, valid: LoggedPages, reader: "PageFeatures", gains: list[float]) -> Any:
        if not len(valid):
            return lgb.train(self._parameters(gains), data, num_boost_round=self.rounds)
        judged = lgb.Dataset(
            reader.values(valid),
            label=np.zeros(len(valid.row)),
            group=np.diff(valid.offsets),
            reference=data,
            categorical_feature=reader.categorical,
        )
        return lgb.train(
            self._parameters(gains),
            data,
            num_boost_round=self.rounds,
            valid_sets=[judged],
            feval=lambda scores, _: ("ndcg@10", page_ndcg_at_10(scores, valid), True),
            callbacks=[lgb.early_stopping(self.patience, verbose=False)],
        )

    def _parameters(self, gains: list[float]) -> dict[str, Any]:
        return {
            "objective": "lambdarank", "label_gain": gains, "num_leaves": self.num_leaves, "metric": "None",
            "learning_rate": self.learning_rate, "min_data_in_leaf": self.min_leaf, "seed": self.seed,
            "feature_fraction": self.feature_share, "bagging_fraction": 0.8, "bagging_freq": 1, "deterministic": True,
            "force_row_wise": True, "verbosity": -1,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class PageFeatures:
    """Columns: live features (NaN = not known), the place on the page, metadata `codes [N, .]`, CONTEXT."""

    dataset: Dataset
    plan: FeaturePlan
    codes: Int32

    @classmethod
    def of(cls, dataset: Dataset, plan: FeaturePlan) -> "PageFeatures":
        catalog = dataset.catalog
        return cls(dataset, plan, ItemVocabulary.of(catalog, dataset.shop).encode(catalog.table).codes)

    @property
    def num_live(self) -> int:
        return len(live_names(self.dataset, self.plan))

    @property
    def categorical(self) -> list[int]:
        """Columns whose numbers have no order."""
        first = self.num_live + 1
        return list(range(first, first + self.codes.shape[1] + len(CONTEXT)))

    def values(self, pages: LoggedPages, position: Int64 | None = None) -> Float:
        """[I, F]; `position [I]`: None for the first place everywhere."""
        moving = np.empty((len(pages.row), self.num_live), dtype=np.float32)
        for places, values in values_in_time(self.dataset, pages.requests, pages.by_page(), self.plan):
            there, at = pages.cells(places)
            moving[at] = values[there]
        stands = np.zeros(len(pages.row)) if position is None else position
        fixed = np.where(pages.row[:, None] >= 0, self.codes[pages.row], -1)
        context = self._context(pages)[pages.page()]
        found: Float = np.concatenate([moving, stands[:, None], fixed, context], axis=1, dtype=np.float32)
        return found

    def _context(self, pages: LoggedPages) -> Int32:
        """[P, .] the columns CONTEXT, -1 where not known."""
        requests, columns = pages.requests, self.dataset.columns
        hour, weekday = hours_and_weekdays(requests.at_ms, self.dataset.tz_offset_ms)
        country, device = columns.country[requests.customer], columns.device[requests.customer]
        country = np.where(country >= 0, country % COUNTRY_BUCKETS, -1)
        device = np.where(device >= 0, device % DEVICE_BUCKETS, -1)
        return np.stack([requests.surface, requests.category, hour, weekday, country, device], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedPageGbt:
    """See `PageGbt`."""

    name: str
    reader: PageFeatures
    trees: Any

    def page_order(self, pages: LoggedPages) -> Float:
        found: Float = np.full(len(pages.row), LAST, dtype=np.float32)
        for start in range(0, len(pages), PAGES_AT_ONCE):
            part = pages.take(np.arange(start, min(start + PAGES_AT_ONCE, len(pages))))
            scores = self.trees.predict(self.reader.values(part)).astype(np.float32)
            places = slice(pages.offsets[start], pages.offsets[start] + len(scores))
            found[places] = np.where(part.row >= 0, scores, np.float32(LAST))
        return found


def space(seed: int) -> PageSpace:
    """What may be tried; `seed`: of the pages drawn and of the trees."""
    return PageSpace(
        make=partial(PageGbt, seed=seed),
        starts=(PageGbt(seed=seed), PageGbt(num_leaves=15, learning_rate=0.1, seed=seed)),
        parameters={
            "num_leaves": Choice((7, 15, 31, 63)),
            "learning_rate": Range(low=0.02, high=0.3, log=True),
            "min_leaf": Choice((20, 50, 100, 300)),
            "feature_share": Choice((0.4, 0.6, 0.8, 1.0)),
        },
    )
