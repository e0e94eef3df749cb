"""Who reached the wall first: ranges of several heights, and knocks."""

from __future__ import annotations

import pytest

from device.attitude import Pose
from device.signals import Signals
from device.turning import Turning
from device.wall_touch import BEFORE_TAP_NS, Touch, Upper, touch
from drivers.samples import ImuSample, TofSample

MS = 1_000_000
START, BOTTOM, END = 10_000 * MS, 12_000 * MS, 14_000 * MS
EVERY = 24 * MS
RECESS_MM = 55.0
STEP_NS = round(1e9 / 208)


def ranges(start_mm: float, least_mm: float) -> list[tuple[int, float]]:
    """Gaps to the wall's face that shrink evenly to the bottom and grow again, as ranges."""
    found = []
    for t_ns in range(START, END, EVERY):
        share = 1.0 - abs(t_ns - BOTTOM) / (BOTTOM - START)
        found.append((t_ns, RECESS_MM + start_mm + share * (least_mm - start_mm)))
    return found


def seen(
    hips: list[tuple[int, float]],
    upper: list[tuple[int, float]] | None = None,
    tapped: bool | None = True,
    knock_ns: int | None = None,
) -> Touch:
    signals = Signals(208.0)
    signals.ranges = [(t_ns, range_mm) for t_ns, range_mm in hips]
    signals.turning = Turning(208.0)
    for t_ns in range(START, END, STEP_NS):
        hit = knock_ns is not None and 0 <= t_ns - knock_ns < STEP_NS
        sample = ImuSample(t_ns, 9.81, 0.0, 8.0 if hit else 0.0, 0.0, 0.0, 0.0)
        signals.turning.add(sample, Pose(t_ns, 0.0, 0.0, 0.0, 0.0, 0.0))
    above = {} if upper is None else {1: upper}
    return touch(signals, above, START, BOTTOM, END, tapped, RECESS_MM)


def test_the_tap_is_when_the_middle_of_five_ranges_is_at_the_wall() -> None:
    found = seen(ranges(200.0, 0.0))
    assert found.tap_ns is not None
    # 10 mm are left after 95 % of the way; the middle of five comes two ranges later.
    assert found.tap_ns == pytest.approx(START + 1_900 * MS + 2 * EVERY, abs=EVERY)
    assert seen(ranges(200.0, 50.0), tapped=False).tap_ns is None


@pytest.mark.parametrize(("least_mm", "found"), [(25.0, True), (31.0, False)])
def test_a_back_at_the_wall_shows_in_the_upper_ranger(least_mm: float, found: bool) -> None:
    seen_now = seen(ranges(200.0, 80.0), ranges(200.0, least_mm), tapped=False)
    assert (seen_now.other_ns is not None) is found
    # The farthest of three ranges running, of which one is within 12 ms of the nearest.
    assert seen_now.upper_gap_mm == pytest.approx(least_mm + 2.5, abs=1.0)


def test_the_top_of_a_buttock_that_taps_is_no_back() -> None:
    assert seen(ranges(200.0, 0.0), ranges(230.0, 25.0)).other_ns is None


def test_one_stray_range_is_no_body() -> None:
    upper = ranges(200.0, 150.0)
    for stray in (40, 41):
        upper[stray] = (upper[stray][0], RECESS_MM + 5.0)
    assert seen(ranges(200.0, 80.0), upper, tapped=False).other_ns is None
    upper[42] = (upper[42][0], RECESS_MM + 5.0)
    assert seen(ranges(200.0, 80.0), upper, tapped=False).other_ns == upper[42][0]


def test_where_the_hips_are_not_seen_the_back_counts_all_the_same() -> None:
    assert seen([], ranges(200.0, 10.0), tapped=None).other_ns is not None


@pytest.mark.parametrize(("before_ms", "found"), [(150, True), (50, False), (-100, False)])
def test_a_knock_counts_until_shortly_before_the_tap(before_ms: int, found: bool) -> None:
    tap_ns = seen(ranges(200.0, 0.0)).tap_ns
    assert tap_ns is not None
    now = seen(ranges(200.0, 0.0), knock_ns=tap_ns - before_ms * MS)
    assert now.knocks == 1
    assert (now.other_ns is not None) is found
    assert BEFORE_TAP_NS == 100 * MS


@pytest.mark.parametrize(("at_ms", "found"), [(1_500, True), (2_500, False)])
def test_without_a_tap_a_knock_counts_until_the_bottom(at_ms: int, found: bool) -> None:
    now = seen(ranges(200.0, 50.0), tapped=False, knock_ns=START + at_ms * MS)
    assert (now.other_ns is not None) is found


def test_the_first_of_both_counts() -> None:
    now = seen(ranges(200.0, 80.0), ranges(200.0, 0.0), tapped=False, knock_ns=START + 100 * MS)
    assert now.other_ns == pytest.approx(START + 100 * MS, abs=STEP_NS)


# -- what all rangers saw --------------------------------------------------------------------


def sample(t_ns: int, range_mm: float, valid: bool = True) -> TofSample:
    return TofSample(t_ns, range_mm, valid, 0 if valid else 2, 1000.0, 50.0, 2.0, 10.0, 0)


def test_only_rangers_well_above_the_hips_are_asked_and_only_in_time() -> None:
    upper = Upper((0.75, 0.84, 0.88, 1.30))
    for ranger in range(4):
        for t_ns in (1, 5, 9):
            upper.add(ranger, sample(t_ns, 100.0 + ranger))
    upper.add(3, sample(6, 0.0, valid=False))
    upper.add(9, sample(6, 1.0))
    assert upper.above(0, 4, 9) == {2: [(5, 102.0), (9, 102.0)], 3: [(5, 103.0), (9, 103.0)]}
    assert set(upper.above(2, 0, 9)) == {3}
    assert upper.above(3, 0, 9) == {}
    assert upper.above(7, 0, 9) == {}
