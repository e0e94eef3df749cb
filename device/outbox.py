"""From the loop to the log service: nothing lost, nothing doubled, the loop never waits.

``put`` only queues. A thread commits each message to the spool, sends it over the log
service's unix socket (``services.schema``), and forgets it after the acknowledgement, which
comes after the service's own COMMIT. So a message may be sent twice; its id is the key. What a
service is too old to read (``schema.SINCE_VERSION``) waits in the spool for its update.
"""

from __future__ import annotations

import os
import queue
import random
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from device.backoff import Backoff
from device.errors import DiskError
from device.spool import Counts, Row, Spool, SpoolError, is_damaged
from services import schema

WINDOW: Final = 64
"""How many messages may wait for their acknowledgement at once."""
_FIRST_NS: Final = 200_000_000
_MOST_NS: Final = 5_000_000_000
_IDLE_NS: Final = 60_000_000_000
_LINE_LIMIT: Final = 1 << 20


class OutboxHealth(NamedTuple):
    """``depth`` counts the spool and the memory; ``in_memory`` what no disk has taken yet."""

    depth: int
    in_memory: int
    oldest_s: float
    """Age of the oldest message that waits; 0 when none does."""
    rejected: int
    connected: bool
    last_error: str | None
    disk_error: str | None = None
    """Why the disk does not take messages; None while it does."""


