"""What stands between rangers and person: hands on the glass, and bodies that step in."""

from __future__ import annotations

import pytest

from device.range_watch import RangeWatch, SecondBody
from drivers.samples import TofSample

MS = 1_000_000
S = 1_000_000_000


def sample(t_ns: int, range_mm: float | None) -> TofSample:
    return TofSample(t_ns, range_mm or 0.0, range_mm is not None, 0, 5000.0, 50.0, 2.0, 16.0, 0)


def fed(*ranges_mm: float | None, every_ns: int = 24 * MS) -> tuple[RangeWatch, list[float], int]:
    """A watch behind 55 mm of recess, its jumps, and the time of the last range."""
    watch = RangeWatch(55.0)
    jumps = [watch.add(0, sample(i * every_ns, mm)) for i, mm in enumerate(ranges_mm)]
    return watch, jumps, (len(ranges_mm) - 1) * every_ns


@pytest.mark.parametrize(
    ("ranges_mm", "covered"),
    [
        ((455.0, 20.0), True),
        ((42.0,), True),
        ((44.0,), False),
        # A hand comes at once, hips come slowly: the tap stays a tap.
        ((455.0, 78.0), True),
        ((455.0, 82.0), False),
        ((150.0, 110.0, 80.0, 56.0, 52.0), False),
        ((455.0, 20.0, 95.0), True),
        ((455.0, 20.0, 101.0), False),
        ((455.0, 60.0, 455.0), False),
    ],
)
def test_covered(ranges_mm: tuple[float, ...], covered: bool) -> None:
    watch, _, t_ns = fed(*ranges_mm)
    assert watch.covered(t_ns) is covered


def test_hips_that_press_the_wall_within_a_rep_are_no_hand() -> None:
    for moving in (False, True):
        watch = RangeWatch(55.0)
        watch.add(0, sample(0, 60.0), moving=moving)
        watch.add(0, sample(24 * MS, 40.0), moving=moving)
        assert watch.covered(24 * MS) is not moving


def test_a_ranger_that_says_nothing_is_not_covered() -> None:
    watch, _, t_ns = fed(455.0, 20.0)
    assert watch.covered(t_ns + 390 * MS)
    assert not watch.covered(t_ns + 410 * MS)
    watch.add(0, sample(t_ns + 500 * MS, None))
    assert not watch.covered(t_ns + 500 * MS)


def test_any_ranger_may_be_the_covered_one_and_the_nearest() -> None:
    watch = RangeWatch(55.0)
    for ranger, mm in enumerate((455.0, 400.0, 30.0)):
        watch.add(ranger, sample(0, mm))
    assert watch.covered(0)
    assert [watch.covered(0, followed) for followed in (0, 1, 2)] == [False, False, True]
    assert watch.nearest_mm(0) == -25.0
    assert watch.nearest_mm(S) is None


@pytest.mark.parametrize(
    ("ranges_mm", "jump_mm"),
    [
        ((500.0, 341.0), 0.0),
        ((500.0, 339.0), 161.0),
        ((300.0, 500.0), -200.0),
        ((500.0, None, None, 300.0), 200.0),
    ],
)
def test_jumps(ranges_mm: tuple[float | None, ...], jump_mm: float) -> None:
    assert fed(*ranges_mm)[1][-1] == jump_mm


def test_ranges_far_apart_in_time_are_no_jump() -> None:
    assert fed(500.0, 300.0, every_ns=260 * MS)[1] == [0.0, 0.0]


def test_a_body_is_second_when_it_jumps_to_where_the_hips_cannot_be() -> None:
    body = SecondBody()
    body.jumped(200.0, 150.0)
    assert [body.here] == [False], "so far back the hips may be"
    body.jumped(200.0, None)
    assert [body.here] == [False], "without a rest range nothing is known"
    body.jumped(200.0, 200.0)
    assert body.here
    body.step(0, 90.0, steady=False)
    assert body.here
    body.step(40 * MS, 79.0, steady=False)
    assert [body.here] == [False]


def test_it_is_gone_when_the_range_jumps_back() -> None:
    body = SecondBody()
    body.jumped(200.0, 200.0)
    body.jumped(-60.0, 170.0)
    assert body.here
    body.jumped(-200.0, 0.0)
    assert [body.here] == [False]
    body.jumped(-200.0, -200.0)
    assert [body.here] == [False], "further away is no second body"


def test_who_stays_there_steadily_is_the_person_who_moved() -> None:
    body = SecondBody()
    body.jumped(200.0, 200.0)
    for i in range(70):
        body.step(i * 40 * MS, 200.0, steady=True)
    assert body.here
    for i in range(70, 80):
        body.step(i * 40 * MS, 200.0, steady=True)
    assert [body.here] == [False]
