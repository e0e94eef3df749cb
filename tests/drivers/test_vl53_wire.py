"""GPIO1 of a ranger: believed until it contradicts the chip three times running."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import CHIPS
from drivers.errors import BadData, BusFault, ChipTimeout
from drivers.steps import run_steps
from drivers.vl53_wire import ReadyWire
from tests.drivers.test_rangers import MS, Bench, rangers

WHERE = "VL53L1X at 0x29 on i2c-1"
IDLE_LINE = (
    "VL53L1X at 0x29 on i2c-1: 0x31 says that a range waits, but GPIO1 does not move, expected a "
    "line that follows the chip. Polled instead; check its wire, its pull-up and pins.tof_gpio1."
)
STUCK_LINE = (
    "VL53L1X at 0x29 on i2c-1: GPIO1 says that a range waits, but none does, expected a line that "
    "follows the chip. Polled instead; check its wire, its pull-up and pins.tof_gpio1."
)


def _wire(level: bool = True, ready_level: bool = True) -> tuple[ReadyWire, list[str]]:
    said: list[str] = []
    wire = ReadyWire(lambda: level, ready_level, 24 * MS, WHERE, said.append)
    wire.start(1000 * MS)
    return wire, said


@pytest.mark.parametrize("level", [False, True])
@pytest.mark.parametrize("ready_level", [False, True])
def test_ready_is_the_parts_own_level(level: bool, ready_level: bool) -> None:
    assert _wire(level, ready_level)[0].ready() is (level == ready_level)


def test_the_chip_is_asked_once_in_two_periods_without_a_range() -> None:
    wire, _ = _wire()
    assert not wire.overdue(1048 * MS - 1)
    assert wire.overdue(1048 * MS)
    assert not wire.overdue(1096 * MS - 1)
    assert wire.overdue(1096 * MS)
    wire.came(1100 * MS, told=True)
    assert not wire.overdue(1148 * MS - 1)
    assert wire.overdue(1148 * MS)


def test_three_in_a_row_are_too_many_and_told_once() -> None:
    wire, said = _wire()
    works = []
    for _ in range(3):
        wire.came(0, told=False)
        works.append((wire.works, len(said)))
    wire.start(0)
    for _ in range(3):
        wire.repeated()
        works.append((wire.works, len(said)))
    assert works == [(True, 0), (True, 0), (False, 1), (True, 1), (True, 1), (False, 2)]
    assert said == [IDLE_LINE, STUCK_LINE]


@given(st.lists(st.sampled_from(["told", "missed", "repeated"]), max_size=40))
def test_it_is_given_up_at_the_third_contradiction_in_a_row(happens: list[str]) -> None:
    wire, said = _wire()
    row = 0
    for i, what in enumerate(happens):
        if what == "repeated":
            wire.repeated()
        else:
            wire.came(i * MS, told=what == "told")
        row = 0 if what == "told" else row + 1
        assert wire.works is (row < 3)
        if not wire.works:
            break
    assert len(said) == (row >= 3)


class Line:
    """GPIO1 of the twin, which can come loose."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.loose: bool | None = None
        self.flaky = 0

    def __call__(self) -> bool:
        level = self.bench.twin.gpio1()
        if self.flaky and level is self.ready:
            self.flaky -= 1
            return not level
        return level if self.loose is None else self.loose

    @property
    def ready(self) -> bool:
        return self.bench.name == "vl53l1x"


def _wired(name: str) -> tuple[Bench, Line, Any, list[str]]:
    bench = Bench(name)
    line = Line(bench)
    said: list[str] = []
    driver = bench.up(gpio1=line, say=said.append)
    return bench, line, driver, said


@rangers
def test_a_sample_is_25_bytes_in_one_transaction(name: str) -> None:
    bench, _, driver, said = _wired(name)
    bench.take(driver, 3)
    bench.sim.reset_counters()
    got = bench.take(driver, 300)
    assert (bench.sim.bytes, bench.sim.transactions) == (300 * 25, 300)
    steps = {(b.stream_count - a.stream_count) % 128 for a, b in itertools.pairwise(got)}
    assert steps == {1}
    assert said == []


@rangers
@pytest.mark.parametrize("looks", [5, 10])
def test_a_line_that_misses_one_or_two_ranges_is_still_believed(name: str, looks: int) -> None:
    bench, line, driver, said = _wired(name)
    bench.take(driver, 5)
    line.flaky = looks
    got = bench.take(driver, 20)
    gaps_ms = [(b.t_ns - a.t_ns) / MS for a, b in itertools.pairwise(got)]
    assert max(gaps_ms) <= 55.0
    assert said == []
    bench.sim.reset_counters()
    bench.take(driver, 50)
    assert bench.sim.bytes == 50 * 25


@rangers
@pytest.mark.parametrize("loose", [False, True])
def test_a_loose_line_is_given_up_and_the_ranges_go_on(name: str, loose: bool) -> None:
    bench, line, driver, said = _wired(name)
    bench.take(driver, 5)
    line.loose = loose
    got = bench.take(driver, 60)
    gaps_ms = [(b.t_ns - a.t_ns) / MS for a, b in itertools.pairwise(got)]
    assert max(gaps_ms) <= 55.0
    assert max(gaps_ms[10:]) <= 30.0  # once it has been given up
    want = STUCK_LINE if loose is line.ready else IDLE_LINE
    assert said == [want.replace("VL53L1X", CHIPS[name].driver.name)]
    line.loose = None  # mended: it gets its chance at the next bring-up
    bench.take(driver, 60)
    bench.sim.reset_counters()
    bench.take(driver, 30)
    assert bench.sim.bytes >= 30 * 30
    run_steps(driver.bring_up(), bench.clock)
    bench.take(driver, 3)
    bench.sim.reset_counters()
    bench.take(driver, 30)
    assert bench.sim.bytes == 30 * 25


@rangers
@pytest.mark.parametrize("loose", [None, False, True])
def test_a_frozen_chip_is_told_within_100_ms_and_a_loss_of_power_too(
    name: str, loose: bool | None
) -> None:
    for happens, expected in (("freeze", ChipTimeout), ("power_cycle", BadData)):
        bench, line, driver, _ = _wired(name)
        bench.take(driver, 5)
        getattr(bench.twin, happens)()
        bench.clock.advance(2 * MS)
        line.loose = loose
        at_ns = bench.clock.now_ns()
        with pytest.raises(expected):
            bench.take(driver, 5)
        assert bench.clock.now_ns() - at_ns <= 110 * MS


@rangers
@pytest.mark.parametrize("seen", [False, True], ids=["not sent", "answer lost"])
@pytest.mark.parametrize("code", [5, 11, 110, 121])
def test_a_fault_of_the_bus_is_not_taken_for_one_of_the_line(
    name: str, code: int, seen: bool
) -> None:
    bench, _, driver, said = _wired(name)
    last = bench.take(driver, 5)[-1].stream_count
    for k in range(12):
        bench.sim.fail_at(k, code, seen=seen)
        got: list[int] = []
        for _ in range(60):
            bench.clock.advance(5 * MS)
            with contextlib.suppress(BusFault):
                sample = driver.read()
                got += [] if sample is None else [sample.stream_count]
        lost = got[-1] - last - len(got)
        assert lost <= (0 if code == 121 else 1)
        assert got == sorted(set(got))
        last = got[-1]
    assert driver.retries == (12 if code == 121 else 0)
    assert said == []
    bench.sim.reset_counters()
    bench.take(driver, 20)
    assert bench.sim.bytes == 20 * 25
