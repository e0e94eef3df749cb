"""IMU mounting, dowel zero and pad levels, through simulated chips."""

from __future__ import annotations

import re
from math import cos, radians, sin
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.calibration.apply import with_records
from device.calibration.axes import Rows, angle_deg, dot, rotation_angle_deg
from device.calibration.steps.mounting import rows_of
from device.config_model import Config
from device.mounting import rotation
from device.setting import setting_of
from device.signals import Signals
from device.workbench.calibrate_sim import DEEDS, Deed, Planted, SimBench, askew
from drivers.samples import PADS
from tests.calibration.bench import Bench, config_with


def then(step: str, key: str, **changes: Any) -> Deed:
    """The usual deed, then ``changes`` of the scene."""

    def deed(bench: SimBench, phase: Any) -> None:
        DEEDS[step, key](bench, phase)
        for name, value in changes.items():
            setattr(bench.scene, name, value)

    return deed


def unplug(bench: SimBench, phase: Any) -> None:
    bench.rig.unplug("imu")


# -- mounting ------------------------------------------------------------------------------------

WORDS = ["x up, z wall", "y up, -x wall", "-z up, y wall", "-x up, -y wall"]


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("lean", [(0.0, 0.0), (6.0, -4.0)])
def test_the_mounting_is_found_whatever_it_is(
    tmp_path: Path, words: str, lean: tuple[float, float]
) -> None:
    planted = askew(rotation(words), forward_deg=lean[0], left_deg=lean[1], about_deg=7.0)
    bench = Bench(config_with(tmp_path), Planted(chip_axes=planted))
    done = bench.one("mounting")
    assert done.state == "stored", done.text
    assert rotation_angle_deg(rows_of(done.values), planted) < 0.6
    # What the configuration checks of any rotation holds for this one too.
    assert rotation(rows_of(done.values)) == rows_of(done.values)
    assert done.residuals["apart_deg"][0] < 3.0


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    words=st.sampled_from(WORDS),
    forward=st.floats(-30, 30),
    left=st.floats(-30, 30),
    about=st.floats(-60, 60),
    seed=st.integers(0, 5),
)
def test_any_rotation_is_found(
    tmp_path: Path, words: str, forward: float, left: float, about: float, seed: int
) -> None:
    planted = askew(rotation(words), forward_deg=forward, left_deg=left, about_deg=about)
    bench = Bench(config_with(tmp_path), Planted(chip_axes=planted), seed)
    done = bench.one("mounting")
    assert done.state == "stored", done.text
    assert rotation_angle_deg(rows_of(done.values), planted) < 0.8


def test_with_it_in_force_the_dowel_tilts_forward_when_it_bends(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    assert bench.one("mounting").state == "stored"
    used = with_records(bench.config, bench.stored("dowel-D1"))
    peak = {}
    for name, config in (("with", used), ("without", bench.config)):
        setting = setting_of(config, 208.3)
        signals = Signals(setting.odr_hz, mounting=setting.mounting)
        DEEDS["mounting", "bend"](bench.sim, None)  # type: ignore[arg-type]  # no phase needed
        sensors = bench.sim.build(config, ["imu"])
        bench.sim.scene.bend_from_ns = bench.sim.clock.now_ns()
        tilts = []
        for _ in range(800):
            bench.sim.clock.advance(5_000_000)
            for sample in sensors.read(bench.sim.clock.now_ns()).imu:
                signals.imu(sample)
            tilts.append(signals.tilt_deg)
        peak[name] = max(tilts, key=abs)
    assert peak["with"] == pytest.approx(45.0, abs=1.5)
    assert abs(peak["without"] - 45.0) > 20.0


@pytest.mark.parametrize(
    ("phase", "deed", "said"),
    [
        ("bend", then("mounting", "bend", bend_deg=0.0), "a bend of 0 deg"),
        ("bend", then("mounting", "bend", bend_deg=15.0), "a bend of 15 deg, expected at least 25"),
        ("bend", then("mounting", "bend", wobble_deg=15.0), "about one axis"),
        ("upright", then("mounting", "upright", bend_deg=12.0), "the dowel: got movement"),
        ("bend", unplug, "LSM6DSOX"),
        ("upright", unplug, "LSM6DSOX"),
    ],
)
def test_a_dowel_that_is_not_bent_or_wobbles_is_refused(
    tmp_path: Path, phase: str, deed: Deed, said: str
) -> None:
    bench = Bench(config_with(tmp_path))
    bench.one("mounting")
    before = bench.stored("dowel-D1")
    bench.sim.deeds["mounting", phase] = deed
    done = bench.one("mounting")
    assert done.state == "refused"
    assert said in done.text, done.text
    assert bench.stored("dowel-D1") == before


def test_turning_about_the_upright_is_no_bend(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))

    def turns(t_ns: int) -> Any:
        upright = feels(t_ns)
        x, y, z = (radians(40.0) * sin(1e-9 * t_ns) * axis for axis in bench.sim.scene.chip_axes[0])
        return upright._replace(gx=x, gy=y, gz=z)

    def deed(sim: SimBench, phase: Any) -> None:
        sim.scene.imu = turns  # type: ignore[method-assign]  # turned in the hands

    feels = bench.sim.scene.imu
    bench.sim.deeds["mounting", "bend"] = deed
    assert "do not turn about the upright" in bench.one("mounting").text


