"""Public data sets: one function each writes shop.toml and imports the files through the same importer.

Customer keys are drawn from a fixed seed, so that two imports of a public set give the same tables: there is
no one to protect here. None of the sets lies in this repository; each function names its source and terms.
"""

from collections.abc import Callable
from typing import Final

from shopwindow.ingest.public.amazon import (
    open_amazon_beauty,
    open_amazon_cellphones_search,
    open_amazon_grocery,
)
from shopwindow.ingest.public.fashion_styles import open_fashion_styles
from shopwindow.ingest.public.marketplaces import open_rees46_head, open_taobao_slice, open_tmall_ali2014
from shopwindow.ingest.public.movielens import open_ml_1m, open_ml_100k
from shopwindow.ingest.public.open_bandit import open_obd_men, open_obd_women
from shopwindow.ingest.public.opening import Opening
from shopwindow.ingest.public.published_split import in_published_test
from shopwindow.ingest.public.s3rec import open_beauty, open_lastfm
from shopwindow.ingest.public.yoochoose import open_yoochoose
from shopwindow.schema.shop import ShopConfig

__all__ = ["PUBLIC", "Opening", "in_published_test"]

PUBLIC: Final[dict[str, Callable[[Opening], ShopConfig]]] = {
    "ml-1m": open_ml_1m,
    "ml-100k": open_ml_100k,
    "s3rec": open_beauty,
    "s3rec-lastfm": open_lastfm,
    "tmall-ali2014": open_tmall_ali2014,
    "taobao-slice": open_taobao_slice,
    "rees46-head": open_rees46_head,
    "yoochoose-100k": open_yoochoose,
    "amazon-beauty": open_amazon_beauty,
    "amazon-grocery": open_amazon_grocery,
    "amazon-cellphones-search": open_amazon_cellphones_search,
    "obd-men": open_obd_men,
    "obd-women": open_obd_women,
    "fashion-styles": open_fashion_styles,
}
"""Every public set by the name that `shopwindow import --public` takes."""
