"""The simulated VL53L4CD where it differs from the VL53L1X."""

from __future__ import annotations

import statistics

import pytest

from drivers.sim import bus_with
from drivers.sim.scene import Reflection
from drivers.sim.vl53l4cd import SimVl53l4cd
from tests.sim.test_vl53l1x import BLOCK as L1X_BLOCK
from tests.sim.test_vl53l1x import Rig as Ranger
from tests.sim.worlds import World

CHANGES = "2D=12 30=11 4B=14 60=07 63=05 64=00 65=A0 69=38 78=07 79=05 7A=06 7B=06"
# ULD's formula at 0xBC00: budget -> codes without a pause, and timed
UNPAUSED = {10: "0098 00CB", 20: "01B2 01ED", 33: "029B 02CF", 50: "02F2 03A1", 200: "04FB 05A7"}
TIMED = {10: "0039 004D", 20: "009F 00D5", 33: "0192 01C2", 100: "02F3 03A2", 200: "03F9 04A6"}


class Rig(Ranger):
    def __init__(self, world: World | None = None, seed: int = 0) -> None:
        super().__init__(world, seed)
        self.bus = bus_with("vl53l4cd", clock=self.clock, scene=self.world, seed=seed)
        self.chip = self.bus.chip(SimVl53l4cd)

    def set_up(self, budget_ms: int = 20, im_ms: float = 24.0, *, long: bool = False) -> None:
        block = bytearray(L1X_BLOCK)
        for part in CHANGES.split():
            at, value = (int(text, 16) for text in part.split("="))
            block[at - 0x2D] = value
        self.put(0x2D, block.hex())
        self.put(0x24, "0500")
        a, b = (TIMED if im_ms else UNPAUSED)[budget_ms].split()
        self.put(0x5E, a)
        self.put(0x61, b)
        self.put(0x6C, int((self.get(0xDE, 2) & 0x3FF) * im_ms * 1.055).to_bytes(4, "big").hex())

    def period_ms(self, n: int = 20) -> float:
        self.wait()
        self.clear()
        self.wait()
        start = self.clock.now_ns()
        for _ in range(n):
            self.clear()
            self.wait()
        return (self.clock.now_ns() - start) * 1e-6 / n


def test_identity_and_oscillator() -> None:
    rig = Rig()
    assert rig.get(0x010F, 3) == 0xEBAA10
    assert rig.get(0x06, 2) == 0xBC00
    assert rig.get(0xDE, 2) == 36
    assert rig.chip.violations == []


@pytest.mark.parametrize("budget_ms", UNPAUSED)
def test_back_to_back_a_range_is_one_phase(budget_ms: int) -> None:
    rig = Rig()
    rig.set_up(budget_ms, 0)
    rig.put(0x87, "21")
    assert rig.period_ms() == pytest.approx(budget_ms, rel=0.01, abs=0.1)
    assert rig.chip.violations == []


@pytest.mark.parametrize("budget_ms", TIMED)
def test_timed_it_is_two(budget_ms: int) -> None:
    rig = Rig()
    rig.set_up(budget_ms, 1.0)  # the timer is long over when a range ends
    rig.put(0x87, "40")
    assert rig.period_ms(5) == pytest.approx(budget_ms, rel=0.01, abs=0.1)


@pytest.mark.parametrize("im_ms", [24.0, 60.0])
def test_a_timed_range_comes_every_period(im_ms: float) -> None:
    rig = Rig()
    rig.set_up(20, im_ms)
    rig.put(0x87, "40")
    assert rig.period_ms() == pytest.approx(im_ms, rel=0.01)


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        (Reflection(1290.0, 0.17, 20.0), 9),  # dark grey at its farthest
        (Reflection(1450.0, 0.9, 20.0), 5),
        (Reflection(2600.0, 1.0, 20.0), 7),
        (Reflection(1290.0, 0.05, 20.0), 4),
        (Reflection(None, 0.0, 20.0), 4),
        (Reflection(1350.0, 1.0, 60_000.0), 6),  # sunlight: sigma over 40 mm
        (Reflection(30.0, 0.5, 20.0), 9),
    ],
)
def test_statuses_to_its_1300_mm(seen: Reflection, status: int) -> None:
    rig = Rig(World(seen))
    rig.set_up()
    rig.put(0x87, "40")
    assert {r.status for r in rig.take(4)[1:]} == {status}


@pytest.mark.parametrize("range_mm", [60.0, 555.0, 1290.0])
def test_raw_range_is_true_mm(range_mm: float) -> None:
    rig = Rig(World(Reflection(range_mm, 0.4, 30.0)), seed=9)
    rig.set_up()
    rig.put(0x87, "40")
    got = rig.take(200)
    sigma = statistics.fmean(r.sigma_mm for r in got)
    assert statistics.fmean(r.range_mm for r in got) == pytest.approx(range_mm, abs=0.3 * sigma)


def test_calibration_verbs_shift_and_pull_and_registers_mend() -> None:
    rig = Rig(World(Reflection(600.0, 0.17, 20.0)), seed=3)
    rig.set_up()

    def mean() -> float:
        rig.put(0x87, "40")
        value = statistics.fmean(r.range_mm for r in rig.take(100)[1:])
        rig.put(0x87, "00")
        return value

    assert mean() == pytest.approx(600.0, abs=1.5)
    rig.chip.offset_error_mm = -17.0
    assert mean() == pytest.approx(583.0, abs=1.5)
    rig.chip.crosstalk_kcps = 0.8
    assert mean() < 577.0
    rig.put(0x16, "019A")  # 0.8 kcps a SPAD
    assert mean() == pytest.approx(583.0, abs=1.5)
    was = rig.get(0x1E, 2)
    rig.put(0x1E, f"{(was + 17 * 4) & 0x1FFF:04X}")
    assert mean() == pytest.approx(600.0, abs=1.5)
    rig.chip.power_cycle()  # the glass stays smudged, the registers forget
    rig.clock.advance(2_000_000)
    rig.set_up()
    assert mean() < 577.0
