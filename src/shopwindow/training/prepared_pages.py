"""PreparedPages: what every model that learns from pages needs before its first step.

Legend: I places of all pages together, F live features.
"""

from dataclasses import dataclass

from shopwindow.datasets.page_examples import PagePlan, example_pages
from shopwindow.datasets.pages import LoggedPages
from shopwindow.errors import TrainingError
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.models.live import Codes
from shopwindow.training.live_codes import LiveCodes
from shopwindow.training.page_split import PageSplit
from shopwindow.training.run import LoopSettings
from shopwindow.training.validation import some_pages
from shopwindow.training.vocabulary import TowerVocabulary


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PreparedPages:
    """`examples`: the pages that give examples; `validation`: those that judge an epoch.

    `vocabulary`: ids of the items with enough training events. `live`: where live features come from, with the scale of the
    examples; `codes`, `validation_codes [I, F]`: those of the pages; all three None for a model that reads none.
    """

    vocabulary: TowerVocabulary
    examples: LoggedPages
    validation: LoggedPages
    live: LiveCodes | None
    codes: Codes | None
    validation_codes: Codes | None

    @classmethod
    def of(
        cls, pages: PageSplit, plan: PagePlan, settings: LoopSettings, freshness: Freshness | None
    ) -> "PreparedPages":
        """Read from the split. `freshness`: how old live features may be, None: they are not read.

        Raises:
            TrainingError: no page has an item that was acted on.
        """
        dataset, examples = pages.dataset, telling(pages, plan)
        events = dataset.item_counts(dataset.wanted_before(pages.split.train_end))
        live = None
        if freshness is not None:
            live = LiveCodes.learned(dataset, examples, pages.exposures, freshness, settings.seed)
        validation = some_pages(pages.valid, settings.validation_requests, settings.seed)
        return cls(
            vocabulary=TowerVocabulary.of(dataset, events, settings.min_events),
            examples=examples,
            validation=validation,
            live=live,
            codes=None if live is None else live.of_pages(examples),
            validation_codes=None if live is None else live.of_pages(validation),
        )


def telling(pages: PageSplit, plan: PagePlan) -> LoggedPages:
    """The training pages that give examples.

    Raises:
        TrainingError: none does.
    """
    found = example_pages(pages.dataset, pages.train, plan)
    if not len(found):
        raise TrainingError(
            f"expected pages with items that were acted on, came none of {len(pages.train):,}: import pages, and "
            "actions that name them in page_id"
        )
    return found
