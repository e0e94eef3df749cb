"""The simulated CAP1203: registers, cycle, deltas, calibration, what it does by itself, faults."""

from __future__ import annotations

from itertools import pairwise

import pytest

from drivers.sim import VirtualClock, bus_with
from drivers.sim.cap1203 import SimCap1203
from drivers.sim.chip import Violation
from tests.sim.worlds import World

OPEN = (0.0, 0.0, 0.0)
RESET = {
    0x00: 0x00, 0x1F: 0x2F, 0x20: 0x20, 0x21: 0x07, 0x22: 0xA4, 0x23: 0x07, 0x24: 0x39,
    0x27: 0x07, 0x28: 0x07, 0x2A: 0x80, 0x2B: 0x00, 0x2D: 0x07, 0x2F: 0x8A, 0x30: 0x40,
    0x31: 0x40, 0x32: 0x40, 0x38: 0x01, 0x40: 0x00, 0x41: 0x39, 0x42: 0x02, 0x43: 0x40,
    0x44: 0x40, 0x60: 0x00, 0x61: 0x22,
}  # fmt: skip
BITS = {
    0x00: 0xF1, 0x1F: 0x7F, 0x20: 0xB8, 0x21: 0x07, 0x22: 0xFF, 0x23: 0x0F, 0x24: 0x7F,
    0x27: 0x07, 0x28: 0x07, 0x2A: 0x8C, 0x2B: 0x8F, 0x2D: 0x07, 0x2F: 0xFF, 0x30: 0x7F,
    0x31: 0x7F, 0x32: 0x7F, 0x38: 0x03, 0x40: 0x07, 0x41: 0xFF, 0x42: 0x07, 0x43: 0x7F,
    0x44: 0x7F, 0x60: 0x07, 0x61: 0x3F,
}  # fmt: skip
READ_ONLY = (0x02, 0x03, 0x0A, 0x10, 0x12, 0x2E, 0x50, 0x52, 0xB1, 0xB3, 0xB9, 0xFD, 0xFE, 0xFF)
NOWHERE = (0x01, 0x04, 0x13, 0x1E, 0x25, 0x29, 0x2C, 0x33, 0x39, 0x45, 0x72, 0xB4, 0xFC)


class Rig:
    def __init__(self, world: World | None = None, seed: int = 0) -> None:
        self.clock = VirtualClock()
        self.world = world or World()
        self.bus = bus_with("cap1203", clock=self.clock, scene=self.world, seed=seed)
        self.chip = self.bus.chip(SimCap1203)
        self.wait_ms(250)

    def put(self, at: int, *values: int) -> None:
        self.bus.write(0x28, bytes((at, *values)))

    def get(self, at: int, n: int = 1) -> bytes:
        return self.bus.write_read(0x28, (bytes((at,)),), n)

    def wait_ms(self, ms: float) -> None:
        self.clock.advance(round(ms * 1e6))

    def deltas(self) -> list[int]:
        return [byte - 256 if byte > 127 else byte for byte in self.get(0x10, 3)]

    def balance(self) -> list[int]:
        high, low = self.get(0xB1, 3), self.get(0xB9)[0]
        return [byte << 2 | low >> 2 * pad & 3 for pad, byte in enumerate(high)]

    def press(self, *force_n: float) -> None:
        self.chip.alert()  # what was before is made up before it changes
        self.world.force_n = (force_n[0], force_n[1], force_n[2])

    def start(self) -> None:
        """2x, a cycle of 35 ms, thresholds of 5 counts each, all touches, no drift for long."""
        self.put(0x1F, 0x6F)
        self.put(0x24, 0x38)
        self.put(0x2A, 0x00)
        self.put(0x2F, 0x0F, 5, 5, 5)


def test_identity_and_resets() -> None:
    rig = Rig()
    assert rig.get(0xFD, 3) == b"\x6d\x5d\x00"
    for at, value in RESET.items():
        assert rig.get(at)[0] == value
    assert rig.get(0x50, 3) == b"\xc8\xc8\xc8"
    assert rig.chip.violations == []


@pytest.mark.parametrize(("at", "bits"), BITS.items())
def test_it_keeps_its_bits_and_notes_the_others(at: int, bits: int) -> None:
    rig = Rig()
    rig.put(at, bits & 0xEF if at == 0x00 else bits)  # not asleep
    assert rig.chip.violations == []
    rig.put(at, 0xEF if at == 0x00 else 0xFF)
    noted = bits != 0xFF
    assert [v.kind for v in rig.chip.violations] == ["reserved_bits"] * noted
    assert rig.get(at)[0] == (bits & 0xEF if at == 0x00 else bits)


