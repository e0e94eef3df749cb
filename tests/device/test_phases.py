"""Where contacts were lost, and how few were left."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.phases import Loss, any_open_ms, counted, min_contacts, phases, within_ms
from tests.device.made import ALL, MS, S

REP = (10 * S, 14 * S)
Times = list[tuple[int, int, int]]


def losses(*which: tuple[int, int, int]) -> tuple[Loss, ...]:
    """(pad, from ms, for ms) after the rep's start."""
    return tuple(Loss(pad, 10 * S + at * MS, ms * MS, 20.0) for pad, at, ms in which)


def tent(peak_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """2 s evenly down, 2 s evenly up."""
    t_s = np.arange(801) / 200
    return t_s, peak_deg * (1.0 - np.abs(t_s - 2.0) / 2.0)


def test_the_bottom_third_is_over_two_thirds_of_the_peak() -> None:
    t_s, tilt = tent(45.0)
    cut = phases(*REP, t_s, tilt, tilt / 45.0)
    assert cut.bottom[0] == pytest.approx(11_340 * MS, abs=6 * MS)
    assert cut.bottom[1] == pytest.approx(12_660 * MS, abs=6 * MS)
    assert (cut.descent, cut.ascent) == ((10 * S, cut.bottom[0]), (cut.bottom[1], 14 * S))


def test_where_nothing_tilts_the_depth_of_the_posture_cuts() -> None:
    t_s, down = tent(1.0)
    cut = phases(*REP, t_s, np.where(t_s < 0.5, 14.0, 0.0), down)
    assert cut.bottom[0] == pytest.approx(11_340 * MS, abs=6 * MS)
    never = phases(*REP, t_s, 0.0 * t_s, 0.0 * t_s)
    assert never == (REP, (14 * S, 14 * S), (14 * S, 14 * S))


@given(
    st.lists(st.tuples(st.integers(0, 3500), st.integers(1, 500)), max_size=6),
    st.integers(0, 4000),
    st.integers(0, 4000),
)
def test_the_phases_add_up_to_the_whole(found: list[tuple[int, int]], a: int, b: int) -> None:
    one = losses(*((2, at, ms) for at, ms in found))
    edges = [10 * S, *sorted((10 * S + a * MS, 10 * S + b * MS)), 14 * S]
    parts = list(pairwise(edges))
    assert sum(within_ms(one, 2, part) for part in parts) == pytest.approx(within_ms(one, 2, REP))
    assert sum(any_open_ms(one, part) for part in parts) == pytest.approx(any_open_ms(one, REP))
    assert within_ms(one, 0, REP) == 0.0


def test_two_pads_open_at_once_are_one_time_without_all_contacts() -> None:
    both = losses((0, 1000, 400), (2, 1200, 600))
    assert any_open_ms(both, REP) == pytest.approx(800.0)
    assert within_ms(both, 0, REP) + within_ms(both, 2, REP) == pytest.approx(1000.0)


@pytest.mark.parametrize(
    ("which", "lowest"),
    [
        ([], 3),
        ([(2, 500, 100)], 2),
        ([(2, 500, 99)], 3),
        ([(2, 500, 300), (0, 600, 100)], 1),
        ([(2, 500, 300), (0, 750, 300)], 2),
        ([(2, 500, 300), (0, 500, 300), (1, 600, 100)], 0),
        ([(2, 500, 60), (0, 560, 60)], 2),
        ([(2, 500, 60), (0, 530, 60)], 3),
    ],
)
def test_the_lowest_number_of_contacts_lasts_a_tenth_of_a_second(which: Times, lowest: int) -> None:
    assert min_contacts(losses(*which), ALL, REP) == lowest


def test_with_a_pad_that_is_not_judged_the_lowest_is_not_known() -> None:
    assert min_contacts((), (True, False, True), REP) is None


def test_each_pad_has_its_own_least_loss() -> None:
    found = losses((0, 0, 119), (0, 900, 120), (1, 0, 79), (2, 0, 80))
    assert counted(found, (120.0, 80.0, 80.0)) == (found[1], found[3])
