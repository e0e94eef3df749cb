"""Three capacitive pads on a CAP1203: CS1, CS2, CS3 are head, thoracic, sacrum.

Registers: Microchip CAP1203 data sheet DS00001572B.

Slow: its sensing cycle is 35 ms at the least, whatever the sampling time and the averaging
(the cycle is only ever extended), so each pad has a new count 28 times a second and not the
60 that are wanted of pads. Nothing tells that a count is new, so the counts are looked at again
and again, and given as soon as one of them has changed, or when a cycle is over.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from drivers.bus import Bus
from drivers.choices import check_address
from drivers.clock import Clock
from drivers.link import Link
from drivers.pads import Levels, PadLogic, each
from drivers.samples import PADS, PadSample, Steps

NAME = "CAP1203"
DEFAULT_ADDRESS = 0x28
MS = 1_000_000

CYCLE_MS: Final = 35
RATE_HZ: Final = 1000 / CYCLE_MS
"""New counts of each pad, a second."""
QUIET_MS: Final = 25
"""After a change no other one is looked for: a cycle, 5 % short, less a look that came late."""
TRACK_S = 20.0
"""Time constant of a released pad's zero: sweat and warmth, not a slow press."""
COUNTS_PER_SHARE: Final = 25_000 / 128 * 2
"""Delta counts for a capacitance that doubles, at sensitivity 2x: the most significant bit of a
delta, 64, is 0.25 % of the base at 128x (data sheet, sensitivity control)."""

_Read = Callable[[Sequence[bytes], int], bytes]

_N = len(PADS)
_ID = b"\xfd"
_EXPECTED = b"\x6d\x5d"
_ACTIVE = b"\x00\x00"  # gain 1, not in standby, INT cleared
_SLEEP = b"\x00\x10"
_SAMPLING = 0x38
"""8 samples of 1.28 ms for each of three pads are 31 ms: as many as the 35 ms cycle holds. The
sampling time is that of a reset: another one would make the chip calibrate again."""
# sensitivity 2x; timeout of a stuck bus on, no recalibration of a long touch; three inputs
_SETTINGS = bytes((0x1F, 0x6F, 0xA0, 0x07, 0xA4, 0x07, _SAMPLING))
_NO_ALERT = b"\x27\x00\x00"
_NO_BLOCKING = b"\x2a\x00"
# A threshold for each; calibrate anew after 16 negative counts (a touch was learnt as zero); an
# untouched pad's base follows drift once in 4096 cycles, two minutes: the driver does it sooner.
_RECALIBRATION = 0x0F
_CONFIG_2 = b"\x44\x40"
_CALIBRATE = b"\x26\x07"
_CALIBRATING = b"\x26"
_CALIBRATION_LIMIT_NS = 1_000 * MS  # 600 ms, and what the start takes
_FIRST_CYCLE_NS = 40 * MS
_STATUS = b"\x02"
_NOISE = b"\x0a"
_COUNTS = b"\x10"
_SAMPLING_AT = b"\x24"
_BASE_OUT = b"\x2e"
_CALIBRATION = b"\xb1"
_CALIBRATION_LOW = b"\xb9"
_BALANCED = range(1, 0x3FF)
_ACAL_FAIL = 0x20
_BC_OUT = 0x40
_WIRE = "Check its wire and how long it is: a pad with its cable may have 5 to 50 pF."


def calibrations(high: bytes, low: int) -> tuple[int, int, int]:
    """The 10-bit calibration of each pad from 0xB1..0xB3 and 0xB9 (two bits each, CS1 lowest)."""
    first, second, third = (byte << 2 | low >> 2 * pad & 3 for pad, byte in enumerate(high))
    return first, second, third


def pressed_counts(delta: int, calibration: int, rest: int) -> float:
    """What the delta count would be had the pad not been touched when the chip calibrated.

    ``calibration`` is the capacitance that the chip balances (in its own unit), ``rest`` that of
    the untouched pad. The chip counts from what it balances: a press that it has taken for its
    zero is missing in the delta, and is as large as the difference of the two.
    """
    return (COUNTS_PER_SHARE * (calibration - rest) + delta * calibration) / rest


