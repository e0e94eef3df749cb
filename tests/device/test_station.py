"""The station from its configuration, on simulated chips at register level."""

from __future__ import annotations

import errno
import itertools
from pathlib import Path

import msgspec
import pytest

from device import station
from device.config import parse
from device.config_model import Config
from device.errors import ConfigError, exit_code
from device.journal import Journal
from device.loop import run_loop
from device.outbox import Outbox
from device.pipeline import Pipeline, Setting
from device.recorder import Recorder
from device.recording import Meta, read_recording
from device.sensors import Sensors
from device.tick import SensorFault, SetDone, TickInput, TickOutput
from drivers.bus import Bus
from drivers.errors import MissingChips, NoBus
from drivers.sim import SimBus, VirtualClock, bus_with
from drivers.sim.pins import SimPins
from drivers.sim.scene import StillScene
from drivers.sim.vl53l1x import SimVl53l1x

TICK_NS = 5_000_000
THREE = (
    "[tof]\naddresses = [0x30, 0x31, 0x32]\nheights_m = [0.75, 0.88, 1.01]\n"
    "[pins]\nxshut = [17, 27, 22]\n"
)


class Rig:
    def __init__(self, config: Config, *, wall: str = "vl53l1x", pads: str = "ads1115") -> None:
        self.config = config
        self.clock = VirtualClock()
        names = [wall] * len(config.tof.addresses)
        self.wall = bus_with(*names, clock=self.clock, name="i2c-1", speed_hz=config.bus.wall.hz)
        dowel = ["lsm6dsox", *([pads] if pads else [])]
        self.dowel = bus_with(*dowel, clock=self.clock, name="i2c-3", speed_hz=config.bus.dowel.hz)
        rangers = {
            pin: self.wall.chip(SimVl53l1x, i)
            for i, pin in enumerate(config.pins.xshut[: len(names)])
        }
        self.pins = SimPins(rangers)
        self.buses: dict[int, Bus] = {1: self.wall, 3: self.dowel}

    def build(self) -> Sensors:
        return station.build_sensors(self.config, self.buses, self.pins.factory, self.clock)

    def run(self, sensors: Sensors, seconds: float) -> list[TickInput]:
        ticks = []
        due_ns = self.clock.now_ns()
        for _ in range(round(seconds * 200)):
            self.clock.sleep_until_ns(due_ns)
            ticks.append(sensors.read(self.clock.now_ns()))
            due_ns += TICK_NS
        return ticks


def _rates(ticks: list[TickInput], seconds: float) -> tuple[float, float, float]:
    return (
        sum(len(t.imu) for t in ticks) / seconds,
        sum(len(t.tof) for t in ticks) / seconds,
        sum(len(t.pads) for t in ticks) / seconds / 3,
    )


@pytest.mark.parametrize("pads", ["ads1115", "mpr121"])
def test_the_default_rig_delivers_at_the_rates_that_were_declared(pads: str) -> None:
    rig = Rig(parse(f"[pads]\nchip = '{pads}'\n"), pads=pads)
    sensors = rig.build()
    rig.run(sensors, 0.2)
    ticks = rig.run(sensors, 2.0)
    imu_hz, tof_hz, pads_hz = _rates(ticks, 2.0)
    assert imu_hz == pytest.approx(208, rel=0.04)
    assert tof_hz >= 40
    assert pads_hz >= 60
    assert all(t.faults == () for t in ticks)
    assert max(len(t.imu) for t in ticks) <= 4


def test_a_cap1203_is_slower_but_never_stale() -> None:
    rig = Rig(parse("[pads]\nchip = 'cap1203'\n"), pads="cap1203")
    sensors = rig.build()
    rig.run(sensors, 0.2)
    ticks = rig.run(sensors, 4.0)
    pads_hz = _rates(ticks, 4.0)[2]
    assert 25 <= pads_hz < 60
    told = [t.t_ns for t in ticks if t.pads]
    assert max(b - a for a, b in itertools.pairwise(told)) <= 60_000_000  # stale at 100 ms
    assert all(t.faults == () for t in ticks)


def test_on_a_slow_dowel_bus_a_tick_still_has_time() -> None:
    rig = Rig(parse("[bus.dowel]\nhz = 100000\n"))
    sensors = rig.build()
    rig.run(sensors, 0.2)
    ticks = rig.run(sensors, 2.0)
    imu_hz, tof_hz, pads_hz = _rates(ticks, 2.0)
    assert imu_hz == pytest.approx(208, rel=0.04)
    assert tof_hz >= 40
    assert pads_hz >= 60
    starts = [t.t_ns for t in ticks]
    assert max(b - a for a, b in itertools.pairwise(starts)) < 2 * TICK_NS


