"""The thread that owns the writing connection.

It takes whatever has arrived, commits it once, and only then answers. When the disk says no,
nothing is answered: the batch is tried again until it goes through, and health says why.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from services import schema
from services.database import Connection, Error
from services.store import write_batch

log = logging.getLogger("hinge.store")

Reply = Callable[[schema.Ack], None]
Answers = list[tuple[Reply, schema.Ack]]

MAX_BATCH = 256
RETRY_S = 0.5


def answer_directly(answers: Answers) -> None:
    for reply, ack in answers:
        reply(ack)


@dataclass
class WriterState:
    """What health and metrics show. Written by the writer's thread only."""

    error: str | None = None
    error_since_ms: int | None = None
    commits: int = 0
    failures: int = 0
    last_commit_ms: int | None = None
    counts: Counter[str] = field(default_factory=Counter)
    waiting: int = 0


class Writer:
    """``submit`` lines from any thread; each gets its answer after COMMIT.

    ``connect`` opens the writing connection (again after each failure); ``deliver`` is called
    in the writer's thread with the answers of one commit.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        deliver: Callable[[Answers], None] = answer_directly,
        retry_s: float = RETRY_S,
    ) -> None:
        self.state = WriterState()
        self._connect = connect
        self._deliver = deliver
        self._retry_s = retry_s
        self._lines: deque[tuple[bytes, Reply]] = deque()
        self._news = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, line: bytes, reply: Reply) -> None:
        with self._news:
            self._lines.append((line, reply))
            self._news.notify()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Commit what has arrived (one try) and end. False: the disk did not come back in time."""
        with self._news:
            self._stopping = True
            self._news.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _take(self) -> list[tuple[bytes, Reply]] | None:
        with self._news:
            while not self._lines and not self._stopping:
                self._news.wait()
            batch = [self._lines.popleft() for _ in range(min(MAX_BATCH, len(self._lines)))]
            self.state.waiting = len(batch) + len(self._lines)
            return batch or None

    def _run(self) -> None:
        try:
            self._store_for_ever()
        except BaseException as error:
            self.state.error = f"the writer has ended: {error!r}"
            log.critical("the writer has ended; nothing is acknowledged until a restart")
            raise

    def _store_for_ever(self) -> None:
        connection: Connection | None = None
        while (batch := self._take()) is not None:
            lines = [line for line, _ in batch]
            while True:
                now_ms = time.time_ns() // 1_000_000
                try:
                    connection = connection or self._connect()
                    acks, counts = write_batch(connection, lines, now_ms)
                    break
                except (Error, OSError) as error:
                    self._failed(error, now_ms)
                    _close(connection)
                    connection = None
                if self._wait_before_retry():
                    return  # not answered, so the device still has these
            self._committed(counts, now_ms)
            self._deliver([(reply, ack) for (_, reply), ack in zip(batch, acks, strict=True)])
        _close(connection)

    def _wait_before_retry(self) -> bool:
        """True when the service is ending."""
        deadline_s = time.monotonic() + self._retry_s
        with self._news:
            while not self._stopping and (left_s := deadline_s - time.monotonic()) > 0:
                self._news.wait(left_s)
            return self._stopping

    def _failed(self, error: Exception, now_ms: int) -> None:
        self.state.failures += 1
        if self.state.error is None:
            self.state.error_since_ms = now_ms
            log.error("cannot store: %s. Nothing is acknowledged; trying again.", error)
        self.state.error = str(error)

    def _committed(self, counts: Counter[str], now_ms: int) -> None:
        self.state.commits += 1
        self.state.counts += counts
        self.state.last_commit_ms = now_ms
        self.state.waiting = len(self._lines)
        if self.state.error is not None:
            log.warning("storing again after: %s", self.state.error)
            self.state.error = self.state.error_since_ms = None


def _close(connection: Connection | None) -> None:
    if connection is not None:
        try:
            connection.close()
        except Error as error:
            log.debug("closing: %s", error)
