"""What can be done to the doctor's simulated station: one line each, and the code that names it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, cast

import msgspec

from device.config_model import Config
from device.doctor.machine import Machine
from device.workbench.doctor_scene import Look, with_pads
from drivers.sim.bus import SimBus
from drivers.sim.chip import SimChip
from drivers.sim.chips import SIM_CHIPS
from drivers.sim.drv2605l import SimDrv2605l
from drivers.sim.rig import Fitted, SimRig

LATER_S: Final = 1.0
"""After the first tick of listening: what breaks while it is measured."""
FOR_EVER_S: Final = 1e6
EVERY: Final = 23
"""A noisy wire fails so often: every 23rd tick."""


class Timed(NamedTuple):
    """A fault of ``drivers.sim.rig_faults``; 0 s is the first tick of listening."""

    chip: str
    kind: str
    at_s: float = LATER_S
    end_s: float = FOR_EVER_S


@dataclass
class Plan:
    """The station that is going to be built, and what befalls it."""

    config: Config
    machine: Machine
    fitted: Fitted
    look: Look = field(default_factory=Look)
    no_bus: dict[int, int] = field(default_factory=dict)
    """Bus number: errno of its node."""
    pins_taken: bool = False
    dead_outputs: frozenset[str] = frozenset()
    dead_keys: frozenset[str] = frozenset()
    held_keys: frozenset[str] = frozenset()
    built: list[Callable[[SimRig], None]] = field(default_factory=list)
    """Done to the rig before the doctor comes."""
    timed: list[Timed] = field(default_factory=list)
    each_tick: list[Callable[[SimRig, int], None]] = field(default_factory=list)
    """With the rig and the number of the tick."""
    waiting: int = 0
    """Messages in the spool."""
    waiting_s: float = 0.0
    calibrated_days: float = 1.0
    """Ago."""
    uncalibrated: frozenset[str] = frozenset()
    """Steps that were never done."""
    calibrated_chips: dict[str, str] = field(default_factory=dict)
    """Identities of the chips at that time, where they were others."""
    calibrated_rig: dict[str, str] = field(default_factory=dict)
    """Values of the configuration at that time, where they were others."""
    spoil: list[str] = field(default_factory=list)
    """Files of the data folder that are damaged."""

    def later(self, chip: str, kind: str, for_s: float = FOR_EVER_S) -> None:
        self.timed.append(Timed(chip, kind, LATER_S, LATER_S + for_s))

    def number(self, bus: str) -> int:
        return self.config.bus.wall.number if bus == "wall" else self.config.bus.dowel.number


class Stranger(SimChip):
    """A part that acknowledges and answers every read with the same byte."""

    kind = "stranger"
    sensor = "pads"
    default_address = 0x3C

    def reset(self, t_ns: int) -> None:
        """Nothing to forget."""

    def on_write(self, data: bytes, t_ns: int) -> None:
        """Taken and ignored."""

    def on_read(self, n: int, t_ns: int) -> bytes:
        return b"\x5b" * n

    def stick(self, stuck: bool) -> None:
        """It always is."""


class Fault(NamedTuple):
    """``code`` is the one check that must complain of it."""

    code: str
    what: str
    do: Callable[[Plan], Any]


def _bus_of(rig: SimRig, sensor: str) -> SimBus:
    return rig.wall if sensor == "tof" else rig.dowel


def _chip_of(rig: SimRig, sensor: str) -> SimChip:
    return next(chip for chip in _bus_of(rig, sensor).chips if chip.sensor == sensor)


def _unplug(sensor: str) -> Callable[[Plan], Any]:
    return lambda plan: plan.built.append(lambda rig: _chip_of(rig, sensor).unplug())


def _wrong(sensor: str) -> Callable[[Plan], Any]:
    """Another part stands at the address."""

    def swap(rig: SimRig) -> None:
        chip = _chip_of(rig, sensor)
        chip.unplug()
        _bus_of(rig, sensor).add(Stranger(chip.clock, chip.scene, chip.address))

    return lambda plan: plan.built.append(swap)


def _dead_start(sensor: str) -> Callable[[Plan], Any]:
    """The first transfer to it is cut short; all that follow are too."""

    def cut(rig: SimRig) -> None:
        chip = _chip_of(rig, sensor)
        _bus_of(rig, sensor).fail_next(errno.EIO, 1000, chip.address)

    return lambda plan: plan.built.append(cut)


def _later(sensor: str, kind: str, for_s: float = FOR_EVER_S) -> Callable[[Plan], Any]:
    return lambda plan: plan.later(sensor, kind, for_s)


def _look(**changes: Any) -> Callable[[Plan], Any]:
    return lambda plan: setattr(plan, "look", replace(plan.look, **changes))


def _pad(**which: str) -> Callable[[Plan], Any]:
    return lambda plan: setattr(plan, "look", with_pads(plan.look, **which))


def _machine(**changes: Any) -> Callable[[Plan], Any]:
    return lambda plan: setattr(plan, "machine", plan.machine._replace(**changes))


def _no_bus(bus: str, code: int) -> Callable[[Plan], Any]:
    return lambda plan: plan.no_bus.update({plan.number(bus): code})


def _stuck(bus: str) -> Callable[[Plan], Any]:
    return lambda plan: plan.built.append(lambda rig: getattr(rig, bus).stick())


def _slow(bus: str) -> Callable[[Plan], Any]:
    def slow(plan: Plan) -> None:
        hz = getattr(plan.config.bus, bus).hz // 4
        plan.fitted = replace(plan.fitted, **{f"{bus}_hz": hz})

    return slow


def _noisy(bus: str) -> Callable[[Plan], Any]:
    def fail(rig: SimRig, tick: int) -> None:
        if tick % EVERY == 0:
            getattr(rig, bus).nack_next()

    return lambda plan: plan.each_tick.append(fail)


def _stranger(bus: str) -> Callable[[Plan], Any]:
    def join(rig: SimRig) -> None:
        wire: SimBus = getattr(rig, bus)
        wire.add(Stranger(wire.clock, wire.chips[0].scene))

    return lambda plan: plan.built.append(join)


def _dark(output: str) -> Callable[[Plan], Any]:
    return lambda plan: setattr(plan, "dead_outputs", plan.dead_outputs | {output})


def _no_motor(plan: Plan) -> None:
    outputs = msgspec.structs.replace(plan.config.outputs, vibration=True)
    plan.config = msgspec.structs.replace(plan.config, outputs=outputs)
    _dark("vibration")(plan)


def _no_gpio1(plan: Plan) -> None:
    """Lines are configured, and the rig has none."""
    numbers = (23, 24, 25)[: len(plan.config.tof.addresses)]
    pins = msgspec.structs.replace(plan.config.pins, tof_gpio1=numbers)
    plan.config = msgspec.structs.replace(plan.config, pins=pins)
    plan.fitted = replace(plan.fitted, gpio1_pins=())


def _haptic(do: Callable[[Plan], Any] | None = None) -> Callable[[Plan], Any]:
    """The motor hangs on a chip of the dowel's bus, and ``do`` is done to that station."""

    def fit(plan: Plan) -> None:
        outputs = msgspec.structs.replace(plan.config.outputs, vibration=True, haptic="drv2605l")
        plan.config = msgspec.structs.replace(plan.config, outputs=outputs)
        address = plan.config.outputs.haptic_address
        plan.fitted = replace(plan.fitted, haptic="drv2605l", haptic_address=address)
        if do is not None:
            do(plan)

    return fit


