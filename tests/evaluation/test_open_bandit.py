"""Off-policy estimates on real pages: what was shown at random foretells what another policy really earned."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from shopwindow.config import ShopDirectory
from shopwindow.evaluation.off_policy import off_policy_value, weights
from shopwindow.ingest.public import PUBLIC, Opening
from shopwindow.ingest.tables import read_actions, read_impressions, read_pages

pytestmark = [pytest.mark.data]


@pytest.mark.parametrize("campaign", ["men", "women"])
def test_random_pages_foretell_the_clicks_of_thompson_sampling(
    campaign: str, real_data: Path, tmp_path: Path
) -> None:
    shop_dir = ShopDirectory(tmp_path)
    PUBLIC[f"obd-{campaign}"](Opening(real_data, shop_dir))
    pages, actions, views = read_pages(shop_dir), read_actions(shop_dir), read_impressions(shop_dir)
    clicked = pc.is_in(pages.column("page_id"), value_set=actions.column("page_id").combine_chunks())
    view = pc.index_in(pages.column("page_id"), value_set=views.column("page_id").combine_chunks())
    position = views.column("position").take(view).to_numpy()
    item = pc.list_flatten(pages.column("items")).to_numpy()
    chance = pc.list_flatten(pages.column("propensities")).to_numpy().astype(np.float64)
    click, drawn = (
        clicked.to_numpy().astype(np.float64),
        pc.equal(pages.column("release"), "random").to_numpy(),
    )

    # Thompson sampling's chance of each item at each place, from how often it showed it there.
    slot = position * (item.max() + 1) + item
    number = np.bincount(slot[~drawn], minlength=slot.max() + 1)
    new = number[slot] / np.bincount(position[~drawn])[position]
    weight = weights(new[drawn, None], chance[drawn, None], "independent")
    customer = np.arange(int(drawn.sum()), dtype=np.int32)
    found = off_policy_value(click[drawn, None], weight, customer, "independent")
    earned = click[~drawn].mean()
    error = np.sqrt(earned / (~drawn).sum())
    assert found.mean_weight == pytest.approx(1, abs=0.05)
    assert found.snips.low - 2 * error < earned < found.snips.high + 2 * error
