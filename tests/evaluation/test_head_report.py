from dataclasses import replace

import numpy as np
from tests.evaluation.logged import pages_of

from shopwindow.datasets.split import SplitSpec
from shopwindow.document import Document
from shopwindow.evaluation.comparison import exam_of
from shopwindow.evaluation.head_report import heads_section
from shopwindow.evaluation.order_report import OrderExam


def test_each_head_is_judged_by_its_own_action_beside_the_shops_order(make_dataset) -> None:
    rows = [{"customer_key": n % 200, "at_ms": n, "item_key": n % 6} for n in range(400)]
    exam = exam_of(make_dataset(rows), SplitSpec(valid_from_ms=100, test_from_ms=200), "temporal")
    names = exam.dataset.shop.action_names
    pages = pages_of([[0, 1, 2], [0, 1, 2]], [[1, 0, 5], [1, 0, 0]])
    acted = np.zeros((6, len(names)), dtype=np.bool_)
    acted[[0, 2, 3], names.index("click")] = True
    acted[2, names.index("purchase")] = True
    pages = replace(
        pages, acted=acted, requests=replace(pages.requests, at_ms=np.full(2, 300, dtype=np.int64))
    )
    order = OrderExam.of(exam, pages, most=0)
    p = np.array([[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]] * 2, dtype=np.float32)
    section = heads_section(order, "ranker", ("click", "purchase"), p)
    html = Document(title="T", lead="", sections=(section,)).html()
    shown = [line.split("<td class=right>")[1:] for line in html.split("<tr>") if "purchase" in line]
    assert [[each.split("<")[0] for each in line[:2]] for line in shown] == [["1", "1.0000"], ["1", "0.0000"]]
    clicks = [line.split("<td class=right>")[1:] for line in html.split("<tr>") if "click" in line]
    # click: the model ranks (2, 1, 0): page one 1/2 of the pairs, page two none; the shop's own 1/2 and all
    assert [[each.split("<")[0] for each in line[:2]] for line in clicks] == [
        ["2", f"{(1 / 2 + 0) / 2:.4f}"],
        ["2", f"{(1 / 2 + 1) / 2:.4f}"],
    ]