def _shorted(plan: Plan) -> None:
    def short(rig: SimRig) -> None:
        cast(SimDrv2605l, _chip_of(rig, "haptic")).motor_shorted = True

    plan.built.append(short)


def _held(key: str) -> Callable[[Plan], Any]:
    return lambda plan: setattr(plan, "held_keys", plan.held_keys | {key})


def _cut(key: str) -> Callable[[Plan], Any]:
    return lambda plan: setattr(plan, "dead_keys", plan.dead_keys | {key})


def _twin(sensor: str) -> Callable[[Plan], Any]:
    """A second part of the same kind at the same address."""

    def join(rig: SimRig) -> None:
        chip = _chip_of(rig, sensor)
        make = SIM_CHIPS[chip.kind][0]
        _bus_of(rig, sensor).add(make(chip.clock, chip.scene, chip.address, index=1, seed=7))

    return lambda plan: plan.built.append(join)


def _set(**values: Any) -> Callable[[Plan], Any]:
    def change(plan: Plan) -> None:
        for name, value in values.items():
            setattr(plan, name, value)

    return change


def _spoil(name: str) -> Callable[[Plan], Any]:
    return lambda plan: plan.spoil.append(name)


FAULTS: Final[dict[str, Fault]] = {
    "bus-1:missing": Fault("BUS_NODE", "no node of the wall's bus", _no_bus("wall", errno.ENOENT)),
    "bus-3:no_rights": Fault("BUS_NODE", "the node is not ours", _no_bus("dowel", errno.EACCES)),
    "bus-1:stuck": Fault("BUS_STUCK", "a line of the wall's bus is low", _stuck("wall")),
    "bus-3:stuck": Fault("BUS_STUCK", "a line of the dowel's bus is low", _stuck("dowel")),
    "bus-3:stuck_later": Fault(
        "BUS_STUCK", "the same, while it is measured", _later("bus-3", "stuck")
    ),
    "bus-1:slow": Fault("BUS_SPEED", "the wall's bus at a quarter of its clock", _slow("wall")),
    "bus-3:slow": Fault("BUS_SPEED", "the dowel's bus at a quarter of its clock", _slow("dowel")),
    "bus-1:noisy": Fault("BUS_ERRORS", "transfers to the wall fail at times", _noisy("wall")),
    "bus-3:noisy": Fault("BUS_ERRORS", "transfers to the dowel fail at times", _noisy("dowel")),
    "bus-3:stranger": Fault("BUS_STRANGER", "a part at 0x3C of the dowel", _stranger("dowel")),
    "tof:unplug": Fault("TOF_ANSWERS", "no ranger", _unplug("tof")),
    "tof:lost": Fault("TOF_ANSWERS", "its plug comes off meanwhile", _later("tof", "nack")),
    "tof:wrong_chip": Fault("TOF_IDENTITY", "another part at its address", _wrong("tof")),
    "tof:dead_start": Fault("TOF_STARTS", "it never comes up", _dead_start("tof")),
    "tof:frozen": Fault("TOF_RATE", "no new range comes", _later("tof", "frozen")),
    "tof:power_cycle": Fault("TOF_DATA", "power off and on", _later("tof", "power_cycle", 0.02)),
    "tof:stuck": Fault("TOF_VALUES", "the same range for ever", _later("tof", "stuck")),
    "tof:covered": Fault("TOF_COVERED", "a hand on it", _look(range_mm=18.0, reflectance=0.5)),
    "tof:saturated": Fault("TOF_LIGHT", "sun on the target", _look(ambient_kcps=20_000.0)),
    "tof:weak": Fault("TOF_SIGNAL", "very dark cloth", _look(reflectance=0.026)),
    "tof:gpio1": Fault("TOF_GPIO1", "a wire that is not there", _no_gpio1),
    "imu:unplug": Fault("IMU_ANSWERS", "no IMU", _unplug("imu")),
    "imu:lost": Fault("IMU_ANSWERS", "its plug comes off meanwhile", _later("imu", "nack")),
    "imu:wrong_chip": Fault("IMU_IDENTITY", "another part at its address", _wrong("imu")),
    "imu:dead_start": Fault("IMU_STARTS", "it never comes up", _dead_start("imu")),
    "imu:frozen": Fault("IMU_RATE", "its FIFO stays empty", _later("imu", "frozen")),
    "imu:power_cycle": Fault("IMU_DATA", "power off and on", _later("imu", "power_cycle", 0.02)),
    "imu:stuck": Fault("IMU_VALUES", "the same sample for ever", _later("imu", "stuck")),
    "imu:gravity": Fault("IMU_GRAVITY", "its scale is 8 % off", _look(accel_scale=1.08)),
    "imu:noise": Fault(
        "IMU_NOISE", "ten times its noise", _look(gyro_noise_dps=1.5, accel_noise_mps2=0.3)
    ),
    "imu:bias": Fault("IMU_DRIFT", "a bias of 5 deg/s", _look(gyro_bias_dps=5.0)),
    "pads:unplug": Fault("PADS_ANSWERS", "no pads", _unplug("pads")),
    "pads:lost": Fault("PADS_ANSWERS", "their plug comes off meanwhile", _later("pads", "nack")),
    "pads:wrong_chip": Fault("PADS_IDENTITY", "another part at the address", _wrong("pads")),
    "pads:dead_start": Fault("PADS_STARTS", "they never come up", _dead_start("pads")),
    "pads:frozen": Fault("PADS_RATE", "no conversion ends", _later("pads", "frozen")),
    "pads:power_cycle": Fault("PADS_DATA", "power off and on", _later("pads", "power_cycle", 0.02)),
    "pads:stuck": Fault("PADS_VALUES", "the same level for ever", _later("pads", "stuck")),
    "pads:closed": Fault("PADS_CLOSED", "the head pad is folded", _pad(closed="head")),
    "pads:open": Fault("PADS_PRESS", "the sacrum pad's wire is cut", _pad(never="sacrum")),
    "pins:taken": Fault("PINS", "another program holds a lamp's pin", _set(pins_taken=True)),
    "lamp:broken": Fault("LAMPS", "one lamp stays dark", _dark("led_thoracic_lost")),
    "buzzer:broken": Fault("BUZZER", "the buzzer is silent", _dark("buzzer")),
    "vibration:broken": Fault("VIBRATION", "the motor stands still", _no_motor),
    "haptic:unplug": Fault("HAPTIC_ANSWERS", "no chip for the motor", _haptic(_unplug("haptic"))),
    "haptic:lost": Fault(
        "HAPTIC_ANSWERS", "its plug comes off meanwhile", _haptic(_later("haptic", "nack"))
    ),
    "haptic:wrong_chip": Fault(
        "HAPTIC_IDENTITY", "another part at its address", _haptic(_wrong("haptic"))
    ),
    "haptic:dead_start": Fault(
        "HAPTIC_STARTS", "it never comes up", _haptic(_dead_start("haptic"))
    ),
    "haptic:power_cycle": Fault(
        "HAPTIC_DATA", "power off and on", _haptic(_later("haptic", "power_cycle", 0.02))
    ),
    "haptic:shorted": Fault("HAPTIC_DATA", "a short in the motor", _haptic(_shorted)),
    "haptic:stuck": Fault(
        "VIBRATION", "the motor on the chip stands still", _haptic(_later("haptic", "stuck"))
    ),
    "key:stuck": Fault("KEYS", "STOP is pressed all the time", _held("stop")),
    "key:broken": Fault("KEYS", "NEXT never closes", _cut("next")),
    "clock:unset": Fault(
        "CLOCK", "1970, as at a start without a clock",
        _machine(now_unix_s=60.0, clock_synced=False),
    ),
    "clock:unsynced": Fault(
        "CLOCK", "nothing keeps it right", _machine(clock_synced=False, has_rtc=False)
    ),
    "disk:full": Fault("DISK", "5 MB free", _machine(disk_free_bytes=5_000_000)),
    "disk:low": Fault("DISK", "200 MB free", _machine(disk_free_bytes=200_000_000)),
    "disk:read_only": Fault(
        "DISK", "a card that has given up", _machine(disk_error="read-only file system")
    ),
    "supply:undervoltage": Fault(
        "SUPPLY", "a thin cable",
        _machine(undervoltage_now=True, undervoltage_since_boot=True, throttled_now=True),
    ),
    "supply:was_low": Fault("SUPPLY", "it was, some time", _machine(undervoltage_since_boot=True)),
    "cpu:hot": Fault("HEAT", "no air", _machine(cpu_temp_c=83.0, throttled_now=True)),
    "realtime:none": Fault(
        "REALTIME", "the unit is not installed",
        _machine(realtime=False, realtime_words="SCHED_FIFO no, memory lock no (this user)"),
    ),
    "outbox:deep": Fault("OUTBOX", "2000 messages wait", _set(waiting=2000)),
    "outbox:old": Fault("OUTBOX", "one waits for a day", _set(waiting=1, waiting_s=86_400.0)),
    "outbox:damaged": Fault("OUTBOX", "the spool is no database any more", _spoil("spool.db")),
    "calibration:absent": Fault(
        "CALIBRATION", "the mounting was never found", _set(uncalibrated=frozenset({"mounting"}))
    ),
    "calibration:stale": Fault("CALIBRATION", "five years old", _set(calibrated_days=1826.0)),
    "calibration:foreign": Fault(
        "CALIBRATION", "made with another ranger", _set(calibrated_chips={"tof[0]": "model 0xEBAA"})
    ),
    "calibration:mismatched": Fault(
        "CALIBRATION", "made for another kind of ranger",
        _set(calibrated_rig={"tof.chip": '"vl53l0x"'}),
    ),
    "calibration:damaged": Fault(
        "CALIBRATION", "its file is no file of ours any more", _spoil("calibration/wall.json")
    ),
    "database:damaged": Fault("DATABASE", "the log is no database any more", _spoil("log.db")),
}  # fmt: skip
"""Name as typed after ``--fault``: what it does. Another chip may need another code, see
``tests/device/test_doctor_matrix.py``."""
