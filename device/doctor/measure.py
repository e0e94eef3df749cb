"""Goes through the hardware once: opens, brings up, scans, listens, lights, asks. All bounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

from device.doctor.helper import Helper
from device.doctor.visit import LOST_READS, Asked, Part, Visit
from device.doctor.wire import Wire
from device.pacer import Pacer
from device.station import (
    build_drivers,
    build_outputs,
    dowel_power,
    gpio1_pins,
    xshut_pins,
)
from drivers import HAPTICS
from drivers.bus import Bus
from drivers.clock import Clock
from drivers.errors import BusFault, ChipError, PinFault
from drivers.keys import Keys
from drivers.outputs import BUZZER, OUTPUTS, VIBRATION, Outputs
from drivers.samples import PADS
from drivers.steps import run_steps

SETTLE_NS: Final = 300_000_000
LISTEN_NS: Final = 4_000_000_000
QUICK_NS: Final = 1_500_000_000
PRESS_NS: Final = 30_000_000_000
BEEP_HZ: Final = 880.0
MOST_FAULTS: Final = 5
"""A chip that delivers what cannot be true so many times is not read any more."""
SCANNED: Final = range(0x08, 0x78)
KEYS: Final = ("next", "stop")

OUTPUT_WORDS: Final[Mapping[str, str]] = {
    "led_head_lost": "Is the HEAD lamp for a lost contact lit?",
    "led_thoracic_lost": "Is the THORACIC lamp for a lost contact lit?",
    "led_sacrum_lost": "Is the SACRUM lamp for a lost contact lit?",
    "led_head_ok": "Is the HEAD lamp for a kept contact lit?",
    "led_thoracic_ok": "Is the THORACIC lamp for a kept contact lit?",
    "led_sacrum_ok": "Is the SACRUM lamp for a kept contact lit?",
    "status_blue": "Is the status bar BLUE?",
    "status_orange": "Is the status bar ORANGE?",
    "status_white": "Is the status bar WHITE?",
    BUZZER: "Do you hear the buzzer?",
    VIBRATION: "Does the dowel vibrate?",
}


class Rig(NamedTuple):
    """How to get at the hardware. Real and simulated differ in these only."""

    clock: Clock
    open_bus: Callable[[int], Bus]
    """Raises ``NoBus``."""
    open_pins: Callable[[], Any]
    """Raises ``PinFault``."""
    helper: Helper
    on_tick: Callable[[int], None] = lambda t_ns: None
    """Called at each tick of listening, with its time."""


def measure(visit: Visit, rig: Rig) -> None:
    """Fill ``visit`` with what the hardware says. Everything is off and closed afterwards."""
    _open_wires(visit, rig)
    with ExitStack() as opened:
        pins = _take_pins(visit, rig, opened)
        opened.callback(_stop, visit)  # before the pins go: without XSHUT a ranger may be in reset
        _bring_up(visit, rig, pins)
        _scan(visit)
        _listen(visit, rig, pins.keys)
        if rig.helper.here and not visit.quick:
            visit.attended = True
            if pins.outputs is not None:
                _show(visit, rig.helper, pins.outputs)
            _press(visit, rig, pins.keys)


class _Pins(NamedTuple):
    """What of the pins could be had."""

    power: Callable[[bool], None] | None = None
    """The dowel's supply: on as long as somebody holds this."""
    xshut: list[Callable[[bool], None]] | None = None
    gpio1: Sequence[Callable[[], bool]] = ()
    keys: Keys | None = None
    outputs: Outputs | None = None


def _take_pins(visit: Visit, rig: Rig, opened: ExitStack) -> _Pins:
    config = visit.config
    got = _Pins()
    try:
        factory = rig.open_pins()
        opened.callback(factory.close)
        # First: no other pin's fault may keep the dowel off.
        got = got._replace(power=dowel_power(config, factory, rig.clock))
        got = got._replace(xshut=xshut_pins(config, factory))
        got = got._replace(gpio1=gpio1_pins(config, factory))
        keys = Keys(factory, rig.clock, config.pins.next, config.pins.stop)
        opened.callback(keys.close)
        got = got._replace(keys=keys)
        outputs = build_outputs(config, factory)
        opened.callback(outputs.close)
        return got._replace(outputs=outputs)
    except PinFault as error:
        visit.pins_error = str(error)
        return got


def _open_wires(visit: Visit, rig: Rig) -> None:
    bus = visit.config.bus
    for number, hz in {bus.wall.number: bus.wall.hz, bus.dowel.number: bus.dowel.hz}.items():
        name = f"i2c-{number}"
        try:
            visit.wires[number] = Wire(name, hz, rig.open_bus(number), rig.clock)
        except OSError as error:
            visit.wires[number] = Wire(name, hz, None, rig.clock, error)


def _bring_up(visit: Visit, rig: Rig, pins: _Pins) -> None:
    """Each chip by itself, so that one that fails takes no other with it."""
    config = visit.config
    several = len(config.tof.addresses) > 1
    # Without their pins several rangers all answer at one address: none can be told apart.
    visit.rangers_apart = pins.xshut is not None or not several
    xshut = pins.xshut or [lambda level: None] * len(config.tof.addresses)
    fitted = build_drivers(config, visit.wires, rig.clock, xshut, pins.gpio1, say=visit.said.append)
    wall = visit.wires[config.bus.wall.number]
    dowel = visit.wires[config.bus.dowel.number]
    if fitted.imu is not None:
        visit.parts.append(Part("imu", fitted.imu, dowel))
    visit.parts += [Part("tof", tof, wall) for tof in fitted.tofs if visit.rangers_apart]
    if fitted.pads is not None:
        visit.parts.append(Part("pads", fitted.pads, dowel))
    if config.outputs.haptic != "none":
        chip = HAPTICS[config.outputs.haptic].driver
        address, motor = config.outputs.haptic_address, config.outputs.haptic_motor
        visit.parts.append(Part("haptic", chip(dowel, rig.clock, address, motor=motor), dowel))
    for hold in xshut if several else ():
        hold(False)
    for part in visit.parts:
        try:
            run_steps(part.driver.bring_up(), rig.clock)
        except ChipError as fault:
            part.start_fault = fault
            part.acknowledged = part.wire.answers(part.driver.address)


