"""Sets in numbers."""

from __future__ import annotations

import msgspec
import pytest

from device.sets import main_fault, summarise
from services.schema import ContactLoss, FaultEntry, RepBody, Spread


def rep(
    start_s: float = 0.0,
    verdict: str = "GOOD",
    ratio: float | None = 1.0,
    excess_mm: float = 0.0,
    down_s: float = 2.0,
    loss_ms: int = 0,
    tilt_deg: float = 47.0,
) -> RepBody:
    return RepBody(
        start_s=start_s, bottom_s=start_s + 2, end_s=start_s + 4, peak_tilt_deg=tilt_deg,
        hip_travel_mm=180.0, hip_drop_mm=25.0, hip_return_mm=2.0, hinge_ratio=ratio,
        shin_angle_deg=1.0, knee_flexion_deg=18.0, drop_angle_deg=8.0, excess_drop_mm=excess_mm,
        early_drop_mm=1.0, onset_lag_s=0.1, peak_rate_dps=40.0, t_down_s=down_s, t_hold_s=0.5,
        t_up_s=1.5, contact_loss_ms=ContactLoss(head=0, thoracic=0, sacrum=loss_ms),
        valid=verdict != "UNSCORED", verdict=verdict, contacts="judged",
    )  # fmt: skip


def test_a_set_adds_up() -> None:
    reps = [
        rep(0.0, tilt_deg=46), rep(5.0, tilt_deg=48), rep(10.0, "SACRUM", tilt_deg=50),
        rep(15.0, "UNSCORED", tilt_deg=80),
    ]  # fmt: skip
    found = summarise(reps, 1.75, ended="count", rest_before_s=41.5, advised=True)
    assert (found.reps, found.good, found.unscored) == (4, 2, 1)
    assert found.good_share == pytest.approx(2 / 3, abs=1e-4)
    assert found.peak_tilt_deg.mean == pytest.approx(48.0)
    assert found.peak_tilt_deg.sd == pytest.approx(2.0)
    assert found.peak_tilt_deg.cv == pytest.approx(2 / 48, abs=1e-4)
    assert found.drift_tilt_deg == pytest.approx(2.0)
    assert (found.start_s, found.end_s, found.time_s) == (0.0, 19.0, 19.0)
    assert (found.ended, found.rest_before_s, found.stop_advised) == ("count", 41.5, True)
    assert (found.main_fault, found.main_fault_reps) == ("SACRUM", 1)
    assert found.hip_travel_mm == Spread(180.0, 0.0, 0.0)
    assert (found.t_down_s.mean, found.t_hold_s.mean, found.t_up_s.mean) == (2.0, 0.5, 1.5)


def test_the_drifts_of_a_set_are_each_of_their_own_measure() -> None:
    reps = [
        rep(5.0 * i, ratio=1.0 - 0.02 * i, down_s=2.0 + 0.1 * i, loss_ms=40 * i) for i in range(5)
    ]
    found = summarise(reps, 1.75, ended="count")
    assert found.drift_ratio == pytest.approx(-0.02)
    assert found.drift_down_s == pytest.approx(0.1)
    assert found.drift_loss_ms == pytest.approx(10.0)  # 40 ms more in each 4 s
    assert (found.drift_tilt_deg, found.drift_drop_mm) == (0.0, 0.0)
    assert found.hinge_ratio.mean == pytest.approx(0.96)


def test_a_rep_without_a_value_keeps_its_place_in_the_drift() -> None:
    reps = [rep(5.0 * i, ratio=1.0 - 0.02 * i, tilt_deg=40 + i) for i in range(9)]
    for i in (1, 2, 4, 5, 7):
        reps[i] = msgspec.structs.replace(reps[i], hinge_ratio=None, valid=i != 4)
    found = summarise(reps, 1.75, ended="count")
    assert found.drift_ratio == pytest.approx(-0.02)
    assert found.drift_tilt_deg == pytest.approx(1.0)


def test_what_is_missing_from_the_reps_stays_unknown() -> None:
    found = summarise([rep(ratio=None)], 1.75, ended="left")
    assert found.hinge_ratio == Spread(None, None, None)
    assert found.peak_tilt_deg == Spread(47.0, None, None)
    assert (found.drift_tilt_deg, found.rest_before_s) == (None, None)
    unscored = summarise([rep(verdict="UNSCORED")], 1.75, ended="left")
    assert (unscored.reps, unscored.unscored, unscored.good_share) == (1, 1, None)
    assert unscored.main_fault is None


def advised(*codes: str, level: str = "rep") -> RepBody:
    faults = tuple(FaultEntry(code, level, 1.0) for code in codes)  # type: ignore[arg-type]  # one of the levels
    return msgspec.structs.replace(rep(), faults=faults)


@pytest.mark.parametrize(
    ("reps", "expected"),
    [
        ([rep(), rep()], (None, 0)),
        ([rep(verdict="HEAD"), rep(verdict="SACRUM"), rep(verdict="SACRUM")], ("SACRUM", 2)),
        ([rep(verdict="HEAD"), rep(verdict="SACRUM")], ("HEAD", 1)),
        ([rep(verdict="UNSCORED"), rep()], (None, 0)),
        ([advised("FAST"), rep()], (None, 0)),
        ([advised("FAST"), advised("DEPTH_LOW", "FAST")], ("FAST", 2)),
        ([advised("FAST", "FAST")], (None, 0)),
        ([advised("FATIGUE", level="set"), advised("FATIGUE", level="set")], (None, 0)),
        ([advised("FAST"), advised("FAST"), rep(verdict="HEAD")], ("HEAD", 1)),
    ],
)
def test_the_main_fault_names_most_reps_and_advice_counts_where_all_are_good(
    reps: list[RepBody], expected: tuple[str | None, int]
) -> None:
    assert main_fault(reps) == expected
