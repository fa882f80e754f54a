"""TrainingRun: everything that decides what a training run computes; it is kept beside its results."""

from dataclasses import asdict, dataclass, field, replace
from typing import Literal, Self

import msgspec

from shopwindow.datasets.sequences import SequencePlan
from shopwindow.errors import ConfigError, TrainingError
from shopwindow.models.losses import LossConfig
from shopwindow.models.two_tower import TwoTowerConfig


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """Model, loss, examples and optimiser of one run.

    learning_rate: the highest; reached after `warm_up` (share of all steps), then kept or brought down to a
    hundredth along a cosine. average: decay of the running mean of the weights that is validated and kept;
    0 keeps the last weights. patience: epochs without a better validation NDCG@10 before the run stops.
    exclude_seen: validation leaves out items that the customer already acted on.
    min_events: an item with fewer training events has no id of its own.
    """

    model: TwoTowerConfig = field(default_factory=TwoTowerConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    plan: SequencePlan
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
    exclude_seen: bool = False
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

    def variant(self, name: str) -> Self:
        """The same run with the model as `frozen`, `trainable` or `context`."""
        return replace(self, model=self.model.variant(name))

    def to_json(self) -> str:
        text = msgspec.json.encode(
            asdict(self)
        )  # of the object itself msgspec leaves out defaults it did not read
        return msgspec.json.format(text, indent=1).decode()


def run_from_json(text: str) -> TrainingRun:
    """The run that `to_json` wrote.

    Raises:
        TrainingError: the text is no such run.
    """
    try:
        return msgspec.json.decode(text, type=TrainingRun)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise TrainingError(f"expected the config.json of a training run, came: {error}") from error
