from dataclasses import replace

import pytest
import torch

from shopwindow.errors import ConfigError
from shopwindow.models.attention import BlockConfig
from shopwindow.models.context import ContextSizes, Durations, JourneyTensors
from shopwindow.models.item_encoder import ItemEncoderConfig, ItemInputs, ItemSizes
from shopwindow.models.journey_encoder import JourneyEncoderConfig
from shopwindow.models.two_tower import TwoTower, TwoTowerConfig

B, L, D = 3, 6, 16
LENGTH = torch.tensor([6, 2, 0])
BLOCK = BlockConfig(dim=D, heads=2, dropout=0.0)
PLAIN = JourneyEncoderConfig(block=BLOCK, input_dropout=0.0)
VARIATIONS = {
    "relative": PLAIN,
    "absolute": replace(PLAIN, positions="absolute"),
    "none": replace(PLAIN, positions="none"),
    "rotary": replace(PLAIN, positions="none", block=replace(BLOCK, rotary=True)),
    "time": replace(PLAIN, time_bias=True),
    "post, swiglu": replace(PLAIN, block=replace(BLOCK, norm="post", activation="swiglu")),
    "relu, no context": replace(PLAIN, local_context=False, block=replace(BLOCK, activation="relu", widen=2)),
}
MODELS = {name: {"journeys": config} for name, config in VARIATIONS.items()} | {
    "temperature": {"temperature": 0.1},
    "repeats": {"repeats": True},
    "temperature, repeats, no bias": {"temperature": 0.1, "repeats": True, "bias": False},
}


def tower(
    journeys: JourneyEncoderConfig = PLAIN,
    temperature: float | None = None,
    repeats: bool = False,
    **items: object,
) -> TwoTower:
    torch.manual_seed(0)
    config = TwoTowerConfig(
        items=ItemEncoderConfig(dim=D, **items), journeys=journeys, temperature=temperature, repeats=repeats
    )
    model = TwoTower(
        config, ItemSizes(ids=10, fields=(4, 5)), ContextSizes(actions=3, surfaces=2, categories=4)
    )
    for parameter in model.parameters():  # larger than at the start, so that every part matters
        if parameter.requires_grad and parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def journey(seed: int = 0) -> JourneyTensors:
    draw = torch.Generator().manual_seed(seed)

    def codes(high: int, *shape: int) -> torch.Tensor:
        return torch.randint(-1, high, shape, generator=draw)

    return JourneyTensors(
        action=codes(3, B, L), gap=10 * torch.rand(B, L, generator=draw), surface=codes(2, B, L + 1),
        category=codes(4, B, L + 1), query=codes(4096, B, L + 1), wait=10 * torch.rand(B, L + 1, generator=draw),
        hour=codes(24, B, L + 1), weekday=codes(7, B, L + 1), country=codes(4096, B), device=codes(4096, B),
        length=LENGTH,
    )  # fmt: skip


