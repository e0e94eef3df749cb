"""Three force pads (FSR dividers) on an ADS1115, one conversion a tick.

Registers: TI SBAS444. Each pad is a divider: 3.3 V, the FSR, the input, 10 k to ground.
"""

from __future__ import annotations

from typing import ClassVar

from drivers.bus import Bus
from drivers.choices import check_address
from drivers.clock import Clock
from drivers.errors import ChipTimeout
from drivers.link import Link
from drivers.pads import Levels, PadLogic
from drivers.samples import PADS, PadSample, Steps

NAME = "ADS1115"
ADDRESSES = (0x48, 0x49, 0x4A, 0x4B)
MS = 1_000_000

VOLTS_PER_COUNT = 4.096 / 32768
CONVERSION_NS = 1_330_000
"""860 SPS: 1.163 ms + 10 %, and 50 us to wake up."""
BUSY_LIMIT_NS = 20 * MS
SUPPLY_V = 3.3
DIVIDER_OHM = 10_000.0
MAX_RATIO = 0.99
"""Of the supply: a divider shorted to it would be infinite pressure."""

# OS start, AIN0..2 single-ended, +-4.096 V, single shot, 860 SPS, comparator off
_CONFIG = tuple(0x8000 | (4 + pad) << 12 | 0x0200 | 0x0100 | 0x00E0 | 0x0003 for pad in range(3))
_START = tuple(b"\x01" + word.to_bytes(2, "big") for word in _CONFIG)
_READ_CONFIG = b"\x01"
_READ_CONVERSION = b"\x00"
# The comparator is off (COMP_QUE), so its thresholds do nothing: the low one is a mark that a
# chip which has lost its power no longer bears (reset: 0x8000).
_MARK = b"\x02\x8a\x5c"
_COMPARATOR = (_MARK, b"\x03\x7f\xff")
_NOTHING = frozenset((b"\x00\x00", b"\xff\xff"))
"""What a chip fresh from power-up, and a line that nobody drives, give for a conversion."""
DOUBT_FROM = 1000
"""Counts (0.125 V, an open pad has less) from which a fall to nothing is looked into."""
_OS = 0x8000


def pressure(raw: int, full_ohm: float) -> float:
    """Share of a full press for a conversion, 1 where the FSR has fallen to ``full_ohm``.

    An FSR's conductance grows with the force: G = V / (10 k (3.3 - V)); the share is
    G * ``full_ohm``. Not limited to 1; below 0 for a negative conversion.
    """
    ratio = min(raw * VOLTS_PER_COUNT / SUPPLY_V, MAX_RATIO)
    return ratio / (1.0 - ratio) * full_ohm / DIVIDER_OHM


