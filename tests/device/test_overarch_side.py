"""Arching at the lockout, leaning aside, and how far the contacts were kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from device.limits import STAGES
from device.phases import counted
from device.record import rep_body
from device.verdict import find, name
from drivers.samples import PADS
from tests.device.made import BY_CODE, GOOD, MS, S, lost, view

LEAST = (120.0, 80.0, 80.0)


@pytest.mark.parametrize(
    ("over_deg", "named"), [(4.9, "GOOD"), (5.1, "OVERARCH"), (14.9, "OVERARCH"), (15.1, "GOOD")]
)
def test_leaning_back_past_rest_names_the_rep(over_deg: float, named: str) -> None:
    rep = view(lockout_over_deg=over_deg)
    assert name(rep, find(rep)) == named


@pytest.mark.parametrize(
    ("pad", "is_named"), [("thoracic", True), ("head", True), ("sacrum", False)]
)
def test_upper_contacts_lost_in_the_last_third_of_the_way_up(pad: str, is_named: bool) -> None:
    late_ms = 3_500.0  # bottom at 2 s, end at 4 s: the last third begins at 3.33 s
    rep = view(losses=(lost(PADS.index(pad), 160.0, late_ms),))
    found = BY_CODE["OVERARCH"].rep
    assert found is not None
    assert (found(rep) is not None) is is_named


@pytest.mark.parametrize(("after_ms", "length_ms"), [(3_200.0, 400.0), (3_500.0, 140.0)])
def test_earlier_or_shorter_losses_are_no_overarch(after_ms: float, length_ms: float) -> None:
    found = BY_CODE["OVERARCH"].rep
    assert found is not None
    assert found(view(losses=(lost(1, length_ms, after_ms),))) is None


def test_overarch_gives_way_to_every_other_name() -> None:
    rep = view(lockout_over_deg=9.0, hinge_ratio=0.5)
    assert name(rep, find(rep)) == "HIPS_NOT_BACK"


def test_the_stage_lets_a_small_arch_pass_untold() -> None:
    beyond = BY_CODE["OVERARCH"].beyond
    assert beyond is not None
    assert not beyond(view(lockout_over_deg=7.0), STAGES["learn"])
    assert beyond(view(lockout_over_deg=8.5), STAGES["learn"])
    assert beyond(view(lockout_over_deg=5.5), STAGES["practice"])


@pytest.mark.parametrize(("lean_deg", "found"), [(5.9, False), (6.1, True)])
def test_a_lean_aside_is_advice(lean_deg: float, found: bool) -> None:
    rep = view(side_lean_deg=lean_deg)
    findings = find(rep)
    assert ("SIDE" in {f.fault.code for f in findings}) is found
    assert name(rep, findings) == "GOOD"


@pytest.mark.parametrize(("twist_deg", "found"), [(7.9, False), (8.1, True)])
def test_so_is_a_turn_about_the_vertical(twist_deg: float, found: bool) -> None:
    rep = view(twist_deg=twist_deg)
    findings = find(rep)
    assert ("SIDE" in {f.fault.code for f in findings}) is found
    assert name(rep, findings) == "GOOD"


def test_contacts_kept_all_the_way_reach_the_peak() -> None:
    rep = rep_body(view(), "GOOD", (), LEAST, 10 * S)
    assert (rep.first_lost, rep.first_lost_tilt_deg) == (None, None)
    assert rep.contact_range_deg == GOOD.peak_tilt_deg


def test_the_first_counted_loss_gives_the_angle_contacts_were_kept_to() -> None:
    brief, long = lost(2, 60.0, 300.0), lost(0, 200.0, 700.0)._replace(tilt_deg=31.0)
    rep = rep_body(view(losses=(brief, long)), "HEAD", (), LEAST, 10 * S)
    assert (rep.first_lost, rep.first_lost_tilt_deg) == ("head", 31.0)
    assert rep.contact_range_deg == 31.0


def test_a_loss_on_the_way_up_does_not_shorten_the_range() -> None:
    late = lost(2, 300.0, 2_500.0)
    rep = rep_body(view(losses=(late,)), "SACRUM", (), LEAST, 10 * S)
    assert rep.first_lost == "sacrum"
    assert rep.contact_range_deg == GOOD.peak_tilt_deg


def test_without_pads_no_range_is_known() -> None:
    rep = rep_body(replace(view(), judged=(False, False, False)), "GOOD", (), LEAST, 10 * S)
    assert rep.contact_range_deg is None


def test_a_loss_counts_from_its_own_pads_limit() -> None:
    assert counted((lost(0, 119.0),), LEAST) == ()
    assert counted((lost(0, 120.0),), LEAST) == (lost(0, 120.0),)
    assert lost(0, 120.0).length_ns == 120 * MS
