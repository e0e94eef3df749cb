"""Stamps of a FIFO's samples, and the period counted from them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.fifo_time import LEARN_FROM, LEARN_SPAN, CountedPeriod, FifoTime

MS = 1_000_000
S = 1_000_000_000
PERIOD = 5 * MS


def test_the_first_batch_ends_half_a_period_before_the_read() -> None:
    time = FifoTime(PERIOD)
    assert time.stamps(3, S) == [S - 12_500_000, S - 7_500_000, S - 2_500_000]
    assert time.stamps(0, S + PERIOD) == []


def test_even_steps_while_the_reads_agree_and_a_correction_is_spread() -> None:
    time = FifoTime(PERIOD)
    time.stamps(1, S)
    (last,) = time.stamps(1, S + PERIOD)
    assert last == S + 2_500_000
    # a read so late that the newest would be older than a period: pulled to just that
    assert time.stamps(2, S + 20 * MS) == [S + 8_750_000, S + 15 * MS]
    # and one so early that the newest would lie in the future: held at the read
    assert time.stamps(2, S + 21 * MS) == [S + 18 * MS, S + 21 * MS]


def test_after_a_restart_the_read_counts_and_time_still_never_goes_back() -> None:
    time = FifoTime(PERIOD)
    (before,) = time.stamps(1, S)
    time.restart()
    assert time.stamps(2, S + 100 * MS) == [S + 92_500_000, S + 97_500_000]
    time.restart()
    again = time.stamps(4, S + 101 * MS)  # squeezed between the last stamp and this read
    assert before < S + 97_500_000 < again[0] < again[-1] == S + 98_500_000
    steps = {b - a for a, b in itertools.pairwise([S + 97_500_000, *again])}
    assert steps == {250_000}


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(-20 * MS, 60 * MS)), max_size=60),
    st.integers(MS, 20 * MS),
)
def test_stamps_only_ever_rise(batches: list[tuple[int, int]], period: int) -> None:
    time = FifoTime(period)
    t_ns, last = S, -1
    for n, gap in batches:
        t_ns += gap
        for stamp in time.stamps(n, t_ns):
            assert stamp > last
            last = stamp


def _count(counted: CountedPeriod, real_ns: float, samples: int, tick_ns: int, t0: int = S) -> int:
    """Reads every ``tick_ns`` until ``samples`` have come; the time of the last read."""
    read, t_ns = 0, t0
    while read < samples:
        t_ns += tick_ns
        made = int((t_ns - t0) / real_ns)
        counted.add(made - read, t_ns)
        read = made
    return t_ns


def test_the_period_is_nominal_until_enough_has_been_counted() -> None:
    counted = CountedPeriod(PERIOD)
    _count(counted, 1.01 * PERIOD, LEARN_FROM - 2, 5 * MS)
    assert counted.period_ns == PERIOD
    counted = CountedPeriod(PERIOD)
    _count(counted, 1.01 * PERIOD, LEARN_FROM + 2, 5 * MS)
    assert counted.period_ns == pytest.approx(1.01 * PERIOD, rel=1.0 / LEARN_FROM)


@pytest.mark.parametrize("real", [0.99, 0.9973, 1.0, 1.004, 1.01])
@pytest.mark.parametrize("tick_ns", [5 * MS, 7 * MS, 41 * MS])
def test_the_period_is_found_ever_better_and_follows_the_part(real: float, tick_ns: int) -> None:
    counted = CountedPeriod(PERIOD)
    t_ns = _count(counted, real * PERIOD, LEARN_SPAN - 10, tick_ns)
    slack = tick_ns / PERIOD + 1
    assert counted.period_ns == pytest.approx(real * PERIOD, rel=slack / LEARN_SPAN)
    warmer = real * 1.002
    _count(counted, warmer * PERIOD, 2 * LEARN_SPAN, tick_ns, t_ns)
    assert counted.period_ns == pytest.approx(warmer * PERIOD, rel=3 * slack / LEARN_SPAN)


def test_a_gap_costs_the_count_but_not_what_was_learnt() -> None:
    counted = CountedPeriod(PERIOD)
    t_ns = _count(counted, 1.01 * PERIOD, 2000, 5 * MS)
    known = counted.period_ns
    counted.restart()
    t_ns += 3 * S  # samples of which nothing is known
    counted.add(40, t_ns)
    assert counted.period_ns == known
    _count(counted, 1.01 * PERIOD, 2000, 5 * MS, t_ns)
    assert counted.period_ns == pytest.approx(1.01 * PERIOD, rel=1e-3)


def test_the_period_is_taken_at_the_very_count_and_then_after_half_a_span() -> None:
    counted = CountedPeriod(5.0 * MS)
    counted.add(0, 0)
    counted.add(255, S)
    assert counted.period_ns == 5.0 * MS
    counted.add(1, 2 * S)
    assert counted.period_ns == 2 * S / 256
    counted.add(8192 - 256, 40 * S)
    assert counted.period_ns == 40 * S / 8192
    assert (counted.count, counted.span_ns) == (0, 0)
    counted.add(4095, 50 * S)
    assert counted.period_ns == 40 * S / 8192
    counted.add(1, 70 * S)  # counted from the read that ended the span before
    assert counted.period_ns == 30 * S / 4096
