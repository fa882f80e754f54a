"""Runs: everything that decides what training computes; it is kept beside its results."""

from dataclasses import asdict, dataclass, field, replace
from typing import ClassVar, Literal, Self, TypeVar

import msgspec

from shopwindow.datasets.page_examples import PagePlan
from shopwindow.datasets.sequences import SequencePlan
from shopwindow.errors import ConfigError, TrainingError
from shopwindow.features.windowed.freshness import Freshness
from shopwindow.models.losses import LossConfig
from shopwindow.models.ranker import RankerConfig
from shopwindow.models.two_tower import TwoTowerConfig
from shopwindow.training.kinds import RANKER, TWO_TOWER


@dataclass(frozen=True, kw_only=True)
class LoopSettings:
    """What the training loop asks of every model's run: optimiser, epochs, and when to stop.

    learning_rate: the highest; reached after `warm_up` (share of all steps), then kept or brought down to a
    hundredth along a cosine. average: decay of the running mean of the weights that is validated and kept;
    0 keeps the last weights. patience: epochs without a better validation NDCG@10 before the run stops.
    validation_requests: at most so many requests, or pages, validate. min_events: an item with fewer training events has
    no id of its own.
    """

    kind: ClassVar[str]
    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 1e-3
    schedule: Literal["cosine", "constant"] = "cosine"
    warm_up: float = 0.02
    weight_decay: float = 0.0
    clip: float = 1.0
    average: float = 0.999
    patience: int = 5
    validation_requests: int = 2000
    min_events: int = 1
    accelerator: Literal["auto", "cpu", "cuda"] = "cpu"
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience", "validation_requests"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name}: expected 1 or more, came {getattr(self, name)}")
        if self.precision == "bf16-mixed" and self.accelerator == "cpu":
            raise ConfigError("precision bf16-mixed needs accelerator cuda: on a CPU it is many times slower")

    def to_json(self) -> str:
        text = msgspec.json.encode(
            asdict(self)
        )  # of the object itself msgspec leaves out defaults it did not read
        return msgspec.json.format(text, indent=1).decode()


Run = TypeVar("Run", bound=LoopSettings)


@dataclass(frozen=True, kw_only=True)
class TrainingRun(LoopSettings):
    """Model, loss and examples of a two-tower's run.

    exclude_seen: validation leaves out items that the customer already acted on.
    """

    kind: ClassVar[str] = TWO_TOWER
    model: TwoTowerConfig = field(default_factory=TwoTowerConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    plan: SequencePlan
    exclude_seen: bool = False

    def variant(self, name: str) -> Self:
        """The same run with the model as `frozen`, `trainable` or `context`."""
        return replace(self, model=self.model.variant(name))


@dataclass(frozen=True, kw_only=True)
class RankerRun(LoopSettings):
    """Model and examples of a ranker's run; `batch_size` counts pages.

    freshness: how old live features may be. calibration: the curve of each head. pages: what it learned from, as training
    finds it: pages that were served, or made ones.
    """

    kind: ClassVar[str] = RANKER
    model: RankerConfig = field(default_factory=RankerConfig)
    plan: PagePlan = field(default_factory=PagePlan)
    freshness: Freshness = field(default_factory=Freshness)
    calibration: Literal["platt", "isotonic"] = "platt"
    pages: Literal["served", "made"] = "served"


def run_from_json(text: str, kind: type[Run]) -> Run:
    """The run that `to_json` wrote.

    Raises:
        TrainingError: the text is no such run.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise TrainingError(f"expected the config.json of a training run, came: {error}") from error
