"""Three capacitive pads on an MPR121.

Registers: NXP MPR121 data sheet rev. 4. Electrodes 0, 1, 2 are head, thoracic, sacrum.
"""

from __future__ import annotations

import struct
from typing import ClassVar

from drivers.bus import Bus
from drivers.choices import check_address
from drivers.clock import Clock
from drivers.link import Link
from drivers.pads import Levels, PadLogic, each
from drivers.samples import PADS, PadSample, Steps

NAME = "MPR121"
ADDRESSES = (0x5A, 0x5B, 0x5C, 0x5D)
MS = 1_000_000

FILTERED_RANGE = range(20, 801)
"""Counts of an electrode that is charged as it should be (after auto-configuration)."""
TRACK_S = 20.0
"""Time constant of a released pad's zero: sweat and warmth, not a slow press."""

_N = len(PADS)
_SOFT_RESET = b"\x80\x63"
_CDC = 0x10  # 6 samples, 16 uA
_CDT = 0x20  # 0.5 us, 4 samples, every 1 ms: a fresh value every 4 ms
_RUN = 0x40 | _N  # no baseline tracking: a long press must not become the new zero
_LOAD = 0xC0 | _N  # baseline loaded from the first value
_FILTERS = bytes.fromhex("01010E00010501000000000000000000000000000000")  # 0x2B..0x40
# auto-configuration once at the start, for 3.3 V: USL, LSL, TL
_AUTO = bytes((0x7B, 0x09, 0x00, 201, 130, 181))
_NO_AUTO = b"\x7b\x00"
_STOP = b"\x5e\x00"
_SAMPLE = struct.Struct("<HHHHH")
_MOST = 0x3FF
_OVCF = 0x8000
_AUTO_FAILED = 0x8000


