"""Parameters: the few numbers of behaviour that real logs can speak about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """How people come, look and choose, as far as it was fitted to real logs (`fit.py`); the defaults are the fit.

    `wish_at`, `cart_at`, `buy_at`: utility at which half of those who decide do it. `go_on`: chance that a visit goes
    on after a page, for median patience; `patience_sd`: spread of patience (log). `dwell_mean`, `dwell_sd`: log
    milliseconds on a clicked item. `look_again`: chance that who clicked looks at the same page of a list once more.
    `appeal_sd`: spread of what makes an item liked by all. `eagerness_sd`: spread of visits per customer (log).
    `follow_up`: share of visits that come back to the one before; `follow_up_days`: mean gap before those.
    """

    wish_at: float = 9.55
    cart_at: float = 8.95
    buy_at: float = 9.25
    go_on: float = 0.3
    patience_sd: float = 0.85
    dwell_mean: float = 10.72
    dwell_sd: float = 1.65
    look_again: float = 0.6
    appeal_sd: float = 0.72
    eagerness_sd: float = 1.6
    follow_up: float = 0.14
    follow_up_days: float = 2.4


CLICK_AT = 4.7
"""Attraction at which half of those who notice a tile click it: no log at hand has pages like these to fit it to."""