class Cap1203Pads:
    """Head, thoracic and sacrum pad as CS1, CS2, CS3.

    The first bring-up (hands off) lets the chip calibrate, and keeps the capacitance it has
    found. The chip calibrates by itself when it gets power: after a re-plug while the dowel is
    worn, the kept values tell how much of each pad's zero is the person.

    Args:
        bus: The dowel's bus.
        clock: Bounds every wait, and stamps the samples.
        address: 0x28, the only one.
        close_level: A pad closes at this share of a full press; one for all, or one each.
        open_level: A closed pad opens below it.
        full_counts: Delta count of a full press.
        period_ms: Between two looks at the counts, but for 25 ms after a change: then none is
            needed. Calls in between cost nothing.

    Raises:
        ValueError: A setting that cannot be.
    """

    name = NAME
    addresses: ClassVar[tuple[int, ...]] = (DEFAULT_ADDRESS,)

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        address: int = DEFAULT_ADDRESS,
        *,
        close_level: Levels = 0.10,
        open_level: Levels = 0.05,
        full_counts: float = 100.0,
        period_ms: int = 5,
    ) -> None:
        check_address(NAME, address, self.addresses)
        if not 10.0 <= full_counts <= 127.0:
            raise ValueError(f"{NAME} full press {full_counts} counts, allowed: 10 to 127")
        if not 1 <= period_ms <= CYCLE_MS:
            raise ValueError(f"{NAME} period {period_ms} ms, allowed: 1 to {CYCLE_MS}")
        self.address = address
        self.identity = ""
        self._full_counts = full_counts
        self._period_ns = period_ms * MS
        # The chip's base follows an untouched pad only: for a closed one it must be touched.
        self._threshold = max(1, round(min(each(open_level)) * full_counts))
        self._clock = clock
        self._link = Link(bus, NAME, address)
        self._logic = PadLogic(close_level, open_level, track_s=TRACK_S)
        self._rest: tuple[int, ...] | None = None
        self._calibration = (0, 0, 0)
        self._worn = False
        self._due_ns = 0
        self._counts = b""
        self._told_ns = 0

    @property
    def retries(self) -> int:
        """Retries made so far."""
        return self._link.retries

    def bring_up(self) -> Steps:
        """From any state to sensing; every setting read back.

        Raises:
            BusFault: A transfer failed.
            WrongChip: Product and manufacturer are not 0x6D and 0x5D, or a setting does not
                read back.
            ChipTimeout: The calibration takes over a second.
            BadData: A pad cannot be calibrated, or its base is out of limits.
        """
        link = self._link
        who = link.read((_ID,), 3)
        if who[:2] != _EXPECTED:
            raise link.wrong_chip(
                "0xFD, 0xFE (product, manufacturer) read",
                got=f"0x{who[:2].hex().upper()}",
                expected=f"0x{_EXPECTED.hex().upper()}",
                check="Check which chip is fitted (a CAP1188 or CAP1208 may have 0x28, too).",
            )
        recalibration = bytes((0x2F, _RECALIBRATION, *[self._threshold] * _N))
        settings = (_SETTINGS, _NO_ALERT, _NO_BLOCKING, recalibration, _CONFIG_2)
        link.write(_ACTIVE, *settings)
        for message in settings:
            got = link.read((message[:1],), len(message) - 1)
            if got != message[1:]:
                raise link.wrong_chip(
                    f"settings from 0x{message[0]:02X} read back",
                    got=f"0x{got.hex().upper()}",
                    expected=f"0x{message[1:].hex().upper()}",
                    check="Check which chip is fitted, and for noise on the wires.",
                )
        if self._rest is None:
            link.write(_CALIBRATE)
        yield from self._calibrated()
        self._check_pads(link.read((_STATUS,), 1)[0])
        found = self._calibration = self._read_calibration(link.read)
        if found != self._read_calibration(link.read):
            raise link.bad_data(
                "calibration (0xB1..0xB3, 0xB9) read twice gave",
                got="two values",
                expected="the same",
                check="Check the cable: the wire changes bits.",
            )
        rest = found if self._rest is None else self._rest
        # Less than the kept value is no touch: the dowel has left something made of metal.
        self._rest = tuple(map(min, rest, found))
        self._worn = self._is_worn()
        self.identity = (
            f"product 0x6D, manufacturer 0x5D, revision 0x{who[2]:02X}, "
            f"calibration {' '.join(map(str, self._rest))}"
        )
        self._logic.forget_contact()
        self._due_ns = 0
        self._counts = b""

    def _calibrated(self) -> Steps:
        """Wait for the end of a calibration and one cycle more."""
        link, clock = self._link, self._clock
        limit_ns = clock.now_ns() + _CALIBRATION_LIMIT_NS
        while True:
            yield 20 * MS
            left = link.read((_CALIBRATING,), 1)[0] & 0x07
            if not left:
                break
            self._check_pads(link.read((_STATUS,), 1)[0])
            if clock.now_ns() >= limit_ns:
                raise link.timeout(
                    "calibration (0x26) after 1 s is",
                    got=f"0x{left:02X} (pad {_names(left)} not done)",
                    expected="0x00",
                    check="Look for noise (a lamp's dimmer, a charger) and check the pads' wires.",
                )
        yield _FIRST_CYCLE_NS

    def _check_pads(self, status: int) -> None:
        """Raise BadData for a pad whose calibration failed or whose base is out of limits.

        A status that no pad's own bit bears out has come wrongly over the wire.
        """
        link = self._link
        if status & _ACAL_FAIL and (pads := link.sample((_CALIBRATING,), 1)[0] & 0x07):
            raise link.bad_data(
                f"calibration of pad {_names(pads)}",
                got="failed (ACAL_FAIL)",
                expected="a pad that can be balanced",
                check=_WIRE,
            )
        if status & _BC_OUT and (pads := link.sample((_BASE_OUT,), 1)[0] & 0x07):
            raise link.bad_data(
                f"base count of pad {_names(pads)}",
                got="out of limits (BC_OUT)",
                expected="a base near the middle of its range",
                check=_WIRE,
            )

    def _read_calibration(self, read: _Read) -> tuple[int, int, int]:
        found = calibrations(read((_CALIBRATION,), _N), read((_CALIBRATION_LOW,), 1)[0])
        for name, value in zip(PADS, found, strict=True):
            if value not in _BALANCED:
                raise self._link.bad_data(
                    f"calibration of pad {name} is",
                    got=f"0x{value:03X}",
                    expected="more than 0x000 and less than 0x3FF (its ends)",
                    check=_WIRE,
                )
        return found

    def _is_worn(self) -> bool:
        """Whether a pad was touched when the chip calibrated: as much as closes a pad."""
        assert self._rest is not None  # kept by the bring-up
        return any(
            pressed_counts(0, now, rest) >= self._threshold
            for now, rest in zip(self._calibration, self._rest, strict=True)
        )

    def read(self) -> tuple[PadSample, ...]:
        """What has changed since the last cycle: the pads, or nothing.

        A pad whose count the chip has thrown away for noise is left out: its old count must
        not pass for a new one.

        Wire: 6 bytes a look, two or three looks a cycle, and 18 more with each new set of
        counts (settings still there? calibrated? noise? the same counts again?); 10 more while
        the dowel is worn since a re-plug.

        Raises:
            BusFault: A transfer failed, after its retries.
            BadData: The chip is back at its reset values, or a pad has lost its calibration.
        """
        now_ns = self._clock.now_ns()
        if now_ns < self._due_ns - 1 * MS:
            return ()
        link = self._link
        counts = link.sample((_COUNTS,), _N)
        t_ns = self._clock.now_ns()
        changed = counts != self._counts
        self._due_ns = now_ns + self._period_ns
        if not changed and t_ns - self._told_ns < CYCLE_MS * MS:
            return ()
        # After the counts: what they say holds only if the chip still has its settings.
        sampling = link.sample((_SAMPLING_AT,), 1)[0]
        if sampling != _SAMPLING:
            raise link.lost_power(
                "sampling register 0x24 is",
                got=f"0x{sampling:02X}",
                expected=f"0x{_SAMPLING:02X}",
            )
        self._check_pads(link.sample((_STATUS,), 1)[0])
        noisy = link.sample((_NOISE,), 1)[0]
        if self._worn:
            # After the counts, too: the chip may have calibrated anew since, never before.
            found = self._read_calibration(link.sample)
            if found != self._calibration and found != self._read_calibration(link.sample):
                return ()
            self._calibration = found
            self._worn = self._is_worn()
        # A count bears no mark and no check: what the wire has changed must not pass for one.
        if link.sample((_COUNTS,), _N) != counts:
            return ()
        if changed:
            self._due_ns = now_ns + QUIET_MS * MS
        self._counts, self._told_ns = counts, t_ns
        return tuple(
            self._logic.step(t_ns, pad, self._pressed(pad, delta) / self._full_counts)
            for pad, delta in enumerate(struct.unpack("3b", counts))
            if not noisy >> pad & 1
        )

    def _pressed(self, pad: int, delta: int) -> float:
        if not self._worn or self._rest is None:
            return float(delta)
        return pressed_counts(delta, self._calibration[pad], self._rest[pad])

    def rezero(self) -> None:
        """Take what each open pad reads now as its zero; closed pads keep theirs."""
        self._logic.rezero()

    def stop(self) -> None:
        """Deep sleep. Raises BusFault."""
        self._link.write(_SLEEP)


def _names(pads: int) -> str:
    return ", ".join(name for pad, name in enumerate(PADS) if pads >> pad & 1) or "unknown"
