"""Training runs to start from: change them with dataclasses.replace."""

from shopwindow.datasets.sequences import SequencePlan
from shopwindow.models.attention import BlockConfig
from shopwindow.models.item_encoder import ItemEncoderConfig
from shopwindow.models.journey_encoder import JourneyEncoderConfig
from shopwindow.models.losses import LossConfig
from shopwindow.models.two_tower import TwoTowerConfig
from shopwindow.training.run import TrainingRun


def small() -> TrainingRun:
    """Minutes on two processor cores: width 64, the last 50 actions, up to 100 k items."""
    return TrainingRun(
        model=two_tower(dim=64, heads=2, blocks=2),
        loss=LossConfig(negatives=512),
        plan=SequencePlan(max_actions=50, ties="strict", windows=True),
        epochs=15,
        batch_size=64,
    )


def base() -> TrainingRun:
    """The reference's shape: width 128, 4 heads, the last 100 actions, 20 epochs."""
    return TrainingRun(
        model=two_tower(dim=128, heads=4, blocks=2, widen=4),
        loss=LossConfig(negatives=2048),
        plan=SequencePlan(max_actions=100, ties="strict", windows=True),
        epochs=20,
        batch_size=128,
    )


def large() -> TrainingRun:
    """For a GPU and millions of customers: width 256, 8 heads, 4 blocks, mixed precision."""
    return TrainingRun(
        model=two_tower(dim=256, heads=8, blocks=4, widen=4),
        loss=LossConfig(negatives=8192),
        plan=SequencePlan(max_actions=100, ties="strict", windows=True),
        epochs=20,
        batch_size=512,
        accelerator="cuda",
        precision="bf16-mixed",
    )


def two_tower(dim: int, heads: int, blocks: int, widen: int = 1) -> TwoTowerConfig:
    """Both towers of one width, everything else as measured best."""
    block = BlockConfig(dim=dim, heads=heads, widen=widen)
    return TwoTowerConfig(
        items=ItemEncoderConfig(dim=dim),
        journeys=JourneyEncoderConfig(block=block, blocks=blocks),
        temperature=0.05,
        repeats=True,
    )
