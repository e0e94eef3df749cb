"""Every driver on its simulated chip: what it reads, what it costs, and how it fails."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import CHIPS
from drivers.bus import LinuxBus
from drivers.errors import BadData, BusFault, ChipError, ChipTimeout, MissingChips, WrongChip
from drivers.samples import ImuSample, PadSample, TofSample
from drivers.sim.ads1115 import SimAds1115
from drivers.sim.bus import SimBus
from drivers.sim.chips import bus_with
from drivers.sim.clock import VirtualClock
from drivers.sim.mpr121 import SimMpr121
from drivers.sim.scene import Motion6, Reflection, StillScene
from drivers.sim.st_imu import SimStImu
from drivers.sim.vl53l1x import SimVl53l1x
from drivers.steps import bring_up_all, run_steps
from drivers.vl53l1x import Vl53l1x

MS = 1_000_000
TICK = 5 * MS


class Scene(StillScene):
    """A scene whose every part can be set."""

    def __init__(self) -> None:
        super().__init__()
        self.motion = Motion6(9.80665, 0.0, 0.0, 0.0, 0.0, 0.0)
        self.forces = (0.0, 0.0, 0.0)

    def imu(self, t_ns: int) -> Motion6:
        return self.motion

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        return self.forces

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        far = None if self.range_mm is None else self.range_mm + 100.0 * sensor
        return Reflection(far, 0.4, 50.0)


class Rig:
    """One chip (or several) on a bus, its driver, and time that tests move."""

    def __init__(self, name: str, *more: str, speed_hz: int = 400_000, **kwargs: Any) -> None:
        self.clock = VirtualClock()
        self.scene = Scene()
        self.sim: SimBus = bus_with(
            name, *more, clock=self.clock, scene=self.scene, speed_hz=speed_hz
        )
        self.clock.advance(100 * MS)
        self.bus = LinuxBus(self.sim, "i2c-1")
        chip = CHIPS[name]
        self.kind, self.address = chip.kind, chip.address
        self.driver: Any = chip.driver(self.bus, self.clock, self.address, **kwargs)

    def up(self) -> None:
        run_steps(self.driver.bring_up(), self.clock)

    def tick(self) -> list[Any]:
        self.clock.sleep_until_ns((self.clock.now_ns() // TICK + 1) * TICK)
        got = self.driver.read()
        if got is None:
            return []
        return [got] if isinstance(got, TofSample) else list(got)

    def run(self, ms: float) -> list[Any]:
        """Samples of so many ms of ticks."""
        end = self.clock.now_ns() + round(ms * MS)
        got: list[Any] = []
        while self.clock.now_ns() < end:
            got += self.tick()
        return got

    def run_silent(self, ms: float) -> None:
        """So many ms of ticks in which no sample may come."""
        for _ in range(round(ms * MS) // TICK):
            assert self.tick() == []

    def violations(self) -> list[Any]:
        return [v for chip in self.sim.chips for v in chip.violations]


@pytest.fixture(params=sorted(CHIPS))
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(request.param)


RATE_HZ = {
    "vl53l1x": (40, 42.5),
    "vl53l4cd": (40, 42.5),
    "lsm6dsox": (204, 212),
    "mpu6050": (197.5, 202.5),
    "lsm6dsv16x": (236, 244),
    "ads1115": (195, 201),
    "mpr121": (290, 303),
    "cap1203": (78, 96),
}


def test_it_comes_up_reads_and_breaks_no_rule(rig: Rig) -> None:
    rig.up()
    rig.run(100)
    got = rig.run(2000)
    low, high = RATE_HZ[rig.sim.chips[0].kind]
    assert 2 * low <= len(got) <= 2 * high
    assert rig.violations() == []
    stamps = [s.t_ns for s in got]
    assert stamps == sorted(stamps)
    assert rig.driver.retries == 0
    assert rig.driver.name.lower() == rig.sim.chips[0].kind


# most bytes and transactions a sample, at a tick of 5 ms
WIRE = {
    "vl53l1x": (31.5, 2.3),
    "vl53l4cd": (31.5, 2.3),
    "lsm6dsox": (22.5, 2.0),
    "mpu6050": (20, 2.0),
    "lsm6dsv16x": (21.5, 2.0),
    "ads1115": (14, 2),
    "mpr121": (13 / 3, 1 / 3),
    "cap1203": (17.5, 3.3),
}


def test_its_wire_cost_a_sample(rig: Rig) -> None:
    rig.up()
    rig.run(100)
    rig.sim.reset_counters()
    n = len(rig.run(2000))
    most_bytes, most_transactions = WIRE[rig.sim.chips[0].kind]
    assert rig.sim.bytes / n <= most_bytes * 1.02
    assert rig.sim.transactions / n <= most_transactions * 1.02


IMU_NOISE = (0.2, 0.2, 0.2, 0.03, 0.03, 0.03)
"""Six sigma and the bias, in m/s2 and rad/s."""


def _is_here(rig: Rig, samples: Sequence[Any]) -> bool:
    """Whether the samples show the scene."""
    last = samples[-1]
    if isinstance(last, TofSample):
        assert rig.scene.range_mm is not None
        return last.valid and abs(last.range_mm - rig.scene.range_mm) < 6 * last.sigma_mm + 3
    if isinstance(last, ImuSample):
        return all(
            abs(got - want) < tolerance
            for got, want, tolerance in zip(last[1:], rig.scene.motion, IMU_NOISE, strict=True)
        )
    closed = {s.pad: s.closed for s in samples[-3:] if isinstance(s, PadSample)}
    return closed == {pad: force > 1.0 for pad, force in enumerate(rig.scene.forces)}


def test_it_reads_the_scene(rig: Rig) -> None:
    rig.up()
    rig.run(100)
    for range_mm, motion, forces in (
        (555.0, (9.8, 0.0, 0.0, 0.0, 0.0, 0.0), (4.0, 4.0, 4.0)),
        (250.0, (0.0, -9.8, 0.0, 1.5, -3.0, 0.5), (0.0, 4.0, 0.0)),
        (900.0, (-5.0, 2.0, 8.0, -1.5, 3.0, 8.0), (4.0, 0.0, 4.0)),
    ):
        rig.scene.range_mm = range_mm
        rig.scene.motion = Motion6(*motion)
        rig.scene.forces = forces
        assert _is_here(rig, rig.run(400))
    assert rig.violations() == []


def test_a_nack_at_each_transaction_of_the_bring_up_is_a_typed_error(rig: Rig) -> None:
    name = rig.sim.chips[0].kind
    rig.sim.reset_counters()
    rig.up()
    count = rig.sim.transactions
    assert count >= 5
    for k in range(count):
        one = Rig(name)
        before = one.clock.now_ns()
        with pytest.raises(BusFault) as caught:
            _run_with_nack_at(one, k)
        assert caught.value.errno == 121
        assert f"at 0x{one.address:02X} on i2c-1" in str(caught.value)
        assert one.clock.now_ns() - before < 1000 * MS
        one.up()  # and the next try succeeds
        one.run(100)
        assert one.run(100)


def _run_with_nack_at(rig: Rig, k: int) -> None:
    rig.sim.reset_counters()
    steps = rig.driver.bring_up()
    original = rig.sim.i2c_rdwr

    def counted(*messages: Any) -> None:
        if rig.sim.transactions == k:
            rig.sim.nack_next()
        original(*messages)

    rig.driver._link.bus._rdwr = counted
    try:
        run_steps(steps, rig.clock)
    finally:
        rig.driver._link.bus._rdwr = original


@pytest.mark.parametrize("errno", [5, 11, 16, 110, 121])
def test_a_bus_that_fails_in_the_stream_is_told_and_comes_back(rig: Rig, errno: int) -> None:
    rig.up()
    rig.run(100)
    rig.sim.fail_next(errno, 3)
    with pytest.raises(BusFault) as caught:
        rig.run(200)
    assert caught.value.errno == errno
    rig.sim.recover()
    rig.run(50)
    assert rig.run(100)


@pytest.mark.parametrize("nacks", [1, 2])
def test_a_nack_or_two_cost_no_sample(rig: Rig, nacks: int) -> None:
    rig.up()
    rig.run(100)
    rig.sim.nack_next(nacks)
    assert rig.run(200)
    assert rig.driver.retries == nacks


def test_nothing_at_the_address(rig: Rig) -> None:
    rig.sim.unplug(rig.address)
    with pytest.raises(BusFault, match="no acknowledge"):
        rig.up()


@pytest.mark.parametrize(("name", "other"), [*itertools.permutations(sorted(CHIPS), 2)])
def test_another_chip_at_the_address_is_told(name: str, other: str) -> None:
    driver, address = CHIPS[name].driver, CHIPS[name].address
    clock = VirtualClock()
    sim = bus_with(f"{other}@0x{address:02X}", clock=clock)
    clock.advance(100 * MS)
    with pytest.raises((WrongChip, ChipTimeout)):
        run_steps(driver(LinuxBus(sim, "i2c-1"), clock, address).bring_up(), clock)


def test_a_stuck_bus_is_a_typed_error(rig: Rig) -> None:
    rig.up()
    rig.sim.stick()
    with pytest.raises(BusFault) as caught:
        rig.run(200)
    assert caught.value.errno == 110


def test_a_power_cycle_in_the_stream_is_found_soon_and_nothing_false_read(rig: Rig) -> None:
    rig.scene.forces = (0.0, 0.0, 0.0)
    rig.up()
    rig.run(300)
    rig.sim.chips[0].power_cycle()
    rig.clock.advance(20 * MS)  # longer than any of them boots: no NACK gives it away
    at = rig.clock.now_ns()
    with pytest.raises(BadData, match="lost its power"):
        rig.run_silent(500)
    assert rig.clock.now_ns() - at <= 150 * MS
    rig.up()
    rig.run(100)
    assert _is_here(rig, rig.run(300))
    assert rig.violations() == []


def test_unplugged_and_plugged_in_again(rig: Rig) -> None:
    rig.scene.forces = (0.0, 0.0, 0.0)
    rig.up()
    rig.run(300)
    rig.sim.unplug(rig.address)
    with pytest.raises(BusFault, match="no acknowledge"):
        rig.run(200)
    with pytest.raises(BusFault):
        rig.up()
    rig.sim.plug(rig.address)
    rig.clock.advance(20 * MS)
    rig.scene.forces = (4.0, 0.0, 4.0)  # plugged in while it is worn
    rig.up()
    rig.run(100)
    assert _is_here(rig, rig.run(300))


# An MPR121's counts carry no sign of life: the station's rule for stuck pads finds a frozen one.
@pytest.mark.parametrize(
    "name", ["vl53l1x", "vl53l4cd", "lsm6dsox", "lsm6dsv16x", "mpu6050", "ads1115"]
)
def test_a_frozen_chip_is_a_typed_error(name: str) -> None:
    rig = Rig(name)
    rig.up()
    rig.run(300)
    rig.sim.chips[0].freeze()
    with pytest.raises(ChipTimeout):
        rig.run(300)


def test_it_works_on_a_slow_bus(rig: Rig) -> None:
    slow = Rig(rig.sim.chips[0].kind, speed_hz=100_000)
    slow.up()
    slow.run(100)
    assert _is_here(slow, slow.run(300))
    assert slow.violations() == []


def test_bring_up_from_a_running_chip_is_clean(rig: Rig) -> None:
    rig.up()
    rig.run(100)
    rig.up()
    rig.run(100)
    assert _is_here(rig, rig.run(200))
    assert rig.violations() == []


def test_stop_then_up_again(rig: Rig) -> None:
    rig.up()
    rig.run(50)
    rig.driver.stop()
    rig.clock.advance(20 * MS)
    rig.up()
    assert rig.run(200)
    assert rig.violations() == []


# -- ranger ---------------------------------------------------------------------------------


def test_three_rangers_get_their_own_addresses_and_look_at_their_own_place() -> None:
    rig = Rig("vl53l1x", "vl53l1x", "vl53l1x")
    chips = [rig.sim.chip(SimVl53l1x, n) for n in range(3)]
    tofs = [Vl53l1x(rig.bus, rig.clock, 0x30 + n, xshut=chip.xshut) for n, chip in enumerate(chips)]
    for tof in tofs:
        tof.hold()
    bring_up_all([[tof.bring_up() for tof in tofs]], rig.clock)
    rig.clock.advance(200 * MS)
    got = [tof.read() for tof in tofs]
    assert [round(s.range_mm, -2) for s in got if s] == [600, 700, 800]
    assert rig.violations() == []


def test_nobody_in_the_beam_is_a_healthy_no_target() -> None:
    rig = Rig("vl53l1x")
    rig.up()
    rig.scene.range_mm = None
    rig.run(100)
    got = rig.run(500)
    assert len(got) >= 19
    assert not any(s.valid for s in got)
    assert {s.status for s in got} <= {2, 4}


def test_a_flag_above_the_status_costs_no_sample() -> None:
    rig = Rig("vl53l1x")
    rig.up()
    rig.run(100)
    rig.sim.chip(SimVl53l1x).gph_flag = True
    assert all(s.valid for s in rig.run(300))


def test_ready_on_gpio1_is_one_transaction_of_25_bytes_a_sample() -> None:
    rig = Rig("vl53l1x")
    chip = rig.sim.chip(SimVl53l1x)
    rig.driver = Vl53l1x(rig.bus, rig.clock, gpio1=chip.gpio1)
    rig.up()
    rig.run(100)
    rig.sim.reset_counters()
    n = len(rig.run(1000))
    assert n >= 40
    assert rig.sim.bytes == 25 * n
    assert rig.sim.transactions == n


def test_an_offset_shifts_the_range_by_itself() -> None:
    means = []
    for offset in (0.0, 25.0):
        rig = Rig("vl53l1x", offset_mm=offset)
        rig.up()
        got = rig.run(2000)
        means.append(sum(s.range_mm for s in got) / len(got))
    assert means[1] - means[0] == pytest.approx(25.0, abs=2.0)


# -- imu ------------------------------------------------------------------------------------


IMUS = {"lsm6dsox": (6667 / 32, 0.0015, 512), "lsm6dsv16x": (7680 / 32, 0.0013, 256)}
"""Nominal rate, what a step of the trim is worth, words in the FIFO."""
imus = pytest.mark.parametrize("name", sorted(IMUS))


@imus
def test_the_imus_rate_is_the_parts_own_and_its_stamps_follow_it(name: str) -> None:
    rig = Rig(name)
    rig.up()
    chip = rig.sim.chip(SimStImu)
    nominal_hz, fine_step, _ = IMUS[name]
    assert rig.driver.odr_hz == pytest.approx(nominal_hz * (1 + fine_step * chip.freq_fine))
    rig.run(200)
    got = rig.run(5000)
    steps = [(b.t_ns - a.t_ns) / MS for a, b in itertools.pairwise(got)]
    assert min(steps) > 0.9 * 1e3 / rig.driver.odr_hz
    assert max(steps) < 1.1 * 1e3 / rig.driver.odr_hz
    mean = (got[-1].t_ns - got[0].t_ns) / (len(got) - 1) / MS
    assert 1e3 / mean == pytest.approx(rig.driver.odr_hz, rel=2e-4)


@imus
def test_stillness_is_gravity_and_no_turn(name: str) -> None:
    rig = Rig(name)
    rig.up()
    got = rig.run(1000)
    means = [sum(column) / len(got) for column in list(zip(*got, strict=True))[1:]]
    assert means[0] == pytest.approx(9.80665, abs=0.05)
    assert means[1:3] == pytest.approx([0.0, 0.0], abs=0.05)
    assert [math.degrees(m) for m in means[3:]] == pytest.approx([0.0] * 3, abs=0.5)


@imus
def test_a_loop_that_was_away_overruns_the_fifo_and_goes_on(name: str) -> None:
    rig = Rig(name)
    rig.up()
    before = rig.run(200)[-1].t_ns
    rig.clock.advance(3000 * MS)
    with pytest.raises(BadData, match=rf"overrun; {IMUS[name][2]} words dropped"):
        rig.tick()
    after = rig.run(200)
    assert after[0].t_ns - before > 2900 * MS
    assert len(after) >= 40


@pytest.mark.parametrize(
    ("name", "flip", "expected"),
    [
        ("lsm6dsox", 0x01, "parity"),
        ("lsm6dsox", 0x20, "parity"),
        ("lsm6dsv16x", 0x02, "counter"),
        ("lsm6dsv16x", 0x10, "sensor 1"),
        ("lsm6dsv16x", 0x80, "sensor 1"),
    ],
)
def test_a_flipped_bit_in_a_tag_is_told_and_the_stream_goes_on(
    name: str, flip: int, expected: str
) -> None:
    rig = Rig(name)
    rig.up()
    rig.run(200)
    rig.clock.advance(5 * MS)
    rig.sim.chip(SimStImu).bad_tag(flip)
    with pytest.raises(BadData, match=expected):
        rig.run(20)
    assert len(rig.run(200)) >= 39


# Up to what a read of 16 words keeps up with; a loop slower than that overruns in the end.
@imus
@given(gaps_ms=st.lists(st.integers(1, 30), min_size=1, max_size=60))
def test_no_sample_is_lost_however_irregular_the_ticks(name: str, gaps_ms: list[int]) -> None:
    rig = Rig(name)
    rig.up()
    rig.run(100)
    got: list[ImuSample] = []
    start = rig.clock.now_ns()
    rig.driver.read()
    for gap in gaps_ms:
        rig.clock.advance(gap * MS)
        got += rig.driver.read()
    for _ in range(20):  # what the bound of a read left behind
        got += rig.driver.read()
    want = (rig.clock.now_ns() - start) * 1e-9 * rig.driver.odr_hz
    assert abs(len(got) - want) < 3
    assert all(a.t_ns < b.t_ns for a, b in itertools.pairwise(got))


# -- pads -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ads1115", "mpr121", "cap1203"])
def test_level_grows_with_the_force(name: str) -> None:
    rig = Rig(name)
    rig.up()
    rig.run(100)
    means = []
    for force in (0.0, 0.3, 0.8, 1.5):
        rig.scene.forces = (force, 0.0, 0.0)
        rig.run(60)
        heads = [s.level for s in rig.run(300) if s.pad == 0]
        means.append(sum(heads) / len(heads))
    assert means == sorted(means)
    assert means[0] < 0.03
    assert all(b - a > 0.04 for a, b in itertools.pairwise(means))


@pytest.mark.parametrize("name", ["ads1115", "mpr121", "cap1203"])
def test_a_long_press_does_not_fade(name: str) -> None:
    rig = Rig(name)
    rig.up()
    rig.run(100)
    rig.scene.forces = (2.0, 2.0, 2.0)
    rig.run(100)
    assert all(s.closed for s in rig.run(60_000))


def test_no_pad_takes_the_reading_of_another() -> None:
    rig = Rig("ads1115")
    rig.up()
    rig.scene.forces = (0.5, 1.0, 2.0)
    rig.run(50)
    got = rig.run(300)
    for pad, share in enumerate((0.5 / 4, 1.0 / 4, 2.0 / 4)):
        levels = [s.level for s in got if s.pad == pad]
        assert levels == pytest.approx([share] * len(levels), abs=0.02)
    assert rig.sim.chip(SimAds1115).violations == []


def test_over_current_stops_the_pads_and_is_told() -> None:
    rig = Rig("mpr121")
    rig.up()
    rig.run(100)
    rig.sim.chip(SimMpr121).overcurrent()
    with pytest.raises(BadData, match="OVCF"):
        rig.run(50)
    rig.up()
    rig.run(50)
    assert rig.run(50)


def test_all_chips_together_and_every_missing_one_named() -> None:
    names = ("vl53l1x", "lsm6dsox", "ads1115", "mpr121", "cap1203")
    rig = Rig(*names)
    chips: list[Any] = [
        CHIPS[name].driver(rig.bus, rig.clock, CHIPS[name].address) for name in names
    ]
    rig.sim.reset_counters()
    bring_up_all([chip.bring_up() for chip in chips], rig.clock)
    assert rig.violations() == []
    rig.sim.unplug(0x6A)
    rig.sim.unplug(0x5A)
    with pytest.raises(MissingChips) as caught:
        bring_up_all([chip.bring_up() for chip in chips], rig.clock)
    assert [f.chip for f in caught.value.faults] == ["LSM6DSOX", "MPR121"]
    assert all(isinstance(f, ChipError) for f in caught.value.faults)
