"""The only place where serving is put together: from a shop directory to a runtime that ranks and takes events."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import final

import faiss
import numpy as np

from shopwindow.config import ShopDirectory
from shopwindow.datasets.columns import MANIFEST, load_columns
from shopwindow.errors import ReleaseError, StateError
from shopwindow.features.boot import boot_id
from shopwindow.features.customer import StateRules
from shopwindow.features.keeper import Keeper
from shopwindow.features.lmdb_store import LmdbStore
from shopwindow.features.recovery import Recovery, recover
from shopwindow.features.seed import HistoryColumns
from shopwindow.ingest.identity import Identity, open_identity
from shopwindow.release.bundle import Release, load_release
from shopwindow.release.graphs import open_graph
from shopwindow.release.registry import active_path
from shopwindow.schema.live import ItemEvent
from shopwindow.schema.shop import ShopConfig, read_shop
from shopwindow.serving.consent import tell_imported_consent
from shopwindow.serving.customer_encoder import CustomerEncoder
from shopwindow.serving.item_encoder import ItemEncoder
from shopwindow.serving.live_shelf import LiveShelf, forgiving
from shopwindow.serving.lookup import reading_of
from shopwindow.serving.page_log import PageLog
from shopwindow.serving.pipeline import Pipeline
from shopwindow.serving.plans import Sources, plan_book
from shopwindow.serving.popularity import Popularity, popularity_order
from shopwindow.serving.ranking import Ranking
from shopwindow.serving.safe_list import safe_list
from shopwindow.serving.shelf import TAIL_ROWS, BaseVectors, stocked
from shopwindow.serving.similar import SimilarItems
from shopwindow.serving.two_tower import TwoTower
from shopwindow.serving.warm import warm
from shopwindow.stream.sqlite_log import SqliteLog


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeOptions:
    """`verify`: hash every file of the release before it serves. `tail_rows`: room for items newer than the release.

    `progress(done, total)`: customers seeded at the first start.
    """

    verify: bool = True
    tail_rows: int = TAIL_ROWS
    progress: Callable[[int, int], None] = lambda done, total: None


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShopRuntime:
    """One shop, open. Events are taken with or without a release; pages need one.

    `lookups`: a second connection to the identity map, so that ranking never waits for a write.
    `ranking` None: `reason` says why no page can be made and what to do.
    """

    directory: ShopDirectory
    shop: ShopConfig
    identity: Identity
    lookups: Identity
    log: SqliteLog
    store: LmdbStore
    keeper: Keeper
    pages: PageLog
    recovery: Recovery
    ranking: Ranking | None
    reason: str

    def close(self) -> None:
        """Write what waits, then close everything."""
        self.pages.close()
        self.keeper.close()
        self.store.close()
        self.log.close()
        self.lookups.close()
        self.identity.close()


def open_runtime(directory: ShopDirectory, options: RuntimeOptions = RuntimeOptions()) -> ShopRuntime:
    """Open a shop: state brought to where the log is, the active release loaded, live items back on the shelf.

    Raises:
        SchemaError: there is no readable shop.toml.
        DatasetError: the imported events cannot be read.
        StateError: log, state or identity map cannot be opened (another server may hold them).
    """
    shop = read_shop(directory.config)
    directory.state.mkdir(parents=True, exist_ok=True)
    history = history_of(directory)
    ranking, reason = _open_ranking(directory, options)
    _check_identity(directory, history, ranking)
    log = SqliteLog.open(directory.state / "log.sqlite")
    store = LmdbStore.open(directory.state / "customers", boot_id())
    rules = StateRules.of(shop)
    recovery = recover(store, log, rules, history, options.progress)
    if ranking is not None:
        ranking.shelf.restock(list(store.items()), store.applied().offset)
        warm(ranking)
    identity = open_identity(directory.identity)
    keeper = Keeper(log, store, rules, announce=_announce(ranking))
    tell_imported_consent(directory, store, keeper)
    return ShopRuntime(
        directory=directory,
        shop=shop,
        identity=identity,
        lookups=open_identity(directory.identity),
        log=log,
        store=store,
        keeper=keeper,
        pages=PageLog(keeper, identity),
        recovery=recovery,
        ranking=ranking,
        reason=reason,
    )


def ranking_of(release: Release, tail_rows: int = TAIL_ROWS) -> Ranking:
    """The parts of a loaded release wired together; its shelf is as the release left it."""
    faiss.omp_set_num_threads(1)
    shelf = stocked(release.shop, release.catalog, release.popularity, release.model.dim, tail_rows)
    embed = forgiving(ItemEncoder(open_graph(release.item_graph), release.vocabulary), release.model.dim)
    order = popularity_order(shelf)
    encoder = CustomerEncoder.of(open_graph(release.customer_graph), release.input)
    sources = Sources(
        two_tower=TwoTower(encoder, release.index),
        similar=SimilarItems(release.output, release.index),
        popularity=Popularity(order),
    )
    return Ranking(
        release=release,
        shelf=LiveShelf(shelf, BaseVectors(input=release.input, output=release.output, embed=embed)),
        encoder=encoder,
        pipeline=Pipeline(safe=safe_list(shelf, order)),
        book=plan_book(sources),
        reading=reading_of(release.shop, release.model, release.row_of_key),
    )


def history_of(directory: ShopDirectory) -> HistoryColumns | None:
    """The imported events below the live ones; None before any were imported."""
    return load_columns(directory.columns) if (directory.columns / MANIFEST).is_file() else None


def _open_ranking(directory: ShopDirectory, options: RuntimeOptions) -> tuple[Ranking | None, str]:
    try:
        release = load_release(active_path(directory), verify=options.verify)
    except ReleaseError as error:
        return None, str(error)
    return ranking_of(release, options.tail_rows), ""


def _check_identity(
    directory: ShopDirectory, history: HistoryColumns | None, ranking: Ranking | None
) -> None:
    """A map that was lost or replaced would give new items the keys of others."""
    used = 0 if history is None else int(np.max(history.item_key, initial=-1)) + 1
    used = max(used, 0 if ranking is None else len(ranking.release.row_of_key))
    with closing(open_identity(directory.identity)) as identity:
        known = identity.num_items()
    if known < used:
        raise StateError(
            f"identity.sqlite: expected the ids of {used} items, came {known}: it was lost or replaced; "
            "bring it back from a backup, or begin a new shop directory and import again"
        )


def _announce(ranking: Ranking | None) -> Callable[[Sequence[ItemEvent], int], None]:
    if ranking is None:
        return lambda items, offset: None
    return ranking.shelf.restock
