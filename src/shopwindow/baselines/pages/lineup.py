"""Page lineup: every rival on logged pages, with what may be tried of it."""

from shopwindow.baselines.pages import bst, dnn, gbt, wdl_att
from shopwindow.baselines.pages.rival import PageSpace


def page_lineup(seed: int = 0) -> tuple[PageSpace, ...]:
    """`seed`: of what is random in each of them."""
    return tuple(each.space(seed) for each in (wdl_att, bst, dnn, gbt))
