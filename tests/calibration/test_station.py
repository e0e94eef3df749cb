"""The whole station with a stored calibration: in force, recorded, replayed; a dowel swapped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from device.calibration.apply import with_records
from device.calibration.axes import dot
from device.calibration.start import Swaps
from device.calibration.steps.mounting import rows_of
from device.config import parse
from device.config_model import Config
from device.recorder import read_recording
from device.setting import setting_of
from device.workbench.calibrate_sim import Planted, SimBench
from device.workbench.motion_run import Late, play_scene
from drivers.sim.lsm6dsox import SimLsm6dsox
from drivers.sim.person import Script
from drivers.sim.scene import Motion6, Reflection
from tests.calibration.bench import Bench, config_with
from tests.device.by_chips import EVEN
from tests.device.test_run import Visit


def test_what_was_calibrated_is_in_force_and_in_the_recording(tmp_path: Path) -> None:
    visit = Visit()
    config = config_with(
        tmp_path, recorder=msgspec.structs.replace(parse("").recorder, enabled=True)
    )
    # Calibrated on a bench whose chips are the visit's own: the same parts, nothing askew.
    bench = Bench(config, Planted(part_offset_mm=(0,), crosstalk_kcps=(0.0,), recess_mm=(55.0,),
                                  height_error_m=(0.0,), gyro_bias_dps=(0.0, 0.0, 0.0),
                                  chip_axes=rows_of({"up": [1, 0, 0], "left": [0, 1, 0],
                                                     "wall": [0, 0, 1]}),
                                  pad_gain=(1.0, 1.0, 1.0)))  # fmt: skip
    done = bench.run("offset", "crosstalk", "plane", "heights", "gyro", "mounting", "zero", "pads")
    assert [one.text for one in done] == [""] * 8
    visit.run(config)
    assert not any("calibration" in line and "empty" not in line for line in visit.said)
    (absent,) = [line for line in visit.said if "calibration" in line]
    assert "absent: empty:" in absent
    (file,) = config.paths.recordings.iterdir()
    meta, ticks = read_recording(file)
    known = parse(meta.config)
    assert known.calibrated.tof_offset_mm is not None
    assert known.calibrated.pad_close == tuple(done[-1].values["close_level"])
    assert not isinstance(known.imu.mounting, str)
    assert setting_of(known, meta.odr_hz).mounting == known.imu.mounting
    # The ranger's own offset was wiped for the found one: the person is where the person is.
    ranges = [s.range_mm for tick in ticks for _, s in tick.tof if s.valid]
    assert min(ranges) > 100.0


class Askew:
    """A script whose IMU is mounted as ``rows`` say, on pads that feel only a share."""

    def __init__(self, script: Script, planted: Planted) -> None:
        self._script = script
        self._planted = planted
        self.t0_ns = 0

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        return self._script.reflection(sensor, t_ns - self.t0_ns)

    def imu(self, t_ns: int) -> Motion6:
        felt = self._script.imu(t_ns - self.t0_ns)
        rows = self._planted.chip_axes
        columns = [[row[axis] for row in rows] for axis in range(3)]
        force = [dot(column, felt[:3]) for column in columns]
        rates = [dot(column, felt[3:]) for column in columns]
        return Motion6(*force, *rates)

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        felt = zip(self._script.pad_force_n(t_ns - self.t0_ns), self._planted.pad_gain, strict=True)
        a, b, c = (force * gain for force, gain in felt)
        return a, b, c


def verdicts(config: Config, planted: Planted) -> list[str]:
    script = Script(
        [("approach", {}), ("pick_up", {}), ("stand", {"for_s": 3.0}), ("hinge", EVEN),
         ("squat", {}), ("hinge", EVEN), ("stand", {})], seed=2,
    )  # fmt: skip
    tof = msgspec.structs.replace(config.tof, heights_m=script.tof_heights_m)
    station = msgspec.structs.replace(config.station, stature_m=1.75)
    result = play_scene(
        msgspec.structs.replace(config, tof=tof, station=station),
        Late(Askew(script, planted)),
        seed=2,
        duration_s=script.duration_s,
        tofs=1,
        offset_s=0.0,
        source="askew",
    )
    return [rep.verdict for rep in result.reps]


def test_an_imu_mounted_anyhow_and_a_weak_pad_are_judged_as_any_once_calibrated(
    tmp_path: Path,
) -> None:
    planted = Planted(pad_gain=(0.1, 1.0, 0.6), gyro_bias_dps=(0.0, 0.0, 0.0))
    bench = Bench(config_with(tmp_path), planted)
    assert [one.text for one in bench.run("gyro", "mounting", "zero", "pads")] == [""] * 4
    used = with_records(bench.config, bench.store.read("dowel-D1"))
    first, second, third = verdicts(used, planted)
    assert (first, third) == ("GOOD", "GOOD")
    assert second in ("KNEE_DRIVEN", "KNEES_FIRST")
    assert verdicts(bench.config, planted) != [first, second, third]


def swapped(tmp_path: Path) -> tuple[Bench, Swaps, list[str]]:
    bench = Bench(config_with(tmp_path))
    said: list[str] = []
    return bench, Swaps(bench.sim.build(bench.config, ["tof", "imu", "pads"]), said.append), said


def play(sim: SimBench, swaps: Swaps, for_s: float) -> None:
    for _ in range(int(for_s / 0.005)):
        sim.clock.advance(5_000_000)
        swaps.read(sim.clock.now_ns())


@pytest.mark.parametrize("other", [False, True])
def test_another_dowel_plugged_in_is_said_once(tmp_path: Path, other: Any) -> None:
    bench, swaps, said = swapped(tmp_path)
    play(bench.sim, swaps, 0.5)
    bench.sim.rig.unplug("imu")
    play(bench.sim, swaps, 0.5)
    chip = bench.sim.rig.dowel.chip(SimLsm6dsox)
    chip.freq_fine += 2 if other else 0
    bench.sim.rig.plug("imu")
    play(bench.sim, swaps, 1.5)
    assert swaps.health().lost == ()
    assert [line.split(":")[0] for line in said] == (["imu"] if other else [])
    if other:
        assert "Set dowel.id" in said[0]
        bench.sim.rig.unplug("imu")
        play(bench.sim, swaps, 0.5)
        bench.sim.rig.plug("imu")
        play(bench.sim, swaps, 1.5)
        assert len(said) == 1
