"""How far behind the hips the dowel lies, found from how a drop begins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.lever import (
    DEEP_MM,
    SLIM_MM,
    Build,
    Lever,
    Levered,
    hinge_drop_mm,
    lever,
    levered,
)

REST_DEG = 3.0
H_M = 1.75
HALF = 200


def hinge(peak_deg: float = 47.0) -> np.ndarray:
    """Tilt (n,) of one rep, down and up evenly."""
    s = np.linspace(0.0, 1.0, HALF)
    rise = s * s * (3.0 - 2.0 * s)
    tilt: np.ndarray = REST_DEG + peak_deg * np.concatenate([rise, rise[::-1]])
    return tilt


def sines(tilt: np.ndarray) -> np.ndarray:
    lean: np.ndarray = np.sin(np.radians(tilt)) - np.sin(np.radians(REST_DEG))
    return lean


def found(tilt: np.ndarray, drop: np.ndarray, sd_mm: float = 3.0) -> Lever:
    return lever(tilt, drop, np.full(len(tilt), sd_mm), HALF - 1, REST_DEG, H_M)


def test_a_hinge_hardly_drops_at_first_and_as_the_table_says_at_45_deg() -> None:
    tilt = np.array([REST_DEG, 15.0, 30.0, 45.0, 60.0])
    drop = hinge_drop_mm(tilt, REST_DEG, H_M)
    assert drop[0] == pytest.approx(0.0, abs=0.01)
    assert abs(drop[1]) < 3.0
    # Planar model, 1.75 m, shins vertical: 9, 25, 44 mm.
    assert drop[2:] == pytest.approx([9.0, 25.0, 44.0], abs=6.0)
    assert np.all(np.diff(drop[1:]) > 0)


def test_taller_people_drop_more() -> None:
    tilt = np.array([45.0])
    assert hinge_drop_mm(tilt, REST_DEG, 2.0)[0] > 1.2 * hinge_drop_mm(tilt, REST_DEG, 1.5)[0]


@given(st.floats(DEEP_MM + 1, SLIM_MM - 1), st.floats(30.0, 70.0))
def test_a_dowel_that_lies_elsewhere_is_found_whatever_the_depth(b_mm: float, peak: float) -> None:
    tilt = hinge(peak)
    measured = hinge_drop_mm(tilt, REST_DEG, H_M) + b_mm * sines(tilt)
    told = found(tilt, measured)
    assert told.error_mm == pytest.approx(b_mm, abs=0.5)
    assert told.lead_mm == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize(("b_mm", "believed"), [(-60.0, DEEP_MM), (60.0, SLIM_MM)])
def test_no_body_is_deeper_or_slimmer_than_bodies_are(b_mm: float, believed: float) -> None:
    tilt = hinge()
    drop = hinge_drop_mm(tilt, REST_DEG, H_M) + b_mm * sines(tilt)
    assert found(tilt, drop).error_mm == pytest.approx(believed)


def test_knees_that_go_first_lead_and_the_bodys_depth_is_not_in_it() -> None:
    tilt = hinge()
    early = 15.0 * np.exp(-(((tilt - 15.0) / 8.0) ** 2))
    early[HALF:] = 0.0
    usual = hinge_drop_mm(tilt, REST_DEG, H_M) + early
    lead = found(tilt, usual).lead_mm
    assert lead is not None
    assert lead > 5.0
    deep = found(tilt, usual - 40.0 * sines(tilt)).lead_mm
    assert deep == pytest.approx(lead, abs=0.3)


def test_hips_that_lead_give_a_lead_below_zero() -> None:
    tilt = hinge()
    late = hinge_drop_mm(tilt, REST_DEG, H_M)
    late[HALF:] += 10.0 * np.sin(np.radians(tilt[HALF:] - REST_DEG))
    lead = found(tilt, late).lead_mm
    assert lead is not None
    assert lead < -1.0


def test_a_back_that_rounds_from_the_beginning_is_no_body() -> None:
    tilt = hinge()
    drop = hinge_drop_mm(tilt, REST_DEG, H_M)
    assert found(tilt, drop - 64.0 * sines(tilt)).error_mm == DEEP_MM
    assert found(tilt, drop - 66.0 * sines(tilt)) == Lever(None, None)


def test_a_way_down_that_is_not_known_tells_nothing() -> None:
    tilt = hinge()
    drop = hinge_drop_mm(tilt, REST_DEG, H_M)
    # The slope's deviation is the drop's over the sine, here about 4.
    assert found(tilt, drop, sd_mm=9.0).error_mm is not None
    assert found(tilt, drop, sd_mm=12.0) == Lever(None, None)


def test_a_way_up_that_is_not_known_gives_no_lead() -> None:
    tilt = hinge()
    drop = hinge_drop_mm(tilt, REST_DEG, H_M)
    sd = np.full(len(tilt), 3.0)
    sd[HALF:] = 30.0
    told = lever(tilt, drop, sd, HALF - 1, REST_DEG, H_M)
    assert told.error_mm is not None
    assert told.lead_mm is None


def test_a_rep_too_short_to_tell_says_nothing() -> None:
    tilt = REST_DEG + np.linspace(0.0, 4.0, 50)
    assert lever(tilt, tilt, tilt, 49, REST_DEG, H_M) == Lever(None, None)
    few = np.array([REST_DEG, 10.0, 20.0, 30.0])
    assert lever(few, few, few, 3, REST_DEG, H_M) == Lever(None, None)


def test_the_build_is_the_middle_of_what_reps_told() -> None:
    build = Build()
    for lever_mm in (-30.0, -20.0, 12.0):
        assert build.lever_mm is None
        build.learn(lever_mm)
    assert build.lever_mm == -20.0
    for _ in range(20):
        build.learn(-5.0)
    assert build.lever_mm == -5.0


def without(drop: np.ndarray, kept: bool = True, usual_mm: float | None = None) -> Levered:
    tilt = hinge()
    sd = np.full(len(tilt), 3.0)
    return levered(
        tilt, drop, sd, HALF - 1, REST_DEG, REST_DEG, H_M,
        contacts_kept=kept, usual_lever_mm=usual_mm,
    )  # fmt: skip


@pytest.mark.parametrize("b_mm", [-40.0, -10.0, 8.0])
def test_the_bodys_depth_is_taken_out_of_a_hinge(b_mm: float) -> None:
    true = hinge_drop_mm(hinge(), REST_DEG, H_M)
    body = without(true + b_mm * sines(hinge()))
    assert body.told_mm == pytest.approx(b_mm, abs=0.5)
    assert body.lever_mm == body.told_mm
    assert np.abs(body.drop_mm - true).max() < 0.5


def test_a_squat_is_not_taken_for_a_slim_body() -> None:
    drop = hinge_drop_mm(hinge(), REST_DEG, H_M) + 80.0 * sines(hinge())
    body = without(drop, usual_mm=-3.0)
    assert body.told_mm is None
    assert body.lever_mm == -3.0
    assert body.drop_mm == pytest.approx(drop + 3.0 * sines(hinge()))


def test_knees_that_lead_are_not_taken_for_a_slim_body() -> None:
    tilt = hinge()
    drop = hinge_drop_mm(tilt, REST_DEG, H_M)
    drop[:HALF] += 14.0 * np.exp(-(((tilt[:HALF] - 15.0) / 8.0) ** 2))
    body = without(drop)
    assert body.lead_mm is not None
    assert body.lead_mm > 2.5
    assert (body.told_mm, body.lever_mm) == (None, 0.0)


def test_a_rep_that_lost_a_contact_takes_the_usual_lever_and_tells_no_lead() -> None:
    drop = hinge_drop_mm(hinge(), REST_DEG, H_M) - 45.0 * sines(hinge())
    body = without(drop, kept=False, usual_mm=-10.0)
    assert body[1:] == (-10.0, None, None)
    assert body.drop_mm == pytest.approx(drop + 10.0 * sines(hinge()))


@pytest.mark.parametrize(("usual_mm", "taken"), [(-30.0, -30.0), (-9.0, 5.0), (21.0, 21.0)])
def test_a_body_does_not_change_from_rep_to_rep(usual_mm: float, taken: float) -> None:
    drop = hinge_drop_mm(hinge(), REST_DEG, H_M) + 5.0 * sines(hinge())
    body = without(drop, usual_mm=usual_mm)
    assert body.told_mm == pytest.approx(5.0, abs=0.5)
    assert body.lever_mm == pytest.approx(taken, abs=0.5)
