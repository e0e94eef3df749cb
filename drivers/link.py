"""One chip at its address: transfers whose failures name the chip, and counted retries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from drivers.bus import Bus
from drivers.errors import BadData, BusFault, ChipTimeout, WrongChip

RETRIES = 2
"""Immediate retries of a sample whose address or index was not acknowledged."""


class _Words(NamedTuple):
    got: str
    check: str


_CABLE = "Check the cable, the plug and the chip's supply."
ERRNO_WORDS = {
    2: _Words("no such bus", "Enable I2C (dtparam=i2c_arm=on, or the bus's overlay)."),
    5: _Words("an I/O error", "A stretched clock or a wrong length: check pull-ups and cable."),
    6: _Words("no acknowledge", _CABLE),
    11: _Words("lost arbitration", "Look for a second master, or noise on SDA."),
    13: _Words("no permission", "Add the user to the group i2c."),
    16: _Words("address busy", "A kernel driver owns the address: remove its overlay."),
    19: _Words("no such device", "The bus's controller has gone: check its overlay."),
    95: _Words("an unsupported message list", "Use writes first and one read last."),
    110: _Words("a timeout", "SDA or SCL may be held low: unplug the chip, then check wiring."),
    121: _Words("no acknowledge", _CABLE),
}
"""Linux errno -> what it means on I2C and what to check (i2c-bcm2835.c, i2c-dev.c)."""

NACKS = frozenset({6, 121})
"""ENXIO and EREMOTEIO: what Linux adapters say when nobody acknowledges."""


class Link:
    """The wire to one chip. ``retries`` counts every retry ever made: none is hidden."""

    def __init__(self, bus: Bus, chip: str, address: int, *, index_bytes: int = 1) -> None:
        """``index_bytes``: how many bytes of a message name the register."""
        self._index_bytes = index_bytes
        self.bus = bus
        self.chip = chip
        self.address = address
        self.retries = 0

    def write(self, *messages: bytes) -> None:
        """One transaction of writes. Raises BusFault."""
        try:
            self.bus.write(self.address, *messages)
        except OSError as error:
            raise self.fault("write", messages[0], error) from error

    def read(self, writes: Sequence[bytes], n: int) -> bytes:
        """``writes``, then ``n`` bytes. Raises BusFault."""
        try:
            return self.bus.write_read(self.address, writes, n)
        except OSError as error:
            raise self.fault("read", writes[-1], error) from error

    def sample(self, writes: Sequence[bytes], n: int) -> bytes:
        """Like ``read``, tried again at once up to RETRIES times after a NACK.

        Raises:
            BusFault: Every try failed, or the failure was not a NACK.
        """
        left = RETRIES
        while True:
            try:
                return self.bus.write_read(self.address, writes, n)
            except OSError as error:
                if left == 0 or error.errno not in NACKS:
                    raise self.fault("read", writes[-1], error) from error
            left -= 1
            self.retries += 1

    def again(self, writes: Sequence[bytes], n: int) -> bytes:
        """``sample`` of what has just been read and cannot be true: counted as a retry."""
        self.retries += 1
        return self.sample(writes, n)

    def fault(self, verb: str, message: bytes, error: OSError) -> BusFault:
        code = error.errno or 0
        got, check = ERRNO_WORDS.get(code, _Words(error.strerror or str(error), _CABLE))
        return BusFault(
            self.chip,
            self.address,
            self.bus.name,
            f"{verb} at 0x{message[: self._index_bytes].hex().upper()} gave",
            got=f"{got} (errno {code})",
            expected="an acknowledge",
            check=check,
            errno=error.errno,
        )

    def check_held(self, what: str, got: bytes, expected: bytes) -> None:
        """Raises BadData where registers do not hold what was written to them."""
        if got != expected:
            raise self.lost_power(
                what, got=f"0x{got.hex().upper()}", expected=f"0x{expected.hex().upper()}"
            )

    def lost_power(self, what: str, *, got: str, expected: str) -> BadData:
        """Of a chip that is back at its reset values."""
        check = "It lost its power for a moment: check the plug and the supply."
        return self.bad_data(what, got=got, expected=expected, check=check)

    def wrong_chip(self, what: str, *, got: str, expected: str, check: str) -> WrongChip:
        return WrongChip(
            self.chip, self.address, self.bus.name, what, got=got, expected=expected, check=check
        )

    def timeout(self, what: str, *, got: str, expected: str, check: str) -> ChipTimeout:
        return ChipTimeout(
            self.chip, self.address, self.bus.name, what, got=got, expected=expected, check=check
        )

    def bad_data(self, what: str, *, got: str, expected: str, check: str) -> BadData:
        return BadData(
            self.chip, self.address, self.bus.name, what, got=got, expected=expected, check=check
        )
