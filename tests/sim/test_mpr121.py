"""The simulated MPR121: run and stop, autoconfig, touch, baseline, faults."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.sim import VirtualClock, bus_with
from drivers.sim.mpr121 import SimMpr121
from tests.sim.worlds import World

OPEN = (0.0, 0.0, 0.0)


class Rig:
    def __init__(self, world: World | None = None, seed: int = 0) -> None:
        self.clock = VirtualClock()
        self.world = world or World()
        self.bus = bus_with("mpr121", clock=self.clock, scene=self.world, seed=seed)
        self.chip = self.bus.chip(SimMpr121)

    def put(self, at: int, *values: int) -> None:
        self.bus.write(0x5A, bytes((at, *values)))

    def get(self, at: int, n: int = 1) -> bytes:
        return self.bus.write_read(0x5A, (bytes((at,)),), n)

    def start(self, ecr: int = 0xC3, cdt: int = 0x20, debounce: int = 0x11) -> None:
        """Three electrodes, autoconfig for 3.3 V, thresholds 12 / 6."""
        self.put(0x80, 0x63)
        self.put(0x2B, 1, 1, 0x0E, 0, 1, 5, 1, 0, 0, 0, 0)
        self.put(0x41, *(12, 6) * 13)
        self.put(0x5B, debounce)
        self.put(0x5D, cdt)
        self.put(0x7B, 0x0B, 0x00, 201, 130, 181)
        self.put(0x5E, ecr)

    def wait_ms(self, ms: float) -> None:
        self.clock.advance(int(ms * 1e6))

    def status(self) -> int:
        return int.from_bytes(self.get(0x00, 2), "little")

    def data(self) -> list[int]:
        raw = self.get(0x04, 6)
        return [raw[i] | raw[i + 1] << 8 for i in (0, 2, 4)]

    def baseline(self) -> list[int]:
        return [v << 2 for v in self.get(0x1E, 3)]


def test_soft_reset_values() -> None:
    rig = Rig()
    rig.start()
    rig.put(0x80, 0x63)
    assert rig.get(0x5C, 3) == b"\x10\x24\x00"
    assert rig.get(0x41, 24) == bytes(24)
    assert rig.chip.violations == []
    rig.put(0x80, 0x62)
    assert [v.kind for v in rig.chip.violations] == ["reserved_bits"]


def test_nothing_moves_in_stop_mode() -> None:
    rig = Rig(World(force_n=(5.0, 5.0, 5.0)))
    rig.put(0x41, 12, 6)
    rig.wait_ms(1000)
    assert rig.get(0x00, 43) == bytes(43)


def test_writes_in_run_mode_are_lost_and_noted() -> None:
    rig = Rig()
    rig.start()
    rig.put(0x41, 99)
    rig.put(0x77, 0x01)  # the GPIO block may be written
    assert rig.get(0x41) == b"\x0c"
    assert rig.get(0x77) == b"\x01"
    assert [(v.kind, v.register) for v in rig.chip.violations] == [("run_mode", 0x41)]
    rig.put(0x5E, 0x00)
    rig.put(0x41, 99)
    assert rig.get(0x41) == b"\x63"


def test_read_only_and_unknown_registers() -> None:
    rig = Rig()
    rig.put(0x04, 1)
    rig.put(0x90, 1)
    rig.get(0x90)
    kinds = {(v.kind, v.register) for v in rig.chip.violations}
    assert kinds == {("read_only", 0x04), ("unknown_write", 0x90), ("unknown_read", 0x90)}


def test_autoconfig_brings_the_data_near_its_target() -> None:
    rig = Rig()
    rig.start()
    rig.wait_ms(20)
    assert all(600 <= d <= 724 for d in rig.data())
    assert rig.get(0x02, 2) == b"\x00\x00"
    assert all(rig.get(0x5F, 3))
    assert all((c & 7) for c in rig.get(0x6C, 2))
    assert rig.get(0x6C)[0] >> 4 & 7


def test_autoconfig_that_cannot_reach_says_out_of_range() -> None:
    rig = Rig()
    rig.put(0x41, *(12, 6) * 12)
    rig.put(0x7B, 0x0B, 0x00, 0, 0, 0)  # levels left at reset: nothing fits
    rig.put(0x5E, 0x83)
    assert rig.get(0x02, 2) == b"\x07\x80"


def test_mismatched_ffi_is_noted() -> None:
    rig = Rig()
    rig.put(0x7B, 0x4B, 0x00, 201, 130, 181)
    rig.put(0x5E, 0x83)
    assert [(v.kind, v.register) for v in rig.chip.violations] == [("protocol", 0x7B)]


def test_charge_makes_counts() -> None:
    """counts = CDC * CDT / (C * VDD) * 1024, so twice the current is twice the data."""
    rig = Rig()
    rig.put(0x5C, 0x10, 0x24)
    rig.put(0x5E, 0x43)
    rig.wait_ms(100)
    low = rig.data()
    assert rig.get(0x5F, 12) == bytes(12)  # no autoconfig unless it is asked for
    assert rig.get(0x02, 2) == b"\x00\x00"
    assert low[0] == pytest.approx(16 * 0.5 / (14.0 * 3.3) * 1024, abs=3)
    rig.put(0x5E, 0x00)
    rig.put(0x5C, 0x20)
    rig.put(0x5E, 0x43)
    rig.wait_ms(100)
    assert rig.data() == [pytest.approx(2 * v, abs=4) for v in low]


@pytest.mark.parametrize("ecr", [0x83, 0xC3])
def test_preload_takes_five_or_all_bits(ecr: int) -> None:
    rig = Rig()
    rig.start(ecr)
    base = rig.baseline()
    rig.wait_ms(5)
    for b, d in zip(base, rig.data(), strict=True):
        assert (d - 34 if ecr == 0x83 else d - 6) <= b <= d + 3
        if ecr == 0x83:
            assert b & 0x1F == 0


@pytest.mark.parametrize("pressed", range(8))
def test_pads_touch_and_release_on_their_bits(pressed: int) -> None:
    rig = Rig()
    rig.start()
    rig.wait_ms(50)
    assert rig.status() == 0
    rig.world.force_n = tuple(3.0 * (pressed >> i & 1) for i in range(3))  # type: ignore[assignment]  # three
    rig.wait_ms(30)
    assert rig.status() == pressed
    rig.world.force_n = OPEN
    rig.wait_ms(30)
    assert rig.status() == 0
    assert rig.chip.violations == []


@pytest.mark.parametrize(("cdt", "period_ms"), [(0x20, 4), (0x24, 64), (0x29, 12)])
@pytest.mark.parametrize("debounce", [0, 1, 3])
def test_touch_comes_after_debounce_updates(cdt: int, period_ms: int, debounce: int) -> None:
    rig = Rig()
    rig.start(0x43, cdt=cdt, debounce=debounce << 4 | debounce)
    rig.put(0x5E, 0x00)
    rig.put(0x1E, *(v >> 2 for v in (690, 690, 690)))
    rig.put(0x5E, 0x43)
    rig.wait_ms(10 * period_ms + period_ms / 2)
    assert rig.status() == 0
    start = rig.clock.now_ns()
    rig.world.force_n = (0.0, 6.0, 0.0)
    while rig.status() != 2:
        rig.wait_ms(period_ms / 16)
    updates = (rig.clock.now_ns() - start) * 1e-6 / period_ms
    assert updates == pytest.approx(debounce + 0.5, abs=0.35)


def test_a_long_touch_is_tracked_away_when_tracking_is_on() -> None:
    rig = Rig()
    rig.start(0xC3)
    rig.wait_ms(50)
    rig.world.force_n = (4.0, 0.0, 0.0)
    rig.wait_ms(50)
    assert rig.status() == 1
    rig.wait_ms(30_000)
    assert rig.status() == 0
    assert rig.baseline()[0] == pytest.approx(rig.data()[0], abs=16)


def test_a_long_touch_holds_when_tracking_is_off() -> None:
    rig = Rig()
    rig.start(0xC3)
    rig.wait_ms(50)
    base = rig.baseline()
    rig.put(0x5E, 0x00)
    rig.put(0x5E, 0x43)
    rig.world.force_n = (4.0, 0.0, 0.0)
    rig.wait_ms(60_000)
    assert rig.status() == 1
    assert rig.baseline()[1] == base[1]


def test_a_baseline_learnt_while_touched_comes_back_up_after_release() -> None:
    rig = Rig(World(force_n=(4.0, 0.0, 0.0)))
    rig.start(0xC3)
    rig.wait_ms(20)
    assert rig.status() == 0  # the touch is not seen
    touched = rig.baseline()[0]
    rig.world.force_n = OPEN
    rig.wait_ms(60_000)
    assert rig.baseline()[0] > touched + 50


def test_irq_falls_on_a_change_and_rises_when_the_status_is_read() -> None:
    rig = Rig()
    rig.start()
    rig.wait_ms(50)
    rig.status()
    assert not rig.chip.irq()
    rig.world.force_n = (4.0, 0.0, 0.0)
    rig.wait_ms(30)
    assert rig.chip.irq()
    rig.data()
    assert rig.chip.irq()
    rig.status()
    assert not rig.chip.irq()


def test_forty_three_bytes_hold_status_data_and_baseline() -> None:
    rig = Rig(World(force_n=(0.0, 0.0, 4.0)))
    rig.start()
    rig.world.force_n = (4.0, 0.0, 4.0)
    rig.wait_ms(50)
    raw = rig.get(0x00, 43)
    assert raw[0] == 0x01
    assert raw[4] | raw[5] << 8 == pytest.approx(rig.data()[0], abs=4)
    assert [v << 2 for v in raw[0x1E:0x21]] == [pytest.approx(v, abs=8) for v in rig.baseline()]


def test_overcurrent_kills_until_cleared() -> None:
    rig = Rig(World(force_n=(4.0, 4.0, 4.0)))
    rig.start()
    rig.chip.overcurrent()
    assert rig.get(0x01) == b"\x80"
    assert rig.get(0x5E)[0] & 0x3F == 0
    rig.put(0x5E, 0xC3)
    rig.wait_ms(100)
    assert rig.status() == 0x8000
    rig.put(0x5E, 0x00)
    rig.put(0x01, 0x80)
    assert rig.get(0x01) == b"\x00"
    rig.put(0x5E, 0xC3)
    rig.world.force_n = OPEN
    rig.wait_ms(20)
    assert min(rig.data()) > 500


def test_freeze_stuck_and_power() -> None:
    rig = Rig()
    rig.start()
    rig.wait_ms(50)
    rig.chip.freeze()
    before = rig.get(0x04, 6)
    rig.world.force_n = (4.0, 4.0, 4.0)
    rig.wait_ms(500)
    assert rig.get(0x04, 6) == before
    rig.chip.unfreeze()
    rig.wait_ms(30)
    assert rig.status() == 7
    rig.chip.stick(True)
    rig.wait_ms(10)
    assert rig.data() == [520, 520, 520]
    rig.chip.power_cycle()
    rig.wait_ms(1)
    assert rig.get(0x5E) == b"\x00"


@settings(max_examples=30)
@given(
    forces=st.lists(st.tuples(*[st.sampled_from((0.0, 4.0))] * 3), min_size=1, max_size=12),
    ecr=st.sampled_from((0x83, 0xC3)),
)
def test_data_and_baseline_stay_ten_bits(
    forces: list[tuple[float, float, float]], ecr: int
) -> None:
    rig = Rig()
    rig.start(ecr)
    for force_n in forces:
        rig.world.force_n = force_n
        rig.wait_ms(100)
        assert all(0 <= v < 1024 for v in (*rig.data(), *rig.baseline()))
        assert rig.status() & ~0x7 == 0


@pytest.mark.parametrize(("updates", "touched"), [(3.5, 0), (4.5, 1)])
def test_updates_nobody_read_count_too(updates: float, touched: int) -> None:
    rig = Rig()
    rig.start(debounce=0x33)
    rig.wait_ms(400)
    into_ms = (rig.clock.now_ns() - 1_000_000_000) * 1e-6
    assert into_ms > 400
    rig.chip.irq()  # brings the chip up to now
    rig.world.force_n = (6.0, 0.0, 0.0)
    since_ms = (rig.clock.now_ns() - rig.chip._from_ns) * 1e-6 % 4
    rig.wait_ms(updates * 4 - since_ms)
    assert rig.status() == touched


def test_the_gpio_block_has_its_borders() -> None:
    rig = Rig()
    rig.start()
    for at in (0x72, 0x73, 0x7A, 0x7B):
        rig.put(at, 0x00)
    assert [v.register for v in rig.chip.violations] == [0x72, 0x7B]


def test_reading_the_high_status_byte_alone_lets_the_irq_go() -> None:
    rig = Rig()
    rig.start()
    rig.wait_ms(50)
    rig.world.force_n = (4.0, 0.0, 0.0)
    rig.wait_ms(30)
    rig.get(0x01)
    assert not rig.chip.irq()
