"""An I2C bus as the drivers see it, and the one that stands on smbus2."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, Protocol

from smbus2 import SMBus, i2c_msg

from drivers.errors import NoBus

_CACHE_LIMIT = 256


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


class LinuxBus:
    """A bus on smbus2. ``OSError`` passes through untouched.

    Messages are kept and used again: a driver sends the same few bytes for ever, and building
    an ``i2c_msg`` costs more than the rest of the call. For one thread, like everything that
    touches a chip.
    """

    def __init__(self, smbus: RdWr, name: str) -> None:
        self.name = name
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


_OPEN_CHECKS = {
    2: "Enable I2C (dtparam=i2c_arm=on, or the bus's overlay) and restart.",
    13: "Add the user to the group i2c.",
    16: "Find who holds the bus (lsof).",
}


def open_bus(number: int) -> LinuxBus:
    """Open ``/dev/i2c-<number>``.

    Raises:
        NoBus: The node is missing (ENOENT), not ours (EACCES), or will not open.
    """
    try:
        smbus = SMBus(number)
    except OSError as error:
        check = _OPEN_CHECKS.get(error.errno or 0, "Check the kernel's log (dmesg).")
        raise NoBus(
            error.errno,
            f"i2c-{number}: opening /dev/i2c-{number} gave {error.strerror or error}, "
            f"expected an I2C bus. {check}",
        ) from error
    return LinuxBus(smbus, f"i2c-{number}")
