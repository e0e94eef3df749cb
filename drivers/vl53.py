"""ST's VL53L1X family of time-of-flight rangers: bring-up, reading, stopping, calibration.

The parts share a register map, the result block, its status codes and the clear. What makes one
of them different is its ``Variant`` and, for the settings chosen, its ``Program``: one file each.

Registers: ST's ultra-lite drivers (ULD) for VL53L1X (3.5.0) and VL53L4CD, and the register map.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple, TypedDict

from drivers.bus import Bus
from drivers.clock import Clock
from drivers.link import NACKS, Link
from drivers.samples import Steps, TofSample
from drivers.stuck import Sameness
from drivers.vl53_due import Due
from drivers.vl53_result import RESULT_BYTES, decode
from drivers.vl53_wire import ReadyWire

DEFAULT_ADDRESS = 0x29
MS = 1_000_000
PERIOD_MAX_MS = 5000

_READY = b"\x00\x31"
_RESULT = b"\x00\x89"
_CLEAR = b"\x00\x86\x01"
_FIRST_START = b"\x00\x87\x40"
_STOP = b"\x00\x87\x00"

_BOOT_LIMIT_NS = 500 * MS
_FIRST_RANGE_LIMIT_NS = 400 * MS
_POLL_NS = 1 * MS
_RANGE_POLL_NS = 5 * MS


class Variant(NamedTuple):
    """What sets one part of the family apart, whatever it is told to do."""

    model: bytes
    """Model id and module type, 0x010F and 0x0110."""
    defaults: bytes
    """ST's default configuration, 0x2D..0x87: stopped, an interrupt on each new range."""
    after_first_range: tuple[bytes, ...]
    """Writes once the SPADs' supply (VHV) is calibrated."""
    ticks_per_ms: float
    """0x006C counts so many times the oscillator calibration (0x00DE) in a millisecond."""
    drops_first: bool
    """The first range after a start is no sample."""
    peak_signal: bool
    """The signal is 0x008E, as received; else 0x0098, without crosstalk."""

    @property
    def ready_level(self) -> bool:
        """GPIO1, and bit 0 of 0x31, while a range waits: bit 4 of 0x30 makes it low."""
        return not self.defaults[0x30 - 0x2D] & 0x10


class Timing(NamedTuple):
    """Which budgets and periods a part can keep, in ms."""

    budgets_ms: Sequence[int]
    pause_ms: int
    """The next range starts late, or skips, unless period - budget is at least this."""
    unpaused: bool
    """A period equal to the budget is allowed too: each range at once after the other."""

    @property
    def budgets(self) -> str:
        """The allowed budgets in words."""
        if isinstance(self.budgets_ms, range):
            return f"{self.budgets_ms[0]} to {self.budgets_ms[-1]}"
        return ", ".join(map(str, self.budgets_ms))

    def keeps(self, budget_ms: int, period_ms: int) -> bool:
        """Whether ranges of ``budget_ms`` come every ``period_ms``."""
        if self.unpaused and period_ms == budget_ms:
            return True
        return budget_ms + self.pause_ms <= period_ms <= PERIOD_MAX_MS

    def check(self, name: str, budget_ms: int, period_ms: int) -> None:
        """Raises ValueError; says what is allowed."""
        if budget_ms not in self.budgets_ms:
            raise ValueError(f"{name} timing budget {budget_ms} ms, allowed: {self.budgets}")
        if not self.keeps(budget_ms, period_ms):
            same = f"{budget_ms}, or " if self.unpaused else ""
            raise ValueError(
                f"{name} inter-measurement {period_ms} ms with a budget of {budget_ms} ms, "
                f"allowed: {same}{budget_ms + self.pause_ms} to {PERIOD_MAX_MS}"
            )


class Program(NamedTuple):
    """What a part is told for the settings that were chosen."""

    settings: Callable[[int], Sequence[bytes]]
    """Writes, from the oscillator's frequency (0x0006, 4.12 fixed point MHz)."""
    period_ms: int
    timed: bool
    """Ranges start by the inter-measurement timer; else each at once after the other."""
    start: int
    """What 0x87 starts with."""


class Fitted(TypedDict, total=False):
    """How a ranger is fitted, the same for all parts.

    offset_mm: Added to every range in place of the factory's offset; None keeps that one.
    crosstalk_kcps: Per SPAD, of a cover glass; None keeps 0.
    gpio1: Level of the GPIO1 pin; None: not wired, register 0x31 is polled.
    xshut: Sets the XSHUT pin (False: reset); None: not wired.
    say: Gets a line when GPIO1 turns out not to work.
    """

    offset_mm: float | None
    crosstalk_kcps: float | None
    gpio1: Callable[[], bool] | None
    xshut: Callable[[bool], None] | None
    say: Callable[[str], None]


