"""The simulated ADS1115 and its force pads."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim import VirtualClock, bus_with
from drivers.sim.ads1115 import SimAds1115, fsr_volts
from tests.sim.worlds import World

FORCES_N = (0.0, 2.0, 6.0)
LSB_V = 4.096 / 32768


class Rig:
    def __init__(self, world: World | None = None, seed: int = 0) -> None:
        self.clock = VirtualClock()
        self.world = world or World(force_n=FORCES_N)
        self.bus = bus_with("ads1115", clock=self.clock, scene=self.world, seed=seed)
        self.chip = self.bus.chip(SimAds1115)

    def put(self, pointer: int, value: int) -> None:
        self.bus.write(0x48, bytes((pointer, value >> 8, value & 0xFF)))

    def get(self, pointer: int) -> int:
        return int.from_bytes(self.bus.write_read(0x48, (bytes((pointer,)),), 2), "big")

    def volts(self, lsb_v: float = LSB_V) -> float:
        raw = self.get(0)
        return (raw - 65536 if raw & 0x8000 else raw) * lsb_v

    def convert(self, channel: int) -> float:
        self.put(1, 0xC3E3 | channel << 12)  # 4.096 V, single shot, 860 SPS
        self.clock.advance(1_500_000)
        return self.volts()


def test_reset_values() -> None:
    rig = Rig()
    assert [rig.get(p) for p in range(4)] == [0x0000, 0x8583, 0x8000, 0x7FFF]


def test_each_channel_reads_its_pad() -> None:
    rig = Rig()
    for channel, force_n in enumerate(FORCES_N):
        mean = statistics.fmean(rig.convert(channel) for _ in range(20))
        assert mean == pytest.approx(fsr_volts(force_n), abs=0.0006)
    assert abs(rig.convert(3)) < 0.003
    assert rig.chip.violations == []


def test_the_divider_is_that_of_the_page() -> None:
    assert fsr_volts(0.0) == pytest.approx(3.3 * 10e3 / (1e6 + 10e3))
    resistance = 1 / (1 / 1e6 + 4 / 12e3)
    assert fsr_volts(4.0) == pytest.approx(3.3 * 10e3 / (resistance + 10e3))
    assert fsr_volts(-1.0) == fsr_volts(0.0)


@given(st.floats(0, 100), st.floats(0, 100))
def test_more_force_is_never_fewer_volts(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert 0 < fsr_volts(low) <= fsr_volts(high) < 3.3


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("code", "sps"), [(0, 8), (4, 128), (7, 860)])
def test_a_conversion_takes_its_time_and_gives_the_old_value_until_then(
    seed: int, code: int, sps: int
) -> None:
    rig = Rig(seed=seed)
    rig.convert(0)
    old = rig.get(0)
    rig.put(1, 0xE303 | code << 5)  # channel 2
    start = rig.clock.now_ns()
    assert not rig.get(1) & 0x8000
    assert rig.get(0) == old
    while not rig.get(1) & 0x8000:
        rig.clock.advance(20_000)
    took_s = (rig.clock.now_ns() - start) * 1e-9
    assert took_s == pytest.approx(1 / sps * (1 + rig.chip.rate_error), rel=0.03, abs=250e-6)
    assert abs(rig.chip.rate_error) <= 0.1
    assert rig.volts() == pytest.approx(fsr_volts(6.0), abs=0.003)
    assert rig.get(1) & 0x7FFF == 0x6303 | code << 5


def test_gains_and_clipping() -> None:
    rig = Rig()
    true_v = fsr_volts(2.0)
    for code, full_v in enumerate((6.144, 4.096, 2.048, 1.024, 0.512, 0.256)):
        rig.put(1, 0xD1E3 | code << 9)
        rig.clock.advance(1_500_000)
        want = min(true_v, full_v * 32767 / 32768)
        assert rig.volts(full_v / 32768) == pytest.approx(want, abs=0.003)


def test_differential_inputs_have_a_sign() -> None:
    rig = Rig()
    rig.put(1, 0x83E3)  # AIN0 - AIN1
    rig.clock.advance(1_500_000)
    assert rig.volts() == pytest.approx(fsr_volts(0.0) - fsr_volts(2.0), abs=0.004)


def test_a_start_while_converting_is_lost_and_noted() -> None:
    rig = Rig()
    rig.put(1, 0xC3E3)
    rig.put(1, 0xE3E3)
    assert [(v.kind, v.register) for v in rig.chip.violations] == [("protocol", 1)]
    rig.clock.advance(1_500_000)
    assert rig.volts() == pytest.approx(fsr_volts(0.0), abs=0.003)


def test_continuous_mode_shows_the_old_channel_after_a_change() -> None:
    rig = Rig()
    rig.put(1, 0x42E3)  # channel 0, continuous
    rig.clock.advance(20_500_000)
    rig.put(1, 0x62E3)  # channel 2
    assert rig.volts() == pytest.approx(fsr_volts(0.0), abs=0.003)
    seen = []
    for _ in range(30):
        rig.clock.advance(100_000)
        seen.append(rig.volts() > 1.0)
    assert not seen[0]
    assert seen[-1]
    assert seen == sorted(seen)


def test_strictness() -> None:
    rig = Rig()
    rig.put(0, 0x1234)
    rig.put(4, 0x1234)
    rig.bus.write(0x48, b"\x01\x83")
    rig.bus.write_read(0x48, (b"\x01",), 4)
    assert [(v.kind, v.register) for v in rig.chip.violations] == [
        ("read_only", 0),
        ("unknown_write", 4),
        ("read_only", 0),
        ("protocol", 1),
        ("protocol", 1),
    ]


def test_a_loaded_pad_creeps_five_per_cent_a_decade() -> None:
    rig = Rig()

    def conductance() -> float:
        volts = statistics.fmean(rig.convert(1) for _ in range(30))
        return volts / (3.3 - volts) / 10e3

    conductance()
    rig.clock.advance(10_000_000_000)
    ten = conductance()
    rig.clock.advance(90_000_000_000)
    assert conductance() / ten == pytest.approx(1.10 / 1.05, abs=0.004)
    rig.world.force_n = (0.0, 0.0, 0.0)
    rig.convert(1)
    rig.world.force_n = FORCES_N
    assert conductance() / ten == pytest.approx(1 / 1.05, abs=0.004)


def test_a_conversion_sees_the_middle_of_its_time() -> None:
    rig = Rig(World(force_n=lambda t: (6.0 if t > 1_100_000_000 else 0.0, 0.0, 0.0)))
    rig.clock.sleep_until_ns(1_098_000_000)
    rig.put(1, 0xC383)  # 128 SPS: 7.8 ms, most of it under load
    rig.clock.advance(10_000_000)
    assert rig.volts() > 2.0


def test_freeze_stuck_and_power() -> None:
    rig = Rig()
    rig.convert(2)
    rig.chip.freeze()
    assert rig.convert(0) == pytest.approx(fsr_volts(6.0), abs=0.003)
    assert not rig.get(1) & 0x8000
    rig.chip.unfreeze()
    rig.clock.advance(2_000_000)
    assert rig.volts() == pytest.approx(fsr_volts(0.0), abs=0.003)
    rig.chip.stick(True)
    assert [rig.convert(c) for c in range(3)] == [pytest.approx(2.0, abs=1e-4)] * 3
    rig.chip.power_cycle()
    rig.clock.advance(100_000)
    assert rig.get(1) == 0x8583


@pytest.mark.parametrize(
    ("code", "full_v"),
    list(enumerate((6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256))),
)
def test_every_gain(code: int, full_v: float) -> None:
    rig = Rig()
    rig.chip.stuck_at_v = -0.2  # no pad gives less than ground
    rig.chip.stick(True)
    rig.put(1, 0xC1E3 | code << 9)
    rig.clock.advance(1_500_000)
    assert rig.volts(full_v / 32768) == pytest.approx(-0.2, abs=full_v / 32768)


@pytest.mark.parametrize(("code", "sps"), list(enumerate((8, 16, 32, 64, 128, 250, 475, 860))))
def test_every_rate(code: int, sps: int) -> None:
    rig = Rig()
    takes_ns = 1e9 / sps * (1 + rig.chip.rate_error) + 40_000
    rig.put(1, 0xC303 | code << 5)
    start = rig.clock.now_ns()
    rig.clock.sleep_until_ns(start + int(takes_ns * 0.999) - 120_000)
    assert not rig.get(1) & 0x8000
    rig.clock.sleep_until_ns(start + int(takes_ns * 1.001))
    assert rig.get(1) & 0x8000


@pytest.mark.parametrize(("code", "plus", "minus"), [(0, 0, 1), (1, 0, 3), (2, 1, 3), (3, 2, 3)])
def test_every_pair(code: int, plus: int, minus: int) -> None:
    rig = Rig()
    volts = [*(fsr_volts(f) for f in FORCES_N), 0.0]
    rig.put(1, 0x83E3 | code << 12)
    rig.clock.advance(1_500_000)
    assert rig.volts() == pytest.approx(volts[plus] - volts[minus], abs=0.005)
