"""What the doctor does on its way: scenes it cannot judge, time it takes, the state it leaves."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from device.config_model import Config
from device.doctor.examine import Line, Report, at_work, examine
from device.doctor.found import degraded, ok, skipped, worst
from device.doctor.measure import Rig
from device.workbench.doctor_faults import FAULTS, Fault, Plan
from device.workbench.doctor_rig import SimStation, sim_station
from drivers.errors import PinFault
from services.check import Checked

S = 1_000_000_000


class Log:
    """A log side that says what it is told to."""

    def __init__(self, station: Checked | None = None) -> None:
        self.said = station or Checked("ok", "running, IDLE")

    def database(self) -> Checked:
        return Checked("ok", "sound")

    def station(self) -> Checked:
        return self.said


def lines(report: Report) -> dict[str, Line]:
    return {line.code: line for line in report.checks}


@pytest.fixture
def with_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Line]]:
    """Examines a station whose scene is changed."""

    def run(**look: Any) -> dict[str, Line]:
        def change(plan: Plan) -> None:
            plan.look = replace(plan.look, **look)

        monkeypatch.setitem(FAULTS, "scene", Fault("", "", change))
        return lines(examine(SimStation(Config(), tmp_path, ["scene"]), Log()))

    return run


def test_a_moving_dowel_is_not_judged(with_scene: Callable[..., dict[str, Line]]) -> None:
    found = with_scene(swing_deg=6.0)
    for code in ("IMU_GRAVITY", "IMU_NOISE", "IMU_DRIFT"):
        assert found[code].status == "skipped"
        assert found[code].found == "the dowel moves: hang it up and run again"
    assert found["IMU_RATE"].status == "ok"


def test_an_empty_scene_has_no_echo_to_judge(with_scene: Callable[..., dict[str, Line]]) -> None:
    found = with_scene(range_mm=None)
    assert found["TOF_SIGNAL"].status == "skipped"
    assert "stand at the mark" in found["TOF_SIGNAL"].found
    assert {found[code].status for code in ("TOF_RATE", "TOF_COVERED", "TOF_LIGHT")} == {"ok"}


def test_figures_are_those_of_the_scene(with_scene: Callable[..., dict[str, Line]]) -> None:
    found = with_scene(range_mm=700.0, gyro_bias_dps=1.5, accel_scale=1.02, ambient_kcps=300.0)
    assert found["TOF_SIGNAL"].figures["0x29_range_mm"] == pytest.approx(700, abs=3)
    assert found["TOF_LIGHT"].figures["0x29_ambient_kcps"] == pytest.approx(300, abs=10)
    assert found["IMU_DRIFT"].figures["gyro_bias_dps"] == pytest.approx(1.5, abs=0.5)
    assert found["IMU_GRAVITY"].figures["off_share"] == pytest.approx(0.02, abs=0.006)
    assert found["IMU_NOISE"].figures["gyro_noise_dps"] == pytest.approx(0.1, abs=0.02)
    assert found["TOF_RATE"].figures["vl53l1x_at_0x29_on_i2c-1_hz"] == pytest.approx(41.7, abs=1)
    assert found["BUS_SPEED"].figures["i2c-3_khz"] == pytest.approx(400, rel=0.01)


@pytest.mark.parametrize("faults", [("bus-1:stuck", "bus-3:stuck"), ("bus-3:stuck_later",)])
def test_a_stuck_bus_does_not_hold_it_up(faults: tuple[str, ...], tmp_path: Path) -> None:
    """A second a timeout, as a kernel waits: only the first two of a bus are paid for."""
    station = SimStation(Config(), tmp_path, faults, attended=False)
    for bus in station.sim.buses.values():
        bus.stuck_timeout_ns = S
    began_ns = station.rig.clock.now_ns()
    report = examine(station, Log())
    assert lines(report)["BUS_STUCK"].status == "broken"
    assert station.rig.clock.now_ns() - began_ns < 10 * S


@pytest.mark.parametrize("quick", [False, True])
def test_it_takes_the_time_it_says(quick: bool, tmp_path: Path) -> None:
    station = SimStation(Config(), tmp_path, attended=False)
    began_ns = station.rig.clock.now_ns()
    report = examine(station, Log(), quick=quick)
    took_s = (station.rig.clock.now_ns() - began_ns) / S
    assert took_s == pytest.approx(2.3 if quick else 4.8, abs=0.4)
    assert report.exit_code == 0
    assert report.quick is quick


@pytest.mark.parametrize("fault", [None, "tof:frozen", "lamp:broken", "bus-3:stuck", "pins:taken"])
def test_everything_is_off_and_free_afterwards(fault: str | None, tmp_path: Path) -> None:
    with sim_station(Config(), [fault] if fault else []) as station:
        assert examine(station, Log()).checks
        factory = station.sim.pins.factory
        assert not {number: pin for number, pin in factory.pins.items() if pin.state > 0.5 and
                    pin.function == "output"}  # fmt: skip
        again = examine(station, Log())  # nothing is held: it can be had once more
        assert lines(again)["VERSIONS"].status == "ok"


def test_while_the_station_runs_its_chips_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = SimStation(Config(), tmp_path)
    monkeypatch.setattr("device.doctor.examine.at_work", lambda path: "yes")

    def never(*args: object) -> Any:
        raise AssertionError("the hardware was touched")

    alone = Rig(station.rig.clock, never, never, station.rig.helper)

    class Running:
        config, rig, machine = station.config, alone, station.machine

    told = Checked("degraded", "running, SET; lost: imu", {"ticks_missed": 3})
    report = examine(Running(), Log(told))
    found = lines(report)
    assert (found["STATION"].status, found["STATION"].found) == ("degraded", told.words)
    assert found["STATION"].figures == {"running": True, "ticks_missed": 3}
    kinds = ("BUS", "TOF", "IMU", "PADS", "HAPTIC", "PINS", "LAMPS", "BUZZER", "KEYS")
    hardware = {code for code in found if code.startswith(kinds)}
    assert {found[code].found for code in hardware} == {"the station is running"}
    assert {found[code].status for code in hardware} == {"skipped"}
    assert report.exit_code == 1


def test_a_station_that_may_not_be_asked_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "device.sock"
    assert at_work(path) == "no"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as held:
        held.bind(str(path))
        assert at_work(path) == "yes"
        # As to somebody who is not of the group (root may do everything).
        monkeypatch.setattr("os.access", lambda place, mode: place != path)
        assert at_work(path) == "unknown"
        monkeypatch.setattr("os.access", lambda place, mode: place != tmp_path)
        assert at_work(path) == "unknown"
    monkeypatch.setattr("device.doctor.examine.at_work", lambda path: "unknown")
    found = lines(examine(SimStation(Config(), tmp_path), Log()))
    assert found["STATION"].status == "degraded"
    assert "may not use" in found["STATION"].found
    assert (found["BUS_NODE"].status, found["BUS_NODE"].found) == ("skipped", "it may be running")


def test_pins_that_cannot_be_had_do_not_stop_the_rest(tmp_path: Path) -> None:
    station = SimStation(Config(), tmp_path)

    def no_pins() -> Any:
        raise PinFault("GPIO: nothing there")

    class Bare:
        config, machine = station.config, station.machine
        rig = station.rig._replace(open_pins=no_pins)

    found = lines(examine(Bare(), Log()))
    assert found["PINS"].found == "GPIO: nothing there"
    assert found["KEYS"].status == found["LAMPS"].status == "skipped"
    assert {found[code].status for code in ("TOF_RATE", "IMU_RATE", "PADS_PRESS")} == {"ok"}


def test_somebody_who_does_not_answer(tmp_path: Path) -> None:
    station = SimStation(Config(), tmp_path)

    class Silent:
        here = True

        def sees(self, question: str) -> bool | None:
            return None

        def hears(self, text: str) -> None:
            """Does not listen."""

        def does(self, request: str) -> None:
            """Turns away."""

    class Asking:
        config, machine = station.config, station.machine
        rig = station.rig._replace(helper=Silent())

    began_ns = station.rig.clock.now_ns()
    found = lines(examine(Asking(), Log()))
    assert found["LAMPS"].status == found["BUZZER"].status == "skipped"
    assert found["PADS_PRESS"].found == "head, thoracic, sacrum never closed when pressed"
    assert found["KEYS"].found == "NEXT, STOP did not come when pressed"
    assert (station.rig.clock.now_ns() - began_ns) / S == pytest.approx(34.8, abs=0.5)


def test_the_worst_of_several_parts_is_told() -> None:
    found = worst([ok("a", {"x_mm": 1}), degraded("b", {"y_mm": 2}), skipped("c"), degraded("b")])
    assert found == degraded("b", {"x_mm": 1, "y_mm": 2})
    assert worst([ok("a"), skipped("c")]) == ok("a")
    with pytest.raises(ValueError, match="empty"):
        worst([])


def test_a_configuration_of_the_station_is_not_changed(tmp_path: Path) -> None:
    before = msgspec.json.encode(Config())
    station = SimStation(Config(), tmp_path, ["vibration:broken", "tof:gpio1"])
    examine(station, Log())
    assert msgspec.json.encode(Config()) == before