class Vl53:
    """One ranger that ranges by itself. Its parts' classes say what can be chosen.

    Args:
        bus: The wall's bus.
        clock: Bounds every wait, and stamps the samples.
        address: 7 bits. Another than 0x29 is given to the chip in its bring-up, which needs
            ``xshut`` and every other ranger at 0x29 held in reset (``hold``) meanwhile.
        program: What it is told.
        offset_mm: This and the following are those of ``Fitted``.

    Raises:
        ValueError: A setting the chip does not have; says what is allowed.
    """

    name: str
    addresses: ClassVar[tuple[int, ...]] = (DEFAULT_ADDRESS,)
    """Where it is found; a ranger may be given any other."""
    variant: ClassVar[Variant]
    timing: ClassVar[Timing]
    """Of the distance mode it starts with."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        address: int,
        program: Program,
        *,
        offset_mm: float | None = None,
        crosstalk_kcps: float | None = None,
        gpio1: Callable[[], bool] | None = None,
        xshut: Callable[[bool], None] | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        if offset_mm is not None and not -1024.0 <= offset_mm <= 1023.75:
            raise ValueError(f"{self.name} offset {offset_mm} mm, allowed: -1024 to 1023.75")
        if crosstalk_kcps is not None and not 0.0 <= crosstalk_kcps < 128.0:
            raise ValueError(f"{self.name} crosstalk {crosstalk_kcps} kcps, allowed: 0 to 127.99")
        if address != DEFAULT_ADDRESS and (xshut is None or not 0x08 <= address <= 0x77):
            raise ValueError(
                f"{self.name} address 0x{address:02X}, allowed: 0x29, or 0x08 to 0x77 with an "
                "XSHUT pin"
            )
        self.address = address
        self.identity = ""
        self.placed = False
        """It answers at an address of its own: another ranger may wake up at 0x29."""
        self.period_ns = program.period_ms * MS
        self._program = program
        self._offset_mm = offset_mm
        self._crosstalk_kcps = crosstalk_kcps
        self._xshut = xshut
        self._clock = clock
        self._bus = bus
        self._link = Link(bus, self.name, address, index_bytes=2)
        self._same = Sameness(self._link)
        self._due = Due(self.period_ns)
        self._wire: ReadyWire | None = None
        if gpio1 is not None:
            where = f"{self.name} at 0x{address:02X} on {bus.name}"
            ready_level = self.variant.ready_level
            self._wire = ReadyWire(gpio1, ready_level, self.period_ns, where, say)
        # Bit 0 of 0x31 while no range waits.
        self._idle_bit = 0 if self.variant.ready_level else 1
        self._clear_and_start = _CLEAR + bytes((program.start,))
        self._stall_ns = max(100 * MS, 4 * self.period_ns)
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

    # -- bring-up ------------------------------------------------------------------------

    def _check_free(self) -> None:
        """While this chip is held in reset nobody may answer at 0x29: it would be moved too, and
        two chips at one address read as the AND of their numbers."""
        try:
            self._bus.write_read(DEFAULT_ADDRESS, (b"\x01\x0f",), 2)
        except OSError as error:
            if error.errno in NACKS:
                return
            raise self._link.fault("read", b"\x01\x0f", error) from error
        raise self._link.wrong_chip(
            "at 0x29, while XSHUT holds this one in reset, there is",
            got="an answer",
            expected="none",
            check="Another ranger has lost its address, or XSHUT is not wired to this one.",
        )

    def bring_up(self) -> Steps:
        """From any state to ranging.

        Raises:
            BusFault: A transfer failed.
            WrongChip: The identification is another part's.
            ChipTimeout: It did not boot, or its first range never came.
            BadData: It has no oscillator calibration.
        """
        link, clock, variant = self._link, self._clock, self.variant
        self.placed = False
        if self._xshut is not None:
            self._xshut(False)
            yield 1 * MS
            if self.address != DEFAULT_ADDRESS:
                self._check_free()
            self._xshut(True)
            yield 2 * MS
            if self.address != DEFAULT_ADDRESS:
                moved = bytes((0x00, 0x01, self.address))
                Link(self._bus, self.name, DEFAULT_ADDRESS, index_bytes=2).write(moved)
                self.placed = True
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
        model = link.read((b"\x01\x0f",), 3)
        if model[:2] != variant.model:
            raise link.wrong_chip(
                "model id",
                got=f"0x{model[:2].hex().upper()}",
                expected=f"0x{variant.model.hex().upper()}",
                check="Check the cable and XSHUT, and which chip is fitted.",
            )
        # Settings are changed while stopped; a program before us may have left it ranging.
        link.write(_STOP)
        link.write(b"\x00\x2d" + variant.defaults)
        yield from self._first_range()
        osc = int.from_bytes(link.read((b"\x00\x06",), 2), "big")
        pll = int.from_bytes(link.read((b"\x00\xde",), 2), "big") & 0x3FF
        if osc == 0 or pll == 0:
            raise link.bad_data(
                "oscillator frequency and calibration",
                got=f"0x{osc:04X} and {pll}",
                expected="about 0xB000 and 36",
                check="Power the chip off and on.",
            )
        self.identity = (
            f"model 0x{model[:2].hex().upper()}, revision 0x{model[2]:02X}, "
            f"oscillator 0x{osc:04X}, calibration {pll}"
        )
        link.write(*variant.after_first_range, *self._program.settings(osc), *self._calibration())
        ticks = 0
        if self._program.timed:
            ticks = int(pll * self._program.period_ms * variant.ticks_per_ms)
        link.write(b"\x00\x6c" + ticks.to_bytes(4, "big"), self._clear_and_start)
        self._stream = None
        self._new_ns = clock.now_ns()
        self._due.start(self._new_ns)
        if self._wire is not None:
            self._wire.start(self._new_ns)

    def _first_range(self) -> Steps:
        """One range with ST's defaults: it calibrates the SPADs' supply (VHV)."""
        link, clock = self._link, self._clock
        link.write(_FIRST_START)
        limit_ns = clock.now_ns() + _FIRST_RANGE_LIMIT_NS
        while link.read((_READY,), 1)[0] & 0x01 == self._idle_bit:
            if clock.now_ns() >= limit_ns:
                raise link.timeout(
                    "the first range after 400 ms is",
                    got="not there",
                    expected="ready within about 103 ms",
                    check="Check the supply (the laser's peaks), then power it off and on.",
                )
            yield _RANGE_POLL_NS
        link.write(_CLEAR, _STOP)

    def _calibration(self) -> list[bytes]:
        messages = []
        if self._offset_mm is not None:
            # s11.2. Inner and outer offsets become 0, as ULD does: one number then says it all.
            part = round(self._offset_mm * 4) & 0x1FFF
            messages.append(b"\x00\x1e" + part.to_bytes(2, "big") + bytes(4))
        if self._crosstalk_kcps is not None:
            plane = min(0xFFFF, round(self._crosstalk_kcps * 512))  # 7.9; no gradients
            messages.append(b"\x00\x16" + plane.to_bytes(2, "big") + bytes(4))
        return messages

    # -- sampling ------------------------------------------------------------------------

    def read(self) -> TofSample | None:
        """The new ranging, or None when there is none since the last read.

        Wire: with GPIO1 25 bytes a sample, clear and result in one transaction. Without it
        nothing until a sample may be due, then 5 bytes a poll of 0x31 and the same 25. The
        clear comes first because a Pi 0-4 takes one read, last; results stand until the next
        range ends (a budget later at least), and should that happen in between, the repeated
        stream count shows it.

        Raises:
            BusFault: A transfer failed, after its retries.
            ChipTimeout: No new range for 4 periods (at least 100 ms).
            BadData: The chip is back at its reset values, or its ranges are all the same.
        """
        now_ns = self._clock.now_ns()
        told = False
        if (wire := self._wire) is None or not wire.works:
            if now_ns < self._due.ns:
                return None
            wire = None
            if not self._poll():
                self._due.not_yet(now_ns)
                self._check_alive(now_ns)
                return None
        elif not (told := wire.ready()) and not (wire.overdue(now_ns) and self._poll()):
            self._check_alive(now_ns)
            return None
        raw = self._link.sample((_CLEAR, _RESULT), RESULT_BYTES)
        t_ns = self._clock.now_ns()
        stream, before = raw[2], self._stream
        if stream == before or not raw[0] & 0x1F:
            if wire is not None and told:
                self._check_ranging()
                wire.repeated()
            self._check_alive(t_ns)
            return None
        self._stream = stream
        self._new_ns = t_ns
        if wire is not None:
            wire.came(t_ns, told=told)
        else:
            # The count runs to 255 once, and from 128 to 255 from then on.
            self._due.came(now_ns, 1 if before is None else (stream - before) % 128)
        if before is None and self.variant.drops_first:
            return None
        sample = decode(raw, t_ns, first=before is None, peak=self.variant.peak_signal)
        if sample.valid:  # in the dark, with nothing there, figures may well be the same
            self._same.check((raw[3:],))
        return sample

    def _poll(self) -> bool:
        return self._link.sample((_READY,), 1)[0] & 0x01 != self._idle_bit

    def _check_alive(self, now_ns: int) -> None:
        quiet_ns = now_ns - self._new_ns
        if quiet_ns < self._stall_ns:
            return
        self._check_ranging()
        raise self._link.timeout(
            f"no new range for {quiet_ns // MS} ms,",
            got=f"stream count {self._stream}",
            expected=f"one every {self.period_ns // MS} ms",
            check="Check the pull-ups (1 to 1.5 k) and the supply; then reset it by XSHUT.",
        )

    def _check_ranging(self) -> None:
        mode, start = self._link.sample((b"\x00\x87",), 1)[0], self._program.start
        if mode != start:
            raise self._link.lost_power(
                "mode register 0x87 is",
                got=f"0x{mode:02X}",
                expected=f"0x{start:02X} (ranging)",
            )

    def stop(self) -> None:
        """Stop ranging. Raises BusFault."""
        self._link.write(_STOP)
