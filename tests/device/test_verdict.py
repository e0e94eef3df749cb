"""The name of a finished rep: first that holds, and what follows from a cause is not said."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from device.faults import RepView
from device.verdict import find, name
from tests.device.made import GOOD, MS, S, lost, view

# In the order that names; what gives each.
KNEE = {"drop_at_bottom_mm": 150.0, "drop_angle_deg": 40.0, "shin_angle_deg": 25.0}
CAUSES: dict[str, dict[str, Any]] = {
    "KNEE_DRIVEN": KNEE,
    "KNEES_FIRST": {"excess_drop_mm": 40.0},
    "SACRUM": {"losses": (lost(2, 300),)},
    "HIPS_NOT_BACK": {"hinge_ratio": 0.5},
    "GOOD": {"peak_tilt_deg": 30.0, "peak_rate_dps": 80.0},
}


def named(**changes: Any) -> tuple[str, list[str]]:
    one = view(**changes)
    found = find(one)
    return name(one, found), [finding.fault.code for finding in found]


@pytest.mark.parametrize("code", CAUSES)
def test_each_alone_names(code: str) -> None:
    assert named(**CAUSES[code])[0] == code


@pytest.mark.parametrize(("first", "second"), list(combinations(CAUSES, 2)))
def test_the_first_in_order_names(first: str, second: str) -> None:
    assert named(**CAUSES[second], **CAUSES[first])[0] == first


@pytest.mark.parametrize("why", ["imu", "tof", "all pads open", "pad head"])
@pytest.mark.parametrize("code", CAUSES)
def test_unscored_goes_before_all(code: str, why: str) -> None:
    assert named(**CAUSES[code], valid=False, why_unscored=why)[0] == "UNSCORED"


def test_a_good_rep_is_good_and_advice_leaves_it_so() -> None:
    assert named() == ("GOOD", [])
    assert named(peak_tilt_deg=30.0, peak_rate_dps=80.0) == ("GOOD", ["DEPTH_LOW", "FAST"])
    assert named(peak_tilt_deg=70.0) == ("GOOD", ["DEPTH_DEEP"])


PADS = {0: "HEAD", 1: "THORACIC", 2: "SACRUM"}


@pytest.mark.parametrize(
    "order", [(0, 1, 2), (1, 0, 2), (2, 0, 1), (2, 1, 0), (1, 2), (0, 2), (0, 1)]
)
def test_the_first_lost_pad_names_and_all_are_kept(order: tuple[int, ...]) -> None:
    losses = tuple(lost(pad, 200, 100.0 + 50 * i) for i, pad in enumerate(order))
    verdict, codes = named(losses=losses)
    assert verdict == PADS[order[0]]
    assert set(codes) == {PADS[pad] for pad in order}


def test_a_loss_too_short_to_count_does_not_name() -> None:
    assert named(losses=(lost(0, 100, 50), lost(2, 200, 400)))[0] == "SACRUM"


def test_all_lost_is_kept_beside_the_first_lost_pad() -> None:
    losses = (lost(1, 400, 100), lost(0, 400, 150), lost(2, 400, 150))
    verdict, codes = named(losses=losses, all_open_ns=200 * MS)
    assert verdict == "THORACIC"
    assert "ALL_LOST" in codes


@pytest.mark.parametrize("code", ["KNEE_DRIVEN", "KNEES_FIRST", "SACRUM"])
def test_hips_that_stay_forward_are_not_said_beside_their_cause(code: str) -> None:
    assert "HIPS_NOT_BACK" not in named(**CAUSES[code], hinge_ratio=0.5)[1]
    assert "HIPS_NOT_BACK" in named(hinge_ratio=0.5, peak_tilt_deg=30.0)[1]


def test_a_squat_is_not_called_knees_first_as_well() -> None:
    assert "KNEES_FIRST" not in named(**KNEE, excess_drop_mm=100.0)[1]


def test_only_what_the_drill_arms_is_judged() -> None:
    one = view(losses=(lost(2, 300),), excess_drop_mm=60.0)
    unarmed = replace(one.drill, armed=frozenset({"SACRUM"}))
    only = RepView(one.measured, unarmed, one.stature_m, True, one.judged)
    assert [finding.fault.code for finding in find(only)] == ["SACRUM"]
    assert find(only)[0].t_ns == 10 * S + 500 * MS
    assert GOOD.valid
