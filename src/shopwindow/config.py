"""Where things lie in a shop directory: the one place that knows file names."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ShopDirectory:
    """Paths of one shop. Nothing here touches the disk.

    shop.toml            what the shop is (schema.shop)
    identity.sqlite      external id <-> key, append-only (ingest.identity); the only link to a person
    data/                clean tables, Parquet, a folder per imported file, a file per some days (ingest)
      actions/ pages/ impressions/ items/ customers/ rejects/ imports.json
    columns/             event columns sorted by customer and time, memory-mapped (datasets.columns)
    runs/NAME/           a training run: config, checkpoint, metrics (training)
    tuning/              what was tried of each baseline: one journal per protocol (evaluation.tuning)
    reports/             pages to look at
    releases/ID/         immutable bundles (release); releases/active names the one that serves
    state/               log.sqlite (the truth) and the state derived from it (stream, features); consent.json: the
                         last import whose words of consent the log was told (serving.consent)
    """

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "shop.toml"

    @property
    def identity(self) -> Path:
        return self.root / "identity.sqlite"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def columns(self) -> Path:
        return self.root / "columns"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def tuning(self) -> Path:
        return self.root / "tuning"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def state(self) -> Path:
        return self.root / "state"
