"""A bus that is watched: how long each transfer takes, what fails, and when to give up on it."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from drivers.bus import Bus
from drivers.clock import Clock

GIVE_UP: Final = 2
"""Timeouts in a row after which the bus counts as stuck and is left alone: a kernel waits a
second for each, and a scan would take two minutes."""
BYTE_BITS: Final = 9
_MESSAGE_BITS: Final = 1 + BYTE_BITS
"""START or repeated START, then the address byte."""
LEAST_SPREAD_BITS: Final = 64
"""Transfers must differ by so much in length before their times say anything of the clock."""


class Wire:
    """One I2C bus (``drivers.bus.Bus``) with its own bookkeeping.

    ``opened`` is None for a bus whose node could not be opened: every transfer then fails
    with ``why``'s errno, as it would on a node that is not there.
    """

    def __init__(
        self, name: str, hz: int, opened: Bus | None, clock: Clock, why: OSError | None = None
    ) -> None:
        self.name = name
        self.hz = hz
        self.why = why
        self.stuck = False
        self.transfers = 0
        self.busy_ns = 0
        self.errors: Counter[int] = Counter()
        """By errno, since the last ``reset``."""
        self._bus = opened
        self._clock = clock
        self._timeouts = 0
        self._shortest_ns: dict[int, int] = {}
        """Bits of a transfer: the least time one took. The least is the wire's, the rest is the
        machine's."""

    def reset(self) -> None:
        """Count transfers and errors from zero; the times stay."""
        self.transfers = self.busy_ns = 0
        self.errors.clear()

    @property
    def usable(self) -> bool:
        return self.why is None and not self.stuck

    def write(self, address: int, *messages: bytes) -> None:
        """Raises ``OSError``, at once on a bus that has been given up."""
        bits = 1 + sum(_MESSAGE_BITS + BYTE_BITS * len(message) for message in messages)
        self._timed(bits, lambda bus: bus.write(address, *messages))

    def write_read(self, address: int, writes: Sequence[bytes], n: int) -> bytes:
        """Raises ``OSError``, at once on a bus that has been given up."""
        bits = 1 + sum(_MESSAGE_BITS + BYTE_BITS * len(message) for message in writes)
        bits += _MESSAGE_BITS + BYTE_BITS * n
        got = b""

        def transfer(bus: Bus) -> None:
            nonlocal got
            got = bus.write_read(address, writes, n)

        self._timed(bits, transfer)
        return got

    def answers(self, address: int) -> bool:
        """Whether somebody acknowledges ``address``: asked by reading one byte, which every
        controller can do (a Pi 5's takes no empty message). Raises nothing."""
        try:
            self.write_read(address, (), 1)
        except OSError:
            return False
        return True

    def measured_hz(self) -> float | None:
        """The clock, from the slope of time over length, so that what the machine adds to each
        transfer does not count. None while all transfers were about equally long."""
        if len(self._shortest_ns) < 2:
            return None
        bits = np.array(sorted(self._shortest_ns), dtype=float)
        if bits[-1] - bits[0] < LEAST_SPREAD_BITS:
            return None
        times_s = np.array([self._shortest_ns[int(n)] for n in bits]) * 1e-9
        slope = float(np.polyfit(bits, times_s, 1)[0])
        return 1.0 / slope if slope > 0.0 else None

    def _timed(self, bits: int, transfer: Callable[[Bus], None]) -> None:
        if self._bus is None or self.stuck:
            code = errno.ETIMEDOUT if self.stuck else (self.why and self.why.errno) or errno.ENOENT
            raise OSError(code, os.strerror(code))
        began_ns = self._clock.now_ns()
        try:
            transfer(self._bus)
        except OSError as error:
            self.errors[error.errno or 0] += 1
            self._timeouts = self._timeouts + 1 if error.errno == errno.ETIMEDOUT else 0
            self.stuck = self._timeouts >= GIVE_UP
            raise
        else:
            took_ns = self._clock.now_ns() - began_ns
            self._timeouts = 0
            self.busy_ns += took_ns
            self._shortest_ns[bits] = min(took_ns, self._shortest_ns.get(bits, took_ns))
        finally:
            self.transfers += 1