class Outbox:
    """One thread with the spool and the socket. ``start`` before, ``close`` after use."""

    def __init__(
        self,
        spool_path: Path,
        socket_path: Path,
        *,
        max_bytes: int = 256 << 20,
        ack_timeout_s: float = 10.0,
        rng: random.Random | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """``say``: gets a line, in the thread, when the disk fails and when it is well again."""
        self._spool_path = spool_path
        self._say = say
        self._socket_path = socket_path
        self._max_bytes = max_bytes
        self._ack_timeout_ns = int(ack_timeout_s * 1e9)
        spread = (rng or random.Random()).random
        self._disk_backoff = Backoff(_FIRST_NS, _MOST_NS, spread)
        self._wire_backoff = Backoff(_FIRST_NS, _MOST_NS, spread)
        self._queue: queue.SimpleQueue[schema.Message] = queue.SimpleQueue()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._stop_at_ns: int | None = None
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        # Below: the thread's own.
        self._spool: Spool | None = None
        self._unspooled: deque[tuple[str, bytes, float]] = deque()
        self._acked: list[str] = []
        self._refused: list[tuple[str, str]] = []
        self._counts = Counts(0, 0, None)
        self._socket: socket.socket | None = None
        self._sent_seq = 0
        self._in_flight: dict[str, int] = {}
        self._service_version = 1
        self._held: set[str] = set()
        self._to_send = bytearray()
        self._received = bytearray()
        self._errors: dict[str, str] = {}
        self._told: dict[str, str] = {}
        self._health = OutboxHealth(0, 0, 0.0, 0, False, None)

    def start(self) -> None:
        self._thread.start()

    def put(self, message: schema.Message) -> None:
        """Take over one message. Never blocks, never fails on disk or socket."""
        self._queue.put(message)
        os.eventfd_write(self._wake, 1)

    def health(self) -> OutboxHealth:
        """As the thread last saw it, at most a minute old; at once after a change."""
        if self._thread.ident is not None and not self._thread.is_alive():
            return self._health._replace(connected=False)
        return self._health

    def close(self, timeout_s: float = 2.0) -> None:
        """Spool what is queued, send while time is left, then end.

        Raises ``DiskError`` when the disk has not taken all of it; what it has taken is
        sent at the next start.
        """
        self._stop_at_ns = time.monotonic_ns() + int(timeout_s * 1e9)
        os.eventfd_write(self._wake, 1)
        self._thread.join(timeout_s + 2.0)
        if not self._thread.is_alive():
            os.close(self._wake)
        if self._thread.is_alive() or self._unspooled:
            reason = self._errors.get("disk", "the disk does not answer")
            check = f"{len(self._unspooled)} messages are lost. Free some space or check the card."
            raise DiskError(self._spool_path, OSError(reason), check=check)

    # The thread.

    def _run(self) -> None:
        while True:
            self._take()
            now_ns = time.monotonic_ns()
            self._keep(now_ns)
            self._talk(now_ns)
            self._say_health()
            self._tell()
            stop_at_ns = self._stop_at_ns
            if stop_at_ns is not None and self._queue.empty():
                nobody_there = self._socket is None and not self._wire_backoff.ready(now_ns)
                safe = not self._unspooled and not self._acked and not self._refused
                sent = self._counts.depth <= len(self._held)
                if (safe and (sent or nobody_there)) or now_ns >= stop_at_ns:
                    break
            self._wait(now_ns)
        self._hang_up()
        if self._spool is not None:
            self._spool.close()

    def _take(self) -> None:
        try:
            os.eventfd_read(self._wake)
        except BlockingIOError:
            return
        while True:
            try:
                message = self._queue.get_nowait()
            except queue.Empty:
                return
            self._unspooled.append((message.id, msgspec.json.encode(message), time.time()))

    def _keep(self, now_ns: int) -> None:
        """Bring the spool up to date: new messages in, acknowledged and refused ones out."""
        if not self._disk_backoff.ready(now_ns):
            return
        try:
            if self._spool is None:
                self._spool = self._open()
                self._counts = self._spool.counts()
            if not (self._unspooled or self._acked or self._refused):
                return
            # First out, then in: on a full disk the one makes room for the other.
            if self._acked:
                self._spool.forget(self._acked)
                self._acked = []
            if self._refused:
                self._spool.reject(self._refused)
                self._refused = []
            if self._unspooled:
                self._add(self._spool)
            self._counts = self._spool.counts()
        except (SpoolError, OSError) as error:
            self._errors["disk"] = f"spool: {error}"
            self._disk_backoff.failed(now_ns)
        else:
            self._errors.pop("disk", None)
            self._disk_backoff.reset()

    def _add(self, spool: Spool) -> None:
        """All that waits in memory in one commit; on a nearly full disk the oldest alone."""
        waiting = [(key, body) for key, body, _ in self._unspooled]
        try:
            spool.add(waiting)
        except SpoolError:
            if len(waiting) == 1:
                raise
            spool.add(waiting[:1])
            self._unspooled.popleft()
        else:
            self._unspooled.clear()

    def _open(self) -> Spool:
        """The spool; a file that is no database any more is kept beside a new one."""
        self._spool_path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return Spool(self._spool_path, self._max_bytes)
        except SpoolError as error:
            if not is_damaged(error):
                raise
            aside = self._spool_path.with_suffix(f".damaged-{time.time_ns()}")
            for end in ("", "-wal", "-shm"):
                part = self._spool_path.with_name(self._spool_path.name + end)
                if part.exists():
                    part.replace(aside.with_name(aside.name + end))
            self._errors["damaged"] = f"{self._spool_path}: {error}; kept as {aside.name}"
            return Spool(self._spool_path, self._max_bytes)

    def _talk(self, now_ns: int) -> None:
        if self._spool is None:
            return
        try:
            if self._socket is None:
                if self._counts.depth == 0 or not self._wire_backoff.ready(now_ns):
                    return
                self._call()
            self._send(now_ns)
            self._hear()
            self._send(now_ns)  # what the answers made room for
            if any(now_ns - at >= self._ack_timeout_ns for at in self._in_flight.values()):
                raise TimeoutError(f"no acknowledgement for {self._ack_timeout_ns / 1e9:g} s")
        except (OSError, ValueError) as error:
            self._errors["wire"] = f"{self._socket_path}: {error}"
            self._hang_up()
            self._wire_backoff.failed(now_ns)
        except SpoolError as error:
            self._errors["disk"] = f"spool: {error}"
            self._disk_backoff.failed(now_ns)

    def _call(self) -> None:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            line.connect(str(self._socket_path))
        except OSError:
            line.close()
            raise
        self._socket = line

    def _hang_up(self) -> None:
        """Forget the conversation: all that waits is sent again in the next one."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._sent_seq = 0
        self._service_version = 1
        self._held.clear()
        self._in_flight.clear()
        self._to_send.clear()
        self._received.clear()

    def _next_rows(self) -> list[Row]:
        room = WINDOW - len(self._in_flight)
        if room <= 0 or self._spool is None:
            return []
        return self._spool.after(self._sent_seq, room)

    def _send(self, now_ns: int) -> None:
        # Answered, but still in the spool because the disk is full: not again.
        settled = {*self._acked, *(key for key, _ in self._refused)}
        while rows := self._next_rows():
            for row in rows:
                self._sent_seq = row.seq
                if row.id in settled or row.id in self._in_flight:
                    continue
                if schema.version_needed(row.body) > self._service_version:
                    self._held.add(row.id)
                    continue
                self._in_flight[row.id] = now_ns
                self._to_send += row.body + b"\n"
        while self._to_send and self._socket is not None:
            try:
                sent = self._socket.send(self._to_send)
            except BlockingIOError:
                return
            del self._to_send[:sent]

    def _hear(self) -> None:
        while self._socket is not None:
            try:
                data = self._socket.recv(65536)
            except BlockingIOError:
                break
            if not data:
                raise ConnectionResetError("the log service hung up")
            self._received += data
        *lines, rest = bytes(self._received).split(b"\n")
        if len(rest) > _LINE_LIMIT:
            raise ValueError("an answer without an end")
        self._received = bytearray(rest)
        for line in lines:
            self._answer(schema.decode_ack(line))

    def _answer(self, answer: schema.Ack) -> None:
        if answer.schema is not None:
            self._service_version = answer.schema
            self._errors.pop("held", None)
            if self._held:
                self._held.clear()
                self._sent_seq = 0
        key = answer.ack if answer.ack is not None else answer.nack
        if key is None or self._in_flight.pop(key, None) is None:
            return
        if answer.ack is not None:
            self._acked.append(key)
            self._errors.pop("wire", None)
            if self._held and self._service_version < schema.SCHEMA_VERSION:
                self._errors["held"] = (
                    f"the log service reads schema {self._service_version}, this device writes "
                    f"{schema.SCHEMA_VERSION}: sets wait here until it is updated"
                )
        else:
            self._refused.append((key, answer.error or "no reason given"))
            self._errors["refused"] = f"the log service refused {key}: {answer.error}"
        self._wire_backoff.reset()
        # What the spool can forget makes room on a full disk: no reason to wait any longer.
        self._disk_backoff.reset()

    def _wait(self, now_ns: int) -> None:
        """Until something is put or heard, or something is due again."""
        waits = [_IDLE_NS]
        if self._unspooled or self._acked or self._refused or self._spool is None:
            waits.append(self._disk_backoff.remaining_ns(now_ns))
        if self._socket is None and self._counts.depth:
            waits.append(max(self._wire_backoff.remaining_ns(now_ns), 1_000_000))
        if self._in_flight:
            waits.append(min(self._in_flight.values()) + self._ack_timeout_ns - now_ns)
        if self._stop_at_ns is not None:
            waits.append(self._stop_at_ns - now_ns)
        line = [] if self._socket is None else [self._socket.fileno()]
        wait_s = max(0, min(waits)) * 1e-9
        select.select([self._wake, *line], line if self._to_send else [], [], wait_s)

    def _say_health(self) -> None:
        oldest = [at for _, _, at in list(self._unspooled)[:1]]
        if self._counts.oldest_at is not None:
            oldest.append(self._counts.oldest_at)
        self._health = OutboxHealth(
            depth=self._counts.depth + len(self._unspooled),
            in_memory=len(self._unspooled),
            oldest_s=max(0.0, time.time() - min(oldest)) if oldest else 0.0,
            rejected=self._counts.rejected,
            connected=self._socket is not None,
            last_error="; ".join(self._errors.values()) or None,
            disk_error=self._errors.get("disk"),
        )

    def _tell(self) -> None:
        """Each trouble once, and the disk's end; a service that is away is none, it comes back."""
        now = {kind: text for kind, text in self._errors.items() if kind != "wire"}
        if "disk" in now and "disk" not in self._told:
            self._say(
                f"{self._spool_path}: {now['disk']}; {len(self._unspooled)} messages wait in "
                "memory. Free some space or check the card."
            )
        if "disk" in self._told and "disk" not in now:
            self._say(f"{self._spool_path}: written again, nothing was lost")
        for kind in ("damaged", "refused", "held"):
            if kind in now and self._told.get(kind) != now[kind]:
                self._say(now[kind])
        self._told = now
