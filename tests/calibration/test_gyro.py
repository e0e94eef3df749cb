"""Gyroscope bias, from a dowel that lies still."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from device.workbench.calibrate_sim import Planted, SimBench
from drivers.sim.lsm6dsox import SimLsm6dsox
from tests.calibration.bench import Bench, config_with


def test_the_bias_of_each_axis_is_found(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    done = bench.one("gyro")
    assert done.state == "stored", done.text
    drawn = bench.sim.rig.dowel.chip(SimLsm6dsox).gyro_bias_dps
    truth = [a + b for a, b in zip(bench.sim.planted.gyro_bias_dps, drawn, strict=True)]
    assert done.values["bias_dps"] == pytest.approx(truth, abs=0.02)
    assert done.temperature_c == pytest.approx(26.0, abs=0.1)
    assert max(done.residuals["noise_dps"]) == pytest.approx(0.1, abs=0.03)
    assert bench.stored("dowel-D1")["gyro"].temperature_c == done.temperature_c


def _bends(bench: SimBench, phase: Any) -> None:
    bench.scene.bend_deg = 10.0


def _turns_slowly(bench: SimBench, phase: Any) -> None:
    bench.scene.bend_deg, bench.scene.bend_s = 1.5, 20.0


def _speeds_up(bench: SimBench, phase: Any) -> None:
    bench.scene.bend_deg, bench.scene.bend_s = 3.0, 20.0
    bench.scene.bend_from_ns = bench.clock.now_ns() - 5_000_000_000


def _unplugged(bench: SimBench, phase: Any) -> None:
    bench.rig.unplug("imu")


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (_bends, "the dowel: got movement"),
        (_turns_slowly, "the dowel: got a turn by"),
        (_speeds_up, "a rate that changes by"),
        (_unplugged, "LSM6DSOX"),
    ],
)
def test_a_dowel_that_is_not_still_or_not_there_is_refused(
    tmp_path: Path, deed: Any, said: str
) -> None:
    bench = Bench(config_with(tmp_path))
    bench.sim.deeds["gyro", "still"] = deed
    done = bench.one("gyro")
    assert done.state == "refused"
    assert said in done.text
    assert bench.stored("dowel-D1") == {}


def test_a_bias_beyond_any_chip_is_refused(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path), Planted(gyro_bias_dps=(0.0, -15.0, 0.0)))
    assert "got -1" in bench.one("gyro").text
