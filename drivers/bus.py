"""An I2C bus as the drivers see it, and the one that stands on smbus2."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from fcntl import ioctl
from typing import Any, Final, Protocol

from smbus2 import SMBus, i2c_msg

from drivers.errors import NoBus

_CACHE_LIMIT = 256

LONGEST_BYTES: Final = 128
"""No transfer of ours is longer, address bytes included."""
I2C_RETRIES: Final = 0x0701
I2C_TIMEOUT: Final = 0x0702
"""Requests of i2c-dev (linux/i2c-dev.h): how often the adapter tries again when it has lost the
bus, and how long it waits for a transfer, in units of 10 ms. Unset it is a second, for which a
stuck bus would stop the loop."""


class Bus(Protocol):
    """One I2C bus. A failed transfer raises ``OSError`` with the kernel's errno."""

    name: str
    """As the user knows it: ``i2c-1``."""

    def write(self, address: int, *messages: bytes) -> None:
        """Write each of ``messages`` (index bytes first) in one transaction."""
        ...

    def write_read(self, address: int, writes: Sequence[bytes], n: int) -> bytes:
        """All ``writes``, then one read of ``n`` bytes, in one ``I2C_RDWR``.

        Writes first and one read last is all that a Pi 0-4 kernel takes
        (i2c-bcm2835.c: EOPNOTSUPP otherwise).
        """
        ...


class RdWr(Protocol):
    """What is used of smbus2's ``SMBus``."""

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None: ...

    def close(self) -> None: ...


class LinuxBus:
    """A bus on smbus2. ``OSError`` passes through untouched.

    Messages are kept and used again: a driver sends the same few bytes for ever, and building
    an ``i2c_msg`` costs more than the rest of the call. For one thread, like everything that
    touches a chip.
    """

    def __init__(self, smbus: RdWr, name: str, opener: Callable[[], RdWr] | None = None) -> None:
        """``opener`` opens it again after :meth:`close`. Raises ``NoBus``."""
        self.name = name
        self._smbus = smbus
        self._opener = opener
        self._rdwr = smbus.i2c_rdwr
        self._writes: dict[tuple[int, tuple[bytes, ...]], list[i2c_msg]] = {}
        self._reads: dict[tuple[int, tuple[bytes, ...], int], tuple[list[i2c_msg], Any]] = {}

    def write(self, address: int, *messages: bytes) -> None:
        """Write each of ``messages`` in one transaction."""
        key = (address, messages)
        prepared = self._writes.get(key)
        if prepared is None:
            prepared = [i2c_msg.write(address, message) for message in messages]
            if len(self._writes) >= _CACHE_LIMIT:
                self._writes.clear()
            self._writes[key] = prepared
        self._rdwr(*prepared)

    def write_read(self, address: int, writes: Sequence[bytes], n: int) -> bytes:
        """All ``writes``, then one read of ``n`` bytes (at least 1), in one ``I2C_RDWR``."""
        key = (address, tuple(writes), n)
        entry = self._reads.get(key)
        if entry is None:
            if n < 1:
                raise ValueError(f"{self.name}: read of {n} bytes, expected at least 1")
            prepared = [i2c_msg.write(address, message) for message in writes]
            read = i2c_msg.read(address, n)
            prepared.append(read)
            # A view on the message's own buffer: its .raw copies in a fifth of string_at's time.
            view = (ctypes.c_char * n).from_address(ctypes.addressof(read.buf.contents))
            if len(self._reads) >= _CACHE_LIMIT:
                self._reads.clear()
            entry = self._reads[key] = (prepared, view)
        messages, view = entry
        self._rdwr(*messages)
        result: bytes = view.raw
        return result

    def close(self) -> None:
        """Let go of the node: a controller that is to be bound anew waits for that."""
        with suppress(OSError):  # it may have gone already
            self._smbus.close()

    def reopen(self) -> None:
        """Use the node again after :meth:`close`. Raises ``NoBus``."""
        if self._opener is not None:
            self._smbus = self._opener()
            self._rdwr = self._smbus.i2c_rdwr


_OPEN_CHECKS = {
    2: "Enable I2C (dtparam=i2c_arm=on, or the bus's overlay) and restart.",
    13: "Add the user to the group i2c.",
    16: "Find who holds the bus (lsof).",
}


def timeout_units(hz: int) -> int:
    """For I2C_TIMEOUT: the shortest in which the longest transfer has twice the time it needs."""
    return max(1, math.ceil(2 * 9 * LONGEST_BYTES / hz / 0.010))


def open_bus(number: int, hz: int = 400_000) -> LinuxBus:
    """Open ``/dev/i2c-<number>``, whose clock is ``hz``.

    Raises:
        NoBus: The node is missing (ENOENT), not ours (EACCES), or will not open.
    """

    def opened() -> SMBus:
        try:
            smbus = SMBus(number)
            node = -1 if smbus.fd is None else smbus.fd
            ioctl(node, I2C_TIMEOUT, timeout_units(hz))
            ioctl(node, I2C_RETRIES, 0)
        except OSError as error:
            check = _OPEN_CHECKS.get(error.errno or 0, "Check the kernel's log (dmesg).")
            raise NoBus(
                error.errno,
                f"i2c-{number}: opening /dev/i2c-{number} gave {error.strerror or error}, "
                f"expected an I2C bus. {check}",
            ) from error
        return smbus

    return LinuxBus(opened(), f"i2c-{number}", opened)
