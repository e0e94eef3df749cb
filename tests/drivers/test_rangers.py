"""What both rangers do on their simulated chips: registers, calibration, liveness, wire."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import CHIPS
from drivers.bus import LinuxBus
from drivers.errors import BadData, ChipError
from drivers.samples import TofSample
from drivers.sim.bus import SimBus
from drivers.sim.chips import bus_with
from drivers.sim.clock import VirtualClock
from drivers.sim.scene import Reflection, StillScene
from drivers.sim.vl53 import SimVl53
from drivers.steps import run_steps

MS = 1_000_000
RANGERS = [name for name, chip in CHIPS.items() if chip.kind == "tof"]
rangers = pytest.mark.parametrize("name", RANGERS)


class Grey(StillScene):
    """A board of 17 % grey, ST's calibration target."""

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        return Reflection(self.range_mm, 0.17, 20.0)


class Noting(LinuxBus):
    """Notes every write."""

    def __init__(self, sim: SimBus) -> None:
        super().__init__(sim, "i2c-1")
        self.written: list[bytes] = []

    def write(self, address: int, *messages: bytes) -> None:
        self.written += messages
        super().write(address, *messages)

    def write_read(self, address: int, writes: Sequence[bytes], n: int) -> bytes:
        self.written += writes
        return super().write_read(address, writes, n)


