"""The stream socket on which the device hands over its messages.

The service's first line says which version of `schema` it reads. Then newline-separated JSON
in, one `schema.Ack` a line out, after COMMIT. A sender that is cut off
before its answer sends again; the store makes that harmless.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from pathlib import Path
from socket import SOCK_STREAM

from services import schema
from services.sockets import bind_unix
from services.writer import Answers, Reply, Writer

log = logging.getLogger("hinge.ingest")

MAX_LINE_BYTES = 256 * 1024
MAX_IN_FLIGHT_BYTES = 8 * 1024 * 1024
"""Bytes without an answer, of all senders; above it nobody is read (the disk may be full)."""
LINE_COST_BYTES = 512
"""What a waiting line costs besides its bytes, so that short ones are bounded too."""
LAST_ANSWERS_S = 5.0
MAX_SENDERS = 16
MAX_UNREAD_ANSWER_BYTES = 1024 * 1024
READ_BYTES = 64 * 1024


class LineSplitter:
    """Cuts a stream into lines of bounded length.

    Of an overlong line the first `MAX_LINE_BYTES` are kept, and handed on at its end.
    """

    def __init__(self, limit: int = MAX_LINE_BYTES) -> None:
        self._limit = limit
        self._part = bytearray()
        self._overlong = False

    def feed(self, data: bytes) -> list[tuple[bytes, bool]]:
        """Complete lines without their newline, and whether each was cut. Blank ones are left
        out."""
        lines: list[tuple[bytes, bool]] = []
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._add(data[start:end])
            if self._part.strip():
                lines.append((bytes(self._part), self._overlong))
            self._part.clear()
            self._overlong = False
            start = end + 1
        self._add(data[start:])
        return lines

    def _add(self, data: bytes) -> None:
        room = self._limit - len(self._part)
        self._overlong = self._overlong or len(data) > room
        self._part += data[:room]


class _Budget:
    """Bytes that wait for their COMMIT, of all senders. Used in the event loop only."""

    def __init__(self) -> None:
        self._bytes = 0
        self.room = asyncio.Event()
        self.room.set()

    def take(self, size: int) -> None:
        self._bytes += size
        if self._bytes > MAX_IN_FLIGHT_BYTES:
            self.room.clear()

    def give_back(self, size: int) -> None:
        self._bytes -= size
        if self._bytes <= MAX_IN_FLIGHT_BYTES:
            self.room.set()


class _Sender:
    """One connection."""

    def __init__(self, writer: asyncio.StreamWriter, budget: _Budget) -> None:
        self._writer = writer
        self._budget = budget
        self._unanswered = 0
        self.all_answered = asyncio.Event()
        self.all_answered.set()

    def asked(self, size: int) -> None:
        self._budget.take(size)
        self._unanswered += 1
        self.all_answered.clear()

    def answer(self, size: int, ack: schema.Ack) -> None:
        """In the event loop, after COMMIT."""
        self._budget.give_back(size)
        self._unanswered -= 1
        if self._unanswered == 0:
            self.all_answered.set()
        if self._writer.is_closing():
            return
        self._writer.write(schema.encode(ack))
        if self._writer.transport.get_write_buffer_size() > MAX_UNREAD_ANSWER_BYTES:
            log.warning("a sender does not read its answers: cut off")
            self._writer.transport.abort()


class Ingest:
    """Listens at ``path`` and hands lines to the writer."""

    def __init__(self, path: Path, writer: Writer) -> None:
        self._path = path
        self._writer = writer
        self._server: asyncio.Server | None = None
        self._budget = _Budget()
        self._senders: set[_Sender] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def senders(self) -> int:
        return len(self._senders)

    async def start(self) -> None:
        """Raises `AlreadyRunning` or `SocketError`."""
        bound = bind_unix(self._path, SOCK_STREAM)
        self._server = await asyncio.start_unix_server(self._serve, sock=bound, limit=READ_BYTES)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        sender = _Sender(writer, self._budget)
        try:
            if len(self._senders) >= MAX_SENDERS:
                log.warning("more than %d senders: one turned away", MAX_SENDERS)
                return
            self._senders.add(sender)
            writer.write(schema.encode(schema.Ack(schema=schema.SCHEMA_VERSION)))
            await self._read_lines(reader, sender)
        except ConnectionError as error:
            log.info("a sender is gone: %s", error)
        except asyncio.CancelledError:
            pass  # the service is ending; unanswered messages stay with the device
        finally:
            self._senders.discard(sender)
            self._tasks.discard(task)
            writer.close()

    async def _read_lines(self, reader: asyncio.StreamReader, sender: _Sender) -> None:
        splitter = LineSplitter()
        while data := await reader.read(READ_BYTES):
            for line, cut in splitter.feed(data):
                if cut:
                    # Cut JSON cannot be decoded, so the store puts it aside and says so.
                    log.error("a line is longer than %d bytes", MAX_LINE_BYTES)
                cost = len(line) + LINE_COST_BYTES
                sender.asked(cost)
                self._writer.submit(line, partial(sender.answer, cost))
            await self._budget.room.wait()
        # The sender may have closed only its own half. (What came of an unfinished line was
        # never answered: its sender still has it.)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(sender.all_answered.wait(), LAST_ANSWERS_S)


def deliver_in(loop: asyncio.AbstractEventLoop, answers: Answers) -> None:
    """Hand the answers of one commit from the writer's thread to the event loop."""
    loop.call_soon_threadsafe(_reply_all, answers)


def _reply_all(answers: Answers) -> None:
    reply: Reply
    for reply, ack in answers:
        reply(ack)
