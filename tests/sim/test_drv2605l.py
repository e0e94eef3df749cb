"""The simulated DRV2605L: registers, RTP, effects, and the motor that hangs on it."""

from __future__ import annotations

import pytest

from drivers.sim import VirtualClock, bus_with
from drivers.sim.chip import Violation
from drivers.sim.drv2605l import SimDrv2605l

MS = 1_000_000
RESET = {
    0x00: 0xE0, 0x01: 0x40, 0x02: 0x00, 0x03: 0x01, 0x04: 0x01, 0x05: 0x00, 0x0B: 0x00,
    0x0C: 0x00, 0x0D: 0x00, 0x10: 0x00, 0x11: 0x05, 0x12: 0x19, 0x13: 0xFF, 0x14: 0x19,
    0x15: 0xFF, 0x16: 0x3E, 0x17: 0x8C, 0x18: 0x0C, 0x19: 0x6C, 0x1A: 0x36, 0x1B: 0x93,
    0x1C: 0xF5, 0x1D: 0xA0, 0x1E: 0x20, 0x1F: 0x80, 0x20: 0x33, 0x21: 0x00, 0x22: 0x00,
}  # fmt: skip


class Rig:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.bus = bus_with("drv2605l", clock=self.clock)
        self.chip = self.bus.chip(SimDrv2605l)
        self.driven: list[tuple[float, int | None]] = []
        self.chip.on_drive = lambda level, for_ns: self.driven.append((level, for_ns))
        self.clock.advance(MS)

    def put(self, at: int, *values: int) -> None:
        self.bus.write(0x5A, bytes((at, *values)))

    def get(self, at: int, n: int = 1) -> bytes:
        return self.bus.write_read(0x5A, (bytes((at,)),), n)

    @property
    def level(self) -> float:
        return self.driven[-1][0] if self.driven else 0.0


def test_resets() -> None:
    rig = Rig()
    for at, value in RESET.items():
        assert rig.get(at)[0] == value, hex(at)
    assert rig.chip.violations == []


@pytest.mark.parametrize("at", [0x00, 0x21, 0x22])
def test_read_only(at: int) -> None:
    rig = Rig()
    rig.put(at, 0x55)
    assert rig.get(at)[0] == RESET[at]
    assert rig.chip.violations == [Violation("read_only", at, 0x55)]


@pytest.mark.parametrize("at", [0x23, 0x40, 0xFF])
def test_no_such_register(at: int) -> None:
    rig = Rig()
    rig.get(at)
    rig.put(at, 1)
    assert [v.kind for v in rig.chip.violations] == ["unknown_read", "unknown_write"]


@pytest.mark.parametrize(
    ("at", "bits"), [(0x01, 0x47), (0x03, 0x17), (0x0C, 0x01), (0x1E, 0xF1), (0x20, 0x7F)]
)
def test_it_keeps_its_bits_and_notes_the_others(at: int, bits: int) -> None:
    rig = Rig()
    rig.put(at, bits)
    assert rig.chip.violations == []
    rig.put(at, 0x7F if at == 0x01 else 0xFF)
    noted = bits if at == 0x01 else 0xFF
    assert [v.kind for v in rig.chip.violations] == ["reserved_bits"] * (noted != bits or at == 1)


@pytest.mark.parametrize(
    ("raw", "level"), [(0x00, 0.0), (0x7F, 1.0), (0x40, 64 / 127), (0x81, 1.0), (0xC0, 64 / 127)]
)
def test_in_real_time_mode_the_motor_follows(raw: int, level: float) -> None:
    rig = Rig()
    rig.put(0x01, 0x05, raw)
    assert rig.level == pytest.approx(level)
    rig.put(0x01, 0x45)  # standby
    assert rig.level == 0.0
    rig.put(0x01, 0x05)
    assert rig.level == pytest.approx(level)


def test_an_unsigned_input_when_asked() -> None:
    rig = Rig()
    rig.put(0x1D, 0xA8)
    rig.put(0x01, 0x05, 0xFF)
    assert rig.level == 1.0
    rig.put(0x02, 0x80)
    assert rig.level == pytest.approx(128 / 255)


def test_out_of_real_time_mode_nothing_follows() -> None:
    rig = Rig()
    rig.put(0x02, 0x7F)
    assert rig.level == 0.0


@pytest.mark.parametrize(
    ("slots", "ms"), [((1,), 100), ((15,), 750), ((16,), 1000), ((1, 0x85, 1), 250), ((0,), 0)]
)
def test_go_plays_the_slots_and_ends_by_itself(slots: tuple[int, ...], ms: int) -> None:
    rig = Rig()
    rig.put(0x01, 0x00)
    rig.put(0x04, *slots, 0)
    rig.put(0x0C, 1)
    if ms:
        assert rig.driven[-1] == (1.0, ms * MS)
        rig.clock.advance((ms - 1) * MS)
        assert rig.get(0x0C)[0] == 1
    rig.clock.advance(2 * MS)
    assert rig.get(0x0C)[0] == 0


def test_go_is_stopped_and_does_nothing_in_standby_or_without_a_library() -> None:
    rig = Rig()
    rig.put(0x0C, 1)  # in standby since its power
    assert rig.level == 0.0
    rig.put(0x01, 0x00)
    rig.put(0x0C, 1)
    assert rig.level == 1.0
    rig.put(0x0C, 0)
    assert rig.level == 0.0
    rig.put(0x03, 0x00)
    rig.put(0x0C, 1)
    assert rig.level == 0.0


def test_a_reset_takes_its_time_and_loses_what_is_written_meanwhile() -> None:
    rig = Rig()
    rig.put(0x01, 0x05, 0x7F)
    rig.put(0x16, 0x11)
    rig.put(0x01, 0x80)
    assert rig.level == 0.0
    assert rig.get(0x01)[0] & 0x80
    rig.put(0x17, 0x22)
    assert [v.kind for v in rig.chip.violations] == ["protocol"]
    rig.clock.advance(MS)
    assert (rig.get(0x01)[0], rig.get(0x16, 2)) == (0x40, b"\x3e\x8c")


def test_what_trips_is_told_once_and_stops_the_motor() -> None:
    rig = Rig()
    rig.chip.motor_shorted = True
    rig.put(0x01, 0x05, 0x7F)
    assert rig.level == 0.0
    assert rig.get(0x00)[0] == 0xE1
    assert rig.get(0x00)[0] == 0xE0
    rig.chip.motor_shorted = False
    rig.put(0x02, 0x7F)
    assert rig.level == 1.0
    rig.chip.overheat()
    assert (rig.level, rig.get(0x00)[0]) == (0.0, 0xE2)


def test_without_power_the_motor_stands() -> None:
    rig = Rig()
    rig.put(0x01, 0x05, 0x7F)
    rig.chip.unplug()
    assert rig.level == 0.0
    rig.chip.plug()
    rig.clock.advance(MS)
    assert rig.get(0x01)[0] == 0x40
    rig.put(0x01, 0x05, 0x7F)
    rig.chip.power_cycle()
    assert rig.level == 0.0


def test_a_motor_that_stands_still_whatever_it_is_told() -> None:
    rig = Rig()
    rig.chip.stick(True)
    rig.put(0x01, 0x05, 0x7F)
    assert rig.level == 0.0
    rig.chip.stick(False)
    rig.put(0x02, 0x7F)
    assert rig.level == 1.0
