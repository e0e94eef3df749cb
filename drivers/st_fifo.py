"""The FIFO of ST's LSM6DS IMUs: tagged words, two of which make a sample.

A word is a tag byte and three int16. A tag names the sensor and the instant (a counter modulo
4): words are paired by that counter, never by their place (the sets of each part: ST's
lsm6dsox_reg.h and lsm6dsv16x_reg.h).
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from drivers.clock import Clock
from drivers.errors import BadData
from drivers.fifo_time import FifoTime
from drivers.link import Link
from drivers.samples import ImuSample
from drivers.stuck import Sameness

WORD: Final = 7
"""Bytes of a word."""
MAX_WORDS: Final = 16
"""Words drained in one read (2.6 ms at 400 kHz), so that a tick stays bounded; after a loop that
was away the rest comes in the next ones."""
SPARE_WORDS: Final = 16
"""More words than the time since the last read can have made are a misread status."""
DISCARD: Final = 3
"""Pairs dropped after the rates are switched on: the filters are still settling."""

TAG_GYRO: Final = 1
TAG_ACCEL: Final = 2
_EVEN: Final = tuple(tag.bit_count() % 2 == 0 for tag in range(256))

_DATA: Final = b"\x78"
_RESTART: Final = (b"\x0a\x00", b"\x0a\x06")  # FIFO_CTRL4: bypass empties it, then continuous
_OVERRUN: Final = 0x48  # FIFO_STATUS2: overrun now, or latched
_WORDS: Final = struct.Struct("<Bhhh")

_Axes = tuple[int, int, int]
Pair = tuple[float, float, float, float, float, float]
"""Accelerations in m/s2, then rates in rad/s."""


class Layout(NamedTuple):
    """Where a part differs."""

    status: bytes
    """Index of FIFO_STATUS1; FIFO_STATUS2 follows it."""
    count_high: int
    """Bits of FIFO_STATUS2 that belong to the count of words."""
    words: int
    """How many words it holds."""
    parity: bool
    """Bit 0 of a tag makes its number of ones even; where it does not, it means nothing."""


class BadTagError(ValueError):
    """A tag that cannot be true here."""

    def __init__(self, tag: int, expected: str) -> None:
        self.got = f"0x{tag:02X} (sensor {tag >> 3}, counter {tag >> 1 & 3})"
        self.expected = expected
        super().__init__(f"{self.got}, expected {expected}")


class Pairing:
    """Makes pairs of words, read after read; a lone word waits for its twin.

    Args:
        accel_scale: m/s2 a count.
        gyro_scale: rad/s a count.
        parity: Whether tags carry one.
    """

    def __init__(self, accel_scale: float, gyro_scale: float, *, parity: bool) -> None:
        self._accel_scale = accel_scale
        self._gyro_scale = gyro_scale
        self._parity = parity
        self.restart()

    def restart(self) -> None:
        """The FIFO has been emptied: any counter may come first, and its instant may be half."""
        self._counter: int | None = None
        self._accel: _Axes | None = None
        self._gyro: _Axes | None = None
        self.done = True
        """No word waits for its twin."""
        self._partial_ok = True

    def pairs(self, raw: bytes) -> list[Pair]:
        """The complete instants of ``raw``, oldest first; the two words come in either order.

        Raises:
            BadTagError: A word that cannot be true: wrong parity, another sensor, a counter out
                of turn, the same word twice, or a word whose twin never came.
        """
        pairs: list[Pair] = []
        ka, kg = self._accel_scale, self._gyro_scale
        for tag, x, y, z in _WORDS.iter_unpack(raw):
            counter = tag >> 1 & 3
            sensor = tag >> 3
            if self._parity and not _EVEN[tag]:
                raise BadTagError(tag, "even parity")
            if sensor not in (TAG_GYRO, TAG_ACCEL):
                raise BadTagError(tag, "sensor 1 (gyroscope) or 2 (accelerometer)")
            if counter != self._counter:
                if self._counter is not None:
                    if counter != (self._counter + 1) & 3:
                        raise BadTagError(tag, f"counter {(self._counter + 1) & 3}")
                    if not self.done and not self._partial_ok:
                        raise BadTagError(tag, f"the twin of counter {self._counter}")
                    self._partial_ok = False
                self._counter = counter
                self._accel = self._gyro = None
                self.done = False
            if sensor == TAG_GYRO:
                if self._gyro is not None:
                    raise BadTagError(tag, "one gyroscope word a counter")
                self._gyro = (x, y, z)
            else:
                if self._accel is not None:
                    raise BadTagError(tag, "one accelerometer word a counter")
                self._accel = (x, y, z)
            if self._accel is not None and self._gyro is not None:
                ax, ay, az = self._accel
                gx, gy, gz = self._gyro
                pairs.append((ax * ka, ay * ka, az * ka, gx * kg, gy * kg, gz * kg))
                self.done = True
        return pairs


class StFifo:
    """Drains the FIFO of one chip into samples.

    Args:
        link: The chip.
        clock: Stamps the samples.
        layout: The part.
        accel_scale: m/s2 a count.
        gyro_scale: rad/s a count.
        odr_hz: Samples a second as far as known; see ``set_rate``.
    """

    def __init__(
        self,
        link: Link,
        clock: Clock,
        layout: Layout,
        accel_scale: float,
        gyro_scale: float,
        odr_hz: float,
    ) -> None:
        self._link = link
        self._clock = clock
        self._layout = layout
        self._status = (layout.status,)
        self._pairing = Pairing(accel_scale, gyro_scale, parity=layout.parity)
        self._time = FifoTime(1e9 / odr_hz)
        self._same = Sameness(link)
        self._odr_hz = odr_hz
        self._discard = 0
        self._alive_ns = 0
        self._left = 0
        self.silent_ns = 0
        """How long nothing had come at the last read."""
        self.dropped_words = 0
        """Words thrown away because they could not be true, or were overwritten."""

    def set_rate(self, odr_hz: float) -> None:
        """The part's own rate, once it is known."""
        self._odr_hz = odr_hz
        self._time.period_ns = 1e9 / odr_hz

    def start(self) -> None:
        """Empty the FIFO of a chip whose rates have just been switched on. Raises BusFault."""
        self._restart()
        self._discard = DISCARD

    def read(self) -> list[ImuSample]:
        """All samples since the last read, oldest first (at most MAX_WORDS words a read).

        Wire: 5 bytes of status, then 3 + 7 N bytes for N words. Stamps: see FifoTime.

        Raises:
            BusFault: A transfer failed, after its retries.
            BadData: The FIFO overflowed, or held what cannot be true; it has been restarted
                and the next read goes on. Or its samples are all the same.
        """
        low, high = self._link.sample(self._status, 2)
        t_ns = self._clock.now_ns()
        waiting = (high & self._layout.count_high) << 8 | low
        if high & _OVERRUN:
            full_s = 0.5 * self._layout.words / self._odr_hz
            raise self._bad_data(
                waiting,
                "FIFO status",
                f"0x{high:02X}, overrun",
                "a FIFO drained every tick",
                f"The loop was away for over {full_s:.1f} s: see its lag.",
            )
        if waiting > SPARE_WORDS and waiting > self._possible(t_ns):
            low, high = self._link.again(self._status, 2)
            waiting = (high & self._layout.count_high) << 8 | low
            if waiting > self._possible(t_ns):
                raise self._bad_data(
                    waiting,
                    "FIFO status",
                    f"0x{high:02X}{low:02X}",
                    f"at most {self._possible(t_ns)} words since the last read",
                    "Check the cable's length and pull-ups if it happens again.",
                )
        if not waiting:
            self.silent_ns = t_ns - self._alive_ns
            return []
        n = min(waiting, MAX_WORDS)
        raw = self._link.sample((_DATA,), WORD * n)
        self._alive_ns, self._left = t_ns, waiting - n
        self.silent_ns = 0
        try:
            pairs = self._pairing.pairs(raw)
        except BadTagError as bad:
            raise self._bad_data(
                waiting,
                "FIFO tag",
                bad.got,
                bad.expected,
                "Check the cable's length and pull-ups if it happens again.",
            ) from None
        self._same.check(pairs)
        if self._discard:
            gone = min(self._discard, len(pairs))
            self._discard -= gone
            del pairs[:gone]
        newer = (waiting - n + (not self._pairing.done) + 1) // 2  # instants still to come
        stamps = self._time.stamps(len(pairs), t_ns - newer * self._time.period_ns)
        return [ImuSample(at_ns, *pair) for at_ns, pair in zip(stamps, pairs, strict=True)]

    def _possible(self, t_ns: int) -> int:
        """Words that can be waiting at ``t_ns``, generously."""
        instants = int((t_ns - self._alive_ns) / self._time.period_ns) + 1
        return self._left + 2 * instants + SPARE_WORDS

    def _restart(self) -> None:
        self._left = 0
        self._link.write(*_RESTART)
        self._pairing.restart()
        self._time.restart()
        self._alive_ns = self._clock.now_ns()
        self.silent_ns = 0

    def _bad_data(self, waiting: int, what: str, got: str, expected: str, check: str) -> BadData:
        self._restart()
        self.dropped_words += waiting
        return self._link.bad_data(
            what, got=f"{got}; {waiting} words dropped", expected=expected, check=check
        )