class Bench:
    def __init__(self, name: str, range_mm: float = 555.0, seed: int = 3) -> None:
        self.name = name
        self.clock = VirtualClock()
        self.scene = Grey(range_mm)
        self.sim = bus_with(name, clock=self.clock, scene=self.scene, seed=seed)
        self.bus = Noting(self.sim)
        (chip,) = self.sim.chips
        assert isinstance(chip, SimVl53)
        self.twin = chip
        self.clock.advance(100 * MS)

    def up(self, **kwargs: Any) -> Any:
        driver: Any = CHIPS[self.name].driver(self.bus, self.clock, 0x29, **kwargs)
        run_steps(driver.bring_up(), self.clock)
        return driver

    def take(self, driver: Any, n: int) -> list[TofSample]:
        got: list[TofSample] = []
        while len(got) < n:
            self.clock.sleep_until_ns((self.clock.now_ns() // (5 * MS) + 1) * 5 * MS)
            sample = driver.read()
            if sample is not None:
                got.append(sample)
        return got

    def mean_mm(self, driver: Any, n: int = 150) -> float:
        got = self.take(driver, n)
        assert all(sample.valid for sample in got)
        return statistics.fmean(sample.range_mm for sample in got)


@rangers
@pytest.mark.parametrize("calibrated", [False, True])
def test_every_register_written_stands_in_the_chip(name: str, calibrated: bool) -> None:
    bench = Bench(name)
    bench.up(**({"offset_mm": -7.25, "crosstalk_kcps": 0.5} if calibrated else {}))
    wanted: dict[int, int] = {}
    for message in bench.bus.written:
        at = message[0] << 8 | message[1]
        wanted.update({at + i: value for i, value in enumerate(message[2:])})
    assert {0x08, 0x2D, 0x5E, 0x6C, 0x87} < set(wanted)
    assert (0x1E in wanted) is (0x16 in wanted) is calibrated
    wanted[0x86] = 0  # a clear clears itself
    del wanted[0x31]  # the pin itself
    for at, value in wanted.items():
        assert bench.sim.write_read(0x29, (at.to_bytes(2, "big"),), 1)[0] == value, hex(at)
    assert bench.twin.violations == []


@rangers
@pytest.mark.parametrize("error_mm", [0.0, 4.5, -31.0])
def test_an_offset_is_found_and_mended(name: str, error_mm: float) -> None:
    bench = Bench(name, range_mm=140.0)
    bench.twin.part_offset_mm = 13
    bench.twin.power_cycle()  # into its factory memory
    bench.clock.advance(10 * MS)
    bench.twin.offset_error_mm = error_mm
    assert bench.mean_mm(bench.up()) == pytest.approx(140.0 + error_mm, abs=0.6)
    bare_mm = bench.mean_mm(bench.up(offset_mm=0.0))
    assert bare_mm == pytest.approx(153.0 + error_mm, abs=0.6)
    assert bench.mean_mm(bench.up(offset_mm=140.0 - bare_mm)) == pytest.approx(140.0, abs=0.8)


@rangers
def test_crosstalk_is_found_and_mended(name: str) -> None:
    bench = Bench(name, range_mm=600.0)
    bench.twin.crosstalk_kcps = 2.5
    got = bench.take(bench.up(crosstalk_kcps=0.0), 300)
    mean_mm = statistics.fmean(s.range_mm for s in got)
    assert mean_mm == pytest.approx(600.0 * 27.15 / (27.15 + 2.5), abs=1.0)  # 57.5 * 0.17 / 0.6^2
    signal = statistics.fmean(s.signal_kcps for s in got)
    spads = statistics.fmean(s.spads for s in got)
    found = signal * (1.0 - mean_mm / 600.0) / spads  # ULD's CalibrateXtalk
    assert found == pytest.approx(2.5, abs=0.08)
    assert bench.mean_mm(bench.up(crosstalk_kcps=found)) == pytest.approx(600.0, abs=2.0)
    bench.twin.crosstalk_kcps = 0.0  # the window was cleaned: now too much is taken off
    assert bench.mean_mm(bench.up(crosstalk_kcps=found)) > 640.0


@rangers
def test_who_it_is_is_known_after_the_bring_up(name: str) -> None:
    bench = Bench(name)
    model, osc = bench.twin.model, bench.twin.osc_frequency
    assert bench.up().identity == (
        f"model 0x{model[:2].hex().upper()}, revision 0x10, oscillator 0x{osc:04X}, calibration 36"
    )


@rangers
def test_the_other_ranger_is_a_wrong_chip(name: str) -> None:
    (other,) = (each for each in RANGERS if each != name)
    bench = Bench(name)
    bench.name = other
    with pytest.raises(ChipError, match=r"model id 0x[0-9A-F]{4}, expected 0x[0-9A-F]{4}"):
        bench.up()


@rangers
@settings(max_examples=25)
@given(
    nacks=st.lists(st.tuples(st.integers(0, 200), st.integers(1, 2)), max_size=12),
    tick_ms=st.sampled_from([3.7, 5.0, 11.0]),
)
def test_retries_are_counted_and_cost_no_sample(
    name: str, nacks: list[tuple[int, int]], tick_ms: float
) -> None:
    bench = Bench(name)
    driver = bench.up()
    plan = dict(nacks)
    streams: list[int] = []
    sent = 0
    for tick in range(200):
        bench.clock.advance(round(tick_ms * MS))
        before = driver.retries
        if tick in plan:
            bench.sim.nack_next(plan[tick])
        sample = driver.read()
        if driver.retries == before:
            bench.sim.recover()  # nothing was asked in this tick
        else:
            assert driver.retries - before == plan[tick]
            sent += plan[tick]
        if sample is not None:
            streams.append(sample.stream_count)
    assert driver.retries == sent
    assert streams == list(range(streams[0], streams[0] + len(streams)))
    assert bench.twin.violations == []


@rangers
def test_polls_stay_few_after_the_loop_was_away(name: str) -> None:
    bench = Bench(name)
    driver = bench.up()
    bench.take(driver, 100)
    bench.clock.advance(733 * MS)
    bench.take(driver, 20)
    bench.sim.reset_counters()
    bench.take(driver, 60)
    assert bench.sim.transactions <= 60 * 2.4


@pytest.mark.parametrize(("budget_ms", "least_hz"), [(10, 99.0), (15, 66.0), (20, 49.5)])
def test_the_short_ranger_goes_to_100_hz(budget_ms: int, least_hz: float) -> None:
    bench = Bench("vl53l4cd")
    driver = bench.up(timing_budget_ms=budget_ms, inter_measurement_ms=budget_ms)
    bench.take(driver, 50)
    start_ns = bench.clock.now_ns()
    got = bench.take(driver, 200)
    assert 200 / ((bench.clock.now_ns() - start_ns) * 1e-9) >= least_hz
    steps = {(b.stream_count - a.stream_count) % 128 for a, b in itertools.pairwise(got)}
    assert steps == {1}


@pytest.mark.parametrize("after_ms", [2, 30])
def test_a_power_cycle_without_a_pause_is_found_by_the_start_command(after_ms: int) -> None:
    bench = Bench("vl53l4cd")
    driver = bench.up(timing_budget_ms=10, inter_measurement_ms=10)
    bench.take(driver, 20)
    bench.twin.power_cycle()
    bench.clock.advance(after_ms * MS)
    with pytest.raises(BadData, match=r"0x00, expected 0x21 \(ranging\)"):
        bench.take(driver, 1)
