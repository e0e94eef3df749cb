"""The device program from its configuration to its end, on simulated chips."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import pytest
from gpiozero.pins.mock import MockFactory

from device import real
from device.config_model import Config, Paths
from device.ending import Ending
from device.errors import EX_IO, EX_MISSING_CHIP, DiskError, exit_code
from device.loop import Health
from device.recorder import read_recording
from device.run import run
from device.tick import TickInput, TickOutput
from drivers.bus import Bus, LinuxBus
from drivers.clock import MonotonicClock
from drivers.errors import MissingChips, NoBus, PinFault
from drivers.sim.clock import VirtualClock
from drivers.sim.person import Script
from drivers.sim.rig import Fitted, SimRig
from drivers.sim.scene import StillScene
from services.schema import RepMessage, SessionClose, SessionOpen, SetMessage, decode_message

VISIT = [("approach", {}), ("pick_up", {}), ("stand", {}), ("hinge", {}), ("squat", {}),
         ("stand", {"for_s": 2.0})]  # fmt: skip


def config_in(folder: Path) -> Config:
    return msgspec.structs.replace(
        Config(), paths=Paths(data_dir=str(folder / "data"), socket_dir=str(folder / "run"))
    )


class Visit:
    """Somebody comes, hinges, squats and stays; on virtual time."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.scene = Script(VISIT, t0_ns=self.clock.now_ns())
        self.rig = SimRig(self.scene, self.clock, Fitted())
        self.buses: dict[int, Bus] = {
            number: LinuxBus(bus, bus.name) for number, bus in self.rig.buses.items()
        }
        self.said: list[str] = []

    def over(self) -> bool:
        return self.clock.now_ns() > self.scene.t0_ns + round(self.scene.duration_s * 1e9)

    def run(self, config: Config, **more: Any) -> Health:
        return run(
            config, self.buses, self.rig.pins.factory, self.clock, self.over,
            self.said.append, **more,
        )  # fmt: skip


def spooled(config: Config) -> list[Any]:
    base = sqlite3.connect(config.paths.spool)
    bodies = base.execute("SELECT body FROM message ORDER BY seq").fetchall()
    base.close()
    return [decode_message(body) for (body,) in bodies]


def test_a_visit_becomes_messages_on_the_disk_and_a_recording(tmp_path: Path) -> None:
    config = msgspec.structs.replace(
        config_in(tmp_path), recorder=msgspec.structs.replace(Config().recorder, enabled=True)
    )
    visit = Visit()
    seen: list[TickInput] = []

    def wrap(middle: Any) -> Any:
        def step(tick: TickInput) -> TickOutput:
            seen.append(tick)
            return middle.step(tick)  # type: ignore[no-any-return]  # the pipeline's own

        return SimpleNamespace(step=step, finish=middle.finish)

    health = visit.run(config, wrap=wrap)
    opened, *reps, done, closed = spooled(config)
    assert isinstance(opened, SessionOpen)
    assert [type(rep) for rep in reps] == [RepMessage, RepMessage]
    assert isinstance(done, SetMessage)
    assert [rep.rep_index for rep in reps] == [1, 2]
    assert reps[0].rep.verdict == "GOOD"
    assert reps[1].rep.verdict in ("KNEE_DRIVEN", "KNEES_FIRST")
    assert isinstance(done, SetMessage)
    assert (done.summary.ended, done.summary.reps, done.summary.good) == ("end", 2, 1)
    assert isinstance(closed, SessionClose)
    assert closed.reason == "the station was stopped"
    assert health.outbox.rejected == 0
    (recording,) = config.paths.recordings.iterdir()
    meta, ticks = read_recording(recording)
    assert meta.drill == "dowel"
    assert len(list(ticks)) == len(seen) > 2000
    # All lamps are off, and its socket is gone.
    assert visit.rig.pins.level(config.pins.led_sacrum_lost) == 0
    assert not config.paths.device_socket.exists()


