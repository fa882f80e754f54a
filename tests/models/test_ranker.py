from dataclasses import replace

import pytest
import torch
from tests.models.test_two_tower import BLOCK, LENGTH, B, D, L, journey, vectors

from shopwindow.errors import ConfigError
from shopwindow.models.context import ContextSizes
from shopwindow.models.item_encoder import ItemEncoderConfig, ItemInputs, ItemSizes
from shopwindow.models.journey_encoder import JourneyEncoderConfig
from shopwindow.models.ranker import PositionBranch, Ranker, RankerConfig, mean_vectors

HEADS, ITEMS, FEATURES = 3, 10, 7
PLAIN = RankerConfig(
    items=ItemEncoderConfig(dim=D, bias=False),
    journeys=JourneyEncoderConfig(block=BLOCK, input_dropout=0.0),
    width=8,
)
MODELS = {
    "readout": PLAIN,
    "token": replace(PLAIN, candidates="token"),
    "no candidates": replace(PLAIN, candidates="none"),
    "late": replace(PLAIN, context="late"),
    "no context": replace(PLAIN, context="none"),
    "no history": replace(PLAIN, history=False),
    "time bias": replace(PLAIN, journeys=replace(PLAIN.journeys, time_bias=True)),
}


def ranker(config: RankerConfig = PLAIN, features: int = 0) -> Ranker:
    torch.manual_seed(0)
    model = Ranker(
        config,
        ItemSizes(ids=ITEMS, fields=(4, 5)),
        ContextSizes(actions=3, surfaces=2, categories=4),
        HEADS,
        features,
    )
    for parameter in model.parameters():  # larger than at the start, so that every part matters
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def items() -> ItemInputs:
    draw = torch.Generator().manual_seed(2)
    codes = torch.randint(0, 4, (ITEMS, 2), generator=draw)
    return ItemInputs(torch.arange(ITEMS), codes, torch.randn(ITEMS, 64, generator=draw))


def means() -> torch.Tensor:
    return torch.randn(B, D, generator=torch.Generator().manual_seed(3))


def customers(model: Ranker, **changed: torch.Tensor) -> torch.Tensor:
    return model.customer_side(vectors(), journey()._replace(**changed), means())


def codes() -> torch.Tensor:
    draw = torch.Generator().manual_seed(5)
    return torch.randint(0, 256, (B, 4, FEATURES), generator=draw).to(torch.uint8)


@pytest.mark.parametrize("config", MODELS.values(), ids=MODELS.keys())
def test_item_sides_made_beforehand_give_the_scores_of_pairs(config) -> None:
    model = ranker(config, FEATURES)
    sides = model.item_side(model.encode_items(items()))
    shown = torch.tensor([[0, 3, 5, 9], [9, 1, 2, 3], [4, 4, 0, 7]])
    asked = model.customer_side(vectors(), journey(), means())
    at_once = model.logits(asked, sides[shown], codes())
    for b in range(B):
        for k, row in enumerate(shown[b]):
            alone = model.item_side(model.encode_items(items().take(row[None])))
            one = model.logits(asked[b : b + 1], alone[:, None], codes()[b : b + 1, k : k + 1])
            assert (one[0, 0] - at_once[b, k]).abs().max() < 1e-4


def test_a_logit_is_the_product_of_both_sides_over_the_root_of_their_width_and_a_bias() -> None:
    model = ranker()
    with torch.no_grad():
        model.bias.copy_(torch.tensor([0.5, 0.0, -1.0]))
    one, two = torch.full((1, HEADS, 8), 2.0), torch.full((1, HEADS, 8), 3.0)
    logits = model.logits(one, two[None], None)
    assert logits[0, 0].tolist() == pytest.approx([2 * 3 * 8 / 8**0.5 + bias for bias in (0.5, 0.0, -1.0)])


def test_the_live_branch_reads_features_and_if_asked_to_the_terms_of_the_product() -> None:
    for agreement in (True, False):
        model = ranker(replace(PLAIN, agreement=agreement), FEATURES)
        assert model.live is not None
        sides = model.item_side(model.encode_items(items()))[torch.zeros(B, 4, dtype=torch.long)]
        asked = model.customer_side(vectors(), journey(), means())
        usual = model.logits(asked, sides, codes())
        assert (model.logits(asked, sides, codes().flip(1)) - usual).abs().max() > 1e-2
        turned = torch.eye(8).flip(0)  # the same products in another order of their terms
        other = model.logits(asked @ turned, sides @ turned, codes())
        assert ((other - usual).abs().max() > 1e-2) == agreement


def test_the_branch_on_places_is_trained_only_where_it_is_wanted() -> None:
    for wanted in (True, False):
        model = ranker(replace(PLAIN, position=wanted))
        assert model.position.table.weight.requires_grad == wanted
        assert model.bias.requires_grad