def vectors(seed: int = 1) -> torch.Tensor:
    return torch.randn(B, L, D, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("config", MODELS.values(), ids=MODELS.keys())
def test_the_last_position_alone_is_what_the_whole_pass_says(config) -> None:
    model = tower(**config)
    everywhere = model.customers(vectors(), journey())
    last = model.customer(vectors(), journey())
    assert (everywhere[torch.arange(B), LENGTH] - last).abs().max() < 1e-5


@pytest.mark.parametrize("config", MODELS.values(), ids=MODELS.keys())
def test_no_position_reads_a_later_one(config) -> None:
    model, after = tower(**config), 3
    items, changed = vectors(), journey(seed=5)
    before = model.customers(items, journey())
    other = items.clone()
    other[:, after:] = vectors(seed=9)[:, after:]
    mixed = [
        torch.cat([one[:, : after + (one.shape[1] > L)], two[:, after + (one.shape[1] > L) :]], dim=1)
        if one.dim() > 1
        else one
        for one, two in zip(journey(), changed, strict=True)
    ]
    later = model.customers(other, JourneyTensors(*mixed))
    assert (before[:, : after + 1] - later[:, : after + 1]).abs().max() < 1e-5
    assert (before[:, after + 1 :] - later[:, after + 1 :]).abs().max() > 1e-3


def test_padding_changes_nothing() -> None:
    model, short = tower(), journey()
    cut = JourneyTensors(
        *(each[:, : each.shape[1] - 3] if each.dim() > 1 else each for each in short)
    )._replace(length=torch.tensor([3, 2, 0]))
    padded = short._replace(length=cut.length)
    assert (model.customer(vectors()[:, :3], cut) - model.customer(vectors(), padded)).abs().max() < 1e-5


def test_local_context_is_read_only_where_it_is_switched_on() -> None:
    one, two = journey(), journey()._replace(category=journey(seed=7).category)
    without = tower(replace(PLAIN, local_context=False))
    assert torch.equal(without.customer(vectors(), one), without.customer(vectors(), two))
    assert not torch.equal(tower().customer(vectors(), one), tower().customer(vectors(), two))


def test_unknown_codes_read_as_absent_ones() -> None:
    model = tower()
    absent, beyond = (journey()._replace(action=torch.full((B, L), code)) for code in (-1, 77))
    assert torch.equal(model.customer(vectors(), absent), model.customer(vectors(), beyond))


def test_durations_change_continuously_and_stop_at_the_longest_learned() -> None:
    durations = Durations(4)
    low, middle, high = durations(torch.tensor([2.0, 2.5, 3.0]))
    assert torch.allclose(middle, (low + high) / 2)
    assert torch.equal(*durations(torch.tensor([17.0, 400.0])))


def items(count: int = 4) -> ItemInputs:
    content = torch.randn(count, 64, generator=torch.Generator().manual_seed(2))
    return ItemInputs(torch.arange(count), torch.tensor([[1, 2]] * count), content)


def test_the_bias_is_the_items_last_coordinate_against_a_one() -> None:
    assert torch.equal(tower().customer(vectors(), journey())[:, -1], torch.ones(B))
    assert not torch.equal(tower(bias=False).customer(vectors(), journey())[:, -1], torch.ones(B))


def test_with_a_temperature_a_score_is_the_cosine_over_it() -> None:
    plain, cosine = tower(bias=False), tower(bias=False, temperature=0.05)
    customer, item = plain.customer(vectors(), journey()), plain.encode_items(items()).score
    expected = torch.nn.functional.cosine_similarity(customer[:, None], item[None], dim=-1) / 0.05
    found = cosine.customer(vectors(), journey()) @ cosine.encode_items(items()).score.T
    assert torch.allclose(found, expected, atol=1e-4)


def test_with_a_temperature_the_bias_is_added_as_it_is() -> None:
    model, without = tower(temperature=0.05), tower()
    score, bias = model.encode_items(items()).score, without.encode_items(items()).score[:, -1]
    assert torch.equal(score[:, -1], bias)
    assert torch.allclose(score[:, :-1].norm(dim=1), torch.ones(4))
    customer = model.customer(vectors(), journey())
    assert torch.allclose(customer[:, :-1].norm(dim=1), torch.full((B,), 1 / 0.05))
    assert torch.equal(customer[:, -1], torch.ones(B))


def test_an_item_just_acted_on_scores_higher_with_repeats_and_nothing_changes_without_history() -> None:
    model = tower(repeats=True, bias=False)
    plain = tower(bias=False)
    plain.load_state_dict(model.state_dict(), strict=False)
    added = model.customer(vectors(), journey()) - plain.customer(vectors(), journey())
    newest = torch.nn.functional.normalize(vectors()[1, LENGTH[1] - 1], dim=0)
    assert added[1] @ newest > 0
    assert torch.equal(added[2], torch.zeros(D))


def test_repeats_need_items_that_are_scored_as_they_are_read() -> None:
    with pytest.raises(ConfigError, match=r"needs items\.tied"):
        TwoTowerConfig(items=ItemEncoderConfig(tied=False), repeats=True)


def test_a_temperature_is_above_zero() -> None:
    with pytest.raises(ConfigError, match="temperature: expected a number above 0"):
        TwoTowerConfig(temperature=0.0)


@pytest.mark.parametrize("combine", ["sum", "concat"])
def test_tied_items_are_read_as_they_are_scored_and_untied_ones_not(combine) -> None:
    tied = tower(combine=combine).encode_items(items())
    untied = tower(combine=combine, tied=False).encode_items(items())
    assert torch.equal(tied.read, tied.score)
    assert not torch.equal(untied.read, untied.score)


def test_a_dropped_id_leaves_what_content_and_metadata_say() -> None:
    model = tower(id_dropout=1.0)
    unknown = items()._replace(id_row=torch.full((4,), 10))
    assert torch.equal(model.train().encode_items(items()).read, model.eval().encode_items(unknown).read)


def test_two_items_without_an_id_differ_by_content_and_not_without_content() -> None:
    unknown = items()._replace(id_row=torch.full((4,), 10))
    with_content, without = (
        tower().encode_items(unknown).score,
        tower(content=False).encode_items(unknown).score,
    )
    assert (with_content[0] - with_content[1]).abs().max() > 0.1
    assert torch.equal(without[0], without[1])


def test_frozen_items_learn_nothing_but_their_popularity() -> None:
    model = tower(trainable=False)
    learned = [name for name, parameter in model.items.named_parameters() if parameter.requires_grad]
    assert learned == ["bias.weight"]


def test_variants_are_made_from_one_configuration() -> None:
    config = TwoTowerConfig()
    assert not config.variant("frozen").items.trainable
    assert not config.variant("trainable").journeys.local_context
    assert config.variant("context").journeys.local_context
    with pytest.raises(ConfigError, match="expected one of frozen, trainable, context, came 'warm'"):
        config.variant("warm")


def test_widths_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="dim 10 with 4 heads"):
        BlockConfig(dim=10, heads=4)
    with pytest.raises(ConfigError, match=r"items\.dim is 32, journeys\.block\.dim is 64"):
        TwoTowerConfig(items=ItemEncoderConfig(dim=32))
