"""Every fault of the wire at every transaction of every driver, on virtual time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import permutations

import pytest

from drivers import CHIPS
from drivers.errors import BusFault
from drivers.samples import ImuSample, TofSample
from tests.drivers.sweep import (
    ERRNOS,
    FOUND_MS,
    MEASURING,
    MS,
    SETTLE_MS,
    TICK,
    Bench,
    attempt,
    learned,
    transactions,
)

CYCLE_MS = 75
"""Longer than the reads of any chip take to come round: three rangings, three pads and more."""

chip = pytest.mark.parametrize("name", MEASURING)


def _told_or_counted(bench: Bench, retries: int, code: int) -> None:
    """A failed transfer was told with its errno, or absorbed by a retry that was counted."""
    assert bench.told or bench.driver.retries > retries, "neither told nor counted"
    assert all(isinstance(error, BusFault) and error.errno == code for error in bench.told)


@chip
@pytest.mark.parametrize("seen", [False, True], ids=["not sent", "answer lost"])
def test_a_fault_at_every_transaction_of_the_first_bring_up(name: str, seen: bool) -> None:
    count = transactions(one := Bench(name), one.up)
    assert count >= 5
    for k in range(count):
        for code in ERRNOS:
            bench = Bench(name)
            bench.sim.fail_at(k, code, seen=seen)
            attempt(bench, bench.up)
            _told_or_counted(bench, 0, code)
            bench.up()
            bench.look(1)
            bench.follows(1)


@chip
@pytest.mark.parametrize("seen", [False, True], ids=["not sent", "answer lost"])
def test_a_fault_at_every_transaction_of_a_later_bring_up(name: str, seen: bool) -> None:
    """From whatever state the one before has left the chip in."""
    bench = Bench(name)
    bench.up()
    count = transactions(bench, bench.up)
    for k in range(count):
        for code in ERRNOS:
            bench.steady(0)
            retries = bench.driver.retries
            bench.sim.fail_at(k, code, seen=seen)
            attempt(bench, bench.up)
            bench.look(1)
            _told_or_counted(bench, retries, code)
            bench.up()
            bench.follows(1)


@chip
def test_a_fault_at_every_transaction_of_the_stop(name: str) -> None:
    bench = Bench(name)
    bench.steady()
    count = transactions(bench, bench.driver.stop)
    for k in range(count):
        for code in ERRNOS:
            bench.steady(0)
            bench.sim.fail_at(k, code)
            assert not attempt(bench, bench.driver.stop)
            _told_or_counted(bench, 0, code)
            bench.look(1)
            bench.up()
            bench.follows(1)


@chip
@pytest.mark.parametrize("seen", [False, True], ids=["not sent", "answer lost"])
def test_a_fault_at_every_transaction_of_the_stream(name: str, seen: bool) -> None:
    """Read on after it, as the station does after a spark: nothing false; then up again."""
    bench = Bench(name)
    bench.steady()
    count = transactions(bench, lambda: bench.run(CYCLE_MS))
    assert count >= 6
    for k in range(count):
        for code in ERRNOS:
            bench.steady(0)
            retries = bench.driver.retries
            bench.sim.fail_at(k, code, seen=seen)
            before = bench.run(CYCLE_MS)
            assert all(bench.is_right(sample, 0) for sample in before), (k, code)
            assert bench.told or bench.driver.retries > retries, (k, code)
            # What the host missed of a FIFO shows in its tags.
            assert all(error.errno in (code, None) for error in bench.told)
            bench.look(1)
            if not any(bench.is_down(error) for error in bench.told):
                bench.follows(1)
            bench.up()
            bench.follows(1)


# -- bytes that are not what the chip sent -------------------------------------------------


def _ones(raw: bytes) -> bytes:
    return b"\xff" * len(raw)


def _zeros(raw: bytes) -> bytes:
    return bytes(len(raw))


@chip
@pytest.mark.parametrize("count", [1, 2, 1000], ids=["one", "two", "for ever"])
@pytest.mark.parametrize("wrong", [_ones, _zeros], ids=["FF", "00"])
def test_reads_of_nothing_but_ones_or_zeros_in_the_stream(
    name: str, wrong: Callable[[bytes], bytes], count: int
) -> None:
    """From every read on: never a number that is not there, and found out when it lasts."""
    bench = Bench(name)
    bench.steady(1)
    reads = transactions(bench, lambda: bench.run(CYCLE_MS))
    for k in range(reads):
        bench.steady(1)
        bench.sim.change_read(k, wrong, count)
        got = bench.run(CYCLE_MS + FOUND_MS)
        false = [s for s in got if _says_something(s) and not bench.is_right(s, 1)]
        assert not false, (k, false[0])
        assert count < 1000 or bench.told, k
        bench.steady(0)
        bench.follows(0)


def _says_something(sample: object) -> bool:
    return not isinstance(sample, TofSample) or sample.valid


@chip
@pytest.mark.parametrize("wrong", [_ones, _zeros], ids=["FF", "00"])
def test_reads_of_nothing_but_ones_or_zeros_in_the_bring_up(
    name: str, wrong: Callable[[bytes], bytes]
) -> None:
    bench = Bench(name)
    bench.up()
    reads = transactions(bench, bench.up)
    for k in range(reads):
        bench.steady(0)
        bench.sim.change_read(k, wrong, 1000)
        attempt(bench, bench.up)
        got = bench.run(FOUND_MS)
        assert bench.told or k > 0
        assert all(not _says_something(s) or bench.is_right(s, 0) for s in got), (k, got)
        bench.sim.recover()
        bench.look(1)
        bench.up()
        bench.follows(1)


@chip
def test_a_bit_flipped_in_any_read_of_the_stream(name: str) -> None:
    """It is told, or the sample is not valid, or one number of one sample is off, where a chip
    sends no check beside its numbers (a range and what goes with it, one axis of an IMU, one
    pad's conversion): nothing else, and the sample after it is right."""
    bench = Bench(name)
    bench.steady(1)
    sizes: set[int] = set()

    def size(raw: bytes) -> bytes:
        sizes.add(len(raw))
        return raw

    bench.sim.change_read(0, size, 1000)
    bench.run(CYCLE_MS)
    places = [(n, skip, byte) for n in sorted(sizes) for skip in (0, 1) for byte in range(n)]
    for n, skip, byte in places:
        bench = Bench(name)
        for bit in range(8):
            bench.steady(1)
            flip = Flip(n, skip, byte, bit)
            bench.sim.change_read(0, flip, 1000)
            got = bench.run(CYCLE_MS)
            assert flip.done or skip
            off = [s for s in got if _says_something(s) and not bench.is_right(s, 1)]
            assert len(off) <= 1, (n, skip, byte, bit, off)
            if off and isinstance(off[0], ImuSample):
                pairs = zip(off[0][1:], learned(name)[1][0][1:], strict=True)
                assert sum(abs(a - b) > 0.0016 for a, b in pairs) == 1, (n, skip, byte, bit, off)
            bench.steady(0)
            bench.follows(0)


class Flip:
    """Flips one bit of a read of ``size`` bytes, after so many of that size."""

    def __init__(self, size: int, skip: int, byte: int, bit: int) -> None:
        self.size, self.skip, self.byte, self.bit = size, skip, byte, bit
        self.done = False

    def __call__(self, raw: bytes) -> bytes:
        if self.done or len(raw) != self.size:
            return raw
        if self.skip:
            self.skip -= 1
            return raw
        self.done = True
        out = bytearray(raw)
        out[self.byte] ^= 1 << self.bit
        return bytes(out)


# -- chips that fail ------------------------------------------------------------------------


@chip
def test_a_power_cycle_before_every_transaction_of_the_stream(name: str) -> None:
    """Silently back to its reset values, however little it was away: found, and no reset value
    taken for a measurement."""
    bench = Bench(name)
    for away_ns in (0, 30 * MS):
        bench.steady(1)
        count = transactions(bench, lambda: bench.run(CYCLE_MS))
        for k in range(count):
            bench.steady(1)
            bench.sim.before(k, partial(_cycle, bench, away_ns))
            got = bench.run(CYCLE_MS + FOUND_MS)
            false = [s for s in got if _says_something(s) and not bench.is_right(s, 1)]
            assert not false, (k, away_ns, false[0])
            if not bench.told:  # it went on: then it must be as good as one brought up
                bench.look(0)
                bench.follows(0)
            bench.steady(0)
            bench.follows(0)


def _cycle(bench: Bench, away_ns: int) -> None:
    bench.sim.chips[0].power_cycle()
    bench.clock.advance(away_ns)  # until it has booted, and no NACK gives it away


@chip
def test_frozen_at_every_moment_of_the_cycle(name: str) -> None:
    """It answers, but nothing new comes: no old value is given out as a new one."""
    if name in CANNOT_TELL_FROZEN:
        pytest.skip(CANNOT_TELL_FROZEN[name])
    bench = Bench(name)
    bench.steady(1)
    count = transactions(bench, lambda: bench.run(CYCLE_MS))
    for k in range(count):
        bench.steady(1)
        bench.sim.before(k, bench.sim.chips[0].freeze)
        bench.run(CYCLE_MS)
        bench.look(0)
        bench.run(2 * TICK / MS)  # what was measured before
        got = bench.run(FOUND_MS)
        assert all(bench.is_right(s, 0) for s in got), (k, got)
        assert bench.told, k
        bench.sim.chips[0].unfreeze()
        bench.steady(0)
        bench.follows(0)


CANNOT_TELL_FROZEN = {
    "mpr121": "its counts carry no sign of life: the station's rule for stuck pads finds it",
    "cap1203": "as the mpr121",
}


@pytest.mark.parametrize("name", [n for n in MEASURING if CHIPS[n].kind == "imu"])
@pytest.mark.parametrize("away_ms", [30, 400, 3000, 8000])
def test_a_loop_that_was_away_while_the_fifo_filled(name: str, away_ms: int) -> None:
    """What was measured before the world changed is never stamped as after it."""
    bench = Bench(name)
    bench.steady(0)
    bench.clock.advance(away_ms // 2 * MS)
    bench.look(1)
    changed_ns = bench.clock.now_ns()
    bench.clock.advance(away_ms // 2 * MS)
    got = []
    for _ in range(40):
        got += bench.run(5)
    slack_ns = 20 * MS
    late = [s for s in got if s.t_ns > changed_ns + slack_ns and not bench.is_right(s, 1)]
    early = [s for s in got if s.t_ns < changed_ns - slack_ns and not bench.is_right(s, 0)]
    assert not late, late[0]
    assert not early, early[0]
    bench.up()
    bench.follows(1)


# -- two chips that answer as one ------------------------------------------------------------


# Two of one kind drive the same registers at the same time: what comes is the AND of their
# numbers, and no driver can tell. Straps are checked by the configuration and by the doctor.
@pytest.mark.parametrize(("name", "other"), list(permutations(MEASURING, 2)))
def test_another_chip_on_its_address_is_told_or_does_no_harm(name: str, other: str) -> None:
    bench = Bench(name, also=(f"{other}@{CHIPS[name].address:#x}",))
    for state in (0, 1):
        bench.look(state)
        if attempt(bench, bench.up):
            got = bench.run(1000)
            false = [s for s in got if _says_something(s) and not bench.is_right(s, state)]
            assert not false, (state, false[0])


@pytest.mark.parametrize("name", [n for n in MEASURING if CHIPS[n].kind == "tof"])
@pytest.mark.parametrize("ambient_kcps", [20_000.0, 200_000.0, 2_000_000.0])
def test_sunlight_on_the_ranger_is_no_range_and_no_fault(name: str, ambient_kcps: float) -> None:
    bench = Bench(name)
    bench.steady()
    bench.scene.ambient_kcps = ambient_kcps
    bench.run(SETTLE_MS)
    got = bench.run(500)
    assert len(got) >= 18, "a ranger in the sun goes on ranging"
    assert not any(sample.valid and not bench.is_right(sample, 0) for sample in got)
    assert ambient_kcps < 1e6 or not any(sample.valid for sample in got)
    assert not bench.told
    bench.scene.ambient_kcps = 50.0
    bench.follows(0)
