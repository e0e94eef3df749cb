"""Whether a stored calibration is used as the station starts, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from device.calibration.apply import applied, judge, judge_all, lines, same_chip
from device.calibration.records import Record
from device.calibration.start import build_calibrated
from device.calibration.steps import STEPS
from device.config import effective, parse
from device.config_model import Config
from device.setting import setting_of
from tests.calibration.bench import NOW, Bench, config_with, made

CHIPS = {
    "tof[0]": "model 0xEACC, revision 0x10, oscillator 0xAF00, calibration 36",
    "imu": "I",
    "pads": "P",
}


def state(record: Record | None, config: Config | None = None, **more: Any) -> tuple[str, str]:
    records: Mapping[str, Record] = {} if record is None else {"offset": record}
    one = judge(STEPS["offset"], records, config or Config(), NOW, more.get("chips", CHIPS))
    assert one.used == (one.state in ("good", "stale"))
    return one.state, str(one)


def test_a_good_one_is_used_and_nothing_is_said() -> None:
    config, judged = applied(Config(), {"offset": made()}, NOW, CHIPS)
    assert config.calibrated.tof_offset_mm == (-13.0,)
    assert "offset" not in [one.step for one in judged]
    assert state(made())[0] == "good"


def test_absent_is_one_line_for_all() -> None:
    config, judged = applied(Config(), {}, NOW, CHIPS)
    assert config == Config()
    (line,) = lines(judged)
    assert "offset" in line
    assert "gyro" in line
    assert "hinge calibrate" in line


def test_an_old_one_is_used_and_said() -> None:
    best = timedelta(days=STEPS["offset"].best_days)
    for age, expected in ((best, "good"), (best + timedelta(days=1), "stale")):
        record = made(made_at=(NOW - age).isoformat())
        assert state(record)[0] == expected
    config, judged = applied(Config(), {"offset": record}, NOW, CHIPS)
    assert config.calibrated.tof_offset_mm == (-13.0,)
    assert "366 days old, best within 365" in lines(judged)[0]
    assert "not used" not in lines(judged)[0]


def test_one_from_the_future_is_said() -> None:
    assert "Check the clock" in state(made(made_at=(NOW + timedelta(days=3)).isoformat()))[1]
    assert state(made(made_at=(NOW + timedelta(hours=3)).isoformat()))[0] == "good"


def test_another_chip_is_foreign() -> None:
    now = {**CHIPS, "tof[0]": "model 0xEACC, revision 0x10, oscillator 0xAF08, calibration 36"}
    found, text = state(made(), chips=now)
    assert found == "foreign"
    assert "oscillator 0xAF00" in text
    assert "oscillator 0xAF08" in text
    assert "not used" in text
    assert state(made(), chips=None)[0] == "good"  # before the chips are up, nobody knows
    config, _ = applied(Config(), {"offset": made()}, NOW, now)
    assert config == Config()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"values": {}}, "KeyError"),
        ({"values": {"offset_mm": [1.0, 2.0]}}, "got 2, expected one for each of 1 rangers"),
        ({"values": {"offset_mm": []}}, "got 0"),
        ({"values": {"offset_mm": [3000.0]}}, "got 3000, expected -1024"),
        ({"made_at": "yesterday"}, "yesterday"),
    ],
)
def test_a_record_that_was_tampered_with_is_not_used(changes: Any, said: str) -> None:
    found, text = state(made(**changes))
    assert found == "mismatched"
    assert said in text
    assert applied(Config(), {"offset": made(**changes)}, NOW, CHIPS)[0] == Config()


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ("model A, calibration 36", "model A, calibration 36", True),
        ("model A, calibration 36", "model A, calibration 39", True),
        ("model A, calibration 36", "model A, calibration 40", False),
        ("model A, calibration 36", "model B, calibration 36", False),
        ("model A, calibration 36", "model A", False),
        ("model A, calibration 36", "model A, calibration x", False),
        ("INTERNAL_FREQ_FINE 4", "INTERNAL_FREQ_FINE 5", False),
    ],
)
def test_what_a_chip_measures_of_itself_may_move_a_little(was: str, now: str, same: bool) -> None:
    assert same_chip(was, now) is same


def test_a_changed_configuration_is_a_mismatch_that_names_the_key() -> None:
    moved = parse("[tof]\naddresses = [0x2A]\n[pins]\nxshut = [17]\n")
    found, text = state(made(), moved)
    assert found == "mismatched"
    assert "tof.addresses was [41], is [42]" in text


def bias(*dps: float, **changes: object) -> Record:
    """A record of the step ``gyro`` as the default station makes it."""
    rig = {"imu.chip": '"lsm6dsox"', "imu.gyro_dps": "500"}
    return made("gyro", values={"bias_dps": list(dps)}, chips={"imu": "I"}, rig=rig, **changes)


def test_one_that_stands_on_another_falls_with_it() -> None:
    stands_on = {"offset": "2026-11-01T10:00:00.000+00:00"}
    for offset, expected in (
        (made(), "good"),
        (made(made_at="2026-11-02T10:00:00.000+00:00"), "mismatched"),
        (None, "mismatched"),
    ):
        records = {"gyro": bias(0.1, 0.2, 0.3, stands_on=stands_on)}
        if offset is not None:
            records["offset"] = offset
        assert judge(STEPS["gyro"], records, Config(), NOW).state == expected


def test_only_what_is_fitted_is_asked_for() -> None:
    bare = parse('[imu]\nchip = "none"\n[pads]\nchip = "none"\n[practice]\ndrill = "butt_taps"\n')
    assert {one.step for one in judge_all({}, bare, NOW)} == {
        name for name, step in STEPS.items() if step.sensor == "tof"
    }


def test_a_recording_carries_it_and_gives_the_same_setting() -> None:
    gyro = bias(0.5, -0.25, 1.0)
    config, _ = applied(Config(), {"offset": made(), "gyro": gyro}, NOW, CHIPS)
    again = parse(effective(config))
    assert again == config
    assert setting_of(again, 208.0) == setting_of(config, 208.0)
    assert setting_of(config, 208.0).gyro_bias_rad_s == pytest.approx(
        (0.008727, -0.004363, 0.01745), rel=1e-3
    )


def test_the_bias_is_turned_with_the_mounting() -> None:
    gyro = bias(0.0, 0.0, 1.0)
    turned = parse('[imu]\nmounting = "z up, x wall"\n')
    config, _ = applied(turned, {"gyro": gyro}, NOW, CHIPS)
    assert setting_of(config, 208.0).gyro_bias_rad_s == pytest.approx((0.0174533, 0.0, 0.0))


# -- on chips ----------------------------------------------------------------------------


def test_the_station_starts_with_what_is_stored(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    assert [done.state for done in bench.run("offset", "gyro")] == ["stored", "stored"]
    said: list[str] = []
    built: list[Config] = []

    def build(config: Config) -> Any:
        built.append(config)
        return bench.sim.build(config, ("tof", "imu", "pads"))

    known, sensors = build_calibrated(bench.config, build, bench.store, said.append, lambda: NOW)
    assert len(built) == 1
    assert known.calibrated.tof_offset_mm is not None
    assert known.calibrated.gyro_bias_dps is not None
    assert sensors.identities().keys() == {"imu", "tof[0]", "pads"}
    assert not any("offset" in line or "gyro" in line for line in said)


def test_another_ranger_at_the_start_is_brought_up_without_it(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    bench.store.put("wall", made(chips={"tof[0]": "another one"}))
    said: list[str] = []
    built: list[Config] = []

    def build(config: Config) -> Any:
        built.append(config)
        return bench.sim.build(config, ("tof", "imu", "pads"))

    known, _ = build_calibrated(bench.config, build, bench.store, said.append, lambda: NOW)
    assert [config.calibrated.tof_offset_mm for config in built] == [(-13.0,), None]
    assert known.calibrated.tof_offset_mm is None
    assert any("foreign" in line and "another one" in line for line in said)


def test_another_dowel_has_a_calibration_of_its_own(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    bench.run("gyro")
    assert bench.store.read("dowel-D1").keys() == {"gyro"}
    other = msgspec.structs.replace(
        bench.config, dowel=msgspec.structs.replace(bench.config.dowel, id="D2")
    )
    said: list[str] = []
    known, _ = build_calibrated(
        other, lambda c: bench.sim.build(c, ("tof", "imu", "pads")), bench.store, said.append,
        lambda: NOW,
    )  # fmt: skip
    assert known.calibrated.gyro_bias_dps is None
    assert "gyro" in said[0]
