"""Training runs to start from: change them with dataclasses.replace."""

from shopwindow.datasets.page_examples import PagePlan
from shopwindow.datasets.sequences import SequencePlan
from shopwindow.models.attention import BlockConfig
from shopwindow.models.item_encoder import ItemEncoderConfig
from shopwindow.models.journey_encoder import JourneyEncoderConfig
from shopwindow.models.losses import LossConfig
from shopwindow.models.ranker import RankerConfig
from shopwindow.models.two_tower import TwoTowerConfig
from shopwindow.training.run import RankerRun, TrainingRun


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


def small_ranker() -> RankerRun:
    """Minutes on a processor core: width 64, the last 50 actions."""
    return RankerRun(model=ranker(dim=64, heads=4), plan=PagePlan(max_actions=50), epochs=15, patience=3)


def base_ranker() -> RankerRun:
    """The reference's shape: width 128, 8 heads, the last 80 actions."""
    return RankerRun(model=ranker(dim=128, heads=8), plan=PagePlan(max_actions=80), batch_size=128)


def large_ranker() -> RankerRun:
    """For a GPU and millions of pages: width 256, 8 heads, mixed precision."""
    return RankerRun(
        model=ranker(dim=256, heads=8),
        plan=PagePlan(max_actions=80),
        batch_size=512,
        accelerator="cuda",
        precision="bf16-mixed",
    )


def ranker(dim: int, heads: int) -> RankerConfig:
    """Two blocks with ReLU and no positional encoding, as the reference has them."""
    block = BlockConfig(dim=dim, heads=heads, activation="relu")
    return RankerConfig(
        items=ItemEncoderConfig(dim=dim, bias=False),
        journeys=JourneyEncoderConfig(block=block, blocks=2, positions="none"),
    )
