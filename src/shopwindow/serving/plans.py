"""The plans of a shop's surfaces: which sources feed them, which policies order them."""

from dataclasses import dataclass
from typing import Final

from shopwindow.schema.shop import SURFACE_KINDS
from shopwindow.serving.pipeline import Plan, PlanBook, Quota
from shopwindow.serving.policies import Availability, BoughtRecently
from shopwindow.serving.popularity import Popularity
from shopwindow.serving.similar import SimilarItems
from shopwindow.serving.two_tower import TwoTower

CANDIDATES: Final = 500
VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The sources that a release can feed."""

    two_tower: TwoTower
    similar: SimilarItems
    popularity: Popularity


def plan_book(sources: Sources) -> PlanBook:
    """Every surface kind, personal ("default") and plain ("popular", to compare with)."""
    personal = Plan(
        sources=(
            Quota(source=sources.two_tower, limit=CANDIDATES),
            Quota(source=sources.popularity, limit=CANDIDATES, fallback=True),
        ),
        policies=(Availability(), BoughtRecently()),
    )
    similar = Plan(
        sources=(
            Quota(source=sources.similar, limit=CANDIDATES),
            Quota(source=sources.popularity, limit=CANDIDATES, fallback=True),
        ),
        policies=(Availability(), BoughtRecently()),
    )
    plain = Plan(sources=(Quota(source=sources.popularity, limit=CANDIDATES),), policies=(Availability(),))
    plans = {(kind, "popular"): plain for kind in SURFACE_KINDS}
    plans |= {(kind, "default"): similar if kind == "similar" else personal for kind in SURFACE_KINDS}
    return PlanBook(version=VERSION, plans=plans)
