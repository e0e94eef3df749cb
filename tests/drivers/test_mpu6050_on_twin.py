"""The MPU-6050 driver on its simulated parts: every variant, and what goes wrong in a set."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.bus import LinuxBus
from drivers.errors import BadData, BusFault, ChipError, ChipTimeout
from drivers.mpu6050 import Mpu6050
from drivers.samples import ImuSample
from drivers.sim.bus import SimBus
from drivers.sim.clock import VirtualClock
from drivers.sim.mpu6050 import SimMpu6050
from drivers.sim.scene import Motion6
from drivers.steps import run_steps
from tests.sim.worlds import World

MS = 1_000_000
TICK = 5 * MS
PARTS = (0x68, 0x70, 0x71, 0x72, 0x73, 0x98)
MOTION = Motion6(8.1, -2.3, 4.4, 0.31, -1.9, 0.07)
CLOSE = (0.25, 0.25, 0.25, 0.03, 0.03, 0.03)
"""Bias and six sigma, m/s2 and rad/s."""


class Rig:
    """A part on a bus, its driver, and ticks of 5 ms."""

    def __init__(
        self, part: int = 0x68, *, speed_hz: int = 400_000, seed: int = 0, **kwargs: Any
    ) -> None:
        self.clock = VirtualClock()
        error = kwargs.pop("clock_error", None)
        self.chip = SimMpu6050(
            self.clock, World(motion=MOTION), part=part, seed=seed, clock_error=error
        )
        self.sim = SimBus([self.chip], self.clock, speed_hz=speed_hz)
        self.clock.advance(100 * MS)
        self.imu = Mpu6050(LinuxBus(self.sim, "i2c-3"), self.clock, **kwargs)

    def up(self) -> None:
        run_steps(self.imu.bring_up(), self.clock)

    def tick(self) -> list[ImuSample]:
        self.clock.sleep_until_ns((self.clock.now_ns() // TICK + 1) * TICK)
        return self.imu.read()

    def run(self, ms: float) -> list[ImuSample]:
        got: list[ImuSample] = []
        for _ in range(round(ms) // 5):
            got += self.tick()
        return got

    def run_to_error(self, ms: float) -> tuple[list[ImuSample], ChipError]:
        """Samples until something is said; it must be within so many ms."""
        got: list[ImuSample] = []
        end = self.clock.now_ns() + round(ms * MS)
        while self.clock.now_ns() < end:
            try:
                got += self.tick()
            except ChipError as error:
                return got, error
        raise AssertionError(f"nothing was said in {ms} ms")


def true(sample: ImuSample) -> bool:
    """Whether the sample shows the scene."""
    return all(abs(a - b) < c for a, b, c in zip(sample[1:], MOTION, CLOSE, strict=True))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("odr", [104, 208, 417])
def test_every_part_at_every_rate(part: int, odr: int) -> None:
    rig = Rig(part, odr_hz=odr)
    rig.up()
    got = rig.run(2000)
    real_hz = rig.imu.odr_hz * (1 + rig.chip.clock_error)
    assert len(got) == pytest.approx(2 * real_hz, abs=4)
    assert all(true(sample) for sample in got)
    assert rig.chip.violations == []
    assert f"0x{part:02X}" in rig.imu.identity
    celsius = rig.imu.read_temperature()
    assert celsius is None if part in (0x72, 0x98) else celsius == pytest.approx(26.0, abs=0.1)
    rig.imu.stop()
    rig.tick()  # what it had until then
    assert rig.run(30) == []


@pytest.mark.parametrize("accel", [2, 4, 8, 16])
@pytest.mark.parametrize("gyro", [250, 500, 1000, 2000])
def test_every_range(accel: int, gyro: int) -> None:
    rig = Rig(accel_range_g=accel, gyro_range_dps=gyro)
    rig.up()
    got = rig.run(200)
    assert len(got) >= 38
    assert all(true(sample) for sample in got)


@pytest.mark.parametrize("error", [-0.01, -0.0031, 0.0, 0.004, 0.01])
def test_the_stamps_find_the_real_rate(error: float) -> None:
    rig = Rig(clock_error=error)
    rig.up()
    rig.run(5000)
    got = rig.run(10_000)
    mean_ns = (got[-1].t_ns - got[0].t_ns) / (len(got) - 1)
    assert 1e9 / mean_ns == pytest.approx(200 * (1 + error), rel=6e-4)
    steps = [b.t_ns - a.t_ns for a, b in itertools.pairwise(got)]
    assert 0.85 * mean_ns < min(steps) <= max(steps) < 1.15 * mean_ns
    assert rig.imu.odr_hz == 200.0
    assert abs(rig.clock.now_ns() - got[-1].t_ns) < 6 * MS


def test_after_a_minute_the_steps_are_even() -> None:
    rig = Rig(clock_error=-0.0031)
    rig.up()
    rig.run(60_000)
    got = rig.run(10_000)
    mean_ns = (got[-1].t_ns - got[0].t_ns) / (len(got) - 1)
    assert 1e9 / mean_ns == pytest.approx(200 * (1 - 0.0031), rel=2e-4)
    steps = [b.t_ns - a.t_ns for a, b in itertools.pairwise(got)]
    assert 0.97 * mean_ns < min(steps) <= max(steps) < 1.03 * mean_ns


@settings(max_examples=60)
@given(
    st.sampled_from([0x68, 0x70]),
    st.integers(0, 40_000),
    st.sampled_from(["power", "wire"]),
)
def test_power_lost_at_any_moment_of_a_set_is_found_and_mended(
    part: int, at_us: int, noticed: str
) -> None:
    """Reset at any phase of the ticks; for a while nothing may come, least of all a number."""
    rig = Rig(part)
    rig.up()
    rig.run(500)
    rig.clock.advance(1000 * at_us)
    cut_ns = rig.clock.now_ns()
    rig.chip.power_cycle()
    if noticed == "power":  # so short that no NACK gives it away
        rig.chip.silent_until_ns = 0
    got, fault = rig.run_to_error(150)
    assert got == []
    assert isinstance(fault, BadData if noticed == "power" else BusFault)
    assert rig.clock.now_ns() - cut_ns <= 100 * MS  # stale, decisions of the rig
    rig.clock.advance(25 * MS)
    rig.up()
    after = rig.run(100)
    assert len(after) >= 18
    assert all(true(sample) for sample in after)
    assert rig.clock.now_ns() - cut_ns < 500 * MS


def test_power_lost_between_the_count_and_the_burst_gives_no_number() -> None:
    for part in (0x68, 0x70):
        rig = Rig(part)
        rig.up()
        rig.run(500)
        rig.clock.advance(15 * MS)
        plain = rig.chip.on_read

        def cut(n: int, t_ns: int, rig: Rig = rig, plain: Any = plain) -> bytes:
            data: bytes = plain(n, t_ns)
            if n == 2:
                rig.chip.reset(t_ns)  # an empty FIFO: its last byte, for ever
            return data

        rig.chip.on_read = cut  # type: ignore[method-assign]  # cuts the power at one moment
        with pytest.raises(BadData, match="0xFF twelve times"):
            rig.imu.read()


def test_a_frozen_chip_is_told_in_time() -> None:
    rig = Rig()
    rig.up()
    rig.run(500)
    rig.chip.freeze()
    got, fault = rig.run_to_error(150)
    assert len(got) <= 1
    assert isinstance(fault, ChipTimeout)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("away_ms", [200, 250, 450, 5000])
def test_a_loop_that_was_away_loses_samples_but_never_reads_a_wrong_one(
    part: int, away_ms: int
) -> None:
    rig = Rig(part)
    rig.up()
    before = rig.run(200)[-1].t_ns
    rig.clock.advance(away_ms * MS)
    holds_ms = 425 if rig.imu.variant.fifo_bytes == 1024 else 210
    if away_ms > holds_ms:
        with pytest.raises(BadData, match="overflow"):
            rig.tick()
    after = rig.run(300)
    assert all(true(sample) for sample in after)
    gap_ms = (after[0].t_ns - before) / MS
    assert gap_ms > away_ms - 20 if away_ms > holds_ms else gap_ms < 6
    assert all(a.t_ns < b.t_ns for a, b in itertools.pairwise(after))


@given(st.integers(1, 47))
def test_bytes_that_got_lost_are_noticed_unless_they_were_whole_samples(n: int) -> None:
    rig = Rig()
    rig.up()
    rig.run(200)
    rig.clock.advance(20 * MS)
    rig.chip.slip(n)
    if n % 12:
        with pytest.raises(BadData, match="a multiple of 12"):
            rig.imu.read()
    assert all(true(sample) for sample in rig.run(200))


@pytest.mark.parametrize(("speed_hz", "odr"), [(100_000, 208), (100_000, 417), (400_000, 417)])
def test_a_burst_is_bounded_and_a_backlog_is_caught_up(speed_hz: int, odr: int) -> None:
    rig = Rig(0x68, speed_hz=speed_hz, odr_hz=odr)
    rig.up()
    rig.run(100)
    rig.clock.advance(140 * MS)
    longest, got = 0, 0
    for _ in range(40):
        before = rig.clock.now_ns()
        batch = rig.imu.read()
        longest = max(longest, rig.clock.now_ns() - before)
        assert len(batch) <= 16
        got += len(batch)
        rig.clock.advance(MS)
    assert len(rig.imu.read()) <= 4
    assert longest <= 1.01e9 * (5 + 3 + 16 * 12) * 9.1 / speed_hz


# Up to what reads of 16 samples keep up with.
@settings(max_examples=40)
@given(st.lists(st.integers(1, 75), min_size=1, max_size=30), st.sampled_from([0x68, 0x70]))
def test_no_sample_is_lost_however_irregular_the_ticks(gaps_ms: list[int], part: int) -> None:
    rig = Rig(part)
    rig.up()
    rig.run(100)
    got: list[ImuSample] = []
    start = rig.clock.now_ns()
    for gap in gaps_ms:
        rig.clock.advance(gap * MS)
        got += rig.imu.read()
    for _ in range(10):
        got += rig.imu.read()
    want = (rig.clock.now_ns() - start) * 1e-9 * 200 * (1 + rig.chip.clock_error)
    assert abs(len(got) - want) < 3
    assert all(a.t_ns < b.t_ns for a, b in itertools.pairwise(got))
    assert all(true(sample) for sample in got)