def test_a_lean_to_the_side_while_bending_is_refused(tmp_path: Path) -> None:
    """The gyroscope's axis and the way gravity leans must be at right angles."""
    bench = Bench(config_with(tmp_path))
    feels, rows = bench.sim.scene.imu, bench.sim.scene.chip_axes

    def aside(t_ns: int) -> Any:
        seen = feels(t_ns)
        along, across = dot(rows[1], seen[3:]), radians(20.0)
        x, y, z = (
            along * (cos(across) * left + sin(across) * wall)
            for left, wall in zip(rows[1], rows[2], strict=True)
        )
        return seen._replace(gx=x, gy=y, gz=z)

    bench.sim.scene.imu = aside  # type: ignore[method-assign]  # leaning as well
    assert "deg between gyroscope and gravity" in bench.one("mounting").text


def test_one_mirrored_gyroscope_is_refused(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    feels = bench.sim.scene.imu

    def mirrored(t_ns: int) -> Any:
        seen = feels(t_ns)
        return seen._replace(gx=-seen.gx, gy=-seen.gy, gz=-seen.gz)

    bench.sim.scene.imu = mirrored  # type: ignore[method-assign]  # a chip that is hurt
    assert "the other way than gravity" in bench.one("mounting").text


# -- zero ----------------------------------------------------------------------------------------


def test_the_zero_follows_a_dowel_whose_imu_has_moved_a_little(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    bench.run("mounting")
    moved = askew(bench.sim.scene.chip_axes, forward_deg=2.5, left_deg=-1.5, about_deg=0.0)
    bench.sim.scene.chip_axes = moved
    done = bench.one("zero")
    assert done.state == "stored", done.text
    assert done.residuals["tilt_deg"][0] == pytest.approx(2.5, abs=0.4)
    assert done.residuals["side_deg"][0] == pytest.approx(-1.5, abs=0.4)
    used = with_records(bench.config, bench.stored("dowel-D1"))
    rows = rotation(used.imu.mounting)
    assert angle_deg(rows[0], moved[0]) < 0.4
    assert rotation_angle_deg(rows, moved) < 0.8


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (then("zero", "plumb", lean_deg=(8.0, 0.0, 0.0)), "+8.0 deg forward"),
        (then("zero", "plumb", lean_deg=(0.0, -7.0, 0.0)), "-7.0 deg to the left"),
        (then("zero", "plumb", lean_deg=(90.0, 0.0, 0.0)), "Hold it plumb"),
        (then("zero", "plumb", bend_deg=10.0), "the dowel: got movement"),
        (unplug, "LSM6DSOX"),
    ],
)
def test_a_dowel_that_is_not_plumb_is_refused(tmp_path: Path, deed: Deed, said: str) -> None:
    bench = Bench(config_with(tmp_path))
    bench.run("mounting")
    bench.sim.deeds["zero", "plumb"] = deed
    done = bench.one("zero")
    assert done.state == "refused"
    got = re.sub(r"(\d+)\.\d", r"\1", done.text)
    assert re.sub(r"(\d+)\.\d", r"\1", said) in got or said in done.text, done.text
    assert "zero" not in bench.stored("dowel-D1")


def test_it_needs_the_mounting(tmp_path: Path) -> None:
    assert "First run: hinge calibrate mounting" in Bench(config_with(tmp_path)).one("zero").text


# -- pads ----------------------------------------------------------------------------------------


def with_pads(config: Config, chip: str) -> Config:
    return msgspec.structs.replace(config, pads=msgspec.structs.replace(config.pads, chip=chip))


def closed_at(bench: Bench, config: Config, force_n: float) -> list[bool]:
    """Which pads close when all are pressed with ``force_n``, hands off before."""
    bench.sim.scene.force_n = (0.0, 0.0, 0.0)
    sensors = bench.sim.build(config, ["pads"])
    last = [False, False, False]
    for tick in range(300):
        if tick == 100:
            bench.sim.scene.force_n = (force_n,) * 3
        bench.sim.clock.advance(5_000_000)
        for sample in sensors.read(bench.sim.clock.now_ns()).pads:
            last[sample.pad] = sample.closed
    return last