@pytest.mark.parametrize("at", READ_ONLY)
def test_read_only(at: int) -> None:
    rig = Rig()
    before = rig.get(at)
    rig.put(at, before[0] ^ 0x55)
    assert rig.get(at) == before
    assert rig.chip.violations == [Violation("read_only", at, before[0] ^ 0x55)]


@pytest.mark.parametrize("at", NOWHERE)
def test_no_such_register(at: int) -> None:
    rig = Rig()
    rig.get(at)
    rig.put(at, 1)
    assert [v.kind for v in rig.chip.violations] == ["unknown_read", "unknown_write"]


def test_one_threshold_loads_all_until_told_otherwise() -> None:
    rig = Rig()
    rig.put(0x30, 0x11)
    assert rig.get(0x30, 3) == b"\x11\x11\x11"
    rig.put(0x2F, 0x0A)
    rig.put(0x30, 0x22)
    assert rig.get(0x30, 3) == b"\x22\x11\x11"


# -- counts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("sensitivity", "gain"), [(7, 0), (6, 0), (5, 0), (7, 1), (7, 2)])
def test_a_delta_is_the_share_of_the_base(sensitivity: int, gain: int) -> None:
    """64 is 0.25 % at 128x: 25000 counts for a capacitance that doubles."""
    rig = Rig()
    rig.put(0x1F, sensitivity << 4 | 0x0F)
    rig.put(0x24, 0x38)
    rig.put(0x00, gain << 6)
    rig.wait_ms(300)
    rig.press(0.0, 1.0, 0.4)
    rig.wait_ms(80)
    scale = 25_000 / (1 << sensitivity) * (1 << gain)
    want = [0.0, scale * 5 * (1 - 0.5134) / 20, scale * 5 * (1 - 0.7659) / 17]
    assert rig.deltas() == [pytest.approx(min(v, 127), abs=1.5 * (1 << gain)) for v in want]


def test_a_delta_ends_at_127_and_at_minus_128() -> None:
    rig = Rig(World(force_n=(9.0, 0.0, 0.0)))
    rig.put(0x1F, 0x2F)
    rig.put(0x2F, 0x9A)  # no recalibration for negative counts
    rig.press(0.0, 9.0, 0.0)
    rig.wait_ms(150)
    assert rig.deltas()[:2] == [-128, 127]


def _changes_ms(rig: Rig, ms: int) -> list[float]:
    """When the counts change while the force grows."""
    changed = []
    before = rig.deltas()
    for n in range(ms):
        force_n = 0.2 + 2.0 * n / ms
        rig.press(force_n, force_n, force_n)
        rig.wait_ms(1)
        now = rig.deltas()
        if now != before:
            changed.append(rig.clock.now_ns() * 1e-6)
        before = now
    return changed


@pytest.mark.parametrize(
    ("sampling", "cycle_ms"),
    [
        (0x38, 35.0),  # 8 x 1.28 ms x 3 = 31 ms
        (0x00, 35.0),  # 1 x 0.32 ms: no faster
        (0x39, 70.0),
        (0x48, 61.4),  # 16 x 1.28 ms x 3: the cycle is extended
        (0x0B, 140.0),
    ],
)
def test_the_cycle_is_35_ms_at_the_least_and_longer_for_more_samples(
    sampling: int, cycle_ms: float
) -> None:
    rig = Rig()
    rig.put(0x1F, 0x6F)
    rig.put(0x24, sampling)
    rig.wait_ms(400)
    changed = _changes_ms(rig, 1400)
    want = cycle_ms * (1 + rig.chip.rate_error)
    steps = [b - a for a, b in pairwise(changed)]
    assert min(steps) >= want - 1.5
    assert sum(steps) / len(steps) == pytest.approx(want, rel=0.12)


def test_parts_differ_by_five_percent() -> None:
    errors = [Rig(seed=seed).chip.rate_error for seed in range(20)]
    assert -0.05 <= min(errors) < -0.02
    assert 0.02 < max(errors) <= 0.05


# -- touch, status, ALERT ---------------------------------------------------------------------


