"""From a configuration to the drivers of this station: the same for real and simulated rigs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from gpiozero import DigitalOutputDevice, InputDevice

from device.bus_ladder import Tools, ladder_of
from device.config_model import Config
from device.errors import ConfigError
from device.sensors import KeySource, Line, Sensors
from device.tick import Key, Sensor
from drivers import CHIPS
from drivers.bus import Bus, open_bus
from drivers.clock import Clock
from drivers.errors import NoBus, PinFault
from drivers.keys import Keys
from drivers.outputs import OUTPUTS, OutputPins, Outputs
from drivers.samples import Imu, Pads, Steps, Tof
from drivers.steps import bring_up_all

Xshut = Callable[[bool], None]
Level = Callable[[], bool]

AWAKE_NS: Final = 100_000_000
"""From the dowel's supply to its slowest chip's first answer (MPU-6050: 100 ms at most)."""


class Fitted(NamedTuple):
    """The drivers of the chips that are fitted."""

    imu: Imu | None
    tofs: list[Tof]
    """The lowest on the wall first."""
    pads: Pads | None


def open_buses(config: Config) -> dict[int, Bus]:
    """``/dev/i2c-N`` of every bus in the configuration. Raises ``NoBus`` naming all missing."""
    buses: dict[int, Bus] = {}
    faults: list[NoBus] = []
    for number in sorted({config.bus.wall.number, config.bus.dowel.number}):
        try:
            buses[number] = open_bus(number, _hz(config, number))
        except NoBus as fault:
            faults.append(fault)
    if faults:
        raise NoBus(faults[0].errno, "; ".join(str(fault).rstrip(".") for fault in faults) + ".")
    return buses


def build_sensors(
    config: Config,
    buses: Mapping[int, Bus],
    pin_factory: Any,
    clock: Clock,
    *,
    keys: Sequence[KeySource] = (),
    xshut: Sequence[Xshut] | None = None,
    gpio1: Sequence[Level] = (),
    say: Callable[[str], None] = lambda line: None,
    only: Collection[Sensor] = ("tof", "imu", "pads"),
    tools: Tools | None = None,
    power: Callable[[bool], None] | None = None,
) -> Sensors:
    """All sensors, brought up side by side.

    Args:
        config: The station.
        buses: By bus number.
        pin_factory: gpiozero's, for XSHUT and GPIO1.
        clock: Bounds every wait and stamps every sample.
        keys: Where key presses come from.
        xshut: Sets XSHUT of each ranger, in place of the configured pins (a rig whose
            chips hang on no pins).
        gpio1: Level of GPIO1 of each ranger, where ``xshut`` is given; absent: polled.
        say: Gets a line when a ranger's GPIO1 turns out not to be wired, and for each step of
            a bus's recovery.
        only: Other kinds of sensors are left alone, as if they were not fitted.
        tools: Commands of this machine with which a stuck bus may be freed; None: without.
        power: The switch of the dowel's supply (``dowel_power``); None: there is none.

    Raises:
        MissingChips: naming every chip that could not be brought up.
        PinFault: a pin of a ranger cannot be taken.
        ConfigError: a setting that a chip does not have.
    """
    if xshut is None:
        xshut = xshut_pins(config, pin_factory)
        gpio1 = gpio1_pins(config, pin_factory)
    imu, tofs, pads = build_drivers(config, buses, clock, xshut, gpio1, only=only, say=say)
    for set_xshut in xshut if len(tofs) > 1 else ():
        set_xshut(False)
    lanes: list[Steps | Sequence[Steps]] = [[tof.bring_up() for tof in tofs]]
    if imu is not None:
        lanes.insert(0, imu.bring_up())
    if pads is not None:
        lanes.append(pads.bring_up())
    bring_up_all(lanes, clock)
    lines = []
    for number, bus in buses.items():
        chips: list[object] = [*tofs] if number == config.bus.wall.number else []
        chips += [imu, pads] if number == config.bus.dowel.number else []
        switch = power if number == config.bus.dowel.number else None
        lines.append(Line(tuple(chips), ladder_of(number, bus, tools, switch, say)))
    return Sensors(imu, tofs, pads, keys, clock, lines)


def build_drivers(
    config: Config,
    buses: Mapping[int, Bus],
    clock: Clock,
    xshut: Sequence[Xshut],
    gpio1: Sequence[Level] = (),
    *,
    only: Collection[Sensor] = ("tof", "imu", "pads"),
    say: Callable[[str], None] = lambda line: None,
) -> Fitted:
    """The drivers of all chips, none brought up yet. Arguments as of ``build_sensors``.

    Raises ``ConfigError``: a setting that a chip does not have.
    """
    wall, dowel = buses[config.bus.wall.number], buses[config.bus.dowel.number]
    try:
        return Fitted(
            _imu(config, dowel, clock) if "imu" in only else None,
            _tofs(config, wall, clock, xshut, gpio1, say) if "tof" in only else [],
            _pads(config, dowel, clock) if "pads" in only else None,
        )
    except ValueError as error:
        raise ConfigError([str(error)]) from error


def build_outputs(config: Config, pin_factory: Any) -> Outputs:
    """Lamps, buzzer and motor on the configured pins, all off. Raises ``PinFault``."""
    return Outputs(
        pin_factory, OutputPins(**{name: getattr(config.pins, name) for name in OUTPUTS})
    )


class WallKeys:
    """The two keys at the wall as a source of keys."""

    _NAMES: Final[Mapping[str, Key]] = {"next": "next", "next_hold": "next_hold", "stop": "stop"}

    def __init__(self, config: Config, pin_factory: Any, clock: Clock) -> None:
        """Raises ``PinFault``."""
        self._clock = clock
        self._keys = Keys(pin_factory, clock, config.pins.next, config.pins.stop)

    def read(self) -> tuple[Key, ...]:
        return tuple(self._NAMES[name] for name in self._keys.read(self._clock.now_ns()))

    def close(self) -> None:
        self._keys.close()


def _tofs(
    config: Config,
    bus: Bus,
    clock: Clock,
    xshut: Sequence[Xshut],
    gpio1: Sequence[Level],
    say: Callable[[str], None],
) -> list[Tof]:
    # Any: the table's drivers of one kind share their settings' names, not a class.
    driver: Any = CHIPS[config.tof.chip].driver
    found = config.calibrated
    return [
        driver(
            bus,
            clock,
            address,
            timing_budget_ms=config.tof.budget_ms,
            inter_measurement_ms=config.tof.period_ms,
            offset_mm=found.tof_offset_mm[i] if found.tof_offset_mm else None,
            crosstalk_kcps=found.tof_crosstalk_kcps[i] if found.tof_crosstalk_kcps else None,
            xshut=xshut[i] if i < len(xshut) else None,
            gpio1=gpio1[i] if i < len(gpio1) else None,
            say=say,
        )
        for i, address in enumerate(config.tof.addresses)
    ]


def _imu(config: Config, bus: Bus, clock: Clock) -> Imu | None:
    if not config.imu.fitted:
        return None
    driver: Any = CHIPS[config.imu.chip].driver
    imu: Imu = driver(
        bus,
        clock,
        config.imu.at,
        odr_hz=config.imu.odr_hz,
        accel_range_g=config.imu.accel_g,
        gyro_range_dps=config.imu.gyro_dps,
    )
    return imu


def _pads(config: Config, bus: Bus, clock: Clock) -> Pads | None:
    if not config.pads.fitted:
        return None
    driver: Any = CHIPS[config.pads.chip].driver
    levels = {
        name: level
        for name, level in (
            ("close_level", config.calibrated.pad_close or config.pads.close_level),
            ("open_level", config.calibrated.pad_open or config.pads.open_level),
        )
        if level is not None
    }
    pads: Pads = driver(bus, clock, config.pads.at, **levels)
    return pads


def _hz(config: Config, number: int) -> int:
    wall = config.bus.wall
    return wall.hz if number == wall.number else config.bus.dowel.hz


def dowel_power(config: Config, pin_factory: Any, clock: Clock) -> Callable[[bool], None] | None:
    """The switch in the dowel's supply, on, and its chips awake; None where it has none.

    Until a program takes the pin it is low, so the chips have just got their supply. Raises
    ``PinFault``.
    """
    pin = config.pins.dowel_power
    if pin is None:
        return None
    switch = _output_pin(pin, "the dowel's power", pin_factory)
    clock.sleep_until_ns(clock.now_ns() + AWAKE_NS)
    return switch


def xshut_pins(config: Config, pin_factory: Any) -> list[Xshut]:
    """The configured XSHUT pins, all high. Raises ``PinFault``."""
    pins = config.pins.xshut[: len(config.tof.addresses)]
    return [_output_pin(pin, "XSHUT", pin_factory) for pin in pins]


def _output_pin(pin: int, what: str, pin_factory: Any) -> Callable[[bool], None]:
    try:
        device = DigitalOutputDevice(pin, initial_value=True, pin_factory=pin_factory)
    # gpiozero's errors and lgpio's own share no base but this one.
    except Exception as error:
        raise PinFault(
            f"{what} on GPIO{pin}: {error}, expected a free pin. "
            "Check for another program on the pins, the group gpio, and the section pins."
        ) from error

    def set_level(level: bool) -> None:
        device.value = level

    return set_level


def gpio1_pins(config: Config, pin_factory: Any) -> list[Level]:
    """The rangers' GPIO1 on the configured pins, pulled up. Raises ``PinFault``.

    ``InputDevice`` is what ``DigitalInputDevice`` is made of, without a callback's thread at each
    edge: the loop looks at the level once a tick.
    """
    pins = config.pins.tof_gpio1[: len(config.tof.addresses)]
    return [_gpio1_pin(pin, pin_factory) for pin in pins]


def _gpio1_pin(pin: int, pin_factory: Any) -> Level:
    try:
        device = InputDevice(pin, pull_up=True, pin_factory=pin_factory)
    # gpiozero's errors and lgpio's own share no base but this one.
    except Exception as error:
        raise PinFault(
            f"GPIO1 of a ranger on GPIO{pin}: {error}, expected a free pin. "
            "Check for another program on the pins, the group gpio, and pins.tof_gpio1."
        ) from error

    def level() -> bool:
        return not device.is_active  # with a pull-up, active means low

    return level
