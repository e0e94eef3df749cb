"""Every check: one file and one line add one. ``docs/doctor.md`` is made from this table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from device.doctor.checks.answers import answers
from device.doctor.checks.bus_errors import bus_errors
from device.doctor.checks.bus_node import bus_node
from device.doctor.checks.bus_speed import bus_speed
from device.doctor.checks.bus_stranger import bus_stranger
from device.doctor.checks.bus_stuck import bus_stuck
from device.doctor.checks.buzzer import buzzer
from device.doctor.checks.calibration import calibration
from device.doctor.checks.clock import clock
from device.doctor.checks.data import data
from device.doctor.checks.database import database
from device.doctor.checks.disk import disk
from device.doctor.checks.heat import heat
from device.doctor.checks.identity import identity
from device.doctor.checks.imu_drift import imu_drift
from device.doctor.checks.imu_gravity import imu_gravity
from device.doctor.checks.imu_noise import imu_noise
from device.doctor.checks.keys import keys
from device.doctor.checks.lamps import lamps
from device.doctor.checks.outbox import outbox
from device.doctor.checks.pads_closed import pads_closed
from device.doctor.checks.pads_press import pads_press
from device.doctor.checks.pins import pins
from device.doctor.checks.rate import rate
from device.doctor.checks.realtime import realtime
from device.doctor.checks.starts import starts
from device.doctor.checks.station import station
from device.doctor.checks.supply import supply
from device.doctor.checks.tof_covered import tof_covered
from device.doctor.checks.tof_gpio1 import tof_gpio1
from device.doctor.checks.tof_light import tof_light
from device.doctor.checks.tof_signal import tof_signal
from device.doctor.checks.values import values
from device.doctor.checks.versions import versions
from device.doctor.checks.vibration import vibration
from device.doctor.found import Check, Found
from device.doctor.visit import Organ, Visit


def _of(check: Callable[[Visit, Organ], Found], sensor: Organ) -> Callable[[Visit], Found]:
    return lambda visit: check(visit, sensor)


_ANSWERS = ("acknowledges its address", "it is not there: no power, no plug, or another address")
_IDENTITY = ("says that it is the chip configured", "another chip sits at the address")
_STARTS = ("comes up with its settings", "it answers, but will not measure")
_DATA = ("delivers what can be true", "bytes are damaged, or it lost its power while measuring")
_VALUES = ("its values show the noise that every part has", "it repeats an old value for ever")
_PLUG = "Check plug, cable and supply; compare the address with the configuration."
_FITTED = "Check which part is fitted and its address straps; set the chip in the configuration."
_POWER = "Power it off and on; check supply, pull-ups and the cable's length."
_REPLACE = "Power it off and on; if it comes back, replace the part."

CHECKS: Final[tuple[Check, ...]] = (
    Check(
        "STATION",
        "whether the station's program is at work, and how it is",
        "it holds the buses; what it says itself is told here",
        "Look at its log (journalctl -u hinge-device); stop it to measure the chips directly.",
        station,
    ),
    Check(
        "BUS_NODE",
        "that the I2C nodes exist and may be opened",
        "no chip on that bus can be reached",
        "Enable I2C and the bus's overlay in config.txt; add the user to the group i2c.",
        bus_node,
    ),
    Check(
        "BUS_STUCK",
        "that no line of a bus is held low",
        "every transfer times out; no chip on that bus can be reached",
        "Unplug the chips of that bus one by one until it is free; check for shorts.",
        bus_stuck,
    ),
    Check(
        "BUS_SPEED",
        "the bus clock, from how long transfers of different lengths take",
        "samples come later than the promises assume",
        "Set the clock in config.txt (i2c_arm_baudrate, or the overlay's) as configured.",
        bus_speed,
    ),
    Check(
        "BUS_ERRORS",
        "how many transfers fail or are repeated while listening",
        "a loose plug, a long cable, or weak pull-ups: samples will be lost",
        "Reseat the plug, shorten the cable, use 1 to 1.5 k pull-ups or a PCA9615 pair.",
        bus_errors,
    ),
    Check(
        "BUS_STRANGER",
        "who else answers on the buses",
        "a part that nobody configured; it may collide with one that is",
        "Remove it, or put it into the configuration.",
        bus_stranger,
    ),
    Check("TOF_ANSWERS", *_ANSWERS, _PLUG, _of(answers, "tof")),
    Check("TOF_IDENTITY", *_IDENTITY, _FITTED, _of(identity, "tof")),
    Check("TOF_STARTS", *_STARTS, _POWER, _of(starts, "tof")),
    Check(
        "TOF_RATE",
        "at least 40 ranges a second, and no long gap",
        "hip travel is seen late or not at all",
        "Check budget_ms and period_ms, then the supply.",
        _of(rate, "tof"),
    ),
    Check(
        "TOF_GPIO1",
        "that the configured GPIO1 lines tell of new ranges",
        "the rangers are polled, which costs time on the bus",
        "Check its wire and pull-up against pins.tof_gpio1.",
        tof_gpio1,
    ),
    Check("TOF_DATA", *_DATA, _POWER, _of(data, "tof")),
    Check("TOF_VALUES", *_VALUES, _REPLACE, _of(values, "tof")),
    Check(
        "TOF_COVERED",
        "that nothing stands on the window",
        "the range is that of a hand, tape or dirt",
        "Take away what covers the window, and clean it.",
        tof_covered,
    ),
    Check(
        "TOF_LIGHT",
        "the ambient light at the rangers",
        "sunlight drowns the echo: ranges fail or jump",
        "Shade the spot, or move the station away from the window.",
        tof_light,
    ),
    Check(
        "TOF_SIGNAL",
        "range, sigma and signal of what stands in front",
        "the echo is weak: dark cloth, a hanging coat, or a dirty window",
        "Clean the window; try a light shirt; then run again.",
        tof_signal,
    ),
    Check("IMU_ANSWERS", *_ANSWERS, _PLUG, _of(answers, "imu")),
    Check("IMU_IDENTITY", *_IDENTITY, _FITTED, _of(identity, "imu")),
    Check("IMU_STARTS", *_STARTS, _POWER, _of(starts, "imu")),
    Check(
        "IMU_RATE",
        "samples a second against the part's own rate, and no long gap",
        "tilt and drop are wrong or late",
        "Check supply and cable; see BUS_SPEED.",
        _of(rate, "imu"),
    ),
    Check("IMU_DATA", *_DATA, _POWER, _of(data, "imu")),
    Check("IMU_VALUES", *_VALUES, _REPLACE, _of(values, "imu")),
    Check(
        "IMU_GRAVITY",
        "the acceleration of a dowel at rest, 9.81 m/s2 within 3 %",
        "its scale or zero is off: tilt and drop are wrong",
        "Run hinge calibrate; if it stays, replace the IMU.",
        imu_gravity,
    ),
    Check(
        "IMU_NOISE",
        "noise of a dowel at rest",
        "drops are uncertain; a poor supply, or something that shakes the dowel",
        "Hang the dowel away from machines; check the supply; replace the IMU if it stays.",
        imu_noise,
    ),
    Check(
        "IMU_DRIFT",
        "the gyroscope's bias and how far tilt drifts at rest",
        "tilt creeps during a set",
        "Let it warm up for a minute and run again; if it stays, replace the IMU.",
        imu_drift,
    ),
    Check("PADS_ANSWERS", *_ANSWERS, _PLUG, _of(answers, "pads")),
    Check("PADS_IDENTITY", *_IDENTITY, _FITTED, _of(identity, "pads")),
    Check("PADS_STARTS", *_STARTS, _POWER, _of(starts, "pads")),
    Check(
        "PADS_RATE",
        "at least 60 samples a second of each pad, and no long gap",
        "a lost contact is told late",
        "Check the cable; see BUS_SPEED.",
        _of(rate, "pads"),
    ),
    Check("PADS_DATA", *_DATA, _POWER, _of(data, "pads")),
    Check("PADS_VALUES", *_VALUES, _REPLACE, _of(values, "pads")),
    Check(
        "PADS_CLOSED",
        "that no pad is closed while nobody touches the dowel",
        "its contact is never lost, so a fault there is never told",
        "Let go of the dowel and run again; then check the pad for a short or a folded edge.",
        pads_closed,
    ),
    Check(
        "PADS_PRESS",
        "that each pad closes when pressed",
        'its contact is never seen: "not judged"',
        "Check the pad's wire and plug.",
        pads_press,
    ),
    Check("HAPTIC_ANSWERS", *_ANSWERS, _PLUG, _of(answers, "haptic")),
    Check("HAPTIC_IDENTITY", *_IDENTITY, _FITTED, _of(identity, "haptic")),
    Check("HAPTIC_STARTS", *_STARTS, _POWER, _of(starts, "haptic")),
    Check(
        "HAPTIC_DATA",
        "that the motor's chip keeps its settings and does not shut down",
        "the motor is off: a short, heat, or lost power",
        "Look for a short in the motor or its wires; check the plug and the supply.",
        _of(data, "haptic"),
    ),
    Check(
        "PINS",
        "that the pins of lamps, buzzer, keys and XSHUT can be had",
        "nothing can be shown or sounded",
        "Stop the program that holds them; add the user to the group gpio; check [pins].",
        pins,
    ),
    Check(
        "LAMPS",
        "that each lamp is seen to light",
        "a lost contact is not shown",
        "Check the lamp, its resistor and its wire against [pins].",
        lamps,
    ),
    Check(
        "BUZZER",
        "that the buzzer is heard",
        "live cues are silent",
        "Check the buzzer and its wire; it must be a passive one.",
        buzzer,
    ),
    Check(
        "VIBRATION",
        "that the motor in the dowel is felt",
        "the second channel of live cues is missing",
        "Check the motor, its driver and the cable.",
        vibration,
    ),
    Check(
        "KEYS",
        "that NEXT and STOP come and go",
        "STOP may not end a set, or ends every one",
        "Check the key for dirt and its wire for a short to ground.",
        keys,
    ),
    Check(
        "CLOCK",
        "date, synchronisation, battery clock",
        "repetitions are logged with a wrong time of day; their order stays right",
        "Connect a network, or fit a battery clock.",
        clock,
    ),
    Check(
        "DISK",
        "free space of the data folder, and that it can be written",
        "finished repetitions will stay in memory and are lost with the power",
        "Free some space; check owner and group of the folder; check the card.",
        disk,
    ),
    Check(
        "SUPPLY",
        "undervoltage, now and since the start",
        "the Pi slows down or resets; chips lose their settings",
        "Use the Pi's own supply and a short, thick cable.",
        supply,
    ),
    Check(
        "HEAT",
        "the processor's temperature",
        "the Pi slows down: ticks are missed",
        "Give it air or a heat sink.",
        heat,
    ),
    Check(
        "REALTIME",
        "that the device program gets SCHED_FIFO and may lock its memory",
        "cues come late when the Pi is busy",
        "Install the units (hinge install), or raise the user's rtprio and memlock.",
        realtime,
    ),
    Check(
        "CALIBRATION",
        "that every step of hinge calibrate is there, fresh, and made with these chips",
        "what is missing or foreign is not used: factory values are",
        "Run the steps that are named (hinge calibrate STEP).",
        calibration,
    ),
    Check(
        "OUTBOX",
        "how many messages wait for the log, and since when",
        "the log service does not take them: it is down, full or too old",
        "Start hinge serve and look at its log; see DATABASE and DISK.",
        outbox,
    ),
    Check(
        "DATABASE",
        "the log's database: check, schema, write-ahead log",
        "repetitions cannot be stored or read",
        "Stop hinge serve, move the file aside, and put a backup in its place.",
        database,
    ),
    Check(
        "VERSIONS",
        "versions of the programs",
        "only told, never a complaint",
        "Name them in a report.",
        versions,
    ),
)
