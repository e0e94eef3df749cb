"""An I2C bus as the drivers see it, and the one that stands on smbus2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


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
