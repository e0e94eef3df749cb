"""Writing a recording: at once, or behind a queue that never blocks the loop.

The format, and reading it: ``device.recording``.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import msgspec
from mcap.writer import CompressionType, Writer

from device.errors import DiskError
from device.recording import (
    PROFILE,
    SCHEMA,
    TOPIC,
    Meta,
    encode_tick,
    meta_as_text,
    read_recording,
)
from device.tick import TickInput

__all__ = ["Meta", "Recorder", "RecorderHealth", "read_recording"]

_CHUNK_BYTES: Final = 64 * 1024
"""Small, so that closing one holds the interpreter for less than a tick."""


class RecorderHealth(NamedTuple):
    """``state``: recording, full (``max_mb`` reached), failed (see ``last_error``), closed."""

    state: str
    ticks: int
    dropped: int
    bytes_written: int
    last_error: str | None


class Recorder:
    """Writes one recording.

    ``write`` is synchronous (simulate); ``put`` never blocks and hands the tick to a thread
    (the live loop). One recorder takes one of the two. The file is ``<path>.part`` until
    ``close`` has finished it, so a file with its real name is always whole.
    """

    def __init__(
        self, path: Path, meta: Meta, *, max_bytes: int | None = None, queue_ticks: int = 2000
    ) -> None:
        """Raises ``DiskError`` when the file cannot be made."""
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._max_bytes = max_bytes
        self._queue: queue.Queue[TickInput | None] = queue.Queue(queue_ticks)
        self._thread: threading.Thread | None = None
        self._state = "recording"
        self._ticks = 0
        self._dropped = 0
        self._last_error: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = self._part.open("wb")
            # Any: the library's methods carry no types.
            self._writer: Any = Writer(
                self._file,
                chunk_size=_CHUNK_BYTES,
                compression=CompressionType.ZSTD,
                enable_data_crcs=True,
            )
            self._writer.start(PROFILE, f"hinge-station {meta.software}")
            self._writer.add_metadata("/meta", meta_as_text(meta))
            schema = self._writer.register_schema("Tick", "jsonschema", msgspec.json.encode(SCHEMA))
            self._channel = self._writer.register_channel(TOPIC, "json", schema)
        except OSError as error:
            raise DiskError(self._part, error, check="Check the folder.") from None

    def write(self, tick: TickInput) -> None:
        """Raises ``DiskError``, and ``ValueError`` for a value that is not finite."""
        data = encode_tick(tick)
        try:
            self._writer.add_message(self._channel, tick.t_ns, data, tick.t_ns, self._ticks)
        except OSError as error:
            raise DiskError(self._part, error, check="Free some space.") from None
        self._ticks += 1

    def put(self, tick: TickInput) -> None:
        """Hand over one tick; counted as dropped when the thread is behind or has stopped."""
        if self._state != "recording":
            self._dropped += 1
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()
        try:
            self._queue.put_nowait(tick)
        except queue.Full:
            self._dropped += 1

    def health(self) -> RecorderHealth:
        written = 0 if self._file.closed else self._file.tell()
        return RecorderHealth(self._state, self._ticks, self._dropped, written, self._last_error)

    def close(self, timeout_s: float = 5.0) -> None:
        """Finish the file and give it its name. Raises ``DiskError``."""
        if self._thread is not None:
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=timeout_s)
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                error = TimeoutError(f"still writing after {timeout_s} s")
                raise DiskError(self._part, error, check="Check the card.")
        if self._state in ("recording", "full"):
            self._finish()
            self._state = "closed"

    def _run(self) -> None:
        while (tick := self._queue.get()) is not None:
            if self._state != "recording":
                self._dropped += 1
                continue
            try:
                self.write(tick)
                if self._max_bytes is not None and self._file.tell() >= self._max_bytes:
                    self._state = "full"
            except ValueError as error:
                self._dropped += 1
                self._last_error = str(error)
            except OSError as error:
                self._dropped += 1
                self._last_error = str(error)
                self._state = "failed"

    def _finish(self) -> None:
        try:
            self._writer.add_metadata(
                "/end", {"ticks": str(self._ticks), "dropped": str(self._dropped)}
            )
            self._writer.finish()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self._path)
        except OSError as error:
            raise DiskError(self._part, error, check="Free some space.") from None

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
