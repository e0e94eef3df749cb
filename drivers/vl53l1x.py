"""VL53L1X time-of-flight ranger.

Registers: ST's VL53L1X ultra-lite driver (ULD 3.5.0), its register map, and DocID031281.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Literal

from drivers.bus import Bus
from drivers.clock import Clock
from drivers.link import Link
from drivers.samples import Steps, TofSample

NAME = "VL53L1X"
DEFAULT_ADDRESS = 0x29
MS = 1_000_000

DistanceMode = Literal["short", "long"]

# ST's default configuration, 0x2D..0x87 (ULD 3.5.0). It means long mode, 100 ms budget, a
# range every 103 ms, an active-high interrupt on each new sample, and stopped.
_DEFAULTS = bytes.fromhex(
    "00000001020002080008100101000000"
    "00FF000F0000000000200B0000020A21"
    "00000500000000C8000038FF01000800"
    "0001CC0F01F10D01680080"
    "08B8000000"
    "000F89000000000000"
    "00010F0D0E0E00"
    "0002C7FF9B000000010000"
)
# mode -> 0x4B, 0x60, 0x63, 0x69, 0x78 (2 bytes), 0x7A (2 bytes)
_MODES: dict[str, tuple[int, int, int, int, bytes]] = {
    "short": (0x14, 0x07, 0x05, 0x38, bytes.fromhex("07050606")),
    "long": (0x0A, 0x0F, 0x0D, 0xB8, bytes.fromhex("0F0D0E0E")),
}
# mode -> budget in ms -> RANGE_CONFIG__TIMEOUT_MACROP_A, _B (ULD's table)
_BUDGETS: dict[str, dict[int, tuple[int, int]]] = {
    "short": {
        15: (0x001D, 0x0027),
        20: (0x0051, 0x006E),
        33: (0x00D6, 0x006E),
        50: (0x01AE, 0x01E8),
        100: (0x02E1, 0x0388),
        200: (0x03E1, 0x0496),
        500: (0x0591, 0x05C1),
    },
    "long": {
        20: (0x001E, 0x0022),
        33: (0x0060, 0x006E),
        50: (0x00AD, 0x00C6),
        100: (0x01CC, 0x01EA),
        200: (0x02D9, 0x02F8),
        500: (0x048F, 0x04A4),
    },
}
INTER_MARGIN_MS = 4
"""The next range starts late, or skips, unless this much lies between budget and period."""
INTER_MAX_MS = 5000

# Raw device status (0x0089 & 0x1F) -> ULD's code. ULD has 255 for the raw codes 1, 2 and 17;
# ST's full driver calls them hardware failures, and so they are here.
_UNKNOWN = 255
STATUS = {
    1: 5,
    2: 5,
    3: 5,
    4: 2,
    5: 4,
    6: 1,
    7: 7,
    8: 3,
    9: 0,
    12: 9,
    13: 13,
    17: 5,
    18: 10,
    19: 6,
    22: 11,
    23: 12,
}
STATUS_VALID = 0
STATUS_NO_WRAP_CHECK = 6

# Dark, shiny or slanted targets give 0-30 mm with status 0 (stm32duino/VL53L1X issue 7).
MAX_SIGMA_MM = 30.0
MIN_SIGNAL_KCPS = 100.0
NEAR_MM = 40.0
NEAR_MIN_SIGNAL_KCPS = 2000.0
"""A real surface nearer than NEAR_MM floods the receiver; a weak echo from there is none."""

_READY = b"\x00\x31"
_RESULT = b"\x00\x89"
_CLEAR = b"\x00\x86\x01"
_CLEAR_AND_START = b"\x00\x86\x01\x40"
_START = b"\x00\x87\x40"
_STOP = b"\x00\x87\x00"
_RESULT_FORMAT = struct.Struct(">BBBHHHHHhH")
_RATE = 1000.0 / 128.0  # 9.7 fixed point Mcps -> kcps

_BOOT_LIMIT_NS = 500 * MS
_FIRST_RANGE_LIMIT_NS = 400 * MS
_POLL_NS = 1 * MS
_RANGE_POLL_NS = 5 * MS


def decode(raw: bytes, t_ns: int, *, first: bool) -> TofSample:
    """The 17 bytes from 0x0089 as a sample.

    ``first`` is the first ranging after a start: its wrap check is not possible, and status
    6 (raw 19, or raw 9 with stream count 0) is accepted from it alone.
    The range is ULD's: millimetres as they stand, without the full driver's 2011/2048 gain
    (docs/decisions/0002-vl53l1x-gain.md).
    """
    device, _report, stream, spads, _peak, ambient, sigma, _phase, range_mm, signal = (
        _RESULT_FORMAT.unpack(raw)
    )
    code = device & 0x1F  # the bits above are flags: threshold hits and the parameter hold's id
    status = STATUS.get(code, _UNKNOWN)
    if status == STATUS_VALID and stream == 0:
        status = STATUS_NO_WRAP_CHECK
    signal_kcps = signal * _RATE
    sigma_mm = sigma / 4.0
    trusted = status == STATUS_VALID or (first and status == STATUS_NO_WRAP_CHECK)
    valid = (
        trusted
        and range_mm > 0
        and sigma_mm <= MAX_SIGMA_MM
        and signal_kcps >= (NEAR_MIN_SIGNAL_KCPS if range_mm < NEAR_MM else MIN_SIGNAL_KCPS)
    )
    return TofSample(
        t_ns,
        float(range_mm),
        valid,
        status,
        signal_kcps,
        ambient * _RATE,
        sigma_mm,
        spads / 256.0,
        stream,
    )


class Vl53l1x:
    """One ranger that ranges by itself every ``inter_measurement_ms``.

    Args:
        bus: The wall's bus.
        clock: Bounds every wait, and stamps the samples.
        address: 7 bits. Another than 0x29 is given to the chip in its bring-up, which needs
            ``xshut`` and every other ranger at 0x29 held in reset (``hold``) meanwhile.
        distance_mode: ``short`` (1.36 m, robust in daylight) or ``long`` (4 m in the dark).
        timing_budget_ms: One of ULD's table for the mode.
        inter_measurement_ms: At least the budget + 4 ms.
        offset_mm: Replaces the factory's offset; None keeps it.
        crosstalk_kcps: Per SPAD, of a cover glass; None keeps 0.
        ready: Level of GPIO1 (True: a sample waits); None: register 0x31 is polled.
        xshut: Sets the XSHUT pin (False: reset); None: not wired.

    Raises:
        ValueError: A setting the chip does not have; says what is allowed.
    """

    name = NAME

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        address: int = DEFAULT_ADDRESS,
        *,
        distance_mode: DistanceMode = "short",
        timing_budget_ms: int = 20,
        inter_measurement_ms: int = 24,
        offset_mm: float | None = None,
        crosstalk_kcps: float | None = None,
        ready: Callable[[], bool] | None = None,
        xshut: Callable[[bool], None] | None = None,
    ) -> None:
        if distance_mode not in _MODES:
            raise ValueError(f"{NAME} distance mode {distance_mode!r}, allowed: short, long")
        budgets = _BUDGETS[distance_mode]
        if timing_budget_ms not in budgets:
            raise ValueError(
                f"{NAME} timing budget {timing_budget_ms} ms in {distance_mode} mode, "
                f"allowed: {', '.join(map(str, budgets))}"
            )
        shortest = timing_budget_ms + INTER_MARGIN_MS
        if not shortest <= inter_measurement_ms <= INTER_MAX_MS:
            raise ValueError(
                f"{NAME} inter-measurement {inter_measurement_ms} ms with a budget of "
                f"{timing_budget_ms} ms, allowed: {shortest} to {INTER_MAX_MS}"
            )
        if offset_mm is not None and not -1024.0 <= offset_mm <= 1023.75:
            raise ValueError(f"{NAME} offset {offset_mm} mm, allowed: -1024 to 1023.75")
        if crosstalk_kcps is not None and not 0.0 <= crosstalk_kcps < 128.0:
            raise ValueError(f"{NAME} crosstalk {crosstalk_kcps} kcps, allowed: 0 to 127.99")
        if address != DEFAULT_ADDRESS and (xshut is None or not 0x08 <= address <= 0x77):
            raise ValueError(
                f"{NAME} address 0x{address:02X}, allowed: 0x29, or 0x08 to 0x77 with an XSHUT pin"
            )
        self.address = address
        self.identity = ""
        self.period_ns = inter_measurement_ms * MS
        self._inter_measurement_ms = inter_measurement_ms
        self._mode = _MODES[distance_mode]
        self._budget = budgets[timing_budget_ms]
        self._offset_mm = offset_mm
        self._crosstalk_kcps = crosstalk_kcps
        self._gpio_ready = ready
        self._xshut = xshut
        self._clock = clock
        self._bus = bus
        self._link = Link(bus, NAME, address, index_bytes=2)
        # A poll before period - margin cannot find a sample: 6 % covers the oscillator.
        self._margin_ns = self.period_ns * 6 // 100
        self._stall_ns = max(100 * MS, 4 * self.period_ns)
        self._due_ns = 0
        self._not_before_ns = 0
        self._new_ns = 0
        self._stream: int | None = None

    @property
    def retries(self) -> int:
        """Retries made so far."""
        return self._link.retries

    def hold(self) -> None:
        """Hold the chip in reset by XSHUT until its bring-up. Without the pin: nothing."""
        if self._xshut is not None:
            self._xshut(False)

    def bring_up(self) -> Steps:
        """From any state to ranging.

        Raises:
            BusFault: A transfer failed.
            WrongChip: The identification is not 0xEACC.
            ChipTimeout: It did not boot, or its first range never came.
            BadData: It has no oscillator calibration.
        """
        link, clock = self._link, self._clock
        if self._xshut is not None:
            self._xshut(False)
            yield 1 * MS
            self._xshut(True)
            yield 2 * MS
            if self.address != DEFAULT_ADDRESS:
                Link(self._bus, NAME, DEFAULT_ADDRESS, index_bytes=2).write(
                    bytes((0x00, 0x01, self.address))
                )
        limit_ns = clock.now_ns() + _BOOT_LIMIT_NS
        while not (state := link.read((b"\x00\xe5",), 1)[0]) & 0x01:
            if clock.now_ns() >= limit_ns:
                raise link.timeout(
                    "boot state after 500 ms is",
                    got=f"0x{state:02X}",
                    expected="bit 0 set",
                    check="Check the supply and XSHUT.",
                )
            yield _POLL_NS
        model = link.read((b"\x01\x0f",), 2)
        if model != b"\xea\xcc":
            raise link.wrong_chip(
                "model id",
                got=f"0x{model.hex().upper()}",
                expected="0xEACC",
                check="Check the cable and XSHUT, and which chip is fitted.",
            )
        # Settings are changed while stopped; a program before us may have left it ranging.
        link.write(_STOP)
        link.write(b"\x00\x2d" + _DEFAULTS)
        yield from self._first_range()
        # From here on: two loop bounds, and start from the temperature of that first range.
        link.write(b"\x00\x08\x09", b"\x00\x0b\x00", *self._settings())
        if self._offset_mm is not None or self._crosstalk_kcps is not None:
            link.write(*self._calibration())
        pll = int.from_bytes(link.read((b"\x00\xde",), 2), "big") & 0x3FF
        if pll == 0:
            raise link.bad_data(
                "oscillator calibration",
                got="0",
                expected="about 36",
                check="Power the chip off and on.",
            )
        self.identity = f"model 0x{model.hex().upper()}, oscillator {pll}"
        counts = int(pll * self._inter_measurement_ms * 1.075)
        link.write(b"\x00\x6c" + counts.to_bytes(4, "big"), _CLEAR_AND_START)
        self._stream = None
        self._new_ns = self._due_ns = self._not_before_ns = clock.now_ns()

    def _first_range(self) -> Steps:
        """One range with ST's defaults: it calibrates the SPADs' supply (VHV)."""
        link, clock = self._link, self._clock
        link.write(_START)
        limit_ns = clock.now_ns() + _FIRST_RANGE_LIMIT_NS
        while not link.read((_READY,), 1)[0] & 0x01:
            if clock.now_ns() >= limit_ns:
                raise link.timeout(
                    "the first range after 400 ms is",
                    got="not there",
                    expected="ready within about 103 ms",
                    check="Check the supply (the laser's peaks), then power it off and on.",
                )
            yield _RANGE_POLL_NS
        link.write(_CLEAR, _STOP)

    def _settings(self) -> tuple[bytes, ...]:
        phasecal, period_a, period_b, phase_high, sd = self._mode
        macro_a, macro_b = self._budget
        ranging = struct.pack(">HBHB", macro_a, period_a, macro_b, period_b)
        return (
            bytes((0x00, 0x4B, phasecal)),
            b"\x00\x5e" + ranging,
            bytes((0x00, 0x69, phase_high)),
            b"\x00\x78" + sd,
        )

    def _calibration(self) -> list[bytes]:
        messages = []
        if self._offset_mm is not None:
            part = round(self._offset_mm * 4) & 0x1FFF
            # Inner and outer offsets become 0, as ULD does: one number then says it all.
            messages.append(b"\x00\x1e" + struct.pack(">HHH", part, 0, 0))
        if self._crosstalk_kcps is not None:
            plane = min(0xFFFF, round(self._crosstalk_kcps * 512))
            messages.append(b"\x00\x16" + struct.pack(">HHH", plane, 0, 0))
        return messages

    def read(self) -> TofSample | None:
        """The new ranging, or None when there is none since the last read.

        Wire: nothing until a sample may be due, then 5 bytes a poll of 0x31 (none with
        GPIO1), then 25 bytes for clear and result together. The clear comes first because a
        Pi 0-4 takes one read, last; results stand until the next range ends (20 ms later at
        least), and should that happen in between, the repeated stream count shows it.

        Raises:
            BusFault: A transfer failed, after its retries.
            ChipTimeout: No new range for 4 periods (at least 100 ms).
            BadData: The chip is back at its reset values.
        """
        now_ns = self._clock.now_ns()
        if self._gpio_ready is not None:
            if not self._gpio_ready():
                self._check_alive(now_ns)
                return None
        else:
            if now_ns < self._due_ns:
                return None
            if not self._link.sample((_READY,), 1)[0] & 0x01:
                self._not_before_ns = now_ns
                self._check_alive(now_ns)
                return None
        raw = self._link.sample((_CLEAR, _RESULT), 17)
        t_ns = self._clock.now_ns()
        first = self._stream is None
        if raw[2] == self._stream or not raw[0] & 0x1F:
            self._check_alive(t_ns)
            return None
        self._stream = raw[2]
        self._new_ns = t_ns
        # It came after the last poll that found nothing (or else after it was due), so the next
        # comes a period after that. Counting from now would add up the ticks' lateness.
        self._due_ns = self._not_before_ns + self.period_ns - self._margin_ns
        self._not_before_ns = self._due_ns
        return decode(raw, t_ns, first=first)

    def _check_alive(self, now_ns: int) -> None:
        quiet_ns = now_ns - self._new_ns
        if quiet_ns < self._stall_ns:
            return
        mode = self._link.sample((b"\x00\x87",), 1)[0]
        if mode != 0x40:
            raise self._link.bad_data(
                "mode register 0x87 is",
                got=f"0x{mode:02X}",
                expected="0x40 (ranging)",
                check="It lost its power for a moment: check the plug and the supply.",
            )
        raise self._link.timeout(
            f"no new range for {quiet_ns // MS} ms,",
            got=f"stream count {self._stream}",
            expected=f"one every {self.period_ns // MS} ms",
            check="Check the pull-ups (1 to 1.5 k) and the supply; then reset it by XSHUT.",
        )

    def stop(self) -> None:
        """Stop ranging. Raises BusFault."""
        self._link.write(_STOP)
