"""Words to systemd: ready, alive, status (sd_notify(3)); silent when nobody asks."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Notify:
    """Sends to ``NOTIFY_SOCKET``; an abstract socket's name starts with ``@``."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        path = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + path[1:] if path.startswith("@") else path
        self._socket: socket.socket | None = None
        if path:
            self._socket = socket.socket(
                socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
            )
        self.failed = 0

    def ready(self) -> None:
        self._send("READY=1")

    def alive(self, status: str) -> None:
        """Feeds the watchdog and says how things are, in one datagram."""
        self._send(f"WATCHDOG=1\nSTATUS={status}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(text.encode(), self._address)
        except OSError:
            # A watchdog that misses us ends us: nothing better to do than to count.
            self.failed += 1

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