@pytest.mark.parametrize("config", MODELS.values(), ids=MODELS.keys())
def test_padding_changes_nothing(config) -> None:
    model = ranker(config)
    long = journey()
    cut = type(long)(*(each[:, : each.shape[1] - 3] if each.dim() > 1 else each for each in long))._replace(
        length=torch.tensor([3, 2, 0])
    )
    padded = long._replace(length=cut.length)
    short = model.customer_side(vectors()[:, :3], cut, means())
    assert (short - model.customer_side(vectors(), padded, means())).abs().max() < 1e-5


def test_the_live_request_is_read_at_the_last_position_and_what_comes_after_is_not() -> None:
    model, category = ranker(), journey().category
    live = category.scatter(1, LENGTH[:, None], (category.gather(1, LENGTH[:, None]) + 2) % 4)
    later = torch.where(torch.arange(L + 1)[None] > LENGTH[:, None], (category + 2) % 4, category)
    assert ((customers(model) - customers(model, category=live)).abs().amax(dim=(1, 2)) > 1e-3).all()
    assert (customers(model) - customers(model, category=later)).abs().max() < 1e-6


def test_contexts_of_earlier_requests_are_read_by_the_encoder_alone() -> None:
    category = journey().category.clone()
    category[0, 1] = (category[0, 1] + 2) % 4  # of an earlier request
    for name, reads in {"encoder": True, "late": False, "none": False}.items():
        model = ranker(replace(PLAIN, context=name))
        change = (customers(model) - customers(model, category=category)).abs().max()
        assert (change > 1e-4) == reads


def test_without_context_neither_the_request_nor_country_and_device_matter() -> None:
    model, other = ranker(MODELS["no context"]), journey(seed=7)
    names = ("surface", "category", "query", "hour", "weekday", "country", "device")
    changed = customers(model, **{name: getattr(other, name) for name in names})
    assert torch.equal(customers(model), changed)


def test_without_history_customers_differ_by_their_request_alone() -> None:
    model = ranker(MODELS["no history"])
    same = journey()
    before = model.customer_side(vectors(), same, means())
    after = model.customer_side(vectors(seed=8), same._replace(action=journey(seed=8).action), means())
    assert torch.equal(before, after)
    assert not torch.equal(ranker().customer_side(vectors(), same, means()), before)


@pytest.mark.parametrize("name", ["readout", "token"])
def test_the_mean_of_the_candidates_matters_where_it_is_read(name) -> None:
    for config, reads in ((MODELS[name], True), (MODELS["no candidates"], False)):
        model = ranker(config)
        other = model.customer_side(vectors(), journey(), means() + 1)
        assert torch.equal(customers(model), other) != reads


def test_the_mean_of_a_page_leaves_unknown_items_out() -> None:
    shown = torch.tensor([[0, 2, -1], [-1, -1, -1]])
    mean = mean_vectors(torch.tensor([[1.0, 0.0], [9.0, 9.0], [3.0, 4.0]]), shown)
    assert mean.tolist() == [[(1 + 3) / 2, (0 + 4) / 2], [0, 0]]


def test_positions_share_a_logit_beyond_the_first_ones_and_surfaces_do_not() -> None:
    branch = PositionBranch(surfaces=2, heads=1)
    torch.nn.init.normal_(branch.table.weight)

    def at(position: int, surface: int) -> float:
        return branch(torch.tensor([position]), torch.tensor([surface])).item()

    assert len({at(position, 0) for position in range(24)}) == 24
    assert at(24, 0) == at(35, 0) != at(36, 0)
    assert at(480, 0) == at(100_000, 0)
    assert len({at(0, surface) for surface in (-1, 0, 1)}) == 3
    assert at(0, -1) == at(0, 2)  # newer than the model


def test_the_position_teaches_its_own_branch_only_where_it_stood() -> None:
    model = ranker()
    model.position(torch.tensor([3]), torch.tensor([1])).sum().backward()
    touched = model.position.table.weight.grad.abs().sum(dim=1) > 0
    assert touched.nonzero().flatten().tolist() == [3 * (2 + 1) + 1 + 1]
    assert all(each.grad is None for name, each in model.named_parameters() if "position" not in name)


@pytest.mark.parametrize("part", ["ids", "content", "metadata"])
def test_a_part_of_the_items_that_is_switched_off_is_not_there(part) -> None:
    config = replace(PLAIN, items=replace(PLAIN.items, **{part: False}))
    whole, less = ranker(), ranker(config)
    assert sum(each.numel() for each in less.parameters()) < sum(each.numel() for each in whole.parameters())
    assert torch.isfinite(less.encode_items(items())).all()


def test_widths_that_do_not_fit_and_item_biases_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"items\.dim is 16, journeys\.block\.dim is 128"):
        RankerConfig(items=ItemEncoderConfig(dim=D, bias=False))
    with pytest.raises(ConfigError, match="one vector per item and no bias"):
        replace(PLAIN, items=ItemEncoderConfig(dim=D))
