"""A watched bus: its measured clock, its errors, and when it is given up."""

from __future__ import annotations

import errno
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.doctor.wire import GIVE_UP, Wire
from drivers.sim.chips import bus_with
from drivers.sim.clock import VirtualClock


class FakeBus:
    """Takes its time by length, some overhead, and a queue of errnos to fail with."""

    name = "i2c-9"

    def __init__(self, clock: VirtualClock, hz: float, overhead_ns: int = 0, seed: int = 0) -> None:
        self.clock = clock
        self.hz = hz
        self.overhead_ns = overhead_ns
        self.random = random.Random(seed)
        self.fails: list[int] = []
        self.transfers = 0

    def _take(self, bits: int) -> None:
        self.transfers += 1
        late_ns = self.random.expovariate(1 / 20_000) if self.overhead_ns else 0.0
        self.clock.advance(round(bits / self.hz * 1e9 + self.overhead_ns + late_ns))
        if self.fails and (code := self.fails.pop(0)):
            raise OSError(code, "as planned")

    def write(self, address: int, *messages: bytes) -> None:
        self._take(1 + sum(10 + 9 * len(m) for m in messages))

    def write_read(self, address: int, writes: Sequence[bytes], n: int) -> bytes:
        self._take(1 + sum(10 + 9 * len(m) for m in writes) + 10 + 9 * n)
        return bytes(n)


def wire(hz: float, overhead_ns: int = 0) -> tuple[Wire, FakeBus]:
    clock = VirtualClock()
    bus = FakeBus(clock, hz, overhead_ns)
    return Wire("i2c-9", 400_000, bus, clock), bus


@settings(deadline=None)
@given(hz=st.floats(10_000, 1_000_000), sizes=st.lists(st.integers(1, 90), min_size=2, max_size=6))
def test_the_clock_is_the_slope_of_time_over_length(hz: float, sizes: list[int]) -> None:
    watched, _ = wire(hz)
    for n in sizes:
        watched.write_read(0x6A, (b"\x3a",), n)
    measured = watched.measured_hz()
    if 9 * (max(sizes) - min(sizes)) < 64:
        assert measured is None
    else:
        assert measured == pytest.approx(hz, rel=1e-3)


def test_what_the_machine_adds_does_not_count() -> None:
    """90 us for each call, and 20 us of jitter more: five times the shortest transfer itself."""
    watched, _ = wire(400_000, overhead_ns=90_000)
    for _ in range(200):
        for n in (2, 7, 14, 28):
            watched.write_read(0x6A, (b"\x3a",), n)
    assert watched.measured_hz() == pytest.approx(400_000, rel=0.1)


def test_on_a_simulated_bus_it_is_the_bus_s_own() -> None:
    clock = VirtualClock()
    bus = bus_with("lsm6dsox", clock=clock, speed_hz=100_000)
    clock.advance(100_000_000)
    watched = Wire("i2c-3", 400_000, bus, clock)
    watched.write_read(0x6A, (b"\x0f",), 1)
    watched.write_read(0x6A, (b"\x20",), 14)
    watched.write(0x6A, b"\x12\x44", b"\x10\x50")
    assert watched.measured_hz() == pytest.approx(100_000, rel=1e-3)
    assert watched.transfers == 3
    assert watched.answers(0x6A)
    assert not watched.answers(0x6B)
    assert watched.errors == {errno.EREMOTEIO: 1}


def test_a_bus_that_times_out_is_given_up_and_not_touched_again() -> None:
    watched, bus = wire(400_000)
    bus.fails = [errno.ETIMEDOUT] * 100
    for _ in range(50):
        with pytest.raises(TimeoutError):
            watched.write(0x29, b"\x00")
    assert watched.stuck
    assert not watched.usable
    assert bus.transfers == GIVE_UP


def test_single_timeouts_do_not_make_it_stuck() -> None:
    watched, bus = wire(400_000)
    bus.fails = [errno.ETIMEDOUT, 0, errno.ETIMEDOUT, errno.EREMOTEIO, errno.ETIMEDOUT]
    assert [watched.answers(0x29) for _ in range(6)] == [False, True, False, False, False, True]
    assert not watched.stuck
    watched.reset()
    assert (watched.transfers, watched.errors.total()) == (0, 0)


def test_a_node_that_did_not_open_fails_as_it_did_then() -> None:
    watched = Wire("i2c-9", 400_000, None, VirtualClock(), OSError(errno.EACCES, "no"))
    with pytest.raises(PermissionError):
        watched.write(0x29, b"\x00")
    assert not watched.usable
    assert watched.transfers == 0
