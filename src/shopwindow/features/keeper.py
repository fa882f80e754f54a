"""Keeper: the only writer of log and state. An event is acknowledged once it is durable and applied."""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from shopwindow.errors import RequestError, StateError
from shopwindow.features.customer import StateRules
from shopwindow.features.store import FeatureStore
from shopwindow.features.updater import Announce, update
from shopwindow.schema.arrays import Bool
from shopwindow.stream.event_log import EventLog, Logged, Record


@dataclass(frozen=True, slots=True, eq=False)
class Ack:
    """`offset`: state at or after it contains these records. `duplicate [n]`: true where nothing was written."""

    offset: int
    duplicate: Bool


@dataclass(frozen=True, slots=True)
class Health:
    """`reason` is written for a person, "" when all is well. `waiting`: records in the queue."""

    ok: bool
    reason: str
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeeperLimits:
    """`waiting`: records in the queue above which callers are turned away. `together`: records in one transaction.

    `linger_s`: how long noted records may wait for company.
    """

    waiting: int = 20_000
    together: int = 2_000
    linger_s: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class _Submission:
    records: Sequence[Record]
    done: Future[Ack] | None


@final
class Keeper:
    """One thread that takes all that waits, appends it in one transaction, applies it, then tells the callers.

    `announce(items, offset)` is called in that thread when items changed, once they are durable and before the
    state shows their offset (features.updater); it must be quick. Once a write has failed nothing more is taken:
    what the disk holds is not known until log and state are opened anew. Health says so.
    """

    def __init__(
        self,
        log: EventLog,
        store: FeatureStore,
        rules: StateRules,
        announce: Announce = lambda items, offset: None,
        limits: KeeperLimits = KeeperLimits(),
    ) -> None:
        self._log, self._store, self._rules = log, store, rules
        self._announce, self._limits = announce, limits
        self._changed = threading.Condition()
        self._queue: deque[_Submission] = deque()
        self._waiting = 0
        self._urgent = False
        self._closing = False
        self._reason = ""
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._thread.start()

    def submit(self, records: Sequence[Record]) -> Future[Ack]:
        """Append and apply these records, all in one transaction; the future is done when both have happened.

        The future fails with StateError if the log or the state cannot be written.

        Raises:
            RequestError: code "busy", too much is waiting; come again later.
            StateError: the keeper has stopped; the text says why.
        """
        done: Future[Ack] = Future()
        self._put(_Submission(records, done))
        return done

    def note(self, records: Sequence[Record]) -> bool:
        """Append these records with the next transaction, without telling when; false if there is no room."""
        try:
            self._put(_Submission(records, None))
        except (RequestError, StateError):
            return False
        return True

    def health(self) -> Health:
        with self._changed:
            return Health(not self._reason and not self._closing, self._reason, self._waiting)

    def close(self) -> None:
        """Write what waits, then stop. Log and store stay open: they belong to whoever opened them."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _put(self, submission: _Submission) -> None:
        with self._changed:
            if self._reason or self._closing:
                raise StateError(self._reason or "the keeper is stopping: no more events are taken")
            if self._waiting and self._waiting + len(submission.records) > self._limits.waiting:
                raise RequestError(
                    "busy",
                    f"{self._waiting} events are waiting to be written, at most {self._limits.waiting} may: "
                    "send these again in a moment",
                )
            self._queue.append(submission)
            self._waiting += len(submission.records)
            self._urgent |= submission.done is not None
            if submission.done is not None or len(self._queue) == 1:
                self._changed.notify()

    def _take(self) -> list[_Submission]:
        """Whole submissions, in order, as many as fit in one transaction; none when it is time to stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            if not self._urgent and not self._closing:
                self._changed.wait_for(lambda: self._urgent or self._closing, self._limits.linger_s)
            taken: list[_Submission] = []
            size = 0
            while self._queue and (not taken or size + len(self._queue[0].records) <= self._limits.together):
                taken.append(self._queue.popleft())
                size += len(taken[-1].records)
            self._urgent = any(waiting.done is not None for waiting in self._queue)
            return taken

    def _run(self) -> None:
        while taken := self._take():
            try:
                self._write(taken)
            except Exception as error:  # noqa: BLE001 - whatever it is, callers must hear and nothing may follow
                self._fail(taken, error)
                return
            with self._changed:
                self._waiting -= sum(len(each.records) for each in taken)

    def _write(self, taken: Sequence[_Submission]) -> None:
        records = [record for each in taken for record in each.records]
        appended = self._log.append(records)
        fresh = np.flatnonzero(~appended.duplicate).tolist()
        logged = [Logged(int(appended.offset[n]), records[n]) for n in fresh]
        update(self._store, logged, self._rules, self._announce)
        start = 0
        for each in taken:
            stop = start + len(each.records)
            if each.done is not None and each.done.set_running_or_notify_cancel():
                each.done.set_result(Ack(appended.end, appended.duplicate[start:stop]))
            start = stop

    def _fail(self, taken: Sequence[_Submission], error: Exception) -> None:
        reason = f"events cannot be kept: {error}. Mend the cause and start the server again"
        with self._changed:
            self._reason = reason
            lost = [*taken, *self._queue]
            self._queue.clear()
            self._waiting = 0
        for each in lost:
            if each.done is not None and not each.done.done() and each.done.set_running_or_notify_cancel():
                each.done.set_exception(StateError(reason))
