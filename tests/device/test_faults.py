"""Every rule: its threshold from both sides, and the doc that explains it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from device.drills import DRILLS
from device.faults import FAULTS
from device.limits import LOG, STAGES
from services.schema import VERDICTS
from tests.device.made import GOOD, MS, NONE, SQUAT, S, fault, live, lost, view

DOC = Path(__file__).parents[2] / "docs" / "faults.md"
H_MM = 1700.0


def has(code: str, stature_known: bool = True, base: Any = GOOD, **changes: Any) -> bool:
    rule = fault(code).rep
    assert rule is not None
    return rule(view(base, stature_known, **changes)) is not None


@pytest.mark.parametrize("one", FAULTS, ids=lambda one: one.code)
def test_a_good_rep_has_none_and_each_is_known_to_the_log_and_the_doc(one: Any) -> None:
    assert not has(one.code)
    assert one.code in VERDICTS
    assert f"## {one.code}\n" in DOC.read_text()
    assert one.words
    assert one.words in DOC.read_text()


def test_the_doc_also_explains_what_no_rule_finds() -> None:
    for code in ("SENSOR", "STOP", "UNSCORED", "GOOD"):
        assert f"## {code}\n" in DOC.read_text()


# Each: the fault, what makes it just hold, what makes it just not hold.
EDGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("SACRUM", {"losses": (lost(2, 80),)}, {"losses": (lost(2, 79.9),)}),
    ("THORACIC", {"losses": (lost(1, 80),)}, {"losses": (lost(1, 79.9),)}),
    ("HEAD", {"losses": (lost(0, 120),)}, {"losses": (lost(0, 119.9),)}),
    ("SACRUM", {"losses": (lost(2, 80),)}, {"losses": (lost(1, 500), lost(0, 500))}),
    ("ALL_LOST", {"all_open_ns": 150 * MS}, {"all_open_ns": 149 * MS}),
    ("DEPTH_LOW", {"peak_tilt_deg": 39.9}, {"peak_tilt_deg": 40.0}),
    ("DEPTH_DEEP", {"peak_tilt_deg": 58.1}, {"peak_tilt_deg": 58.0}),
    ("FAST", {"peak_rate_dps": 60.1}, {"peak_rate_dps": 60.0}),
    ("FAST", {"peak_rate_dps": 61.0}, {"t_down_s": 0.9}),
    ("HIPS_NOT_BACK", {"hinge_ratio": 0.819}, {"hinge_ratio": 0.82}),
    ("HIPS_NOT_BACK", {"hinge_ratio": 0.6}, {"hinge_ratio": None}),
    (
        "HIPS_NOT_BACK",
        {"hinge_ratio": 0.6, "peak_tilt_deg": 20.0},
        {"hinge_ratio": 0.6, "peak_tilt_deg": 19.9},
    ),
    (
        "HIPS_NOT_BACK",
        {"hinge_ratio": 0.6, "excess_drop_mm": 0.008 * H_MM},
        {"hinge_ratio": 0.6, "excess_drop_mm": 0.008 * H_MM + 0.1},
    ),
    ("KNEES_FIRST", {"excess_drop_mm": 0.008 * H_MM + 0.1}, {"excess_drop_mm": 0.008 * H_MM}),
    # Each mm of the knees' lead counts as 8 mm, 6 mm of it at most.
    (
        "KNEES_FIRST",
        {"excess_drop_mm": 0.008 * H_MM - 7.9, "lead_mm": 1.0},
        {"excess_drop_mm": 0.008 * H_MM - 8.1, "lead_mm": 1.0},
    ),
    (
        "KNEES_FIRST",
        {"excess_drop_mm": -5.0, "lead_mm": 2.4},
        {"excess_drop_mm": -5.2, "lead_mm": 90.0},
    ),
    (
        "KNEES_FIRST",
        {"excess_drop_mm": 13.7, "lead_mm": None},
        {"excess_drop_mm": 13.5, "lead_mm": None},
    ),
    (
        "KNEES_FIRST",
        {"excess_drop_mm": 13.7, "lead_mm": -9.0},
        {"excess_drop_mm": 13.5, "lead_mm": -9.0},
    ),
    (
        "KNEES_FIRST",
        {"excess_drop_mm": 0.004 * H_MM + 1, "drop_sd_mm": 1.0, "shin_angle_deg": 9.1},
        {"excess_drop_mm": 0.004 * H_MM + 1, "drop_sd_mm": 1.0, "shin_angle_deg": 9.0},
    ),
    (
        "KNEES_FIRST",
        {"excess_drop_mm": 0.004 * H_MM + 1, "drop_sd_mm": 1.0, "early_drop_mm": 20.1},
        {"excess_drop_mm": 0.004 * H_MM + 1, "drop_sd_mm": 1.0, "early_drop_mm": 20.0},
    ),
    (
        "KNEES_FIRST",
        {"excess_drop_mm": 0.004 * H_MM + 0.1, "drop_sd_mm": 1.0, "shin_angle_deg": 20.0},
        {"excess_drop_mm": 0.004 * H_MM - 0.1, "drop_sd_mm": 1.0, "shin_angle_deg": 20.0},
    ),
    # A back that rounded makes the drop less sure.
    (
        "KNEES_FIRST",
        {"excess_drop_mm": 0.008 * H_MM + 0.1, "contacts_kept": False},
        {"excess_drop_mm": 0.008 * H_MM - 0.1, "contacts_kept": False},
    ),
    (
        "KNEES_FIRST",
        {"excess_drop_mm": 30.5, "drop_sd_mm": 20.0, "contacts_kept": False},
        {"excess_drop_mm": 29.5, "drop_sd_mm": 20.0, "contacts_kept": False},
    ),
    # A drop counts only beyond its own standard deviation.
    (
        "KNEES_FIRST",
        {"excess_drop_mm": 20.5, "drop_sd_mm": 20.0},
        {"excess_drop_mm": 19.5, "drop_sd_mm": 20.0},
    ),
]


@pytest.mark.parametrize(("code", "holds", "not_quite"), EDGES)
def test_thresholds_from_both_sides(
    code: str, holds: dict[str, Any], not_quite: dict[str, Any]
) -> None:
    assert has(code, **holds)
    assert not has(code, **not_quite)


@pytest.mark.parametrize(
    ("holds", "not_quite"),
    [
        ({"drop_angle_deg": 20.1}, {"drop_angle_deg": 20.0}),
        ({"shin_angle_deg": 14.1}, {"shin_angle_deg": 14.0}),
        # 1.2 mm a degree over 30 degrees, and 15 mm more.
        ({"drop_at_bottom_mm": 51.1}, {"drop_at_bottom_mm": 50.9}),
        (
            {"drop_at_bottom_mm": 56.1, "drop_sd_mm": 20.0},
            {"drop_at_bottom_mm": 55.9, "drop_sd_mm": 20.0},
        ),
    ],
)
def test_a_squat_needs_all_three(holds: dict[str, Any], not_quite: dict[str, Any]) -> None:
    assert has("KNEE_DRIVEN", base=SQUAT, **holds)
    assert not has("KNEE_DRIVEN", base=SQUAT, **not_quite)


def test_where_the_beam_left_the_hips_balance_stands_in() -> None:
    gone: dict[str, Any] = {"drop_angle_deg": None, "shin_angle_deg": None, "hip_travel_mm": None}
    assert has("KNEE_DRIVEN", base=SQUAT, **gone)
    # A deep good hinge whose travel is unknown is no squat.
    assert not has("KNEE_DRIVEN", **gone)
    assert not has("KNEE_DRIVEN", drop_at_bottom_mm=60.0, **gone)


def test_leaning_back_does_not_add_to_the_excess() -> None:
    back: dict[str, Any] = {"bottom_tilt_abs_deg": -7.0, "rest_abs_deg": 3.0}
    assert not has("KNEE_DRIVEN", base=SQUAT, drop_at_bottom_mm=14.0, **back)
    assert has("KNEE_DRIVEN", base=SQUAT, drop_at_bottom_mm=16.0, **back)


def test_an_unknown_stature_widens_the_ratio() -> None:
    assert has("HIPS_NOT_BACK", hinge_ratio=0.815)
    assert not has("HIPS_NOT_BACK", stature_known=False, hinge_ratio=0.785)
    assert has("HIPS_NOT_BACK", stature_known=False, hinge_ratio=0.775)


def test_when_it_happened() -> None:
    def at(code: str, **changes: Any) -> int | None:
        rule = fault(code).rep
        assert rule is not None
        return rule(view(**changes))

    assert at("SACRUM", losses=(lost(2, 30, 100), lost(2, 90, 700))) == 10 * S + 700 * MS
    assert at("ALL_LOST", all_open_ns=S, all_open_from_ns=11 * S) == 11 * S
    assert at("DEPTH_LOW", peak_tilt_deg=30.0) == 12 * S
    assert at("HIPS_NOT_BACK", hinge_ratio=0.5) == 12 * S
    assert at("FAST", peak_rate_dps=90.0) == 14 * S


# -- live -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "holds", "not_quite"),
    [
        ("HEAD", {"open_pads": (True, False, False)}, {"open_pads": (False, True, True)}),
        ("THORACIC", {"open_pads": (False, True, False)}, {"open_pads": (True, False, True)}),
        ("SACRUM", {"open_pads": (False, False, True)}, {"open_pads": (True, True, False)}),
        ("ALL_LOST", {"open_pads": (True, True, True)}, {"open_pads": (True, True, False)}),
        # 1.2 mm for each of 20 degrees, and 12 mm more.
        ("KNEE_DRIVEN", {"drop_mm": 36.1}, {"drop_mm": 35.9}),
        ("KNEE_DRIVEN", {"drop_mm": 12.1, "tilt_deg": 0.0}, {"drop_mm": 11.9, "tilt_deg": 0.0}),
        ("KNEE_DRIVEN", {"drop_mm": 12.1, "tilt_deg": -9.0}, {"drop_mm": 11.9, "tilt_deg": -9.0}),
        ("KNEE_DRIVEN", {"drop_mm": 99.0}, {"drop_mm": 99.0, "moving": False}),
        ("KNEE_DRIVEN", {"drop_mm": 99.0}, {"drop_mm": 99.0, "drop_known": False}),
    ],
)
def test_live_thresholds_from_both_sides(
    code: str, holds: dict[str, Any], not_quite: dict[str, Any]
) -> None:
    rule = fault(code).live
    assert rule is not None
    assert rule(live(**holds))
    assert not rule(live(**not_quite))


def test_all_lost_speaks_of_the_judged_pads_and_of_more_than_one() -> None:
    rule = fault("ALL_LOST").live
    assert rule is not None
    two = (False, True, True)
    assert rule(live(judged=two, open_pads=two))
    one = (False, False, True)
    assert not rule(live(judged=one, open_pads=one))
    assert not rule(live(judged=NONE, open_pads=NONE))


def test_a_squats_lamp_goes_out_below_5_mm_or_when_the_movement_ends() -> None:
    off = fault("KNEE_DRIVEN").live_off
    assert off is not None
    assert not off(live(drop_mm=24.0 + 5.1))
    assert off(live(drop_mm=24.0 + 4.9))
    assert off(live(drop_mm=99.0, moving=False))


def test_debounces_are_those_that_were_decided() -> None:
    assert {f.code: f.on_ms for f in FAULTS if f.live is not None} == {
        "KNEE_DRIVEN": 0.0,
        "SACRUM": 80.0,
        "THORACIC": 80.0,
        "HEAD": 120.0,
        "ALL_LOST": 150.0,
    }
    assert {f.off_ms for f in FAULTS if f.code in ("SACRUM", "THORACIC", "HEAD")} == {120.0}


def test_advice_does_not_name() -> None:
    assert {f.code for f in FAULTS if not f.names} >= {
        "DEPTH_LOW",
        "DEPTH_DEEP",
        "FAST",
        "SIDE",
        "NO_TAP",
        "WALL_OTHER",
    }
    assert DRILLS["dowel"].armed >= {f.code for f in FAULTS} - {"NO_TAP", "WALL_OTHER"}
    order = [f.code for f in FAULTS]
    assert order.index("KNEE_DRIVEN") < order.index("KNEES_FIRST") < order.index("SACRUM")
    assert order.index("HEAD") < order.index("ALL_LOST") < order.index("HIPS_NOT_BACK")


@pytest.mark.parametrize(
    ("code", "stage", "told", "kept"),
    [
        ("HIPS_NOT_BACK", "learn", {"hinge_ratio": 0.64}, {"hinge_ratio": 0.66}),
        ("HIPS_NOT_BACK", "practice", {"hinge_ratio": 0.69}, {"hinge_ratio": 0.71}),
        ("DEPTH_LOW", "learn", {"peak_tilt_deg": 36.9}, {"peak_tilt_deg": 37.1}),
        ("DEPTH_LOW", "practice", {"peak_tilt_deg": 39.9}, {"peak_tilt_deg": 40.1}),
        ("DEPTH_DEEP", "learn", {"peak_tilt_deg": 58.1}, {"peak_tilt_deg": 57.9}),
        ("KNEES_FIRST", "learn", {"shin_angle_deg": 14.1}, {"shin_angle_deg": 13.9}),
        ("KNEES_FIRST", "practice", {"shin_angle_deg": 12.1}, {"shin_angle_deg": 11.9}),
        ("KNEES_FIRST", "learn", {"early_drop_mm": 20.1}, {"early_drop_mm": 19.9}),
        ("KNEES_FIRST", "learn", {"excess_drop_mm": 34.1}, {"excess_drop_mm": 33.9}),
    ],
)
def test_a_stage_decides_from_where_on_it_is_told(
    code: str, stage: Any, told: dict[str, Any], kept: dict[str, Any]
) -> None:
    beyond = fault(code).beyond
    assert beyond is not None
    assert beyond(view(**told), STAGES[stage])
    assert not beyond(view(**kept), STAGES[stage])


def test_the_log_is_never_wider_than_a_stage() -> None:
    for stage in STAGES.values():
        assert stage.shin_deg >= LOG.shin_deg
        assert stage.ratio <= LOG.ratio
        assert stage.sound_ms > LOG.contact_ms