@pytest.mark.parametrize("chip", ["ads1115", "mpr121"])
def test_each_pad_gets_levels_that_suit_it(tmp_path: Path, chip: str) -> None:
    gains = (0.1, 1.0, 0.6)
    bench = Bench(with_pads(config_with(tmp_path), chip), Planted(pad_gain=gains))
    done = bench.one("pads")
    assert done.state == "stored", done.text
    close, opens = done.values["close_level"], done.values["open_level"]
    for level, lower, idle in zip(close, opens, done.residuals["idle_level"], strict=True):
        assert idle < lower < level < 1.0
    used = with_records(bench.config, bench.stored("dowel-D1"))
    assert closed_at(bench, used, 2.5) == [True, True, True]
    assert closed_at(bench, used, 0.0) == [False, False, False]
    if chip == "ads1115":
        assert close[0] < 0.5 * close[1]
        assert closed_at(bench, bench.config, 2.5) == [False, True, True]


def _press(*forces: float) -> Deed:
    def deed(bench: SimBench, phase: Any) -> None:
        bench.scene.force_n = (forces[0], forces[1], forces[2])

    return deed


@pytest.mark.parametrize("chip", ["ads1115", "mpr121"])
@pytest.mark.parametrize(
    ("phase", "deed", "said"),
    [
        ("head", _press(0, 0, 0), "pad head: got "),
        ("thoracic", _press(0, 0, 6), "(pad sacrum was pressed)"),
        ("sacrum", _press(6, 0, 6), "pad head pressed too"),
        ("thoracic", lambda bench, phase: bench.rig.unplug("pads"), "at 0x"),
    ],
)
def test_a_pad_that_is_not_pressed_is_refused_by_name(
    tmp_path: Path, chip: str, phase: str, deed: Deed, said: str
) -> None:
    bench = Bench(with_pads(config_with(tmp_path), chip), Planted(pad_gain=(1.0, 1.0, 1.0)))
    bench.sim.deeds["pads", phase] = deed
    done = bench.one("pads")
    assert done.state == "refused"
    assert said in done.text, done.text
    assert phase in done.text
    assert bench.stored("dowel-D1") == {}


@pytest.mark.parametrize("pad", range(3))
def test_a_dead_pad_is_refused_by_name(tmp_path: Path, pad: int) -> None:
    gain = [1.0, 1.0, 1.0]
    gain[pad] = 0.0
    bench = Bench(config_with(tmp_path), Planted(pad_gain=(gain[0], gain[1], gain[2])))
    done = bench.one("pads")
    assert done.text.startswith(f"pad {PADS[pad]}: got "), done.text
    assert bench.stored("dowel-D1") == {}


def test_a_hand_on_a_pad_while_it_should_be_off_is_refused(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    bench.sim.deeds["pads", "off"] = _press(0, 5, 0)
    assert "pad thoracic: got a level of" in bench.one("pads").text


def test_a_dowel_held_at_the_start_is_not_taken_for_hands_off(tmp_path: Path) -> None:
    """Capacitive pads take what they feel as they come up for their zero."""
    bench = Bench(with_pads(config_with(tmp_path), "mpr121"), Planted(pad_gain=(1.0, 1.0, 1.0)))
    bench.sim.scene.force_n = (6.0, 6.0, 6.0)
    done = bench.one("pads")
    assert done.state == "stored", done.text
    assert min(done.residuals["press_level"]) > 0.5


def test_a_pad_that_its_tape_presses_a_little_opens_above_that(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path), Planted(pad_gain=(1.0, 1.0, 1.0)))
    taped = 0.5
    bench.sim.deeds["pads", "off"] = _press(taped, 0, 0)
    for pad, name in enumerate(PADS):
        forces = [6.0 if i == pad else 0.0 for i in range(3)]
        bench.sim.deeds["pads", name] = _press(max(taped, forces[0]), *forces[1:])
    done = bench.one("pads")
    assert done.state == "stored", done.text
    idle, opens = done.residuals["idle_level"][0], done.values["open_level"][0]
    assert 0.1 < idle < opens < done.values["close_level"][0] < idle + 0.16


def test_the_pads_record_knows_the_imu_beside_them(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    bench.one("pads")
    assert bench.stored("dowel-D1")["pads"].chips.keys() == {"imu", "pads"}


def test_rotations_apart() -> None:
    base: Rows = rotation("x up, z wall")
    for deg in (0.0, 0.5, 30.0, 170.0):
        other = askew(base, forward_deg=deg, left_deg=0.0, about_deg=0.0)
        assert rotation_angle_deg(other, base) == pytest.approx(deg, abs=1e-6)
    assert angle_deg((1, 0, 0), (0, 0, 2)) == pytest.approx(90.0)
