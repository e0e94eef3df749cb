"""The catalogue of drills hangs together."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.drills import DRILLS, Drill
from services.schema import VERDICTS

FOLDER = Path(__file__).parent.parent.parent / "device" / "drills"
drills = pytest.mark.parametrize("drill", DRILLS.values(), ids=lambda drill: drill.name)


def test_every_number_of_the_catalogue_is_there_once() -> None:
    codes = [drill.code for drill in DRILLS.values()]
    assert len(set(codes)) == len(codes)
    assert {f"D{number}" for number in range(17)} - {"D9"} <= set(codes)
    assert {"D1b", "D1c", "D9a", "D9b", "D9c"} <= set(codes)


@drills
def test_a_drill_is_one_file_with_its_name(drill: Drill) -> None:
    assert (FOLDER / f"{drill.name}.py").is_file()
    assert DRILLS[drill.name] is drill


@drills
def test_it_judges_known_codes_only(drill: Drill) -> None:
    assert drill.armed <= set(VERDICTS)


@drills
def test_it_names_drills_that_exist(drill: Drill) -> None:
    assert drill.easier is None or drill.easier in DRILLS
    assert drill.harder is None or drill.harder in DRILLS


@drills
def test_its_numbers_make_sense(drill: Drill) -> None:
    assert 0 <= drill.target_low_deg < drill.target_high_deg <= 90
    assert 1 <= drill.sets <= 5
    assert 1 <= drill.reps <= 20
    assert drill.stances
    assert drill.how.endswith(".")


@drills
def test_contacts_are_judged_only_where_pads_are_needed(drill: Drill) -> None:
    contacts = {"SACRUM", "THORACIC", "HEAD", "ALL_LOST"}
    assert drill.needs_pads or not drill.armed & contacts


@drills
def test_travel_is_judged_only_where_a_ranger_is_needed(drill: Drill) -> None:
    assert drill.needs_tof or not drill.armed & {"HIPS_NOT_BACK", "NO_TAP", "WALL_OTHER"}


def test_a_missing_sensor_is_named() -> None:
    assert DRILLS["dowel"].missing(tof=True, imu=True, pads=True) == ()
    assert DRILLS["dowel"].missing(tof=False, imu=True, pads=False) == ("ranger", "pads")
    assert DRILLS["swing"].missing(tof=False, imu=False, pads=False) == ("IMU",)


def test_the_dowel_hinge_is_as_the_sources_say() -> None:
    dowel = DRILLS["dowel"]
    assert (dowel.sets, dowel.reps) == (3, 10)
    assert (dowel.target_low_deg, dowel.target_high_deg) == (45.0, 50.0)
    assert dowel.gate.good_share == 0.9


def test_a_swing_never_stands_before_the_wall() -> None:
    assert not DRILLS["swing"].needs_tof
    assert not DRILLS["swing"].live
    assert "free space" in DRILLS["swing"].how
