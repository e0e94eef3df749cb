"""What a configuration must fulfil beyond its types: values that belong together."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, Final

from device import mounting
from device.config_model import Config, Imu, Pads, Pins
from device.drills import DRILLS, Drill
from device.drills.dowel import DOWEL
from device.errors import UsageError
from device.keepsake import pseudonym_of
from drivers import CHIPS, HAPTICS
from drivers.bus_recovery import I2C_PINS
from drivers.ssd1306 import ADDRESSES
from drivers.vl53 import Timing

LEAST_FOLDED_HZ: Final = 30.0
"""Felt slower than this a motor's shaking does not average out of the drop (docs/coach.md)."""


def findings(config: Config) -> list[str]:
    """One line for each value that cannot be; empty when the configuration is good."""
    # A chip that does not exist has no address to check.
    return list(_chips(config)) or [
        line
        for check in (
            _tof,
            _addresses,
            _imu,
            _pads,
            _pins,
            _practice,
            _coach,
            _motor,
            _screen,
            _calibrated,
        )
        for line in check(config)
    ]


def _chips(config: Config) -> Iterator[str]:
    named = {"tof": config.tof.chip, "imu": config.imu.chip, "pads": config.pads.chip}
    for section, chip in named.items():
        allowed = [name for name, entry in CHIPS.items() if entry.kind == section]
        allowed += ["none"] if section != "tof" else []
        if chip not in allowed:
            near = difflib.get_close_matches(chip, allowed, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            yield f'{section}.chip: got "{chip}", expected one of {", ".join(allowed)}.{meant}'


def _tof(config: Config) -> Iterator[str]:
    tof = config.tof
    if not 1 <= len(tof.addresses) <= 3:
        yield f"tof.addresses: got {len(tof.addresses)} rangers, expected 1 to 3"
    if len(tof.heights_m) != len(tof.addresses):
        yield (
            f"tof.heights_m: got {len(tof.heights_m)} heights for {len(tof.addresses)} addresses, "
            "expected one each"
        )
    if any(b <= a for a, b in zip(tof.heights_m, tof.heights_m[1:], strict=False)):
        yield f"tof.heights_m: got {list(tof.heights_m)}, expected the lowest first, no two alike"
    # Any: only the rangers of the table have a timing.
    ranger: Any = CHIPS[tof.chip].driver
    timing: Timing = ranger.timing
    if tof.budget_ms not in timing.budgets_ms:
        yield f"tof.budget_ms: got {tof.budget_ms}, expected {timing.budgets} for a {ranger.name}"
    if not timing.keeps(tof.budget_ms, tof.period_ms):
        same = "budget_ms, or " if timing.unpaused else ""
        yield (
            f"tof.period_ms: got {tof.period_ms}, expected {same}at least budget_ms + "
            f"{timing.pause_ms} = {tof.budget_ms + timing.pause_ms}"
        )
    # A ranger starts at 0x29 and is moved; one that stayed there would be moved together with the
    # next one that has lost its power.
    if len(tof.addresses) > 1 and 0x29 in tof.addresses:
        yield (
            "tof.addresses: got 0x29, expected other ones for several rangers: "
            + ", ".join(f"0x{0x30 + i:02X}" for i in range(len(tof.addresses)))
        )
    if len(tof.addresses) > 1 and len(config.pins.xshut) < len(tof.addresses):
        yield (
            f"pins.xshut: got {list(config.pins.xshut)}, expected a pin for each of "
            f"{len(tof.addresses)} rangers (they start at the same address)"
        )
    if 0 < len(config.pins.tof_gpio1) < len(tof.addresses):
        yield (
            f"pins.tof_gpio1: got {list(config.pins.tof_gpio1)}, expected none, or a pin for each "
            f"of {len(tof.addresses)} rangers"
        )


def _addresses(config: Config) -> Iterator[str]:
    """Two chips at one address of one bus."""
    wall, dowel = config.bus.wall, config.bus.dowel
    placed = [(wall.number, a, f"tof.addresses[{i}]") for i, a in enumerate(config.tof.addresses)]
    if config.imu.fitted:
        placed.append((dowel.number, config.imu.at, "imu.address"))
    if config.pads.fitted:
        placed.append((dowel.number, config.pads.at, "pads.address"))
    if config.outputs.haptic != "none":
        placed.append((dowel.number, config.outputs.haptic_address, "outputs.haptic_address"))
    seen: dict[tuple[int, int], str] = {}
    for bus, address, key in placed:
        first = seen.setdefault((bus, address), key)
        if first == "pads.address" and key == "outputs.haptic_address":
            # The one of the two that can give way: a DRV2605L has no straps.
            yield (
                f"pads.address: got 0x{address:02X}, which {config.outputs.haptic} has on i2c-{bus}"
                f" (outputs.haptic), expected another: {_other_straps(config)}"
            )
        elif first != key:
            yield (
                f"{key}: got 0x{address:02X}, expected an address that {first} "
                f"does not have on i2c-{bus}"
            )
    if wall.number == dowel.number and wall.hz != dowel.hz:
        yield f"bus.dowel.hz: got {dowel.hz}, expected {wall.hz} as bus.wall.hz: one bus, one clock"


def _other_straps(config: Config) -> str:
    others = [a for a in CHIPS[config.pads.chip].addresses if a != config.pads.at]
    return f"strap the {config.pads.chip} to " + " or ".join(f"0x{a:02X}" for a in others)


def _imu(config: Config) -> Iterator[str]:
    yield from _strapped("imu", config.imu)
    imu = config.imu
    ranges = CHIPS[imu.chip].gyro_dps if imu.fitted else ()
    if ranges and imu.gyro_dps not in ranges:
        yield f"imu.gyro_dps: got {imu.gyro_dps}, expected one of {_list(ranges)} ({imu.chip})"
    for key, words in (("mounting", imu.mounting), ("clip.mounting", imu.clip.mounting)):
        try:
            mounting.rotation(words)
        except ValueError as error:
            yield f"imu.{key}: {error}, expected {mounting.ALLOWED}"


def _strapped(key: str, part: Imu | Pads) -> Iterator[str]:
    """An address that the chip's straps cannot give it."""
    if part.fitted and part.chip in CHIPS and part.at not in (found := CHIPS[part.chip].addresses):
        allowed = " or ".join(f"0x{address:02X}" for address in found)
        yield f"{key}.address: got 0x{part.at:02X}, expected {allowed}"


def _pads(config: Config) -> Iterator[str]:
    pads = config.pads
    for key, level in (("close_level", pads.close_level), ("open_level", pads.open_level)):
        if level is not None and not 0.0 < level < 1.0:
            yield f"pads.{key}: got {level}, expected more than 0.0 and less than 1.0"
    if (pads.close_level is None) != (pads.open_level is None):
        yield "pads.open_level: got only one of open_level and close_level, expected both or none"
    elif (pads.open_level or 0.0) >= (pads.close_level or 1.0):
        yield (
            f"pads.open_level: got {pads.open_level}, expected less than close_level "
            f"{pads.close_level}"
        )
    yield from _strapped("pads", pads)


def _pins(config: Config) -> Iterator[str]:
    taken: dict[int, str] = {}
    for bus in {config.bus.wall.number, config.bus.dowel.number}:
        for pin, line in zip(I2C_PINS.get(bus, ()), ("SDA", "SCL"), strict=False):
            taken[pin] = f"{line} of i2c-{bus}"
    for key, pin in _each_pin(config.pins):
        first = taken.setdefault(pin, key)
        if first != key:
            yield f"{key}: got BCM {pin}, expected a pin that {first} does not have"


def _each_pin(pins: Pins) -> Iterator[tuple[str, int]]:
    for name in pins.__struct_fields__:
        value = getattr(pins, name)
        if isinstance(value, tuple):
            yield from ((f"pins.{name}[{i}]", pin) for i, pin in enumerate(value))
        elif value is not None:
            yield f"pins.{name}", value


def _practice(config: Config) -> Iterator[str]:
    practice = config.practice
    if practice.patient is not None:
        try:
            pseudonym_of(practice.patient)
        except UsageError as error:
            yield f"practice.patient: {error}"
    drill = DRILLS.get(practice.drill)
    if drill is None:
        near = difflib.get_close_matches(practice.drill, DRILLS, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        yield (
            f"practice.drill: got {practice.drill!r}, expected one of {', '.join(DRILLS)}.{meant}"
        )
        return
    yield from missing_sensors(config, drill)
    if practice.load_kg and not drill.loaded:
        got = f"{practice.load_kg:g}"
        yield f"practice.load_kg: got {got}, but {practice.drill} is done without a load"
    if practice.side is not None and not drill.sided:
        yield f"practice.side: got {practice.side!r}, but {practice.drill} has no sides"
    low = drill.target_low_deg if practice.target_low_deg is None else practice.target_low_deg
    high = drill.target_high_deg if practice.target_high_deg is None else practice.target_high_deg
    if low >= high:
        yield f"practice.target_low_deg: got {low}, expected less than target_high_deg {high}"


def _coach(config: Config) -> Iterator[str]:
    drill = DRILLS.get(config.practice.drill)
    if drill is None:
        return
    reps, silent = config.practice.reps or drill.reps, config.coach.silent_reps
    if 2 * silent > reps:
        yield (
            f"coach.silent_reps: got {silent} at each end of a set of {reps}, expected at most "
            f"{reps // 2}"
        )


def missing_sensors(config: Config, drill: Drill) -> Iterator[str]:
    """A line that names the sensors which ``drill`` needs and the station does not have."""
    missing = drill.missing(tof=True, imu=config.imu.fitted, pads=config.pads.fitted)
    # The dowel hinge without pads is a supported rig: its contacts are not judged.
    if missing and not (drill is DOWEL and missing == ("pads",)):
        yield (
            f"practice.drill: {drill.name} needs {' and '.join(missing)}, which this station "
            "does not have"
        )


def _motor(config: Config) -> Iterator[str]:
    outputs = config.outputs
    if outputs.haptic != "none":
        at = HAPTICS[outputs.haptic].address
        if outputs.haptic_address != at:
            yield f"outputs.haptic_address: got 0x{outputs.haptic_address:02X}, expected 0x{at:02X}"
        if not outputs.vibration:
            yield f'outputs.haptic: got "{outputs.haptic}", but outputs.vibration is false'
    if not config.outputs.vibration:
        return
    hz, rate_hz = config.outputs.vibration_hz, config.imu.odr_hz
    # On its way up a faster motor passes the rate itself, where it looks like a movement.
    most_hz = rate_hz - LEAST_FOLDED_HZ
    if hz > most_hz:
        yield (
            f"outputs.vibration_hz: got {hz:g}, expected at most {most_hz:g}: an IMU read at "
            f"{rate_hz} Hz (imu.odr_hz) takes a faster motor for a movement"
        )


def _screen(config: Config) -> Iterator[str]:
    screen = config.screen
    if not screen.enabled:
        return
    for name, number in (("wall", config.bus.wall.number), ("dowel", config.bus.dowel.number)):
        if screen.bus == number:
            yield (
                f"screen.bus: got {number}, the {name}'s bus (bus.{name}.number), expected one of "
                "its own: a picture keeps its bus for 24 ms, in which no sensor could be read"
            )
    if screen.address not in ADDRESSES:
        allowed = " or ".join(f"0x{address:02X}" for address in ADDRESSES)
        yield f"screen.address: got 0x{screen.address:02X}, expected {allowed}"


def _calibrated(config: Config) -> Iterator[str]:
    found, rangers = config.calibrated, len(config.tof.addresses)
    for key in ("tof_offset_mm", "tof_crosstalk_kcps", "tof_empty_kcps"):
        values: tuple[float, ...] | None = getattr(found, key)
        if values is not None and len(values) != rangers:
            yield f"calibrated.{key}: got {len(values)}, expected one for each of {rangers} rangers"
    for key, low, high in (("tof_offset_mm", -1024, 1023.75), ("tof_crosstalk_kcps", 0, 127.99)):
        for value in getattr(found, key) or ():
            if not low <= value <= high:
                yield f"calibrated.{key}: got {value:g}, expected {low} to {high}"
    for opens, closes in zip(found.pad_open or (), found.pad_close or (), strict=False):
        if not 0.0 < opens < closes < 1.0:
            yield (
                f"calibrated.pad_open: got {opens:g} to close at {closes:g}, "
                "expected 0 < open < close < 1"
            )
    if (found.pad_close is None) != (found.pad_open is None):
        yield "calibrated.pad_open: got only one of pad_open and pad_close, expected both or none"


def _list(values: tuple[int, ...]) -> str:
    return ", ".join(map(str, values))