class Ads1115Pads:
    """Head, thoracic and sacrum pad on AIN0, AIN1, AIN2.

    Args:
        bus: The dowel's bus.
        clock: Bounds every wait, and stamps the samples.
        address: 0x48 to 0x4B.
        close_level: A pad closes at this share of a full press; one for all, or one each.
        open_level: A closed pad opens below it.
        full_ohm: The FSR's resistance under a full press (about 4 N on a 12 mm FSR).

    Raises:
        ValueError: A setting that cannot be.
    """

    name = NAME
    addresses: ClassVar[tuple[int, ...]] = ADDRESSES

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        address: int = ADDRESSES[0],
        *,
        close_level: Levels = 0.15,
        open_level: Levels = 0.08,
        full_ohm: float = 3_000.0,
    ) -> None:
        check_address(NAME, address, ADDRESSES)
        if not 100.0 <= full_ohm <= 100_000.0:
            raise ValueError(f"{NAME} full press {full_ohm} ohm, allowed: 100 to 100000")
        self.address = address
        self.identity = ""
        self._full_ohm = full_ohm
        self._clock = clock
        self._link = Link(bus, NAME, address)
        self._logic = PadLogic(close_level, open_level)
        self._running: int | None = None
        self._started_ns = 0
        self._raw = [0] * len(PADS)

    @property
    def retries(self) -> int:
        """Retries made so far."""
        return self._link.retries

    def bring_up(self) -> Steps:
        """Settings written and read back, then the first conversion started.

        The chip has no identity register: that it keeps a configuration word, and comes idle
        after a conversion, is the check.

        Raises:
            BusFault: A transfer failed.
            WrongChip: What was written does not read back.
            ChipTimeout: The first conversion never ended.
        """
        link, clock = self._link, self._clock
        link.write(*_COMPARATOR)
        for message in _COMPARATOR:
            got = link.read((message[:1],), 2)
            if got != message[1:]:
                raise link.wrong_chip(
                    f"threshold register {message[0]} reads back",
                    got=f"0x{got.hex().upper()}",
                    expected=f"0x{message[1:].hex().upper()}",
                    check="Check which chip is fitted.",
                )
        yield CONVERSION_NS  # one may still run: a start meanwhile would have no effect
        link.write(_START[0])
        limit_ns = clock.now_ns() + BUSY_LIMIT_NS
        while True:
            yield CONVERSION_NS
            config = int.from_bytes(link.read((_READ_CONFIG,), 2), "big")
            if (config | _OS) != _CONFIG[0]:
                raise link.wrong_chip(
                    "configuration reads back",
                    got=f"0x{config:04X}",
                    expected=f"0x{_CONFIG[0]:04X}",
                    check="Check which chip is fitted.",
                )
            if config & _OS:
                break
            if clock.now_ns() >= limit_ns:
                raise self._stuck(config)
        self.identity = "no identity register; configuration reads back"
        self._logic.forget_contact()
        link.write(_START[0])
        self._running = 0
        self._started_ns = clock.now_ns()

    def read(self) -> tuple[PadSample, ...]:
        """The finished conversion, if there is one; the next pad's is started with it.

        Wire: 5 bytes (configuration: is it done, and was it this pad's?), then 9 bytes that
        start the next pad and fetch the result in one transaction. The result register keeps
        the finished conversion until the new one ends, over a millisecond later. A pressed pad
        that reads nothing at all costs 5 bytes more and is believed the second time.

        Raises:
            BusFault: A transfer failed, after its retries.
            BadData: The configuration or the mark is not the one written (it lost its power).
            ChipTimeout: A conversion takes over 20 ms.
        """
        pad = self._running
        if pad is None:
            self._link.write(_START[0])
            self._running = 0
            self._started_ns = self._clock.now_ns()
            return ()
        since_ns = self._clock.now_ns() - self._started_ns
        if since_ns < CONVERSION_NS:
            return ()
        config = int.from_bytes(self._link.sample((_READ_CONFIG,), 2), "big")
        if (config | _OS) != _CONFIG[pad]:
            self._running = None
            raise self._link.bad_data(
                f"configuration for pad {PADS[pad]} reads",
                got=f"0x{config:04X}",
                expected=f"0x{_CONFIG[pad]:04X}",
                check="It lost its power for a moment (0x8583): check the plug and the supply.",
            )
        if not config & _OS:
            if since_ns > BUSY_LIMIT_NS:
                self._running = None
                raise self._stuck(config)
            return ()
        following = (pad + 1) % len(PADS)
        self._running = None  # unless all of it succeeds, what runs is not known
        word = self._link.sample((_START[following], _READ_CONVERSION), 2)
        t_ns = self._clock.now_ns()
        self._running = following
        self._started_ns = t_ns
        before, raw = self._raw[pad], int.from_bytes(word, "big", signed=True)
        self._raw[pad] = raw
        if word in _NOTHING and before >= DOUBT_FROM:
            self._check_mark()
            return ()
        return (self._logic.step(t_ns, pad, pressure(raw, self._full_ohm)),)

    def rezero(self) -> None:
        """Take what each open pad reads now as its zero (FSRs drift); closed pads keep theirs."""
        self._logic.rezero()

    def stop(self) -> None:
        """Forget the running conversion: the chip goes to sleep after it by itself."""
        self._running = None

    def _check_mark(self) -> None:
        """Whether it is still the chip that was brought up."""
        mark = self._link.sample((_MARK[:1],), 2)
        if mark != _MARK[1:]:
            self._running = None
            raise self._link.bad_data(
                "threshold register 2 reads",
                got=f"0x{mark.hex().upper()}",
                expected=f"0x{_MARK[1:].hex().upper()}",
                check="It lost its power for a moment (0x8000): check the plug and the supply.",
            )

    def _stuck(self, config: int) -> ChipTimeout:
        return self._link.timeout(
            "configuration 20 ms after a start is",
            got=f"0x{config:04X} (busy)",
            expected="done within 1.3 ms",
            check="Power it off and on.",
        )
