"""The virtual clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.clock import Clock
from drivers.sim.clock import VirtualClock


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10**12))))
def test_it_never_goes_back_and_arrives_where_told(steps: list[tuple[bool, int]]) -> None:
    clock = VirtualClock()
    for sleep, value in steps:
        before = clock.now_ns()
        if sleep:
            clock.sleep_until_ns(value)
            assert clock.now_ns() == max(before, value)
        else:
            clock.advance(value)
            assert clock.now_ns() == before + value


def test_going_back_is_refused() -> None:
    clock: Clock = VirtualClock(5)
    assert clock.now_ns() == 5
    with pytest.raises(ValueError, match="-1 ns"):
        VirtualClock().advance(-1)
