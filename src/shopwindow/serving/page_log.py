"""PageLog: every ranked page goes to the log, after the answer, never in its way."""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import Final, Protocol, final

import msgspec

from shopwindow.features.keeper import Keeper
from shopwindow.schema.arrays import Int64
from shopwindow.schema.live import NOBODY, PageEvent
from shopwindow.stream.event_log import record_of

LOG: Final = logging.getLogger(__name__)
MAX_WAITING: Final = 2000


class CustomerKeys(Protocol):
    """Gives customers keys (ingest.identity)."""

    def customer_keys(self, ids: list[str]) -> Int64: ...


@final
class PageLog:
    """A customer seen for the first time gets a key first; that is a write to disk, so a thread of its own does it."""

    def __init__(self, keeper: Keeper, identity: CustomerKeys) -> None:
        self._keeper, self._identity = keeper, identity
        self._newcomers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="newcomers")
        self._waiting = Semaphore(MAX_WAITING)
        self.lost = 0  # pages of newcomers that were promised to the log and did not get there

    def note(self, event: PageEvent, customer: str | None) -> bool:
        """Hand the page over; false if there is no room for it and it will be missing from the log."""
        if event.customer_key == NOBODY and customer is not None:
            if not self._waiting.acquire(blocking=False):
                return False
            self._newcomers.submit(self._note_newcomer, event, customer)
            return True
        return self._keeper.note([record_of(event)])

    def close(self) -> None:
        """Hand over what waits."""
        self._newcomers.shutdown()

    def _note_newcomer(self, event: PageEvent, customer: str) -> None:
        try:
            key = int(self._identity.customer_keys([customer])[0])
            if not self._keeper.note([record_of(msgspec.structs.replace(event, customer_key=key))]):
                self.lost += 1
        except Exception:
            LOG.exception("a newcomer's page is missing from the log")
            self.lost += 1
        finally:
            self._waiting.release()
