"""Metrics of made movements against what was put in, their nulls, and what makes them invalid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from device.anthropometry import shin_and_knee_deg
from device.course import median5
from device.phases import counted
from device.record import contacts_word, loss_ms, rep_body
from services.schema import RepBody
from tests.device.made import ALL, NONE, SQUAT, S, lost, view
from tests.device.rig import HEAD, SACRUM, THORACIC, Shape, World, hinge, run, squat, visit

DOC = Path(__file__).parents[2] / "docs" / "metrics.md"
H = 1.70
LOST = ("HEAD", "THORACIC", "SACRUM")


def one(shape: Shape, setting: dict[str, Any] | None = None, **world: Any) -> RepBody:
    """The only rep of a world; it begins at 3.0 s."""
    times = {k: world.pop(k) for k in ("down_s", "hold_s", "up_s", "pause_s") if k in world}
    log = run(World(visit(3.0).rep(shape, **{"pause_s": 2.0, **times}), **world), **(setting or {}))
    (rep,) = log.reps
    return rep


@pytest.mark.parametrize("field", RepBody.__struct_fields__)
def test_every_field_has_its_row(field: str) -> None:
    rows = [line for line in DOC.read_text().splitlines() if line.startswith(f"| `{field}` |")]
    assert len(rows) == 1
    assert len(rows[0].split("|")) == 6


@pytest.mark.parametrize("peak", [20.0, 35.0, 40.0, 47.0])
@pytest.mark.parametrize("stature", [1.55, 1.95])
def test_a_balanced_hinge(peak: float, stature: float) -> None:
    rep = one(hinge(peak, stature), {"stature_m": stature}, noise=1.0, noise_mm=2.0)
    _, travel, drop = (float(x[0]) for x in hinge(peak, stature)(np.array([1.0])))
    assert rep.verdict == "GOOD"
    assert rep.peak_tilt_deg == pytest.approx(peak, abs=1.0)
    assert rep.hip_travel_mm == pytest.approx(travel, abs=5)
    assert rep.hip_drop_mm == pytest.approx(drop, abs=10)
    assert rep.hinge_ratio == pytest.approx(1.0, abs=0.05)
    # The path stands on ankles right under the hips, the station's legs a little behind them.
    shin, _ = shin_and_knee_deg(travel, drop, stature)
    assert rep.shin_angle_deg == pytest.approx(shin, abs=5.5)
    assert rep.excess_drop_mm == pytest.approx(0.0, abs=8)
    assert rep.drop_angle_deg == pytest.approx(np.degrees(np.arctan2(drop, travel)), abs=3)
    assert rep.hip_return_mm == pytest.approx(0, abs=6)
    assert rep.onset_lag_s == pytest.approx(0, abs=0.15)
    assert rep.contact_loss_ms.head == 0
    assert rep.beam_off_hip is False


def test_a_ratio_is_that_of_the_travel() -> None:
    for ratio in (0.5, 0.8):
        rep = one(hinge(47, ratio=ratio), noise=1.0)
        assert rep.hinge_ratio == pytest.approx(ratio, abs=0.04)


def test_a_squats_numbers() -> None:
    rep = one(squat(30.0, 220.0, 100.0), noise=1.0, down_s=1.2, up_s=1.2)
    assert rep.verdict == "KNEE_DRIVEN"
    assert rep.hip_drop_mm == pytest.approx(220, abs=15)
    # 12 of 30 degrees: two fifths of the way down.
    assert rep.early_drop_mm == pytest.approx(88, abs=15)
    assert rep.beam_off_hip is True
    assert (rep.hinge_ratio, rep.shin_angle_deg, rep.knee_flexion_deg) == (None, None, None)


def test_times_and_rates() -> None:
    rep = one(hinge(47), noise=1.0, down_s=1.5, hold_s=0.6, up_s=1.2)
    # Minimum jerk: 1.875 times the mean rate.
    assert rep.peak_rate_dps == pytest.approx(1.875 * 47 / 1.2, rel=0.04)
    assert rep.start_s < rep.bottom_s < rep.end_s
    assert rep.start_s + rep.t_down_s + rep.t_hold_s + rep.t_up_s == pytest.approx(
        rep.end_s, abs=1e-4
    )
    assert 4.2 < rep.bottom_s < 5.2
    assert rep.end_s == pytest.approx(6.3, abs=0.2)


def test_hips_that_lead_have_a_positive_lag() -> None:
    def hips_first(p: Any) -> Any:
        return 3 + 45 * p**1.6, 170 * p, 36 * p * p

    def hips_late(p: Any) -> Any:
        return 3 + 45 * p, 170 * p**3, 36 * p * p

    lead, late = one(hips_first).onset_lag_s, one(hips_late).onset_lag_s
    assert lead is not None
    assert late is not None
    assert lead > 0.1
    assert late < -0.2


def test_nulls_of_a_movement_that_shows_too_little() -> None:
    rep = one(squat(10.0, 58.0, 20.0), down_s=0.6, up_s=0.6)
    assert rep.hinge_ratio is None  # under 15 deg
    assert rep.onset_lag_s is None  # under 25 mm
    assert rep.early_drop_mm is None  # under 12 deg
    assert rep.hip_travel_mm is not None


def test_without_a_ranger_its_numbers_are_null_and_the_rep_stands() -> None:
    world = World(visit(3.0).rep(), silent=(("tof", 0, 99),))
    (rep,) = run(world, tof_fitted=False).reps
    assert rep.valid
    for field in (
        "hip_travel_mm", "hip_return_mm", "hinge_ratio", "shin_angle_deg", "knee_flexion_deg",
        "drop_angle_deg", "onset_lag_s",
    ):  # fmt: skip
        assert getattr(rep, field) is None, field
    assert rep.peak_tilt_deg == pytest.approx(47, abs=1)


@pytest.mark.parametrize(("moved_mm", "known"), [(10.0, True), (20.0, False)])
def test_hips_that_come_back_elsewhere_have_no_travel_but_a_score(
    moved_mm: float, known: bool
) -> None:
    rep = one(hinge(), closer=((5.2, moved_mm),))
    assert rep.hip_return_mm == pytest.approx(moved_mm, abs=3)
    assert (rep.hip_travel_mm is not None) is known
    assert (rep.hinge_ratio is not None) is known
    assert rep.valid


def test_hips_below_the_beam_have_no_travel_and_no_ratio() -> None:
    rep = one(hinge(60.0, 1.95), {"stature_m": 1.95}, noise=1.0)
    assert rep.hip_drop_mm == pytest.approx(74, abs=12)
    assert (rep.beam_off_hip, rep.hip_travel_mm, rep.hinge_ratio) == (True, None, None)
    assert rep.verdict == "GOOD"


def test_a_step_in_the_range_is_no_travel() -> None:
    rep = one(hinge(), closer=((4.0, 150.0), (5.5, -150.0)))
    assert rep.beam_off_hip is True
    assert rep.hip_travel_mm is None
    assert rep.valid


@pytest.mark.parametrize("pad", [HEAD, THORACIC, SACRUM])
def test_a_loss_is_counted_in_ms_of_its_own_pad(pad: int) -> None:
    rep = one(hinge(), opens=((pad, 4.0, 4.5),))
    losses = [rep.contact_loss_ms.head, rep.contact_loss_ms.thoracic, rep.contact_loss_ms.sacrum]
    assert losses[pad] == pytest.approx(500, abs=20)
    assert [ms for i, ms in enumerate(losses) if i != pad] == [0, 0]
    assert rep.verdict == LOST[pad]


# -- valid ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sensor", ["imu", "tof", "pads"])
@pytest.mark.parametrize("from_s", [3.9, 5.1, 6.0])
def test_a_gap_of_400_ms_in_any_sensor_is_unscored(sensor: str, from_s: float) -> None:
    rep = one(hinge(), silent=((sensor, from_s, from_s + 0.4),))
    assert (rep.valid, rep.verdict) == (False, "UNSCORED")


@pytest.mark.parametrize("sensor", ["tof", "pads"])
def test_a_gap_of_250_ms_is_not_and_two_of_them_are(sensor: str) -> None:
    assert one(hinge(), silent=((sensor, 4.0, 4.25),)).valid
    # Under 90 % of the samples.
    assert not one(hinge(), silent=((sensor, 4.0, 4.25), (sensor, 5.0, 5.25))).valid


def test_pads_that_go_and_never_come_back_leave_no_good_rep() -> None:
    rep = one(hinge(), silent=(("pads", 4.0, 99.0),))
    assert rep.verdict == "UNSCORED"


@pytest.mark.parametrize(("open_s", "valid"), [(0.9, True), (1.1, False)])
def test_all_pads_open_for_over_a_second_is_unscored(open_s: float, valid: bool) -> None:
    opens = tuple((pad, 4.0, 4.0 + open_s) for pad in range(3))
    assert one(hinge(), opens=opens).valid is valid
    # Two of them are not all.
    assert one(hinge(), opens=opens[:2]).valid


def test_a_body_out_of_the_beam_is_unscored() -> None:
    assert one(hinge(), nobody=((4.0, 4.25),)).valid
    assert not one(hinge(), nobody=((4.0, 4.5),)).valid


def test_what_a_holed_imu_cannot_know_is_null() -> None:
    rep = one(hinge(), silent=(("imu", 4.0, 4.2),))
    assert rep.verdict == "UNSCORED"
    for field in ("peak_tilt_deg", "hip_drop_mm", "shin_angle_deg", "excess_drop_mm"):
        assert getattr(rep, field) is None, field
    assert rep.start_s == pytest.approx(3.5, abs=0.2)
    assert rep.end_s > 6.5


# -- the record -------------------------------------------------------------------------------


def test_short_losses_are_left_out_and_unjudged_pads_are_null() -> None:
    losses = counted(
        (lost(0, 119), lost(0, 121, 900.0), lost(2, 90), lost(2, 79, 900.0)), (120.0, 80.0, 80.0)
    )
    told = loss_ms(losses, (True, False, True), (10 * S, 14 * S))
    assert (told.head, told.thoracic, told.sacrum) == (121, None, 90)


def test_how_much_was_judged_in_words() -> None:
    words = [contacts_word(j) for j in (ALL, (True, False, True), NONE)]
    assert words == ["judged", "partly", "not_judged"]


def test_a_record_is_rounded_has_no_minus_zero_and_adds_up() -> None:
    rep = view(SQUAT, excess_drop_mm=-0.001, start_ns=10 * S + 123_456_789)
    body = rep_body(rep, "GOOD", (), (120.0, 80.0, 80.0), 10 * S)
    assert str(body.excess_drop_mm) == "0.0"
    assert body.start_s == 0.1235
    assert body.end_s == pytest.approx(
        body.start_s + body.t_down_s + body.t_hold_s + body.t_up_s, abs=1e-9
    )


def test_median_of_five_at_the_ends() -> None:
    assert median5(np.array([9.0, 1, 1, 1, 1, 1, 9])).tolist() == [9, 1, 1, 1, 1, 1, 9]
    assert median5(np.array([1.0, 1, 50, 1, 1])).max() == 1


@pytest.mark.parametrize("sensor", ["tof", "pads"])
@pytest.mark.parametrize(("gap_s", "valid"), [(0.26, True), (0.38, False)])
def test_in_a_long_rep_the_gap_itself_decides(sensor: str, gap_s: float, valid: bool) -> None:
    slow: dict[str, Any] = {"down_s": 3.0, "hold_s": 2.0, "up_s": 3.0}
    assert one(hinge(), silent=((sensor, 5.0, 5.0 + gap_s),), **slow).valid is valid