class Mpr121Pads:
    """Head, thoracic and sacrum pad as electrodes 0, 1, 2.

    The first bring-up (hands off) lets the chip find its charge settings; they and the zeros
    are kept, and written again after a re-plug, so that a dowel plugged in while it is worn
    does not learn the person as its zero.

    Args:
        bus: The dowel's bus.
        clock: Bounds every wait, and stamps the samples.
        address: 0x5A to 0x5D.
        close_level: A pad closes at this share of a full press; one for all, or one each.
        open_level: A closed pad opens below it.
        full_counts: Fall of the filtered count under a full press.
        period_ms: Between two reads of the chip; calls in between cost nothing.

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
        close_level: Levels = 0.10,
        open_level: Levels = 0.05,
        full_counts: float = 120.0,
        period_ms: int = 10,
    ) -> None:
        check_address(NAME, address, ADDRESSES)
        if not 1.0 <= full_counts <= 800.0:
            raise ValueError(f"{NAME} full press {full_counts} counts, allowed: 1 to 800")
        if not 4 <= period_ms <= 100:
            raise ValueError(f"{NAME} period {period_ms} ms, allowed: 4 to 100")
        self.address = address
        self.identity = ""
        self._full_counts = full_counts
        self._period_ns = period_ms * MS
        self._thresholds = bytes(
            min(255, max(1, round(level * full_counts)))
            for levels in zip(each(close_level), each(open_level), strict=True)
            for level in levels
        )
        self._clock = clock
        self._link = Link(bus, NAME, address)
        self._logic = PadLogic(close_level, open_level, track_s=TRACK_S)
        self._charge: bytes | None = None
        self._base = (0.0, 0.0, 0.0)
        self._due_ns = 0

    @property
    def retries(self) -> int:
        """Retries made so far."""
        return self._link.retries

    def bring_up(self) -> Steps:
        """From any state to sensing; written in blocks while stopped.

        Raises:
            BusFault: A transfer failed.
            WrongChip: 0x5D is not 0x24 after a soft reset (there is no identity register).
            ChipTimeout: No data within 200 ms.
            BadData: An electrode cannot be measured (short, open, or nothing connected).
        """
        link = self._link
        link.write(_SOFT_RESET)
        yield 1 * MS
        got = link.read((b"\x5c",), 3)
        if got != b"\x10\x24\x00":
            raise link.wrong_chip(
                "0x5C..0x5E after a soft reset",
                got=f"0x{got.hex().upper()}",
                expected="0x102400",
                check="Check ADDR, and which chip is fitted (a DRV2605L shares 0x5A).",
            )
        # Touch and release of the three pads; the other nine electrodes are off.
        thresholds = self._thresholds + self._thresholds[-2:] * 9
        settings = thresholds + bytes((0, 0, 0x11, _CDC, _CDT))
        link.write(b"\x2b" + _FILTERS + settings)
        if self._charge is None:
            yield from self._learn()
        else:
            link.write(b"\x5f" + self._charge, _NO_AUTO, bytes((0x5E, _RUN)))
            yield from self._first_data()
        self.identity = "no identity register; 0x5C..0x5E read 0x102400 after a reset"
        self._logic.forget_contact()
        self._due_ns = 0

    def _learn(self) -> Steps:
        """Let the chip find its charge settings and baselines, check them, and keep them."""
        link = self._link
        link.write(_AUTO, bytes((0x5E, _LOAD)))
        yield from self._first_data()
        raw = link.read((b"\x00",), 0x2B)
        status = int.from_bytes(raw[2:4], "little")
        filtered = struct.unpack("<3H", raw[4:10])
        baseline = raw[0x1E : 0x1E + _N]
        for pad in range(_N):
            if filtered[pad] not in FILTERED_RANGE or baseline[pad] == 0 or status >> pad & 1:
                raise link.bad_data(
                    f"pad {PADS[pad]} (electrode {pad}) has",
                    got=f"count {filtered[pad]}, baseline {baseline[pad] << 2}, "
                    f"out-of-range flag {status >> pad & 1}",
                    expected="a count of 20 to 800 and a baseline above 0",
                    check="Check its wire; start with hands off.",
                )
        if status & _AUTO_FAILED:
            raise link.bad_data(
                "auto-configuration",
                got="failed (ACFF)",
                expected="a charge setting for each pad",
                check="Check the pads' wires and size; start with hands off.",
            )
        # The auto-configuration is off from here on: it would run again at each start.
        link.write(_STOP, _NO_AUTO, bytes((0x5E, _RUN)))
        self._charge = link.read((b"\x5f",), 20)
        self._base = (float(filtered[0]), float(filtered[1]), float(filtered[2]))

    def _first_data(self) -> Steps:
        link, clock = self._link, self._clock
        limit_ns = clock.now_ns() + 200 * MS
        while True:
            yield 10 * MS
            raw = link.read((b"\x04",), 2 * _N)
            if all(struct.unpack("<3H", raw)):
                return
            if clock.now_ns() >= limit_ns:
                raise link.timeout(
                    "the counts of the pads after 200 ms are",
                    got=f"0x{raw.hex().upper()}",
                    expected="all above 0",
                    check="Check the pads' wires.",
                )

    def read(self) -> tuple[PadSample, ...]:
        """All three pads, every ``period_ms``; nothing in between.

        Wire: one transaction of 13 bytes: status, out-of-range flags and the three counts.

        Raises:
            BusFault: The transfer failed, after its retries.
            BadData: Over-current (OVCF: the chip has stopped), or the chip is back at its
                reset values.
        """
        now_ns = self._clock.now_ns()
        if now_ns < self._due_ns - 1 * MS:
            return ()
        raw = self._link.sample((b"\x00",), 10)
        t_ns = self._clock.now_ns()
        # On the grid of its own period, unless that was missed.
        on_grid = now_ns - self._due_ns < self._period_ns // 2
        self._due_ns = (self._due_ns if on_grid else now_ns) + self._period_ns
        touched, _range, *counts = _SAMPLE.unpack(raw)
        if touched & _OVCF:
            raise self._link.bad_data(
                "status 0x01",
                got="OVCF (over-current at REXT): all pads dead",
                expected="OVCF clear",
                check="Check the resistor at REXT (75 k) and for a short.",
            )
        if not all(counts):
            self._explain_dead(counts)
        if max(counts) > _MOST:
            raise self._link.bad_data(
                "counts of the pads",
                got=f"0x{raw[4:].hex().upper()}",
                expected="10 bits each",
                check="Check the cable's length and pull-ups if it happens again.",
            )
        return tuple(
            self._logic.step(t_ns, pad, (self._base[pad] - counts[pad]) / self._full_counts)
            for pad in range(_N)
        )

    def rezero(self) -> None:
        """Take what each open pad reads now as its zero; closed pads keep theirs."""
        self._logic.rezero()

    def stop(self) -> None:
        """Stop sensing. Raises BusFault."""
        self._link.write(_STOP)

    def _explain_dead(self, counts: list[int]) -> None:
        run = self._link.sample((b"\x5e",), 1)[0]
        if run != _RUN:
            raise self._link.lost_power(
                "electrode register 0x5E is",
                got=f"0x{run:02X}",
                expected=f"0x{_RUN:02X} (running)",
            )
        dead = ", ".join(PADS[pad] for pad in range(_N) if not counts[pad])
        raise self._link.bad_data(
            f"count of pad {dead}",
            got="0",
            expected="above 0",
            check="Check its wire for a short.",
        )
