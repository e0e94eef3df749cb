"""The person's own good reps, bounded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from device.baseline import Baseline
from device.limits import LOG
from tests.device.made import GOOD

H_M = 1.70


def after(excess_share: float, reps: int = 5, verdict: str = "GOOD", tilt: float = 47.0) -> float:
    baseline = Baseline()
    for _ in range(reps):
        rep = replace(GOOD, excess_drop_mm=excess_share * 1e3 * H_M, peak_tilt_deg=tilt)
        baseline.learn(rep, verdict, H_M)
    return baseline.excess_share()


@pytest.mark.parametrize(
    ("own", "limit"),
    [
        (-0.012, 0.007),
        (-0.006, 0.010),
        (-0.005, 0.011),
        (0.0, 0.012),
        (0.007, 0.012),
        (-0.03, 0.007),
    ],
)
def test_the_limit_follows_the_person_within_bounds(own: float, limit: float) -> None:
    assert after(own) == pytest.approx(limit)


@pytest.mark.parametrize(("reps", "learnt"), [(4, False), (5, True)])
def test_it_takes_five_reps(reps: int, learnt: bool) -> None:
    assert (after(-0.02, reps) != LOG.excess_share) is learnt


@pytest.mark.parametrize("verdict", ["KNEES_FIRST", "KNEE_DRIVEN", "UNSCORED", "SACRUM"])
def test_only_good_reps_teach_so_a_habit_never_becomes_the_norm(verdict: str) -> None:
    assert after(0.03, 30, verdict) == LOG.excess_share


def test_small_bends_do_not_teach() -> None:
    assert after(-0.02, 30, tilt=29.9) == LOG.excess_share


def test_one_odd_rep_does_not_move_it() -> None:
    baseline = Baseline()
    for share in (-0.008, -0.008, 0.007, -0.008, -0.008):
        baseline.learn(replace(GOOD, excess_drop_mm=share * 1e3 * H_M), "GOOD", H_M)
    assert baseline.excess_share() == pytest.approx(0.008)