def test_a_rig_without_pads_is_a_rig() -> None:
    rig = Rig(parse("[pads]\nchip = 'none'\n"), pads="")
    ticks = rig.run(rig.build(), 0.5)
    assert all(t.pads == () and t.faults == () for t in ticks)


def test_three_rangers_get_their_own_addresses_by_xshut() -> None:
    rig = Rig(parse(THREE))
    sensors = rig.build()
    ticks = rig.run(sensors, 1.0)
    for ranger in range(3):
        assert sum(which == ranger for t in ticks for which, _ in t.tof) >= 40
    assert [rig.wall.chip(SimVl53l1x, i).address for i in range(3)] == [0x30, 0x31, 0x32]


def test_all_missing_chips_are_named_at_once() -> None:
    rig = Rig(Config())
    rig.wall.unplug(0x29)
    rig.dowel.unplug(0x48)
    with pytest.raises(MissingChips) as caught:
        rig.build()
    text = str(caught.value)
    assert "VL53L1X at 0x29 on i2c-1" in text
    assert "ADS1115 at 0x48 on i2c-3" in text
    assert "LSM6DSOX" not in text
    assert exit_code(caught.value) == 69


def _faults(ticks: list[TickInput]) -> list[tuple[int, SensorFault]]:
    return [(t.t_ns, fault) for t in ticks for fault in t.faults]


@pytest.mark.parametrize(
    ("bus", "address", "sensor"),
    [("wall", 0x29, "tof"), ("dowel", 0x6A, "imu"), ("dowel", 0x48, "pads")],
)
@pytest.mark.parametrize("outage_s", [0.02, 0.4, 2.0])
def test_an_unplugged_chip_is_lost_alone_and_back_within_half_a_second(
    bus: str, address: int, sensor: str, outage_s: float
) -> None:
    rig = Rig(Config())
    sensors = rig.build()
    rig.run(sensors, 0.3)
    target: SimBus = getattr(rig, bus)
    target.unplug(address)
    gone_ns = rig.clock.now_ns()
    out = rig.run(sensors, outage_s)
    target.plug(address)
    back_ns = rig.clock.now_ns()
    ticks = out + rig.run(sensors, 1.0)
    faults = _faults(ticks)
    assert [(f.sensor, f.kind) for _, f in faults] == [(sensor, "lost"), (sensor, "back")]
    assert faults[0][0] - gone_ns <= 160_000_000
    assert faults[1][0] - back_ns <= 500_000_000
    assert f"0x{address:02X}" in faults[0][1].text


@pytest.mark.parametrize("pads", ["mpr121", "cap1203"])
def test_touch_pads_plugged_in_while_worn_are_back_closed_within_half_a_second(pads: str) -> None:
    rig = Rig(parse(f"[pads]\nchip = '{pads}'\n"), pads=pads)
    still = StillScene(force_n=0.0)
    for chip in rig.dowel.chips:
        chip.scene = still
    sensors = rig.build()
    rig.run(sensors, 0.3)
    address = rig.config.pads.at
    rig.dowel.unplug(address)
    rig.run(sensors, 1.0)
    still.force_n = 4.0
    rig.dowel.plug(address)
    back_ns = rig.clock.now_ns()
    ticks = rig.run(sensors, 1.0)
    faults = _faults(ticks)
    assert [(f.sensor, f.kind) for _, f in faults] == [("pads", "back")]
    assert faults[0][0] - back_ns <= 500_000_000
    assert all(sample.closed for t in ticks for sample in t.pads)
    still.force_n = 0.0
    ticks = rig.run(sensors, 3.0)
    assert not any(sample.closed for t in ticks[30:] for sample in t.pads)


def test_three_rangers_that_lose_their_supply_together_come_back_as_themselves() -> None:
    rig = Rig(parse(THREE))
    sensors = rig.build()
    rig.run(sensors, 0.3)
    for address in (0x30, 0x31, 0x32):
        rig.wall.unplug(address)
    rig.run(sensors, 0.5)
    for address in (0x30, 0x31, 0x32):
        rig.wall.plug(address)
    ticks = rig.run(sensors, 0.5)
    assert sorted(f.which for _, f in _faults(ticks) if f.kind == "back") == [0, 1, 2]
    assert [rig.wall.chip(SimVl53l1x, i).address for i in range(3)] == [0x30, 0x31, 0x32]


