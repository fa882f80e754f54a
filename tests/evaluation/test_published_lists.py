"""The metrics prove themselves on lists that others made, and V-SkNN beside the list of its authors' code."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.sessions import published_lists, session_exam

from shopwindow.baselines.vsknn import VSknn
from shopwindow.config import ShopDirectory
from shopwindow.datasets.dataset import load_dataset
from shopwindow.evaluation.comparison import judged
from shopwindow.evaluation.significance import mean_interval, paired_difference
from shopwindow.ingest.public import PUBLIC, Opening

pytestmark = [pytest.mark.data]
PUBLISHED = {  # HR@20, MRR@20
    "published-v-sknn": (0.610, 0.334),
    "published-gru4rec": (0.571, 0.329),
    "published-sequential-rules": (0.561, 0.328),
    "published-association-rules": (0.592, 0.316),
}


def test_published_lists_score_as_published_and_our_v_sknn_as_its_authors(
    real_data: Path, tmp_path: Path
) -> None:
    shop_dir = ShopDirectory(tmp_path)
    PUBLIC["yoochoose-100k"](Opening(real_data, shop_dir))
    dataset = load_dataset(shop_dir)
    exam = session_exam(dataset, real_data, shop_dir)
    assert len(exam.requests) == 387
    found = {
        each.name: judged(exam, each, lambda: 0.0).outcome
        for each in published_lists(dataset, real_data, shop_dir)
    }
    for name, (hit_rate, mrr) in PUBLISHED.items():
        values = found[name].values["mrr@20"]
        assert np.mean(values > 0) == pytest.approx(hit_rate, abs=6e-4), name
        assert np.mean(values) == pytest.approx(mrr, abs=6e-4), name
    ours = VSknn(neighbours=500, sample=5000, positions="quadratic", idf=True, last=50)
    outcome = judged(exam, ours.fit(dataset, exam.split.before_test), lambda: 0.0).outcome
    theirs = found["published-v-sknn"].values["mrr@20"]
    for our, their in (
        (outcome.values["mrr@20"], theirs),
        ((outcome.values["mrr@20"] > 0).astype(float), (theirs > 0).astype(float)),
    ):
        published = mean_interval(their, outcome.customer)
        assert published.low < np.mean(our) < published.high
        assert not paired_difference(our, their, outcome.customer).decided
