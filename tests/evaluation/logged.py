"""Logged pages made by hand."""

import numpy as np

from shopwindow.datasets.pages import LoggedPages
from shopwindow.datasets.requests import RequestSet


def pages_of(rows, gains, propensities=None) -> LoggedPages:
    """A list of rows and gains for each page; each page is another customer's, none has a history."""
    length = np.array([len(page) for page in rows])
    flat = np.array([row for page in rows for row in page], dtype=np.int32)
    gain = np.array([each for page in gains for each in page], dtype=np.float32)
    offsets = np.append(0, np.cumsum(length)).astype(np.int64)
    number = len(rows)
    absent = np.full(number, -1, dtype=np.int32)
    requests = RequestSet(
        customer=np.arange(number, dtype=np.int32),
        history_end=np.zeros(number, dtype=np.int64),
        at_ms=np.arange(number, dtype=np.int64),
        surface=absent,
        category=absent,
        query=absent,
        truth_offsets=np.append(0, np.cumsum(gain > 0))[offsets].astype(np.int64),
        truth_rows=flat[gain > 0],
        truth_gain=gain[gain > 0],
    )
    chances = np.full(len(flat), np.nan) if propensities is None else np.concatenate(propensities)
    return LoggedPages(
        requests=requests,
        offsets=offsets,
        row=flat,
        acted=(gain > 0)[:, None],
        gain=gain,
        propensity=chances.astype(np.float32),
        seen=np.ones(len(flat), dtype=bool),
    )
