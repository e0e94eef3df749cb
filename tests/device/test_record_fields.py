"""What is written down of a rep beyond its plain measures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from device.record import rep_body
from services.schema import ContactLoss, ContactShare, LossPhases, RepBody
from tests.device.made import GOOD, S, lost, view
from tests.device.rig import SACRUM, World, hinge, run, visit

LEAST = (120.0, 80.0, 80.0)


def body(view_changes: dict[str, Any] | None = None, **changes: Any) -> RepBody:
    rep = replace(view(GOOD, **changes), **(view_changes or {}))
    return rep_body(rep, "GOOD", (), LEAST, 10 * S)


def test_per_cents_of_a_stature_that_is_a_guess_are_not_known() -> None:
    known = body(hip_travel_mm=187.0, excess_drop_mm=17.0)
    assert known.hip_travel_pct == 11.0
    assert known.excess_drop_pct == 1.0
    guessed = body({"stature_known": False})
    assert (guessed.hip_travel_pct, guessed.excess_drop_pct) == (None, None)
    assert body(hip_travel_mm=None).hip_travel_pct is None


def test_the_tempo_is_that_of_the_three_times() -> None:
    assert body(t_down_s=1.84, t_hold_s=0.66).tempo == "1.8-0.7-1.5"


def test_a_loss_is_split_by_phase_and_adds_up() -> None:
    # Down until 1 s, the bottom third until 2.6 s, up until 4 s.
    found = body(losses=(lost(0, 119.0, 0.0), lost(2, 500.0, 700.0), lost(2, 300.0, 2_500.0)))
    assert found.contact_loss_ms == ContactLoss(0, 0, 800)
    assert found.contact_loss_phase_ms == LossPhases(
        ContactLoss(0, 0, 300), ContactLoss(0, 0, 300), ContactLoss(0, 0, 200)
    )
    assert found.contact_loss_share == ContactShare(0.0, 0.0, 0.2)
    assert found.lost_in_bottom_third is True
    assert body(losses=(lost(2, 200.0, 500.0),)).lost_in_bottom_third is False


def test_a_pad_that_is_not_judged_has_no_numbers() -> None:
    found = body({"judged": (True, False, True)}, min_contacts=None)
    assert found.contact_loss_phase_ms.bottom == ContactLoss(0, None, 0)
    assert found.contact_loss_share == ContactShare(0.0, None, 0.0)
    nothing = body({"judged": (False, False, False)}, min_contacts=None)
    assert (nothing.lost_in_bottom_third, nothing.min_contacts) == (None, None)
    assert nothing.score_parts.contacts is None


def test_what_a_holed_imu_cannot_know_is_null() -> None:
    found = body(valid=False, why_unscored="imu")
    for field in (
        "twist_deg", "excess_drop_pct", "peak_rate_down_dps", "peak_rate_up_dps", "smoothness",
        "knocks", "score",
    ):  # fmt: skip
        assert getattr(found, field) is None, field


@pytest.fixture(scope="module")
def measured() -> RepBody:
    """By the pipeline: twice as fast up as down, the low pad off around the bottom."""
    track = visit().rep(hinge(47.0), down_s=2.4, hold_s=0.4, up_s=1.4).stand(1.0)
    start_s = 2.5
    return run(World(track, opens=((SACRUM, start_s + 2.2, start_s + 2.8),))).reps[0]


def test_rates_down_and_up_are_told_apart(measured: RepBody) -> None:
    # A minimum-jerk movement peaks at 1.875 of its mean speed.
    assert measured.peak_rate_down_dps == pytest.approx(47.0 * 1.875 / 2.4, rel=0.03)
    assert measured.peak_rate_up_dps == pytest.approx(47.0 * 1.875 / 1.4, rel=0.03)
    assert measured.peak_rate_dps == measured.peak_rate_up_dps


def test_a_loss_at_the_bottom_is_found_there(measured: RepBody) -> None:
    assert measured.lost_in_bottom_third is True
    assert measured.min_contacts == 2
    assert measured.contact_loss_phase_ms.bottom.sacrum == pytest.approx(600, abs=20)
    assert measured.contact_loss_phase_ms.descent.sacrum == 0
    assert measured.score_parts.contacts is not None
    assert 20.0 < measured.score_parts.contacts < 35.0


def test_an_even_rep_is_smooth_straight_and_not_knocked(measured: RepBody) -> None:
    assert measured.smoothness == pytest.approx(-1.5, abs=0.12)
    assert measured.twist_deg == pytest.approx(0.0, abs=0.2)
    assert measured.knocks == 0
    assert measured.hip_travel_pct is not None
    assert measured.hip_travel_mm is not None
    assert measured.hip_travel_pct == pytest.approx(measured.hip_travel_mm / 17.0, abs=0.05)
