"""Live frames: from the device's datagrams to every viewer, the latest only.

Nobody queues: a viewer that was slow gets the newest frame when it is ready again, so a slow
one holds up neither the device nor the others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from socket import SOCK_DGRAM

from services import schema
from services.sockets import bind_unix

log = logging.getLogger("hinge.live")

MAX_VIEWERS = 64
MIN_INTERVAL_S = 1 / 30
STALE_S = 0.5


class LiveHub:
    """The newest frame, and those who wait for the next. Event loop only."""

    def __init__(self) -> None:
        self.viewers = 0
        self.frames = 0
        self.refused = 0
        self.closed = False
        self.version = 0
        self.frame: schema.LiveFrame | None = None
        self._pending: schema.LiveFrame | None = None
        self._arrived_s: float | None = None
        self._published_s = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._news = asyncio.Event()

    def age_s(self) -> float | None:
        """Since the last frame arrived; None before the first."""
        return None if self._arrived_s is None else time.monotonic() - self._arrived_s

    @property
    def stale(self) -> bool:
        age_s = self.age_s()
        return age_s is None or age_s > STALE_S

    def put(self, frame: schema.LiveFrame) -> None:
        """A new frame; shown now, or as soon as 1/30 s has passed since the last."""
        now_s = time.monotonic()
        self.frames += 1
        self._arrived_s = now_s
        self._pending = frame
        wait_s = self._published_s + MIN_INTERVAL_S - now_s
        if wait_s <= 0:
            self._publish()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._publish)

    def put_datagram(self, data: bytes) -> None:
        """Decode and `put`; what is no frame is counted and said once."""
        try:
            frame = schema.decode_live(data)
        except (ValueError, RecursionError) as error:
            if self.refused == 0:
                log.error("live.sock: a datagram is no live frame: %r", str(error)[:200])
            self.refused += 1
            return
        self.put(frame)

    def _publish(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.frame = self._pending
        self._published_s = time.monotonic()
        self._wake()

    def _wake(self) -> None:
        self.version += 1
        self._news.set()
        self._news = asyncio.Event()

    async def next_after(self, version: int, timeout_s: float) -> bool:
        """Wait until there is something newer than ``version``; False after ``timeout_s``."""
        if self.version != version or self.closed:
            return True
        try:
            await asyncio.wait_for(self._news.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Ends every viewer's stream."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._wake()


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, hub: LiveHub) -> None:
        self._hub = hub

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._hub.put_datagram(data)

    def error_received(self, error: Exception) -> None:
        log.warning("live.sock: %s", error)


class LiveSocket:
    """The datagram socket the device sends frames to."""

    def __init__(self, path: Path, hub: LiveHub) -> None:
        self._path = path
        self._hub = hub
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Raises `AlreadyRunning` or `SocketError`."""
        bound = bind_unix(self._path, SOCK_DGRAM)
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Protocol(self._hub), sock=bound
        )

    def stop(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._path.unlink(missing_ok=True)