def test_three_rangers_whose_supply_flickers_are_themselves_within_half_a_second() -> None:
    rig = Rig(parse(THREE))
    sensors = rig.build()
    rig.run(sensors, 0.3)
    for n in range(3):
        rig.wall.chip(SimVl53l1x, n).power_cycle()
    ticks = rig.run(sensors, 0.5)
    assert sorted(f.which for _, f in _faults(ticks) if f.kind == "back") == [0, 1, 2]
    assert [rig.wall.chip(SimVl53l1x, i).address for i in range(3)] == [0x30, 0x31, 0x32]


def test_a_stuck_dowel_bus_leaves_the_ranger_measuring() -> None:
    rig = Rig(Config())
    sensors = rig.build()
    rig.run(sensors, 0.3)
    rig.dowel.stick()
    ticks = rig.run(sensors, 2.0)
    assert sum(len(t.tof) for t in ticks) >= 60
    rig.dowel.recover()
    kinds = [(f.sensor, f.kind) for _, f in _faults(rig.run(sensors, 1.0))]
    assert sorted(kinds) == [("imu", "back"), ("pads", "back")]


class _Tape:
    """The middle, and what it said."""

    def __init__(self) -> None:
        self.middle = Pipeline(Setting())
        self.said: list[TickOutput] = []

    def step(self, tick: TickInput, /) -> TickOutput:
        self.said.append(self.middle.step(tick))
        return self.said[-1]

    def finish(self) -> tuple[SetDone, ...]:
        return self.middle.finish()


def test_a_recording_of_the_live_loop_replays_to_the_same_outputs(tmp_path: Path) -> None:
    rig = Rig(Config())
    sensors = rig.build()
    outputs = station.build_outputs(rig.config, rig.pins.factory)
    origin_ns = rig.clock.now_ns()
    meta = Meta(source="run", origin_t_ns=origin_ns, odr_hz=208.0, drill="dowel", stage="learn")
    recorder = Recorder(tmp_path / "a.mcap", meta, queue_ticks=10_000)
    outbox = Outbox(tmp_path / "spool.db", tmp_path / "ingest.sock")
    outbox.start()
    live = _Tape()

    def stop() -> bool:
        seconds = (rig.clock.now_ns() - origin_ns) * 1e-9
        if 2.0 <= seconds < 2.005:
            rig.dowel.unplug(0x6A)
        if 2.5 <= seconds < 2.505:
            rig.dowel.plug(0x6A)
        return seconds >= 4.0

    journal = Journal("hinge", "dowel", "learn")
    run_loop(sensors, live, outputs, outbox, None, recorder, rig.clock, stop, journal=journal)
    recorder.close()
    outbox.close()
    outputs.close()
    replay = _Tape()
    for tick in read_recording(tmp_path / "a.mcap")[1]:
        replay.step(tick)
    assert len(replay.said) > 700
    assert any(said.outputs for said in replay.said)
    assert any(said.live and "imu" in said.live.sensor_lost for said in replay.said)
    assert repr(replay.said) == repr(live.said)  # repr: every float to its last bit


def test_a_bus_that_is_not_there_is_said_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(number: int, hz: int) -> Bus:
        raise NoBus(errno.ENOENT, f"i2c-{number}: not there")

    monkeypatch.setattr(station, "open_bus", none)
    with pytest.raises(NoBus, match="i2c-1: not there; i2c-3: not there") as caught:
        station.open_buses(Config())
    assert exit_code(caught.value) == 69


def test_lamps_and_keys_hang_on_the_configured_pins() -> None:
    config = parse("[pins]\nled_head_lost = 23\nstop = 24\n")
    clock, pins = VirtualClock(), SimPins()
    outputs = station.build_outputs(config, pins.factory)
    outputs.set("led_head_lost", 1.0)
    assert pins.factory.pin(23).state == 1.0
    keys = station.WallKeys(config, pins.factory, clock)
    keys.read()
    pins.press(24)
    told: list[str] = []
    for _ in range(20):
        told += keys.read()
        clock.advance(TICK_NS)
    assert told == ["stop"]
    keys.close()
    outputs.close()


def test_a_setting_that_only_the_driver_knows_is_still_a_config_error() -> None:
    config = msgspec.structs.replace(
        Config(), tof=msgspec.structs.replace(Config().tof, budget_ms=21, period_ms=40)
    )
    with pytest.raises(ConfigError, match="21 ms"):
        Rig(config).build()


def test_the_example_paths_are_where_units_expect_them() -> None:
    paths = parse("[paths]\ndata_dir = '/data'\nsocket_dir = '/run/x'\n").paths
    assert paths.spool == Path("/data/spool.db")
    assert paths.ingest_socket == Path("/run/x/ingest.sock")
    assert paths.live_socket == Path("/run/x/live.sock")
    assert paths.device_socket == Path("/run/x/device.sock")
