"""The page's keys: datagrams on ``device.sock``, read without waiting."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Final

from device.errors import AlreadyRunning, DiskError
from device.tick import Key
from services.schema import KeyPress, decode_control

_MOST: Final = 16
"""Datagrams a tick: somebody who floods the socket must not hold up the loop."""
_BYTES: Final = 4096


def somebody_listens(path: Path) -> bool:
    """Whether a living program holds the socket; a file left by a killed one answers nobody."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as probe:
        try:
            probe.connect(str(path))
        except BlockingIOError:
            return True  # its queue is full, so somebody has it open
        except OSError:
            return False
    return True


class Datagrams:
    """A unix datagram socket that is read without waiting. Owns the socket's path."""

    def __init__(self, path: Path) -> None:
        """A file left by a killed program is replaced.

        Raises ``AlreadyRunning`` when a living one answers there, ``DiskError`` when the socket
        cannot be made.
        """
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_socket():
                if somebody_listens(path):
                    raise AlreadyRunning(path)
                path.unlink(missing_ok=True)
            self._socket.bind(str(path))
            path.chmod(0o660)
        except AlreadyRunning:
            self._socket.close()
            raise
        except OSError as error:
            self._socket.close()
            raise DiskError(path, error, check="Check the folder for sockets.") from None

    def read(self) -> list[bytes]:
        """What has come since the last call, at most some."""
        found: list[bytes] = []
        for _ in range(_MOST):
            try:
                found.append(self._socket.recv(_BYTES))
            except BlockingIOError:
                break
        return found

    def close(self) -> None:
        self._socket.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()


class Control:
    """The page's keys. ``bad`` counts datagrams that were no key."""

    def __init__(self, path: Path) -> None:
        """Raises ``AlreadyRunning``, and ``DiskError`` when the socket cannot be made."""
        self._datagrams = Datagrams(path)
        self.bad = 0

    def read(self) -> tuple[Key, ...]:
        """The keys pressed since the last call."""
        keys: list[Key] = []
        for data in self._datagrams.read():
            try:
                message = decode_control(data)
            except ValueError:
                self.bad += 1
                continue
            if isinstance(message, KeyPress):
                keys.append(message.key)
            else:
                self.bad += 1
        return tuple(keys)

    def close(self) -> None:
        self._datagrams.close()