@pytest.mark.parametrize("pressed", range(8))
def test_touches_latch_until_int_is_cleared(pressed: int) -> None:
    rig = Rig()
    rig.start()
    rig.put(0x00, 0x00)
    rig.wait_ms(80)
    assert (rig.get(0x02)[0], rig.get(0x03)[0], rig.chip.alert()) == (0, 0, False)
    rig.press(*(3.0 * (pressed >> pad & 1) for pad in range(3)))
    rig.wait_ms(80)
    assert rig.get(0x03)[0] == pressed
    assert rig.get(0x02)[0] == (1 if pressed else 0)
    assert rig.chip.alert() is bool(pressed)
    rig.put(0x00, 0x00)
    assert rig.get(0x03)[0] == pressed  # still touched
    assert not rig.chip.alert()
    rig.press(*OPEN)
    rig.wait_ms(80)
    assert rig.get(0x03)[0] == pressed  # latched
    assert rig.chip.alert() is bool(pressed)  # the release
    rig.put(0x00, 0x00)
    assert (rig.get(0x02)[0], rig.get(0x03)[0]) == (0, 0)


@pytest.mark.parametrize(("blocking", "touches"), [(0x80, 1), (0x84, 2), (0x88, 3), (0x00, 3)])
def test_more_touches_than_allowed_are_blocked(blocking: int, touches: int) -> None:
    rig = Rig()
    rig.start()
    rig.put(0x2A, blocking)
    rig.press(3.0, 3.0, 3.0)
    rig.wait_ms(80)
    assert rig.get(0x03)[0].bit_count() == touches
    assert bool(rig.get(0x02)[0] & 0x04) is (touches < 3)
    assert min(rig.deltas()) > 60  # the counts know of no blocking


def test_without_alerts_nothing_asks() -> None:
    rig = Rig()
    rig.start()
    rig.put(0x27, 0x05)
    rig.put(0x44, 0x41)  # none for a release
    rig.put(0x00, 0x00)
    rig.press(0.0, 3.0, 0.0)
    rig.wait_ms(80)
    assert not rig.chip.alert()
    rig.press(3.0, 3.0, 0.0)
    rig.wait_ms(80)
    assert rig.chip.alert()
    rig.put(0x00, 0x00)
    rig.press(*OPEN)
    rig.wait_ms(80)
    assert not rig.chip.alert()


# -- calibration ------------------------------------------------------------------------------


def test_power_calibrates_on_what_is_there() -> None:
    rig = Rig(World(force_n=(9.0, 0.0, 0.0)))
    assert rig.get(0x26)[0] == 0
    assert rig.balance() == [
        pytest.approx(pf / 50 * 1023, abs=1) for pf in (14 + 5 * (1 - 0.0025), 20, 17)
    ]
    assert rig.deltas() == [pytest.approx(0, abs=12)] * 3  # at the reset's 32x
    rig.chip.power_cycle()
    rig.wait_ms(16)
    assert rig.get(0x26)[0] == 7
    rig.wait_ms(220)
    assert rig.get(0x26)[0] == 0


@pytest.mark.parametrize(
    ("at", "value", "pads"),
    [(0x26, 0x02, 2), (0x24, 0x35, 7), (0x24, 0x08, 0), (0x00, 0x40, 7), (0x1F, 0x7F, 0)],
)
def test_what_calibrates_anew(at: int, value: int, pads: int) -> None:
    rig = Rig()
    rig.put(at, value)
    assert rig.get(0x26)[0] == pads
    rig.wait_ms(400)
    assert rig.get(0x26)[0] == 0


def test_an_input_that_is_enabled_is_calibrated() -> None:
    rig = Rig()
    rig.put(0x21, 0x05)
    assert rig.get(0x26)[0] == 0
    rig.put(0x21, 0x07)
    assert rig.get(0x26)[0] == 2


@pytest.mark.parametrize(("stray_pf", "value"), [(40.0, 0x3FF), (-12.0, 0)])
def test_a_pad_out_of_range_fails_until_it_is_in_range(stray_pf: float, value: int) -> None:
    rig = Rig()
    rig.chip.stray_pf[1] = stray_pf
    rig.put(0x24, 0x38)
    rig.put(0x26, 0x07)
    rig.wait_ms(500)
    if stray_pf < 0:
        assert rig.balance()[1] == pytest.approx(8 / 50 * 1023, abs=1)  # 8 pF: just in range
        return
    assert rig.get(0x26)[0] == 2
    assert rig.get(0x02)[0] & 0x20
    assert rig.balance()[1] == value
    rig.chip.stray_pf[1] = 0.0
    rig.wait_ms(400)
    assert rig.get(0x26)[0] == 0
    assert not rig.get(0x02)[0] & 0x20


