"""A CustomerState as bytes: a short head, then the arrays as they lie in memory. About 3 kB for 100 actions."""

from struct import Struct
from typing import Final

import numpy as np

from shopwindow.errors import StateError
from shopwindow.features.customer import ACTION, MARKED, CustomerState

FORMAT: Final = 3
"""Goes up when the layout changes; a store of another format is built again."""

# format, numbers of actions, purchases, hidden; country, device; when these, the
# market and consent were said; opted out; bytes of market
_HEAD: Final = Struct("<BHHHiiqqqq?B")
_MAX_MARKET_BYTES: Final = 255


def encode_state(state: CustomerState) -> bytes:
    """The bytes that `decode_state` reads back as the same state."""
    market = state.market.encode()[:_MAX_MARKET_BYTES]
    head = _HEAD.pack(
        FORMAT,
        len(state.actions),
        len(state.purchases),
        len(state.hidden),
        state.country,
        state.device,
        state.country_at_ms,
        state.device_at_ms,
        state.market_at_ms,
        state.consent_at_ms,
        state.opted_out,
        len(market),
    )
    arrays = (state.actions.tobytes(), state.purchases.tobytes(), state.hidden.tobytes())
    return b"".join((head, market, *arrays))


def decode_state(data: bytes) -> CustomerState:
    """The state in these bytes; its arrays are views of them.

    Raises:
        StateError: the bytes are of another format.
    """
    head = _HEAD.unpack_from(data)
    layout, actions, purchases, hidden, country, device, *times, opted_out, size = head
    if layout != FORMAT:
        raise StateError(f"state is stored in format {FORMAT}, came {layout}: delete the state folder's lmdb")
    first = _HEAD.size + size
    second = first + actions * ACTION.itemsize
    third = second + purchases * MARKED.itemsize
    return CustomerState(
        actions=np.frombuffer(data, ACTION, actions, first),
        purchases=np.frombuffer(data, MARKED, purchases, second),
        hidden=np.frombuffer(data, MARKED, hidden, third),
        country=country,
        country_at_ms=times[0],
        device=device,
        device_at_ms=times[1],
        market=data[_HEAD.size : first].decode(errors="ignore"),
        market_at_ms=times[2],
        consent_at_ms=times[3],
        opted_out=opted_out,
    )
