"""Unix sockets by path: take over a stale file, refuse a living one."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import BinaryIO

from services.errors import AlreadyRunning, DataDirError, DeviceAbsent, SocketError

SEND_TIMEOUT_S = 0.2


def bind_unix(path: Path, kind: socket.SocketKind) -> socket.socket:
    """A bound, non-blocking socket at ``path``, for our own user and group only.

    A file left by a killed service is replaced. Raises `AlreadyRunning` when somebody
    answers there, `SocketError` when the path cannot be used.
    """
    _clear_stale(path, kind)
    bound = socket.socket(socket.AF_UNIX, kind)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        old_mask = os.umask(0o117)
        try:
            bound.bind(str(path))
        finally:
            os.umask(old_mask)
    except OSError as error:
        bound.close()
        raise SocketError(path, error.strerror or str(error)) from error
    bound.setblocking(False)
    return bound


def _clear_stale(path: Path, kind: socket.SocketKind) -> None:
    if not path.is_socket():
        if path.exists():
            raise SocketError(path, "is there and is no socket")
        return
    with socket.socket(socket.AF_UNIX, kind) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except FileNotFoundError:
            return
        except BlockingIOError:
            pass  # its queue is full, so somebody has it open
        except OSError as error:
            raise SocketError(path, error.strerror or str(error)) from error
    raise AlreadyRunning(str(path))


def send_datagram(path: Path, data: bytes) -> None:
    """One datagram, never waiting long. Raises `DeviceAbsent` when nobody takes it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(SEND_TIMEOUT_S)
        try:
            sender.sendto(data, str(path))
        except OSError as error:
            raise DeviceAbsent(path, error.strerror or str(error)) from error


def lock_folder(folder: Path) -> BinaryIO:
    """Hold the folder for one service; the lock ends with the process, even by kill -9.

    Raises `AlreadyRunning` or `DataDirError`. Keep the file open as long as it shall hold.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = (folder / "log.lock").open("ab")
    except OSError as error:
        raise DataDirError(folder, error.strerror or str(error)) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise AlreadyRunning(f"data_dir {folder}") from None
    except OSError as error:
        held.close()
        raise DataDirError(folder, error.strerror or str(error)) from error
    return held
