"""``hinge drills``: the catalogue as people and programs read it."""

from __future__ import annotations

import json

from click.testing import CliRunner

from device.drills import DRILLS
from device.workbench.drills_command import catalogue, drills


def test_the_table_has_every_drill_and_every_place_to_stand() -> None:
    shown = CliRunner().invoke(drills, ["--stature", "1.75"]).output
    for drill in DRILLS.values():
        assert f"{drill.name} " in shown
        assert f" {drill.code} " in shown
    assert "18.8 cm  own full tap: tap at 45°" in shown
    assert "30.0 cm  one foot: tap at 70° with the weight on the heels" in shown
    assert "75.0 cm  a few feet: reach only, no tap" in shown


def test_one_drill_is_told_in_words() -> None:
    shown = CliRunner().invoke(drills, ["reach", "--stature", "1.6"]).output
    assert "Reach: 16 cm." in shown
    assert DRILLS["reach"].how in shown.replace("\n", "")
    assert "swing" not in shown


def test_json_is_the_same_as_the_catalogue() -> None:
    found = json.loads(CliRunner().invoke(drills, ["swing", "--json"]).output)
    (swing,) = found["drills"]
    assert swing["sensors"] == ["IMU"]
    assert swing["imu"] == "clip"
    assert (swing["sets"], swing["reps"]) == (3, 12)
    assert found["stature_m"] == catalogue(1.7).stature_m
    assert [place["name"] for place in found["stands"]][2:] == [
        "one foot", "a foot or two", "a few feet",
    ]  # fmt: skip