def _scan(visit: Visit) -> None:
    """Who else answers. A stuck bus ends its own scan, see ``Wire``."""
    for wire in visit.wires.values():
        known = {part.driver.address for part in visit.parts if part.wire is wire}
        found = [a for a in SCANNED if a not in known and wire.usable and wire.answers(a)]
        if wire.usable:
            visit.strangers[wire.name] = found
        wire.reset()


def _listen(visit: Visit, rig: Rig, keys: Keys | None) -> None:
    """All streams side by side at the station's own pace."""
    live = [part for part in visit.parts if part.started and part.sensor != "haptic"]
    if not live and keys is None:
        return
    listen_ns = QUICK_NS if visit.quick else LISTEN_NS
    rig.helper.hears(
        f"Measuring for {(SETTLE_NS + listen_ns) * 1e-9:.0f} s: hang the dowel up, touch nothing, "
        "and stand half a metre before the wall."
    )
    pacer = Pacer(rig.clock)
    from_ns = rig.clock.now_ns() + SETTLE_NS
    until_ns = from_ns + listen_ns
    before = {id(part): part.driver.retries for part in live}
    while (t_ns := pacer.wait()) < until_ns:
        rig.on_tick(t_ns)
        for part in live:
            news = _read(part)
            if t_ns >= from_ns:
                part.samples += news
        if keys is not None:
            keys.read(t_ns)
            down = keys.down()
            if t_ns >= from_ns:
                visit.keys_up.update(name for name in KEYS if name not in down)
    for part in live:
        part.from_ns, part.until_ns = from_ns, until_ns
        part.retries = part.driver.retries - before[id(part)]
    _look_after_motor(visit)


def _read(part: Part) -> list[Any]:
    if part.given_up or not part.wire.usable:
        return []
    try:
        news = part.driver.read()
    except ChipError as fault:
        if isinstance(fault, BusFault):
            part.wire_errors += 1
            part.failing += 1
        else:
            part.faults.append(fault)
            part.given_up = len(part.faults) >= MOST_FAULTS
        return []
    part.failing = 0
    if news is None:
        return []
    return list(news) if part.sensor != "tof" else [news]


def _look_after_motor(visit: Visit) -> None:
    """Ask the motor's chip whether it is well."""
    for part in visit.of("haptic"):
        if part.started:
            try:
                part.driver.read()
            except BusFault:
                part.failing = LOST_READS  # its driver has tried again by itself
            except ChipError as fault:
                part.faults.append(fault)


def _show(visit: Visit, helper: Helper, outputs: Outputs) -> None:
    """Each output alone, and what the person says of it."""
    motor = next(iter(visit.of("haptic")), None)
    for name in OUTPUTS:
        if name == VIBRATION and not visit.config.outputs.vibration:
            continue
        if name == VIBRATION and motor is not None:
            answer = _shake(motor, helper)
            _look_after_motor(visit)
        else:
            outputs.set(name, BEEP_HZ if name == BUZZER else 1.0)
            try:
                answer = helper.sees(OUTPUT_WORDS[name])
            finally:
                outputs.set(name, 0.0)
        said: dict[bool | None, Asked] = {True: "yes", False: "no", None: "not asked"}
        visit.outputs[name] = said[answer]


def _shake(motor: Part, helper: Helper) -> bool | None:
    """The motor on its chip; None where that cannot be reached."""
    if not motor.started or motor.gone or motor.faults:
        return None
    try:
        motor.driver.drive(1.0)
        answer = helper.sees(OUTPUT_WORDS[VIBRATION])
        motor.driver.drive(0.0)
    except ChipError as fault:
        motor.faults.append(fault)
        return None
    return answer


def _press(visit: Visit, rig: Rig, keys: Keys | None) -> None:
    """Watch until every pad has closed and every key was pressed, at most ``PRESS_NS``."""
    pads = next((part for part in visit.of("pads") if part.delivers), None)
    wanted: set[str] = set(KEYS) if keys is not None else set()
    words = ["each key (NEXT, STOP)"] if keys is not None else []
    if pads is not None:
        wanted |= set(PADS)
        words.insert(0, f"each pad ({', '.join(PADS)})")
    if not wanted:
        return
    visit.asked_to_press = True
    rig.helper.does(
        f"Press {' and then '.join(words)} for half a second; I watch for {PRESS_NS // 10**9} s."
    )
    seen: set[str] = set()
    pacer = Pacer(rig.clock)
    until_ns = rig.clock.now_ns() + PRESS_NS
    while (t_ns := pacer.wait()) < until_ns and wanted - seen:
        rig.on_tick(t_ns)
        if pads is not None:
            # What fails now has been heard before, or ends in "not seen".
            for sample in _read(pads):
                visit.pads_pressed.append(sample)
                if sample.closed:
                    seen.add(PADS[sample.pad])
        if keys is not None:
            keys.read(t_ns)
            visit.keys_down.update(keys.down())
            seen |= visit.keys_down


def _stop(visit: Visit) -> None:
    """Leave the chips as a station that has ended does. A chip that is gone stays as it is."""
    for part in visit.parts:
        if part.started and not part.gone:
            try:
                part.driver.stop()
            except ChipError:
                part.wire_errors += 1