def test_a_missing_chip_is_told_before_the_first_tick(tmp_path: Path) -> None:
    visit = Visit()
    visit.rig.unplug("imu")
    visit.rig.unplug("tof")
    with pytest.raises(MissingChips) as caught:
        visit.run(config_in(tmp_path))
    assert {fault.chip for fault in caught.value.faults} == {"LSM6DSOX", "VL53L1X"}
    assert exit_code(caught.value) == EX_MISSING_CHIP
    assert not config_in(tmp_path).paths.device_socket.exists()


def test_a_socket_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(DiskError, match=r"run/device\.sock: cannot write") as caught:
        Visit().run(config_in(tmp_path))
    assert exit_code(caught.value) == EX_IO


# -- real chips -----------------------------------------------------------------------------


class Still:
    """A rig in front of somebody who stands still, on real time."""

    def __init__(self) -> None:
        rig = SimRig(StillScene(), MonotonicClock(), Fitted())
        self.factory = rig.pins.factory
        self.buses = {number: LinuxBus(bus, bus.name) for number, bus in rig.buses.items()}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_station_cleanly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    config = config_in(tmp_path)
    still = Still()
    monkeypatch.setattr(real, "open_buses", lambda asked: still.buses if asked is config else None)
    config.paths.live_socket.parent.mkdir(parents=True)
    frames = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    frames.bind(str(config.paths.live_socket))
    frames.settimeout(10)

    def end_it_when_it_runs() -> None:
        frames.recv(65536)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=end_it_when_it_runs)
    thread.start()
    before = signal.getsignal(number)
    health = real.run_station(config, lambda text: None, pins=lambda: still.factory)
    thread.join()
    frames.close()
    assert health.pacer.ticks > 0
    assert health.sensors.lost == ()
    assert signal.getsignal(number) is before


def test_missing_buses_are_named_together(tmp_path: Path) -> None:
    config = msgspec.structs.replace(
        config_in(tmp_path),
        bus=msgspec.structs.replace(
            Config().bus,
            wall=msgspec.structs.replace(Config().bus.wall, number=28),
            dowel=msgspec.structs.replace(Config().bus.dowel, number=29),
        ),
    )
    with pytest.raises(NoBus, match=r"/dev/i2c-28 .*/dev/i2c-29 ") as caught:
        real.run_station(config, lambda text: None)
    assert exit_code(caught.value) == EX_MISSING_CHIP


def _raising(error: Exception) -> Callable[[], None]:
    def make() -> None:
        raise error

    return make


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (None, "importing lgpio gave .*Install python3-lgpio"),
        (_raising(OSError(2, "No such file")), "opening /dev/gpiochip gave .*No such file.*group"),
        (_raising(RuntimeError("can not open gpiochip")), "can not open gpiochip.*Raspberry Pi"),
    ],
)
def test_pins_that_cannot_be_had_are_one_line(
    monkeypatch: pytest.MonkeyPatch, module: Callable[[], None] | None, text: str
) -> None:
    stand_in: ModuleType | None = None
    if module is not None:
        stand_in = ModuleType("gpiozero.pins.lgpio")
        stand_in.LGPIOFactory = module  # type: ignore[attr-defined]  # a module made here
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", stand_in)
    with pytest.raises(PinFault, match=text) as caught:
        real.open_pins()
    assert "\n" not in str(caught.value)
    assert exit_code(caught.value) == EX_MISSING_CHIP


def test_the_factory_is_given_back_when_the_station_cannot_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = Visit()
    visit.rig.unplug("imu")
    monkeypatch.setattr(real, "open_buses", lambda config: visit.buses)
    closed: list[bool] = []

    class Factory(MockFactory):  # type: ignore[misc]  # gpiozero ships no types
        def close(self) -> None:
            closed.append(True)

    with pytest.raises(MissingChips):
        real.run_station(config_in(tmp_path), lambda text: None, pins=Factory)
    assert closed == [True]


def test_a_hang_up_ends_it_unless_it_was_to_be_outlived() -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with Ending() as ending:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not ending()
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        with Ending() as ending:
            os.kill(os.getpid(), signal.SIGHUP)
            assert ending()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)