@pytest.mark.parametrize(("config", "cycles"), [(0x02, 8), (0x0A, 16), (0x12, 32), (0x1A, None)])
def test_negative_counts_calibrate_anew(config: int, cycles: int | None) -> None:
    rig = Rig(World(force_n=(4.0, 0.0, 0.0)))
    rig.put(0x1F, 0x6F)
    rig.put(0x24, 0x38)
    rig.put(0x2F, config | 0x07)
    rig.wait_ms(100)
    worn = rig.balance()
    rig.press(*OPEN)
    waited = 0
    while waited < 60 and not rig.get(0x26)[0]:
        rig.wait_ms(35 * (1 + rig.chip.rate_error))
        waited += 1
    assert waited == (60 if cycles is None else pytest.approx(cycles, abs=2.5))
    rig.wait_ms(300)
    assert (rig.balance()[0] < worn[0]) is (cycles is not None)


def test_an_untouched_base_follows_and_a_touched_one_does_not() -> None:
    rig = Rig()
    rig.start()
    rig.put(0x2F, 0x0A)  # after 64 cycles, as at a reset
    rig.press(0.035, 3.0, 0.0)
    rig.wait_ms(100)
    before = rig.deltas()
    assert before[0] == pytest.approx(3, abs=1)
    rig.wait_ms(64 * 40 * 3)
    after = rig.deltas()
    assert abs(after[0]) <= 1
    assert after[1] == pytest.approx(before[1], abs=1)


@pytest.mark.parametrize(("enabled", "calibrates"), [(0x20, False), (0x28, True)])
def test_a_long_touch_is_calibrated_away_only_when_asked(enabled: int, calibrates: bool) -> None:
    rig = Rig()
    rig.start()
    rig.put(0x20, enabled)
    rig.press(3.0, 3.0, 3.0)
    rig.wait_ms(5500)
    assert min(rig.deltas()) > 60
    rig.wait_ms(60_000)
    assert (max(rig.deltas()) < 5) is calibrates


# -- sleep, faults ----------------------------------------------------------------------------


@pytest.mark.parametrize("main", [0x10, 0x20])
def test_asleep_nothing_is_measured(main: int) -> None:
    rig = Rig()
    rig.start()
    rig.wait_ms(100)
    before = rig.deltas()
    rig.put(0x00, main)
    rig.press(3.0, 3.0, 3.0)
    rig.wait_ms(500)
    assert rig.deltas() == before
    rig.put(0x00, 0x00)
    rig.wait_ms(80)
    assert min(rig.deltas()) > 60


def test_freeze_stick_noise_and_power() -> None:
    rig = Rig()
    rig.start()
    rig.wait_ms(100)
    rig.chip.freeze()
    before = rig.deltas()
    rig.press(3.0, 3.0, 3.0)
    rig.wait_ms(500)
    assert rig.deltas() == before
    rig.chip.unfreeze()
    rig.wait_ms(100)
    assert min(rig.deltas()) > 60
    rig.chip.noisy(0b010)
    held = rig.deltas()[1]
    rig.press(*OPEN)
    rig.wait_ms(100)
    assert rig.get(0x0A)[0] == 2
    assert rig.deltas() == [pytest.approx(0, abs=2), held, pytest.approx(0, abs=2)]
    rig.put(0x44, 0x44)  # taken in spite of the noise
    rig.wait_ms(100)
    assert abs(rig.deltas()[1]) <= 2
    rig.chip.noisy(0)
    rig.chip.stick(True)
    rig.wait_ms(100)
    assert rig.deltas() == [60, 60, 60]
    rig.chip.stick(False)
    rig.chip.base_out(0b100)
    assert (rig.get(0x2E)[0], rig.get(0x02)[0] & 0x40) == (4, 0x40)
    rig.chip.power_cycle()
    rig.wait_ms(20)
    assert (rig.get(0x1F)[0], rig.get(0x24)[0], rig.get(0x2E)[0]) == (0x2F, 0x39, 0)


def test_it_answers_15_ms_after_its_power() -> None:
    rig = Rig()
    rig.chip.power_cycle()
    rig.wait_ms(14)
    with pytest.raises(OSError, match="121"):
        rig.get(0xFD)
    rig.wait_ms(2)
    assert rig.get(0xFD) == b"\x6d"


def test_years_nobody_looked_cost_nothing() -> None:
    rig = Rig()
    rig.start()
    rig.clock.advance(10**15)
    rig.press(3.0, 3.0, 3.0)
    rig.wait_ms(100)
    assert min(rig.deltas()) > 60
