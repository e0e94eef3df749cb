"""When a polled ranger is asked: never late by more than a tick, seldom in vain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.vl53_due import Due

MS = 1_000_000


class Polled:
    """A ranger whose ranges are ready every ``period_ns``, and the loop that asks it."""

    def __init__(self, period_ns: float, phase_ns: float = 0.0) -> None:
        self.due = Due(24 * MS)
        self.due.start(0)
        self.period_ns = period_ns
        self.ready_ns = phase_ns + period_ns
        self.polls = 0
        self.late_ns: list[float] = []
        self.skipped = 0

    def tick(self, t_ns: int) -> None:
        if t_ns < self.due.ns:
            return
        self.polls += 1
        if t_ns < self.ready_ns:
            self.due.not_yet(t_ns)
            return
        ranges = int((t_ns - self.ready_ns) // self.period_ns) + 1
        self.ready_ns += (ranges - 1) * self.period_ns
        self.skipped += ranges - 1
        self.late_ns.append(t_ns - self.ready_ns)
        self.ready_ns += self.period_ns
        self.due.came(t_ns, ranges)


@given(
    st.floats(22.7, 25.3),
    st.floats(0.0, 24.0),
    st.floats(1.0, 6.0),
    st.lists(st.floats(0.0, 0.4), min_size=1, max_size=50),
)
def test_no_range_is_found_later_than_at_the_next_tick(
    period_ms: float, phase_ms: float, tick_ms: float, jitter_ms: list[float]
) -> None:
    one = Polled(period_ms * MS, phase_ms * MS)
    at_ns = last_ns = 0
    worst_ns = 0
    for i in range(int(8000 / tick_ms)):
        at_ns = round((i + 1) * tick_ms * MS + jitter_ms[i % len(jitter_ms)] * MS)
        worst_ns = max(worst_ns, at_ns - last_ns)
        last_ns = at_ns
        one.tick(at_ns)
    assert one.skipped == 0
    assert max(one.late_ns) <= worst_ns


@pytest.mark.parametrize("period_ms", [22.8, 23.5, 23.98, 24.13, 24.7, 25.2])
def test_polls_in_vain_become_few(period_ms: float) -> None:
    one = Polled(period_ms * MS, 3.3 * MS)
    for i in range(2000):
        one.tick((i + 1) * 5 * MS)
    polls, found = one.polls, len(one.late_ns)
    for i in range(2000, 10_000):
        one.tick((i + 1) * 5 * MS)
    assert (one.polls - polls) / (len(one.late_ns) - found) <= 1.25


def test_an_oscillator_that_drifts_costs_no_range() -> None:
    """2 % in a minute, either way: far more than a part that warms up."""
    for drift in (1 - 0.02 / 2500, 1 + 0.02 / 2500):
        one = Polled(24.0 * MS)
        for i in range(12_000):
            before = len(one.late_ns)
            one.tick((i + 1) * 5 * MS)
            if len(one.late_ns) > before:
                one.period_ns *= drift
        assert one.skipped == 0
        assert max(one.late_ns) <= 5 * MS
        assert one.polls / len(one.late_ns) <= 1.5


def test_a_loop_that_was_away_finds_the_rhythm_again() -> None:
    one = Polled(23.7 * MS)
    for i in range(1000):
        one.tick((i + 1) * 5 * MS)
    one.tick(5_400 * MS)
    assert one.skipped >= 14
    skipped, found = one.skipped, len(one.late_ns)
    for i in range(1000):
        one.tick(5_400 * MS + (i + 1) * 5 * MS)
    assert one.skipped == skipped
    assert len(one.late_ns) - found >= 5000 / 23.7 - 2
    assert max(one.late_ns[found:]) <= 5 * MS


def test_a_period_beyond_what_an_oscillator_does_is_not_believed() -> None:
    due = Due(24 * MS)
    due.start(0)
    for k in range(1, 20):
        due.not_yet(k * 40 * MS - MS)
        due.came(k * 40 * MS, 1)
    assert due.ns == pytest.approx(19 * 40 * MS - MS + 24 * MS * 1.06, abs=1000)
