"""Live frames to the log service: a datagram each, the latest wins, none is waited for."""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec

from services.schema import LiveFrame


class Live:
    """``dropped`` counts frames that nobody took: no service, or one that is behind."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.sent = 0
        self.dropped = 0

    def send(self, frame: LiveFrame) -> None:
        """Never blocks; a frame that cannot be delivered now is old by the next one."""
        try:
            self._socket.sendto(msgspec.json.encode(frame), self._path)
        except OSError:
            self.dropped += 1
        else:
            self.sent += 1

    def close(self) -> None:
        self._socket.close()
