"""A fault at every transaction of what drives the motor in the dowel."""

from __future__ import annotations

import pytest

from drivers import HAPTICS
from drivers.bus import LinuxBus
from drivers.errors import BusFault, ChipError
from drivers.sim.bus import SimBus
from drivers.sim.chips import bus_with
from drivers.sim.clock import VirtualClock
from drivers.steps import run_steps
from tests.drivers.sweep import ERRNOS, MS


class Bench:
    """One chip, through all that is ever asked of it."""

    def __init__(self, name: str) -> None:
        self.clock = VirtualClock()
        self.sim: SimBus = bus_with(name, clock=self.clock)
        self.clock.advance(100 * MS)
        entry = HAPTICS[name]
        self.address = entry.address
        self.driver = entry.driver(LinuxBus(self.sim, "i2c-1"), self.clock, entry.address)

    def round(self) -> None:
        """Up, shaking, looked after, stopped."""
        run_steps(self.driver.bring_up(), self.clock)
        self.driver.drive(0.5)
        self.driver.read()
        self.driver.stop()


@pytest.mark.parametrize("seen", [False, True], ids=["not sent", "answer lost"])
@pytest.mark.parametrize("name", HAPTICS)
def test_a_fault_at_every_transaction(name: str, seen: bool) -> None:
    bench = Bench(name)
    bench.round()
    count = bench.sim.transactions
    assert count >= 8
    for k in range(count):
        for code in ERRNOS:
            retries, began_ns = bench.driver.retries, bench.clock.now_ns()
            bench.sim.fail_at(k, code, seen=seen)
            told: BusFault | None = None
            try:
                bench.round()
            except BusFault as error:
                told = error
            if told is None:
                assert bench.driver.retries == retries + 1, (k, code)
            else:
                assert (told.chip, told.address) == (bench.driver.name, bench.address)
                assert (told.bus, told.errno) == ("i2c-1", code)
            assert bench.clock.now_ns() - began_ns < 200 * MS
            run_steps(bench.driver.bring_up(), bench.clock)
            bench.driver.drive(1.0)
            bench.driver.read()


@pytest.mark.parametrize("byte", [0x00, 0xFF])
@pytest.mark.parametrize("name", HAPTICS)
def test_bytes_that_nobody_sent_are_told(name: str, byte: int) -> None:
    bench = Bench(name)
    bench.round()
    reads: list[int] = []

    def note(raw: bytes) -> bytes:
        reads.append(len(raw))
        return raw

    bench.sim.change_read(0, note, 1000)
    bench.round()
    bench.sim.recover()
    for k in range(len(reads)):
        bench.sim.change_read(k, lambda raw: bytes([byte]) * len(raw), 1000)
        with pytest.raises(ChipError):
            bench.round()
        bench.sim.recover()
        bench.round()
